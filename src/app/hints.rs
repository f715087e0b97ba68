//! The keys that work here, in short, over the lower part of the panes: for whoever has forgotten one.
//! The next key takes them away and does what it always does.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use strum::IntoEnumIterator as _;

use super::{App, scene};
use crate::action::Action;
use crate::clock::Now;
use crate::text;
use crate::ui::scene::piece;
use crate::ui::theme::Role;
use crate::ui::widgets::frame::{Border, Title, frame};
use crate::ui::widgets::paint::{blank, put_pieces};

/// Blanks between two columns.
const GAP: usize = 3;

impl App {
    pub(super) fn draw_hints(&self, body: Rect, buffer: &mut Buffer, now: Now) {
        let scene = scene(&self.known, self.frozen.as_ref(), &self.look, now);
        let context = self.layers.last().map_or_else(|| self.context(), |layer| layer.context());
        let mut keys: Vec<(String, &str)> = Action::iter()
            .filter(|action| *action != Action::Hints)
            .filter_map(|action| Some((scene.keymap.hint(action, context)?, action.word())))
            .collect();
        // One key for each word: motions have several.
        keys.sort_by_key(|(key, _)| order(key));
        let cell = |key: &(String, &str)| text::width(&key.0) + 1 + text::width(key.1);
        let wide = keys.iter().map(cell).max().unwrap_or(1) + GAP;
        let inner = usize::from(body.width.saturating_sub(4)).max(1);
        let columns = (inner / wide).clamp(1, keys.len().max(1));
        let wanted = keys.len().div_ceil(columns);
        let most = usize::from(body.height.saturating_sub(2)).max(1);
        let rows = wanted.min(most);
        let height = u16::try_from(rows + 2).unwrap_or(u16::MAX).min(body.height);
        let area = Rect { y: body.bottom() - height, height, ..body };
        blank(buffer, area, &scene);
        let title = Title {
            right: vec![piece("Esc closes", Role::Muted)],
            ..Title::new(format!("Keys here{}", if rows < wanted { ": more with ?" } else { "" }))
        };
        let focused = crate::ui::scene::Scene { focused: true, ..scene };
        let inside = frame(&title, Border::Box, area, buffer, &focused);
        let step = inner / columns;
        for (at, (key, word)) in keys.iter().take(rows * columns).enumerate() {
            let (x, y) = (at / rows * step, at % rows);
            let place = (
                inside.x + 1 + u16::try_from(x).unwrap_or(u16::MAX),
                inside.y + u16::try_from(y).unwrap_or(u16::MAX),
            );
            if place.1 >= inside.bottom() || place.0 >= inside.right() {
                continue;
            }
            let pieces = [piece(key.clone(), Role::Key), piece(format!(" {word}"), Role::Muted)];
            let room = u16::try_from(step).unwrap_or(u16::MAX).min(inside.right() - place.0);
            put_pieces(buffer, place, &pieces, room, &focused);
        }
    }
}

/// Letters first, whatever their case, then other signs, then keys with names.
fn order(key: &str) -> (u8, String, bool) {
    let mut letters = key.chars();
    let (first, is_one) = (letters.next().unwrap_or(' '), letters.next().is_none());
    let class = match (is_one, first.is_alphabetic()) {
        (true, true) => 0,
        (true, false) => 1,
        (false, _) => 2,
    };
    (class, key.to_lowercase(), first.is_uppercase())
}
