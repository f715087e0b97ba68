//! What is known of a guest's backups beside the snapshots: who makes them, and what came of it.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::job::Job;

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

/// Everything beside the snapshots. What is not known is left as it is by default, and nothing is
/// concluded from it.
#[derive(Clone, Debug, Default)]
pub struct Evidence<'a> {
    /// Why the snapshots cannot be judged, if they cannot.
    pub unread: Option<Unread>,
    /// Who else the identity may belong to, in words.
    pub ambiguous: Option<Arc<str>>,
    /// The newest backup run that ended.
    pub last_run: Option<LastRun>,
    /// The backup run that goes on now.
    pub running: Option<Running>,
    /// The backup job that should make its backups.
    pub plan: Plan,
    /// The guest itself.
    pub guest: Presence,
    /// How full its datastore is, in words, when that keeps backups from being made.
    pub full: Option<Arc<str>>,
    /// The jobs that verify its snapshots.
    pub verify: Vec<&'a Job>,
}

/// Why there is nothing to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// The server did not answer lately.
    NotHeard,
    /// The server refuses, in its words.
    Refused(Arc<str>),
}

/// The last backup run of a group that ended, from the task list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastRun {
    /// When it ended.
    pub ended: DateTime<Utc>,
    /// The error's text when it failed.
    pub error: Option<Arc<str>>,
}

/// A backup under way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Running {
    /// When it began.
    pub since: DateTime<Utc>,
    /// How much of it is done, 0 to 1, where the task's log says so.
    pub progress: Option<f64>,
}

/// What the hypervisor plans for a guest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Plan {
    /// Nobody was asked.
    #[default]
    Unknown,
    /// No backup job has it.
    NoJob,
    /// Its job is switched off.
    Disabled(Arc<str>),
    /// Its job ran and left it out.
    Skipped(Arc<str>),
    /// Its job, and when that is next.
    Scheduled(Arc<str>, Option<DateTime<Utc>>),
}

/// How the guest is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Presence {
    /// Nobody was asked.
    #[default]
    Unknown,
    /// It runs.
    On,
    /// It does not run.
    Off,
    /// It was retired: nobody expects a backup until it comes back.
    Archived,
}
