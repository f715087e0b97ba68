//! Backup groups, and whether the newest backup is recent and good enough.

mod assess;
mod evidence;

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::feed::seconds;

pub use assess::{Assessment, Reason, assess};
pub use evidence::{Evidence, Expectation, LastRun, Plan, Presence, Running, Unread};

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
    /// Whether it may not be pruned.
    pub protected: bool,
    /// Whether it can be read with its key only.
    pub encrypted: bool,
}

/// A backup group and its snapshots. Unfinished ones never count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackupGroup {
    /// Which.
    pub id: GroupId,
    /// The guest's name from the snapshot's comment, sanitised; empty when there is none.
    pub guest: Arc<str>,
    /// The group's own note, its first line, sanitised; mostly empty.
    pub comment: Arc<str>,
    /// Who owns the group.
    pub owner: Arc<str>,
    /// Somebody else who owns some of its snapshots: two writers share the identity.
    pub other_owner: Option<Arc<str>>,
    /// Its finished snapshots, the oldest first.
    pub snapshots: Arc<[Snapshot]>,
    /// When a backup began that has not finished, if one has.
    pub unfinished: Option<DateTime<Utc>>,
}

/// The size of the newest is held against the median of so many before it.
const BEFORE: usize = 7;

impl Snapshot {
    /// Whether no verification found it broken.
    pub const fn is_good(&self) -> bool {
        !matches!(self.verification, Some(Verification::Failed(_)))
    }

    /// When it was found good, if it was.
    pub const fn verified(&self) -> Option<DateTime<Utc>> {
        match self.verification {
            Some(Verification::Ok(at)) => Some(at),
            _ => None,
        }
    }
}

impl BackupGroup {
    /// The newest finished snapshot.
    pub fn newest(&self) -> Option<Snapshot> {
        self.snapshots.last().copied()
    }

    /// The newest finished snapshot that no verification found broken.
    pub fn last_good(&self) -> Option<Snapshot> {
        self.snapshots.iter().rfind(|snapshot| snapshot.is_good()).copied()
    }

    /// The newest snapshot that a verification found good: what is known to be recoverable.
    pub fn last_verified(&self) -> Option<Snapshot> {
        self.snapshots.iter().rfind(|snapshot| snapshot.verified().is_some()).copied()
    }

    /// Seconds since the newest good backup.
    pub fn age(&self, now: DateTime<Utc>) -> Option<f64> {
        self.last_good().map(|good| seconds(now - good.at))
    }

    /// The sizes of the newest snapshots, the oldest of them first.
    pub fn sizes(&self, most: usize) -> impl Iterator<Item = u64> {
        let from = self.snapshots.len().saturating_sub(most);
        self.snapshots.iter().skip(from).map(|snapshot| snapshot.size)
    }

    /// The size of the newest against the median of the seven before it; `None` when there is
    /// nothing to compare. The size of a virtual machine is that of its disks, and stays.
    pub fn growth(&self) -> Option<f64> {
        let newest = self.newest()?.size;
        let all: Vec<u64> = self.sizes(BEFORE + 1).collect();
        let (_, before) = all.split_last()?;
        let median = median(before).filter(|median| *median > 0.0)?;
        Some(newest as f64 / median)
    }
}

/// How long the last run of a backup took, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Took {
    /// The last run.
    pub last: f64,
    /// Against the median of the seven before it; `None` when there is nothing to compare.
    pub growth: Option<f64>,
}

impl Took {
    /// From how long all runs took, the oldest first.
    pub fn of(seconds: &[u64]) -> Option<Self> {
        let (last, before) = seconds.split_last()?;
        let from = before.len().saturating_sub(BEFORE);
        let median = before.get(from..).and_then(median).filter(|median| *median > 0.0);
        Some(Self { last: *last as f64, growth: median.map(|median| *last as f64 / median) })
    }
}

/// The middle of some numbers.
fn median(numbers: &[u64]) -> Option<f64> {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    let at = |index: usize| sorted.get(index).map(|number| *number as f64);
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        odd if odd % 2 == 1 => at(half),
        _ => Some(f64::midpoint(at(half - 1)?, at(half)?)),
    }
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

#[cfg(test)]
mod since_tests;
#[cfg(test)]
mod tests;
