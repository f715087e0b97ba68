//! Routines by keys: which are due, their lines as they are measured now, what a person ticks, and that one
//! was worked through.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use crokey::KeyCombination;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::dialogue::{Dialogue, Purpose};
use super::sheet::{draw_lines, over};
use super::{Layer, Outcome};
use crate::action::Action;
use crate::domain::exercise;
use crate::domain::health::Health;
use crate::domain::horizon::When;
use crate::domain::maintenance;
use crate::domain::routine::{self, Cadence, Done};
use crate::domain::store::Store;
use crate::keymap::Context;
use crate::text::age;
use crate::ui::describe::routine::mark;
use crate::ui::glyphs;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::form::Field;
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::prose::{Prose, Scroll, lay_out};

/// How wide the box is where there is room.
const WIDTH: u16 = 100;

/// So many of the times before are told.
const TOLD: usize = 5;

/// The layer.
#[derive(Debug)]
pub struct Routines {
    /// The routine whose lines are shown.
    open: Option<Cadence>,
    /// It was opened by itself: there is no list to go back to.
    is_alone: bool,
    at: usize,
    /// The lines that a person has ticked.
    ticked: BTreeSet<usize>,
    /// It is to be noted: what is measured then is shown, when next drawn.
    is_noting: bool,
    noting: Option<Dialogue>,
    operator: String,
    /// Why nothing may be written.
    withheld: Option<String>,
    scroll: Scroll,
}

impl Routines {
    /// All of them, or one. `withheld`: why nothing may be written.
    pub fn new(open: Option<Cadence>, operator: &str, withheld: Option<String>) -> Self {
        Self {
            open,
            is_alone: open.is_some(),
            at: 0,
            ticked: BTreeSet::new(),
            is_noting: false,
            noting: None,
            operator: operator.to_owned(),
            withheld,
            scroll: Scroll::default(),
        }
    }

    /// The last row that can be chosen.
    const fn last(&self) -> usize {
        match self.open {
            None => Cadence::ALL.len() - 1,
            // Behind the lines: that it is noted.
            Some(routine) => routine.lines().len(),
        }
    }

    fn choose(&mut self) -> Outcome {
        let Some(routine) = self.open else {
            self.open = Cadence::ALL.get(self.at).copied();
            (self.at, self.scroll.top) = (0, 0);
            self.ticked.clear();
            return Outcome::Stay;
        };
        match routine.lines().get(self.at) {
            // What is measured is measured again.
            Some(line) if line.probe.is_some() => return Outcome::Look,
            Some(_) => {
                if !self.ticked.remove(&self.at) {
                    self.ticked.insert(self.at);
                }
            }
            None => self.is_noting = self.withheld.is_none(),
        }
        Outcome::Stay
    }

    /// The lines of a routine as they are now: what each comes to in a word, and what that rests on.
    fn looked(&self, routine: Cadence, store: &Store, now: DateTime<Utc>) -> Vec<Looked> {
        let look = |(at, line): (usize, &routine::Line)| {
            let outcome = routine::look(line, store, now);
            let is_ticked = self.ticked.contains(&at);
            let word = match outcome.state {
                Some(state) => state.to_string(),
                None if is_ticked => "by hand".to_owned(),
                None => "left out".to_owned(),
            };
            Looked { text: line.text, state: outcome.state, is_ticked, word, evidence: outcome.evidence }
        };
        routine.lines().iter().enumerate().map(look).collect()
    }

    /// What is shown before it is noted.
    fn note(&self, routine: Cadence, scene: &Scene<'_>) -> Dialogue {
        let looked = self.looked(routine, scene.store, scene.wall());
        let open = looked.iter().filter(|line| !line.is_done()).count();
        let mut about: Vec<Prose> =
            looked.iter().map(|line| Prose::Line(line.tell("", Role::Text))).collect();
        about.push(Prose::Blank);
        about.push(if open == 0 {
            Prose::plain("Enter notes that it was worked through. Nothing is done on a server.")
        } else {
            let lines = if open == 1 { "1 line is".to_owned() } else { format!("{open} lines are") };
            let words = format!("{lines} not so, not known or left out. Enter notes it all the same.");
            Prose::Line(vec![piece(words, Role::Warning)])
        });
        let lines = looked.iter().map(|line| (Arc::from(line.text), Arc::from(line.word.as_str())));
        let purpose = Purpose::Routine(routine, lines.collect());
        let fields = vec![
            Field::new("by", self.operator.as_str()),
            Field::new("note", "").hint("what the next should know"),
        ];
        Dialogue::new("A routine was worked through", about, fields, purpose, scene)
    }

