//! Silences in the making: prefilled from alerts, reviewed before they are written, found again.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::alert::Alert;
use super::amtool::duration;
use super::comment::Comment;
use super::deed::{Deed, Draft, What};
use super::feed::{SourceId, SourceKind};
use super::labels::Labels;
use super::matcher::Matchers;
use super::silence::{Matcher, Silence, SilenceState};
use super::sites;
use super::store::{Listed, SourceState, Store};

/// Spans that are offered for a silence.
pub const QUICK: [TimeDelta; 6] = [
    TimeDelta::minutes(15),
    TimeDelta::minutes(30),
    TimeDelta::hours(1),
    TimeDelta::hours(2),
    TimeDelta::hours(8),
    TimeDelta::hours(24),
];

/// A silence begins this long before it is made: the clock of the server may be behind ours, and
/// would take a beginning now for one that is yet to come. The server takes the past for now.
const HEAD_START: TimeDelta = TimeDelta::seconds(30);

/// Without a selection to compare with, a silence that covers so many alerts is looked at twice.
const MANY: usize = 10;

/// What an operator made so long ago belongs to tonight.
const TONIGHT: TimeDelta = TimeDelta::hours(12);

impl Draft {
    /// A draft that says nothing but when.
    pub fn empty(now: DateTime<Utc>, ends_at: DateTime<Utc>) -> Self {
        Self {
            id: None,
            matchers: Vec::new(),
            starts_at: now,
            ends_at,
            author: Arc::default(),
            comment: Arc::default(),
            annotations: Labels::default(),
        }
    }

    /// What was written, as a draft that changes it.
    pub fn of(silence: &Silence) -> Self {
        Self {
            id: Some(Arc::clone(&silence.id)),
            matchers: silence.matchers.clone(),
            starts_at: silence.starts_at,
            ends_at: silence.ends_at,
            author: Arc::clone(&silence.created_by),
            comment: Arc::clone(&silence.comment),
            annotations: silence.annotations.clone(),
        }
    }

    /// The same with another end.
    #[must_use]
    pub fn until(self, ends_at: DateTime<Utc>) -> Self {
        Self { ends_at, ..self }
    }
}

/// The deed that writes a draft: with notes beside the comment where every peer keeps such.
pub fn deed(draft: Draft, source: &SourceState) -> Deed {
    let mut draft = draft;
    let versions = source.data.peers.iter().map(|peer| &peer.version).filter(|version| !version.is_empty());
    let mut keep = versions.map(|version| keeps_annotations(version)).peekable();
    if keep.peek().is_some() && keep.all(|keeps| keeps) {
        draft.annotations = Comment::read(&draft.comment).annotations().with(&draft.annotations);
    }
    Deed { source: source.id.clone(), what: What::Silence(draft) }
}

/// Whether an Alertmanager of this version keeps annotations of silences: from 0.32 on.
fn keeps_annotations(version: &str) -> bool {
    let mut parts = version.trim_start_matches('v').split(['.', '+', '-']).map(str::parse::<u32>);
    matches!((parts.next(), parts.next()), (Some(Ok(major)), Some(Ok(minor))) if (major, minor) >= (0, 32))
}

/// A silence for these alerts and, as far as matchers can say it, for no other: of one alert all
/// labels, of several those that all of them have.
pub fn prefilled(alerts: &[&Alert], author: &str, span: TimeDelta, now: DateTime<Utc>) -> Draft {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    if let Some((first, others)) = alerts.split_first() {
        let has_all = |name: &&str| others.iter().all(|alert| alert.exact_labels().get(name).is_some());
        let filled = first.exact_labels().iter().filter(|(_, value)| !value.is_empty());
        names.extend(filled.map(|(name, _)| name).filter(has_all));
    }
    let values = |name| alerts.iter().filter_map(move |alert| alert.exact_labels().get(name));
    let mut matchers: Vec<Matcher> =
        names.into_iter().map(|name| Matcher::one_of(name, values(name))).collect();
    // What the alert is called is what a reader looks for first.
    matchers.sort_by_key(|matcher| &*matcher.name != "alertname");
    Draft { matchers, author: author.into(), ..Draft::empty(now - HEAD_START, now + span) }
}

