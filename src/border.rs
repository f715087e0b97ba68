//! The border between the loop and the rest: what comes in, and what the loop asks for.
//!
//! Messages can be written down and read back, so that a recording (time, message) in order shows
//! the same frames again.

use std::sync::Arc;

use crokey::KeyCombination;
use serde::{Deserialize, Serialize};

use crate::domain::bookmark::Bookmark;
use crate::domain::clocks::Clocks;
use crate::domain::deed::{Deed, Receipt};
use crate::domain::digest::Looked;
use crate::domain::drill::Drill;
use crate::domain::exercise::Exercised;
use crate::domain::feed::{Failure, Feed, SourceId};
use crate::domain::layer::Boot;
use crate::domain::log::export::Export;
use crate::domain::observation::Observation;
use crate::domain::question::{Answer, Ask, Slot};
use crate::domain::ran::Ran;
use crate::domain::routine::Done;
use crate::domain::run::{Order, Told};
use crate::domain::slo::Window;
use crate::domain::store::{Related, Relating};
use crate::incident::Entry;
use crate::runbooks::shelf::Shelf;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Msg {
    /// A key was pressed.
    Key(KeyCombination),
    /// A text was pasted, with the terminal's own marks around it.
    Paste(String),
    /// Something was pointed at.
    Pointed(Pointed),
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
    /// A question was answered.
    Answered {
        /// The place that the answer is for.
        slot: Slot,
        /// Which question in that place.
        id: u64,
        /// What was answered, or why nothing was.
        result: Result<Answer, Failure>,
    },
    /// What takes its time was found, or something of ours broke.
    #[serde(skip)]
    Computed {
        /// Which one.
        number: u64,
        /// What was found.
        related: Option<Arc<Related>>,
    },
    /// Something was done on a server, or not.
    Done {
        /// Which call.
        id: u64,
        /// What came of it, or why nothing did.
        result: Result<Receipt, Failure>,
    },
    /// A file is being written.
    Saving {
        /// How many lines are in it.
        lines: u64,
        /// How much of it is done, at most 1.
        share: f64,
    },
    /// A file was written, and what is in it; or why it was not.
    Saved(Result<String, String>),
    /// The runbooks were read, or read again after one of them had changed.
    Shelved(Shelf),
    /// The record of an incident as it was kept before.
    Remembered {
        /// Which incident.
        incident: String,
        /// Its lines.
        entries: Vec<Entry>,
    },
    /// The records of incidents that are kept, each with its name.
    Incidents(Vec<(String, Vec<Entry>)>),
    /// Something could not be written down; nothing, once it could.
    Unrecorded(Option<String>),
    /// What the journal tells, the oldest first, and how many of its lines are torn.
    Journal {
        /// What was run and done.
        ran: Vec<Ran>,
        /// Lines that could not be read.
        torn: usize,
    },
    /// The same, for what happened lately.
    Past(Vec<Ran>),
    /// The journal cannot be read: why.
    Unread(String),
    /// Something was heard of a run.
    Ran {
        /// Which.
        id: u64,
        /// What.
        told: Told,
    },
    /// A command was put on a prompt in tmux, and where; or why it was not.
    Placed(Result<String, String>),
    /// The config was read again: nothing, or its faults; with faults the old one goes on.
    Reloaded(Result<(), Vec<String>>),
    /// The machine slept or its clock was set: nothing is known to be fresh.
    Jumped,
    /// The process was asked to end.
    Terminate,
    /// A second has passed.
    Tick,
}

/// What the mouse did, and at which cell, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointed {
    /// What it did.
    pub how: Pointing,
    /// The column.
    pub column: u16,
    /// The row.
    pub row: u16,
}

/// What a mouse does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pointing {
    /// Its first button was pressed.
    Click,
    /// It was moved while that was down.
    Drag,
    /// Its wheel was turned away from the operator.
    Up,
    /// Its wheel was turned towards the operator.
    Down,
}