    fn list(&self, scene: &Scene<'_>) -> Vec<Prose> {
        let (store, now) = (scene.store, scene.wall());
        let maintained = maintenance::windows(store, now);
        let mut told: Vec<Prose> = Cadence::ALL
            .into_iter()
            .enumerate()
            .map(|(at, routine)| {
                let last = routine::last(&store.routines, routine);
                let times = store.routines.iter().filter(|one| one.routine == routine).count();
                let note = last.map_or_else(
                    || "never worked through here".to_owned(),
                    |last| {
                        format!("last {} by {}, {}", scene.times.short(last.at, now), last.by, often(times))
                    },
                );
                let (when, role) = due(routine, store, &maintained, now);
                row(
                    at == self.at,
                    vec![
                        piece(format!("{:<8} ", routine.as_ref()), Role::Text),
                        piece(format!("{when:<14}"), role),
                        piece(note, Role::Muted),
                    ],
                )
            })
            .collect();
        told.push(Prose::Blank);
        told.extend(drills(scene));
        told
    }

    fn checklist(&self, routine: Cadence, scene: &Scene<'_>) -> Vec<Prose> {
        let (store, now) = (scene.store, scene.wall());
        let looked = self.looked(routine, store, now);
        let mut told: Vec<Prose> = looked
            .iter()
            .enumerate()
            .map(|(at, line)| {
                let is_here = at == self.at;
                let (bar, role) = if is_here { (glyphs::BAR, Role::Selection) } else { (" ", Role::Text) };
                Prose::Line(line.tell(bar, role))
            })
            .collect();
        let note = self.withheld.clone().unwrap_or_else(|| "when, by whom, and each line".to_owned());
        told.push(row(
            self.at >= looked.len(),
            vec![piece("note that it was worked through  ", Role::Text), piece(note, Role::Muted)],
        ));
        let before: Vec<&Done> =
            store.routines.iter().filter(|one| one.routine == routine).rev().take(TOLD).collect();
        if !before.is_empty() {
            told.extend([Prose::Blank, Prose::Head("Before".to_owned())]);
            told.extend(before.into_iter().map(|done| history(done, scene)));
        }
        told
    }
}

/// A line as it is now.
struct Looked {
    text: &'static str,
    state: Option<Health>,
    is_ticked: bool,
    /// What is noted of it.
    word: String,
    evidence: String,
}

impl Looked {
    fn is_done(&self) -> bool {
        self.is_ticked || self.state == Some(Health::Ok)
    }

    fn tell(&self, bar: &'static str, role: Role) -> Vec<Piece> {
        vec![
            piece(bar, Role::Accent),
            mark(self.state, self.is_ticked),
            piece(self.text, role),
            piece(format!("  {}", self.evidence), Role::Muted),
        ]
    }
}

fn row(is_here: bool, rest: Vec<Piece>) -> Prose {
    let bar = piece(if is_here { glyphs::BAR } else { " " }, Role::Accent);
    let paint =
        |(at, (text, role)): (usize, Piece)| (text, if at == 0 && is_here { Role::Selection } else { role });
    Prose::Line(std::iter::once(bar).chain(rest.into_iter().enumerate().map(paint)).collect())
}

/// When a routine is due, in words.
fn due(
    routine: Cadence,
    store: &Store,
    maintained: &[crate::domain::slo::Window],
    now: DateTime<Utc>,
) -> (String, Role) {
    match routine::due(routine, &store.routines, maintained) {
        Some(When::Now(_)) => ("due now".to_owned(), Role::Warning),
        Some(When::At(at)) if at <= now => (format!("overdue {}", age(now - at)), Role::Warning),
        Some(When::At(at)) => (format!("due in {}", age(at - now)), Role::Muted),
        Some(When::Unknown(_)) => ("unknown".to_owned(), Role::Unknown),
        None => ("no change".to_owned(), Role::Muted),
    }
}

/// How often, in words.
fn often(count: usize) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// One of the times before.
fn history(done: &Done, scene: &Scene<'_>) -> Prose {
    let count = |word: &str| done.lines.iter().filter(|(_, have)| &**have == word).count();
    let well = count("ok") + count("by hand");
    let words = format!("{well} of {} done  by {}  {}", done.lines.len(), done.by, done.note);
    Prose::pair(scene.times.short(done.at, scene.wall()), words)
}

