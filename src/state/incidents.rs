//! The records of incidents on disk: `NAME.jsonl`, a line for each thing that happened, and `NAME.md`,
//! the report. Lines are added and never changed. Where the directory is shared by several operators
//! each has a file, `NAME.OPERATOR.jsonl`, and what is read is all of them, in the order of time.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::{Place, private_directory};
use crate::incident::{self, Entry};
use crate::ledger;

/// Where records are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    directory: PathBuf,
    /// Whether others keep theirs there too.
    is_shared: bool,
}

impl Room {
    /// The operator's own, which nobody else reads.
    pub fn own(place: &Place) -> Self {
        Self { directory: place.path().join("incidents"), is_shared: false }
    }

    /// A directory that several operators share. Who may read it is for the directory to say.
    pub fn shared(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), is_shared: true }
    }

    /// The directory, made if it is not there.
    fn open(&self) -> io::Result<&Path> {
        if !self.is_shared {
            private_directory(&self.directory)?;
        } else if !self.directory.is_dir() {
            let text = format!("the shared directory of incidents {} is not there", self.directory.display());
            return Err(io::Error::new(ErrorKind::NotFound, text));
        }
        Ok(&self.directory)
    }

    const fn mode(&self) -> u32 {
        if self.is_shared { 0o640 } else { 0o600 }
    }

    /// The file of an incident that is ours alone to write.
    fn file(&self, incident: &str, operator: &str) -> PathBuf {
        let fit = |char: char| if char.is_ascii_alphanumeric() { char } else { '-' };
        let name: String = operator.chars().take(60).map(fit).collect();
        let name = if name.is_empty() { "nobody" } else { &name };
        self.directory.join(if self.is_shared {
            format!("{incident}.{name}.jsonl")
        } else {
            format!("{incident}.jsonl")
        })
    }

    /// All files that may hold lines of an incident.
    fn files(&self, incident: &str) -> io::Result<Vec<PathBuf>> {
        let listed = match fs::read_dir(&self.directory) {
            Ok(listed) => listed,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let is_of = |file: &PathBuf| {
            let name = file.file_name().and_then(|name| name.to_str());
            let rest = name.and_then(|name| name.strip_prefix(incident)?.strip_suffix(".jsonl"));
            rest.is_some_and(|rest| incident.is_empty() || rest.is_empty() || rest.starts_with('.'))
        };
        Ok(listed.flatten().map(|entry| entry.path()).filter(is_of).collect())
    }
}

/// Adds lines to the records that they belong to, and waits until the disk has them. `operator` is
/// whose hand it is.
///
/// # Errors
/// When a file cannot be written. What was written before the failure stays.
pub fn record(room: &Room, entries: &[Entry], operator: &str) -> io::Result<()> {
    room.open()?;
    for of_one in entries.chunk_by(|one, other| one.incident == other.incident) {
        let Some(first) = of_one.first() else { continue };
        let mut lines = String::new();
        for entry in of_one {
            lines.push_str(&serde_json::to_string(entry)?);
            lines.push('\n');
        }
        let file = room.file(&first.incident, operator);
        let mut file =
            OpenOptions::new().create(true).read(true).append(true).mode(room.mode()).open(file)?;
        // A shared directory may be on a file system without locks; each operator has a file of their own.
        let _unlocked = file.lock();
        ledger::append(&mut file, lines.as_bytes())?;
    }
    Ok(())
}

/// Everything that was recorded, by whomever. What cannot be read is passed over.
pub fn all_recorded(room: &Room) -> Vec<Entry> {
    let listed = fs::read_dir(&room.directory).into_iter().flatten().flatten();
    let files =
        listed.map(|entry| entry.path()).filter(|file| file.extension().is_some_and(|kind| kind == "jsonl"));
    let read = |file: PathBuf| incident::read(&String::from_utf8_lossy(&fs::read(file).unwrap_or_default()));
    let mut all: Vec<Entry> = files.flat_map(read).collect();
    all.sort_by_key(|entry| entry.at);
    all
}

/// What was recorded of an incident, by whomever; nothing when it is new.
///
/// # Errors
/// When a file is there and cannot be read.
pub fn recorded(room: &Room, incident: &str) -> io::Result<Vec<Entry>> {
    let mut all = Vec::new();
    for file in room.files(incident)? {
        let text = String::from_utf8_lossy(&fs::read(file)?).into_owned();
        all.extend(incident::read(&text).into_iter().filter(|entry| entry.incident == incident));
    }
    all.sort_by_key(|entry| entry.at);
    Ok(all)
}

