//! Lines that are to be written into a file.

use super::Entry;
use crate::domain::feed::SourceId;

/// What is written, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// The file, as the operator typed it. One that is there already stays as it is.
    pub path: String,
    /// What goes into it.
    pub what: Wanted,
}

/// Which lines are wanted.
#[derive(Clone, Debug, PartialEq)]
pub enum Wanted {
    /// These.
    Entries(Vec<Entry>),
    /// All that a server has.
    Range {
        /// The server.
        source: SourceId,
        /// The LogQL.
        query: String,
        /// From which nanosecond.
        from: i64,
        /// Up to which.
        to: i64,
    },
}

impl Export {
    /// Whether each line becomes a line of JSON: the name of the file says so.
    pub fn is_json(&self) -> bool {
        let ending = self.path.rsplit_once('.').map_or("", |(_, ending)| ending);
        ["jsonl", "json", "ndjson"].iter().any(|json| ending.eq_ignore_ascii_case(json))
    }
}
