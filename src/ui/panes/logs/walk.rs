//! Moving among the lines, and which of them are on the screen.

use super::held::Held;
use super::{Logs, SLICE};
use crate::domain::log::{Entry, Line};
use crate::domain::store::Store;
use crate::domain::subject::Subject;
use crate::ui::panes::stream::{Place, Shown, Stream};
use crate::ui::scene::piece;
use crate::ui::theme::Role;
use crate::ui::widgets::prose::wrap;

/// The line at a place, if it is one.
const fn line(shown: Shown<'_>) -> Option<(usize, &Line)> {
    match shown {
        Shown::Entry(index, Entry::Line(line)) => Some((index, line)),
        _ => None,
    }
}

impl Logs {
    /// Moves by so many lines; past the newest the tail is followed again.
    pub(super) fn step(&mut self, by: isize, store: &Store) {
        let stream = self.stream(store, &[]);
        let mut place = match &self.cursor {
            Some(cursor) => stream.after(cursor),
            None => stream.end(),
        };
        let mut found = None;
        // The first one back is the selected line itself.
        let mut left = if by < 0 { by.unsigned_abs().saturating_add(1) } else { by.unsigned_abs() };
        while left > 0 {
            let shown = if by < 0 { stream.back(&mut place) } else { stream.forth(&mut place) };
            let Some(shown) = shown else { break };
            if let Some(line) = line(shown) {
                found = Some(line);
                left -= 1;
            }
        }
        if by > 0 && left > 0 && !self.is_still() {
            found = None;
        } else if found.is_none() {
            return;
        }
        let found = found.and_then(|(index, line)| stream.subject(index, line));
        self.select(found, store);
    }

    /// Goes to the next line that is wanted, and stays where there is none.
    pub(super) fn seek(&mut self, forward: bool, store: &Store, wanted: impl Fn(usize, &Line) -> bool) {
        let stream = self.stream(store, &[]);
        let mut place = self.cursor.as_ref().map_or_else(|| stream.end(), |cursor| stream.after(cursor));
        if !forward && self.cursor.is_some() {
            stream.back(&mut place);
        }
        for _ in 0..SLICE {
            let shown = if forward { stream.forth(&mut place) } else { stream.back(&mut place) };
            let Some(shown) = shown else { return };
            if let Some((index, line)) = line(shown)
                && wanted(index, line)
            {
                let found = stream.subject(index, line);
                return self.select(found, store);
            }
        }
    }

    /// Goes to the first line at or after a time, in nanoseconds.
    pub(super) fn go_to(&mut self, time: i64, store: &Store) {
        let stream = self.stream(store, &[]);
        let mut place = stream.at(time);
        while let Some(shown) = stream.forth(&mut place) {
            if let Some((index, line)) = line(shown) {
                let found = stream.subject(index, line);
                return self.select(found, store);
            }
        }
        let last = self.newest(store);
        self.select(last, store);
    }

    pub(super) fn select(&mut self, line: Option<Subject>, store: &Store) {
        if self.cursor.is_none() && line.is_some() {
            self.followed = self.received(store);
            self.held = (!self.is_still()).then(|| Held::new(store));
        }
        if line.is_none() {
            self.bottom = None;
            self.let_go();
        }
        self.cursor = line;
    }

    /// The newest line that the filter lets through.
    pub(super) fn newest(&self, store: &Store) -> Option<Subject> {
        let stream = self.stream(store, &[]);
        let mut place = stream.end();
        while let Some(shown) = stream.back(&mut place) {
            if let Some((index, line)) = line(shown) {
                return stream.subject(index, line);
            }
        }
        None
    }

    /// The rows on the screen, the newest last.
    pub(super) fn window<'s>(&self, stream: &Stream<'s>, height: usize, text_width: usize) -> Vec<Shown<'s>> {
        let cost = |shown: &Shown<'_>| match line(*shown) {
            Some((_, line)) if self.wrapped => wrap(&[piece(&*line.text, Role::Text)], text_width).len(),
            _ => 1,
        };
        let fill = |place: &mut Place, back: bool, room: usize| {
            let mut rows = Vec::new();
            let mut used = 0;
            while used < room
                && let Some(shown) = if back { stream.back(place) } else { stream.forth(place) }
            {
                used += cost(&shown);
                rows.push(shown);
            }
            if back {
                rows.reverse();
            }
            (rows, used)
        };
        let Some(cursor) = &self.cursor else {
            return fill(&mut stream.end(), true, height).0;
        };
        let is_cursor =
            |shown: &Shown<'_>| line(*shown).is_some_and(|(index, line)| stream.is(index, line, cursor));
        // As it was, if the selected line is still on the screen.
        let from = self.bottom.as_ref().unwrap_or(cursor);
        let (mut rows, used) = fill(&mut stream.after(from), true, height);
        if !rows.iter().any(is_cursor) {
            let mut place = stream.after(cursor);
            if place.passed() > stream.after(from).passed() {
                return fill(&mut place, true, height).0;
            }
            stream.back(&mut place);
            rows = fill(&mut place, false, height).0;
        } else if used < height {
            // At the beginning: fill up from below.
            rows.extend(fill(&mut stream.after(from), false, height - used).0);
        }
        rows
    }
}

/// The last line among rows.
pub(super) fn last(rows: &[Shown<'_>], stream: &Stream<'_>) -> Option<Subject> {
    let (index, line) = rows.iter().rev().find_map(|shown| line(*shown))?;
    stream.subject(index, line)
}
