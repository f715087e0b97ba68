//! Text into cells, never beyond its place.

use ratatui::buffer::Buffer;
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
    let cut = text::truncate(text, usize::from(room));
    let (end, _) = buffer.set_stringn(at.0, at.1, &*cut, usize::from(room), style);
    end - at.0
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
    for position in area.positions() {
        if let Some(cell) = buffer.cell_mut(position) {
            cell.reset();
        }
    }
    buffer.set_style(area, scene.style(Role::Text));
}
