//! The frame of a pane: its title and counts on the left, how fresh it is on the right. Where
//! there is little room it is one line above the rows.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::paint::{blank, put, put_pieces, width};
use crate::ui::glyphs;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;

/// The title of a pane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Title {
    /// The key of its view; 0 for none.
    pub number: u8,
    /// Its name.
    pub name: String,
    /// What it counts, in words.
    pub counts: Vec<Piece>,
    /// The same in glyphs, for a narrow pane.
    pub short: Vec<Piece>,
    /// What stands on the right.
    pub right: Vec<Piece>,
}

impl Title {
    /// A title that only names.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

/// How a pane is set apart from its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Border {
    /// A box around it.
    Box,
    /// A line above it.
    Line,
}

/// Draws the frame and returns the room inside.
pub fn frame(title: &Title, border: Border, area: Rect, buffer: &mut Buffer, scene: &Scene<'_>) -> Rect {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return area;
    }
    let role = if scene.focused { Role::BorderFocus } else { Role::Border };
    let style = scene.style(role);
    let line = glyphs::LINE.repeat(usize::from(area.width));
    put(buffer, (area.x, area.y), &line, area.width, style);
    let inside = match border {
        Border::Box if area.width >= 4 && area.height >= 3 => {
            sides(area, buffer, style);
            Rect::new(area.x + 1, area.y + 1, area.width - 2, area.height - 2)
        }
        _ => Rect::new(area.x, area.y + 1, area.width, area.height - 1),
    };
    write_title(title, area, buffer, scene);
    inside
}

fn sides(area: Rect, buffer: &mut Buffer, style: Style) {
    let (right, bottom) = (area.right() - 1, area.bottom() - 1);
    for y in area.top()..area.bottom() {
        put(buffer, (area.x, y), glyphs::RULE, 1, style);
        put(buffer, (right, y), glyphs::RULE, 1, style);
    }
    let line = glyphs::LINE.repeat(usize::from(area.width));
    put(buffer, (area.x, bottom), &line, area.width, style);
    for (corner, at) in
        [("╭", (area.x, area.y)), ("╮", (right, area.y)), ("╰", (area.x, bottom)), ("╯", (right, bottom))]
    {
        put(buffer, at, corner, 1, style);
    }
}

/// ` ²Alerts  2 critical 1 warning ───── 4 hidden `, as much of it as fits: the name last to go.
fn write_title(title: &Title, area: Rect, buffer: &mut Buffer, scene: &Scene<'_>) {
    let room = area.width.saturating_sub(4);
    if room == 0 {
        return;
    }
    let name = if scene.focused { Role::Accent } else { Role::Title };
    let head = vec![
        piece(format!(" {}", glyphs::superscript(title.number)), Role::Muted),
        piece(title.name.clone(), name),
    ];
    let with = |counts: &[Piece]| {
        let mut pieces = head.clone();
        // Nothing stands behind the last that says something.
        let told = counts.iter().rposition(|(text, _)| !text.trim().is_empty()).map_or(0, |last| last + 1);
        if told > 0 {
            pieces.push(piece("  ", Role::Muted));
            pieces.extend(counts.iter().take(told).cloned());
        }
        pieces.push(piece(" ", Role::Muted));
        pieces
    };
    let right_width = if title.right.is_empty() { 0 } else { width(&title.right) + 2 };
    let fits = |pieces: &Vec<Piece>| width(pieces).saturating_add(right_width) + 2 <= room;
    let choices = [title.counts.as_slice(), &title.short, &[]];
    let found = choices.into_iter().map(with).find(fits);
    // Where not even the name has room beside it, the right goes.
    let (left, right) = found.map_or_else(|| (with(&[]), 0), |left| (left, right_width));
    // The line of the frame leaves nothing of its look in a title: trouble is not dimmed by it.
    let clear = |buffer: &mut Buffer, x: u16, cells: u16| {
        blank(buffer, Rect::new(x, area.y, cells, 1).intersection(area), scene);
    };
    clear(buffer, area.x + 2, width(&left).min(room));
    put_pieces(buffer, (area.x + 2, area.y), &left, room, scene);
    if right > 0 {
        let at = area.right().saturating_sub(right + 2);
        clear(buffer, at, right);
        put(buffer, (at, area.y), " ", 1, scene.style(Role::Muted));
        let used = put_pieces(buffer, (at + 1, area.y), &title.right, right, scene);
        put(buffer, (at + 1 + used, area.y), " ", 1, scene.style(Role::Muted));
    }
}
