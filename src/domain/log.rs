//! Log lines, the ring that keeps the newest of them, and what a tail says of itself.

pub mod export;
pub mod fields;
pub mod journal;
mod pace;
pub mod pattern;
mod ring;
pub mod selector;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::labels::Labels;

pub use ring::{Lines, RingLimits, Tail};

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
    /// What the server knows of the line beside its stream: structured metadata, and what the
    /// query parsed out of the text.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub more: Labels,
}

impl Line {
    /// A line of which nothing more is known.
    pub fn new(at: i64, stream: Labels, text: impl Into<Arc<str>>, level: Level) -> Self {
        Self { at, stream, text: text.into(), level, more: Labels::default() }
    }

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
    /// So many lines came in faster than they could be taken, and are not shown.
    Skipped {
        /// The first of them, in nanoseconds.
        from: i64,
        /// The last of them.
        to: i64,
        /// How many.
        count: u64,
    },
}

impl Entry {
    /// Its place in time, in nanoseconds.
    pub const fn at(&self) -> i64 {
        match self {
            Self::Line(line) => line.at,
            Self::Gap { to, .. } | Self::Skipped { to, .. } => *to,
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
