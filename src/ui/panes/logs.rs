//! The live tails, merged in order of time, with what is missing and when alerts began.

mod rows;

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::stream::{Mark, Place, Shown, Stream, marks, tails};
use super::{Pane, Standing};
use crate::action::Action;
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::log::{Entry, Level, Line, TailState};
use crate::domain::store::Store;
use crate::domain::subject::Subject;
use crate::keymap::Context;
use crate::ui::filter::{Filter, Hay};
use crate::ui::glyphs;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::prose::wrap;

/// The pane.
#[derive(Debug, Default)]
pub struct Logs {
    filter: Filter,
    /// The selected line; none while the newest one is, whatever it is.
    cursor: Option<Subject>,
    /// The last line on the screen while the tail is not followed.
    bottom: Option<Subject>,
    /// The one tail that is shown; none for all.
    tab: Option<usize>,
    wrapped: bool,
    /// Lines received when the tail was last followed.
    followed: u64,
    marks: Vec<Mark>,
    page: usize,
    /// The widest host and unit so far, so that the rule does not dance.
    widths: (u16, u16),
}

impl Hay for Line {
    fn text(&self) -> Cow<'_, str> {
        format!("{} {} {}", host(self), unit(self), self.text).into()
    }

    fn label(&self, name: &str) -> Option<Cow<'_, str>> {
        match name {
            "level" if self.stream.get("level").is_none() => Some(self.level.as_ref().into()),
            name => self.stream.get(name).map(Cow::from),
        }
    }
}

/// On which machine a line was written.
fn host(line: &Line) -> &str {
    let named =
        ["host", "hostname", "nodename", "node", "instance"].iter().find_map(|name| line.stream.get(name));
    let named = named.unwrap_or("");
    // `10.0.0.21:9100` is the host 10.0.0.21.
    named
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(named, |(host, _)| host)
}

/// By what a line was written.
fn unit(line: &Line) -> &str {
    let origins = ["unit", "systemd_unit", "service", "service_name", "container", "app", "job"];
    let named = origins.iter().find_map(|name| line.stream.get(name)).unwrap_or("");
    named.strip_suffix(".service").unwrap_or(named)
}

/// Whether a line may be selected: it is one, and the filter lets it through.
fn lets<'s>(filter: &mut Filter, shown: Shown<'s>) -> Option<(usize, &'s Line)> {
    match shown {
        Shown::Entry(index, Entry::Line(line)) if filter.is_empty() || filter.lets(line) => {
            Some((index, line))
        }
        _ => None,
    }
}

impl Logs {
    fn stream<'s>(&self, store: &'s Store, marks: &'s [Mark]) -> Stream<'s> {
        Stream::new(store, self.tab, marks)
    }

    /// Moves by so many lines; past the newest the tail is followed again.
    fn step(&mut self, by: isize, store: &Store, wanted: impl Fn(&Line) -> bool) {
        let stream = self.stream(store, &[]);
        let mut place = match &self.cursor {
            Some(cursor) => stream.after(cursor),
            None => stream.end(),
        };
        let mut found = None;
        let mut left = by.unsigned_abs();
        if by < 0 {
            // The first one back is the selected line itself.
            left += 1;
            while left > 0
                && let Some(shown) = stream.back(&mut place)
            {
                if let Some((index, line)) = lets(&mut self.filter, shown)
                    && (wanted(line) || found.is_none() && left == by.unsigned_abs() + 1)
                {
                    found = stream.subject(index, line);
                    left -= 1;
                }
            }
        } else {
            let mut last = self.cursor.clone();
            while left > 0
                && let Some(shown) = stream.forth(&mut place)
            {
                if let Some((index, line)) = lets(&mut self.filter, shown)
                    && wanted(line)
                {
                    last = stream.subject(index, line);
                    left -= 1;
                }
            }
            if left == 0 {
                found = last;
            }
        }
        self.select(found, store);
    }

    /// Goes to the next line that is wanted, and stays where there is none.
    fn seek(&mut self, forward: bool, store: &Store, wanted: impl Fn(&Line) -> bool) {
        let stream = self.stream(store, &[]);
        let mut place = self.cursor.as_ref().map_or_else(|| stream.end(), |cursor| stream.after(cursor));
        if !forward && self.cursor.is_some() {
            stream.back(&mut place);
        }
        loop {
            let shown = if forward { stream.forth(&mut place) } else { stream.back(&mut place) };
            let Some(shown) = shown else { return };
            if let Some((index, line)) = lets(&mut self.filter, shown)
                && wanted(line)
            {
                let found = stream.subject(index, line);
                return self.select(found, store);
            }
        }
    }

