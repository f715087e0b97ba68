//! The times in which maintenance was planned, as they were: `maintained.jsonl`. An Alertmanager forgets
//! them after days, and an error budget is counted over a month.

use std::io;
use std::path::Path;

use super::lines;
use crate::domain::slo::Window;

const FILE: &str = "maintained.jsonl";

/// The times that are kept under `root`; none when there are none, or the file cannot be read. A line
/// that was cut, or is of another version, is passed over.
pub fn maintained(root: &Path) -> Vec<Window> {
    lines::read(root, FILE)
}

/// Keeps a time under `root`, once: another dashboard may have seen its end too.
///
/// # Errors
/// When the file cannot be written.
pub fn keep_maintained(root: &Path, window: Window) -> io::Result<()> {
    lines::add_once(root, FILE, &window)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;

    #[test]
    fn a_time_is_kept_once() {
        let root = tempfile::tempdir().expect("a directory");
        let root = root.path();
        let window = |days: i64| {
            let from = DateTime::UNIX_EPOCH + TimeDelta::days(days);
            Window { from, to: from + TimeDelta::hours(1) }
        };
        for days in [1, 1, 2] {
            keep_maintained(root, window(days)).expect("kept");
        }
        assert_eq!(maintained(root), [window(1), window(2)]);
    }
}
