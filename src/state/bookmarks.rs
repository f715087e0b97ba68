//! The places that the operator gave a name, on disk: a line each.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Place;
use crate::domain::bookmark::Bookmark;

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

/// Keeps these under `root`, and no others: whole, or as they were.
///
/// # Errors
/// When the file cannot be written.
pub fn keep_bookmarks(root: &Path, bookmarks: &[Bookmark]) -> io::Result<()> {
    let mut text = Vec::new();
    for bookmark in bookmarks {
        serde_json::to_writer(&mut text, &Line { schema: SCHEMA, bookmark: bookmark.clone() })?;
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
        let odd = Bookmark { filter: "\u{1b}[2J".into(), ..one.clone() };
        keep_bookmarks(root.path(), &[odd, one.clone()]).expect("kept");
        let file = root.path().join(FILE);
        let text = fs::read_to_string(&file).expect("the file") + "{\"schema\":9}\nno JSON\n";
        fs::write(&file, text).expect("odd lines");
        assert_eq!(bookmarks(root.path()), [one]);
    }
}
