//! The live tails, merged in order of time, with what is missing and when alerts began; or what a
//! server was asked for.

mod bars;
mod held;
mod hits;
mod look;
mod named;
mod rows;
mod select;
mod typed;
mod walk;
mod words;

use std::collections::HashSet;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::stream::{Mark, Part, Stream, marks, tails};
use super::{Entered, Pane, Standing};
use crate::action::Action;
use crate::domain::alert::Alert;
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::log::{self, Level, Line, Tail, TailState};
use crate::domain::question::Ask;
use crate::domain::store::{SourceState, Store};
use crate::domain::subject::Subject;
use crate::keymap::Context;
use crate::ui::filter::Filter;
use crate::ui::glyphs;
use crate::ui::layers::entry::{Entry, Purpose};
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::frame::Title;
use bars::{About, Bars};
use held::Held;
use hits::Hits;
use look::Look;
use words::Writers;

/// So many lines are looked at for a frame, however many there are.
const SLICE: usize = 20_000;

/// What stands before each line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stamps {
    /// Times of day.
    #[default]
    Clock,
    /// How long ago.
    Ages,
    /// Nothing.
    None,
}

/// The pane.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the operator's desk")]
pub struct Logs {
    filter: Filter,
    /// What the filter found so far, tail by tail.
    hits: Vec<Hits>,
    /// Lines that are not yet looked at by the filter.
    unsearched: u64,
    /// What was asked for instead of the tails.
    look: Option<Look>,
    only_new: bool,
    /// The selected line; none while the newest one is, whatever it is.
    cursor: Option<Subject>,
    /// The last line on the screen while the tail is not followed.
    bottom: Option<Subject>,
    /// The time of the first line on the screen, in nanoseconds.
    top: Option<i64>,
    /// The one tail that is shown; none for all.
    tab: Option<usize>,
    split: bool,
    wrapped: bool,
    stamps: Stamps,
    unlabelled: bool,
    bookmarks: HashSet<Subject>,
    /// Where the selected lines begin, while several are.
    anchor: Option<Subject>,
    /// What stood there when it was paused, for when the tails have forgotten it.
    held: Option<Held>,
    /// Lines that are shown no more, to be freed elsewhere.
    gone: Vec<log::Entry>,
    /// Lines received when the tail was last followed.
    followed: u64,
    marks: Vec<Mark>,
    bars: Bars,
    /// What is shown came with this frame: its title is to follow.
    is_fresh: bool,
    /// What the bars are about, and since when.
    counted: (Option<About>, Duration),
    page: usize,
    /// The widest host and unit so far, so that the rule does not dance.
    widths: (u16, u16),
}

