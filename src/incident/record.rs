//! What the lines of a record come to.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{Entry, Event};
use crate::runbooks::session::{Key, Mark, State};

/// A line that was ticked, and by what.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// When.
    pub at: DateTime<Utc>,
    /// Who; empty when it was measured.
    pub by: String,
    /// `done by hand`, `pass`: as what.
    pub word: String,
    /// What it rests on.
    pub evidence: String,
}

/// An incident.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// Its lines, in the order of time.
    pub entries: Vec<Entry>,
}

impl Record {
    /// The record of these lines.
    pub fn of(mut entries: Vec<Entry>) -> Self {
        entries.sort_by_key(|entry| entry.at);
        Self { entries }
    }

    /// The first opening.
    pub fn opened(&self) -> Option<&Entry> {
        self.entries.iter().find(|entry| matches!(entry.event, Event::Opened { .. }))
    }

    /// When the alert was last found to be gone, if it did not come back.
    pub fn resolved(&self) -> Option<DateTime<Utc>> {
        let last = self.entries.iter().rev().find_map(|entry| match entry.event {
            Event::Resolved => Some(Some(entry.at)),
            Event::Returned => Some(None),
            _ => None,
        });
        last.flatten()
    }

    /// What was ticked and measured last, line by line.
    pub fn ticks(&self) -> BTreeMap<&Key, Tick> {
        let mut ticks = BTreeMap::new();
        for entry in &self.entries {
            let (line, word, evidence) = match &entry.event {
                Event::Ticked { line, state } => (line, word(*state).to_owned(), String::new()),
                Event::Measured { line, outcome, evidence } => (line, outcome.clone(), evidence.clone()),
                _ => continue,
            };
            ticks.insert(line, Tick { at: entry.at, by: entry.by.clone(), word, evidence });
        }
        ticks
    }

    /// The marks that somebody made, as they stood last: with them a procedure is gone on with.
    pub fn marks(&self) -> BTreeMap<Key, Mark> {
        let mut marks: BTreeMap<Key, Mark> = BTreeMap::new();
        for entry in &self.entries {
            match &entry.event {
                Event::Ticked { line, state } => {
                    let mark = marks.entry(line.clone()).or_default();
                    (mark.state, mark.by, mark.at) = (*state, entry.by.clone(), entry.at);
                }
                Event::Noted { line: Some(line), text } => {
                    let mark = marks.entry(line.clone()).or_default();
                    mark.note.clone_from(text);
                    if mark.by.is_empty() {
                        (mark.by, mark.at) = (entry.by.clone(), entry.at);
                    }
                }
                _ => {}
            }
        }
        marks
    }

    /// What was noted, and about what.
    pub fn notes(&self) -> impl Iterator<Item = (&Entry, Option<&Key>, &str)> {
        self.entries.iter().filter_map(|entry| match &entry.event {
            Event::Noted { line, text } => Some((entry, line.as_ref(), text.as_str())),
            _ => None,
        })
    }
}

/// A state in words.
pub const fn word(state: State) -> &'static str {
    match state {
        State::Todo => "to do again",
        State::Ok => "ok",
        State::Failed => "failed",
        State::Skipped => "skipped",
        State::ByHand => "done by hand",
    }
}
