//! The records of incidents on disk: `incidents/NAME.jsonl`, a line for each thing that happened, and
//! `incidents/NAME.md`, the report. Lines are added and never changed.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;

use super::{Place, private_directory};
use crate::incident::{self, Entry};

/// Where they are.
const ROOM: &str = "incidents";

/// Adds lines to the records that they belong to, and waits until the disk has them.
///
/// # Errors
/// When a file cannot be written. What was written before the failure stays.
pub fn record(place: &Place, entries: &[Entry]) -> io::Result<()> {
    let room = place.path().join(ROOM);
    private_directory(&room)?;
    for of_one in entries.chunk_by(|one, other| one.incident == other.incident) {
        let Some(first) = of_one.first() else { continue };
        let mut lines = String::new();
        for entry in of_one {
            lines.push_str(&serde_json::to_string(entry)?);
            lines.push('\n');
        }
        let file = room.join(format!("{}.jsonl", first.incident));
        let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(file)?;
        file.write_all(lines.as_bytes())?;
        file.sync_all()?;
    }
    Ok(())
}

/// What was recorded of an incident; nothing when it is new.
///
/// # Errors
/// When its file is there and cannot be read.
pub fn recorded(place: &Place, incident: &str) -> io::Result<Vec<Entry>> {
    Ok(incident::read(&place.text(&format!("{ROOM}/{incident}.jsonl"))?))
}

/// Keeps the report of an incident, in the place of an older one.
///
/// # Errors
/// When it cannot be written.
pub fn report(place: &Place, incident: &str, text: &str) -> io::Result<()> {
    place.keep(&format!("{ROOM}/{incident}.md"), text.as_bytes())
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
        record(&place, &[entry("a", "one"), entry("b", "two")]).expect("written");
        let file = place.path().join("incidents/a.jsonl");
        let mut torn = OpenOptions::new().append(true).open(&file).expect("it is there");
        torn.write_all(b"{\"schema\":1,\"incident\":\"a\"\n").expect("a torn line");
        record(&place, &[entry("a", "three")]).expect("written");
        assert_eq!(recorded(&place, "a").expect("read"), [entry("a", "one"), entry("a", "three")]);
        assert_eq!(recorded(&place, "c").expect("nothing"), []);
        report(&place, "a", "# Incident\n").expect("kept");
        for (name, mode) in [("incidents", 0o700), ("incidents/a.jsonl", 0o600), ("incidents/a.md", 0o600)] {
            let about = std::fs::metadata(place.path().join(name)).expect("it is there");
            assert_eq!(about.permissions().mode() & 0o777, mode, "{name}");
        }
    }
}
