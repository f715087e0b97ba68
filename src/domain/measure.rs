//! What is measured by one query for all hosts, and what one look brought.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::health::Health;
use super::labels::Labels;
use crate::text;

/// What a number stands for.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::AsRefStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Unit {
    /// 0 to 1.
    Ratio,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Per second.
    Rate,
    /// Bytes per second.
    Bandwidth,
    /// Degrees.
    Celsius,
    /// So many.
    #[default]
    Count,
    /// 1 is good.
    State,
}

impl Unit {
    /// A number of this unit, as short as a table needs it; what is no number is said to be none.
    pub fn write(self, value: f64) -> String {
        if !value.is_finite() {
            return "n/a".to_owned();
        }
        match self {
            Self::Ratio => format!("{:.0} %", value * 100.0),
            Self::Seconds => {
                let size = value.abs();
                let sign = if value < 0.0 { "-" } else { "" };
                if size < 10.0 {
                    format!("{sign}{}", text::took(size))
                } else {
                    format!("{sign}{}", text::age_of(Some(size)))
                }
            }
            Self::Bytes => text::bytes(whole(value)),
            Self::Rate => format!("{}/s", plain(value)),
            Self::Bandwidth => format!("{}/s", text::bytes(whole(value))),
            Self::Celsius => format!("{value:.0}°C"),
            Self::Count | Self::State => plain(value),
        }
    }
}

/// Whole numbers whole, small ones with what matters of them.
fn plain(value: f64) -> String {
    let size = value.abs();
    if size >= 100.0 || value.fract().abs() < 0.005 {
        format!("{value:.0}")
    } else if size >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bytes, and not negative")]
const fn whole(value: f64) -> u64 {
    value.max(0.0) as u64
}

/// Which way trouble lies.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::AsRefStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Worse {
    /// The more, the worse.
    #[default]
    High,
    /// The less, the worse.
    Low,
    /// The further from 0, the worse.
    Away,
}

/// What a measure is about.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::AsRefStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Topic {
    /// A host.
    #[default]
    Host,
    /// The chain that carries alerts, logs and backups.
    Chain,
}

/// What is asked of every tier of a lab: the golden signals.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::AsRefStr,
    strum::EnumIter,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Signal {
    /// How long it takes.
    Latency,
    /// How much is done.
    Traffic,
    /// What fails.
    Errors,
    /// How full it is.
    Saturation,
}

/// Something that one query measures of all hosts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// Its name.
    pub name: Arc<str>,
    /// What it is about.
    pub topic: Topic,
    /// What it is, in a sentence.
    pub about: Arc<str>,
    /// The PromQL.
    pub query: Arc<str>,
    /// What its numbers stand for.
    pub unit: Unit,
    /// Which way trouble lies.
    pub worse: Worse,
    /// From here on it is said, and changes nothing.
    pub noted: Option<f64>,
    /// From here on it is a warning.
    pub warning: Option<f64>,
    /// From here on it is critical.
    pub critical: Option<f64>,
    /// The label that tells several of one host apart; empty for none.
    pub thing: Arc<str>,
    /// The labels that name the host, when they are others than usual.
    pub host: Vec<Arc<str>>,
    /// What is said of it in trouble: `{thing}` and `{value}` are filled in.
    pub word: Arc<str>,
    /// Which signal of a tier it tells.
    #[serde(default)]
    pub signal: Option<Signal>,
}

/// How much a value matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// It is said, and changes nothing.
    Noted,
    /// It is a warning, or critical.
    Bad(Health),
}

impl Measure {
    /// How bad a value is; nothing when it is fine, or no number.
    pub fn weigh(&self, value: f64) -> Option<Weight> {
        let reached = |limit: &Option<f64>| {
            limit.is_some_and(|limit| match self.worse {
                Worse::High => value >= limit,
                // -1 is no state, but says that there is none.
                Worse::Low if self.unit == Unit::State => value >= 0.0 && value <= limit,
                Worse::Low => value <= limit,
                Worse::Away => value.abs() >= limit,
            })
        };
        match (reached(&self.critical), reached(&self.warning), reached(&self.noted)) {
            (true, ..) => Some(Weight::Bad(Health::Critical)),
            (_, true, _) => Some(Weight::Bad(Health::Warning)),
            (.., true) => Some(Weight::Noted),
            _ => None,
        }
    }

