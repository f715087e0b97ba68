//! Whether a runbook is to be trusted: asked before the first command of it is shown to be run, and
//! again when it has changed, with what changed.

use crokey::KeyCombination;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::sheet::draw_sheet;
use super::{Layer, Outcome};
use crate::action::Action;
use crate::keymap::Context;
use crate::runbooks::shelf::{Page, Standing};
use crate::runbooks::trust::{Change, difference};
use crate::text::sanitise;
use crate::ui::panes::plan::unhidden;
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::prose::{Prose, Scroll};

/// The layer.
#[derive(Debug)]
pub struct Trust {
    page: Page,
    told: Vec<Prose>,
    scroll: Scroll,
}

impl Trust {
    /// The question about a file.
    pub fn new(page: &Page) -> Self {
        Self { page: page.clone(), told: told(page), scroll: Scroll::default() }
    }
}

fn told(page: &Page) -> Vec<Prose> {
    let mut told = vec![
        Prose::pair("file", sanitise(&page.file)),
        Prose::pair("sha256", page.sha256.clone()),
        Prose::Blank,
    ];
    if let Standing::Changed { since, before } = &page.standing {
        told.push(Prose::plain(format!(
            "It has changed since it was trusted on {}. Enter trusts it as it is now.",
            since.format("%Y-%m-%d %H:%M UTC")
        )));
        told.push(Prose::Blank);
        let Some(before) = before else {
            told.push(Prose::plain("What it was is not kept: read all of it."));
            return told;
        };
        for (line, change) in difference(before, &page.text) {
            let (words, role) = match change {
                Change::Gone(words) => (format!("{line:>5} - {}", unhidden(words)), Role::Warning),
                Change::Come(words) => (format!("{line:>5} + {}", unhidden(words)), Role::Ok),
            };
            told.push(Prose::Line(vec![piece(words, role)]));
        }
    } else {
        told.push(Prose::plain(
            "Commands of this file are shown with their hosts and values, to be confirmed one by one. \
                 Nobody has said yet that the file may be trusted. Enter trusts it as it is now; when it \
                 changes this is asked again, with what changed.",
        ));
        let count = page.text.lines().count();
        told.push(Prose::Blank);
        told.push(Prose::pair("lines", count.to_string()));
    }
    told
}

impl Layer for Trust {
    fn context(&self) -> Context {
        Context::Confirm
    }

    fn key(&mut self, _key: KeyCombination, action: Option<Action>) -> Outcome {
        match action {
            Some(Action::Accept) => {
                Outcome::Trusted { file: self.page.file.clone(), sha256: self.page.sha256.clone() }
            }
            Some(Action::Close) => Outcome::Close,
            Some(action) if self.scroll.act(action) => Outcome::Stay,
            Some(Action::Quit) => Outcome::Pass,
            _ => Outcome::Stay,
        }
    }

    fn draw(&mut self, scene: &Scene<'_>, body: Rect, _footer: Rect, buffer: &mut Buffer) {
        draw_sheet(Title::new("Trust this runbook?"), &self.told, &mut self.scroll, scene, body, buffer);
    }

    fn text(&mut self) -> Option<&mut Scroll> {
        Some(&mut self.scroll)
    }
}
