//! The screen as bytes: what changed from one frame to the next, in as few of them as can be, and
//! in one write. An unchanged frame writes nothing.
//!
//! Nothing here reads from the terminal or asks the kernel: the size is told, and the cursor's
//! place is known because nobody else moves it.

use std::io::{self, Write};

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::{Cell, CellWidth};
use ratatui::layout::{Position, Size};

use self::pen::Pen;
use self::shown::{Change, Move, Shown};
use crate::link::{self, Links};

mod pen;
mod shown;

/// Asks the terminal to show a frame at once and not in pieces; those that cannot ignore it.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// The question that every terminal answers with its device attributes (DA1): the answer says that
/// all that was written before has arrived.
const QUESTION: &[u8] = b"\x1b[c";

/// A frame's worth of changes that goes out in one write.
#[derive(Debug)]
pub struct Painter<W> {
    out: W,
    frame: Vec<u8>,
    size: Size,
    pen: Pen,
    /// Where the terminal's cursor is; `None` when that depends on the terminal.
    cursor: Option<Position>,
    /// Whether the cursor is on the screen, as it was told last.
    is_shown: bool,
    asks: bool,
    written: usize,
    /// Where the right halves of wide characters stand, row by row.
    halves: Vec<bool>,
    shown: Shown,
    /// The addresses that cells stand for, and the number of the one that is written.
    links: Links,
    linked: usize,
}

impl<W: Write> Painter<W> {
    /// A painter of a cleared screen of that size, whose cursor is hidden. `mono` leaves out all
    /// colours, and nothing else.
    pub fn new(out: W, size: Size, mono: bool) -> Self {
        let (pen, frame) = (Pen::new(mono), BEGIN.to_vec());
        Self {
            out,
            frame,
            size,
            pen,
            cursor: None,
            is_shown: false,
            asks: false,
            written: 0,
            halves: Vec::new(),
            shown: Shown::blank(size),
            links: Links::default(),
            linked: 0,
        }
    }

    /// The addresses that the cells of the coming frames stand for.
    pub fn know(&mut self, links: Links) {
        self.links = links;
    }

    /// The screen has another size from now on.
    pub fn resize(&mut self, size: Size) {
        self.size = size;
        self.halves.clear();
        self.shown.forget();
    }

    /// Whether the coming frames end with the question whose answer paces them.
    pub const fn ask(&mut self, asks: bool) {
        self.asks = asks;
    }

    /// How many bytes the last frame took.
    pub const fn written(&self) -> usize {
        self.written
    }

    /// Somebody else had the terminal: nothing is known of its pen and its cursor.
    pub fn forget(&mut self) {
        self.frame.truncate(BEGIN.len());
        self.frame.extend_from_slice(b"\x1b[m");
        self.pen.lift();
        self.linked = 0;
        self.cursor = None;
        self.is_shown = true;
        self.shown.forget();
    }

    /// Where the bytes go.
    pub const fn out(&mut self) -> &mut W {
        &mut self.out
    }

    fn go(&mut self, to: Position) {
        if self.cursor == Some(to) {
            return;
        }
        let below = self.cursor.filter(|from| from.y < to.y && from.y + 10 > to.y);
        if let Some(from) = below.filter(|from| from.x >= to.x && from.x - to.x <= 2) {
            // A column of values that change: a step down, and back over the one that was written.
            let _in_memory = match to.y - from.y {
                1 => write!(self.frame, "\x1b[B"),
                rows => write!(self.frame, "\x1b[{rows}B"),
            };
            self.frame.extend(std::iter::repeat_n(b'\x08', usize::from(from.x - to.x)));
            self.cursor = Some(to);
            return;
        }
        let from = self.cursor.filter(|from| from.y == to.y);
        let _in_memory = match from {
            Some(from) if to.x == from.x + 1 => self.frame.write_all(b"\x1b[C"),
            Some(_) if to.x == 0 => self.frame.write_all(b"\r"),
            Some(from) if to.x > from.x && to.x - from.x < 10 && to.x >= 9 => {
                write!(self.frame, "\x1b[{}C", to.x - from.x)
            }
            Some(_) => write!(self.frame, "\x1b[{}G", to.x + 1),
            None if to.x == 0 => write!(self.frame, "\x1b[{}H", to.y + 1),
            None => write!(self.frame, "\x1b[{};{}H", to.y + 1, to.x + 1),
        };
        self.cursor = Some(to);
    }

