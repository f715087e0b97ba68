//! The line on which a filter is typed. What lies below follows every letter.

use crokey::KeyCombination;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tui_input::{Input, InputRequest};

use super::{Layer, Outcome};
use crate::action::Action;
use crate::keymap::Context;
use crate::text;
use crate::ui::census::Census;
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::paint::{blank, put, put_pieces};
use crate::ui::widgets::typing::{request, show};

/// The layer.
#[derive(Debug)]
pub struct Prompt {
    input: Input,
    /// What a word can be completed with.
    census: Census,
    /// What the word could become, and which of these it is now.
    offer: Option<(Vec<String>, usize)>,
}

impl Prompt {
    /// A prompt with what was typed before, and what a word can be completed with.
    pub fn new(text: &str, census: Census) -> Self {
        Self { input: Input::new(text.to_owned()), census, offer: None }
    }

    /// Completes the last word; again, and it becomes the next that it could be.
    fn complete(&mut self) -> Outcome {
        let (choices, at) = match self.offer.take() {
            Some((choices, at)) => {
                let next = (at + 1) % choices.len().max(1);
                (choices, next)
            }
            None => (self.census.complete(self.input.value()), 0),
        };
        let Some(text) = choices.get(at).cloned() else { return Outcome::Stay };
        self.input = Input::new(text.clone());
        // The only name there is: its values come next.
        self.offer = (choices.len() > 1).then_some((choices, at));
        Outcome::Typed(text)
    }

    fn typed(&mut self, request: InputRequest) -> Outcome {
        self.offer = None;
        match self.input.handle(request) {
            Some(changed) if changed.value => Outcome::Typed(self.input.value().to_owned()),
            _ => Outcome::Stay,
        }
    }
}

impl Layer for Prompt {
    fn context(&self) -> Context {
        Context::Prompt
    }

    fn key(&mut self, key: KeyCombination, action: Option<Action>) -> Outcome {
        match action {
            Some(Action::Accept) => Outcome::Close,
            Some(Action::Close) => Outcome::GivenUp,
            Some(Action::Complete) => self.complete(),
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

    fn draw(&mut self, scene: &Scene<'_>, body: Rect, footer: Rect, buffer: &mut Buffer) {
        blank(buffer, footer, scene);
        self.draw_offer(scene, body, buffer);
        // What is found, or what is wrong, stands on the right.
        let room = (footer.width / 2).max(footer.width.min(20));
        let lead = put(buffer, (footer.x, footer.y), " / ", room, scene.style(Role::Accent));
        if footer.width >= 80 && self.census.rows() > 0 {
            let hint = "Tab completes";
            put(buffer, (footer.x + room, footer.y), hint, footer.width - room, scene.style(Role::Muted));
        }
        show(&self.input, (footer.x + lead, footer.y), room - lead, true, scene, buffer);
    }
}

impl Prompt {
    /// What the word could become, on the last line of the panes.
    fn draw_offer(&self, scene: &Scene<'_>, body: Rect, buffer: &mut Buffer) {
        let Some((choices, at)) = self.offer.as_ref().filter(|_| body.height > 3) else { return };
        let line = Rect { y: body.bottom() - 1, height: 1, ..body };
        blank(buffer, line, scene);
        let word = |text: &str| text.rsplit_once(' ').map_or(text, |(_, word)| word).to_owned();
        let pieces: Vec<_> = choices
            .iter()
            .enumerate()
            .skip(*at)
            .flat_map(|(have, text)| {
                let role = if have == *at { Role::Accent } else { Role::Muted };
                [piece(word(text), role), piece("  ", Role::Muted)]
            })
            .collect();
        put_pieces(buffer, (line.x + 1, line.y), &pieces, line.width.saturating_sub(2), scene);
    }
}
