//! The one table of all panes: it filters, scrolls, keeps the selection on the thing and not on
//! the row, and holds the rows still while somebody is pressing keys.

use std::collections::HashSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::columns::{Column, fit};
use super::paint::{mark, put};
use super::sign::Sign;
use crate::action::Action;
use crate::domain::subject::Subject;
use crate::text;
use crate::ui::filter::{Filter, Hay};
use crate::ui::glyphs;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;

/// Something that has a row.
pub trait Item: Hay {
    /// What it is; the selection stays with it.
    fn subject(&self) -> &Subject;

    /// How it is in a word, for the line that sums up what does not fit: `11 more up`.
    fn state(&self) -> Sign;
}

/// A row as it is drawn.
#[derive(Clone, Debug)]
pub struct Row {
    /// Glyph and colour in front.
    pub sign: Sign,
    /// One piece per column.
    pub cells: Vec<Piece>,
    /// Whether the row is not to be trusted as it stands: all of it is dimmed.
    pub stale: bool,
}

/// The rows of a pane, and where one is among them.
#[derive(Debug)]
pub struct Table<T> {
    items: Vec<T>,
    /// Items that came while the rows were held.
    waiting: Option<Vec<T>>,
    /// How many of the waiting ones are new.
    new: usize,
    /// What the filter lets through, as positions in `items`.
    shown: Vec<usize>,
    /// The filter.
    filter: Filter,
    selected: Option<Subject>,
    at: usize,
    top: usize,
    page: usize,
    /// The widest that each column has been at this width, so that columns do not dance.
    natural: Vec<u16>,
    /// What they were measured for: the width, and whether times are absolute.
    measured: (u16, bool),
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            waiting: None,
            new: 0,
            shown: Vec::new(),
            filter: Filter::default(),
            selected: None,
            at: 0,
            top: 0,
            page: 1,
            natural: Vec::new(),
            measured: (0, false),
        }
    }
}

/// Above this many rows new ones are not counted one by one while they wait.
const COUNTED: usize = 20_000;

impl<T: Item> Table<T> {
    /// Takes new rows, at once or, while the rows are held, later.
    pub fn offer(&mut self, items: Vec<T>, held: bool) {
        if held && !self.items.is_empty() {
            if items.len() <= COUNTED {
                let known: HashSet<&Subject> = self.items.iter().map(Item::subject).collect();
                self.new = items.iter().filter(|item| !known.contains(item.subject())).count();
            }
            self.waiting = Some(items);
            return;
        }
        self.waiting = None;
        self.new = 0;
        self.items = items;
        self.sift();
    }

    /// Whether rows wait to be shown.
    pub const fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Shows the rows that were held back.
    pub fn release(&mut self) {
        if let Some(items) = self.waiting.take() {
            self.offer(items, false);
        }
    }

    /// Filters the rows as typed.
    pub fn set_filter(&mut self, text: &str) {
        if text != self.filter.as_str() {
            self.filter = Filter::new(text);
            self.sift();
        }
    }

    /// The filter.
    pub const fn filter(&self) -> &Filter {
        &self.filter
    }

    fn sift(&mut self) {
        self.shown.clear();
        for (at, item) in self.items.iter().enumerate() {
            if self.filter.is_empty() || self.filter.lets(item) {
                self.shown.push(at);
            }
        }
        let last = self.shown.len().saturating_sub(1);
        let same = self.selected.as_ref().and_then(|selected| {
            self.shown
                .iter()
                .position(|at| self.items.get(*at).is_some_and(|item| item.subject() == selected))
        });
        self.at = same.unwrap_or(self.at).min(last);
        if same.is_none() {
            self.selected = None;
        }
    }

    /// All rows, filtered or not.
    pub fn items(&self) -> &[T] {
        &self.items
    }

    /// The selected row.
    pub fn selected(&self) -> Option<&T> {
        self.shown.get(self.at).and_then(|at| self.items.get(*at))
    }

