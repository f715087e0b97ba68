//! What can be done for an alert's logs while Loki is down: its host's own journal, by a command that
//! is shown as it would run.

use crokey::KeyCombination;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::sheet::{draw_lines, over};
use super::{Layer, Outcome};
use crate::action::Action;
use crate::domain::log::journal::Journal;
use crate::keymap::Context;
use crate::runbooks::actions;
use crate::runbooks::session::Cause;
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::prose::{Prose, Scroll, lay_out};

/// How wide the box is where there is room.
const WIDTH: u16 = 94;

/// The layer.
#[derive(Debug)]
pub struct Offer {
    command: String,
    /// The procedure of one command that runs it, and what for.
    procedure: String,
    cause: Cause,
    about: Vec<Prose>,
    scroll: Scroll,
}

impl Offer {
    /// Offers a journal in place of a Loki that does not answer, and why it does not.
    pub fn new(journal: &Journal, why: &str, procedure: String, cause: Cause) -> Self {
        let about = vec![
            Prose::Line(vec![piece(format!("Loki does not answer: {why}"), Role::Warning)]),
            Prose::Blank,
            Prose::plain(format!(
                "On the host itself the journal of {} can be read. This changes nothing there (L0):",
                journal.whose()
            )),
            Prose::Blank,
            Prose::Line(vec![piece(journal.line(), Role::Accent)]),
            Prose::Blank,
            Prose::Line(vec![piece("Enter opens it to be run from here, y copies it", Role::Muted)]),
        ];
        Self { command: journal.line(), procedure, cause, about, scroll: Scroll::default() }
    }
}

impl Layer for Offer {
    fn context(&self) -> Context {
        Context::Detail
    }

    fn key(&mut self, key: KeyCombination, action: Option<Action>) -> Outcome {
        match action {
            _ if key == crokey::key!(enter) => Outcome::Chosen {
                file: actions::JOURNAL.to_owned(),
                procedure: self.procedure.clone(),
                cause: Box::new(self.cause.clone()),
            },
            Some(Action::Quit) => Outcome::Pass,
            Some(Action::Close) => Outcome::Close,
            Some(Action::Copy) => Outcome::Copy(self.command.clone()),
            Some(action) => {
                self.scroll.act(action);
                Outcome::Stay
            }
            None => Outcome::Stay,
        }
    }

    fn has_command(&self) -> bool {
        true
    }

    fn draw(&mut self, scene: &Scene<'_>, body: Rect, _footer: Rect, buffer: &mut Buffer) {
        let inner = over(body, WIDTH, 0).width.saturating_sub(4);
        let lines = lay_out(&self.about, inner);
        let area = over(body, WIDTH, u16::try_from(lines.len()).unwrap_or(u16::MAX));
        draw_lines(Title::new("Logs on the host"), &lines, &mut self.scroll, scene, area, buffer);
    }
}
