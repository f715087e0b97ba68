//! The border between the loop and the rest: what comes in, and what the loop asks for.
//!
//! Messages can be written down and read back, so that a recording (time, message) in order shows
//! the same frames again.

use crokey::KeyCombination;
use serde::{Deserialize, Serialize};

use crate::domain::feed::{Failure, Feed, SourceId};
use crate::domain::observation::Observation;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Msg {
    /// A key was pressed.
    Key(KeyCombination),
    /// A text was pasted, with the terminal's own marks around it.
    Paste(String),
    /// The terminal got or lost the focus.
    Focus(bool),
    /// The terminal has a new size, in cells.
    Resize {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
    /// A feed was polled, or a tail brought something.
    Observed {
        /// Which source.
        source: SourceId,
        /// Which feed of it.
        feed: Feed,
        /// What was seen, or why not.
        result: Result<Vec<Observation>, Failure>,
        /// How long the answer took, in seconds.
        took: f64,
    },
    /// The config was read again: nothing, or its faults; with faults the old one goes on.
    Reloaded(Result<(), Vec<String>>),
    /// The machine slept or its clock was set: nothing is known to be fresh.
    Jumped,
    /// The process was asked to end.
    Terminate,
    /// A second has passed.
    Tick,
}

/// Something that the loop wants done; none of it is awaited.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Poll a source now, or all.
    Refresh(Option<SourceId>),
    /// Put a text on the clipboard of the operator's terminal.
    Copy(String),
    /// Give the terminal back to the shell until the operator returns.
    Suspend,
    /// Read the config again.
    Reload,
    /// Leave.
    Quit,
}
