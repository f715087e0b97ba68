//! Maintenance: a time in which what is expected to be down is no alarm. It is kept in Alertmanager, as
//! acknowledgements are: a silence that hides nothing carries what is planned, and every Wardroom on the
//! cluster knows of it. Silences of its own hide the alerts of its subjects, for its time alone.
//!
//! It ends when everything is back: measured, not hoped. What is not back by its end is loud.

mod checks;
mod plan;
mod weighed;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

pub use plan::{Part, Plan};
pub use weighed::{expects_no_watchdog, weighed};

use super::comment::{Comment, Tag};
use super::deed::{Deed, What};
use super::feed::{Feed, SourceId, SourceKind};
use super::health::Health;
use super::silence::{Matcher, SilenceState};
use super::slo::Window;
use super::store::{SourceState, Store};
use crate::text;

/// The label that no alert has: a silence that asks for it carries a maintenance, and hides nothing.
pub const MAINTENANCE: &str = "wardroom_maintenance";

/// So long after its planned end a maintenance that nobody ended is still known to be over time.
pub const REMEMBERED: TimeDelta = TimeDelta::hours(24);

/// A maintenance, as a silence carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maintenance {
    /// The Alertmanager that has it.
    pub source: SourceId,
    /// The identity of the silence that carries it.
    pub id: Arc<str>,
    /// What it is called.
    pub name: Arc<str>,
    /// When it begins, and when it is to be over.
    pub window: Window,
    /// The sources that are expected to be down, as `kind.name`.
    pub down: Vec<Arc<str>>,
    /// Who planned it.
    pub by: Arc<str>,
    /// Why.
    pub text: Arc<str>,
    /// The identities of the silences that hide its subjects.
    pub parts: Vec<Arc<str>>,
    /// What these hide.
    pub subjects: Vec<Vec<Matcher>>,
}

/// How far a maintenance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::AsRefStr)]
#[strum(serialize_all = "lowercase")]
pub enum Phase {
    /// It has not begun.
    Planned,
    /// It goes on.
    Going,
    /// Its time is over, and nobody has ended it.
    Overrun,
}

/// A line of the list by which it is seen that all is back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What has to be so.
    pub what: String,
    /// Whether it is: ok, critical when it is not, unknown when nobody can say.
    pub state: Health,
    /// What that rests on.
    pub evidence: String,
}

impl Maintenance {
    /// How far it is.
    pub fn phase(&self, now: DateTime<Utc>) -> Phase {
        if now < self.window.from {
            Phase::Planned
        } else if now < self.window.to {
            Phase::Going
        } else {
            Phase::Overrun
        }
    }

    /// Whether a source is expected to be down.
    pub fn expects(&self, source: &SourceId) -> bool {
        let name = source.to_string();
        self.down.iter().any(|down| **down == *name)
    }

    /// What has to be so for it to be over.
    pub fn checks(&self, store: &Store, now: DateTime<Utc>) -> Vec<Check> {
        let mut all: Vec<Check> = self.down.iter().map(|name| checks::answers(name, store, now)).collect();
        let router = store.source(&self.source);
        let is_heard = router.is_some_and(|router| router.is_fresh(Feed::Alerts, now));
        for matchers in &self.subjects {
            all.push(checks::fires(matchers, &self.source, is_heard, store));
            all.extend(checks::scraped(matchers, store, now));
        }
        let watches = |source: &SourceState| source.id.kind.watches() && self.expects(&source.id);
        if store.sources.iter().any(watches) && !store.thresholds.watchdog.is_empty() {
            all.push(checks::arrives(store, is_heard, now));
        }
        all
    }

    /// What ends it: its own silence and those of its subjects.
    pub fn ends(&self) -> Vec<Deed> {
        let all = std::iter::once(&self.id).chain(&self.parts);
        all.map(|id| Deed { source: self.source.clone(), what: What::Expire { id: Arc::clone(id) } })
            .collect()
    }

    /// What it says of itself, for a line.
    pub fn words(&self, now: DateTime<Utc>) -> String {
        let name = &self.name;
        match self.phase(now) {
            Phase::Planned => format!("maintenance {name} in {}", text::age(self.window.from - now)),
            Phase::Going => format!("maintenance {name}, {} left", text::age(self.window.to - now)),
            Phase::Overrun => {
                format!("maintenance {name} is over time by {}", text::age(now - self.window.to))
            }
        }
    }
}

