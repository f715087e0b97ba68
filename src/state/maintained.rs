//! The times in which maintenance was planned, as they were: `maintained.jsonl`, a line each. An
//! Alertmanager forgets them after days, and an error budget is counted over a month.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::domain::slo::Window;

const FILE: &str = "maintained.jsonl";

/// The version of a line. A line of another is passed over.
const SCHEMA: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Line {
    schema: u32,
    #[serde(flatten)]
    window: Window,
}

/// The times that are kept under `root`; none when there are none, or the file cannot be read. A line
/// that was cut, or is of another version, is passed over.
pub fn maintained(root: &Path) -> Vec<Window> {
    let text = fs::read(root.join(FILE)).unwrap_or_default();
    let lines = text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    lines.filter(|line: &Line| line.schema == SCHEMA).map(|line| line.window).collect()
}

/// Keeps a time under `root`, once.
///
/// # Errors
/// When the file cannot be written.
pub fn keep_maintained(root: &Path, window: Window) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(root.join(FILE))?;
    file.lock()?;
    // Another dashboard may have seen its end too.
    if maintained(root).contains(&window) {
        return Ok(());
    }
    let mut line = serde_json::to_vec(&Line { schema: SCHEMA, window })?;
    line.push(b'\n');
    file.write_all(&line)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;

    #[test]
    fn a_time_is_kept_once_and_outlives_a_cut_line() {
        let root = tempfile::tempdir().expect("a directory");
        let root = root.path();
        assert_eq!(maintained(root), []);
        let window = |days: i64| {
            let from = DateTime::UNIX_EPOCH + TimeDelta::days(days);
            Window { from, to: from + TimeDelta::hours(1) }
        };
        keep_maintained(root, window(1)).expect("kept");
        let mut file = OpenOptions::new().append(true).open(root.join(FILE)).expect("the file");
        file.write_all(b"{\"schema\":1,\"fr\n{\"schema\":9}\n").expect("a cut line");
        keep_maintained(root, window(1)).expect("kept");
        keep_maintained(root, window(2)).expect("kept");
        assert_eq!(maintained(root), [window(1), window(2)]);
    }
}
