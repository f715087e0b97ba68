//! Fields that are filled in one below the other: each a line that is typed, with what is wrong with
//! it beside it. Nothing that was typed is ever lost by a fault.

use crokey::KeyCombination;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tui_input::{Input, InputRequest};

use super::paint::put;
use super::typing::{request, show};
use crate::action::Action;
use crate::text;
use crate::ui::glyphs;
use crate::ui::scene::Scene;
use crate::ui::theme::Role;

/// The labels take so many cells at least, so that what stands below a form can be aligned with it.
const LABEL: u16 = 9;

/// A line to fill in.
#[derive(Debug)]
pub struct Field {
    /// What stands before it.
    pub label: &'static str,
    input: Input,
    /// Values that are offered, one after the other.
    offers: Vec<String>,
    /// What is wrong with it.
    pub fault: Option<String>,
    /// What to write, while it is empty.
    pub hint: &'static str,
}

impl Field {
    /// A field with a value.
    pub fn new(label: &'static str, value: impl Into<String>) -> Self {
        Self { label, input: Input::new(value.into()), offers: Vec::new(), fault: None, hint: "" }
    }

    /// What to write, while it is empty.
    #[must_use]
    pub const fn hint(mut self, hint: &'static str) -> Self {
        self.hint = hint;
        self
    }

    /// Values that are offered, one after the other.
    #[must_use]
    pub fn offers(mut self, offers: impl IntoIterator<Item = String>) -> Self {
        self.offers = offers.into_iter().collect();
        self
    }

    /// What was typed.
    pub fn value(&self) -> &str {
        self.input.value()
    }

    /// Puts another value in its place.
    pub fn set(&mut self, value: impl Into<String>) {
        self.input = Input::new(value.into());
        self.fault = None;
    }

    /// The next of the offered values; after the last one the first.
    fn another(&mut self) -> bool {
        let at = self.offers.iter().position(|offer| offer == self.value());
        let next = at.map_or(0, |at| (at + 1) % self.offers.len().max(1));
        let Some(value) = self.offers.get(next).cloned() else { return false };
        self.set(value);
        true
    }
}

/// What a key did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// It is for somebody else.
    Pass,
    /// The cursor moved.
    Moved,
    /// A value changed.
    Changed,
    /// The operator is done.
    Done,
}

/// Fields, and in which of them one is.
#[derive(Debug, Default)]
pub struct Form {
    /// Top to bottom.
    pub fields: Vec<Field>,
    at: usize,
    top: usize,
}

impl Form {
    /// A form; the first empty field has the cursor, since the rest is prefilled.
    pub fn new(fields: Vec<Field>) -> Self {
        let at =
            fields.iter().position(|field| field.value().is_empty() && field.hint.is_empty()).unwrap_or(0);
        Self { fields, at, top: 0 }
    }

    /// Which field has the cursor.
    pub const fn at(&self) -> usize {
        self.at
    }

    /// Puts the cursor into a field.
    pub fn go(&mut self, at: usize) {
        self.at = at.min(self.fields.len().saturating_sub(1));
    }

    /// Goes to the first field that has a fault; `false` when none has.
    pub fn go_to_fault(&mut self) -> bool {
        let fault = self.fields.iter().position(|field| field.fault.is_some());
        if let Some(at) = fault {
            self.at = at;
        }
        fault.is_some()
    }

    /// Takes a key, and what the keymap says that it does in a form.
    pub fn key(&mut self, key: KeyCombination, action: Option<Action>) -> Filled {
        let last = self.fields.len().saturating_sub(1);
        match action {
            Some(Action::NextField) => self.at = if self.at >= last { 0 } else { self.at + 1 },
            Some(Action::PreviousField) => self.at = self.at.checked_sub(1).unwrap_or(last),
            Some(Action::Another) => {
                let changed = self.fields.get_mut(self.at).is_some_and(Field::another);
                return if changed { Filled::Changed } else { Filled::Moved };
            }
            Some(Action::Accept) => return Filled::Done,
            Some(_) => return Filled::Pass,
            None => return request(key).map_or(Filled::Moved, |request| self.typed(request)),
        }
        Filled::Moved
    }

    fn typed(&mut self, request: InputRequest) -> Filled {
        let Some(field) = self.fields.get_mut(self.at) else { return Filled::Pass };
        match field.input.handle(request) {
            Some(change) if change.value => {
                field.fault = None;
                Filled::Changed
            }
            _ => Filled::Moved,
        }
    }

    /// Takes a pasted text into the field with the cursor.
    pub fn paste(&mut self, pasted: &str) {
        for char in text::sanitise(pasted).chars() {
            self.typed(InputRequest::InsertChar(char));
        }
    }

    /// How many lines it takes: faults stand below their fields.
    pub fn height(&self) -> u16 {
        let lines = self.fields.len() + self.fields.iter().filter(|field| field.fault.is_some()).count();
        u16::try_from(lines).unwrap_or(u16::MAX)
    }

    /// Draws the fields that fit, the one with the cursor among them.
    pub fn draw(&mut self, area: Rect, scene: &Scene<'_>, buffer: &mut Buffer) {
        let area = area.intersection(buffer.area);
        if area.is_empty() {
            return;
        }
        let label = self.fields.iter().map(|field| text::width(field.label)).max().unwrap_or(0);
        let label = u16::try_from(label).unwrap_or(0).max(LABEL).min(area.width / 2);
        let room = usize::from(area.height);
        if self.at < self.top {
            self.top = self.at;
        }
        // A fault below the cursor is to be seen too.
        let lines = |field: &Field| 1 + usize::from(field.fault.is_some());
        let needed = |from: usize| -> usize {
            self.fields.iter().skip(from).take(self.at + 1 - from).map(lines).sum()
        };
        while self.top < self.at && needed(self.top) > room {
            self.top += 1;
        }
        let mut y = area.y;
        let mut before = "";
        for (at, field) in self.fields.iter().enumerate().skip(self.top) {
            if y >= area.bottom() {
                break;
            }
            let focused = at == self.at;
            if focused {
                put(buffer, (area.x, y), glyphs::BAR, 1, scene.style(Role::Accent));
            }
            // Alike fields below each other are named once.
            if field.label != before || at == self.top {
                let role = if focused { Role::Accent } else { Role::Muted };
                put(buffer, (area.x + 2, y), field.label, label, scene.style(role));
            }
            before = field.label;
            let x = area.x + 2 + label + 2;
            let cells = area.right().saturating_sub(x);
            if field.value().is_empty() {
                let lead = u16::from(focused);
                put(buffer, (x + lead, y), field.hint, cells.saturating_sub(lead), scene.style(Role::Muted));
            }
            if cells > 0 && (focused || !field.value().is_empty()) {
                show(&field.input, (x, y), cells, focused, scene, buffer);
            }
            y += 1;
            if let Some(fault) = field.fault.as_ref().filter(|_| y < area.bottom()) {
                let told = format!("{} {fault}", glyphs::FAILED);
                put(buffer, (x, y), &told, cells, scene.style(Role::Critical));
                y += 1;
            }
        }
    }
}
