//! How the lab came up, on disk: `boots.jsonl`, a line for each start. Several dashboards may add to it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::domain::layer::Boot;

const FILE: &str = "boots.jsonl";

/// The version of a line. A line of another is passed over.
const SCHEMA: u32 = 1;

/// So many starts are looked back on.
const MANY: usize = 50;

#[derive(Serialize, Deserialize)]
struct Line {
    schema: u32,
    #[serde(flatten)]
    boot: Boot,
}

/// The newest starts that are kept under `root`, the newest last. A line that was cut, or is of another
/// version, is passed over, and so is a start that another dashboard has written down already.
pub fn boots(root: &Path) -> Vec<Boot> {
    let text = fs::read(root.join(FILE)).unwrap_or_default();
    let lines = text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    let mut all: Vec<Boot> =
        lines.filter(|line: &Line| line.schema == SCHEMA).map(|line| line.boot).collect();
    all.sort_by_key(|boot| boot.at);
    all.dedup_by(|next, before| next.has(before.at));
    all.split_off(all.len().saturating_sub(MANY))
}

/// Keeps a start under `root`.
///
/// # Errors
/// When the file cannot be written.
pub fn keep_boot(root: &Path, boot: &Boot) -> io::Result<()> {
    let mut line = serde_json::to_vec(&Line { schema: SCHEMA, boot: boot.clone() })?;
    line.push(b'\n');
    let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(root.join(FILE))?;
    file.lock()?;
    file.write_all(&line)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;

    #[test]
    fn starts_outlive_the_program_and_two_dashboards_are_one() {
        let root = tempfile::tempdir().expect("a directory");
        let root = root.path();
        assert_eq!(boots(root), []);
        let start = |minutes: i64| Boot {
            at: DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes),
            took: vec![None, Some(41.5)],
            before: 1,
            is_done: true,
        };
        keep_boot(root, &start(600)).expect("kept");
        keep_boot(root, &start(0)).expect("kept");
        keep_boot(root, &start(1)).expect("kept by another");
        let mut file = OpenOptions::new().append(true).open(root.join(FILE)).expect("the file");
        file.write_all(b"{\"schema\":1,\"at\n{\"schema\":9}\n").expect("a cut line");
        assert_eq!(boots(root), [start(0), start(600)]);
    }
}
