//! How the lab came up, on disk: `boots.jsonl`, a line for each start.

use std::io;
use std::path::Path;

use super::lines;
use crate::domain::layer::Boot;

const FILE: &str = "boots.jsonl";

/// So many starts are looked back on.
const MANY: usize = 50;

/// The newest starts that are kept under `root`, the newest last. A line that was cut, or is of another
/// version, is passed over, and so is a start that another dashboard has written down already.
pub fn boots(root: &Path) -> Vec<Boot> {
    let mut all: Vec<Boot> = lines::read(root, FILE);
    all.sort_by_key(|boot| boot.at);
    all.dedup_by(|next, before| next.has(before.at));
    all.split_off(all.len().saturating_sub(MANY))
}

/// Keeps a start under `root`.
///
/// # Errors
/// When the file cannot be written.
pub fn keep_boot(root: &Path, boot: &Boot) -> io::Result<()> {
    lines::add(root, FILE, boot)
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
        assert_eq!(boots(root), [start(0), start(600)]);
    }
}
