//! The silences of the cluster: those of the script, and those that somebody makes.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::Value;

use super::super::matcher::Matcher;
use super::super::script::{Script, alerts, mix};
use super::{millis, wire};
use crate::domain::labels::Labels;

/// A silence.
#[derive(Clone, Debug)]
pub struct Silence {
    id: String,
    matchers: Vec<Matcher>,
    by: String,
    comment: String,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    updated: DateTime<Utc>,
}

/// All silences.
#[derive(Debug)]
pub struct Silences {
    all: Vec<Silence>,
    seed: u64,
    /// How many were ever made: the source of ids.
    made: u64,
}

/// Why a silence is not made.
#[derive(Debug)]
pub enum Refusal {
    /// The silence to change is not known.
    Unknown,
    /// The request is no request for a silence: status, code, message.
    Request(u16, u16, String),
    /// It is one, but not of a silence that may be.
    Silence(String),
}

impl Silence {
    fn state(&self, now: DateTime<Utc>) -> &'static str {
        if now < self.from {
            "pending"
        } else if now < self.until {
            "active"
        } else {
            "expired"
        }
    }

    /// As the API shows it.
    pub fn wire(&self, now: DateTime<Utc>) -> wire::Silence<'_> {
        let matchers = self.matchers.iter().map(|matcher| wire::Matcher {
            is_equal: matcher.is_equal(),
            is_regex: matcher.is_regex(),
            name: &matcher.name,
            value: &matcher.value,
        });
        wire::Silence {
            id: &self.id,
            status: wire::SilenceStatus { state: self.state(now) },
            updated_at: millis(self.updated),
            comment: &self.comment,
            created_by: &self.by,
            ends_at: millis(self.until),
            matchers: matchers.collect(),
            starts_at: millis(self.from),
        }
    }

    /// Whether `other` is the same silence at another time or with another comment, which may be
    /// changed in place.
    fn may_become(&self, other: &Self, now: DateTime<Utc>) -> bool {
        let key = |silence: &Self| -> Vec<(String, String, bool, bool)> {
            let matchers = silence.matchers.iter();
            matchers
                .map(|one| (one.name.clone(), one.value.clone(), one.is_regex(), one.is_equal()))
                .collect()
        };
        let times = match self.state(now) {
            "active" => self.from.timestamp() == other.from.timestamp(),
            "pending" => other.from > now,
            _ => false,
        };
        key(self) == key(other) && times
    }
}

impl Silences {
    /// Those of the script.
    pub fn planned(script: &Script) -> Self {
        let acked = |second| {
            let start = script.at(second).to_rfc3339_opts(SecondsFormat::Secs, true);
            format!("wardroom/1 ack start={start} by=sam | tonight")
        };
        let mut silences = Self { all: Vec::new(), seed: script.seed, made: 0 };
        for planned in alerts::silences(script.scenario, &script.raised, acked) {
            let matchers = planned.matchers.iter().filter_map(|(name, value, is_regex)| {
                Matcher::new(name, if *is_regex { "=~" } else { "=" }, value).ok()
            });
            let silence = Silence {
                id: silences.fresh_id(),
                matchers: matchers.collect(),
                by: planned.by.to_owned(),
                comment: planned.comment,
                from: script.at(planned.from),
                until: script.at(planned.until),
                updated: script.at(planned.from),
            };
            silences.all.push(silence);
        }
        silences
    }

