//! The time, as a value that is handed around: a picture of the demo lab stands still at its
//! script's instant, a test steps it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// An instant on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Now {
    /// What the wall clock shows.
    pub wall: DateTime<Utc>,
    /// Time since the start, on a clock that nobody sets.
    pub mono: Duration,
}

/// Where the time comes from. Clones share it.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's.
    System {
        /// When the program started.
        start: std::time::Instant,
    },
    /// One that moves only when it is told to.
    Stepped {
        /// Where it began.
        start: DateTime<Utc>,
        /// How far it was moved since, in milliseconds.
        moved: Arc<AtomicI64>,
    },
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::System { start: std::time::Instant::now() }
    }

    /// A clock that stands still at `start` until it is moved.
    pub fn fixed(start: DateTime<Utc>) -> Self {
        Self::Stepped { start, moved: Arc::default() }
    }

    /// The time now.
    pub fn now(&self) -> Now {
        match self {
            Self::System { start } => Now { wall: Utc::now(), mono: start.elapsed() },
            Self::Stepped { start, moved } => {
                let moved = moved.load(Ordering::Relaxed);
                let mono = Duration::from_millis(moved.unsigned_abs());
                Now { wall: *start + TimeDelta::milliseconds(moved), mono }
            }
        }
    }

    /// Moves a stepped clock on; the machine's does not obey.
    pub fn advance(&self, span: TimeDelta) {
        if let Self::Stepped { moved, .. } = self {
            moved.fetch_add(span.num_milliseconds(), Ordering::Relaxed);
        }
    }

    /// Whether it stands still by itself.
    pub const fn is_fixed(&self) -> bool {
        matches!(self, Self::Stepped { .. })
    }
}
