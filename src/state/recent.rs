//! What was asked for by name, on disk: a line each, the newest first.

use std::fs;
use std::io;
use std::path::Path;

use super::Place;

const FILE: &str = "recent";

/// No more than this is read: the file holds a few short lines.
const LONGEST: usize = 64 << 10;

/// The lines that are kept under `root`; none when there are none, or the file cannot be read.
pub fn recent(root: &Path) -> Vec<String> {
    let text = fs::read_to_string(root.join(FILE)).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.contains(char::is_control));
    if text.len() > LONGEST { Vec::new() } else { lines.map(str::to_owned).collect() }
}

/// Keeps these lines under `root`, and no others: whole, or as they were.
///
/// # Errors
/// When the file cannot be written.
pub fn keep_recent(root: &Path, lines: &[String]) -> io::Result<()> {
    let text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
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
        keep_recent(root.path(), &lines[1..]).expect("kept");
        assert_eq!(recent(root.path()), ["wrap"]);
    }
}
