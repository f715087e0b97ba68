//! What lies over the panes: a stack. A key goes from the top down until a layer takes it.

pub mod annotate;
pub mod choose;
mod chores;
pub mod compose;
pub mod confirm;
pub mod deeds;
pub mod dialogue;
pub mod entry;
pub mod help;
pub mod history;
pub mod incidents;
pub mod journal;
pub mod maintenance;
pub mod menu;
pub mod output;
pub mod overview;
pub mod palette;
pub mod preview;
pub mod prompt;
pub mod routines;
pub mod sheet;
pub mod trust;

use crokey::KeyCombination;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::scene::Scene;
use super::widgets::prose::Scroll;
use crate::action::Action;
use crate::clock::Now;
use crate::domain::deed::{Deed, Receipt};
use crate::domain::drill::Drill;
use crate::domain::feed::Failure;
use crate::domain::question::Ask;
use crate::domain::routine::Done;
use crate::domain::run::Order;
use crate::domain::subject::Subject;
use crate::keymap::Context;
use crate::runbooks::session::Cause;

/// What a layer did with a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is for what lies below.
    Pass,
    /// Taken.
    Stay,
    /// Taken, and the layer is done.
    Close,
    /// The text typed so far has changed: what lies below is filtered or searched by it.
    Typed(String),
    /// A line was typed and is taken; the layer is done.
    Entered(entry::Purpose, String),
    /// This was asked for by name, with this line; the layer is done.
    Ordered(String, crate::ui::palette::Order),
    /// Taken, the layer is done, and this is done with an incident.
    Incident(incidents::Step, incidents::Meant),
    /// Do this on a server. The layer stays until it hears what came of it.
    Call(Deed),
    /// The typing was given up: what lies below is as it was without it.
    GivenUp,
    /// Taken, the layer is done, and the pane below is filtered by this.
    Filtered(String),
    /// Taken, the layer is done, and the rows of the pane below are grouped by this label.
    Grouped(String),
    /// Taken, the layer is done, and this procedure is opened.
    Chosen {
        /// The file of its runbook.
        file: String,
        /// Its anchor.
        procedure: String,
        /// What it is opened for.
        cause: Box<Cause>,
    },
    /// Taken, the layer is done, and this file is trusted as it was shown.
    Trusted {
        /// The file.
        file: String,
        /// SHA-256 of what was shown.
        sha256: String,
    },
    /// The layer is done: a restore was tried.
    Drilled(Drill),
    /// The layer is done: a routine was worked through.
    Worked(Done),
    /// Taken; have all that is measured looked at again.
    Look,
    /// The layer is done, and the detail of this takes its place.
    Show(Subject),
    /// Taken; put this on the clipboard.
    Copy(String),
    /// Taken, the layer is done, and this is run.
    Run(Box<Order>),
    /// Taken, the layer is done, and this, which ran before, is run once more.
    Again(Box<Order>),
    /// Taken; this run is stopped.
    Stop(u64),
    /// Taken; this run is to be done again with the terminal handed over.
    HandOver(u64),
    /// Taken; the command of this run is put on a prompt in tmux.
    Place(u64),
    /// Taken; a mark of this run is to be left in a Grafana.
    Annotate(u64),
}

impl Outcome {
    /// Whether the layer is done with it.
    pub const fn ends_layer(&self) -> bool {
        !matches!(
            self,
            Self::Pass
                | Self::Stay
                | Self::Typed(_)
                | Self::Call(_)
                | Self::Copy(_)
                | Self::Stop(_)
                | Self::HandOver(_)
                | Self::Place(_)
                | Self::Annotate(_)
                | Self::Look
        )
    }
}

/// Something over the panes.
pub trait Layer {
    /// Which keys it knows.
    fn context(&self) -> Context;

    /// It is so late: said before each key.
    fn at(&mut self, _now: Now) {}

    /// Takes a key, and what the keymap says that it does here.
    fn key(&mut self, key: KeyCombination, action: Option<Action>) -> Outcome;

    /// Takes a pasted text; `None` when it takes none.
    fn paste(&mut self, _text: &str) -> Option<Outcome> {
        None
    }

    /// Draws it. `body` is the room of the panes, `footer` the line below.
    fn draw(&mut self, scene: &Scene<'_>, body: Rect, footer: Rect, buffer: &mut Buffer);

    /// What it wants to know beside the feeds. Asked again and again: it must be the same as long as
    /// it is about the same.
    fn wants(&self, _scene: &Scene<'_>) -> Vec<Ask> {
        Vec::new()
    }

    /// Whether it waits to hear what came of a deed.
    fn awaits(&self) -> bool {
        false
    }

    /// Hears what came of the deed that it asked for.
    fn done(&mut self, _result: &Result<Receipt, Failure>) -> Outcome {
        Outcome::Close
    }

    /// The name of the theme in which the screen is to be shown while it lies there.
    fn theme(&self) -> Option<&str> {
        None
    }

    /// Whether it has a line for a shell that can be copied.
    fn has_command(&self) -> bool {
        false
    }

    /// Its text, when it is one that can be searched.
    fn text(&mut self) -> Option<&mut Scroll> {
        None
    }

    /// SHA-256 of what it shows to be confirmed, and how what that is for stood then.
    fn shows(&self) -> Option<(&str, &str)> {
        None
    }

    /// What it is about.
    fn subject(&self) -> Option<&Subject> {
        None
    }
}
