//! What a pane sees when it is asked to act or to draw.

use chrono::{DateTime, Utc};
use ratatui::style::Style;

use super::theme::{Role, Theme};
use super::times::Times;
use crate::clock::Now;
use crate::domain::answers::Answers;
use crate::domain::run::Runs;
use crate::domain::store::Store;
use crate::domain::subject::Subject;
use crate::domain::verdict::Verdict;
use crate::incident::Entry;
use crate::keymap::Keymap;
use crate::link::Links;
use crate::runbooks::desk::Desk;

/// The world as it is drawn, and how.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// What is known.
    pub store: &'a Store,
    /// What it comes to.
    pub verdict: &'a Verdict,
    /// What was asked for what is shown, and answered.
    pub answers: &'a Answers,
    /// The runbooks.
    pub desk: &'a Desk,
    /// What was run here, and runs.
    pub runs: &'a Runs,
    /// The record of the incident for which a procedure is followed.
    pub record: &'a [Entry],
    /// The colours.
    pub theme: &'a Theme,
    /// The keys.
    pub keymap: &'a Keymap,
    /// The addresses that the terminal may open.
    pub links: &'a Links,
    /// How times are shown.
    pub times: Times,
    /// The time of what is known: it stands still while the screen is frozen.
    pub now: Now,
    /// Whether this pane has the focus.
    pub focused: bool,
    /// Whether this pane is what its view is about: it has room, and need not be brief.
    pub whole: bool,
    /// Whether rows must not move now, because the operator has just pressed a key.
    pub held: bool,
    /// What is selected in the first pane of the view.
    pub selected: Option<&'a Subject>,
}

impl Scene<'_> {
    /// How a role looks.
    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// The wall clock.
    pub const fn wall(&self) -> DateTime<Utc> {
        self.now.wall
    }
}

/// A piece of text and what it is there for.
pub type Piece = (String, Role);

/// A piece of text.
pub fn piece(text: impl Into<String>, role: Role) -> Piece {
    (text.into(), role)
}
