//! What is found by looking for oneself, from this machine, without any Prometheus: whether a door is
//! open that should be, and closed that must be.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::health::Health;

/// How one looks.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::Display,
    strum::AsRefStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum ProbeKind {
    /// A connection is opened, and closed again.
    Tcp,
    /// A page is asked for.
    Http,
    /// A program is run, which ends well or not.
    Command,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "what is wanted, and what was found: each yes or no")]
pub struct Probe {
    /// The operator's name for it.
    pub name: Arc<str>,
    /// How it was looked at.
    pub kind: ProbeKind,
    /// Where: an address, or a program.
    pub address: Arc<str>,
    /// Whether it is to answer; what must not be reached is not.
    pub wanted: bool,
    /// Whether it matters as much as a host that is down.
    pub critical: bool,
    /// Whether it answered, as it should.
    pub answers: bool,
    /// Whether that was measured: without a name or a network nobody has knocked.
    pub known: bool,
    /// What it said, or why it did not. Sanitised.
    pub text: Arc<str>,
    /// Since when it is so, as far as this program has looked.
    pub since: DateTime<Utc>,
    /// How long it took, in seconds.
    pub took: f64,
    /// Until when the certificate is valid that it showed.
    pub certificate_end: Option<DateTime<Utc>>,
}

/// A certificate that ends within this is a warning.
const SOON: TimeDelta = TimeDelta::days(21);

/// A certificate that ends within this is critical.
const VERY_SOON: TimeDelta = TimeDelta::days(3);

impl Probe {
    /// Whether it is as it should be.
    pub const fn is_well(&self) -> bool {
        self.answers == self.wanted
    }

    /// How its door is, the certificate left out.
    pub const fn door(&self) -> Health {
        match (self.is_well(), self.critical) {
            // That nothing was heard proves nothing.
            (true, _) if !self.known => Health::Unknown,
            (true, _) => Health::Ok,
            (false, true) => Health::Critical,
            (false, false) => Health::Warning,
        }
    }

    /// How its certificate is, if it showed one.
    pub fn certificate(&self, now: DateTime<Utc>) -> Health {
        match self.certificate_end.map(|end| end - now) {
            Some(left) if left < VERY_SOON => Health::Critical,
            Some(left) if left < SOON => Health::Warning,
            _ => Health::Ok,
        }
    }

    /// In a few words, what is to be said of its door.
    pub fn word(&self) -> &'static str {
        match (self.wanted, self.answers) {
            _ if !self.known => "cannot be looked at",
            (true, true) => "answers",
            (true, false) => "does not answer",
            (false, true) => "answers and must not",
            (false, false) => "is closed, as it must be",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_door_is_judged_by_what_is_wanted_of_it() {
        let now = DateTime::from_timestamp(1_795_000_000, 0).expect("a time");
        let probe = |wanted, answers, critical, days: Option<i64>| Probe {
            name: "nas".into(),
            kind: ProbeKind::Tcp,
            address: "10.0.0.5:22".into(),
            wanted,
            critical,
            answers,
            known: true,
            text: "".into(),
            since: now,
            took: 0.1,
            certificate_end: days.map(|days| now + TimeDelta::days(days)),
        };
        for (wanted, answers, critical, health) in [
            (true, true, true, Health::Ok),
            (true, false, false, Health::Warning),
            (true, false, true, Health::Critical),
            (false, false, true, Health::Ok),
            (false, true, false, Health::Warning),
            (false, true, true, Health::Critical),
        ] {
            assert_eq!(
                probe(wanted, answers, critical, None).door(),
                health,
                "{wanted} {answers} {critical}"
            );
        }
        let unheard = Probe { known: false, ..probe(false, false, false, None) };
        assert_eq!(unheard.door(), Health::Unknown, "nobody has knocked");
        for (days, health) in [
            (Some(22), Health::Ok),
            (Some(20), Health::Warning),
            (Some(2), Health::Critical),
            (Some(-1), Health::Critical),
            (None, Health::Ok),
        ] {
            assert_eq!(probe(true, true, false, days).certificate(now), health, "{days:?}");
        }
    }
}
