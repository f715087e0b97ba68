//! A sheet of text over the panes: the detail of one thing, or why the verdict is what it is.

use crokey::KeyCombination;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Layer, Outcome};
use crate::action::Action;
use crate::domain::question::Ask;
use crate::domain::subject::Subject;
use crate::keymap::Context;
use crate::ui::describe::{Place, describe, wants};
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::frame::{Border, Title, frame};
use crate::ui::widgets::paint::blank;
use crate::ui::widgets::prose::{Prose, Scroll, lay_out, spots};
use crate::ui::widgets::sign;

/// What a sheet tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matter {
    /// One thing.
    Detail(Subject),
    /// All that the verdict rests on.
    Why,
    /// What is wrong with a config that was not taken.
    Faults(Vec<String>),
}

/// The layer.
#[derive(Debug)]
pub struct Sheet {
    matter: Matter,
    scroll: Scroll,
}

impl Sheet {
    /// A sheet about `matter`.
    pub fn new(matter: Matter) -> Self {
        Self { matter, scroll: Scroll::default() }
    }

    fn tell(&self, scene: &Scene<'_>) -> (Title, Vec<Prose>) {
        match &self.matter {
            Matter::Detail(subject) => {
                let told = describe(subject, Place::Sheet, scene);
                (told.title(), told.text)
            }
            Matter::Why => why(scene),
            Matter::Faults(faults) => {
                let mut told =
                    vec![Prose::plain("The config was not taken; the old one goes on."), Prose::Blank];
                told.extend(faults.iter().map(Prose::plain));
                (Title::new("Config"), told)
            }
        }
    }
}

/// Every finding of the verdict, the worst first.
fn why(scene: &Scene<'_>) -> (Title, Vec<Prose>) {
    let verdict = scene.verdict;
    let sign = sign::of_health(verdict.state);
    let counts = vec![piece(format!("{} {}", sign.glyph, sign.word), sign.role)];
    let title = Title { short: counts.clone(), counts, ..Title::new("Why") };
    let mut told = Vec::new();
    let mut state = None;
    for finding in verdict.findings.iter().filter(|finding| finding.health.is_some()).take(500) {
        if state != finding.health {
            if state.is_some() {
                told.push(Prose::Blank);
            }
            state = finding.health;
            let word = sign::of_health(finding.health.unwrap_or_default()).word;
            told.push(Prose::Head(word.to_owned()));
        }
        let sign = sign::of_health(finding.health.unwrap_or_default());
        let caused = scene.store.cause_of(finding.subject.as_ref()).is_some();
        let [mark, words] = if caused { [Role::Muted; 2] } else { [sign.role, Role::Text] };
        let pieces = vec![piece(format!("{} ", sign.glyph), mark), piece(finding.text.clone(), words)];
        told.push(Prose::Line(pieces));
    }
    if told.is_empty() {
        told.push(Prose::plain(
            "Nothing is wrong: every source is fresh, and no rule of the verdict applies.",
        ));
    }
    if verdict.untold > 0 {
        told.push(Prose::Line(vec![piece(format!("and {} alerts more", verdict.untold), Role::Muted)]));
    }
    let hidden = verdict.counts.hidden;
    if hidden > 0 {
        told.push(Prose::Blank);
        let text = format!("{hidden} silenced or inhibited: listed with the alerts, and not counted here");
        told.push(Prose::Line(vec![piece(text, Role::Muted)]));
    }
    (title, told)
}

impl Layer for Sheet {
    fn context(&self) -> Context {
        Context::Detail
    }

    fn key(&mut self, _key: KeyCombination, action: Option<Action>) -> Outcome {
        match action {
            Some(Action::Close) if !self.scroll.search.is_empty() => {
                self.scroll.set_search("");
                Outcome::Stay
            }
            Some(Action::Close | Action::Open | Action::Accept) => Outcome::Close,
            Some(Action::Why) if self.matter == Matter::Why => Outcome::Close,
            Some(action) if self.scroll.act(action) => Outcome::Stay,
            _ => Outcome::Pass,
        }
    }

    fn draw(&mut self, scene: &Scene<'_>, body: Rect, _footer: Rect, buffer: &mut Buffer) {
        let (title, told) = self.tell(scene);
        draw_sheet(title, &told, &mut self.scroll, scene, body, buffer);
    }

    fn wants(&self, scene: &Scene<'_>) -> Vec<Ask> {
        match &self.matter {
            Matter::Detail(subject) => wants(subject, Place::Sheet, scene),
            _ => Vec::new(),
        }
    }

    fn text(&mut self) -> Option<&mut Scroll> {
        Some(&mut self.scroll)
    }

    fn subject(&self) -> Option<&Subject> {
        match &self.matter {
            Matter::Detail(subject) => Some(subject),
            _ => None,
        }
    }
}

/// The widest line that is still read with ease.
const WIDEST: u16 = 110;

/// Draws a text in a frame over `body`, as large as it needs to be.
pub fn draw_sheet(
    title: Title,
    told: &[Prose],
    scroll: &mut Scroll,
    scene: &Scene<'_>,
    body: Rect,
    buffer: &mut Buffer,
) {
    // A little of the panes at the sides would only be noise.
    let whole = body.width < WIDEST + 40;
    let width = if whole { body.width } else { WIDEST + 4 };
    let lines = lay_out(told, width.saturating_sub(4));
    scroll.links = spots(told, width.saturating_sub(4));
    draw_lines(title, &lines, scroll, scene, place(body, width, lines.len()), buffer);
}

/// Where a box of so many lines, `wanted` cells wide, lies: as wide as the panes where little of them
/// would be left at the sides.
pub fn over(body: Rect, wanted: u16, lines: u16) -> Rect {
    let width = if body.width < wanted.saturating_add(40) { body.width } else { wanted };
    let height = lines.saturating_add(2).min(body.height);
    Rect::new(body.x + (body.width - width) / 2, body.y, width, height)
}

/// Where a sheet of so many lines lies: from the top of the panes, since the eye comes from the
/// verdict.
fn place(body: Rect, width: u16, lines: usize) -> Rect {
    let height = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(2).min(body.height);
    let height = if width == body.width { body.height } else { height };
    Rect::new(body.x + (body.width - width) / 2, body.y, width, height)
}

/// Draws laid out lines in a frame at `area`.
pub fn draw_lines(
    mut title: Title,
    lines: &[Vec<Piece>],
    scroll: &mut Scroll,
    scene: &Scene<'_>,
    area: Rect,
    buffer: &mut Buffer,
) {
    let scene = Scene { focused: true, ..*scene };
    blank(buffer, area, &scene);
    let room = usize::from(area.height.saturating_sub(2));
    if lines.len() > room && room > 0 {
        let last = scroll.reach(room, lines.len());
        title.right.push(piece(format!("{last} of {}", lines.len()), Role::Muted));
    }
    let inside = frame(&title, Border::Box, area, buffer, &scene);
    let inside = Rect { x: inside.x + 1.min(inside.width), width: inside.width.saturating_sub(2), ..inside };
    scroll.draw(lines, inside, buffer, &scene);
}