/// How the operator is told of something new that is critical.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumString)]
#[strum(serialize_all = "lowercase")]
pub enum Notify {
    /// By the terminal's bell.
    #[default]
    Bell,
    /// By a note on the desktop, where the terminal knows how, and the bell.
    Desktop,
    /// Not at all.
    Off,
}

/// What can be done with a recording that is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Let it stand still, or go on.
    Pause,
    /// Play faster.
    Faster,
    /// Play slower.
    Slower,
    /// Play at once up to the next alert that begins.
    NextAlert,
}

/// Something that the loop wants done; none of it is awaited.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Poll a source now, or all.
    Refresh(Option<SourceId>),
    /// Ask the terminal to tell what the mouse does, or no longer.
    Mouse(bool),
    /// Ask a source. A newer question in the same place cancels the older.
    Ask {
        /// Which question in its place; the answer comes back with it.
        id: u64,
        /// What is asked.
        ask: Ask,
    },
    /// The question in this place is no longer of interest.
    Forget(Slot),
    /// Do something on a server; never under `--read-only`.
    Call {
        /// Which call; what came of it comes back with it.
        id: u64,
        /// What is to be done.
        deed: Deed,
    },
    /// Find what is to be found anew: more than a key may wait for.
    Compute(Box<Relating>),
    /// Write down what of these response clocks is not yet.
    KeepClocks(Clocks),
    /// Write down what was asked for by name, the newest first.
    KeepRecent(Vec<String>),
    /// Write down that a restore was tried.
    KeepDrill(Drill),
    /// Write down a drill on the demo lab.
    KeepExercise(Exercised),
    /// Write down that a routine was worked through.
    KeepRoutine(Done),
    /// Write down a time in which maintenance was planned.
    KeepMaintained(Window),
    /// Write down that somebody looked at what had happened.
    KeepLooked(Looked),
    /// Write down a place that the operator gave a name.
    KeepBookmark(Bookmark),
    /// Write down no more the place of this name.
    ForgetBookmark(String),
    /// Write down how the lab came up.
    KeepBoot(Boot),
    /// Remember a query for another day.
    KeepQuery(String),
    /// Write lines into a file.
    Save(Export),
    /// Stop writing; an unfinished file goes.
    StopSaving,
    /// Trust a runbook as it was shown: its file, and SHA-256 of its bytes.
    Trust {
        /// The file.
        file: String,
        /// What was shown.
        sha256: String,
    },
    /// Say what was recorded of this incident before.
    Recall(String),
    /// Say what was recorded of all incidents, by whomever.
    RecallAll,
    /// Add these lines to the record of their incidents, and wait until the disk has them.
    Record(Vec<Entry>),
    /// Keep the report of an incident beside its record.
    Report {
        /// Which incident.
        incident: String,
        /// The report, as Markdown.
        text: String,
    },
    /// Say what the journal tells.
    ReadJournal,
    /// Say what the journal tells of lately, if there is one.
    ReadPast,
    /// Run what was confirmed.
    Run {
        /// Which; what is heard of it comes back with it.
        id: u64,
        /// What.
        order: Arc<Order>,
    },
    /// The same, with the terminal handed over to it.
    HandOver {
        /// Which.
        id: u64,
        /// What.
        order: Arc<Order>,
    },
    /// Put what was confirmed on the prompt of a login in a window of tmux.
    Place(Arc<Order>),
    /// Stop a run, here and where it runs.
    Stop(u64),
    /// Put a text on the clipboard of the operator's terminal.
    Copy(String),
    /// Tell the operator of something new, though they look elsewhere.
    Ring {
        /// What, in a few words.
        text: String,
        /// In which way.
        how: Notify,
    },
    /// Do this with the recording that is played.
    Replay(Control),
    /// Give the terminal back to the shell until the operator returns.
    Suspend,
    /// Read the config again.
    Reload,
    /// Show this site alone, or all of them.
    Site(Option<Arc<str>>),
    /// Leave.
    Quit,
}
