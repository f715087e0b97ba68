//! The file itself: one line of JSON for each entry, whole or not at all, one writer at a time.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use super::entry::Entry;

const NAME: &str = "journal.jsonl";

/// Adds a line, and waits until the disk has it.
pub fn append(directory: &Path, entry: &Entry) -> io::Result<()> {
    let line = serde_json::to_string(entry)?;
    let mut file = open(directory)?;
    // Two dashboards write to one file; the lock goes with the file when this process ends, however.
    file.lock()?;
    let whole = if ends_well(&mut file)? { format!("{line}\n") } else { format!("\n{line}\n") };
    let before = file.seek(SeekFrom::End(0))?;
    if let Err(error) = file.write_all(whole.as_bytes()).and_then(|()| file.sync_data()) {
        // Half a line would be taken for a strange one by whoever reads.
        let _cut = file.set_len(before);
        return Err(error);
    }
    Ok(())
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

/// Whether the last line is a whole one: a writer may have been killed within it.
fn ends_well(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// The entries of a directory, and how many lines are none.
pub fn read(directory: &Path) -> io::Result<(Vec<Entry>, usize)> {
    let bytes = match fs::read(directory.join(NAME)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok((Vec::new(), 0)),
        Err(error) => return Err(error),
    };
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let read: Vec<Option<Entry>> = lines.map(|line| serde_json::from_slice(line).ok()).collect();
    let strange = read.iter().filter(|entry| entry.is_none()).count();
    Ok((read.into_iter().flatten().collect(), strange))
}
