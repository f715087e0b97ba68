//! What happened while nobody looked: alerts that fired and ended, reboots, backup runs, silences,
//! acknowledgements, and what was run and done, by whom. What nobody measured is said as such.

mod dumps;
mod kept;
mod measured;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::comment::Comment;
use super::feed::{Feed, SourceKind};
use super::health::Health;
use super::question::{Ask, Known};
use super::ran::Ran;
use super::silence::Silence;
use super::slo::Window;
use super::store::Store;
use super::subject::Subject;
use crate::text;

/// What kind of thing happened.
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
    /// An alert fired.
    Alert,
    /// A Prometheus measured nothing.
    Gap,
    /// A host was started again.
    Reboot,
    /// A backup ran.
    Backup,
    /// A silence began or ended.
    Silence,
    /// Somebody said that they are on an alert.
    Ack,
    /// Something was run, or done on a server.
    Action,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Happening {
    /// When it began.
    pub at: DateTime<Utc>,
    /// When it ended; `None` when it has no end, or goes on.
    pub until: Option<DateTime<Utc>>,
    /// What kind of thing.
    pub kind: Kind,
    /// Of what: `HostDown vm102`, `vm/102 web`.
    pub what: Arc<str>,
    /// What came of it, in a few words.
    pub came_to: Arc<str>,
    /// Who did it; empty when nobody did.
    pub by: Arc<str>,
    /// How bad it was.
    pub health: Health,
    /// What one would open to see more of it.
    pub subject: Option<Subject>,
}

/// What happened in a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Digest {
    /// The time.
    pub window: Window,
    /// What happened, the newest first.
    pub happened: Vec<Happening>,
    /// What nobody can say, and why, a line each.
    pub unknown: Vec<Arc<str>>,
}

/// How somebody looked before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// From when on the last look saw.
    pub from: DateTime<Utc>,
    /// When it was.
    pub at: DateTime<Utc>,
}

/// Who looks again within this time still looks at the same.
const SAME_LOOK: TimeDelta = TimeDelta::hours(1);

/// Who never looked sees so much.
pub const DAY: TimeDelta = TimeDelta::hours(24);

/// So long Alertmanager remembers a silence that has ended.
const KEPT: TimeDelta = TimeDelta::days(5);

/// Nobody is told more of the past than Alertmanager and the servers' logs keep.
pub const LONGEST: TimeDelta = TimeDelta::days(31);

impl Looked {
    /// A look at `now` after the one `before`: from there on it sees.
    pub fn again(before: Option<Self>, now: DateTime<Utc>) -> Self {
        let from = match before {
            // A clock that was set back says nothing of before.
            Some(before) if before.at > now => now - DAY,
            Some(before) if now - before.at < SAME_LOOK => before.from,
            Some(before) => before.at,
            None => now - DAY,
        };
        Self { from: from.max(now - LONGEST), at: now }
    }
}

impl Happening {
    /// How long it took, or has lasted so far as `until` says.
    pub fn took(&self) -> Option<TimeDelta> {
        self.until.map(|until| until - self.at)
    }
}

/// What is to be asked beside the feeds for a digest of `window`: every Prometheus for its own alerts,
/// for when it measured, and for when hosts were started.
pub fn asks(store: &Store, window: Window) -> Vec<Ask> {
    store.of(SourceKind::Prometheus).flat_map(|source| measured::asks(&source.id, window)).collect()
}

/// Whether an answer in this place is for a digest.
pub fn is_asked(slot: &str) -> bool {
    slot.starts_with(measured::SLOT)
}