    /// A UUID (version 4 by its looks) that nobody has yet.
    fn fresh_id(&mut self) -> String {
        self.made += 1;
        let (high, low) = (mix(&[self.seed, self.made, 1]), mix(&[self.seed, self.made, 2]));
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            (low >> 48 & 0x3fff) | 0x8000,
            low & 0xffff_ffff_ffff
        )
    }

    pub fn get(&self, id: &str) -> Option<&Silence> {
        self.all.iter().find(|silence| silence.id == id)
    }

    /// Ends a silence now; one that has ended stays as it is.
    pub fn expire(&mut self, id: &str, now: DateTime<Utc>) {
        let silence = self.all.iter_mut().find(|silence| silence.id == id && silence.until > now);
        if let Some(silence) = silence {
            silence.until = now;
            silence.from = silence.from.min(now);
            silence.updated = now;
        }
    }

    /// The ids of silences that hide an alert.
    pub fn hiding(&self, labels: &Labels, now: DateTime<Utc>) -> Vec<String> {
        let active = self.all.iter().filter(|silence| silence.state(now) == "active");
        active
            .filter(|silence| silence.matchers.iter().all(|matcher| matcher.matches(labels)))
            .map(|silence| silence.id.clone())
            .collect()
    }

    /// Those that have the matchers of `filters` among theirs: active ones first.
    pub fn listed(&self, filters: &[Matcher], now: DateTime<Utc>) -> Vec<wire::Silence<'_>> {
        let has = |silence: &&Silence| {
            let same = |one: &Matcher, other: &Matcher| {
                (&one.name, &one.value, one.is_regex(), one.is_equal())
                    == (&other.name, &other.value, other.is_regex(), other.is_equal())
            };
            filters.iter().all(|filter| silence.matchers.iter().any(|matcher| same(matcher, filter)))
        };
        let mut listed: Vec<&Silence> = self.all.iter().filter(has).collect();
        listed.sort_by_key(|silence| match silence.state(now) {
            "active" => (0, silence.until),
            "pending" => (1, silence.from),
            _ => (2, DateTime::<Utc>::MAX_UTC - (silence.until - DateTime::UNIX_EPOCH)),
        });
        listed.into_iter().map(|silence| silence.wire(now)).collect()
    }

    /// Makes or changes a silence; its id.
    pub fn post(&mut self, body: &[u8], now: DateTime<Utc>) -> Result<String, Refusal> {
        let (id, silence) = read(body, now)?;
        let have = match id {
            None => None,
            Some(id) => Some(self.all.iter().position(|silence| silence.id == id).ok_or(Refusal::Unknown)?),
        };
        if let Some(have) = have.and_then(|at| self.all.get_mut(at)) {
            if have.may_become(&silence, now) {
                let Silence { by, comment, from, until, .. } = silence;
                let from = if have.from <= now { have.from } else { from };
                *have = Silence { by, comment, from, until, updated: now, ..have.clone() };
                return Ok(have.id.clone());
            }
            let old = have.id.clone();
            self.expire(&old, now);
        }
        let id = self.fresh_id();
        self.all.push(Silence { id: id.clone(), from: silence.from.max(now), ..silence });
        Ok(id)
    }
}

/// Whether a text is a UUID.
pub fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [8, 4, 4, 4, 12] && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Reads the body of a POST: the id, if it is a change, and the silence.
fn read(body: &[u8], now: DateTime<Utc>) -> Result<(Option<String>, Silence), Refusal> {
    let required = |name: &str| Refusal::Request(422, 602, format!("{name} in body is required"));
    let unreadable = |why: &str| {
        Refusal::Request(400, 400, format!("parsing silence body from \"\" failed, because {why}"))
    };
    if body.is_empty() {
        return Err(required("silence"));
    }
    let value: Value = serde_json::from_slice(body).map_err(|_| unreadable(&complaint(body)))?;
    let text = |name: &str, field: &str| match value.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => {
            let kind = kind(other);
            Err(unreadable(&format!(
                "json: cannot unmarshal {kind} into Go struct field Silence.{field} of type string"
            )))
        }
    };
    let time = |name: &str| {
        let Some(text) = text(name, name)? else { return Ok(None) };
        // An empty time is now.
        if text.is_empty() {
            return Ok(Some(now));
        }
        let read = DateTime::parse_from_rfc3339(&text).map(|at| at.to_utc());
        let bad = |_| {
            unreadable(&format!(
                "parsing time {text:?} as \"2006-01-02 15:04:05\": cannot parse {text:?} as \"2006\""
            ))
        };
        read.map(Some).map_err(bad)
    };
    let (comment, by) = (text("comment", "comment")?, text("createdBy", "createdBy")?);
    let (from, until) = (time("startsAt")?, time("endsAt")?);
    let matchers = raw_matchers(&value, &unreadable)?;
    let comment = comment.ok_or_else(|| required("comment"))?;
    let by = by.ok_or_else(|| required("createdBy"))?;
    let until = until.ok_or_else(|| required("endsAt"))?;
    let matchers = matchers.ok_or_else(|| required("matchers"))?;
    if matchers.is_empty() {
        return Err(Refusal::Request(422, 612, "matchers in body should have at least 1 items".to_owned()));
    }
    if let Some(at) = matchers.iter().position(|matcher| matcher.is_regex.is_none()) {
        return Err(required(&format!("matchers.{at}.isRegex")));
    }
    let from = from.ok_or_else(|| required("startsAt"))?;
    if until <= from {
        return Err(Refusal::Silence(
            "Failed to create silence: start time must be before end time".to_owned(),
        ));
    }
    if until < now {
        return Err(Refusal::Silence("Failed to create silence: end time can't be in the past".to_owned()));
    }
    let matchers = checked(&matchers)?;
    let id = text("id", "id")?.filter(|id| !id.is_empty());
    let [from, until] = [from, until]
        .map(|at| at - TimeDelta::nanoseconds(i64::from(at.timestamp_subsec_nanos() % 1_000_000)));
    let silence = Silence { id: String::new(), matchers, by, comment, from, until, updated: now };
    Ok((id, silence))
}

