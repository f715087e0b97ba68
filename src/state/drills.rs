//! Restore drills: `drills.jsonl`; drills on the demo lab: `exercises.jsonl`.

use std::io;
use std::path::Path;

use super::lines;
use crate::domain::drill::Drill;
use crate::domain::exercise::Exercised;

const FILE: &str = "drills.jsonl";

const EXERCISES: &str = "exercises.jsonl";

/// The restore drills that are kept under `root`; none when there are none, or the file cannot be read. A
/// line that was cut, or is of another version, is passed over.
pub fn drills(root: &Path) -> Vec<Drill> {
    lines::read(root, FILE)
}

/// Keeps a restore drill under `root`.
///
/// # Errors
/// When the file cannot be written.
pub fn keep_drill(root: &Path, drill: &Drill) -> io::Result<()> {
    lines::add(root, FILE, drill)
}

/// The drills on the demo lab that are kept under `root`, the oldest first.
pub fn exercises(root: &Path) -> Vec<Exercised> {
    lines::read(root, EXERCISES)
}

/// Keeps a drill on the demo lab under `root`.
///
/// # Errors
/// When the file cannot be written.
pub fn keep_exercise(root: &Path, done: &Exercised) -> io::Result<()> {
    lines::add(root, EXERCISES, done)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::backup::GroupId;
    use crate::domain::feed::{SourceId, SourceKind};

    #[test]
    fn drills_outlive_the_program() {
        let root = tempfile::tempdir().expect("a directory");
        let root = root.path();
        let drill = Drill {
            source: SourceId::new(SourceKind::Pbs, "main"),
            group: GroupId {
                datastore: "main".into(),
                namespace: "".into(),
                kind: "vm".into(),
                id: "102".into(),
            },
            at: DateTime::UNIX_EPOCH,
            by: "kim".into(),
            took: Some(840),
            note: "restored as vm 902, 14 min".into(),
        };
        keep_drill(root, &drill).expect("kept");
        assert_eq!(drills(root), [drill]);
        let done = Exercised {
            scenario: "host-down".into(),
            at: DateTime::UNIX_EPOCH,
            by: "kim".into(),
            score: 70,
            took: [Some(60), Some(500), None],
        };
        keep_exercise(root, &done).expect("kept");
        assert_eq!(exercises(root), [done]);
    }
}
