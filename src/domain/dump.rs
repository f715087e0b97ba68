//! Backup runs as Proxmox VE's own log tells them. One task backs up one guest or many: of many,
//! only its log says which of them failed, and why.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::task::Outcome;

/// A backup run of one guest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dump {
    /// The guest's VMID.
    pub guest: u32,
    /// The task's identity.
    pub upid: Arc<str>,
    /// The node that it ran on.
    pub node: Arc<str>,
    /// When the guest's turn began, as far as that can be told: the log has no zone, so it is
    /// reckoned from the task's beginning and how long the guests before it took.
    pub started: DateTime<Utc>,
    /// When its turn ended.
    pub ended: Option<DateTime<Utc>>,
    /// What it came to; a failure carries the line of the log that says why.
    pub outcome: Outcome,
    /// How far it is, in percent, while it runs and says so.
    pub progress: Option<u8>,
    /// Who started it; empty in recordings of older versions.
    #[serde(default)]
    pub by: Arc<str>,
}

/// What the log of a backup task says, read line by line as it grows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DumpLog {
    turns: Vec<Turn>,
    /// How many lines were read.
    lines: u64,
    /// The newest error that names no guest.
    error: Option<Arc<str>>,
}

#[derive(Clone, Debug, PartialEq)]
struct Turn {
    guest: u32,
    took: Option<TimeDelta>,
    error: Option<Arc<str>>,
    finished: bool,
    progress: Option<u8>,
}

impl DumpLog {
    /// How many lines were read so far.
    pub const fn lines(&self) -> u64 {
        self.lines
    }

    /// Reads the next line, which is sanitised.
    pub fn read(&mut self, line: &str) {
        self.lines += 1;
        if let Some(text) = line.strip_prefix("INFO: ") {
            self.note(text);
        } else if let Some(text) = line.strip_prefix("ERROR: ") {
            self.fail(text);
        } else if let Some(text) = line.strip_prefix("TASK ERROR: ")
            && text != "job errors"
        {
            self.error = Some(text.into());
        }
    }

    fn note(&mut self, text: &str) {
        if let Some(rest) = text.strip_prefix("Starting Backup of VM ") {
            if let Some(guest) = number(rest) {
                let turn = Turn { guest, took: None, error: None, finished: false, progress: None };
                self.turns.push(turn);
            }
        } else if let Some(rest) = text.strip_prefix("Finished Backup of VM ") {
            let took = rest.split_once('(').and_then(|(_, span)| clock(span.trim_end_matches(')')));
            if let Some(turn) = number(rest).and_then(|guest| self.turn(guest)) {
                turn.finished = true;
                turn.took = took;
            }
        } else if let Some((share, _)) = text.trim_start().split_once('%')
            && let Ok(share) = share.parse::<u8>()
            && let Some(turn) = self.turns.last_mut()
        {
            turn.progress = Some(share.min(100));
        }
    }

    fn fail(&mut self, text: &str) {
        let of_guest = text.strip_prefix("Backup of VM ").and_then(|rest| {
            let (_, why) = rest.split_once(" failed")?;
            Some((number(rest)?, why.trim_start_matches([' ', '-', ':'])))
        });
        let Some((guest, why)) = of_guest else {
            self.error = Some(text.into());
            return;
        };
        let why: Arc<str> = if why.is_empty() { text.into() } else { why.into() };
        if self.turn(guest).is_none() {
            // It failed before its turn was announced.
            self.turns.push(Turn { guest, took: None, error: None, finished: false, progress: None });
        }
        if let Some(turn) = self.turn(guest) {
            turn.error = Some(why);
        }
    }

    fn turn(&mut self, guest: u32) -> Option<&mut Turn> {
        self.turns.iter_mut().rev().find(|turn| turn.guest == guest)
    }

    /// What the task came to for each guest that had its turn. `guest` is the one that the task
    /// was for, if it was for one only; it is told of even when the log is not.
    pub fn dumps(&self, task: &DumpTask) -> Vec<Dump> {
        let mut at = task.started;
        let mut all: Vec<Dump> = Vec::new();
        let last = self.turns.len().saturating_sub(1);
        for (place, turn) in self.turns.iter().enumerate() {
            let over = turn.finished || turn.error.is_some() || place < last || task.ended.is_some();
            let end = turn.took.map(|took| at + took).or(if place == last { task.ended } else { None });
            all.push(Dump {
                guest: turn.guest,
                upid: Arc::clone(&task.upid),
                node: Arc::clone(&task.node),
                started: at,
                ended: if over { end.or(Some(at)) } else { None },
                outcome: self.outcome(turn, over, task),
                progress: turn.progress.filter(|_| !over),
                by: Arc::clone(&task.by),
            });
            at = end.unwrap_or(at);
        }
        if let Some(guest) = task.guest.filter(|guest| !all.iter().any(|dump| dump.guest == *guest)) {
            let outcome = match (&task.outcome, &self.error) {
                (Outcome::Failed(_), Some(error)) => Outcome::Failed(Arc::clone(error)),
                (outcome, _) => outcome.clone(),
            };
            all.push(Dump {
                guest,
                upid: Arc::clone(&task.upid),
                node: Arc::clone(&task.node),
                started: task.started,
                ended: task.ended,
                outcome,
                progress: None,
                by: Arc::clone(&task.by),
            });
        }
        all
    }

    fn outcome(&self, turn: &Turn, over: bool, task: &DumpTask) -> Outcome {
        match (&turn.error, turn.finished, over) {
            (Some(error), ..) => Outcome::Failed(Arc::clone(error)),
            (None, true, _) => Outcome::Ok,
            (None, false, false) => Outcome::Running,
            // The task died in the middle of this guest's turn, or the log was cut.
            (None, false, true) => match (&task.outcome, &self.error) {
                (Outcome::Failed(_), Some(error)) => Outcome::Failed(Arc::clone(error)),
                (Outcome::Failed(text), None) => Outcome::Failed(Arc::clone(text)),
                (Outcome::Running | Outcome::Unknown, _) => Outcome::Unknown,
                (outcome, _) => outcome.clone(),
            },
        }
    }
}

/// A backup task, as the list of tasks has it.
#[derive(Clone, Debug, PartialEq)]
pub struct DumpTask {
    /// Its identity.
    pub upid: Arc<str>,
    /// The node that it ran on.
    pub node: Arc<str>,
    /// The guest, if it is a task for one only.
    pub guest: Option<u32>,
    /// When it began.
    pub started: DateTime<Utc>,
    /// When it ended.
    pub ended: Option<DateTime<Utc>>,
    /// How it ended; `job errors` says no more than that something failed.
    pub outcome: Outcome,
    /// Who started it.
    pub by: Arc<str>,
}

/// The newest run of each guest, by VMID.
pub fn newest(dumps: &[Dump]) -> Vec<Dump> {
    let mut all = dumps.to_vec();
    all.sort_by(|one, other| (one.guest, other.started).cmp(&(other.guest, one.started)));
    all.dedup_by_key(|dump| dump.guest);
    all
}

/// The number at the start of a text.
fn number(text: &str) -> Option<u32> {
    let digits = text.split(|char: char| !char.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// `01:02:03`.
fn clock(text: &str) -> Option<TimeDelta> {
    let mut parts = text.split(':').map(|part| part.parse::<i64>().ok().filter(|part| *part < 100_000));
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    Some(TimeDelta::seconds(hours * 3600 + minutes * 60 + seconds))
}

#[cfg(test)]
#[path = "dump_tests.rs"]
mod tests;
