//! Files of lines, one for each thing that is kept, and only ever added to. Several dashboards may add to
//! one; a line that was cut, or is of another version, is passed over.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::ledger;

/// The version of a line.
const SCHEMA: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Line<T> {
    schema: u32,
    #[serde(flatten)]
    thing: T,
}

/// The things that are kept in a file under `root`, the oldest first; none when there are none, or the
/// file cannot be read.
pub(super) fn read<T: DeserializeOwned>(root: &Path, name: &str) -> Vec<T> {
    let text = fs::read(root.join(name)).unwrap_or_default();
    let lines = text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    lines.filter(|line: &Line<T>| line.schema == SCHEMA).map(|line| line.thing).collect()
}

/// Adds one.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn add<T: Serialize>(root: &Path, name: &str, thing: &T) -> io::Result<()> {
    write(&mut ledger::open(&root.join(name))?, thing)
}

/// Adds one that is not there yet: another dashboard may have seen it too.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn add_once<T>(root: &Path, name: &str, thing: &T) -> io::Result<()>
where
    T: Serialize + DeserializeOwned + PartialEq,
{
    let mut file = ledger::open(&root.join(name))?;
    if read::<T>(root, name).contains(thing) { Ok(()) } else { write(&mut file, thing) }
}

fn write<T: Serialize>(file: &mut File, thing: &T) -> io::Result<()> {
    let mut line = serde_json::to_vec(&Line { schema: SCHEMA, thing })?;
    line.push(b'\n');
    ledger::append(file, &line)
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::Write as _;
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
        add(root, "x.jsonl", &thing).expect("kept");
        let mut file = OpenOptions::new().append(true).open(root.join("x.jsonl")).expect("the file");
        file.write_all(b"{\"schema\":9,\"name\":\"b\"}\n{\"schema\":1,\"na").expect("a cut line");
        add(root, "x.jsonl", &thing).expect("kept");
        add_once(root, "x.jsonl", &thing).expect("there already");
        assert_eq!(read::<Thing>(root, "x.jsonl"), [thing.clone(), thing]);
        let mode = fs::metadata(root.join("x.jsonl")).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
