//! Routines that were worked through: `routines.jsonl`.

use std::io;
use std::path::Path;

use super::lines;
use crate::domain::routine::Done;

const FILE: &str = "routines.jsonl";

/// The routines that are kept under `root`, the oldest first; none when there are none, or the file cannot
/// be read. A line that was cut, or is of another version, is passed over.
pub fn routines(root: &Path) -> Vec<Done> {
    lines::read(root, FILE)
}

/// Keeps a routine under `root`.
///
/// # Errors
/// When the file cannot be written.
pub fn keep_routine(root: &Path, done: &Done) -> io::Result<()> {
    lines::add(root, FILE, done)
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::Write as _;

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
        file.write_all(b"{\"schema\":9}\n{\"schema\":1,\"rou").expect("a cut line");
        keep_routine(root, &done).expect("kept");
        assert_eq!(routines(root), [done.clone(), done]);
    }
}