/// What happened in `window`, as far as `store`, the answers to [`asks`] and the journal say.
pub fn digest<'k>(
    store: &Store,
    window: Window,
    known: &dyn Fn(&Ask) -> Known<'k>,
    ran: &[Ran],
    now: DateTime<Utc>,
) -> Digest {
    let mut happened = Vec::new();
    let mut unknown = Vec::new();
    for source in store.of(SourceKind::Prometheus) {
        measured::tell(store, &source.id, window, known, &mut happened, &mut unknown);
    }
    for source in store.of(SourceKind::Pbs) {
        if source.is_fresh(Feed::Snapshots, now) {
            happened.extend(kept::runs(source, window));
        } else {
            unknown.push(format!("backups: {} was not heard", source.id).into());
        }
    }
    // What the backup servers told of is known by now.
    for source in store.of(SourceKind::Pve) {
        dumps::tell(store, source, window, now, &mut happened, &mut unknown);
    }
    let mut is_heard = false;
    for source in store.of(SourceKind::Alertmanager) {
        if !source.is_fresh(Feed::Silences, now) {
            unknown.push(format!("silences: {} was not heard", source.id).into());
            continue;
        }
        is_heard = true;
        if now - window.from > KEPT {
            unknown.push(format!("silences: {} forgets them 5 days after their end", source.id).into());
        }
        for silence in source.data.silences.iter() {
            let subject = Subject::Silence { source: source.id.clone(), id: Arc::clone(&silence.id) };
            happened.extend(
                silenced(silence, window, now).map(|one| Happening { subject: Some(subject.clone()), ..one }),
            );
        }
    }
    let own = ran.iter().filter(|ran| contains(window, ran.at) && !(is_heard && is_told(ran)));
    happened.extend(own.map(action));
    happened.sort_by(|one, other| (other.at, one.kind, &one.what).cmp(&(one.at, other.kind, &other.what)));
    unknown.sort();
    Digest { window, happened, unknown }
}

fn contains(window: Window, at: DateTime<Utc>) -> bool {
    window.from <= at && at < window.to
}

/// That a silence began, and that it ended.
fn silenced(silence: &Silence, window: Window, now: DateTime<Utc>) -> impl Iterator<Item = Happening> {
    let is_ack = silence.is_acknowledgement();
    let comment = Comment::read(&silence.comment).text;
    let matchers: Vec<String> = silence.matchers.iter().map(ToString::to_string).collect();
    let one = move |at: DateTime<Utc>, came_to: String| Happening {
        at,
        until: None,
        kind: if is_ack { Kind::Ack } else { Kind::Silence },
        what: if is_ack && !comment.is_empty() { comment.clone() } else { matchers.join(", ").into() },
        came_to: came_to.into(),
        by: Arc::clone(&silence.created_by),
        health: Health::Ok,
        subject: None,
    };
    let began = contains(window, silence.starts_at).then(|| {
        let span = text::age(silence.ends_at - silence.starts_at);
        one(silence.starts_at, format!("{} for {span}", if is_ack { "acknowledged" } else { "silenced" }))
    });
    let over = silence.ends_at <= now && contains(window, silence.ends_at);
    let ended = over.then(|| {
        let word = if is_ack { "acknowledgement over" } else { "silence over" };
        one(silence.ends_at, word.to_owned())
    });
    began.into_iter().chain(ended)
}

/// Whether the server that it was done on tells of it itself.
fn is_told(ran: &Ran) -> bool {
    matches!(&*ran.title, "silence" | "end a silence") && ran.is_well()
}

fn action(ran: &Ran) -> Happening {
    let took = ran.end.as_ref().and_then(|(_, seconds)| {
        #[expect(clippy::cast_possible_truncation, reason = "nothing runs for centuries")]
        TimeDelta::try_milliseconds((seconds * 1000.0) as i64)
    });
    Happening {
        at: ran.at,
        until: took.map(|took| ran.at + took),
        kind: Kind::Action,
        what: text::sanitise(&format!("{} on {}", ran.title, ran.host)).into(),
        came_to: text::sanitise(&ran.came_to()).into(),
        by: text::sanitise(&ran.operator).into(),
        health: if ran.is_well() { Health::Ok } else { Health::Warning },
        subject: None,
    }
}
