//! The journal on the screen: what was run and done, by whom, where, how it was confirmed, and what came
//! of it. The newest stands first.

use crokey::KeyCombination;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::sheet::draw_sheet;
use super::{Layer, Outcome};
use crate::action::Action;
use crate::domain::ran::Ran;
use crate::keymap::Context;
use crate::text::{number, sanitise, sanitise_lines};
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::prose::{Prose, Scroll};

/// So many of the last lines of an output are shown; the journal has more.
const LINES: usize = 3;

/// The layer.
#[derive(Debug)]
pub struct History {
    ran: Vec<Ran>,
    /// Lines of the journal that could not be read.
    torn: usize,
    scroll: Scroll,
}

impl History {
    /// What the journal tells, the oldest first.
    pub fn new(ran: Vec<Ran>, torn: usize) -> Self {
        Self { ran, torn, scroll: Scroll::default() }
    }

    fn tell(&self, scene: &Scene<'_>) -> Vec<Prose> {
        let mut told = Vec::new();
        if self.torn > 0 {
            let lines =
                if self.torn == 1 { "1 line is".to_owned() } else { format!("{} lines are", self.torn) };
            let torn = format!("{lines} torn and left out: something was killed as it wrote");
            told.extend([Prose::Line(vec![piece(torn, Role::Warning)]), Prose::Blank]);
        }
        for ran in self.ran.iter().rev() {
            tell(ran, scene, &mut told);
        }
        if self.ran.is_empty() {
            told.push(Prose::plain("Nothing was run yet, and nothing done on a server."));
        }
        told
    }
}

fn tell(ran: &Ran, scene: &Scene<'_>, told: &mut Vec<Prose>) {
    let came = match (&ran.end, ran.is_well()) {
        (None, _) => Role::Warning,
        (_, true) => Role::Ok,
        _ => Role::Critical,
    };
    let at = scene.times.short(ran.at, scene.now.wall);
    let who = format!("  {} on {}  ", sanitise(&ran.operator), sanitise(&ran.host));
    let how = format!("{} ({})  ", sanitise(&ran.level), sanitise(&ran.how));
    told.push(Prose::Line(vec![
        piece(at, Role::Accent),
        piece(who, Role::Text),
        piece(how, Role::Muted),
        piece(sanitise(&ran.came_to()).into_owned(), came),
    ]));
    let line = |text: &str, role| Prose::Line(vec![piece(format!("    {}", sanitise(text)), role)]);
    told.extend(ran.text.lines().map(|text| line(text, Role::Text)));
    let last = ran.last.iter().skip(ran.last.len().saturating_sub(LINES));
    told.extend(last.map(|text| line(text, Role::Muted)));
    if let Some(trouble) = &ran.trouble {
        told.push(Prose::Line(vec![piece(format!("    {}", sanitise_lines(trouble)), Role::Critical)]));
    }
    told.push(Prose::Blank);
}

impl Layer for History {
    fn context(&self) -> Context {
        Context::Detail
    }

    fn key(&mut self, _key: KeyCombination, action: Option<Action>) -> Outcome {
        match action {
            Some(Action::Close) if !self.scroll.search.is_empty() => {
                self.scroll.set_search("");
                Outcome::Stay
            }
            Some(Action::Close | Action::Open | Action::Journal) => Outcome::Close,
            Some(action) if self.scroll.act(action) => Outcome::Stay,
            _ => Outcome::Pass,
        }
    }

    fn draw(&mut self, scene: &Scene<'_>, body: Rect, _footer: Rect, buffer: &mut Buffer) {
        let counts = vec![piece(number(self.ran.len(), "entry", "entries"), Role::Muted)];
        let title = Title { short: counts.clone(), counts, ..Title::new("Journal") };
        draw_sheet(title, &self.tell(scene), &mut self.scroll, scene, body, buffer);
    }

    fn text(&mut self) -> Option<&mut Scroll> {
        Some(&mut self.scroll)
    }
}
