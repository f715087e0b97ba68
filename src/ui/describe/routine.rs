//! A routine: its lines as they are now, and when it was last worked through.

use super::Description;
use crate::domain::health::Health;
use crate::domain::routine::{self, Cadence};
use crate::ui::glyphs;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::prose::Prose;

/// What stands before a line: whether it is so; `is_ticked`: a person says that it is.
pub fn mark(state: Option<Health>, is_ticked: bool) -> Piece {
    let (glyph, role) = match state {
        Some(Health::Ok) => ("✓", Role::Ok),
        Some(Health::Unknown) => (glyphs::UNKNOWN, Role::Unknown),
        Some(_) => (glyphs::FAILED, Role::Critical),
        None if is_ticked => ("✓", Role::Ok),
        None => ("□", Role::Muted),
    };
    piece(format!("{glyph} "), role)
}

pub(super) fn of_routine(routine: Cadence, scene: &Scene<'_>) -> Description {
    let (store, now) = (scene.store, scene.wall());
    let line = |line: &routine::Line| {
        let outcome = routine::look(line, store, now);
        let evidence = piece(format!("  {}", outcome.evidence), Role::Muted);
        Prose::Line(vec![mark(outcome.state, false), piece(line.text, Role::Text), evidence])
    };
    let mut text: Vec<Prose> = routine.lines().iter().map(line).collect();
    let last = routine::last(&store.routines, routine);
    let last = last.map_or_else(
        || "never worked through here".to_owned(),
        |last| format!("{} by {}  {}", scene.times.full(last.at), last.by, last.note),
    );
    text.extend([Prose::Blank, Prose::pair("last", last), Prose::plain("Enter works it through.")]);
    Description { sign: None, name: format!("Routine {routine}"), text }
}
