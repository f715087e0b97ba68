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