impl Logs {
    fn stream<'s>(&'s self, store: &'s Store, marks: &'s [Mark]) -> Stream<'s> {
        let is_filtered = self.is_filtered();
        let parts = self.parts(store).into_iter().enumerate();
        let parts = parts.map(|(at, part)| Part {
            hits: if is_filtered { self.hits.get(at).map(Hits::found) } else { None },
            ..part
        });
        Stream::new(parts.collect(), if is_filtered { &[] } else { marks })
    }

    /// What is shown, unfiltered.
    fn parts<'s>(&'s self, store: &'s Store) -> Vec<Part<'s>> {
        if let Some(look) = &self.look {
            return vec![Part { source: look.source(), tail: &look.tail, hits: None }];
        }
        if let Some(held) = self.held.as_ref().filter(|held| held.is_shown) {
            let all = held.tails.iter().enumerate().filter(|(at, _)| self.tab.is_none_or(|tab| tab == *at));
            return all.map(|(_, (source, tail))| Part { source, tail, hits: None }).collect();
        }
        let all = self.live(store);
        all.map(|(source, tail)| Part { source: &source.id, tail, hits: None }).collect()
    }

    /// The tails that are wanted, as they are now.
    fn live<'s>(&self, store: &'s Store) -> impl Iterator<Item = (&'s SourceState, &'s Tail)> + use<'s> {
        let wanted = self.tab;
        let all = tails(store).enumerate().filter(move |(at, _)| wanted.is_none_or(|tab| tab == *at));
        all.map(|(_, tail)| tail)
    }

    /// Lines received since the start.
    fn received(&self, store: &Store) -> u64 {
        match &self.look {
            Some(look) => look.tail.lines,
            None => self.live(store).map(|(_, tail)| tail.lines).sum(),
        }
    }

    fn is_filtered(&self) -> bool {
        !self.filter.is_empty() || self.only_new
    }

    /// Whether what is shown does not move by itself.
    const fn is_still(&self) -> bool {
        self.look.is_some()
    }

    /// Searches a slice further.
    fn search(&mut self, store: &Store) {
        self.unsearched = 0;
        if !self.is_filtered() {
            return;
        }
        let mut hits = std::mem::take(&mut self.hits);
        let mut filter = std::mem::take(&mut self.filter);
        let parts = self.parts(store);
        hits.resize_with(parts.len(), Hits::default);
        let mut slice = SLICE;
        let mut unsearched = 0;
        for (part, hits) in parts.iter().zip(&mut hits) {
            let is_new =
                |line: &Line| !self.only_new || self.look.as_ref().is_some_and(|look| look.is_new(line));
            let mut writers = Writers::default();
            slice -= hits.advance(part.tail, slice, |line| {
                is_new(line) && (filter.is_empty() || filter.lets(&writers.of(line)))
            });
            unsearched += hits.left(part.tail);
        }
        (self.hits, self.filter, self.unsearched) = (hits, filter, unsearched);
    }

    /// What was found is found by other means now.
    fn search_anew(&mut self) {
        self.hits.clear();
        self.bottom = None;
    }

    fn show(&mut self, look: Option<Look>) {
        let is_named = |look: &Option<Look>| look.as_ref().is_some_and(|look| look.is_named);
        if is_named(&self.look) && !is_named(&look) {
            self.tab = None;
        }
        if let Some(look) = std::mem::replace(&mut self.look, look) {
            self.gone.extend(look.tail.into_entries());
        }
        self.anchor = None;
        self.only_new = false;
        (self.cursor, self.bottom) = (None, None);
        self.search_anew();
    }

    fn state(&self, scene: &Scene<'_>) -> Vec<Piece> {
        let mut pieces = Vec::new();
        if self.unsearched > 0 {
            pieces.push(piece(format!("searching, {} left  ", self.unsearched), Role::Accent));
        }
        if let Some(look) = &self.look {
            let words = if look.is_filled() { "Esc back to live" } else { "asking" };
            pieces.push(piece(words, Role::Muted));
            return pieces;
        }
        if self.cursor.is_some() {
            let new = self.received(scene.store).saturating_sub(self.followed);
            let words = if new > 0 { format!("paused  +{new} new") } else { "paused".to_owned() };
            pieces.push(piece(words, Role::Accent));
        } else {
            let rate = self.live(scene.store).map(|(_, tail)| tail.rate(scene.wall())).sum();
            pieces.extend(state(self.live(scene.store).map(|(_, tail)| &tail.state), rate));
        }
        pieces
    }

    /// The names and counts of what is shown, in full and in short.
    fn named(&self, scene: &Scene<'_>) -> (Vec<Piece>, Vec<Piece>) {
        if let Some(look) = &self.look {
            let mut counts = vec![piece(format!("{} ", look.name), Role::Text)];
            let sign = if look.pivot.is_some() { "±" } else { "last " };
            let span = crate::text::age(chrono::TimeDelta::seconds(look.span()));
            counts.push(piece(format!("{sign}{span}  "), Role::Accent));
            if let Some(news) = look.news() {
                counts.push(piece(format!("{news} new  "), Role::Warning));
            }
            counts.push(piece(look.query().unwrap_or_default().to_owned(), Role::Muted));
            let short = counts.iter().take(2).cloned().collect();
            if look.is_named && scene.whole {
                // It stands among the tabs.
                counts.remove(0);
            }
            return (counts, short);
        }
        let all = tails(scene.store).count();
        let query = |tail: &Tail| piece(&*tail.query, Role::Muted);
        match self.tab {
            Some(tab) => match tails(scene.store).nth(tab) {
                Some((_, tail)) => {
                    let name = piece(format!("{} ", tail.name), Role::Text);
                    (vec![name.clone(), query(tail)], vec![name])
                }
                None => (Vec::new(), Vec::new()),
            },
            None if all == 1 => (tails(scene.store).map(|(_, tail)| query(tail)).collect(), Vec::new()),
            None if all > 1 => {
                let words = if self.split { "side by side" } else { "merged" };
                (vec![piece(format!("{all} tails {words}"), Role::Muted)], Vec::new())
            }
            None => (Vec::new(), Vec::new()),
        }
    }
}

