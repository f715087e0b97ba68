//! Tests of receivers on disk: `receivers.jsonl`, a line for each.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

const FILE: &str = "receivers.jsonl";

/// The version of a line. A line of another is passed over.
const SCHEMA: u32 = 1;

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

#[derive(Serialize, Deserialize)]
struct Line {
    schema: u32,
    #[serde(flatten)]
    test: Tested,
}

/// The tests that are kept under `root`, in their order. A line that was cut, or is of another version, is
/// passed over.
pub fn tested(root: &Path) -> Vec<Tested> {
    let text = fs::read(root.join(FILE)).unwrap_or_default();
    let lines = text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    lines.filter(|line: &Line| line.schema == SCHEMA).map(|line| line.test).collect()
}

/// Keeps a test under `root`.
///
/// # Errors
/// When the file cannot be written.
pub fn keep_tested(root: &Path, test: &Tested) -> io::Result<()> {
    let mut line = serde_json::to_vec(&Line { schema: SCHEMA, test: test.clone() })?;
    line.push(b'\n');
    let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(root.join(FILE))?;
    file.lock()?;
    file.write_all(&line)?;
    file.sync_all()
}
