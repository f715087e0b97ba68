//! What the terminal shows as far as it was told, and whether a part of the next frame is a part of
//! this one moved by a few rows: then the terminal moves it, and little is left to be written. A line
//! that comes into a log is worth a hundred bytes then, and not the whole pane.

use std::ops::Range;

use ratatui::buffer::{Cell, CellWidth};
use ratatui::layout::{Position, Size};

/// Rows move by so many at most.
const FARTHEST: usize = 3;

/// Moving is worth it when it spares so many bytes: it costs some thirty itself.
const WORTH: i64 = 80;

/// A jump of the cursor costs about as much as so many characters.
const JUMP: i64 = 4;

/// A cell that is to change.
pub type Change<'a> = (u16, u16, &'a Cell);

/// Rows that move together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// All rows concerned: those that go, and those that become blank.
    pub rows: Range<usize>,
    /// By how many.
    pub by: usize,
    /// Upwards, as when a line comes in below.
    pub up: bool,
    /// About how many bytes need not be written.
    spared: i64,
}

/// The cells that the terminal shows, row by row.
#[derive(Debug, Default)]
pub struct Shown {
    width: usize,
    /// Empty as long as it is not known.
    cells: Vec<Cell>,
}

impl Shown {
    /// The screen is blank and has this size.
    pub fn blank(size: Size) -> Self {
        let (width, height) = (usize::from(size.width), usize::from(size.height));
        Self { width, cells: vec![Cell::EMPTY; width * height] }
    }

    /// Nothing is known of the screen.
    pub fn forget(&mut self) {
        self.cells = Vec::new();
    }

    /// Notes what was put somewhere.
    pub fn put(&mut self, at: Position, cell: &Cell) {
        let start = usize::from(at.y) * self.width + usize::from(at.x);
        let mut places = self.cells.iter_mut().skip(start).take(usize::from(cell.cell_width().max(1)));
        if let Some(known) = places.next() {
            known.clone_from(cell);
        }
        // Below the rest of a wide character nothing stands any more.
        places.for_each(|hidden| *hidden = Cell::EMPTY);
    }

    /// What these rows show, with these changes.
    fn with(&self, rows: &Range<usize>, changes: &[Change<'_>]) -> Vec<Cell> {
        let first = rows.start * self.width;
        let mut next = self.cells.get(first..rows.end * self.width).unwrap_or_default().to_vec();
        for (x, y, cell) in changes {
            if let Some(known) = next.get_mut(usize::from(*y) * self.width + usize::from(*x) - first) {
                known.clone_from(cell);
            }
        }
        next
    }

    /// The move that spares most, if one is worth it, and what is to be put after it.
    pub fn moved(&self, changes: &[Change<'_>]) -> Option<(Move, Vec<(Position, Cell)>)> {
        // What is little cannot become much less.
        if self.cells.is_empty() || i64::try_from(changes.len()).ok()? < WORTH {
            return None;
        }
        let rows = changes.iter().map(|(_, y, _)| usize::from(*y));
        let concerned = rows.clone().min()?..rows.max()? + 1;
        let next = self.with(&concerned, changes);
        let written = written(changes, &concerned);
        let pair = Pair {
            width: self.width,
            old: &self.cells,
            new: &next,
            first: concerned.start,
            written: &written,
        };
        let ways = (1..=FARTHEST).flat_map(|by| [(by, true), (by, false)]);
        let best =
            ways.filter_map(|(by, up)| pair.best(&concerned, by, up)).max_by_key(|found| found.spared)?;
        if best.spared < WORTH || !best.rows.clone().all(|row| pair.is_narrow(row)) {
            return None;
        }
        let left = pair.left(&best, changes);
        Some((best, left))
    }

    /// The terminal moved its rows.
    pub fn carry_out(&mut self, done: &Move) {
        let (from, to) = (done.rows.start * self.width, done.rows.end * self.width);
        let Some(cells) = self.cells.get_mut(from..to) else { return };
        let by = done.by * self.width;
        if done.up {
            cells.rotate_left(by);
            cells.iter_mut().rev().take(by).for_each(|cell| *cell = Cell::EMPTY);
        } else {
            cells.rotate_right(by);
            cells.iter_mut().take(by).for_each(|cell| *cell = Cell::EMPTY);
        }
    }
}

/// The screen before and after a frame.
struct Pair<'a> {
    width: usize,
    old: &'a [Cell],
    /// The rows concerned, afterwards.
    new: &'a [Cell],
    /// The first of them.
    first: usize,
    /// What each of them costs as it is.
    written: &'a [i64],
}

impl<'a> Pair<'a> {
    fn row(cells: &'a [Cell], width: usize, row: usize) -> &'a [Cell] {
        cells.get(row * width..(row + 1) * width).unwrap_or_default()
    }

    fn before(&self, row: usize) -> &'a [Cell] {
        Self::row(self.old, self.width, row)
    }

