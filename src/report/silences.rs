//! What `wardroom silences list` says.

use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::SCHEMA;
use crate::domain::comment::{Comment, Condition, Tag};
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::silence::{Matcher, Silence, SilenceState};
use crate::domain::silencing::covered;
use crate::domain::store::{SourceState, Store};
use crate::text;

/// The silences that there are.
#[derive(Clone, Debug, Serialize)]
pub struct Silences {
    /// [`SCHEMA`].
    pub schema: u32,
    /// When it was measured.
    pub at: DateTime<Utc>,
    /// The silences: the first to end first.
    pub silences: Vec<SilenceRow>,
}

/// A silence.
#[derive(Clone, Debug, Serialize)]
pub struct SilenceRow {
    /// The name of its Alertmanager.
    pub source: Arc<str>,
    /// Its identity.
    pub id: Arc<str>,
    /// Whether it is in force.
    pub state: SilenceState,
    /// What it asks of an alert; all of it.
    pub matchers: Vec<MatcherRow>,
    /// Who made it.
    pub created_by: Arc<str>,
    /// Why, as the server has it.
    pub comment: Arc<str>,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// How many alerts it covers now; null when the alerts are not heard.
    pub matches: Option<usize>,
    /// What ends it before: `resolved`, `task:..`, `host-up:..`.
    pub condition: Option<Condition>,
    /// When it is no silence but an acknowledgement: of whom.
    pub ack: Option<AckRow>,
}

/// One matcher.
#[derive(Clone, Debug, Serialize)]
pub struct MatcherRow {
    /// The label.
    pub name: Arc<str>,
    /// The value or anchored expression.
    pub value: Arc<str>,
    /// `=~` or `!~`.
    pub is_regex: bool,
    /// `=` or `=~`.
    pub is_equal: bool,
    /// As people write it.
    pub text: String,
}

/// What an acknowledgement says.
#[derive(Clone, Debug, Serialize)]
pub struct AckRow {
    /// Who is on it.
    pub who: Arc<str>,
    /// The beginning of the episode that it is about.
    pub start: Option<DateTime<Utc>>,
    /// The alerts that it is about.
    pub fingerprints: Vec<Arc<str>>,
}

impl From<&Matcher> for MatcherRow {
    fn from(matcher: &Matcher) -> Self {
        Self {
            name: text::sanitise(&matcher.name).into(),
            value: text::sanitise(&matcher.value).into(),
            is_regex: matcher.is_regex,
            is_equal: matcher.is_equal,
            text: matcher.to_string(),
        }
    }
}

impl SilenceRow {
    fn of(silence: &Silence, source: &SourceState, store: &Store, now: DateTime<Utc>) -> Self {
        let comment = Comment::read(&silence.comment);
        let ack = silence.is_acknowledgement().then(|| {
            let (start, by) = match &comment.tag {
                Some(Tag::Ack { start, by }) => (*start, by.clone()),
                _ => (None, None),
            };
            AckRow {
                who: by.unwrap_or_else(|| Arc::clone(&silence.created_by)),
                start,
                fingerprints: silence.acknowledged().into_iter().map(Arc::from).collect(),
            }
        });
        let heard = source.is_fresh(Feed::Alerts, now);
        Self {
            source: Arc::clone(&source.id.name),
            id: Arc::clone(&silence.id),
            state: silence.state,
            matchers: silence.matchers.iter().map(MatcherRow::from).collect(),
            created_by: Arc::clone(&silence.created_by),
            comment: Arc::clone(&silence.comment),
            starts_at: silence.starts_at,
            ends_at: silence.ends_at,
            matches: heard.then(|| covered(&silence.matchers, &source.id, store).len()),
            condition: comment.condition().cloned(),
            ack,
        }
    }

    fn line(&self, at: DateTime<Utc>) -> String {
        let when = match self.state {
            SilenceState::Active => format!("ends in {}", text::age(self.ends_at - at)),
            SilenceState::Pending => format!("starts in {}", text::age(self.starts_at - at)),
            SilenceState::Expired => format!("ended {} ago", text::age(at - self.ends_at)),
        };
        let matchers: Vec<&str> = self.matchers.iter().map(|matcher| matcher.text.as_str()).collect();
        let what = match (&self.ack, self.matches) {
            (Some(ack), _) => format!("acknowledged by {}", ack.who),
            (None, Some(0)) if self.state == SilenceState::Active => "matches nothing".to_owned(),
            (None, Some(count)) => format!("matches {count}"),
            (None, None) => "matches unknown".to_owned(),
        };
        let (id, state, by) = (&self.id, self.state, &self.created_by);
        format!("{id}  {state}  {when}  {what}  {}  {by}: {}", matchers.join(" "), self.comment)
    }
}

impl Silences {
    /// The silences of all Alertmanagers; the expired ones with `all` only.
    pub fn of(store: &Store, all: bool, now: DateTime<Utc>) -> Self {
        let rows = store.of(SourceKind::Alertmanager).flat_map(|source| {
            let wanted = source.data.silences.iter().filter(|one| all || one.state != SilenceState::Expired);
            wanted.map(|silence| SilenceRow::of(silence, source, store, now))
        });
        Self { schema: SCHEMA, at: now, silences: rows.collect() }
    }

    /// For programs.
    pub fn json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// For people: a line per silence.
    pub fn text(&self) -> String {
        let mut told = String::new();
        for silence in &self.silences {
            let _infallible = writeln!(told, "{}", silence.line(self.at).trim_end());
        }
        told
    }
}
