//! The queries that were typed: `history.jsonl`, a line each, the newest last.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Place;
use crate::ledger;

const FILE: &str = "history.jsonl";

/// The version of a line. A line of another is passed over.
const SCHEMA: u32 = 1;

/// So many are recalled.
const RECALLED: usize = 200;

/// A file that has grown beyond this many bytes is written anew with what is recalled.
const LONGEST: u64 = 1 << 20;

#[derive(Serialize, Deserialize)]
struct Line<'a> {
    schema: u32,
    query: std::borrow::Cow<'a, str>,
}

/// The queries that are kept under `root`, the newest last, each once; none when the file cannot be read.
pub fn queries(root: &Path) -> Vec<String> {
    recalled(&fs::read(root.join(FILE)).unwrap_or_default())
}

/// Each query once, where it was typed last.
fn recalled(text: &[u8]) -> Vec<String> {
    let mut newest: Vec<String> = Vec::new();
    for line in text.split(|byte| *byte == b'\n').rev() {
        let Ok(Line { schema: SCHEMA, query }) = serde_json::from_slice(line) else { continue };
        // It goes to a screen.
        if !query.contains(char::is_control) && !newest.iter().any(|have| *have == query) {
            newest.push(query.into_owned());
        }
        if newest.len() == RECALLED {
            break;
        }
    }
    newest.reverse();
    newest
}

/// Keeps a query under `root`.
///
/// # Errors
/// When the file cannot be written.
pub fn keep_query(root: &Path, query: &str) -> io::Result<()> {
    // Locked to the end, also when another takes its place.
    let mut file = ledger::open(&root.join(FILE))?;
    let line = |query: &str| {
        serde_json::to_string(&Line { schema: SCHEMA, query: query.into() }).map(|line| line + "\n")
    };
    if file.metadata()?.len() <= LONGEST {
        return ledger::append(&mut file, line(query)?.as_bytes());
    }
    let kept = queries(root).into_iter().chain([query.to_owned()]);
    let kept: String = kept.map(|query| line(&query)).collect::<Result<_, _>>()?;
    Place::at(root).keep(FILE, kept.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn queries_outlive_the_program_each_once_the_newest_last() {
        let root = tempfile::tempdir().expect("a directory");
        let root = root.path();
        assert!(queries(root).is_empty());
        for query in ["{a=\"1\"}", "{b=\"2\"}", "{a=\"1\"}"] {
            keep_query(root, query).expect("kept");
        }
        let mut file = OpenOptions::new().append(true).open(root.join(FILE)).expect("the file");
        file.write_all(b"{\"schema\":9,\"query\":\"x\"}\n{\"schema\":1,\"query\":\"a\\u001bb\"}\n{\"sch")
            .expect("odd");
        assert_eq!(queries(root), ["{b=\"2\"}", "{a=\"1\"}"]);
        let mode = fs::metadata(root.join(FILE)).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_long_file_is_written_anew() {
        let root = tempfile::tempdir().expect("a directory");
        let root = root.path();
        let long = "x".repeat(8_000);
        for at in 0..300 {
            keep_query(root, &format!("{{a=\"{at}{long}\"}}")).expect("kept");
        }
        assert!(fs::metadata(root.join(FILE)).expect("it is there").len() < 3 << 20);
        let kept = queries(root);
        assert!((RECALLED - 1..=RECALLED).contains(&kept.len()), "{}", kept.len());
        assert!(kept.last().is_some_and(|query| query.starts_with("{a=\"299")));
    }
}
