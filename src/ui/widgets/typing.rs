//! A line that is typed: what keys do to it, and how it is shown with its cursor.

use crokey::{KeyCombination, OneToThree};
use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use tui_input::{Input, InputRequest};

use super::paint::put;
use crate::ui::scene::Scene;
use crate::ui::theme::Role;

/// What a key does to the line.
pub fn request(key: KeyCombination) -> Option<InputRequest> {
    let OneToThree::One(code) = key.codes else { return None };
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    Some(match code {
        KeyCode::Char('a') if control => InputRequest::GoToStart,
        KeyCode::Char('e') if control => InputRequest::GoToEnd,
        KeyCode::Char('u') if control => InputRequest::DeleteFromStart,
        KeyCode::Char('k') if control => InputRequest::DeleteTillEnd,
        KeyCode::Char('w') if control => InputRequest::DeletePrevWord,
        KeyCode::Char(_) if control || alt => return None,
        KeyCode::Char(char) => InputRequest::InsertChar(char),
        KeyCode::Backspace if alt => InputRequest::DeletePrevWord,
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Left if control || alt => InputRequest::GoToPrevWord,
        KeyCode::Right if control || alt => InputRequest::GoToNextWord,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right => InputRequest::GoToNextChar,
        KeyCode::Home => InputRequest::GoToStart,
        KeyCode::End => InputRequest::GoToEnd,
        _ => return None,
    })
}

/// Shows the line in so many cells; what does not fit is scrolled out on the left.
pub fn show(
    input: &Input,
    at: (u16, u16),
    cells: u16,
    focused: bool,
    scene: &Scene<'_>,
    buffer: &mut Buffer,
) {
    let room = usize::from(cells);
    let scroll = if focused { input.visual_scroll(room.saturating_sub(1)) } else { 0 };
    let mut skipped = 0;
    let shown: String = input
        .value()
        .chars()
        .skip_while(|char| {
            let skip = skipped < scroll;
            skipped += unicode_width::UnicodeWidthChar::width(*char).unwrap_or(0);
            skip
        })
        .collect();
    put(buffer, at, &shown, cells, scene.style(Role::Text));
    if !focused {
        return;
    }
    let cursor = u16::try_from(input.visual_cursor().saturating_sub(scroll)).unwrap_or(0);
    if cursor < cells {
        let style = scene.style(Role::Accent).add_modifier(Modifier::REVERSED);
        buffer.set_style(Rect::new(at.0 + cursor, at.1, 1, 1).intersection(buffer.area), style);
    }
}