    fn put(&mut self, at: Position, cell: &Cell) {
        self.go(at);
        self.shown.put(at, cell);
        self.pen.take(cell, &mut self.frame);
        self.stand_for(link::number(cell));
        let symbol = harmless(cell.symbol());
        self.frame.extend_from_slice(symbol.as_bytes());
        let next = at.x.saturating_add(cell.cell_width().max(1));
        let is_torn = self.cover(at, next);
        // At the edge a terminal waits before it wraps; and about the width of what is made of
        // several characters no two terminals agree.
        let is_plain = cell.symbol().chars().nth(1).is_none();
        self.cursor = (is_plain && next < self.size.width).then_some(Position { x: next, y: at.y });
        if is_torn {
            self.put(Position { x: next, y: at.y }, &Cell::EMPTY);
        }
    }

    /// What follows is a link to the address of this number; to none when it is 0.
    fn stand_for(&mut self, number: usize) {
        if std::mem::replace(&mut self.linked, number) != number {
            self.links.write(number, &mut self.frame);
        }
    }

    /// Notes that a character stands from `at` up to `next`. Whether it took the left half of a wide
    /// one: each terminal leaves the right half to look in its own way, and the frames before and
    /// after agree that nothing stands there, so that nobody else writes it.
    fn cover(&mut self, at: Position, next: u16) -> bool {
        let width = usize::from(self.size.width);
        let row = usize::from(at.y) * width;
        self.halves.resize(width * usize::from(self.size.height), false);
        for x in at.x..next.min(self.size.width) {
            if let Some(half) = self.halves.get_mut(row + usize::from(x)) {
                *half = x > at.x;
            }
        }
        next < self.size.width && self.halves.get(row + usize::from(next)).is_some_and(|half| *half)
    }
}

impl<W: Write> Painter<W> {
    /// Has the terminal move rows: what comes in is blank.
    fn scroll(&mut self, rows: &Move) {
        self.pen.reset(&mut self.frame);
        let way = if rows.up { 'S' } else { 'T' };
        let (top, bottom, by) = (rows.rows.start + 1, rows.rows.end, rows.by);
        let _in_memory = write!(self.frame, "\x1b[{top};{bottom}r\x1b[{by}{way}\x1b[r");
        self.cursor = None;
        self.shown.carry_out(rows);
    }
}

/// All texts were made harmless long before; a terminal acts on none that was forgotten.
fn harmless(symbol: &str) -> &str {
    match symbol {
        "" => " ",
        _ if symbol.chars().any(char::is_control) => "\u{b7}",
        _ => symbol,
    }
}

impl<W: Write> Backend for Painter<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let changes: Vec<Change<'_>> = content.collect();
        if let Some((rows, left)) = self.shown.moved(&changes) {
            self.scroll(&rows);
            for (at, cell) in &left {
                self.put(*at, cell);
            }
            return Ok(());
        }
        for (x, y, cell) in changes {
            self.put(Position { x, y }, cell);
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.is_shown {
            self.frame.extend_from_slice(b"\x1b[?25l");
            self.is_shown = false;
        }
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if !self.is_shown {
            self.frame.extend_from_slice(b"\x1b[?25h");
            self.is_shown = true;
        }
        Ok(())
    }

    /// Where the cursor is as far as is known: the terminal is not asked.
    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.cursor.unwrap_or(Position::ORIGIN))
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.go(position.into());
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.pen.reset(&mut self.frame);
        self.halves.clear();
        match clear_type {
            ClearType::All => self.shown = Shown::blank(self.size),
            _ => self.shown.forget(),
        }
        self.frame.extend_from_slice(match clear_type {
            ClearType::All => b"\x1b[2J",
            ClearType::AfterCursor => b"\x1b[J",
            ClearType::BeforeCursor => b"\x1b[1J",
            ClearType::CurrentLine => b"\x1b[2K",
            ClearType::UntilNewLine => b"\x1b[K",
        });
        Ok(())
    }

    fn size(&self) -> io::Result<Size> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.written = 0;
        if self.frame.len() == BEGIN.len() {
            return Ok(());
        }
        self.stand_for(0);
        self.frame.extend_from_slice(END);
        if self.asks {
            self.frame.extend_from_slice(QUESTION);
        }
        let outcome = self.out.write_all(&self.frame).and_then(|()| self.out.flush());
        self.written = self.frame.len();
        self.frame.truncate(BEGIN.len());
        outcome
    }
}

#[cfg(test)]
#[path = "backend/tests.rs"]
mod tests;
