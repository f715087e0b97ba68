//! What was asked for by name, on disk: a line each, the newest first.

use std::fs;
use std::io;
use std::path::Path;

use super::Place;
use crate::ledger;

const FILE: &str = "recent";

/// No more than this is read: the file holds a few short lines.
const LONGEST: usize = 64 << 10;

/// The lines that are kept under `root`; none when there are none, or the file cannot be read.
pub fn recent(root: &Path) -> Vec<String> {
    let text = fs::read_to_string(root.join(FILE)).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.contains(char::is_control));
    if text.len() > LONGEST { Vec::new() } else { lines.map(str::to_owned).collect() }
}

/// So many are kept.
const KEPT: usize = 50;

/// Keeps these lines under `root`, and behind them those that another dashboard has kept: whole, or as they
/// were.
///
/// # Errors
/// When the file cannot be written.
pub fn keep_recent(root: &Path, lines: &[String]) -> io::Result<()> {
    // Locked to the end, also when another takes its place.
    let _locked = ledger::open(&root.join(FILE))?;
    let others = recent(root).into_iter().filter(|line| !lines.contains(line));
    let all = lines.iter().cloned().chain(others).take(KEPT);
    let text: String = all.map(|line| line + "\n").collect();
    Place::at(root).keep(FILE, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_outlive_the_program() {
        let root = tempfile::tempdir().expect("a directory");
        assert!(recent(root.path()).is_empty());
        let lines = ["theme dark".to_owned(), "wrap".to_owned()];
        keep_recent(root.path(), &lines).expect("kept");
        assert_eq!(recent(root.path()), lines);
        let other = ["calm".to_owned(), "wrap".to_owned()];
        keep_recent(root.path(), &other).expect("kept by another");
        assert_eq!(recent(root.path()), ["calm", "wrap", "theme dark"]);
    }
}