/// A matcher as it was posted.
struct RawMatcher {
    name: String,
    value: String,
    is_regex: Option<bool>,
    is_equal: bool,
}

fn raw_matchers(
    value: &Value,
    unreadable: &impl Fn(&str) -> Refusal,
) -> Result<Option<Vec<RawMatcher>>, Refusal> {
    let Some(Value::Array(matchers)) = value.get("matchers") else { return Ok(None) };
    let read = matchers.iter().map(|matcher| {
        let text = |name: &str| matcher.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
        let flag = |name: &str| match matcher.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(yes)) => Ok(Some(*yes)),
            Some(other) => {
                let kind = kind(other);
                let why = format!(
                    "json: cannot unmarshal {kind} into Go struct field Matcher.matchers.{name} of type bool"
                );
                Err(unreadable(&why))
            }
        };
        let is_equal = flag("isEqual")?.unwrap_or(true);
        Ok(RawMatcher { name: text("name"), value: text("value"), is_regex: flag("isRegex")?, is_equal })
    });
    read.collect::<Result<_, _>>().map(Some)
}

/// Makes the matchers, or says why they are none.
fn checked(raw: &[RawMatcher]) -> Result<Vec<Matcher>, Refusal> {
    let invalid = |at: usize, why: &str| {
        Refusal::Silence(format!("silence invalid: invalid label matcher {at}: {why}"))
    };
    let mut matchers = Vec::with_capacity(raw.len());
    for (at, raw) in raw.iter().enumerate() {
        let is_name = |char: char| char.is_ascii_alphanumeric() || char == '_' || char == ':';
        let begins = raw.name.starts_with(|char: char| !char.is_ascii_digit());
        if !begins || !raw.name.chars().all(is_name) {
            return Err(invalid(at, &format!("invalid label name {:?}", raw.name)));
        }
        let operator = match (raw.is_equal, raw.is_regex.unwrap_or(false)) {
            (true, false) => "=",
            (false, false) => "!=",
            (true, true) => "=~",
            (false, true) => "!~",
        };
        // The expression is told as it was written, not as it is anchored.
        let matcher =
            super::super::matcher::compile(if raw.is_regex == Some(true) { &raw.value } else { "" })
                .and_then(|_| Matcher::new(&raw.name, operator, &raw.value))
                .map_err(|error| {
                    invalid(at, &format!("invalid regular expression {:?}: {error}", raw.value))
                })?;
        matchers.push(matcher);
    }
    if matchers.iter().all(|matcher| matcher.fits("")) {
        return Err(Refusal::Silence(
            "silence invalid: at least one matcher must not match the empty string".to_owned(),
        ));
    }
    Ok(matchers)
}

/// What Go would say of a body that is no JSON.
fn complaint(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let mut chars = text.trim_start().chars();
    match (chars.next(), chars.next()) {
        (Some('{'), Some(char)) if char != '"' && char != '}' => {
            format!("invalid character {char:?} looking for beginning of object key string")
        }
        (Some(char), _) if !matches!(char, '{' | '[' | '"') => {
            format!("invalid character {char:?} looking for beginning of value")
        }
        _ => "unexpected EOF".to_owned(),
    }
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
