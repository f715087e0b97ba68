//! A silence as it is posted, and why it may not be made.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::super::matcher::{Matcher, compile};
use super::silences::Silence;

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

/// Reads the body of a POST: the id, if it is a change, and the silence.
pub fn read(body: &[u8], now: DateTime<Utc>) -> Result<(Option<String>, Silence), Refusal> {
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
        let matcher = compile(if raw.is_regex == Some(true) { &raw.value } else { "" })
            .and_then(|_| Matcher::new(&raw.name, operator, &raw.value))
            .map_err(|error| invalid(at, &format!("invalid regular expression {:?}: {error}", raw.value)))?;
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
