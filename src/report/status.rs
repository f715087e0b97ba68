//! The verdict in one line, for a status bar or a prompt.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::SCHEMA;
use crate::domain::health::Health;
use crate::domain::store::Store;
use crate::domain::verdict::{Scope, judge};
use crate::text;

/// What `status` says. Serialised it is schema 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// [`SCHEMA`].
    pub schema: u32,
    /// When it was measured.
    pub at: DateTime<Utc>,
    /// How old that was when it was said, in seconds.
    #[serde(default)]
    pub age: f64,
    /// What it came to.
    pub verdict: Said,
}

/// The verdict in the line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// The worst state of all.
    pub state: Health,
    /// One sentence.
    pub text: String,
}

impl Status {
    /// What `store` comes to at `now`.
    pub fn of(store: &Store, now: DateTime<Utc>) -> Self {
        let verdict = judge(store, Scope::ALL, now);
        let said = Said { state: verdict.state, text: verdict.text };
        Self { schema: SCHEMA, at: now, age: 0.0, verdict: said }
    }

    /// The line for people: the sign of the state and the sentence, in so many cells.
    pub fn line(&self, sign: &str, cells: usize) -> String {
        text::truncate(&format!("{sign} {}", self.verdict.text), cells).into_owned()
    }

    /// The same for tmux, in which `#` begins a mark.
    pub fn tmux(&self, sign: &str, cells: usize) -> String {
        let colour = match self.verdict.state {
            Health::Critical => "red,bold",
            Health::Unknown => "magenta",
            Health::Warning => "yellow",
            Health::Ok => "green",
        };
        let line = self.line(sign, cells);
        let rest = line.strip_prefix(sign).unwrap_or(&line).replace('#', "##");
        format!("#[fg={colour}]{sign}{rest}#[default]")
    }

    /// For programs.
    pub fn json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string(self)? + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_and_marks_are_no_marks() {
        let said = Said { state: Health::Critical, text: "HostDown #1 · 2 more".into() };
        let status = Status { schema: SCHEMA, at: DateTime::UNIX_EPOCH, age: 0.0, verdict: said };
        assert_eq!(status.line("▲", 12), "▲ HostDown …");
        assert_eq!(status.tmux("▲", 80), "#[fg=red,bold]▲ HostDown ##1 · 2 more#[default]");
    }
}
