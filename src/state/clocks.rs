//! The response clocks on disk: `clocks.jsonl`, a line per note. Several dashboards may write to it.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Place;
use crate::domain::clocks::{Clock, Clocks};
use crate::ledger;

const FILE: &str = "clocks.jsonl";

/// The version of a line. A line of another is passed over.
const SCHEMA: u32 = 1;

/// A file that has grown beyond this many bytes is written anew, each clock once.
const LONGEST: u64 = 1 << 20;

#[derive(Serialize, Deserialize)]
struct Line {
    schema: u32,
    #[serde(flatten)]
    clock: Clock,
}

/// The clocks that are kept under `root`; none when there are none, or the file cannot be read. A line that
/// was cut, or is of another version, is passed over.
pub fn clocks(root: &Path) -> Vec<Clock> {
    let text = fs::read(root.join(FILE)).unwrap_or_default();
    let lines = text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    lines.filter(|line: &Line| line.schema == SCHEMA).map(|line| line.clock).collect()
}

/// Keeps these clocks under `root`.
///
/// # Errors
/// When the file cannot be written.
pub fn keep_clocks(root: &Path, clocks: &[Clock]) -> io::Result<()> {
    if clocks.is_empty() {
        return Ok(());
    }
    // Locked to the end, also when another takes its place.
    let mut file = ledger::open(&root.join(FILE))?;
    if file.metadata()?.len() <= LONGEST {
        return ledger::append(&mut file, &lines(clocks)?);
    }
    let all = self::clocks(root).into_iter().chain(clocks.iter().cloned());
    let once: Vec<Clock> = Clocks::of(all).iter().cloned().collect();
    Place::at(root).keep(FILE, &lines(&once)?)
}

fn lines(clocks: &[Clock]) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    for clock in clocks {
        serde_json::to_writer(&mut text, &Line { schema: SCHEMA, clock: clock.clone() })?;
        text.push(b'\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::Write as _;

    use chrono::{DateTime, TimeDelta};

    use super::*;

    fn clock(name: &str, minutes: i64) -> Clock {
        let at = DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes);
        Clock { fingerprint: name.into(), since: DateTime::UNIX_EPOCH, seen: at }
    }

    #[test]
    fn clocks_outlive_the_program_and_a_cut_line() {
        let root = tempfile::tempdir().expect("a directory");
        let root = root.path();
        assert!(clocks(root).is_empty());
        keep_clocks(root, &[clock("aa", 1), clock("bb", 1)]).expect("kept");
        let mut file = OpenOptions::new().append(true).open(root.join(FILE)).expect("the file");
        file.write_all(b"{\"schema\":9}\n{\"schema\":1,\"finger").expect("a cut line");
        keep_clocks(root, &[clock("aa", 7)]).expect("kept");
        let read = Clocks::of(clocks(root));
        assert_eq!(read.iter().cloned().collect::<Vec<_>>(), [clock("aa", 7), clock("bb", 1)]);
    }

    #[test]
    fn a_long_file_is_written_anew() {
        let root = tempfile::tempdir().expect("a directory");
        let root = root.path();
        let many: Vec<Clock> = (0..12_000).map(|at| clock("aa", at)).collect();
        keep_clocks(root, &many).expect("kept");
        keep_clocks(root, &[clock("bb", 1)]).expect("kept");
        assert_eq!(clocks(root).len(), 2);
    }
}