    fn select(&mut self, line: Option<Subject>, store: &Store) {
        if self.cursor.is_none() && line.is_some() {
            self.followed = self.stream(store, &[]).received();
        }
        if line.is_none() {
            self.bottom = None;
        }
        self.cursor = line;
    }

    /// The newest line that the filter lets through.
    fn newest(&mut self, store: &Store) -> Option<Subject> {
        let stream = self.stream(store, &[]);
        let mut place = stream.end();
        while let Some(shown) = stream.back(&mut place) {
            if let Some((index, line)) = lets(&mut self.filter, shown) {
                return stream.subject(index, line);
            }
        }
        None
    }

    /// The rows on the screen, the newest last, each with the line that it is.
    fn window<'s>(&mut self, stream: &Stream<'s>, height: usize, text_width: usize) -> Vec<Shown<'s>> {
        let cost = |shown: &Shown<'_>, wrapped: bool| match shown {
            Shown::Entry(_, Entry::Line(line)) if wrapped => {
                wrap(&[piece(&*line.text, Role::Text)], text_width).len()
            }
            _ => 1,
        };
        let wrapped = self.wrapped;
        let fill = |place: &mut Place, filter: &mut Filter, back: bool, room: usize| {
            let mut rows = Vec::new();
            let mut used = 0;
            while used < room
                && let Some(shown) = if back { stream.back(place) } else { stream.forth(place) }
            {
                let plain = matches!(shown, Shown::Entry(_, Entry::Line(_)));
                if (plain && lets(filter, shown).is_none())
                    || (matches!(shown, Shown::Mark(_)) && !filter.is_empty())
                {
                    continue;
                }
                used += cost(&shown, wrapped);
                rows.push(shown);
            }
            (rows, used)
        };
        let Some(cursor) = self.cursor.clone() else {
            let (mut rows, _) = fill(&mut stream.end(), &mut self.filter, true, height);
            rows.reverse();
            return rows;
        };
        let is_cursor = |shown: &Shown<'_>| match shown {
            Shown::Entry(index, Entry::Line(line)) => stream.subject(*index, line).as_ref() == Some(&cursor),
            _ => false,
        };
        // As it was, if the selected line is still on the screen.
        let from = self.bottom.as_ref().unwrap_or(&cursor);
        let mut place = stream.after(from);
        let (mut rows, used) = fill(&mut place, &mut self.filter, true, height);
        rows.reverse();
        if !rows.iter().any(is_cursor) {
            let below = stream.after(&cursor).passed() > stream.after(from).passed();
            place = stream.after(&cursor);
            rows = if below {
                let (mut rows, _) = fill(&mut place, &mut self.filter, true, height);
                rows.reverse();
                rows
            } else {
                stream.back(&mut place);
                fill(&mut place, &mut self.filter, false, height).0
            };
        } else if used < height {
            // At the beginning: fill up from below.
            let mut place = stream.after(from);
            rows.extend(fill(&mut place, &mut self.filter, false, height - used).0);
        }
        let last = rows.iter().rev().find_map(|shown| match shown {
            Shown::Entry(index, Entry::Line(line)) => stream.subject(*index, line),
            _ => None,
        });
        self.bottom = last;
        rows
    }

    fn state(&self, scene: &Scene<'_>) -> Vec<Piece> {
        let stream = self.stream(scene.store, &[]);
        if self.cursor.is_some() {
            let new = stream.received().saturating_sub(self.followed);
            let words = if new > 0 { format!("paused  +{new} new") } else { "paused".to_owned() };
            return vec![piece(words, Role::Accent)];
        }
        state(stream.tails().iter().map(|(_, tail)| &tail.state), stream.rate(scene.wall()))
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
        let all = tails(scene.store).count();
        let mut counts = match self.tab {
            Some(tab) => match tails(scene.store).nth(tab) {
                Some((_, tail)) => {
                    vec![piece(format!("{} ", tail.name), Role::Text), piece(&*tail.query, Role::Muted)]
                }
                None => Vec::new(),
            },
            None if all == 1 => {
                tails(scene.store).map(|(_, tail)| piece(&*tail.query, Role::Muted)).collect()
            }
            None if all > 1 => vec![piece(format!("{all} tails merged"), Role::Muted)],
            None => Vec::new(),
        };
        let mut short: Vec<Piece> = match self.tab {
            Some(_) => counts.iter().take(1).cloned().collect(),
            None => Vec::new(),
        };
        if !self.filter.is_empty() {
            let typed = piece(format!("/{}", self.filter.as_str()), Role::Accent);
            if !counts.is_empty() {
                counts.push(piece("  ", Role::Muted));
            }
            counts.push(typed.clone());
            short = vec![typed];
        }
        let badge = standing(scene).badge();
        let right = if badge.is_empty() { self.state(scene) } else { badge };
        Title { counts, short, right, ..Title::new("Logs") }
    }

    fn made_of(&self) -> &'static [SourceKind] {
        &[SourceKind::Alertmanager, SourceKind::Prometheus]
    }

    fn refresh(&mut self, scene: &Scene<'_>) {
        self.marks = marks(scene.store);
    }

    fn context(&self) -> Context {
        Context::Logs
    }

    fn act(&mut self, action: Action, scene: &Scene<'_>) -> bool {
        let store = scene.store;
        let page = isize::try_from(self.page.max(1)).unwrap_or(1);
        let any = |_: &Line| true;
        let is_error = |line: &Line| line.level <= Level::Error;
        match action {
            Action::Down => self.step(1, store, any),
            Action::Up => self.step(-1, store, any),
            Action::HalfDown => self.step((page / 2).max(1), store, any),
            Action::HalfUp => self.step(-(page / 2).max(1), store, any),
            Action::PageDown => self.step(page, store, any),
            Action::PageUp => self.step(-page, store, any),
            Action::Bottom => self.select(None, store),
            Action::Top => self.step(-isize::MAX, store, any),
            Action::NextMatch if !self.filter.is_empty() => self.step(1, store, any),
            Action::PreviousMatch if !self.filter.is_empty() => self.step(-1, store, any),
            Action::NextError => self.seek(true, store, is_error),
            Action::PreviousError => self.seek(false, store, is_error),
            Action::Wrap => self.wrapped = !self.wrapped,
            Action::Pause => {
                let line = if self.cursor.is_some() { None } else { self.newest(store) };
                self.select(line, store);
            }
            Action::NextTab | Action::PreviousTab => {
                let all = tails(store).count();
                let forward = action == Action::NextTab;
                self.tab = match self.tab {
                    None if all < 2 => None,
                    None => Some(if forward { 0 } else { all - 1 }),
                    Some(tab) if forward => Some(tab + 1).filter(|tab| *tab < all),
                    Some(tab) => tab.checked_sub(1),
                };
                self.select(None, store);
            }
            _ => return false,
        }
        true
    }

    fn subject(&self, scene: &Scene<'_>) -> Option<Subject> {
        if self.cursor.is_some() {
            return self.cursor.clone();
        }
        let mut following =
            Self { filter: Filter::new(self.filter.as_str()), tab: self.tab, ..Self::default() };
        following.newest(scene.store).or_else(|| standing(scene).culprit())
    }

    fn set_filter(&mut self, text: &str) {
        if text != self.filter.as_str() {
            self.filter = Filter::new(text);
            self.bottom = None;
        }
    }

    fn filter(&self) -> (&str, Option<&str>) {
        (self.filter.as_str(), self.filter.fault())
    }

    fn draw(&mut self, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
        let area = area.intersection(buffer.area);
        if area.is_empty() {
            return;
        }
        self.page = usize::from(area.height);
        let known = std::mem::take(&mut self.marks);
        let stream = self.stream(scene.store, &known);
        let lay = self.lay_out(&stream, area);
        let rows = self.window(&stream, self.page, usize::from(lay.text_width));
        if rows.is_empty() {
            self.draw_nothing(scene, area, buffer);
        } else {
            self.draw_rows(&rows, &stream, &lay, scene, area, buffer);
        }
        self.marks = known;
    }
}

fn standing(scene: &Scene<'_>) -> Standing {
    Standing::of(scene, SourceKind::Loki, Feed::Tail)
}
