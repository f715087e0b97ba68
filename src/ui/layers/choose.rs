//! Which of several procedures is meant.

use crokey::KeyCombination;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::sheet::{draw_lines, over};
use super::{Layer, Outcome};
use crate::action::Action;
use crate::keymap::Context;
use crate::runbooks::model::{Procedure, Runbook};
use crate::runbooks::session::Cause;
use crate::runbooks::shelf::short;
use crate::text::sanitise;
use crate::ui::glyphs;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::prose::Scroll;

/// A procedure that may be meant.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The file of its runbook.
    pub file: String,
    /// Its anchor.
    pub procedure: String,
    /// Why it is offered.
    pub how: &'static str,
    title: String,
    line: usize,
}

impl Choice {
    /// A procedure that is offered for a reason.
    pub fn new(book: &Runbook, procedure: &Procedure, how: &'static str) -> Self {
        Self {
            file: book.path.clone(),
            procedure: procedure.id.clone(),
            how,
            title: sanitise(&procedure.title).into_owned(),
            line: procedure.source_lines.0,
        }
    }
}

/// The layer.
#[derive(Debug)]
pub struct Choose {
    head: &'static str,
    choices: Vec<Choice>,
    cause: Cause,
    at: usize,
    scroll: Scroll,
}

impl Choose {
    /// A choice between procedures, of which one is opened for `cause`.
    pub fn new(head: &'static str, choices: Vec<Choice>, cause: Cause) -> Self {
        Self { head, choices, cause, at: 0, scroll: Scroll::default() }
    }
}

impl Layer for Choose {
    fn context(&self) -> Context {
        Context::Pick
    }

    fn key(&mut self, _key: KeyCombination, action: Option<Action>) -> Outcome {
        let last = self.choices.len().saturating_sub(1);
        match action {
            Some(Action::Down) => self.at = (self.at + 1).min(last),
            Some(Action::Up) => self.at = self.at.saturating_sub(1),
            Some(Action::Top) => self.at = 0,
            Some(Action::Bottom) => self.at = last,
            Some(Action::Close) => return Outcome::Close,
            Some(Action::Open | Action::Accept) => {
                let Some(choice) = self.choices.get(self.at) else { return Outcome::Close };
                return Outcome::Chosen {
                    file: choice.file.clone(),
                    procedure: choice.procedure.clone(),
                    cause: Box::new(self.cause.clone()),
                };
            }
            _ => return Outcome::Pass,
        }
        Outcome::Stay
    }

    fn draw(&mut self, scene: &Scene<'_>, body: Rect, _footer: Rect, buffer: &mut Buffer) {
        let lines: Vec<Vec<Piece>> = self
            .choices
            .iter()
            .enumerate()
            .map(|(at, choice)| {
                let (bar, role) =
                    if at == self.at { (glyphs::BAR, Role::Selection) } else { (" ", Role::Text) };
                vec![
                    piece(bar, Role::Accent),
                    piece(choice.title.clone(), role),
                    piece(format!("  {}:{}  {}", short(&choice.file), choice.line, choice.how), Role::Muted),
                ]
            })
            .collect();
        let area = over(body, 90, u16::try_from(lines.len()).unwrap_or(u16::MAX));
        let room = usize::from(area.height.saturating_sub(2)).max(1);
        self.scroll.top = self.scroll.top.clamp(self.at.saturating_sub(room - 1), self.at);
        draw_lines(Title::new(self.head), &lines, &mut self.scroll, scene, area, buffer);
    }
}
