//! The silences of the cluster: those of the script, and those that somebody makes.

use chrono::{DateTime, SecondsFormat, Utc};

use super::super::matcher::Matcher;
use super::super::script::{Script, alerts, mix};
use super::posted::{Refusal, read};
use super::{millis, wire};
use crate::domain::labels::Labels;

/// A silence.
#[derive(Clone, Debug)]
pub struct Silence {
    pub id: String,
    pub matchers: Vec<Matcher>,
    pub by: String,
    pub comment: String,
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
    pub updated: DateTime<Utc>,
}

/// All silences.
#[derive(Debug)]
pub struct Silences {
    all: Vec<Silence>,
    seed: u64,
    /// How many were ever made: the source of ids.
    made: u64,
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
