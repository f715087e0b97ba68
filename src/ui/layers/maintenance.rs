//! Maintenance by keys: what is planned, what goes on and what is over time, each with the list by which it
//! is seen that all is back; one is planned here, and one is ended.

mod planning;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use crokey::KeyCombination;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::dialogue::{Dialogue, Purpose};
use super::sheet::{draw_lines, over};
use super::{Layer, Outcome};
use crate::action::Action;
use crate::clock::Now;
use crate::domain::deed::Receipt;
use crate::domain::feed::Failure;
use crate::domain::health::Health;
use crate::domain::maintenance::{Check, Maintenance, Phase, Plan, all};
use crate::domain::subject::Subject;
use crate::keymap::Context;
use crate::ui::glyphs;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::times::Times;
use crate::ui::widgets::form::Filled;
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::prose::{Prose, Scroll, lay_out};
use crate::ui::widgets::sign;
use planning::Planning;

/// How wide the box is where there is room.
const WIDTH: u16 = 100;

/// How far one is.
#[derive(Debug)]
enum Step {
    /// They are listed.
    Listing,
    /// One is being planned.
    Filling,
    /// What was filled in is held against what is known, when next drawn.
    Weighing(Box<Plan>),
    /// This one is to be ended; what is measured then is shown, when next drawn.
    Ending(Arc<str>),
    /// What would be done is shown, and what is asked after it.
    Asking(Box<Dialogue>, Option<Box<Dialogue>>),
}

/// The layer.
#[derive(Debug)]
pub struct Maintenances {
    /// Those that were drawn, by the identity of their silence.
    rows: Vec<Arc<str>>,
    at: usize,
    step: Step,
    planning: Planning,
    /// Why nothing may be written.
    withheld: Option<String>,
    now: DateTime<Utc>,
    times: Times,
    scroll: Scroll,
}

impl Maintenances {
    /// What there is; `meant`: what is selected, for one that is planned. `withheld`: why nothing may be
    /// written now.
    pub fn new(meant: &[Subject], operator: &str, withheld: Option<String>, scene: &Scene<'_>) -> Self {
        let rows: Vec<Arc<str>> = all(scene.store).into_iter().map(|one| one.id).collect();
        let selected = meant.iter().find_map(|subject| match subject {
            Subject::Silence { id, .. } => rows.iter().position(|own| own == id),
            _ => None,
        });
        // What goes on is looked at more often than something new is planned.
        let at = selected.map_or(usize::from(!rows.is_empty()), |at| at + 1);
        Self {
            rows,
            at,
            step: Step::Listing,
            planning: Planning::new(meant, operator, scene),
            withheld,
            now: scene.wall(),
            times: scene.times,
            scroll: Scroll::default(),
        }
    }

    fn key_listing(&mut self, action: Option<Action>) -> Outcome {
        match action {
            Some(Action::Down) => self.at = (self.at + 1).min(self.rows.len()),
            Some(Action::Up) => self.at = self.at.saturating_sub(1),
            Some(Action::Top) => self.at = 0,
            Some(Action::Bottom) => self.at = self.rows.len(),
            Some(Action::Close | Action::Maintenance) => return Outcome::Close,
            // It is said in its line why nothing can be done.
            Some(Action::Open | Action::Accept) if self.withheld.is_some() => {}
            Some(Action::Open | Action::Accept) => {
                let chosen = self.at.checked_sub(1).and_then(|at| self.rows.get(at));
                self.step = chosen.map_or(Step::Filling, |id| Step::Ending(Arc::clone(id)));
            }
            _ => return Outcome::Pass,
        }
        Outcome::Stay
    }

    fn key_filling(&mut self, key: KeyCombination, action: Option<Action>) -> Outcome {
        match self.planning.form.key(key, action) {
            Filled::Done => {
                if let Some(plan) = self.planning.read(self.now, self.times) {
                    self.step = Step::Weighing(Box::new(plan));
                }
            }
            Filled::Pass if action == Some(Action::Close) => self.step = Step::Listing,
            Filled::Pass => return Outcome::Pass,
            Filled::Changed | Filled::Moved => {}
        }
        Outcome::Stay
    }