    fn after(&self, row: usize) -> &'a [Cell] {
        row.checked_sub(self.first).map_or(&[], |row| Self::row(self.new, self.width, row))
    }

    /// What a row costs as it is.
    fn written(&self, row: usize) -> i64 {
        row.checked_sub(self.first).and_then(|row| self.written.get(row)).copied().unwrap_or(0)
    }

    /// What is spared when the row `row` came from `from`; where nothing came from it is blank.
    fn spared(&self, row: usize, from: Option<usize>) -> i64 {
        let left = match from {
            Some(from) => differing(self.before(from), self.after(row)),
            None => cost(self.after(row).iter().map(|cell| *cell != Cell::EMPTY)),
        };
        self.written(row) - left
    }

    /// The rows that are best moved together by so many, in this direction.
    fn best(&self, concerned: &Range<usize>, by: usize, up: bool) -> Option<Move> {
        // Where a row goes to; it comes from `by` rows below, or above.
        let targets = if up {
            concerned.start..concerned.end.saturating_sub(by)
        } else {
            concerned.start + by..concerned.end
        };
        let (mut best, mut sum, mut start) = (None::<(i64, Range<usize>)>, 0, targets.start);
        for row in targets {
            // Nothing is spared where nothing is to be written: no stretch begins there.
            if sum <= 0 && self.written(row) == 0 {
                continue;
            }
            if sum <= 0 {
                (sum, start) = (0, row);
            }
            sum += self.spared(row, Some(if up { row + by } else { row - by }));
            if best.as_ref().is_none_or(|(most, _)| sum > *most) {
                best = Some((sum, start..row + 1));
            }
        }
        let (sum, went) = best?;
        let (rows, blank) = if up {
            (went.start..went.end + by, went.end..went.end + by)
        } else {
            (went.start - by..went.end, went.start - by..went.start)
        };
        let lost: i64 = blank.map(|row| self.spared(row, None)).sum();
        Some(Move { rows, by, up, spared: sum + lost })
    }

    /// Whether each character of a row takes one cell, before and after: halves of wide ones are
    /// nowhere noted here.
    fn is_narrow(&self, row: usize) -> bool {
        self.before(row).iter().chain(self.after(row)).all(|cell| cell.cell_width() == 1)
    }

    /// What is to be put when the rows have moved.
    fn left(&self, done: &Move, changes: &[Change<'_>]) -> Vec<(Position, Cell)> {
        let elsewhere = changes.iter().filter(|(_, y, _)| !done.rows.contains(&usize::from(*y)));
        let mut left: Vec<(Position, Cell)> =
            elsewhere.map(|(x, y, cell)| (Position { x: *x, y: *y }, (*cell).clone())).collect();
        for row in done.rows.clone() {
            let from = if done.up { row + done.by } else { row.wrapping_sub(done.by) };
            let before = if done.rows.contains(&from) { self.before(from) } else { &[] };
            let Ok(y) = u16::try_from(row) else { continue };
            for (x, cell) in (0..).zip(self.after(row)) {
                if cell != before.get(usize::from(x)).unwrap_or(&Cell::EMPTY) {
                    left.push((Position { x, y }, cell.clone()));
                }
            }
        }
        left
    }
}

/// What each of these rows costs as it is; the changes are in the order of reading.
fn written(changes: &[Change<'_>], rows: &Range<usize>) -> Vec<i64> {
    let mut all = vec![0; rows.len()];
    let mut before = None;
    for (x, y, _) in changes {
        if let Some(bytes) = usize::from(*y).checked_sub(rows.start).and_then(|row| all.get_mut(row)) {
            *bytes += 1 + if before == Some((x.wrapping_sub(1), *y)) { 0 } else { JUMP };
        }
        before = Some((*x, *y));
    }
    all
}

fn differing(one: &[Cell], other: &[Cell]) -> i64 {
    cost(one.iter().zip(other).map(|(one, other)| one != other))
}

/// About how many bytes a row takes in which these cells are to be written.
fn cost(written: impl Iterator<Item = bool>) -> i64 {
    let (mut bytes, mut before) = (0, false);
    for is_written in written {
        bytes += i64::from(is_written) + if is_written && !before { JUMP } else { 0 };
        before = is_written;
    }
    bytes
}
