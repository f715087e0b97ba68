//! The detail of what is selected in the first pane of the view.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Pane, draw_lines};
use crate::action::Action;
use crate::domain::feed::SourceKind;
use crate::domain::question::Ask;
use crate::domain::subject::Subject;
use crate::keymap::Context;
use crate::ui::describe::{Place, describe, wants};
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::prose::{Scroll, lay_out, spots};

/// The pane.
#[derive(Debug, Default)]
pub struct Detail {
    scroll: Scroll,
    of: Option<Subject>,
}

impl Pane for Detail {
    fn title(&self, scene: &Scene<'_>) -> Title {
        match scene.selected {
            Some(subject) => describe(subject, Place::Pane, scene).title(),
            None => Title::new("Detail"),
        }
    }

    fn made_of(&self) -> &'static [SourceKind] {
        &[]
    }

    fn refresh(&mut self, _scene: &Scene<'_>) {}

    fn wants(&self, scene: &Scene<'_>) -> Vec<Ask> {
        scene.selected.map_or_else(Vec::new, |subject| wants(subject, Place::Pane, scene))
    }

    fn context(&self) -> Context {
        Context::Detail
    }

    fn act(&mut self, action: Action, _scene: &Scene<'_>) -> bool {
        self.scroll.act(action)
    }

    fn subject(&self, _scene: &Scene<'_>) -> Option<Subject> {
        self.of.clone()
    }

    fn set_filter(&mut self, text: &str) {
        self.scroll.set_search(text);
    }

    fn filter(&self) -> (&str, Option<&str>) {
        (self.scroll.search.as_str(), self.scroll.search.fault())
    }

    fn draw(&mut self, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
        if self.of.as_ref() != scene.selected {
            self.of = scene.selected.cloned();
            self.scroll.top = 0;
        }
        let Some(subject) = scene.selected else {
            return draw_lines(&[vec![piece("nothing is selected", Role::Muted)]], area, buffer, scene);
        };
        let area = Rect { x: area.x + 1.min(area.width), width: area.width.saturating_sub(2), ..area };
        let told = describe(subject, Place::Pane, scene).text;
        let lines = lay_out(&told, area.width);
        self.scroll.links = spots(&told, area.width);
        self.scroll.draw(&lines, area, buffer, scene);
    }
}
