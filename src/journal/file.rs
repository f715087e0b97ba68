//! The file itself: one line of JSON for each entry, whole or not at all, one writer at a time.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::entry::Entry;
use crate::ledger;

const NAME: &str = "journal.jsonl";

/// A file of more than this many bytes is put aside, under a number, and stays; the next line begins a
/// new one. Who looks at the newest entries reads no more than two of them.
const LONGEST: u64 = 8 << 20;

/// Adds a line, and waits until the disk has it.
pub fn append(directory: &Path, entry: &Entry) -> io::Result<()> {
    let line = serde_json::to_string(entry)?;
    ledger::append(&mut writable(directory)?, format!("{line}\n").as_bytes())
}

/// The file that the next line belongs into, locked.
fn writable(directory: &Path) -> io::Result<File> {
    loop {
        let file = open(directory)?;
        // Two dashboards write to one file; the lock goes with the file when this process ends, however.
        file.lock()?;
        // The other may have put it aside while this one waited.
        if !ledger::is_at(&file, &directory.join(NAME))? {
            continue;
        }
        // A long file is better than none.
        if file.metadata()?.len() <= LONGEST || put_aside(directory).is_err() {
            return Ok(file);
        }
    }
}

fn put_aside(directory: &Path) -> io::Result<()> {
    let next = aside(directory)?.last().map_or(1, |(number, _)| number + 1);
    fs::rename(directory.join(NAME), directory.join(format!("journal-{next:06}.jsonl")))?;
    File::open(directory)?.sync_all()
}

/// The files that were put aside, the oldest first.
fn aside(directory: &Path) -> io::Result<Vec<(u32, PathBuf)>> {
    let listed = match fs::read_dir(directory) {
        Ok(listed) => listed,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut all = Vec::new();
    for entry in listed {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let number = name.strip_prefix("journal-").and_then(|rest| rest.strip_suffix(".jsonl"));
        if let Some(number) = number.and_then(|number| number.parse().ok()) {
            all.push((number, path));
        }
    }
    all.sort_unstable();
    Ok(all)
}

/// Makes sure that a line could be added.
pub fn touch(directory: &Path) -> io::Result<()> {
    open(directory)?.sync_data()
}

fn open(directory: &Path) -> io::Result<File> {
    if !directory.is_dir() {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    }
    let path = directory.join(NAME);
    let is_new = !path.exists();
    let file = OpenOptions::new().create(true).read(true).append(true).mode(0o600).open(&path)?;
    let mode = file.metadata()?.permissions().mode();
    if mode & 0o077 != 0 {
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    if is_new {
        // The name is to be as lasting as the lines.
        File::open(directory)?.sync_all()?;
    }
    Ok(file)
}

/// The entries of a directory, and how many lines are none; of the files that were put aside, only
/// the newest so many.
pub fn read(directory: &Path, most: usize) -> io::Result<(Vec<Entry>, usize)> {
    let aside = aside(directory)?;
    let newest = aside.iter().skip(aside.len().saturating_sub(most)).map(|(_, path)| path.clone());
    let (mut entries, mut strange) = (Vec::new(), 0);
    for path in newest.chain([directory.join(NAME)]) {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            match serde_json::from_slice(line) {
                Ok(entry) => entries.push(entry),
                Err(_) => strange += 1,
            }
        }
    }
    Ok((entries, strange))
}
