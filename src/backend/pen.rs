//! The style that the terminal writes in, and the shortest way from one to the next.

use std::io::Write;

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

/// What shows on a blank cell, apart from its background.
const ON_BLANK: Modifier = Modifier::REVERSED
    .union(Modifier::UNDERLINED)
    .union(Modifier::CROSSED_OUT)
    .union(Modifier::SLOW_BLINK)
    .union(Modifier::RAPID_BLINK);

/// Every modifier: what turns it on, and what turns it off.
const MODIFIERS: [(Modifier, u8, u8); 9] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::SLOW_BLINK, 5, 25),
    (Modifier::RAPID_BLINK, 6, 25),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

/// A style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ink {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Ink {
    const PLAIN: Self = Self { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };
}

/// The terminal's pen.
#[derive(Debug)]
pub struct Pen {
    ink: Ink,
    mono: bool,
    /// Where the two ways are written to be compared.
    change: Vec<u8>,
    afresh: Vec<u8>,
}

impl Pen {
    /// A plain pen; `mono` knows no colours.
    pub const fn new(mono: bool) -> Self {
        Self { ink: Ink::PLAIN, mono, change: Vec::new(), afresh: Vec::new() }
    }

    /// The terminal was told to be plain.
    pub const fn lift(&mut self) {
        self.ink = Ink::PLAIN;
    }

    /// Makes it plain.
    pub fn reset(&mut self, out: &mut Vec<u8>) {
        if self.ink != Ink::PLAIN {
            out.extend_from_slice(b"\x1b[m");
            self.ink = Ink::PLAIN;
        }
    }

    /// Makes it write as the cell looks. On a blank only what shows there is changed.
    pub fn take(&mut self, cell: &Cell, out: &mut Vec<u8>) {
        // The bits that are no modifiers are the number of a link.
        let modifier = cell.modifier.intersection(Modifier::all());
        let mut ink = if self.mono {
            Ink { modifier, ..Ink::PLAIN }
        } else {
            Ink { fg: cell.fg, bg: cell.bg, modifier }
        };
        if cell.symbol() == " " && !ink.modifier.intersects(ON_BLANK) {
            ink.fg = self.ink.fg;
            ink.modifier |= self.ink.modifier.difference(ON_BLANK);
        }
        if ink == self.ink {
            return;
        }
        self.change.clear();
        turn(self.ink, ink, &mut self.change);
        self.afresh.clear();
        turn(Ink::PLAIN, ink, &mut self.afresh);
        // `0;` and then from plain, or just what differs.
        let anew = self.afresh.len() + usize::from(!self.afresh.is_empty());
        out.extend_from_slice(b"\x1b[");
        if anew < self.change.len() {
            if !self.afresh.is_empty() {
                out.push(b'0');
                out.push(b';');
            }
            out.extend(self.afresh.strip_suffix(b";").unwrap_or_default());
        } else {
            out.extend(self.change.strip_suffix(b";").unwrap_or_default());
        }
        out.push(b'm');
        self.ink = ink;
    }
}

/// The numbers, each with a `;` behind it, that make one ink of another.
fn turn(from: Ink, to: Ink, out: &mut Vec<u8>) {
    let mut on = from.modifier;
    let mut is_off = 0;
    for (modifier, _, off) in MODIFIERS {
        if on.contains(modifier) && !to.modifier.contains(modifier) {
            if off != is_off {
                number(off, out);
                is_off = off;
            }
            // One number turns off both that share it.
            for (other, _, _) in MODIFIERS.iter().filter(|(_, _, shared)| *shared == off) {
                on.remove(*other);
            }
        }
    }
    for (modifier, number_on, _) in MODIFIERS {
        if to.modifier.contains(modifier) && !on.contains(modifier) {
            number(number_on, out);
        }
    }
    if from.fg != to.fg {
        colour(to.fg, 30, out);
    }
    if from.bg != to.bg {
        colour(to.bg, 40, out);
    }
}

fn number(number: u8, out: &mut Vec<u8>) {
    let _in_memory = write!(out, "{number};");
}

/// A colour as foreground (base 30) or background (base 40).
fn colour(colour: Color, base: u8, out: &mut Vec<u8>) {
    let dark = |index: u8| base + index;
    let bright = |index: u8| base + 60 + index;
    let _in_memory = match colour {
        Color::Reset => write!(out, "{};", base + 9),
        Color::Black => write!(out, "{};", dark(0)),
        Color::Red => write!(out, "{};", dark(1)),
        Color::Green => write!(out, "{};", dark(2)),
        Color::Yellow => write!(out, "{};", dark(3)),
        Color::Blue => write!(out, "{};", dark(4)),
        Color::Magenta => write!(out, "{};", dark(5)),
        Color::Cyan => write!(out, "{};", dark(6)),
        Color::Gray => write!(out, "{};", dark(7)),
        Color::DarkGray => write!(out, "{};", bright(0)),
        Color::LightRed => write!(out, "{};", bright(1)),
        Color::LightGreen => write!(out, "{};", bright(2)),
        Color::LightYellow => write!(out, "{};", bright(3)),
        Color::LightBlue => write!(out, "{};", bright(4)),
        Color::LightMagenta => write!(out, "{};", bright(5)),
        Color::LightCyan => write!(out, "{};", bright(6)),
        Color::White => write!(out, "{};", bright(7)),
        Color::Indexed(index @ 0..8) => write!(out, "{};", dark(index)),
        Color::Indexed(index @ 8..16) => write!(out, "{};", bright(index - 8)),
        Color::Indexed(index) => write!(out, "{};5;{index};", base + 8),
        Color::Rgb(red, green, blue) => write!(out, "{};2;{red};{green};{blue};", base + 8),
    };
}
