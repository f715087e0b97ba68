//! The jobs of a backup server: what it does by itself, what came of it last, and when it is next.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::backup::GroupId;
use super::prune::Keep;
use super::task::Outcome;

/// What a job does.
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
pub enum JobKind {
    /// Reads snapshots again, and finds the broken ones.
    Verify,
    /// Forgets old snapshots.
    Prune,
    /// Copies snapshots from or to another datastore.
    Sync,
    /// Frees what no snapshot refers to any more.
    Gc,
}

/// One job. Garbage collection is one per datastore, and bears its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// What it does.
    pub kind: JobKind,
    /// Its name.
    pub id: Arc<str>,
    /// The datastore it works on.
    pub datastore: Arc<str>,
    /// The namespace it begins at; empty for the root.
    pub namespace: Arc<str>,
    /// How many namespaces below that it goes; `None` for all.
    pub depth: Option<u8>,
    /// When it runs, in the server's words; empty when nobody scheduled it.
    pub schedule: Arc<str>,
    /// Whether somebody switched it off.
    pub disabled: bool,
    /// Whether a sync job brings snapshots out of the datastore, rather than into it.
    pub pushes: bool,
    /// What the operator wrote about it, sanitised.
    pub comment: Arc<str>,
    /// Its last run, one that still goes on included.
    pub last: Option<JobRun>,
    /// When the server means to run it next.
    pub next: Option<DateTime<Utc>>,
    /// What garbage collection found; `None` for other jobs.
    pub garbage: Option<Garbage>,
    /// What pruning keeps; `None` for other jobs.
    pub keep: Option<Keep>,
}

/// A run of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobRun {
    /// Its task.
    pub upid: Arc<str>,
    /// When it began, where the server says so.
    pub began: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended: Option<DateTime<Utc>>,
    /// How it ended.
    pub outcome: Outcome,
}

/// What garbage collection counted last, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Garbage {
    /// Not referred to, but too young to be removed.
    pub pending: u64,
    /// Removed by the last run.
    pub removed: u64,
    /// Chunks that were found broken and are still there.
    pub bad: u64,
    /// On the disk.
    pub disk: u64,
    /// What all indexes refer to.
    pub logical: u64,
}

/// How late the server may be with a job before that is remarkable.
const GRACE: TimeDelta = TimeDelta::hours(1);

impl Job {
    /// Whether it goes on now.
    pub fn is_running(&self) -> bool {
        self.last.as_ref().is_some_and(|run| run.outcome == Outcome::Running)
    }

    /// Whether its time has passed and it did not run.
    pub fn is_overdue(&self, now: DateTime<Utc>) -> bool {
        !self.is_running() && self.next.is_some_and(|next| now - next > GRACE)
    }

    /// Whether it works on a group.
    pub fn covers(&self, group: &GroupId) -> bool {
        if self.datastore != group.datastore {
            return false;
        }
        let below = if self.namespace.is_empty() {
            Some(&*group.namespace)
        } else {
            let rest = group.namespace.strip_prefix(&*self.namespace);
            rest.and_then(|rest| if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') })
        };
        let deep = |below: &str| below.split('/').filter(|part| !part.is_empty()).count();
        below.is_some_and(|below| self.depth.is_none_or(|most| deep(below) <= usize::from(most)))
    }
}

impl Garbage {
    /// How often a byte on the disk is used; `None` before the first run.
    pub fn dedup(&self) -> Option<f64> {
        (self.disk > 0).then(|| self.logical as f64 / self.disk as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(namespace: &str, depth: Option<u8>) -> Job {
        Job {
            kind: JobKind::Verify,
            id: "v".into(),
            datastore: "main".into(),
            namespace: namespace.into(),
            depth,
            schedule: "daily".into(),
            disabled: false,
            pushes: false,
            comment: "".into(),
            last: None,
            next: None,
            garbage: None,
            keep: None,
        }
    }

    #[test]
    fn a_job_covers_its_namespace_and_those_below() {
        for (from, depth, namespace, yes) in [
            ("", None, "", true),
            ("", None, "lab/deep", true),
            ("", Some(0), "lab", false),
            ("", Some(1), "lab", true),
            ("", Some(1), "lab/deep", false),
            ("lab", None, "", false),
            ("lab", None, "lab", true),
            ("lab", None, "lab/deep", true),
            ("lab", None, "labour", false),
            ("lab", Some(0), "lab/deep", false),
        ] {
            let id = GroupId {
                datastore: "main".into(),
                namespace: namespace.into(),
                kind: "vm".into(),
                id: "1".into(),
            };
            assert_eq!(job(from, depth).covers(&id), yes, "{from:?} {depth:?} {namespace:?}");
            assert!(!job(from, depth).covers(&GroupId { datastore: "other".into(), ..id }));
        }
    }

    #[test]
    fn nothing_on_the_disk_is_no_division_by_zero() {
        assert_eq!(Garbage::default().dedup(), None);
        assert_eq!(Garbage { disk: 2, logical: 14, ..Garbage::default() }.dedup(), Some(7.0));
    }
}
