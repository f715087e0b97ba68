//! How a table is drawn: its heading, the rows that fit, and a line on the rest.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::{Item, Line, Row, Table};
use crate::text;
use crate::ui::filter::Filter;
use crate::ui::glyphs;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::columns::{Column, fit};
use crate::ui::widgets::paint::{mark, put, put_pieces};
use crate::ui::widgets::sign::Sign;

impl<T: Item> Table<T> {
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
        // A heading has one of them.
        let room = usize::from(area.height).saturating_sub(1);
        if std::mem::replace(&mut self.room, room) != room && !self.heads.is_empty() {
            self.sift();
        }
        // Above heads of groups alone there is nothing that a heading names.
        let has_rows = self.shown.iter().any(|line| matches!(line, Line::Item(_)));
        // It stands where there is room for it, or where it takes no row's place.
        let has_room = area.height >= 5 || usize::from(area.height) > self.shown.len();
        let header = u16::from(scene.whole && has_room && has_rows);
        let height = usize::from(area.height - header);
        let visible = self.scroll(height);
        self.drawn = (area.y + header, visible);
        let lines: Vec<(usize, Line)> =
            self.shown.iter().copied().enumerate().skip(self.top).take(visible).collect();
        let rows: Vec<(usize, Row)> = lines
            .iter()
            .filter_map(|(at, line)| match line {
                Line::Item(item) => Some((*at, row(self.items.get(*item)?))),
                Line::Head(_) => None,
            })
            .collect();
        self.measure(columns, &rows, (area.width, scene.times.absolute), header > 0);
        // Bar, glyph and a blank stand before the columns, and under a head a little more.
        let indent = if self.heads.is_empty() { 0 } else { 2 };
        let (gap, widths) = fit(columns, &self.natural, area.width.saturating_sub(3 + indent));
        let lay = Lay { columns, widths: &widths, gap, indent };
        if header > 0 {
            lay.header(self.sorted, area, buffer, scene);
        }
        let mut rows = rows.into_iter().peekable();
        for (y, (at, line)) in (area.y + header..area.bottom()).zip(&lines) {
            let selected = *at == self.at && scene.focused;
            let place = (area.x, y);
            match line {
                Line::Head(head) => self.head(*head, selected, place, area.width, buffer, scene),
                Line::Item(item) => {
                    let Some((_, row)) = rows.next_if(|(have, _)| have == at) else { continue };
                    let edge = self.items.get(*item).map_or(Edge::Plain, |item| self.edge(item, selected));
                    lay.row(&row, place, area.width, edge, &self.filter, buffer, scene);
                }
            }
        }
        let y = area.y + header + u16::try_from(visible).unwrap_or(u16::MAX);
        if self.top + visible < self.shown.len() && y < area.bottom() {
            self.sum_up(self.top + visible, (area.x, y), area.width, buffer, scene);
        }
    }

    /// What the title says of filter, marks and waiting rows.
    pub fn notes(&self) -> Vec<Piece> {
        let mut notes: Vec<String> = Vec::new();
        if !self.filter.is_empty() {
            notes.push(format!("/{}  {} of {}", self.filter.as_str(), self.passing, self.items.len()));
        } else if self.only.is_some() && self.passing < self.items.len() {
            notes.push(format!("{} of {}", self.passing, self.items.len()));
        }
        if !self.marks.is_empty() {
            notes.push(format!("{} marked", self.marks.len()));
        }
        if self.new > 0 {
            notes.push(format!("+{} new", self.new));
        }
        if notes.is_empty() { Vec::new() } else { vec![piece(notes.join("  "), Role::Accent)] }
    }

    /// Selects what stands in this line of the screen: whether it was selected already.
    pub fn point(&mut self, line: u16) -> Option<bool> {
        let (first, count) = self.drawn;
        let at = usize::from(line.checked_sub(first)?);
        let at = Some(self.top + at).filter(|_| at < count)?;
        let before = std::mem::replace(&mut self.at, at);
        self.choose();
        Some(before == at)
    }

    fn edge(&self, item: &T, selected: bool) -> Edge {
        match (selected, self.marks.contains(item.subject())) {
            (true, true) => Edge::Both,
            (true, false) => Edge::Selected,
            (false, true) => Edge::Marked,
            (false, false) => Edge::Plain,
        }
    }

    /// `▾ DiskSpaceLow  5  2 critical 3 warning`
    fn head(
        &self,
        at: usize,
        selected: bool,
        (x, y): (u16, u16),
        room: u16,
        buffer: &mut Buffer,
        scene: &Scene<'_>,
    ) {
        let Some(head) = self.heads.get(at) else { return };
        let members: Vec<&T> = head.members.iter().filter_map(|at| self.items.get(*at)).collect();
        let marked = !members.is_empty() && members.iter().all(|item| self.marks.contains(item.subject()));
        let edge = match (selected, marked) {
            (true, true) => Edge::Both,
            (true, false) => Edge::Selected,
            (false, true) => Edge::Marked,
            (false, false) => Edge::Plain,
        };
        edge.draw((x, y), room, buffer, scene);
        let kinds = kinds(members.into_iter());
        if let Some((worst, _)) = kinds.first() {
            put(buffer, (x + 1, y), worst.glyph, room.saturating_sub(1), scene.style(worst.role));
        }
        let fold = if head.folded { glyphs::FOLDED } else { glyphs::UNFOLDED };
        let name = if selected { Role::Selection } else { Role::Title };
        let mut pieces = vec![piece(format!("{fold} "), Role::Muted), piece(&*head.name, name)];
        for (sign, count) in &kinds {
            pieces.push(piece(format!("  {count} {}", sign.word), sign.role));
        }
        put_pieces(buffer, (x + 3, y), &pieces, room.saturating_sub(3), scene);
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
            let titled = self.natural.iter_mut().zip(columns).enumerate();
            for (at, (have, column)) in titled.filter(|(_, (have, _))| **have > 0) {
                let sorted = u16::from(self.sorted == Some(at));
                *have = (*have).max(cells(column.title) + sorted);
            }
        }
    }

    /// `● 11 more up` or `◆ 3 more: 1 warning 2 up`.
    fn sum_up(&self, from: usize, at: (u16, u16), cells: u16, buffer: &mut Buffer, scene: &Scene<'_>) {
        let left = self.shown.iter().skip(from).flat_map(|line| match line {
            Line::Item(at) => std::slice::from_ref(at),
            Line::Head(head) => match self.heads.get(*head) {
                // The rows of an open group are counted where they stand.
                Some(head) if head.folded => &head.members[..],
                _ => &[],
            },
        });
        let kinds = kinds(left.filter_map(|at| self.items.get(*at)));
        let count: usize = kinds.iter().map(|(_, count)| count).sum();
        let Some((worst, first)) = kinds.first().copied() else { return };
        put(buffer, (at.0 + 1, at.1), worst.glyph, cells.saturating_sub(1), scene.style(worst.role));
        let text = if kinds.len() == 1 {
            format!("{first} more {}", worst.word)
        } else {
            listed(count, &kinds, usize::from(cells.saturating_sub(3)))
        };
        put(buffer, (at.0 + 3, at.1), &text, cells.saturating_sub(3), scene.style(Role::Muted));
    }
}

