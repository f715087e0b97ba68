//! A command before anything is done with it: its host, its text to the last byte, the words that
//! would be executed, what it asks for, and beside it what must never be done.

use crokey::KeyCombination;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::sheet::draw_sheet;
use super::{Layer, Outcome};
use crate::action::Action;
use crate::keymap::Context;
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
    group: Planned,
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
        Self { group: group.clone(), told, scroll: Scroll::default() }
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
            Some(Action::Copy) => self.group.filled.clone().map_or(Outcome::Stay, Outcome::Copy),
            Some(action) if self.scroll.act(action) => Outcome::Stay,
            _ => Outcome::Pass,
        }
    }

    fn draw(&mut self, scene: &Scene<'_>, body: Rect, _footer: Rect, buffer: &mut Buffer) {
        let level = self.group.danger.level;
        let counts = vec![piece(level.name(), level_role(level))];
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
