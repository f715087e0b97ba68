//! Text into cells, never beyond its place.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::text;
use crate::ui::filter::Filter;
use crate::ui::scene::{Piece, Scene};
use crate::ui::theme::Role;

/// Draws `text` at a place, cut with `…` to `cells`; returns how many cells it took.
pub fn put(buffer: &mut Buffer, at: (u16, u16), text: &str, cells: u16, style: Style) -> u16 {
    let area = buffer.area;
    if at.1 < area.top() || at.1 >= area.bottom() || at.0 >= area.right() {
        return 0;
    }
    let room = cells.min(area.right() - at.0);
    if text::is_simple(text) {
        return put_simple(buffer, at, text, room, style);
    }
    let cut = text::truncate(text, usize::from(room));
    let (end, _) = buffer.set_stringn(at.0, at.1, &*cut, usize::from(room), style);
    end - at.0
}

/// As [`put`], for a text whose every character takes one cell, within the buffer.
fn put_simple(buffer: &mut Buffer, at: (u16, u16), text: &str, room: u16, style: Style) -> u16 {
    let start = buffer.index_of(at.0, at.1);
    let cells = buffer.content.iter_mut().skip(start).take(usize::from(room));
    let mut chars = text.chars();
    let mut used = 0;
    let mut last = None;
    for (cell, char) in cells.zip(chars.by_ref()) {
        last = Some(cell.set_char(char).set_style(style));
        used += 1;
    }
    if let Some(cell) = last.filter(|_| chars.next().is_some()) {
        cell.set_char('…');
    }
    used
}

/// Draws pieces one after the other; the last that fits is cut with `…`.
pub fn put_pieces(
    buffer: &mut Buffer,
    at: (u16, u16),
    pieces: &[Piece],
    cells: u16,
    scene: &Scene<'_>,
) -> u16 {
    let mut used = 0;
    for (text, role) in pieces {
        if used >= cells {
            break;
        }
        used += put(buffer, (at.0 + used, at.1), text, cells - used, scene.style(*role));
    }
    used
}

/// How many cells pieces take.
pub fn width(pieces: &[Piece]) -> u16 {
    let cells: usize = pieces.iter().map(|(text, _)| text::width(text)).sum();
    u16::try_from(cells).unwrap_or(u16::MAX)
}

/// Marks what the filter found in a text that was drawn at a place.
pub fn mark(buffer: &mut Buffer, at: (u16, u16), text: &str, cells: u16, filter: &Filter, scene: &Scene<'_>) {
    if filter.is_empty() {
        return;
    }
    for found in filter.marks(text) {
        let before = text.get(..found.start).map_or(0, text::width);
        let inside = text.get(found).map_or(0, text::width);
        let end = (before + inside).min(usize::from(cells));
        if before < end {
            let start = at.0.saturating_add(u16::try_from(before).unwrap_or(u16::MAX));
            let width = u16::try_from(end - before).unwrap_or(0);
            let place = Rect::new(start, at.1, width, 1).intersection(buffer.area);
            buffer.set_style(place, scene.style(Role::Match));
        }
    }
}

/// Fills an area with blanks in the colour of plain text: what lay there is gone.
pub fn blank(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let area = area.intersection(buffer.area);
    let mut plain = Cell::EMPTY;
    plain.set_style(scene.style(Role::Text));
    for y in area.top()..area.bottom() {
        let start = buffer.index_of(area.x, y);
        buffer
            .content
            .iter_mut()
            .skip(start)
            .take(usize::from(area.width))
            .for_each(|cell| cell.clone_from(&plain));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a buffer shows after a text was put into it over an older one.
    fn shown(put: impl Fn(&mut Buffer) -> u16) -> (u16, Buffer) {
        let mut buffer = Buffer::with_lines(["##########", "##########"]);
        let used = put(&mut buffer);
        (used, buffer)
    }

    #[test]
    fn a_simple_text_is_drawn_as_any_other() {
        let style = Style::new().fg(ratatui::style::Color::Red);
        for text in
            ["", "a", "abc", "abcdefghij", "abcdefghijk", "─────", "▲ 2 │ ▁▂█", "a·b…", "never mind the rest"]
        {
            assert!(text::is_simple(text), "{text}");
            for cells in 0..12 {
                for x in 0..11 {
                    let quick = shown(|buffer| put(buffer, (x, 1), text, cells, style));
                    let slow = shown(|buffer| {
                        let room = usize::from(cells.min(10 - x.min(10)));
                        if x >= 10 {
                            return 0;
                        }
                        let cut = text::truncate(text, room);
                        buffer.set_stringn(x, 1, &*cut, room, style).0 - x
                    });
                    assert_eq!(quick, slow, "{text:?} in {cells} cells at {x}");
                }
            }
        }
    }

    #[test]
    fn what_joins_its_neighbours_is_not_simple() {
        for text in ["é\u{301}", "世界", "👩\u{200d}🔧", "\u{7f}", "\t", "e\u{301}", "🇩🇪", "▶\u{fe0f}"]
        {
            assert!(!text::is_simple(text), "{text:?}");
        }
        let single = ('\0'..='\u{ffff}').filter(|char| text::is_simple(char.encode_utf8(&mut [0; 4])));
        for char in single {
            assert_eq!(unicode_width::UnicodeWidthChar::width(char), Some(1), "{char:?}");
        }
    }
}