/// `● live 12/s`: the state of the worst of the tails.
pub fn state<'s>(states: impl Iterator<Item = &'s TailState>, rate: f64) -> Vec<Piece> {
    let rank = |state: &TailState| match state {
        TailState::Live => 0,
        TailState::Polling(_) => 1,
        TailState::Connecting => 2,
        TailState::Stopped(_) => 3,
    };
    let speed = if rate >= 0.95 { format!("{rate:.0}/s") } else { format!("{:.0}/min", rate * 60.0) };
    match states.max_by_key(|state| rank(state)) {
        None => Vec::new(),
        Some(TailState::Live) => {
            vec![piece(format!("{} ", glyphs::OK), Role::Ok), piece(format!("live {speed}"), Role::Muted)]
        }
        Some(TailState::Polling(_)) => {
            vec![
                piece(format!("{} ", glyphs::OK), Role::Info),
                piece(format!("polling {speed}"), Role::Muted),
            ]
        }
        Some(TailState::Connecting) => vec![piece(format!("{} connecting", glyphs::PENDING), Role::Unknown)],
        Some(TailState::Stopped(why)) => {
            vec![piece(format!("{} stopped {why}", glyphs::FAILED).trim_end().to_owned(), Role::Warning)]
        }
    }
}

impl Pane for Logs {
    fn title(&self, scene: &Scene<'_>) -> Title {
        let (mut counts, mut short) = self.named(scene);
        if scene.whole {
            counts = [self.tabs(scene.store), counts].concat();
        }
        if self.is_filtered() {
            let new = if self.only_new { "only new " } else { "" };
            let typed =
                if self.filter.is_empty() { String::new() } else { format!("/{}", self.filter.as_str()) };
            let typed = piece(format!("{new}{typed}"), Role::Accent);
            if !counts.is_empty() {
                counts.push(piece("  ", Role::Muted));
            }
            counts.push(typed.clone());
            short = vec![typed];
        }
        let gone: u64 = self.live(scene.store).map(|(_, tail)| tail.forgotten()).sum();
        if gone > 0 && scene.whole && !self.is_still() {
            counts.push(piece(format!("  {gone} older dropped from view"), Role::Muted));
        }
        let badge = if self.is_still() { Vec::new() } else { standing(scene).badge() };
        let right = if badge.is_empty() { self.state(scene) } else { badge };
        Title { counts, short, right, ..Title::new("Logs") }
    }

