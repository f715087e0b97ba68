//! Backup groups, and whether the newest backup is recent and good enough.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::feed::seconds;
use super::health::Health;
use crate::text;

/// Which backup group: a guest's VMID alone is not an identity, since two clusters may share it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupId {
    /// The datastore.
    pub datastore: Arc<str>,
    /// The namespace; empty for the root.
    pub namespace: Arc<str>,
    /// `vm`, `ct` or `host`.
    pub kind: Arc<str>,
    /// The VMID, or the host's name.
    pub id: Arc<str>,
}

impl fmt::Display for GroupId {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}/{}", self.kind, self.id)
    }
}

/// What the verification of a snapshot came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verification {
    /// It was good at this time.
    Ok(DateTime<Utc>),
    /// It was found broken at this time.
    Failed(DateTime<Utc>),
}

/// One finished snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When the backup began.
    pub at: DateTime<Utc>,
    /// Logical size in bytes.
    pub size: u64,
    /// The newest verification, if there was one.
    pub verification: Option<Verification>,
}

/// A backup group and what counts of its snapshots. Unfinished snapshots never count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackupGroup {
    /// Which.
    pub id: GroupId,
    /// The guest's name from the snapshot's comment, sanitised; empty when there is none.
    pub guest: Arc<str>,
    /// Who owns the group.
    pub owner: Arc<str>,
    /// The newest finished snapshot.
    pub newest: Option<Snapshot>,
    /// The newest finished snapshot that no verification found broken.
    pub last_good: Option<Snapshot>,
    /// How many finished snapshots there are.
    pub count: u32,
    /// When a backup began that has not finished, if one has.
    pub unfinished: Option<DateTime<Utc>>,
}

/// What a datastore or namespace answered: its groups, or why they cannot be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unreadable {
    /// Which datastore.
    pub datastore: Arc<str>,
    /// Which namespace; empty for the root.
    pub namespace: Arc<str>,
    /// Why, sanitised.
    pub reason: Arc<str>,
}

/// The state of a guest's backup.
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
pub enum BackupState {
    /// Recent and good.
    Ok,
    /// Nobody expects one.
    Exempt,
    /// A backup is being made.
    Running,
    /// Recent, but long not verified.
    Unverified,
    /// The newest good one is older than the RPO.
    Late,
    /// Two guests share the identity.
    Ambiguous,
    /// The newest is broken, or the last run failed and the backup is late.
    Failed,
    /// Not readable, or not measured.
    Unknown,
}

/// A guest's backup judged: state, how bad, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// The state.
    pub state: BackupState,
    /// How bad.
    pub health: Health,
    /// Why, in a few words; empty when all is well.
    pub reason: String,
}

/// What is expected of a guest's backups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expectation {
    /// The recovery point objective: the oldest that the newest backup may be.
    pub rpo: TimeDelta,
    /// The oldest that the newest verification may be.
    pub verify_max_age: TimeDelta,
    /// Nobody expects a backup of it.
    pub exempt: bool,
}

impl Default for Expectation {
    fn default() -> Self {
        Self { rpo: TimeDelta::hours(24), verify_max_age: TimeDelta::days(30), exempt: false }
    }
}

/// The last backup run of a group that ended, from the task list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastRun {
    /// When it ended.
    pub ended: DateTime<Utc>,
    /// The error's text when it failed.
    pub error: Option<Arc<str>>,
}

/// A clock that is ahead by less than this is no skew worth a word.
const SKEW: TimeDelta = TimeDelta::seconds(30);

/// Judges a group. `running` tells whether a task is making a backup of it now.
pub fn assess(
    group: &BackupGroup,
    expect: Expectation,
    last_run: Option<&LastRun>,
    running: bool,
    now: DateTime<Utc>,
) -> Assessment {
    let is = |state, health, reason: String| Assessment { state, health, reason };
    if expect.exempt {
        return is(BackupState::Exempt, Health::Ok, String::new());
    }
    let failed = last_run.and_then(|run| run.error.as_ref().map(|error| (run.ended, error)));
    let Some(good) = group.last_good else {
        let (state, health, reason) = match (group.newest, running, failed) {
            (Some(_), ..) => {
                (BackupState::Failed, Health::Critical, "every snapshot failed verification".to_owned())
            }
            (None, true, _) => (BackupState::Running, Health::Warning, "first backup is running".to_owned()),
            (None, false, Some((_, error))) => {
                (BackupState::Failed, Health::Critical, format!("no backup; task failed: {error}"))
            }
            (None, false, None) => (BackupState::Late, Health::Critical, "no finished backup".to_owned()),
        };
        return is(state, health, reason);
    };
    let age = now - good.at;
    if age < -SKEW {
        return is(
            BackupState::Unknown,
            Health::Unknown,
            "newest backup is in the future: clock skew".into(),
        );
    }
    if let Some((newest, Verification::Failed(_))) =
        group.newest.and_then(|newest| Some((newest, newest.verification?)))
    {
        let reason = format!("verification of the newest failed ({} old)", text::age(now - newest.at));
        return is(BackupState::Failed, Health::Critical, reason);
    }
    if age > expect.rpo {
        return late(age, expect.rpo, failed.filter(|(ended, _)| *ended > good.at), running);
    }
    if running {
        return is(BackupState::Running, Health::Ok, String::new());
    }
    let newest = group.newest.unwrap_or(good);
    match newest.verification {
        Some(Verification::Ok(at)) if now - at > expect.verify_max_age => {
            let reason = format!(
                "verified {}d ago (limit {}d)",
                (now - at).num_days(),
                expect.verify_max_age.num_days()
            );
            is(BackupState::Unverified, Health::Warning, reason)
        }
        None if age > expect.verify_max_age => {
            is(BackupState::Unverified, Health::Warning, "never verified".into())
        }
        _ => is(BackupState::Ok, Health::Ok, String::new()),
    }
}

/// A group whose newest good backup is older than its RPO.
fn late(
    age: TimeDelta,
    rpo: TimeDelta,
    failed: Option<(DateTime<Utc>, &Arc<str>)>,
    running: bool,
) -> Assessment {
    let overdue = if age > rpo * 2 { Health::Critical } else { Health::Warning };
    let (state, health, reason) = match failed {
        Some((_, error)) if running => {
            (BackupState::Failed, Health::Critical, format!("task failed: {error}; running again"))
        }
        Some((_, error)) => (BackupState::Failed, Health::Critical, format!("task failed: {error}")),
        None if running => (BackupState::Running, overdue, "late, running now".to_owned()),
        None => (BackupState::Late, overdue, format!("no backup for {}", text::age(age))),
    };
    Assessment { state, health, reason }
}

impl BackupGroup {
    /// Seconds since the newest good backup.
    pub fn age(&self, now: DateTime<Utc>) -> Option<f64> {
        self.last_good.map(|good| seconds(now - good.at))
    }
}

#[cfg(test)]
#[path = "backup_tests.rs"]
mod tests;