    /// Which row is selected, from 1, and of how many.
    pub fn position(&self) -> Option<(usize, usize)> {
        (!self.shown.is_empty()).then(|| (self.at + 1, self.shown.len()))
    }

    /// Whether no row passes the filter.
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// Moves the selection; `false` when the action is not one of a list.
    pub fn act(&mut self, action: Action) -> bool {
        let last = self.shown.len().saturating_sub(1);
        let half = (self.page / 2).max(1);
        let page = self.page.max(1);
        self.at = match action {
            Action::Down => self.at + 1,
            Action::Up => self.at.saturating_sub(1),
            Action::Top => 0,
            Action::Bottom => last,
            Action::HalfDown => self.at + half,
            Action::HalfUp => self.at.saturating_sub(half),
            Action::PageDown => self.at + page,
            Action::PageUp => self.at.saturating_sub(page),
            Action::NextMatch if !self.filter.is_empty() => {
                if self.at >= last {
                    0
                } else {
                    self.at + 1
                }
            }
            Action::PreviousMatch if !self.filter.is_empty() => self.at.checked_sub(1).unwrap_or(last),
            _ => return false,
        }
        .min(last);
        self.selected = self.selected().map(|item| item.subject().clone());
        true
    }

    /// What the title says of filter and waiting rows.
    pub fn notes(&self) -> Vec<Piece> {
        let mut notes = Vec::new();
        if !self.filter.is_empty() {
            let text = format!("/{}  {} of {}", self.filter.as_str(), self.shown.len(), self.items.len());
            notes.push(piece(text, Role::Accent));
        }
        if self.new > 0 {
            let lead = if notes.is_empty() { "" } else { "  " };
            notes.push(piece(format!("{lead}+{} new", self.new), Role::Accent));
        }
        notes
    }

    /// Draws the rows that fit.
    pub fn draw(
        &mut self,
        columns: &[Column],
        row: impl Fn(&T) -> Row,
        area: Rect,
        buffer: &mut Buffer,
        scene: &Scene<'_>,
    ) {
        let area = area.intersection(buffer.area);
        if area.is_empty() {
            return;
        }
        let header = u16::from(scene.whole && area.height >= 5 && !self.shown.is_empty());
        let height = usize::from(area.height - header);
        let visible = self.scroll(height);
        let rows: Vec<(usize, Row)> = (self.top..self.top + visible)
            .filter_map(|at| Some((at, row(self.items.get(*self.shown.get(at)?)?))))
            .collect();
        self.measure(columns, &rows, (area.width, scene.times.absolute), header > 0);
        // Bar, glyph and a blank stand before the columns.
        let (gap, widths) = fit(columns, &self.natural, area.width.saturating_sub(3));
        let lay = Lay { columns, widths: &widths, gap };
        if header > 0 {
            lay.header(area, buffer, scene);
        }
        let mut y = area.y + header;
        for (at, row) in &rows {
            let selected = *at == self.at && scene.focused;
            lay.row(row, (area.x, y), area.width, selected, &self.filter, buffer, scene);
            y += 1;
        }
        if self.top + visible < self.shown.len() && y < area.bottom() {
            self.sum_up(self.top + visible, (area.x, y), area.width, buffer, scene);
        }
    }

    /// Brings the selection into view and says how many rows are shown. One line is kept for the
    /// summary while there is more below.
    fn scroll(&mut self, height: usize) -> usize {
        let count = self.shown.len();
        if count <= height {
            self.top = 0;
            self.page = height;
            return count;
        }
        let body = if height > 1 { height - 1 } else { height };
        self.page = body;
        if self.at < self.top {
            self.top = self.at;
        }
        if self.at >= self.top + body {
            self.top = self.at + 1 - body;
        }
        if self.top + height >= count {
            self.top = count - height;
            return height;
        }
        body
    }