/// The drills: restores that were tried, and what was played on the demo lab.
fn drills(scene: &Scene<'_>) -> Vec<Prose> {
    let (store, now) = (scene.store, scene.wall());
    let last = store.drills.iter().max_by_key(|drill| drill.at);
    let restores = last.map_or_else(
        || "none was tried here: x on a backup notes one".to_owned(),
        |last| {
            format!(
                "{} tried, last {} {} by {}",
                store.drills.len(),
                last.group,
                scene.times.short(last.at, now),
                last.by
            )
        },
    );
    let mut told = vec![Prose::pair("restore drills", restores)];
    let mut names: Vec<&str> = store.exercised.iter().map(|one| &*one.scenario).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let Some(best) = exercise::best(&store.exercised, name) else { continue };
        let count = store.exercised.iter().filter(|one| &*one.scenario == name).count();
        let words =
            format!("done {}, best {} of 100 by {}: {}", often(count), best.score, best.by, best.words());
        told.push(Prose::pair(format!("drill {name}"), words));
    }
    if store.exercised.is_empty() {
        told.push(Prose::pair("alert drills", "none was kept: wardroom --demo=host-down --drill --keep"));
    }
    told
}

impl Layer for Routines {
    fn context(&self) -> Context {
        match &self.noting {
            Some(dialogue) => dialogue.context(),
            None if self.is_noting => Context::Form,
            None => Context::Menu,
        }
    }

    fn key(&mut self, key: KeyCombination, action: Option<Action>) -> Outcome {
        if let Some(dialogue) = &mut self.noting {
            let outcome = dialogue.key(key, action);
            if outcome == Outcome::Close {
                // Given up.
                self.noting = None;
                return Outcome::Stay;
            }
            return outcome;
        }
        if self.is_noting {
            return Outcome::Stay;
        }
        let last = self.last();
        match action {
            Some(Action::Down) => self.at = (self.at + 1).min(last),
            Some(Action::Up) => self.at = self.at.saturating_sub(1),
            Some(Action::Top) => self.at = 0,
            Some(Action::Bottom) => self.at = last,
            Some(Action::Close) if self.open.is_some() && !self.is_alone => {
                let routine = self.open.take();
                self.at = Cadence::ALL.iter().position(|one| Some(*one) == routine).unwrap_or(0);
                self.scroll.top = 0;
            }
            Some(Action::Close | Action::Routines) => return Outcome::Close,
            Some(Action::Open | Action::Accept) => return self.choose(),
            _ => return Outcome::Pass,
        }
        Outcome::Stay
    }

    fn paste(&mut self, text: &str) -> Option<Outcome> {
        self.noting.as_mut()?.paste(text)
    }

    fn draw(&mut self, scene: &Scene<'_>, body: Rect, footer: Rect, buffer: &mut Buffer) {
        if std::mem::take(&mut self.is_noting)
            && let Some(routine) = self.open
        {
            self.noting = Some(self.note(routine, scene));
        }
        if let Some(dialogue) = &mut self.noting {
            return dialogue.draw(scene, body, footer, buffer);
        }
        let (title, told) = match self.open {
            None => ("Routines".to_owned(), self.list(scene)),
            Some(routine) => (format!("Routine {routine}"), self.checklist(routine, scene)),
        };
        let inner = over(body, WIDTH, 0).width.saturating_sub(4);
        let mut lines = Vec::new();
        // Lines are laid out alone, so that it is known where the chosen one stands.
        let (mut from, mut to) = (0, 0);
        let rows = self.last() + 1;
        for (at, prose) in told.iter().enumerate().take(rows) {
            if at == self.at {
                from = lines.len();
            }
            lines.extend(hanging(prose, inner));
            if at == self.at {
                to = lines.len();
            }
        }
        lines.extend(lay_out(told.get(rows..).unwrap_or_default(), inner));
        let area = over(body, WIDTH, u16::try_from(lines.len()).unwrap_or(u16::MAX));
        let room = usize::from(area.height.saturating_sub(2)).max(1);
        self.scroll.top = self.scroll.top.max(to.saturating_sub(room)).min(from);
        draw_lines(Title::new(title), &lines, &mut self.scroll, scene, area, buffer);
    }
}

/// A line of the list; where it goes on it stands in, below its words.
fn hanging(prose: &Prose, cells: u16) -> Vec<Vec<Piece>> {
    const IN: &str = "   ";
    let whole = lay_out(std::slice::from_ref(prose), cells);
    if whole.len() < 2 {
        return whole;
    }
    let mut lines = lay_out(std::slice::from_ref(prose), cells.saturating_sub(3));
    for line in lines.iter_mut().skip(1) {
        line.insert(0, piece(IN, Role::Text));
    }
    lines
}
