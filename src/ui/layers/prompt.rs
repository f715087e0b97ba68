//! The line on which a filter is typed. What lies below follows every letter.

use crokey::{KeyCombination, OneToThree};
use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tui_input::{Input, InputRequest};

use super::{Layer, Outcome};
use crate::action::Action;
use crate::keymap::Context;
use crate::text;
use crate::ui::scene::Scene;
use crate::ui::theme::Role;
use crate::ui::widgets::paint::{blank, put};

/// The layer.
#[derive(Debug)]
pub struct Prompt {
    input: Input,
}

impl Prompt {
    /// A prompt with what was typed before.
    pub fn new(text: &str) -> Self {
        Self { input: Input::new(text.to_owned()) }
    }

    fn typed(&mut self, request: InputRequest) -> Outcome {
        match self.input.handle(request) {
            Some(changed) if changed.value => Outcome::Typed(self.input.value().to_owned()),
            _ => Outcome::Stay,
        }
    }
}

/// What a key does to the line.
pub(super) fn request(key: KeyCombination) -> Option<InputRequest> {
    let OneToThree::One(code) = key.codes else { return None };
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    Some(match code {
        KeyCode::Char('a') if control => InputRequest::GoToStart,
        KeyCode::Char('e') if control => InputRequest::GoToEnd,
        KeyCode::Char('u') if control => InputRequest::DeleteFromStart,
        KeyCode::Char('k') if control => InputRequest::DeleteTillEnd,
        KeyCode::Char('w') if control => InputRequest::DeletePrevWord,
        KeyCode::Char(_) if control || alt => return None,
        KeyCode::Char(char) => InputRequest::InsertChar(char),
        KeyCode::Backspace if alt => InputRequest::DeletePrevWord,
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Left if control || alt => InputRequest::GoToPrevWord,
        KeyCode::Right if control || alt => InputRequest::GoToNextWord,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right => InputRequest::GoToNextChar,
        KeyCode::Home => InputRequest::GoToStart,
        KeyCode::End => InputRequest::GoToEnd,
        _ => return None,
    })
}

impl Layer for Prompt {
    fn context(&self) -> Context {
        Context::Prompt
    }

    fn key(&mut self, key: KeyCombination, action: Option<Action>) -> Outcome {
        match action {
            Some(Action::Accept) => Outcome::Close,
            Some(Action::Close) => Outcome::GivenUp,
            Some(_) => Outcome::Pass,
            None => match request(key) {
                // On an empty line Backspace takes the prompt itself away.
                Some(InputRequest::DeletePrevChar) if self.input.value().is_empty() => Outcome::GivenUp,
                Some(request) => self.typed(request),
                None => Outcome::Stay,
            },
        }
    }

    fn paste(&mut self, text: &str) -> Option<Outcome> {
        for char in text::sanitise(text).chars() {
            self.input.handle(InputRequest::InsertChar(char));
        }
        Some(Outcome::Typed(self.input.value().to_owned()))
    }

    fn draw(&mut self, scene: &Scene<'_>, _body: Rect, footer: Rect, buffer: &mut Buffer) {
        blank(buffer, footer, scene);
        // What is found, or what is wrong, stands on the right.
        let room = (footer.width / 2).max(footer.width.min(20));
        let lead = put(buffer, (footer.x, footer.y), " / ", room, scene.style(Role::Accent));
        let cells = usize::from(room - lead);
        let scroll = self.input.visual_scroll(cells.saturating_sub(1));
        let mut skipped = 0;
        let shown: String = self
            .input
            .value()
            .chars()
            .skip_while(|char| {
                let skip = skipped < scroll;
                skipped += unicode_width::UnicodeWidthChar::width(*char).unwrap_or(0);
                skip
            })
            .collect();
        let at = (footer.x + lead, footer.y);
        put(buffer, at, &shown, room - lead, scene.style(Role::Text));
        let cursor = u16::try_from(self.input.visual_cursor().saturating_sub(scroll)).unwrap_or(0);
        if cursor < room - lead {
            let style = scene.style(Role::Accent).add_modifier(ratatui::style::Modifier::REVERSED);
            buffer.set_style(Rect::new(at.0 + cursor, at.1, 1, 1).intersection(buffer.area), style);
        }
    }
}