    /// Shows what was asked for, with what is known now.
    fn weigh(&mut self, scene: &Scene<'_>) {
        match std::mem::replace(&mut self.step, Step::Listing) {
            Step::Weighing(plan) => match self.planning.weigh(&plan, scene) {
                Some((first, second)) => self.step = Step::Asking(Box::new(first), second.map(Box::new)),
                None => self.step = Step::Filling,
            },
            Step::Ending(id) => {
                let one = all(scene.store).into_iter().find(|one| one.id == id);
                if let Some((first, second)) = one.map(|one| end(&one, scene)) {
                    self.step = Step::Asking(Box::new(first), second.map(Box::new));
                }
            }
            step => self.step = step,
        }
    }

    fn lines(&self, known: &[Maintenance], scene: &Scene<'_>) -> Vec<(bool, Prose)> {
        let line = |is_here: bool, words: String, note: String| {
            let (bar, role) = if is_here { (glyphs::BAR, Role::Selection) } else { (" ", Role::Text) };
            Prose::Line(vec![
                piece(bar, Role::Accent),
                piece(words, role),
                piece(format!("  {note}"), Role::Muted),
            ])
        };
        let about =
            self.withheld.clone().unwrap_or_else(|| "what is expected to be down is no alarm".to_owned());
        let mut told = vec![(self.at == 0, line(self.at == 0, "plan one".to_owned(), about))];
        for (at, one) in known.iter().enumerate() {
            let is_here = self.at == at + 1;
            let words = format!("{} {}", mark(one.phase(self.now)), one.words(self.now));
            told.push((is_here, line(is_here, words, format!("by {}  {}", one.by, one.text))));
            told.extend(
                one.checks(scene.store, self.now).iter().map(|check| (is_here, Prose::Line(tell(check)))),
            );
        }
        told
    }

    fn draw_list(&mut self, known: &[Maintenance], scene: &Scene<'_>, body: Rect, buffer: &mut Buffer) {
        let inner = over(body, WIDTH, 0).width.saturating_sub(4);
        let mut lines = Vec::new();
        let mut here = (usize::MAX, 0);
        for (is_here, prose) in self.lines(known, scene) {
            let laid = lay_out(&[prose], inner);
            if is_here {
                here = (here.0.min(lines.len()), lines.len() + laid.len());
            }
            lines.extend(laid);
        }
        let area = over(body, WIDTH, u16::try_from(lines.len()).unwrap_or(u16::MAX));
        let room = usize::from(area.height.saturating_sub(2)).max(1);
        let top = self.scroll.top.max(here.1.saturating_sub(room)).min(here.0);
        self.scroll.top = top;
        draw_lines(Title::new("Maintenance"), &lines, &mut self.scroll, scene, area, buffer);
    }

    fn draw_form(&mut self, scene: &Scene<'_>, body: Rect, buffer: &mut Buffer) {
        let inner = over(body, WIDTH, 0).width.saturating_sub(4);
        let fields = self.planning.form.height();
        let told = lay_out(&self.planning.brief(scene), inner);
        let count = u16::try_from(told.len()).unwrap_or(u16::MAX);
        let area = over(body, WIDTH, fields.saturating_add(count).saturating_add(1));
        draw_lines(Title::new("Plan maintenance"), &[], &mut Scroll::default(), scene, area, buffer);
        let inside = Rect::new(area.x + 2, area.y + 1, inner, area.height.saturating_sub(2));
        // The fields are what one is here for.
        let above = fields.min(inside.height);
        self.planning.form.draw(Rect { height: above, ..inside }, scene, buffer);
        let y = (inside.y + above + 1).min(inside.bottom());
        let rest = Rect { y, height: inside.bottom() - y, ..inside };
        Scroll::default().draw(&told, rest, buffer, scene);
    }
}

/// How a maintenance is marked: calm as long as it has time.
const fn mark(phase: Phase) -> &'static str {
    match phase {
        Phase::Planned => glyphs::PENDING,
        Phase::Going => glyphs::SILENCED,
        Phase::Overrun => glyphs::CRITICAL,
    }
}

/// A line of the list by which it is seen that all is back.
fn tell(check: &Check) -> Vec<Piece> {
    let sign = sign::of_health(check.state);
    vec![
        piece(format!("    {} ", sign.glyph), sign.role),
        piece(check.what.clone(), Role::Text),
        piece(format!("  {}", check.evidence), Role::Muted),
    ]
}

