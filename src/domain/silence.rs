//! Silences of Alertmanager, and the acknowledgements that are kept in them.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::comment::{Comment, Tag};
use super::labels::Labels;

/// The label that no alert has: a silence that asks for it hides nothing, and is replicated by the
/// cluster and expires by itself, so that it can carry "I am on it".
pub const ACKNOWLEDGED: &str = "wardroom_ack";

/// Whether a silence is in force.
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
pub enum SilenceState {
    /// In force.
    Active,
    /// Not yet.
    Pending,
    /// No longer.
    Expired,
}

/// One condition of a silence on one label.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Matcher {
    /// The label, as the server has it: to be shown by `Display` only.
    #[serde(with = "super::exact")]
    pub name: Arc<str>,
    /// The value or anchored expression, as the server has it: to be shown by `Display` only.
    #[serde(with = "super::exact")]
    pub value: Arc<str>,
    /// `=~` or `!~`.
    pub is_regex: bool,
    /// `=` or `=~`.
    pub is_equal: bool,
}

/// A silence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Silence {
    /// The same on all peers.
    pub id: Arc<str>,
    /// Whether it is in force.
    pub state: SilenceState,
    /// An alert is covered when all of them match.
    pub matchers: Vec<Matcher>,
    /// Who made it.
    pub created_by: Arc<str>,
    /// Why, sanitised.
    pub comment: Arc<str>,
    /// What else was noted, by servers that keep such notes (0.32 and later).
    #[serde(default)]
    pub annotations: Labels,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// When it was last changed; the newer of two peers' copies is the true one.
    pub updated_at: DateTime<Utc>,
}

/// Somebody's word that they are on an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// Who.
    pub who: Arc<str>,
    /// When they said so.
    pub since: DateTime<Utc>,
    /// When it lapses.
    pub until: DateTime<Utc>,
}

/// An acknowledgement belongs to one episode of an alert: one that began this much later than the
/// acknowledged one is another.
const SAME_EPISODE: chrono::TimeDelta = chrono::TimeDelta::minutes(10);

impl Silence {
    /// Whether it is an acknowledgement rather than a silence.
    pub fn is_acknowledgement(&self) -> bool {
        self.matchers.iter().any(|matcher| &*matcher.name == ACKNOWLEDGED)
    }

    /// Whether it carries a maintenance: then it hides nothing.
    pub fn carries_maintenance(&self) -> bool {
        self.matchers.iter().any(|matcher| &*matcher.name == super::maintenance::MAINTENANCE)
    }

    /// What it acknowledges of the alert `fingerprint` that began at `starts_at`, if it does.
    ///
    /// The comment reads `wardroom/1 ack start=RFC3339 by=NAME | text`.
    pub fn acknowledges(&self, fingerprint: &str, starts_at: DateTime<Utc>) -> Option<Acknowledgement> {
        if self.state != SilenceState::Active {
            return None;
        }
        let (start, by) = match Comment::read(&self.comment).tag {
            Some(Tag::Ack { start, by }) => (start, by),
            _ => (None, None),
        };
        let lapsed = start.is_some_and(|start| starts_at - start > SAME_EPISODE);
        (self.acknowledged().contains(&fingerprint) && !lapsed).then(|| Acknowledgement {
            who: by.unwrap_or_else(|| Arc::clone(&self.created_by)),
            since: self.starts_at,
            until: self.ends_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn silence(value: &str, is_regex: bool, comment: &str) -> Silence {
        Silence {
            id: "1".into(),
            state: SilenceState::Active,
            matchers: vec![Matcher {
                name: ACKNOWLEDGED.into(),
                value: value.into(),
                is_regex,
                is_equal: true,
            }],
            created_by: "sam@desk".into(),
            comment: comment.into(),
            annotations: Labels::default(),
            starts_at: time("2026-11-13T14:00:00Z"),
            ends_at: time("2026-11-14T02:00:00Z"),
            updated_at: time("2026-11-13T14:00:00Z"),
        }
    }

    fn time(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).expect("a time").to_utc()
    }

    #[test]
    fn an_acknowledgement_holds_for_one_episode() {
        let ack = silence("aa|bb", true, "wardroom/1 ack start=2026-11-13T13:48:11Z by=sam | tonight");
        let begun = time("2026-11-13T13:48:11Z");
        assert_eq!(ack.acknowledges("bb", begun).map(|ack| ack.who.to_string()), Some("sam".to_owned()));
        assert_eq!(ack.acknowledges("cc", begun), None);
        assert!(ack.acknowledges("aa", begun + chrono::TimeDelta::minutes(9)).is_some());
        assert_eq!(ack.acknowledges("aa", begun + chrono::TimeDelta::minutes(11)), None);
    }

    #[test]
    fn without_a_tag_the_author_speaks() {
        let ack = silence("aa", false, "on it");
        let who = ack.acknowledges("aa", time("2026-11-13T10:00:00Z")).map(|ack| ack.who.to_string());
        assert_eq!(who, Some("sam@desk".to_owned()));
    }
}
