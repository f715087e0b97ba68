//! The record of an incident: what was opened, ticked, noted and run, by whom and when. It begins
//! when a procedure is opened at an alert. Values only: `state` writes them down.

mod export;
mod record;
mod stage;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use export::{markdown, told};
pub use record::{Record, Tick, word};
pub use stage::{Stage, attached};

use crate::runbooks::session::{Key, State};

/// The version of a line. A line of another is passed over.
pub const SCHEMA: u32 = 1;

/// One line of the record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The version.
    pub schema: u32,
    /// Which incident.
    pub incident: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Who; empty when it was measured.
    pub by: String,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// A procedure was opened.
    Opened {
        /// The alert's name.
        alert: String,
        /// Its labels.
        labels: crate::domain::labels::Labels,
        /// Its fingerprint, with the site where there are several.
        fingerprint: String,
        /// Its severity.
        severity: String,
        /// When it began.
        began: DateTime<Utc>,
        /// When somebody was to be on it.
        due: Option<DateTime<Utc>>,
        /// When the guest that it is about was last backed up well, where that is known.
        last_good: Option<DateTime<Utc>>,
        /// The runbook's file.
        file: String,
        /// SHA-256 of it.
        sha256: String,
        /// The procedure's heading.
        procedure: String,
        /// The lines that it stands at.
        lines: (usize, usize),
    },
    /// Somebody said that something is wrong, with or without a procedure.
    Started {
        /// What.
        title: String,
    },
    /// An alert belongs to it.
    Attached {
        /// Its name.
        alert: String,
        /// Its labels.
        labels: crate::domain::labels::Labels,
        /// Its fingerprint, with the site where there are several.
        fingerprint: String,
        /// Its severity.
        severity: String,
        /// When it began.
        began: DateTime<Utc>,
    },
    /// Somebody said how far it is.
    Became {
        /// How far.
        stage: Stage,
    },
    /// A scenario was chosen, or none any more.
    Chose {
        /// Its letter and title.
        scenario: Option<String>,
    },
    /// A line was ticked by somebody.
    Ticked {
        /// Which.
        line: Key,
        /// As what.
        state: State,
    },
    /// A box was found to be so, not so, or not known any more.
    Measured {
        /// Which.
        line: Key,
        /// `pass`, `fail` or `unknown`.
        outcome: String,
        /// What it rests on.
        evidence: String,
    },
    /// Something was noted.
    Noted {
        /// At which line, if at one.
        line: Option<Key>,
        /// What.
        text: String,
    },
    /// A value was said for a placeholder.
    Said {
        /// Its name.
        name: String,
        /// The value.
        value: String,
    },
    /// A command was run.
    Ran {
        /// The line that it stands at.
        line: Key,
        /// The command.
        command: String,
        /// Where.
        host: String,
        /// What confirmation it asked for.
        level: String,
        /// What was pressed.
        confirmed: String,
        /// How it ended.
        outcome: String,
        /// SHA-256 of its output.
        output_sha256: String,
    },
    /// A mark of it was left in a Grafana.
    Annotated {
        /// In which.
        source: String,
        /// The number that it gave to the mark.
        id: String,
    },
    /// Somebody was called.
    Escalated {
        /// What the document says of it.
        condition: String,
    },
    /// The alert is gone.
    Resolved,
    /// The alert is there again.
    Returned,
}

/// The identity of an incident: the day it was opened, the alert, and what it is about. It is a file's
/// name, so nothing else may stand in it.
pub fn name(at: DateTime<Utc>, alert: &str, about: &str) -> String {
    let safe = |text: &str| -> String {
        let fit = |char: char| {
            if char.is_ascii_alphanumeric() || matches!(char, '.' | '_') { char } else { '-' }
        };
        text.chars().map(fit).take(60).collect::<String>().trim_matches(['-', '.']).to_owned()
    };
    let parts = [at.format("%Y-%m-%d").to_string(), safe(alert), safe(about)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

/// Reads the lines of a record. A line that is torn, or of another version, is passed over.
pub fn read(text: &str) -> Vec<Entry> {
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Entry>(line).ok());
    lines.filter(|entry| entry.schema == SCHEMA).collect()
}
