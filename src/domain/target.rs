//! Scrape targets of Prometheus.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::feed::seconds;
use super::health::Health;
use super::labels::Labels;

/// What Prometheus says of a target.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::AsRefStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum TargetHealth {
    /// The last scrape failed.
    Down,
    /// Never scraped yet.
    Unknown,
    /// The last scrape succeeded.
    Up,
}

/// The sort of a scrape error, read from Go's text: a hint, never a verdict.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display, strum::AsRefStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum ErrorClass {
    /// Nothing listens on the port.
    Refused,
    /// The name does not resolve.
    Dns,
    /// The scrape took longer than its time-out.
    Timeout,
    /// The certificate or the handshake.
    Tls,
    /// A status other than 200.
    Http,
    /// The answer is no exposition text.
    Parse,
    /// A limit of the scrape configuration.
    Limit,
    /// Anything else.
    Other,
}

impl ErrorClass {
    /// The class of a scrape's error text; `None` for an empty one.
    pub fn of(error: &str) -> Option<Self> {
        const MARKS: [(&str, ErrorClass); 19] = [
            ("connection refused", ErrorClass::Refused),
            ("no such host", ErrorClass::Dns),
            ("server misbehaving", ErrorClass::Dns),
            ("context deadline exceeded", ErrorClass::Timeout),
            ("i/o timeout", ErrorClass::Timeout),
            ("Client.Timeout", ErrorClass::Timeout),
            ("x509:", ErrorClass::Tls),
            ("tls:", ErrorClass::Tls),
            ("server returned HTTP status", ErrorClass::Http),
            ("stopped after 10 redirects", ErrorClass::Http),
            ("malformed HTTP", ErrorClass::Http),
            ("sample limit exceeded", ErrorClass::Limit),
            ("body size limit exceeded", ErrorClass::Limit),
            ("label_limit", ErrorClass::Limit),
            ("is not a valid start token", ErrorClass::Parse),
            ("unexpected EOF", ErrorClass::Other),
            ("expected ", ErrorClass::Parse),
            ("invalid metric type", ErrorClass::Parse),
            ("unsupported character", ErrorClass::Parse),
        ];
        if error.is_empty() {
            return None;
        }
        let hit = MARKS.iter().find(|(mark, _)| error.contains(mark));
        Some(hit.map_or(Self::Other, |(_, class)| *class))
    }
}

impl ErrorClass {
    /// What such an error means, and what to look at first.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Refused => "nothing listens there: is the exporter running, and on this port?",
            Self::Dns => "the name does not resolve: is it spelled right, and does the resolver answer?",
            Self::Timeout => {
                "no answer in time: is the host up, is a firewall between, is the exporter slow?"
            }
            Self::Tls => {
                "the handshake failed: has the certificate expired or changed, is it http after all?"
            }
            Self::Http => "it answers with another status: is the path right, does it want credentials?",
            Self::Parse => "the answer is no metrics: is something else on this port?",
            Self::Limit => {
                "it brings more than the scrape configuration allows: raise the limit or drop series"
            }
            Self::Other => "the log of Prometheus may say more",
        }
    }
}

/// One active target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// The label `job`.
    pub job: Arc<str>,
    /// The label `instance`.
    pub instance: Arc<str>,
    /// The scrape pool it belongs to.
    pub pool: Arc<str>,
    /// All labels after relabelling.
    pub labels: Labels,
    /// What the last scrape came to.
    pub health: TargetHealth,
    /// The scrape's error, sanitised; empty when up.
    pub error: Arc<str>,
    /// The last attempt, which for a down target is not the last success.
    pub last_scrape: Option<DateTime<Utc>>,
    /// How long the last scrape took, in seconds.
    pub took: f64,
    /// The scrape interval, in seconds.
    pub interval: f64,
    /// The scrape time-out, in seconds.
    pub timeout: f64,
}

impl Target {
    /// The class of its error.
    pub fn error_class(&self) -> Option<ErrorClass> {
        ErrorClass::of(&self.error)
    }

    /// Seconds since the last attempt.
    pub fn last_scrape_age(&self, now: DateTime<Utc>) -> Option<f64> {
        self.last_scrape.map(|at| seconds(now - at).max(0.0))
    }

    /// Whether another look says the same of it, but for when it was scraped and how long that took.
    pub fn is_as(&self, other: &Self) -> bool {
        let same = |one: &Arc<str>, other: &Arc<str>| Arc::ptr_eq(one, other) || one == other;
        self.health == other.health
            && (self.labels.place() == other.labels.place() || self.labels == other.labels)
            && same(&self.job, &other.job)
            && same(&self.instance, &other.instance)
            && same(&self.error, &other.error)
    }

    /// Down first, then never scraped, then up; within that by job and instance.
    pub fn order(&self, other: &Self) -> std::cmp::Ordering {
        (self.health, &self.job, &self.instance).cmp(&(other.health, &other.job, &other.instance))
    }
}

/// How many samples the last scrape of a target brought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Samples {
    /// The target's `job`.
    pub job: Arc<str>,
    /// The target's `instance`.
    pub instance: Arc<str>,
    /// How many.
    pub count: f64,
}

/// How many samples the last scrape of a target brought, among those of all, by job and instance.
pub fn samples(all: &[Samples], target: &Target) -> Option<f64> {
    let wanted = (&*target.job, &*target.instance);
    let at = all.binary_search_by(|one| (&*one.job, &*one.instance).cmp(&wanted));
    Some(all.get(at.ok()?)?.count)
}

/// What the time series say of a target beside its last scrape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scrape {
    /// The target's `job`.
    pub job: Arc<str>,
    /// The target's `instance`.
    pub instance: Arc<str>,
    /// Up, but the scrape brought no sample at all.
    pub hollow: bool,
    /// The last scrape that succeeded, for a target that is down.
    pub last_success: Option<DateTime<Utc>>,
    /// How often it went down or came up within the last hour.
    #[serde(default)]
    pub changes: f64,
}

impl Scrape {
    /// A target that goes down and comes back more than once within an hour flaps.
    pub fn flaps(&self) -> bool {
        self.changes > 3.0
    }
}

/// How bad a target is by itself, whatever the alerts say.
pub const fn health(target: TargetHealth, hollow: bool) -> Health {
    match (target, hollow) {
        (TargetHealth::Up, false) => Health::Ok,
        (TargetHealth::Up, true) | (TargetHealth::Down, _) => Health::Warning,
        (TargetHealth::Unknown, _) => Health::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::ErrorClass;

    #[test]
    fn the_errors_of_go_are_sorted() {
        for (text, class) in [
            ("", None),
            (
                "Get \"http://127.0.0.1:19099/metrics\": dial tcp 127.0.0.1:19099: connect: connection refused",
                Some(ErrorClass::Refused),
            ),
            ("dial tcp: lookup nosuch.invalid: no such host", Some(ErrorClass::Dns)),
            ("Get \"http://x/\": context deadline exceeded", Some(ErrorClass::Timeout)),
            ("x509: certificate signed by unknown authority", Some(ErrorClass::Tls)),
            ("tls: first record does not look like a TLS handshake", Some(ErrorClass::Tls)),
            ("server returned HTTP status 500 Internal Server Error", Some(ErrorClass::Http)),
            ("\"INVALID\" is not a valid start token", Some(ErrorClass::Parse)),
            ("expected equal, got \"INVALID\"", Some(ErrorClass::Parse)),
            ("sample limit exceeded", Some(ErrorClass::Limit)),
            ("unexpected EOF", Some(ErrorClass::Other)),
        ] {
            assert_eq!(ErrorClass::of(text), class, "{text}");
        }
    }
}
