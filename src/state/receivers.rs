//! Tests of receivers on disk: `receivers.jsonl`, a line for each.

use std::io;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::lines;

const FILE: &str = "receivers.jsonl";

/// A test alert that was sent to a receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tested {
    /// The receiver.
    pub receiver: String,
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: String,
    /// Alertmanager handed a notification over.
    pub sent: bool,
    /// Whether it arrived, as the operator said; nothing when nobody did.
    pub arrived: Option<bool>,
}

/// The tests that are kept under `root`, in their order. A line that was cut, or is of another version, is
/// passed over.
pub fn tested(root: &Path) -> Vec<Tested> {
    lines::read(root, FILE)
}

/// Keeps a test under `root`.
///
/// # Errors
/// When the file cannot be written.
pub fn keep_tested(root: &Path, test: &Tested) -> io::Result<()> {
    lines::add(root, FILE, test)
}