/// A place of the dialogue that a word of refusal belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The matcher of this number; all of them together are told at the first.
    Matcher(usize),
    /// When it ends.
    End,
    /// Who makes it.
    Author,
    /// Why.
    Comment,
}

/// Why a draft cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Where.
    pub field: Field,
    /// Why, in plain words.
    pub text: String,
}

/// Why a draft is to be confirmed once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// It matches whatever has the labels.
    CatchAll,
    /// It hides alerts beside those that were meant: how many, and the first names.
    Wide {
        /// How many.
        count: usize,
        /// What they are called, each once.
        names: Vec<Arc<str>>,
    },
    /// It hides the alert that must always arrive.
    Watchdog,
    /// It lasts longer than silences should: its span and the limit.
    Long(TimeDelta, TimeDelta),
}

impl std::fmt::Display for Doubt {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::CatchAll => to.write_str("too wide: no matcher asks for more than that a label is there"),
            Self::Wide { count, names } => {
                let shown: Vec<&str> = names.iter().take(5).map(|name| &**name).collect();
                let more = names.len().saturating_sub(shown.len());
                let s = if *count == 1 { "" } else { "s" };
                write!(to, "too wide: it also hides {count} alert{s}: {}", shown.join(", "))?;
                if more > 0 { write!(to, " and {more} more") } else { Ok(()) }
            }
            Self::Watchdog => to.write_str("too wide: it hides the alert that must always arrive"),
            Self::Long(span, limit) => {
                write!(to, "it lasts {}, more than {}", duration(*span), duration(*limit))
            }
        }
    }
}

/// What a draft would do, and what speaks against it.
#[derive(Clone, Debug, Default)]
pub struct Review {
    /// Why it cannot be written; empty when it can.
    pub refusals: Vec<Refusal>,
    /// Why it is to be confirmed once more.
    pub doubts: Vec<Doubt>,
    /// The alerts that it covers now.
    pub covers: Vec<Listed>,
}

/// Looks at a draft for the Alertmanager `source`. `meant`: the identities of the alerts that it
/// was made for; `None` when it was not made from a selection.
pub fn review(
    draft: &Draft,
    source: &SourceId,
    meant: Option<&[Arc<str>]>,
    store: &Store,
    now: DateTime<Utc>,
) -> Review {
    let covers = covered(&draft.matchers, source, store);
    let site = store.site_of(source);
    let heartbeats = store.heartbeats().iter().filter(|listed| is_of(listed, source, site));
    let is_heartbeat = |listed: &Listed| store.heartbeats().iter().any(|one| one.alert == listed.alert);
    let mut review = Review { refusals: refusals(draft, now), ..Review::default() };
    let asks = !draft.matchers.is_empty() && draft.matchers.iter().all(Matcher::is_hollow);
    review.doubts.extend(asks.then_some(Doubt::CatchAll));
    if heartbeats.count() > 0 && covers.iter().any(is_heartbeat) {
        review.doubts.push(Doubt::Watchdog);
    }
    let beyond: Vec<&Listed> = covers
        .iter()
        .filter(|listed| !is_heartbeat(listed))
        .filter(|listed| meant.is_none_or(|meant| !meant.contains(listed.alert.key())))
        .collect();
    let all = store.alerts().iter().filter(|listed| is_of(listed, source, site)).count();
    let wide = match meant {
        Some(_) => !beyond.is_empty(),
        None => beyond.len() >= MANY && beyond.len() * 2 > all,
    };
    if wide {
        let mut names: Vec<Arc<str>> = beyond.iter().map(|listed| Arc::clone(&listed.alert.name)).collect();
        names.sort();
        names.dedup();
        review.doubts.push(Doubt::Wide { count: beyond.len(), names });
    }
    let span = draft.ends_at - draft.starts_at.max(now);
    if span > store.thresholds.max_silence {
        review.doubts.push(Doubt::Long(span, store.thresholds.max_silence));
    }
    review.covers = covers;
    review
}

