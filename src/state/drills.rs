//! Restore drills on disk: `drills.jsonl`, a line for each. Several dashboards may add to it.

use std::io;
use std::path::Path;

use super::lines;
use crate::domain::drill::Drill;

const FILE: &str = "drills.jsonl";

/// The drills that are kept under `root`; none when there are none, or the file cannot be read. A
/// line that was cut, or is of another version, is passed over.
pub fn drills(root: &Path) -> Vec<Drill> {
    lines::read(root, FILE)
}

/// Keeps a drill under `root`.
///
/// # Errors
/// When the file cannot be written.
pub fn keep_drill(root: &Path, drill: &Drill) -> io::Result<()> {
    lines::add(root, FILE, drill)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, OpenOptions};
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;

    use chrono::DateTime;

    use super::*;
    use crate::domain::backup::GroupId;
    use crate::domain::feed::{SourceId, SourceKind};

    #[test]
    fn drills_outlive_the_program_and_a_cut_line() {
        let root = tempfile::tempdir().expect("a directory");
        let root = root.path();
        assert_eq!(drills(root), []);
        let group =
            GroupId { datastore: "main".into(), namespace: "".into(), kind: "vm".into(), id: "102".into() };
        let drill = Drill {
            source: SourceId::new(SourceKind::Pbs, "main"),
            group,
            at: DateTime::UNIX_EPOCH,
            by: "kim".into(),
            took: None,
            note: "restored as vm 902, 14 min".into(),
        };
        keep_drill(root, &drill).expect("kept");
        let mut file = OpenOptions::new().append(true).open(root.join(FILE)).expect("the file");
        file.write_all(b"{\"schema\":1,\"sour\n{\"schema\":9}\n").expect("a cut line");
        keep_drill(root, &drill).expect("kept");
        assert_eq!(drills(root), [drill.clone(), drill]);
        let mode = fs::metadata(root.join(FILE)).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