    fn measure(&mut self, columns: &[Column], rows: &[(usize, Row)], look: (u16, bool), header: bool) {
        if self.measured != look || self.natural.len() != columns.len() {
            self.measured = look;
            self.natural = vec![0; columns.len()];
        }
        for (_, row) in rows {
            for (have, (text, _)) in self.natural.iter_mut().zip(&row.cells) {
                *have = (*have).max(u16::try_from(text::width(text)).unwrap_or(u16::MAX));
            }
        }
        if header {
            for (have, column) in self.natural.iter_mut().zip(columns).filter(|(have, _)| **have > 0) {
                *have = (*have).max(u16::try_from(text::width(column.title)).unwrap_or(0));
            }
        }
    }

    /// `● 11 more up` or `◆ 3 more: 1 warning 2 up`.
    fn sum_up(&self, from: usize, at: (u16, u16), cells: u16, buffer: &mut Buffer, scene: &Scene<'_>) {
        let mut kinds: Vec<(Sign, usize)> = Vec::new();
        for item in self.shown.iter().skip(from).filter_map(|at| self.items.get(*at)) {
            let sign = item.state();
            match kinds.iter_mut().find(|(have, _)| have.word == sign.word) {
                Some((_, count)) => *count += 1,
                None => kinds.push((sign, 1)),
            }
        }
        let Some((worst, first)) = kinds.first().copied() else { return };
        put(buffer, (at.0 + 1, at.1), worst.glyph, cells.saturating_sub(1), scene.style(worst.role));
        let text = if kinds.len() == 1 {
            format!("{first} more {}", worst.word)
        } else {
            let all: Vec<String> =
                kinds.iter().map(|(sign, count)| format!("{count} {}", sign.word)).collect();
            format!("{} more: {}", self.shown.len() - from, all.join(", "))
        };
        put(buffer, (at.0 + 3, at.1), &text, cells.saturating_sub(3), scene.style(Role::Muted));
    }
}

/// Columns with their places.
struct Lay<'a> {
    columns: &'a [Column],
    widths: &'a [Option<u16>],
    gap: u16,
}

impl Lay<'_> {
    /// The columns that are shown: position, where from, how wide.
    fn places(&self) -> impl Iterator<Item = (usize, &Column, u16, u16)> {
        let mut x = 3;
        let shown = self.columns.iter().zip(self.widths).enumerate();
        shown.filter_map(move |(at, (column, width))| {
            let (start, width) = (x, (*width)?);
            x += width + self.gap;
            Some((at, column, start, width))
        })
    }

    fn header(&self, area: Rect, buffer: &mut Buffer, scene: &Scene<'_>) {
        for (_, column, x, width) in self.places() {
            let pad = if column.right { width.saturating_sub(cells(column.title)) } else { 0 };
            put(buffer, (area.x + x + pad, area.y), column.title, width - pad, scene.style(Role::Muted));
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a row, its place and its look")]
    fn row(
        &self,
        row: &Row,
        at: (u16, u16),
        room: u16,
        selected: bool,
        filter: &Filter,
        buffer: &mut Buffer,
        scene: &Scene<'_>,
    ) {
        if selected {
            put(buffer, at, glyphs::BAR, room, scene.style(Role::Accent));
        }
        let style = |role: Role| {
            let style = scene.style(if row.stale && role != Role::Unknown { Role::Stale } else { role });
            match role {
                Role::Text if selected => scene.style(Role::Selection),
                _ if selected => style.add_modifier(Modifier::BOLD),
                _ => style,
            }
        };
        put(buffer, (at.0 + 1, at.1), row.sign.glyph, room.saturating_sub(1), style(row.sign.role));
        for (index, column, x, width) in self.places() {
            let Some((text, role)) = row.cells.get(index) else { continue };
            let pad = if column.right { width.saturating_sub(cells(text)) } else { 0 };
            let place = (at.0 + x + pad, at.1);
            let width = (width - pad).min(room.saturating_sub(x + pad));
            put(buffer, place, text, width, style(*role));
            mark(buffer, place, text, width, filter, scene);
        }
    }
}

fn cells(text: &str) -> u16 {
    u16::try_from(text::width(text)).unwrap_or(u16::MAX)
}
