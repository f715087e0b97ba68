//! Log lines, the ring that keeps the newest of them, and what a tail says of itself.

use std::collections::VecDeque;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::labels::Labels;

/// The level of a line. Worst first.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::AsRefStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Level {
    /// `fatal`, `critical`, `emerg`, `panic`, ...
    Critical,
    /// `error`.
    Error,
    /// `warn`.
    Warning,
    /// `info`, `notice`.
    Info,
    /// `debug`, `trace`.
    Debug,
    /// Nothing says.
    Unknown,
}

impl Level {
    /// The level that a word names.
    pub fn of(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "fatal" | "critical" | "crit" | "emerg" | "emergency" | "alert" | "panic" => Self::Critical,
            "error" | "err" | "eror" => Self::Error,
            "warn" | "warning" => Self::Warning,
            "info" | "information" | "notice" => Self::Info,
            "debug" | "trace" | "dbg" => Self::Debug,
            _ => Self::Unknown,
        }
    }
}

/// One line of one stream.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Line {
    /// Nanoseconds since 1970, as the server keeps it.
    pub at: i64,
    /// The stream's labels.
    pub stream: Labels,
    /// The text, sanitised: no control characters, one line.
    pub text: Arc<str>,
    /// Its level.
    pub level: Level,
}

impl Line {
    /// The time of the line.
    pub const fn time(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_nanos(self.at)
    }
}

/// What stands in a tail: lines, and the marks that say where lines are missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Entry {
    /// A line.
    Line(Line),
    /// The tail was cut here and could not be filled: nanoseconds of the last line before and the
    /// first after.
    Gap {
        /// The last line seen before the cut.
        from: i64,
        /// From when on nothing is missing again.
        to: i64,
    },
    /// The server says that it dropped at least this many lines here.
    Dropped {
        /// When.
        at: i64,
        /// At least how many.
        count: u64,
    },
}

impl Entry {
    /// Its place in time, in nanoseconds.
    pub const fn at(&self) -> i64 {
        match self {
            Self::Line(line) => line.at,
            Self::Gap { to, .. } => *to,
            Self::Dropped { at, .. } => *at,
        }
    }
}

/// How a tail gets its lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TailState {
    /// Not connected yet, or between two connections.
    #[default]
    Connecting,
    /// Over a websocket.
    Live,
    /// By asking again and again, and why.
    Polling(Arc<str>),
    /// Not at all, and why.
    Stopped(Arc<str>),
}

impl TailState {
    /// The word for it.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Polling(_) => "polling",
            Self::Stopped(_) => "stopped",
        }
    }
}

/// A tail and the newest entries of it, oldest first. Bounded by lines and by bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Tail {
    /// The name the operator gave it.
    pub name: Arc<str>,
    /// Its LogQL.
    pub query: Arc<str>,
    /// How it gets its lines.
    pub state: TailState,
    /// Lines received since the start, also those no longer kept.
    pub lines: u64,
    /// Gaps since the start.
    pub gaps: u64,
    /// Lines that the server says it dropped.
    pub dropped: u64,
    entries: VecDeque<Entry>,
    bytes: usize,
    limits: RingLimits,
}

/// How much of a tail is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingLimits {
    /// Entries at the most.
    pub lines: usize,
    /// Bytes of text at the most.
    pub bytes: usize,
}

impl Default for RingLimits {
    fn default() -> Self {
        Self { lines: 10_000, bytes: 16 << 20 }
    }
}

impl Tail {
    /// A tail that has nothing yet.
    pub fn new(name: Arc<str>, query: Arc<str>, limits: RingLimits) -> Self {
        Self {
            name,
            query,
            state: TailState::Connecting,
            lines: 0,
            gaps: 0,
            dropped: 0,
            entries: VecDeque::new(),
            bytes: 0,
            limits,
        }
    }

    /// Takes in entries, each at its place in time: a tail does not promise any order.
    pub fn extend(&mut self, entries: impl IntoIterator<Item = Entry>) {
        for entry in entries {
            match &entry {
                Entry::Line(line) => {
                    self.lines += 1;
                    self.bytes += line.text.len();
                }
                Entry::Gap { .. } => self.gaps += 1,
                Entry::Dropped { count, .. } => self.dropped += count,
            }
            // Nearly every line is the newest: look from the end.
            let after = self.entries.iter().rev().take_while(|have| have.at() > entry.at()).count();
            self.entries.insert(self.entries.len() - after, entry);
        }
        while self.entries.len() > self.limits.lines || self.bytes > self.limits.bytes {
            match self.entries.pop_front() {
                Some(Entry::Line(line)) => self.bytes -= line.text.len(),
                Some(_) => {}
                None => break,
            }
        }
    }

    /// What is kept, oldest first.
    pub const fn entries(&self) -> &VecDeque<Entry> {
        &self.entries
    }

    /// Lines a second over the minute before `now`.
    pub fn rate(&self, now: DateTime<Utc>) -> f64 {
        let until = now.timestamp_nanos_opt().unwrap_or(i64::MAX);
        let since = until.saturating_sub(60_000_000_000);
        let recent = self.entries.iter().rev().take_while(|entry| entry.at() > since);
        recent.filter(|entry| matches!(entry, Entry::Line(line) if line.at <= until)).count() as f64 / 60.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(at: i64, text: &str) -> Entry {
        Entry::Line(Line { at, stream: Labels::default(), text: text.into(), level: Level::Unknown })
    }

    #[test]
    fn the_ring_keeps_the_newest_in_order_of_time() {
        let limits = RingLimits { lines: 3, bytes: 100 };
        let mut tail = Tail::new("all".into(), "{}".into(), limits);
        tail.extend([line(1, "a"), line(3, "c"), line(2, "b"), line(4, "d")]);
        let kept: Vec<i64> = tail.entries().iter().map(Entry::at).collect();
        assert_eq!(kept, [2, 3, 4]);
        assert_eq!(tail.lines, 4);
        tail.extend([line(5, &"x".repeat(99))]);
        assert_eq!(tail.entries().len(), 2, "bounded by bytes too");
    }
}