/// What is shown before one is ended; where not all is back it is asked twice.
fn end(one: &Maintenance, scene: &Scene<'_>) -> (Dialogue, Option<Dialogue>) {
    let now = scene.wall();
    let checks = one.checks(scene.store, now);
    let is_back = checks.iter().all(|check| check.state == Health::Ok);
    let mut about = vec![
        Prose::pair("maintenance", &*one.name),
        Prose::pair("by", &*one.by),
        Prose::pair("until", scene.times.full(one.window.to)),
        Prose::pair("silences", format!("{} are ended on {} (L1)", one.parts.len() + 1, one.source)),
        Prose::Blank,
    ];
    about.extend(checks.iter().map(|check| Prose::Line(tell(check))));
    about.push(Prose::Blank);
    let asks = |words: &str, role: Role| {
        let mut about = about.clone();
        about.push(Prose::Line(vec![piece(words, role)]));
        Dialogue::new("End maintenance", about, Vec::new(), Purpose::Do(one.ends()), scene)
    };
    if one.phase(now) == Phase::Planned {
        return (asks("It has not begun. Enter takes it back.", Role::Text), None);
    }
    if is_back {
        return (asks("All is measured to be back. Enter ends it.", Role::Ok), None);
    }
    let first =
        asks("Not all is back: what is down is an alarm from then on. Enter asks once more.", Role::Warning);
    (first, Some(asks("NOT all is back. Enter ends it all the same.", Role::Critical)))
}

impl Layer for Maintenances {
    fn context(&self) -> Context {
        match &self.step {
            Step::Listing => Context::Menu,
            Step::Filling => Context::Form,
            Step::Weighing(_) | Step::Ending(_) => Context::Confirm,
            Step::Asking(dialogue, _) => dialogue.context(),
        }
    }

    fn at(&mut self, now: Now) {
        self.now = now.wall;
    }

    fn key(&mut self, key: KeyCombination, action: Option<Action>) -> Outcome {
        match &mut self.step {
            Step::Listing => self.key_listing(action),
            Step::Filling => self.key_filling(key, action),
            Step::Weighing(_) | Step::Ending(_) => {
                if action == Some(Action::Quit) {
                    Outcome::Pass
                } else {
                    Outcome::Stay
                }
            }
            Step::Asking(dialogue, second) => {
                if action == Some(Action::Accept)
                    && let Some(second) = second.take()
                {
                    *dialogue = second;
                    return Outcome::Stay;
                }
                let outcome = dialogue.key(key, action);
                if outcome == Outcome::Close {
                    // Given up: back to where one was.
                    let was_planned = self.at == 0;
                    self.step = if was_planned { Step::Filling } else { Step::Listing };
                    return Outcome::Stay;
                }
                outcome
            }
        }
    }

    fn paste(&mut self, text: &str) -> Option<Outcome> {
        if matches!(self.step, Step::Filling) {
            self.planning.form.paste(text);
        }
        Some(Outcome::Stay)
    }

    fn draw(&mut self, scene: &Scene<'_>, body: Rect, footer: Rect, buffer: &mut Buffer) {
        self.now = scene.wall();
        self.times = scene.times;
        let known = all(scene.store);
        // Rows may have gone: what is chosen stays what it was.
        let chosen = self.at.checked_sub(1).and_then(|at| self.rows.get(at)).cloned();
        self.rows = known.iter().map(|one| Arc::clone(&one.id)).collect();
        if let Some(chosen) = chosen {
            self.at = self.rows.iter().position(|id| *id == chosen).map_or(0, |at| at + 1);
        }
        self.weigh(scene);
        match &mut self.step {
            Step::Asking(dialogue, _) => dialogue.draw(scene, body, footer, buffer),
            Step::Filling => self.draw_form(scene, body, buffer),
            _ => self.draw_list(&known, scene, body, buffer),
        }
    }

    fn awaits(&self) -> bool {
        matches!(&self.step, Step::Asking(dialogue, _) if dialogue.awaits())
    }

    fn done(&mut self, result: &Result<Receipt, Failure>) -> Outcome {
        match &mut self.step {
            Step::Asking(dialogue, _) => dialogue.done(result),
            _ => Outcome::Close,
        }
    }
}
