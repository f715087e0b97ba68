//! What will break or come due, by date: one list of everything that is fine today and will not be.
//! What should have a date and cannot be measured stands in it as unknown, never as fine.

mod kept;
mod lasting;
mod measured;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use chrono::{DateTime, MappedLocalTime, NaiveDate, TimeDelta, TimeZone, Utc};
use serde::{Deserialize, Serialize};

use super::comment::{Comment, Tag};
use super::feed::{Feed, SourceKind};
use super::maintenance;
use super::routine::{self, Cadence};
use super::silence::SilenceState;
use super::store::{SourceState, Store};
use super::subject::Subject;
use crate::text;

/// What kind of end it is.
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
pub enum Kind {
    /// A datastore that will be full.
    Datastore,
    /// A file system that will be full.
    Disk,
    /// A disk that calls itself failing.
    Smart,
    /// A certificate that ends.
    Certificate,
    /// A restore that is to be tried again.
    Drill,
    /// Backups that are to be verified again.
    Verify,
    /// A parity or a ZFS pool that is to be scrubbed again.
    Scrub,
    /// A silence that ends.
    Silence,
    /// A maintenance that begins, or is to be over.
    Maintenance,
    /// A list that is to be worked through.
    Routine,
    /// A token or key that ends.
    Token,
    /// A document that is to be read again.
    Review,
    /// A date that the operator wrote down.
    Date,
}

/// What comes due within this span is near.
pub const NEAR: TimeDelta = TimeDelta::days(14);

/// When something comes due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// Then; it may be past.
    At(DateTime<Utc>),
    /// Now, and why: it has no date, and waits for nothing.
    Now(Arc<str>),
    /// Nobody can say, and why.
    Unknown(Arc<str>),
}

/// Something that comes due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// What kind of end.
    pub kind: Kind,
    /// Of what: `main`, `/var on lxc210`.
    pub what: Arc<str>,
    /// What happens then: `full`, `ends`.
    pub then: Arc<str>,
    /// When.
    pub at: When,
    /// What one would open to see more of it.
    pub subject: Subject,
}

/// A date that the operator wrote down: a key that expires, a review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated {
    /// Of what.
    pub what: Arc<str>,
    /// The instant at which the day begins.
    pub at: DateTime<Utc>,
}

impl Due {
    /// Whether its time has come.
    pub fn is_overdue(&self, now: DateTime<Utc>) -> bool {
        matches!(self.at, When::At(at) if at <= now)
    }

    /// What happens and when, in a few words.
    pub fn words(&self, now: DateTime<Utc>) -> String {
        let Self { what, then, at, .. } = self;
        match at {
            When::At(at) if *at <= now => format!("{what} {then}, overdue {}", text::age(now - *at)),
            When::At(at) => format!("{what} {then} in {}", text::age(*at - now)),
            When::Now(why) => format!("{what} {then} now: {why}"),
            When::Unknown(why) => format!("{what} {then}: {why}"),
        }
    }

    /// Whether it comes due within a span, or has; what is unknown may.
    pub fn is_within(&self, span: TimeDelta, now: DateTime<Utc>) -> bool {
        match self.at {
            When::At(at) => at - now <= span,
            When::Now(_) | When::Unknown(_) => true,
        }
    }
}

/// Everything that comes due: what is overdue first, then what is due now, what nobody can say, then by date.
pub fn horizon(store: &Store, now: DateTime<Utc>) -> Vec<Due> {
    let mut all = kept::due(store, now);
    all.extend(measured::due(store, now));
    all.extend(silences(store, now));
    all.extend(lasting::due(store, now));
    all.extend(maintenances(store, now));
    all.extend(routines(store, now));
    all.extend(dates(store));
    all.sort_by_cached_key(|due| {
        let (place, at) = match due.at {
            When::At(at) if at <= now => (0, at),
            When::Now(_) => (1, now),
            When::Unknown(_) => (2, now),
            When::At(at) => (3, at),
        };
        (place, at, due.kind, Arc::clone(&due.what))
    });
    all
}