/// So many files are read at the most, the newest.
const MOST: usize = 300;

/// What was recorded of all incidents, by whomever, each with its name.
///
/// # Errors
/// When a file is there and cannot be read.
pub fn by_incident(room: &Room) -> io::Result<Vec<(String, Vec<Entry>)>> {
    let mut files = room.files("")?;
    files.sort_by_key(|file| std::cmp::Reverse(fs::metadata(file).and_then(|about| about.modified()).ok()));
    files.truncate(MOST);
    let mut all: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for file in files {
        let text = String::from_utf8_lossy(&fs::read(file)?).into_owned();
        for entry in incident::read(&text) {
            all.entry(entry.incident.clone()).or_default().push(entry);
        }
    }
    for entries in all.values_mut() {
        entries.sort_by_key(|entry| entry.at);
    }
    Ok(all.into_iter().collect())
}

/// Keeps the report of an incident, in the place of an older one.
///
/// # Errors
/// When it cannot be written.
pub fn report(room: &Room, incident: &str, text: &str) -> io::Result<()> {
    let directory = room.open()?;
    let new = directory.join(format!(".{incident}.{}.new", std::process::id()));
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(room.mode()).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, directory.join(format!("{incident}.md")))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use chrono::{DateTime, Utc};

    use super::*;
    use crate::incident::Event;

    fn entry(incident: &str, text: &str) -> Entry {
        Entry {
            schema: incident::SCHEMA,
            incident: incident.to_owned(),
            at: DateTime::<Utc>::UNIX_EPOCH,
            by: "sam".to_owned(),
            event: Event::Noted { line: None, text: text.to_owned() },
        }
    }

    #[test]
    fn lines_are_added_and_private_and_a_torn_one_is_passed_over() {
        let place = Place::temporary().expect("a place");
        let room = Room::own(&place);
        record(&room, &[entry("a", "one"), entry("b", "two")], "sam").expect("written");
        let file = place.path().join("incidents/a.jsonl");
        let mut torn = OpenOptions::new().append(true).open(&file).expect("it is there");
        torn.write_all(b"{\"schema\":1,\"incident\":\"a\"").expect("a torn line");
        record(&room, &[entry("a", "three")], "sam").expect("written");
        assert_eq!(recorded(&room, "a").expect("read"), [entry("a", "one"), entry("a", "three")]);
        assert_eq!(recorded(&room, "c").expect("nothing"), []);
        report(&room, "a", "# Incident\n").expect("kept");
        for (name, mode) in [("incidents", 0o700), ("incidents/a.jsonl", 0o600), ("incidents/a.md", 0o600)] {
            let about = fs::metadata(place.path().join(name)).expect("it is there");
            assert_eq!(about.permissions().mode() & 0o777, mode, "{name}");
        }
    }

    #[test]
    fn operators_who_share_a_directory_have_files_of_their_own_and_read_all() {
        let directory = tempfile::tempdir().expect("a directory");
        let room = Room::shared(directory.path());
        let later = |seconds: i64, text: &str| Entry {
            at: DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(seconds),
            ..entry("a", text)
        };
        record(&room, &[later(1, "one"), later(3, "three")], "sam").expect("written");
        record(&room, &[later(2, "two"), entry("a.b", "of another")], "../carrot ironfoundersson")
            .expect("written");
        let read = recorded(&room, "a").expect("read");
        assert_eq!(read, [later(1, "one"), later(2, "two"), later(3, "three")]);
        let mut names: Vec<String> = fs::read_dir(directory.path())
            .expect("a directory")
            .flatten()
            .map(|file| file.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        let carrot = "---carrot-ironfoundersson.jsonl";
        assert_eq!(names, [format!("a.{carrot}"), format!("a.b.{carrot}"), "a.sam.jsonl".to_owned()]);
        report(&room, "a", "# Incident\n").expect("kept");
        let mode =
            fs::metadata(directory.path().join("a.sam.jsonl")).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o137, 0, "the group may read it, nobody else anything");
        let gone = Room::shared(&directory.path().join("not mounted"));
        let why = record(&gone, &[entry("a", "x")], "sam").expect_err("it is not there");
        assert!(why.to_string().contains("is not there"), "a directory that is not mounted is not made");
    }
}
