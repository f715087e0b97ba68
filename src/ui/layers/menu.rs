//! What can be done to one thing: a list from which something is chosen, and the dialogue before it
//! is done.

use crokey::KeyCombination;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::dialogue::Dialogue;
use super::sheet::{draw_lines, over};
use super::{Layer, Outcome};
use crate::action::Action;
use crate::domain::deed::Receipt;
use crate::domain::feed::Failure;
use crate::keymap::Context;
use crate::text;
use crate::ui::glyphs;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::prose::Scroll;

/// How wide the box is where there is room.
const WIDTH: u16 = 84;

/// Something that can be done.
#[derive(Debug)]
pub struct Choice {
    /// What.
    pub name: String,
    /// What is worth knowing before it is chosen: when it ran last, why it cannot be done now.
    pub note: String,
    /// What asks for a confirmation; `None` when it cannot be done now.
    pub dialogue: Option<Dialogue>,
}

/// The layer.
#[derive(Debug)]
pub struct Menu {
    title: String,
    choices: Vec<Choice>,
    at: usize,
    chosen: bool,
    scroll: Scroll,
}

impl Menu {
    /// A menu of these.
    pub fn new(title: String, choices: Vec<Choice>) -> Self {
        Self { title, choices, at: 0, chosen: false, scroll: Scroll::default() }
    }

    /// The dialogue of what was chosen.
    fn dialogue(&mut self) -> Option<&mut Dialogue> {
        self.choices.get_mut(self.at).filter(|_| self.chosen)?.dialogue.as_mut()
    }

    fn lines(&self, cells: usize) -> Vec<Vec<Piece>> {
        let widest = self.choices.iter().map(|choice| text::width(&choice.name)).max().unwrap_or(0);
        let line = |(at, choice): (usize, &Choice)| {
            let own = at == self.at;
            let role = match (&choice.dialogue, own) {
                (None, _) => Role::Muted,
                (Some(_), true) => Role::Selection,
                (Some(_), false) => Role::Text,
            };
            let room = widest.min(cells.saturating_sub(4));
            let name = text::truncate(&choice.name, room);
            let pad = " ".repeat(room.saturating_sub(text::width(&name)) + 2);
            let left = cells.saturating_sub(room + 4);
            vec![
                piece(if own { glyphs::BAR } else { " " }, Role::Accent),
                piece(format!(" {name}"), role),
                piece(pad, Role::Text),
                piece(text::truncate(&choice.note, left).into_owned(), Role::Muted),
            ]
        };
        self.choices.iter().enumerate().map(line).collect()
    }
}

impl Layer for Menu {
    fn context(&self) -> Context {
        let chosen = self.choices.get(self.at).filter(|_| self.chosen);
        chosen.and_then(|choice| choice.dialogue.as_ref()).map_or(Context::Menu, Layer::context)
    }

    fn key(&mut self, key: KeyCombination, action: Option<Action>) -> Outcome {
        if let Some(dialogue) = self.dialogue() {
            let outcome = dialogue.key(key, action);
            if outcome != Outcome::Close {
                return outcome;
            }
            // Given up: back to the choice.
            self.chosen = false;
            return Outcome::Stay;
        }
        let last = self.choices.len().saturating_sub(1);
        self.at = match action {
            Some(Action::Close | Action::Actions) => return Outcome::Close,
            Some(Action::Open | Action::Accept) => {
                self.chosen = self.choices.get(self.at).is_some_and(|choice| choice.dialogue.is_some());
                return Outcome::Stay;
            }
            Some(Action::Down) => self.at + 1,
            Some(Action::Up) => self.at.saturating_sub(1),
            Some(Action::Top | Action::PageUp | Action::HalfUp) => 0,
            Some(Action::Bottom | Action::PageDown | Action::HalfDown) => last,
            _ => return Outcome::Pass,
        }
        .min(last);
        Outcome::Stay
    }

    fn draw(&mut self, scene: &Scene<'_>, body: Rect, footer: Rect, buffer: &mut Buffer) {
        if let Some(dialogue) = self.dialogue() {
            return dialogue.draw(scene, body, footer, buffer);
        }
        let width = over(body, WIDTH, 0).width;
        let lines = self.lines(usize::from(width.saturating_sub(4)));
        let area = over(body, WIDTH, u16::try_from(lines.len()).unwrap_or(u16::MAX));
        let page = usize::from(area.height.saturating_sub(2)).max(1);
        if self.at < self.scroll.top {
            self.scroll.top = self.at;
        } else if self.at >= self.scroll.top + page {
            self.scroll.top = self.at + 1 - page;
        }
        draw_lines(Title::new(self.title.clone()), &lines, &mut self.scroll, scene, area, buffer);
    }

    fn awaits(&self) -> bool {
        let chosen = self.choices.get(self.at).filter(|_| self.chosen);
        chosen.and_then(|choice| choice.dialogue.as_ref()).is_some_and(Layer::awaits)
    }

    fn done(&mut self, result: &Result<Receipt, Failure>) -> Outcome {
        self.dialogue().map_or(Outcome::Close, |dialogue| dialogue.done(result))
    }
}