/// `66 more: 16 critical, 39 warning, ...`: kinds that do not fit are left out whole.
fn listed(count: usize, kinds: &[(Sign, usize)], room: usize) -> String {
    let mut text = format!("{count} more");
    for (at, (sign, count)) in kinds.iter().enumerate() {
        let next = format!("{} {count} {}", if at == 0 { ":" } else { "," }, sign.word);
        let rest = if at + 1 < kinds.len() { ", …" } else { "" };
        if text::width(&text) + text::width(&next) + text::width(rest) > room {
            text.push_str(if at == 0 { "" } else { ", …" });
            break;
        }
        text.push_str(&next);
    }
    text
}

/// How many there are of each state: the worst first, else in the order in which they come.
fn kinds<'t, T: Item + 't>(items: impl Iterator<Item = &'t T>) -> Vec<(Sign, usize)> {
    let mut kinds: Vec<(Sign, usize)> = Vec::new();
    for item in items {
        let sign = item.state();
        match kinds.iter_mut().find(|(have, _)| have.word == sign.word) {
            Some((_, count)) => *count += 1,
            None => kinds.push((sign, 1)),
        }
    }
    kinds.sort_by_key(|(sign, _)| match sign.role {
        Role::Critical => 0,
        Role::Warning => 1,
        _ => 2,
    });
    kinds
}

/// What stands at the left edge of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edge {
    Plain,
    Selected,
    Marked,
    Both,
}

impl Edge {
    const fn is_selected(self) -> bool {
        matches!(self, Self::Selected | Self::Both)
    }

    fn draw(self, at: (u16, u16), room: u16, buffer: &mut Buffer, scene: &Scene<'_>) {
        let glyph = match self {
            Self::Plain => return,
            Self::Selected => glyphs::BAR,
            Self::Marked => glyphs::MARK,
            Self::Both => glyphs::MARKED_BAR,
        };
        put(buffer, at, glyph, room, scene.style(Role::Accent));
    }
}

/// Columns with their places.
struct Lay<'a> {
    columns: &'a [Column],
    widths: &'a [Option<u16>],
    gap: u16,
    /// How far the rows stand in.
    indent: u16,
}

impl Lay<'_> {
    /// The columns that are shown: position, where from, how wide.
    fn places(&self) -> impl Iterator<Item = (usize, &Column, u16, u16)> {
        let mut x = 3 + self.indent;
        let shown = self.columns.iter().zip(self.widths).enumerate();
        shown.filter_map(move |(at, (column, width))| {
            let (start, width) = (x, (*width)?);
            x += width + self.gap;
            Some((at, column, start, width))
        })
    }

    fn header(&self, sorted: Option<usize>, area: Rect, buffer: &mut Buffer, scene: &Scene<'_>) {
        for (at, column, x, width) in self.places() {
            let own = sorted == Some(at);
            let title = if own { format!("{}{}", column.title, glyphs::SORTED) } else { column.title.into() };
            let pad = if column.right { width.saturating_sub(cells(&title)) } else { 0 };
            let role = if own { Role::Accent } else { Role::Muted };
            put(buffer, (area.x + x + pad, area.y), &title, width - pad, scene.style(role));
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a row, its place and its look")]
    fn row(
        &self,
        row: &Row,
        at: (u16, u16),
        room: u16,
        edge: Edge,
        filter: &Filter,
        buffer: &mut Buffer,
        scene: &Scene<'_>,
    ) {
        edge.draw(at, room, buffer, scene);
        let selected = edge.is_selected();
        let style = |role: Role| {
            let style = scene.style(if row.stale && role != Role::Unknown { Role::Stale } else { role });
            match role {
                Role::Text if selected => scene.style(Role::Selection),
                _ if selected => style.add_modifier(Modifier::BOLD),
                _ => style,
            }
        };
        let x = 1 + self.indent;
        put(buffer, (at.0 + x, at.1), row.sign.glyph, room.saturating_sub(x), style(row.sign.role));
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
