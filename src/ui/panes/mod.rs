//! The panes. A new pane is one file and one line in [`PANES`].

pub mod alerts;
pub mod backups;
pub mod chain;
pub mod coverage;
pub mod datastores;
pub mod detail;
pub mod digest;
pub mod horizon;
pub mod hosts;
pub mod journal;
pub mod layers;
pub mod listed;
pub mod logs;
pub mod plan;
pub mod probes;
pub mod runbook;
pub mod services;
pub mod silences;
pub mod slo;
pub mod sources;
pub mod stream;
pub mod targets;
pub mod tasks;
pub mod tiers;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::census::Census;
use listed::Listed;

use super::glyphs;
use super::layers::entry::{Entry, Purpose};
use super::scene::{Piece, Scene, piece};
use super::theme::Role;
use super::widgets::frame::Title;
use super::widgets::paint::put_pieces;
use super::widgets::sign::{self, Sign};
use super::widgets::table::{Item, Table};
use crate::action::Action;
use crate::domain::alert::Alert;
use crate::domain::feed::{Feed, FeedState, SourceId, SourceKind};
use crate::domain::log::{self, export::Export};
use crate::domain::question::Ask;
use crate::domain::subject::Subject;
use crate::keymap::Context;
use crate::text;

/// A pane's name, the key of its own view (0 for none), and how it is made.
pub type Made = (&'static str, u8, fn() -> Box<dyn Pane>);

/// Every pane.
pub const PANES: [Made; 22] = [
    ("alerts", 2, || Box::new(alerts::Alerts::default())),
    ("targets", 3, || Box::new(targets::Targets::default())),
    ("logs", 4, || Box::new(logs::Logs::default())),
    ("backups", 5, || Box::<Listed<backups::Backups>>::default()),
    ("hosts", 6, || Box::new(hosts::Hosts::default())),
    ("chain", 8, || Box::new(chain::Chain::default())),
    ("slo", 0, || Box::new(slo::Objectives::default())),
    ("datastores", 0, || Box::<Listed<datastores::Datastores>>::default()),
    ("tasks", 0, || Box::<Listed<tasks::Tasks>>::default()),
    ("sources", 0, || Box::new(sources::Sources::default())),
    ("silences", 0, || Box::new(silences::Silences::default())),
    ("coverage", 0, || Box::<Listed<coverage::Coverage>>::default()),
    ("horizon", 0, || Box::<Listed<horizon::Horizon>>::default()),
    ("digest", 0, || Box::<digest::Past>::default()),
    ("journal", 9, || Box::<journal::Journal>::default()),
    ("probes", 0, || Box::<Listed<probes::Probes>>::default()),
    ("services", 0, || Box::<Listed<services::Services>>::default()),
    ("layers", 0, || Box::<Listed<layers::Layers>>::default()),
    ("tiers", 0, || Box::<Listed<tiers::Tiers>>::default()),
    ("runbook", 7, || Box::<runbook::Runbook>::default()),
    ("plan", 0, || Box::<plan::Plan>::default()),
    ("detail", 0, || Box::new(detail::Detail::default())),
];

/// The names of all panes.
pub const NAMES: [&str; PANES.len()] = {
    let mut names = [""; PANES.len()];
    let mut at = 0;
    while at < PANES.len() {
        names[at] = PANES[at].0;
        at += 1;
    }
    names
};

/// The key of a pane's own view; `None` when there is no such pane.
pub fn number(name: &str) -> Option<u8> {
    PANES.iter().find(|(have, ..)| *have == name).map(|(_, number, _)| *number)
}

/// A part of the screen with a matter of its own.
pub trait Pane {
    /// Its title with what it counts; the number is the frame's business.
    fn title(&self, scene: &Scene<'_>) -> Title;

    /// From which kinds of sources its rows come: it is refreshed when one of them said something.
    fn made_of(&self) -> &'static [SourceKind];

    /// Whether its rows change by time alone, beyond what is drawn from times and beyond a feed
    /// that becomes stale: then they are made anew each second.
    fn ages(&self) -> bool {
        true
    }

    /// Takes the rows anew from what is known.
    fn refresh(&mut self, scene: &Scene<'_>);

    /// Draws its inside.
    fn draw(&mut self, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer);

    /// What it wants to know beside the feeds, for what it shows now. Asked again and again: it
    /// must be the same as long as it is about the same.
    fn wants(&self, _scene: &Scene<'_>) -> Vec<Ask> {
        Vec::new()
    }

    /// Log lines that it shows no more, to be freed away from the loop.
    fn take_gone(&mut self) -> Vec<log::Entry> {
        Vec::new()
    }

    /// Its rows, when it is a list.
    fn list(&self) -> Option<&dyn Listing> {
        None
    }

    /// Its rows, when it is a list.
    fn list_mut(&mut self) -> Option<&mut dyn Listing> {
        None
    }

    /// Which keys it knows.
    fn context(&self) -> Context {
        Context::List
    }

    /// Does what a key asks for; `false` when that is not its business.
    fn act(&mut self, action: Action, _scene: &Scene<'_>) -> bool {
        self.list_mut().is_some_and(|list| list.act(action))
    }

    /// What a key would act on.
    fn subject(&self, _scene: &Scene<'_>) -> Option<Subject> {
        self.list()?.subject().cloned()
    }

    /// What a key that does something acts on: all that is marked, else what is selected.
    fn meant(&self, scene: &Scene<'_>) -> Vec<Subject> {
        self.subject(scene).into_iter().collect()
    }

    /// Takes the marks away: what they were for is done.
    fn unmark(&mut self) {
        if let Some(list) = self.list_mut() {
            list.unmark();
        }
    }

    /// The labels of its rows: of all, or of those alone that pass the filter.
    fn census(&self, _all: bool) -> Census {
        Census::default()
    }

    /// Groups its rows by a label.
    fn group_by(&mut self, _label: &str, _scene: &Scene<'_>) {}

    /// Filters the rows as typed.
    fn set_filter(&mut self, text: &str) {
        if let Some(list) = self.list_mut() {
            list.set_filter(text);
        }
    }

    /// The filter as it was typed, and what is wrong with it.
    fn filter(&self) -> (&str, Option<&str>) {
        self.list().map_or(("", None), Listing::filter)
    }

    /// Which row is selected, and of how many.
    fn position(&self) -> Option<(usize, usize)> {
        self.list()?.position()
    }

    /// Shows the logs of an alert, when that is its business.
    fn show_logs_of(&mut self, _alert: &Alert, _scene: &Scene<'_>) -> bool {
        false
    }

    /// A line that it wants to be typed for an action.
    fn entry(&self, _action: Action, _scene: &Scene<'_>) -> Option<Entry> {
        None
    }

    /// Takes the line that was typed: what is to be done, or what is wrong with it.
    fn entered(&mut self, _purpose: &Purpose, _text: &str, _scene: &Scene<'_>) -> Result<Entered, String> {
        Ok(Entered::Taken)
    }

    /// What a copy of the selection holds, when that is more than the selected thing.
    fn copied(&self, _scene: &Scene<'_>) -> Option<String> {
        None
    }

    /// Goes back to what it usually shows; `false` when it does.
    fn go_back(&mut self) -> bool {
        false
    }

    /// Whether it has work left, a slice of which it does with each frame.
    fn is_working(&self) -> bool {
        false
    }

    /// Whether rows wait until the operator's fingers rest.
    fn is_waiting(&self) -> bool {
        self.list().is_some_and(Listing::is_waiting)
    }
}

/// What a typed line comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Entered {
    /// The pane took it.
    Taken,
    /// A query, worth remembering.
    Query(String),
    /// Lines to be written into a file.
    Export(Export),
}

/// A table, whatever its rows are.
pub trait Listing {
    /// Moves the selection; `false` when the action is not one of a list.
    fn act(&mut self, action: Action) -> bool;
    /// Filters the rows as typed.
    fn set_filter(&mut self, text: &str);
    /// The filter as it was typed, and what is wrong with it.
    fn filter(&self) -> (&str, Option<&str>);
    /// What is selected.
    fn subject(&self) -> Option<&Subject>;
    /// Which row is selected, and of how many.
    fn position(&self) -> Option<(usize, usize)>;
    /// Whether rows wait to be shown.
    fn is_waiting(&self) -> bool;
    /// Takes all marks away.
    fn unmark(&mut self);
    /// Selects a thing; `false` when it has no row.
    fn select(&mut self, subject: &Subject) -> bool;
    /// Selects what was drawn in this row of the screen: whether it was selected already; `None` when no
    /// row stands there.
    fn point(&mut self, row: u16) -> Option<bool>;
}

impl<T: Item> Listing for Table<T> {
    fn act(&mut self, action: Action) -> bool {
        Self::act(self, action)
    }

    fn set_filter(&mut self, text: &str) {
        Self::set_filter(self, text);
    }

    fn filter(&self) -> (&str, Option<&str>) {
        (Self::filter(self).as_str(), Self::filter(self).fault())
    }

    fn subject(&self) -> Option<&Subject> {
        self.selected().map(Item::subject)
    }

    fn position(&self) -> Option<(usize, usize)> {
        Self::position(self)
    }

    fn is_waiting(&self) -> bool {
        Self::is_waiting(self)
    }

    fn unmark(&mut self) {
        Self::unmark(self);
    }

    fn select(&mut self, subject: &Subject) -> bool {
        Self::select(self, subject)
    }

    fn point(&mut self, row: u16) -> Option<bool> {
        Self::point(self, row)
    }
}

/// How the feeds behind a pane stand: as the worst of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// The source with the worst feed; `None` when none is configured.
    pub source: Option<SourceId>,
    /// How it stands.
    pub state: FeedState,
    /// What is to be said of it: `stale 3m`, `connection refused 14m`.
    pub words: String,
}

impl Standing {
    /// How `feed` of every source of a kind stands.
    pub fn of(scene: &Scene<'_>, kind: SourceKind, feed: Feed) -> Self {
        let now = scene.wall();
        let feeds = scene.store.of(kind).filter_map(|source| Some((source, source.feeds.get(&feed)?)));
        // A server that does not offer it stands for none that does.
        let worst = feeds.max_by_key(|(source, one)| (!source.lacks(feed), one.state(now)));
        let Some((source, worst)) = worst else {
            return Self { source: None, state: FeedState::Pending, words: String::new() };
        };
        let state = worst.state(now);
        let words = match (&worst.failure, state) {
            (Some((failure, since)), _) => format!("{} {}", failure.short, text::age(now - *since)),
            (None, FeedState::Stale) => format!("stale {}", text::age_of(worst.age(now))),
            (None, FeedState::Pending) => "asking".to_owned(),
            (None, _) => String::new(),
        };
        Self { source: Some(source.id.clone()), state, words }
    }

    /// Whether the data may count as measured.
    pub fn is_fresh(&self) -> bool {
        self.state == FeedState::Fresh
    }

    /// What the title says on the right: nothing while all is fresh.
    pub fn badge(&self) -> Vec<Piece> {
        if self.source.is_none() || self.is_fresh() {
            return Vec::new();
        }
        let sign = sign::of_feed(self.state);
        vec![piece(format!("{} {}", sign.glyph, self.words), sign.role)]
    }

    /// The source, when it is the reason that there is nothing to see.
    pub fn culprit(&self) -> Option<Subject> {
        if self.is_fresh() { None } else { self.source.clone().map(Subject::Source) }
    }

    /// What stands where there are no rows. `nothing`: what it means that there are none although
    /// all is fresh.
    pub fn explain(&self, kind: SourceKind, nothing: Vec<Piece>) -> Vec<Vec<Piece>> {
        let name = match kind {
            SourceKind::Prometheus => "Prometheus",
            SourceKind::Alertmanager => "Alertmanager",
            SourceKind::Loki => "Loki",
            SourceKind::Pbs => "Proxmox Backup Server",
            SourceKind::Pve => "Proxmox VE",
            SourceKind::Grafana => "Grafana",
            SourceKind::Files => "place for files",
            SourceKind::Probe => "probe",
        };
        let Some(source) = &self.source else {
            return vec![vec![piece(format!("no {name} is configured"), Role::Muted)]];
        };
        let sign = sign::of_feed(self.state);
        match self.state {
            FeedState::Fresh => vec![nothing],
            FeedState::Pending => vec![vec![
                piece(format!("{} ", sign.glyph), sign.role),
                piece(format!("waiting for the first answer of {source}"), Role::Muted),
            ]],
            _ => vec![
                vec![
                    piece(format!("{} {source}  ", sign.glyph), sign.role),
                    piece(self.words.clone(), Role::Text),
                ],
                vec![piece("  what it had is not known; Enter says more", Role::Muted)],
            ],
        }
    }
}

/// Adds to what a title says on the right.
pub fn join_notes(notes: &mut Vec<Piece>, more: Vec<Piece>) {
    if !notes.is_empty() && !more.is_empty() {
        notes.push(piece("  ", Role::Muted));
    }
    notes.extend(more);
}

/// A plain word on why there are no rows.
pub fn nothing(words: &str) -> Vec<Piece> {
    vec![piece(words, Role::Muted)]
}

/// Draws lines where there are no rows.
pub fn draw_lines(lines: &[Vec<Piece>], area: Rect, buffer: &mut Buffer, scene: &Scene<'_>) {
    for (y, line) in (area.top()..area.bottom()).zip(lines) {
        let x = area.x + 1.min(area.width);
        put_pieces(buffer, (x, y), line, area.width.saturating_sub(1), scene);
    }
}

/// What stands where the filter lets nothing through.
pub fn nothing_matches(filter: &str) -> Vec<Vec<Piece>> {
    vec![vec![
        piece("nothing matches ", Role::Muted),
        piece(filter, Role::Accent),
        piece("  Esc clears", Role::Muted),
    ]]
}

/// `2 critical 1 warning`, and in short `2▲ 1◆`.
pub fn count(signs: &[(Sign, usize)]) -> (Vec<Piece>, Vec<Piece>) {
    let some: Vec<&(Sign, usize)> = signs.iter().filter(|(_, count)| *count > 0).collect();
    let long = some.iter().map(|(sign, count)| piece(format!("{count} {}", sign.word), sign.role));
    let short = some.iter().map(|(sign, count)| piece(format!("{count}{}", sign.glyph), sign.role));
    (apart(long), apart(short))
}

/// Pieces with a blank between them, which has nobody's look: an underlined word ends where it ends.
fn apart(pieces: impl Iterator<Item = Piece>) -> Vec<Piece> {
    let mut apart: Vec<Piece> = pieces.flat_map(|told| [told, piece(" ", Role::Text)]).collect();
    apart.pop();
    apart
}

/// The sign of what was measured too long ago to count.
pub const STALE: Sign = sign::sign(glyphs::UNKNOWN, Role::Unknown, "stale");
