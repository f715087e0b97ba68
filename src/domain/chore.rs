//! What a backup server can be told to do at once.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::backup::GroupId;
use super::job::{Job, JobKind};

/// Something that a backup server does when it is told to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Chore {
    /// Read one snapshot again, also when it was verified before.
    Verify {
        /// The group that it is of.
        group: GroupId,
        /// When it was made.
        at: DateTime<Utc>,
    },
    /// Keep a snapshot from being pruned, or no longer.
    Protect {
        /// The group that it is of.
        group: GroupId,
        /// When it was made.
        at: DateTime<Utc>,
        /// Whether it is to be protected.
        on: bool,
    },
    /// Run a job now.
    Run {
        /// What the job does.
        kind: JobKind,
        /// Its name; garbage collection bears that of its datastore.
        id: Arc<str>,
        /// The datastore that it works on.
        datastore: Arc<str>,
    },
}

impl Chore {
    /// To run this job.
    pub fn run(job: &Job) -> Self {
        Self::Run { kind: job.kind, id: Arc::clone(&job.id), datastore: Arc::clone(&job.datastore) }
    }

    /// Whether the server does it as a task, whose UPID it answers; else it is done when it answers.
    pub const fn is_task(&self) -> bool {
        !matches!(self, Self::Protect { .. })
    }
}
