//! The places that the operator gave a name, on disk: a line each.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Place;
use crate::domain::bookmark::Bookmark;
use crate::ledger;

const FILE: &str = "bookmarks.jsonl";

/// The version of a line. A line of another is passed over.
const SCHEMA: u32 = 1;

/// No more than this is read: the file holds a few short lines.
const LONGEST: usize = 256 << 10;

#[derive(Serialize, Deserialize)]
struct Line {
    schema: u32,
    #[serde(flatten)]
    bookmark: Bookmark,
}

/// The places that are kept under `root`; none when there are none, or the file cannot be read.
pub fn bookmarks(root: &Path) -> Vec<Bookmark> {
    let text = fs::read_to_string(root.join(FILE)).unwrap_or_default();
    if text.len() > LONGEST {
        return Vec::new();
    }
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
    let known = lines.filter(|line| line.schema == SCHEMA).map(|line| line.bookmark);
    // They go to a screen.
    known.filter(|one| Bookmark::is_name(&one.name) && !one.filter.contains(char::is_control)).collect()
}

/// Keeps one under `root`, in the place of another of its name.
///
/// # Errors
/// When the file cannot be written.
pub fn keep_bookmark(root: &Path, bookmark: Bookmark) -> io::Result<()> {
    change(root, |all| {
        all.retain(|one| one.name != bookmark.name);
        all.push(bookmark);
    })
}

/// Keeps the one of this name no more.
///
/// # Errors
/// When the file cannot be written.
pub fn forget_bookmark(root: &Path, name: &str) -> io::Result<()> {
    change(root, |all| all.retain(|one| one.name != name))
}

/// Changes what is kept: those that another dashboard has kept meanwhile are among them. Whole, or as it was.
fn change(root: &Path, change: impl FnOnce(&mut Vec<Bookmark>)) -> io::Result<()> {
    // Locked to the end, also when another takes its place.
    let _locked = ledger::open(&root.join(FILE))?;
    let mut all = bookmarks(root);
    change(&mut all);
    let mut text = Vec::new();
    for bookmark in all {
        serde_json::to_writer(&mut text, &Line { schema: SCHEMA, bookmark })?;
        text.push(b'\n');
    }
    Place::at(root).keep(FILE, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_outlive_the_program_and_what_is_odd_is_passed_over() {
        let root = tempfile::tempdir().expect("a directory");
        assert!(bookmarks(root.path()).is_empty());
        let one = Bookmark {
            name: "disks".into(),
            view: "alerts".into(),
            pane: "alerts".into(),
            filter: "disk severity=critical".into(),
        };
        let odd = Bookmark { name: "odd".into(), filter: "\u{1b}[2J".into(), ..one.clone() };
        for place in [&one, &odd] {
            keep_bookmark(root.path(), place.clone()).expect("kept");
        }
        let file = root.path().join(FILE);
        let text = fs::read_to_string(&file).expect("the file") + "{\"schema\":9}\nno JSON\n";
        fs::write(&file, text).expect("odd lines");
        assert_eq!(bookmarks(root.path()), [one]);
    }

    #[test]
    fn what_two_dashboards_keep_and_forget_is_all_of_it() {
        let root = tempfile::tempdir().expect("a directory");
        let place = |name: String| Bookmark { name, view: "alerts".into(), ..Bookmark::default() };
        std::thread::scope(|scope| {
            for dashboard in ["a", "b"] {
                let (root, place) = (root.path(), &place);
                scope.spawn(move || {
                    for at in 0..20 {
                        keep_bookmark(root, place(format!("{dashboard}{at}"))).expect("kept");
                        if at % 2 == 1 {
                            forget_bookmark(root, &format!("{dashboard}{at}")).expect("forgotten");
                        }
                    }
                });
            }
        });
        let mut names: Vec<String> = bookmarks(root.path()).into_iter().map(|one| one.name).collect();
        names.sort();
        let mut wanted: Vec<String> =
            ["a", "b"].iter().flat_map(|by| (0..20).step_by(2).map(move |at| format!("{by}{at}"))).collect();
        wanted.sort();
        assert_eq!(names, wanted);
        let left = fs::read_dir(root.path()).expect("a directory").count();
        assert_eq!(left, 1, "nothing unfinished is left");
    }
}
