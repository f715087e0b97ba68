//! A command that is shown and may be run: the whole of it above, and below what has to be pressed.

use std::time::Duration;

use crokey::{KeyCombination, OneToThree};
use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::preview::Preview;
use super::{Layer, Outcome};
use crate::action::Action;
use crate::clock::Now;
use crate::domain::run::Order;
use crate::keymap::Context;
use crate::runbooks::danger::Level;
use crate::runbooks::gate::{Demand, Gate, Key, Step};
use crate::ui::panes::runbook::level_role;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::paint::{blank, put_pieces};
use crate::ui::widgets::prose::Scroll;

/// So many lines are kept for what has to be pressed.
const STRIP: u16 = 3;

/// The layer.
#[derive(Debug)]
pub struct Confirm {
    preview: Preview,
    order: Order,
    level: Level,
    gate: Gate,
    now: Duration,
    /// It ran before.
    is_again: bool,
    /// How what it is for stood when it was shown.
    cause: String,
}

impl Confirm {
    /// A command, as `preview` shows it. `None` when it is never run. `is_unrecorded`: what is done
    /// cannot be written down.
    pub fn new(preview: Preview, order: Order, level: Level, is_unrecorded: bool, now: Now) -> Option<Self> {
        let gate = Gate::new(level, &order.host, is_unrecorded, Some(Key::Enter), now.mono)?;
        let order = Order { is_unrecorded, ..order };
        let cause = String::new();
        Some(Self { preview, order, level, gate, now: now.mono, is_again: false, cause })
    }

    /// The same, for something that stands like this: should that change, it is shown anew.
    #[must_use]
    pub fn because(self, cause: String) -> Self {
        Self { cause, ..self }
    }

    /// A command that ran before, and may have changed something.
    pub fn again(order: Order, is_unrecorded: bool, now: Now) -> Option<Self> {
        let level = Level::named(&order.level)?;
        let confirm = Self::new(Preview::again(&order, level), order, level, is_unrecorded, now)?;
        Some(Self { is_again: true, ..confirm })
    }

    /// The same for what it has become: nothing that was pressed counts any more.
    pub fn renewed(
        preview: Preview,
        order: Order,
        level: Level,
        is_unrecorded: bool,
        now: Now,
    ) -> Option<Self> {
        let mut fresh = Self::new(preview, order, level, is_unrecorded, now)?;
        fresh.gate.renew(now.mono);
        Some(fresh)
    }

    fn press(&mut self, key: Key) -> Outcome {
        match self.gate.press(key, self.now) {
            Step::Wait => Outcome::Stay,
            Step::GiveUp => Outcome::Close,
            Step::Go(how) if self.is_again => {
                let how = format!("{}, {how}", self.order.how);
                Outcome::Again(Box::new(Order { how, ..self.order.clone() }))
            }
            Step::Go(how) => Outcome::Run(Box::new(Order { how, ..self.order.clone() })),
        }
    }

    /// What has to be pressed, and why the last key did not count.
    fn strip(&self) -> Vec<Piece> {
        let role = level_role(self.level);
        let here = self.order.host == "localhost";
        let place = if here { "this machine".to_owned() } else { self.order.host.clone() };
        let mut pieces = vec![piece(format!(" {} on {place} ", self.level.name()), role)];
        match self.gate.demand() {
            Some(Demand::Press(key)) => {
                let name = match key {
                    Key::Char(char) => char.to_string(),
                    _ => "Enter".to_owned(),
                };
                pieces.extend([piece(name, Role::Key), piece(" runs it", Role::Text)]);
            }
            Some(Demand::Type(word)) => pieces.extend([
                piece("type ", Role::Text),
                piece(word.clone(), role),
                piece(" and Enter: ", Role::Text),
                piece(format!("{}▏", self.gate.typed()), Role::Accent),
            ]),
            None => {}
        }
        if matches!(self.order.provenance.as_str(), "inherited" | "inferred" | "target") {
            pieces.push(piece("  the host is a guess", Role::Warning));
        }
        pieces.extend([piece("  Esc", Role::Key), piece(" does not", Role::Muted)]);
        pieces
    }
}

/// The key, as far as it matters at the gate.
fn key_of(key: KeyCombination) -> Option<Key> {
    let OneToThree::One(code) = key.codes else { return None };
    if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SUPER) {
        return None;
    }
    match code {
        KeyCode::Enter => Some(Key::Enter),
        KeyCode::Backspace => Some(Key::Backspace),
        KeyCode::Esc => Some(Key::Escape),
        KeyCode::Char(char) => Some(Key::Char(char)),
        _ => None,
    }
}

impl Layer for Confirm {
    fn context(&self) -> Context {
        Context::Gate
    }

    fn at(&mut self, now: Now) {
        self.now = now.mono;
    }

    fn key(&mut self, key: KeyCombination, action: Option<Action>) -> Outcome {
        match action {
            Some(Action::Close) => Outcome::Close,
            Some(Action::Quit) => Outcome::Pass,
            Some(action) => {
                self.preview.scroll(action);
                Outcome::Stay
            }
            None => key_of(key).map_or(Outcome::Stay, |key| self.press(key)),
        }
    }

    fn paste(&mut self, _text: &str) -> Option<Outcome> {
        self.gate.pasted();
        Some(Outcome::Stay)
    }

    fn draw(&mut self, scene: &Scene<'_>, body: Rect, footer: Rect, buffer: &mut Buffer) {
        let strip = STRIP.min(body.height / 2);
        let above = Rect { height: body.height - strip, ..body };
        let below = Rect { y: above.bottom(), height: strip, ..body };
        self.preview.draw(scene, above, footer, buffer);
        blank(buffer, below, scene);
        let lines = [
            self.strip(),
            self.gate.reason.map(|why| vec![piece(format!(" {why}"), Role::Warning)]).unwrap_or_default(),
        ];
        for (y, line) in (below.top()..below.bottom()).zip(&lines) {
            put_pieces(buffer, (below.x, y), line, below.width, scene);
        }
    }

    fn text(&mut self) -> Option<&mut Scroll> {
        None
    }

    fn shows(&self) -> Option<(&str, &str)> {
        (!self.is_again).then_some((self.order.confirmed.as_str(), self.cause.as_str()))
    }
}
