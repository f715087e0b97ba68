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
    about: Vec<Prose>,
    scroll: Scroll,
}

impl Offer {
    /// Offers a journal in place of a Loki that does not answer, and why it does not.
    pub fn new(journal: &Journal, why: &str) -> Self {
        let whose = journal.unit.as_ref().map_or_else(
            || format!("the journal of {}", journal.host),
            |unit| format!("the journal of {unit} on {}", journal.host),
        );
        let about = vec![
            Prose::Line(vec![piece(format!("Loki does not answer: {why}"), Role::Warning)]),
            Prose::Blank,
            Prose::plain(format!("On the host itself {whose} can be read. This changes nothing there (L0):")),
            Prose::Blank,
            Prose::Line(vec![piece(journal.line(), Role::Accent)]),
        ];
        Self { command: journal.line(), about, scroll: Scroll::default() }
    }
}

impl Layer for Offer {
    fn context(&self) -> Context {
        Context::Detail
    }

    fn key(&mut self, _key: KeyCombination, action: Option<Action>) -> Outcome {
        match action {
            Some(Action::Quit) => Outcome::Pass,
            Some(Action::Close) => Outcome::Close,
            Some(Action::Open | Action::Copy) => Outcome::Copy(self.command.clone()),
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