    /// Whether one value is worse than another. What is no number is worse than nothing.
    pub fn is_worse(&self, one: f64, other: f64) -> bool {
        match self.worse {
            Worse::High => one > other,
            Worse::Low => one < other,
            Worse::Away => one.abs() > other.abs(),
        }
    }

    /// What is said of a value in trouble.
    pub fn say(&self, thing: &str, value: f64) -> String {
        let shown = if self.worse == Worse::Away { value.abs() } else { value };
        let word = if self.word.is_empty() { "{name} {value}" } else { &*self.word };
        let said = word.replace("{name}", &self.name).replace("{value}", &self.unit.write(shown));
        said.replace("{thing}", thing)
    }
}

/// One series of a look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Its labels.
    pub labels: Labels,
    /// Its value; it may be no number.
    #[serde(with = "number")]
    pub value: f64,
}

/// What one look at a measure brought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// What was measured.
    pub measure: Arc<Measure>,
    /// Every series.
    pub readings: Arc<[Reading]>,
    /// Why the server did not answer it; the others are none the worse for it.
    pub error: Option<Arc<str>>,
}

/// JSON has no word for what is no number.
mod number {
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a field over by reference")]
    pub fn serialize<S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&value.to_string())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measure(worse: Worse, unit: Unit) -> Measure {
        Measure {
            worse,
            unit,
            noted: (worse == Worse::Low && unit == Unit::Seconds).then_some(600.0),
            warning: (unit != Unit::State && worse != Worse::Low).then_some(5.0),
            critical: match worse {
                Worse::Low => (unit == Unit::State).then_some(0.0),
                _ => Some(30.0),
            },
            word: "{thing} at {value}".into(),
            ..Measure::default()
        }
    }

    #[test]
    fn a_value_is_as_bad_as_the_limit_that_it_reaches() {
        use Weight::{Bad, Noted};
        let [critical, warning] = [Some(Bad(Health::Critical)), Some(Bad(Health::Warning))];
        for (worse, unit, value, weight) in [
            (Worse::High, Unit::Count, 4.9, None),
            (Worse::High, Unit::Count, 5.0, warning),
            (Worse::High, Unit::Count, 30.0, critical),
            (Worse::High, Unit::Count, f64::NAN, None),
            (Worse::High, Unit::Count, f64::INFINITY, critical),
            (Worse::Away, Unit::Seconds, -12.0, warning),
            (Worse::Away, Unit::Seconds, 0.4, None),
            (Worse::Low, Unit::Seconds, 90.0, Some(Noted)),
            (Worse::Low, Unit::Seconds, 601.0, None),
            (Worse::Low, Unit::State, 0.0, critical),
            (Worse::Low, Unit::State, 1.0, None),
            (Worse::Low, Unit::State, -1.0, None),
        ] {
            assert_eq!(measure(worse, unit).weigh(value), weight, "{worse:?} {unit:?} {value}");
        }
        assert!(Noted < Bad(Health::Warning));
    }

    #[test]
    fn numbers_are_short_and_say_their_unit() {
        for (unit, value, text) in [
            (Unit::Ratio, 0.914, "91 %"),
            (Unit::Seconds, 12.04, "12s"),
            (Unit::Seconds, -0.004, "-4ms"),
            (Unit::Seconds, 5.24, "5.2s"),
            (Unit::Seconds, 90.0, "1m"),
            (Unit::Seconds, 93_600.0, "26h"),
            (Unit::Rate, 4.5, "4.50/s"),
            (Unit::Bandwidth, 1_200_000.0, "1.1M/s"),
            (Unit::Celsius, 61.5, "62°C"),
            (Unit::Count, 160.0, "160"),
            (Unit::Count, 0.94, "0.94"),
            (Unit::Ratio, f64::NAN, "n/a"),
        ] {
            assert_eq!(unit.write(value), text, "{unit:?} {value}");
        }
        let clock = measure(Worse::Away, Unit::Seconds);
        assert_eq!(clock.say("x", -12.0), "x at 12s", "which way is of no matter");
    }

    #[test]
    fn what_is_no_number_survives_a_recording() {
        let reading = Reading { labels: Labels::default(), value: f64::INFINITY };
        let text = serde_json::to_string(&reading).expect("JSON");
        assert_eq!(serde_json::from_str::<Reading>(&text).expect("a reading"), reading);
    }
}
