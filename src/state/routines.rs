//! Routines that were worked through: `routines.jsonl`, a line each. Several may add to it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::domain::routine::Done;

const FILE: &str = "routines.jsonl";

/// The version of a line. A line of another is passed over.
const SCHEMA: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Line {
    schema: u32,
    #[serde(flatten)]
    done: Done,
}

/// The routines that are kept under `root`, the oldest first; none when there are none, or the file cannot
/// be read. A line that was cut, or is of another version, is passed over.
pub fn routines(root: &Path) -> Vec<Done> {
    let text = fs::read(root.join(FILE)).unwrap_or_default();
    let lines = text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    lines.filter(|line: &Line| line.schema == SCHEMA).map(|line| line.done).collect()
}

/// Keeps a routine under `root`.
///
/// # Errors
/// When the file cannot be written.
pub fn keep_routine(root: &Path, done: &Done) -> io::Result<()> {
    let mut line = serde_json::to_vec(&Line { schema: SCHEMA, done: done.clone() })?;
    line.push(b'\n');
    let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(root.join(FILE))?;
    file.lock()?;
    file.write_all(&line)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::routine::Cadence;

    #[test]
    fn a_routine_outlives_the_program_and_a_cut_line() {
        let root = tempfile::tempdir().expect("a directory");
        let root = root.path();
        assert_eq!(routines(root), []);
        let done = Done {
            routine: Cadence::Weekly,
            at: DateTime::UNIX_EPOCH,
            by: "kim".into(),
            note: "".into(),
            lines: vec![("SnapRAID has no errors".into(), "ok".into())],
        };
        keep_routine(root, &done).expect("kept");
        let mut file = OpenOptions::new().append(true).open(root.join(FILE)).expect("the file");
        file.write_all(b"{\"schema\":1,\"rou\n{\"schema\":9}\n").expect("a cut line");
        keep_routine(root, &done).expect("kept");
        assert_eq!(routines(root), [done.clone(), done]);
    }
}
