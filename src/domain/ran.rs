//! What was run or done before, as the journal tells it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Something that was run, or done on a server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ran {
    /// When it was confirmed.
    pub at: DateTime<Utc>,
    /// Who confirmed it.
    pub operator: String,
    /// What it is, in a few words.
    pub title: String,
    /// Where.
    pub host: String,
    /// `L0` to `L3`.
    pub level: String,
    /// What was pressed.
    pub how: String,
    /// The command, or the request, without secrets.
    pub text: String,
    /// `captured`, or `handed over`.
    pub output: String,
    /// How it ended and how long that took, in seconds; `None` when no end is written down.
    pub end: Option<(String, f64)>,
    /// What went wrong around it, and what may still be running.
    pub trouble: Option<String>,
    /// Its last lines, without secrets.
    pub last: Vec<String>,
}

impl Ran {
    /// How it ended, in a few words.
    pub fn came_to(&self) -> String {
        self.end.as_ref().map_or_else(
            || "no end is written down".to_owned(),
            |(words, seconds)| format!("{words} in {}", crate::text::took(*seconds)),
        )
    }

    /// Whether it did what it was there for.
    pub fn is_well(&self) -> bool {
        self.trouble.is_none() && self.end.as_ref().is_some_and(|(words, _)| words.starts_with("done"))
    }
}
