//! What was not on the screen is not confirmed: keys may come faster than frames, out of a held key, a
//! slow line or a terminal that pastes without saying so, and a screen may be too small to show a thing.

use ratatui::layout::Rect;

use super::App;
use crate::action::Action;
use crate::keymap::Context;

/// A body below this shows too little of what would be done.
const LEAST: (u16, u16) = (20, 4);

/// What was on the screen when it was last drawn.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// How many layers there were, and which keys the one on top took.
    top: Option<(usize, Context)>,
    /// A key was pressed since.
    pressed: bool,
}

impl Seen {
    /// The screen was drawn: so many layers, with this on top, in a body of this size.
    pub(super) const fn draw(&mut self, layers: usize, top: Option<Context>, body: Rect) {
        self.pressed = false;
        self.top = match top {
            Some(context) if body.width >= LEAST.0 && body.height >= LEAST.1 => Some((layers, context)),
            _ => None,
        };
    }

    /// A key is done with.
    pub(super) const fn press(&mut self) {
        self.pressed = true;
    }

    /// Whether a key would confirm what nobody can have seen.
    pub(super) fn is_blind(&self, layers: usize, context: Context, action: Option<Action>) -> bool {
        let is_shown = self.top == Some((layers, context));
        match (context, action) {
            // A command that only reads is run again, with the terminal, by one key at what it said.
            (Context::Confirm, Some(Action::Accept))
            | (Context::Output, Some(Action::HandOver | Action::Place)) => self.pressed || !is_shown,
            // What is typed into a form comes as fast as it likes, once the form is there.
            (Context::Form, Some(Action::Accept)) | (Context::Gate, None) => !is_shown,
            _ => false,
        }
    }
}

impl App {
    /// Whether the screen would look different if it were drawn again.
    pub const fn is_dirty(&self) -> bool {
        self.dirty
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_confirmed_that_was_not_drawn() {
        let (roomy, tiny) = (Rect::new(0, 0, 80, 20), Rect::new(0, 0, 19, 20));
        let accept = Some(Action::Accept);
        let mut seen = Seen::default();
        assert!(seen.is_blind(1, Context::Confirm, accept), "nothing was drawn yet");
        seen.draw(1, Some(Context::Form), roomy);
        assert!(!seen.is_blind(1, Context::Form, accept));
        assert!(seen.is_blind(1, Context::Confirm, accept), "it was a form then");
        assert!(seen.is_blind(2, Context::Form, accept), "there is another on top");
        seen.draw(1, Some(Context::Confirm), roomy);
        assert!(!seen.is_blind(1, Context::Confirm, accept));
        seen.press();
        assert!(seen.is_blind(1, Context::Confirm, accept), "a key before may have changed what is shown");
        assert!(!seen.is_blind(1, Context::Confirm, Some(Action::Close)), "to give up needs no look");
        let again = Some(Action::HandOver);
        seen.draw(1, Some(Context::Output), tiny);
        assert!(seen.is_blind(1, Context::Output, again), "nobody was asked for a terminal");
        seen.draw(1, Some(Context::Output), roomy);
        assert!(!seen.is_blind(1, Context::Output, again));
        seen.draw(1, Some(Context::Gate), tiny);
        assert!(seen.is_blind(1, Context::Gate, None), "too small to be read");
        seen.draw(1, Some(Context::Gate), roomy);
        seen.press();
        assert!(!seen.is_blind(1, Context::Gate, None), "a word is typed key by key");
    }
}
