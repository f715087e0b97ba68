//! A command before anything is done with it: its host, its text to the last byte, the words that
//! would be executed, what it asks for, and beside it what must never be done.

use crokey::KeyCombination;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::sheet::draw_sheet;
use super::{Layer, Outcome};
use crate::action::Action;
use crate::domain::run::Order;
use crate::keymap::Context;
use crate::runbooks::danger::Level;
use crate::runbooks::model::Runbook;
use crate::runbooks::plan::Planned;
use crate::ui::panes::plan::{of_group, unhidden};
use crate::ui::panes::runbook::level_role;
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::prose::{Prose, Scroll};

/// The layer.
#[derive(Debug)]
pub struct Preview {
    level: Level,
    text: Option<String>,
    told: Vec<Prose>,
    scroll: Scroll,
}

impl Preview {
    /// A command of a runbook, and what is to be done before it and is not.
    pub fn new(group: &Planned, book: &Runbook, before: &[String]) -> Self {
        let mut told = of_group(group);
        if let Some(argv) = &group.argv {
            told.extend([Prose::Blank, Prose::Head("Executed, word by word".to_owned())]);
            told.extend(argv.iter().map(|word| Prose::Line(vec![piece(unhidden(word), Role::Text)])));
        }
        if !before.is_empty() {
            told.extend([Prose::Blank, Prose::Head("Before it".to_owned())]);
            let open = before.iter().map(|one| Prose::Line(vec![piece(one.clone(), Role::Warning)]));
            told.extend(open);
        }
        if !book.warnings.is_empty() {
            told.extend([Prose::Blank, Prose::Head("What NOT to do".to_owned())]);
            let never = book.warnings.iter().map(|one| piece(format!("✗ {}", one.text), Role::Warning));
            told.extend(never.map(|never| Prose::Line(vec![never])));
        }
        Self { level: group.danger.level, text: group.filled.clone(), told, scroll: Scroll::default() }
    }

    /// The same, with what bounds it: the programs that it needs, and how long it may take.
    #[must_use]
    pub fn bounded(mut self, order: &Order) -> Self {
        let mut bounds = Vec::new();
        if !order.requires.is_empty() {
            let needs = format!("{}, looked for before it begins", order.requires.join(", "));
            bounds.push(Prose::pair("Needs", needs));
        }
        if let Some(limit) = order.limit {
            let limit = crate::text::span(limit.as_secs_f64());
            bounds.push(Prose::pair("Stops", format!("by itself after {limit}")));
        }
        if !bounds.is_empty() {
            self.told.push(Prose::Blank);
            self.told.extend(bounds);
        }
        self
    }

    /// A command that ran before, and is to run once more.
    pub fn again(order: &Order, level: Level) -> Self {
        let mut told = vec![
            Prose::Line(vec![piece("It ran before and asked for a terminal.", Role::Warning)]),
            Prose::plain("All of it runs once more: what it changed before it asked is changed again."),
            Prose::Blank,
        ];
        let line = |text: &str| Prose::Line(vec![piece(unhidden(text), Role::Accent)]);
        told.extend(order.text.lines().map(line));
        told.extend([Prose::Blank, Prose::Head("Executed, word by word".to_owned())]);
        told.extend(order.argv.iter().map(|word| Prose::Line(vec![piece(unhidden(word), Role::Text)])));
        Self { level, text: Some(order.text.clone()), told, scroll: Scroll::default() }
    }
}

impl Preview {
    /// Moves in the text.
    pub fn scroll(&mut self, action: Action) -> bool {
        self.scroll.act(action)
    }
}

impl Layer for Preview {
    fn context(&self) -> Context {
        Context::Detail
    }

    fn key(&mut self, _key: KeyCombination, action: Option<Action>) -> Outcome {
        match action {
            Some(Action::Close | Action::Open) => Outcome::Close,
            Some(Action::Copy) => self.text.clone().map_or(Outcome::Stay, Outcome::Copy),
            Some(action) if self.scroll.act(action) => Outcome::Stay,
            _ => Outcome::Pass,
        }
    }

    fn draw(&mut self, scene: &Scene<'_>, body: Rect, _footer: Rect, buffer: &mut Buffer) {
        let counts = vec![piece(self.level.name(), level_role(self.level))];
        let title = Title { short: counts.clone(), counts, ..Title::new("Command") };
        draw_sheet(title, &self.told, &mut self.scroll, scene, body, buffer);
    }

    fn has_command(&self) -> bool {
        true
    }

    fn text(&mut self) -> Option<&mut Scroll> {
        Some(&mut self.scroll)
    }
}