/// Every maintenance that is planned, goes on, or is over time, by its beginning.
pub fn all(store: &Store) -> Vec<Maintenance> {
    let mut found = Vec::new();
    for source in store.of(SourceKind::Alertmanager) {
        let alive = || source.data.silences.iter().filter(|one| one.state != SilenceState::Expired);
        for silence in alive() {
            let comment = Comment::read(&silence.comment);
            let Some(Tag::Maintenance { name, until, down }) = comment.tag else { continue };
            let is_part = |one: &&super::silence::Silence| matches!(Comment::read(&one.comment).tag, Some(Tag::Part(of)) if of == name);
            found.push(Maintenance {
                source: source.id.clone(),
                id: Arc::clone(&silence.id),
                window: Window { from: silence.starts_at, to: until },
                down,
                by: Arc::clone(&silence.created_by),
                text: comment.text,
                parts: alive().filter(is_part).map(|one| Arc::clone(&one.id)).collect(),
                subjects: alive().filter(is_part).map(|one| one.matchers.clone()).collect(),
                name,
            });
        }
    }
    found.sort_by(|one, other| (one.window.from, &one.name).cmp(&(other.window.from, &other.name)));
    found
}

/// What goes on now.
fn going(store: &Store, now: DateTime<Utc>) -> Vec<Maintenance> {
    all(store).into_iter().filter(|one| one.phase(now) == Phase::Going).collect()
}

/// The times up to `now` that were planned: of what Alertmanager remembers, and of what was written down.
pub fn windows(store: &Store, now: DateTime<Utc>) -> Vec<Window> {
    let mut found = store.maintained.clone();
    let silences = store.of(SourceKind::Alertmanager).flat_map(|source| source.data.silences.iter());
    found.extend(silences.filter_map(|silence| match Comment::read(&silence.comment).tag {
        Some(Tag::Maintenance { until, .. }) if silence.starts_at < now => {
            // One that was ended was over then.
            Some(Window { from: silence.starts_at, to: until.min(silence.ends_at).min(now) })
        }
        _ => None,
    }));
    found.retain(|window| window.from < window.to);
    merged(found)
}

/// The times that are over now and not written down yet.
pub fn finished(store: &Store, now: DateTime<Utc>) -> Vec<Window> {
    let silences = store.of(SourceKind::Alertmanager).flat_map(|source| source.data.silences.iter());
    let ended = silences.filter_map(|silence| match Comment::read(&silence.comment).tag {
        Some(Tag::Maintenance { until, .. }) => {
            Some(Window { from: silence.starts_at, to: until.min(silence.ends_at) })
        }
        _ => None,
    });
    let is_new =
        |window: &Window| window.from < window.to && window.to <= now && !store.maintained.contains(window);
    ended.filter(is_new).collect()
}

/// The same times, each instant once.
fn merged(mut windows: Vec<Window>) -> Vec<Window> {
    windows.sort_by_key(|window| window.from);
    let mut all: Vec<Window> = Vec::new();
    for window in windows {
        match all.last_mut() {
            Some(last) if window.from <= last.to => last.to = last.to.max(window.to),
            _ => all.push(window),
        }
    }
    all
}

/// What is said beside a verdict: what goes on, and what is about to begin.
pub fn beside(store: &Store, now: DateTime<Utc>) -> Option<String> {
    let all = all(store);
    let told = all.iter().find(|one| one.phase(now) == Phase::Going);
    told.map(|one| one.words(now))
}

/// What goes on, a line each: how long still, by whom, and what is expected to be down.
pub fn planned(store: &Store, now: DateTime<Utc>) -> Vec<String> {
    let line = |one: Maintenance| {
        let down = if one.down.is_empty() { String::new() } else { format!(": {}", one.down.join(", ")) };
        format!("{}, by {}{down}", one.words(now), one.by)
    };
    going(store, now).into_iter().map(line).collect()
}

/// What is to be ended by itself: its time is over, and all is back.
pub fn over(store: &Store, now: DateTime<Utc>) -> Vec<(Maintenance, Vec<Deed>)> {
    let done = all(store).into_iter().filter(|one| {
        let is_heard = store.source(&one.source).is_some_and(|source| source.is_fresh(Feed::Silences, now));
        let checks = one.checks(store, now);
        is_heard && one.phase(now) == Phase::Overrun && checks.iter().all(|check| check.state == Health::Ok)
    });
    done.map(|one| {
        let deeds = one.ends();
        (one, deeds)
    })
    .collect()
}

#[cfg(test)]
mod tests;
