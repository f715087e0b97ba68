//! Files of lines that several dashboards add to: under a lock, whole lines or none, and never behind half
//! of another. A writer that was killed, or a disk that was full, spoils its own line and no more.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

/// The file at `path`, made if it is not there, readable by nobody else, and locked until it is dropped.
///
/// # Errors
/// When it cannot be made, or the file system knows no locks.
pub fn open(path: &Path) -> io::Result<File> {
    loop {
        let file = OpenOptions::new().create(true).read(true).append(true).mode(0o600).open(path)?;
        file.lock()?;
        if is_at(&file, path)? {
            return Ok(file);
        }
    }
}

/// Whether this is still the file at `path`: while one waited for the lock, another may have put a new one
/// in its place.
///
/// # Errors
/// When the system says nothing of an open file.
pub fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let held = file.metadata()?;
    Ok(fs::metadata(path).is_ok_and(|named| (named.dev(), named.ino()) == (held.dev(), held.ino())))
}

/// Adds whole lines to a file that is locked, and waits until the disk has them.
///
/// # Errors
/// When they cannot be written: then the file is as it was.
pub fn append(file: &mut File, lines: &[u8]) -> io::Result<()> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut last = *b"\n";
    if end > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    let whole = if last == *b"\n" { lines.to_vec() } else { [b"\n", lines].concat() };
    file.write_all(&whole).and_then(|()| file.sync_all()).inspect_err(|_error| {
        // Half a line would be taken for a strange one by whoever reads.
        let _cut = file.set_len(end);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_line_spoils_no_other() {
        let root = tempfile::tempdir().expect("a directory");
        let path = root.path().join("lines");
        for half in ["", "whole\n", "hal"] {
            fs::write(&path, half).expect("written");
            append(&mut open(&path).expect("opened"), b"one\ntwo\n").expect("added");
            let text = fs::read_to_string(&path).expect("text");
            assert!(text.lines().eq(half.lines().chain(["one", "two"])), "{text:?}");
        }
    }

    #[test]
    fn what_stands_there_when_the_lock_comes_is_opened() {
        let root = tempfile::tempdir().expect("a directory");
        let path = root.path().join("lines");
        let first = open(&path).expect("opened");
        let waits = std::thread::spawn({
            let path = path.clone();
            move || append(&mut open(&path).expect("opened"), b"new\n")
        });
        let next = root.path().join("next");
        fs::write(&next, "kept\n").expect("written");
        fs::rename(&next, &path).expect("put there");
        assert!(!is_at(&first, &path).expect("known"));
        drop(first);
        waits.join().expect("no panic").expect("added");
        assert_eq!(fs::read_to_string(&path).expect("text"), "kept\nnew\n");
    }
}