/// What breaks next, if that is soon or past: to be said when all is well. Silences end every day.
pub fn soonest(store: &Store, now: DateTime<Utc>) -> Option<Due> {
    let mut all = horizon(store, now).into_iter();
    all.find(|due| {
        matches!(due.at, When::At(_))
            && !matches!(due.kind, Kind::Silence | Kind::Maintenance | Kind::Routine)
    })
    .filter(|due| due.is_within(NEAR, now))
}

/// The instant at which a day begins where the clocks show `zone`; where they skip midnight, the
/// first instant that there is.
pub fn begins<Z: TimeZone>(day: NaiveDate, zone: &Z) -> Option<DateTime<Utc>> {
    let midnight = day.and_hms_opt(0, 0, 0)?;
    let mut quarters = (0..12).map(|quarter| midnight + TimeDelta::minutes(15 * quarter));
    quarters.find_map(|local| match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => Some(at.to_utc()),
        MappedLocalTime::None => None,
    })
}

/// Why nobody can say what a feed would tell; `None` when it was heard lately.
fn unheard(source: &SourceState, feed: Feed, now: DateTime<Utc>) -> Option<Arc<str>> {
    (!source.is_fresh(feed, now)).then(|| format!("{} was not heard", source.id).into())
}

/// Silences that end: what they hide comes back.
fn silences(store: &Store, now: DateTime<Utc>) -> Vec<Due> {
    let mut all = Vec::new();
    for source in store.of(SourceKind::Alertmanager) {
        if let Some(why) = unheard(source, Feed::Silences, now) {
            let (what, then, subject) = ("silences".into(), "end".into(), Subject::Source(source.id.clone()));
            all.push(Due { kind: Kind::Silence, what, then, at: When::Unknown(why), subject });
            continue;
        }
        let silences = source.data.silences.iter();
        let ending = silences.filter(|one| {
            let is_part = matches!(Comment::read(&one.comment).tag, Some(Tag::Part(_)));
            one.state == SilenceState::Active
                && !one.is_acknowledgement()
                && !one.carries_maintenance()
                && !is_part
        });
        all.extend(ending.map(|silence| {
            let matchers: Vec<String> = silence.matchers.iter().map(ToString::to_string).collect();
            Due {
                kind: Kind::Silence,
                what: matchers.join(", ").into(),
                then: format!("ends, by {}", silence.created_by).into(),
                at: When::At(silence.ends_at),
                subject: Subject::Silence { source: source.id.clone(), id: Arc::clone(&silence.id) },
            }
        }));
    }
    all
}

/// Maintenance that is planned begins, and what goes on is to be over.
fn maintenances(store: &Store, now: DateTime<Utc>) -> Vec<Due> {
    let due = |one: maintenance::Maintenance| {
        let is_planned = one.phase(now) == maintenance::Phase::Planned;
        let (then, at) =
            if is_planned { ("begins", one.window.from) } else { ("is to be over", one.window.to) };
        Due {
            kind: Kind::Maintenance,
            what: one.name,
            then: format!("{then}, by {}", one.by).into(),
            at: When::At(at),
            subject: Subject::Silence { source: one.source, id: one.id },
        }
    };
    maintenance::all(store).into_iter().map(due).collect()
}

/// Lists that are to be worked through.
fn routines(store: &Store, now: DateTime<Utc>) -> Vec<Due> {
    let maintained = maintenance::windows(store, now);
    let due = |routine: Cadence| {
        let at = routine::due(routine, &store.routines, &maintained)?;
        let what = format!("routine {routine}").into();
        let subject = Subject::Routine(routine);
        Some(Due { kind: Kind::Routine, what, then: "to be worked through".into(), at, subject })
    };
    Cadence::ALL.into_iter().filter_map(due).collect()
}

/// Why a date is not known.
pub type Untold = Arc<str>;

/// A document of the operator, and when it is to be read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Which document.
    pub what: Arc<str>,
    /// When; or why nobody can say.
    pub at: Result<DateTime<Utc>, Untold>,
}

/// What the operator wrote down.
fn dates(store: &Store) -> Vec<Due> {
    let Some(first) = store.sources.first() else { return Vec::new() };
    let due = |dated: &Dated| Due {
        kind: Kind::Date,
        what: Arc::clone(&dated.what),
        then: "due".into(),
        at: When::At(dated.at),
        subject: Subject::Source(first.id.clone()),
    };
    store.thresholds.dates.iter().map(due).collect()
}