    fn made_of(&self) -> &'static [SourceKind] {
        &[SourceKind::Alertmanager, SourceKind::Prometheus]
    }

    fn refresh(&mut self, scene: &Scene<'_>) {
        // Where there is little room only what is true now counts.
        self.marks = marks(scene.store, scene.whole);
    }

    fn wants(&self, _scene: &Scene<'_>) -> Vec<Ask> {
        self.look.as_ref().map(Look::wants).unwrap_or_default()
    }

    fn take_gone(&mut self) -> Vec<log::Entry> {
        std::mem::take(&mut self.gone)
    }

    fn context(&self) -> Context {
        Context::Logs
    }

    fn act(&mut self, action: Action, scene: &Scene<'_>) -> bool {
        let store = scene.store;
        let page = isize::try_from(self.page.max(1)).unwrap_or(1);
        let is_error = |_: usize, line: &Line| line.level <= Level::Error;
        match action {
            Action::Down => self.step(1, store),
            Action::Up => self.step(-1, store),
            Action::HalfDown => self.step((page / 2).max(1), store),
            Action::HalfUp => self.step(-(page / 2).max(1), store),
            Action::PageDown => self.step(page, store),
            Action::PageUp => self.step(-page, store),
            Action::Bottom => self.select(None, store),
            Action::Top => self.go_to(i64::MIN, store),
            Action::NextMatch if self.is_filtered() => self.step(1, store),
            Action::PreviousMatch if self.is_filtered() => self.step(-1, store),
            Action::NextError => self.seek(true, store, is_error),
            Action::PreviousError => self.seek(false, store, is_error),
            Action::NextBar | Action::PreviousBar => self.move_bar(action == Action::NextBar, store),
            Action::Wrap => self.wrapped = !self.wrapped,
            Action::Labels => self.unlabelled = !self.unlabelled,
            Action::Split => self.split = !self.split,
            Action::Stamps => {
                self.stamps = match self.stamps {
                    Stamps::Clock => Stamps::Ages,
                    Stamps::Ages => Stamps::None,
                    Stamps::None => Stamps::Clock,
                };
            }
            Action::OnlyNew if self.look.as_ref().is_some_and(|look| look.news().is_some()) => {
                self.only_new = !self.only_new;
                self.search_anew();
            }
            Action::Select => self.start_selection(store),
            Action::Close if self.anchor.is_some() => self.anchor = None,
            Action::Bookmark => self.bookmark(scene),
            Action::NextBookmark => self.next_bookmark(store),
            Action::Context => self.look_around(scene),
            Action::Longer | Action::Shorter => self.change_span(action == Action::Longer, scene),
            Action::Pause => {
                let line = if self.cursor.is_some() { None } else { self.newest(store) };
                self.select(line, store);
            }
            Action::NextTab | Action::PreviousTab if self.look.as_ref().is_none_or(|look| look.is_named) => {
                self.change_tab(action == Action::NextTab, scene);
            }
            _ => return false,
        }
        true
    }

    fn subject(&self, scene: &Scene<'_>) -> Option<Subject> {
        self.cursor.clone().or_else(|| self.newest(scene.store)).or_else(|| standing(scene).culprit())
    }

    fn set_filter(&mut self, text: &str) {
        if text != self.filter.as_str() {
            self.filter = Filter::new(text);
            self.search_anew();
        }
    }

    fn filter(&self) -> (&str, Option<&str>) {
        (self.filter.as_str(), self.filter.fault())
    }

    fn show_logs_of(&mut self, alert: &Alert, scene: &Scene<'_>) -> bool {
        self.look_at_alert(alert, scene)
    }

    fn entry(&self, action: Action, scene: &Scene<'_>) -> Option<Entry> {
        self.line_for(action, scene)
    }

    fn entered(&mut self, purpose: &Purpose, text: &str, scene: &Scene<'_>) -> Result<Entered, String> {
        self.take_line(purpose, text, scene)
    }

    fn copied(&self, scene: &Scene<'_>) -> Option<String> {
        self.selected_text(scene)
    }

    fn go_back(&mut self) -> bool {
        let is_there = self.look.is_some();
        if is_there {
            self.show(None);
        }
        is_there
    }

    fn is_working(&self) -> bool {
        self.unsearched > 0 || self.is_fresh
    }

    fn draw(&mut self, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
        let area = area.intersection(buffer.area);
        if area.is_empty() {
            return;
        }
        self.advance(scene);
        self.hold(scene.store);
        self.search(scene.store);
        self.draw_all(scene, area, buffer);
    }
}

fn standing(scene: &Scene<'_>) -> Standing {
    Standing::of(scene, SourceKind::Loki, Feed::Tail)
}
