//! Tasks of Proxmox servers.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// How a task ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Still going.
    Running,
    /// `OK`.
    Ok,
    /// `WARNINGS: n`.
    Warnings,
    /// The server lost track of it.
    Unknown,
    /// Any other status is the error's text, sanitised.
    Failed(Arc<str>),
}

impl Outcome {
    /// Reads the `status` of a task list; `None` while the task runs.
    pub fn of(status: Option<&str>) -> Self {
        match status {
            None => Self::Running,
            Some("OK") => Self::Ok,
            Some("unknown") => Self::Unknown,
            Some(text) if text.starts_with("WARNINGS") => Self::Warnings,
            Some(text) => Self::Failed(text.into()),
        }
    }

    /// The word for it.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Ok => "ok",
            Self::Warnings => "warnings",
            Self::Unknown => "unknown",
            Self::Failed(_) => "failed",
        }
    }
}

/// One task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Its identity on its server.
    pub upid: Arc<str>,
    /// `backup`, `verificationjob`, `garbage_collection`, ...
    pub kind: Arc<str>,
    /// What it works on: `main:vm/100`; may be empty.
    pub id: Arc<str>,
    /// Who started it.
    pub user: Arc<str>,
    /// When it began.
    pub started: DateTime<Utc>,
    /// When it ended.
    pub ended: Option<DateTime<Utc>>,
    /// How it ended.
    pub outcome: Outcome,
    /// How much of it is done, 0 to 1, while it runs and its log says so.
    pub progress: Option<f64>,
}

/// A piece of a task's log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskLog {
    /// Which line of the log its first is; the log's first is 1.
    pub from: u64,
    /// The lines, sanitised.
    pub lines: Vec<Arc<str>>,
    /// How many lines the log had then.
    pub total: u64,
    /// Whether the task still writes.
    pub active: bool,
}

impl TaskLog {
    /// From which line on the next piece is to be read.
    pub fn next(&self) -> u64 {
        self.from + self.lines.len() as u64
    }
}
