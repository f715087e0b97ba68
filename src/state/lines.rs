//! What was done, a line for each: a file that only grows. Several programs may add to it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The version of a line. A line of another is passed over.
const SCHEMA: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Line<T> {
    schema: u32,
    #[serde(flatten)]
    what: T,
}

/// What stands in the file `name` under `root`, the oldest first; nothing when it is not there, or cannot
/// be read. A line that was cut, or is of another version, is passed over.
pub(super) fn read<T: DeserializeOwned>(root: &Path, name: &str) -> Vec<T> {
    let text = fs::read(root.join(name)).unwrap_or_default();
    let lines = text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    lines.filter(|line: &Line<T>| line.schema == SCHEMA).map(|line| line.what).collect()
}

/// Adds `what` to the file `name` under `root`, if that is still `wanted` once nobody else adds to it, and
/// waits until the disk has it.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn add<T: Serialize>(
    root: &Path,
    name: &str,
    what: &T,
    wanted: impl FnOnce() -> bool,
) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(root.join(name))?;
    file.lock()?;
    if !wanted() {
        return Ok(());
    }
    let mut line = serde_json::to_vec(&Line { schema: SCHEMA, what })?;
    line.push(b'\n');
    file.write_all(&line)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Thing {
        name: String,
    }

    #[test]
    fn what_was_added_outlives_the_program_and_a_cut_line() {
        let root = tempfile::tempdir().expect("a directory");
        let root = root.path();
        assert_eq!(read::<Thing>(root, "x.jsonl"), []);
        let thing = Thing { name: "a".to_owned() };
        add(root, "x.jsonl", &thing, || true).expect("kept");
        let mut file = OpenOptions::new().append(true).open(root.join("x.jsonl")).expect("the file");
        file.write_all(b"{\"schema\":1,\"na\n{\"schema\":9,\"name\":\"b\"}\n").expect("a cut line");
        add(root, "x.jsonl", &thing, || true).expect("kept");
        add(root, "x.jsonl", &thing, || false).expect("not wanted");
        assert_eq!(read::<Thing>(root, "x.jsonl"), [thing.clone(), thing]);
        let mode = fs::metadata(root.join("x.jsonl")).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