/// What cannot be written. The server would take an empty author; we do not.
pub fn refusals(draft: &Draft, now: DateTime<Utc>) -> Vec<Refusal> {
    let mut found = Vec::new();
    let mut refuse = |field, text: &str| found.push(Refusal { field, text: text.to_owned() });
    let mut is_read = true;
    for (at, matcher) in draft.matchers.iter().enumerate() {
        if let Err(error) = Matchers::new(std::slice::from_ref(matcher)) {
            refuse(Field::Matcher(at), &error.to_string());
            is_read = false;
        }
    }
    if draft.matchers.is_empty() {
        refuse(Field::Matcher(0), "add a matcher: without one it would hide everything");
    } else if is_read && draft.matchers.iter().all(meets_nothing) {
        refuse(Field::Matcher(0), "at least one matcher must not match the empty string");
    }
    if draft.ends_at <= draft.starts_at {
        refuse(Field::End, "it ends before it starts");
    } else if draft.ends_at <= now {
        refuse(Field::End, "it ends in the past");
    }
    if draft.author.trim().is_empty() {
        refuse(Field::Author, "say who makes it");
    }
    if Comment::read(&draft.comment).text.is_empty() {
        refuse(Field::Comment, "say why");
    }
    found
}

fn meets_nothing(matcher: &Matcher) -> bool {
    Matchers::new(std::slice::from_ref(matcher)).is_ok_and(|ready| ready.matches(&Labels::default()))
}

/// Whether the Alertmanager `source` has the alert, or would get it from Prometheus.
fn is_of(listed: &Listed, source: &SourceId, site: &str) -> bool {
    let is_on_its_way =
        || listed.source.kind == SourceKind::Prometheus && sites::meet(listed.alert.site(), site);
    listed.source == *source || is_on_its_way()
}

/// The alerts that these matchers cover now at the Alertmanager `source`, the Watchdog among them.
pub fn covered(matchers: &[Matcher], source: &SourceId, store: &Store) -> Vec<Listed> {
    let Ok(ready) = Matchers::new(matchers) else { return Vec::new() };
    let site = store.site_of(source);
    let all = store.alerts().iter().chain(store.heartbeats()).filter(|listed| is_of(listed, source, site));
    all.filter(|listed| ready.matches(&as_routed(listed, store))).cloned().collect()
}

/// The labels by which Alertmanager knows the alert, or would.
fn as_routed(listed: &Listed, store: &Store) -> Labels {
    let own = listed.alert.exact_labels();
    match store.source(&listed.source) {
        Some(source) if source.id.kind == SourceKind::Prometheus => {
            source.data.external.as_ref().map_or_else(|| own.clone(), |external| own.with(external))
        }
        _ => own.clone(),
    }
}

/// The active silences of a server that cover no alert there: forgotten ones. Acknowledgements,
/// which never do, are not among them.
pub fn unmatched<'a>(source: &'a SourceState, store: &Store) -> Vec<&'a Silence> {
    let silences = source.data.silences.iter();
    let active = silences.filter(|one| one.state == SilenceState::Active && !one.is_acknowledgement());
    active.filter(|one| covered(&one.matchers, &source.id, store).is_empty()).collect()
}

/// The silences that `operator` made tonight and that are still there.
pub fn made_tonight<'a>(source: &'a SourceState, operator: &str, now: DateTime<Utc>) -> Vec<&'a Silence> {
    let is_mine = |silence: &&Silence| {
        let made = silence.starts_at.min(silence.updated_at);
        &*silence.created_by == operator
            && silence.state != SilenceState::Expired
            && !silence.is_acknowledgement()
            && now - made <= TONIGHT
    };
    source.data.silences.iter().filter(is_mine).collect()
}

#[cfg(test)]
#[path = "silencing_tests.rs"]
mod tests;
