//! Lines and marks into cells.

use chrono::DateTime;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::{Logs, host, standing, unit};
use crate::domain::feed::SourceKind;
use crate::domain::log::{Entry, Line};
use crate::text;
use crate::ui::glyphs;
use crate::ui::panes::stream::{Shown, Stream, tails};
use crate::ui::panes::{draw_lines, nothing, nothing_matches};
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::paint::{mark, put, put_pieces};
use crate::ui::widgets::prose::wrap;
use crate::ui::widgets::sign;

/// Where the parts of a line stand.
pub(super) struct Lay {
    pub(super) host: u16,
    pub(super) unit: u16,
    /// Where the text begins, from the left.
    pub(super) text_at: u16,
    pub(super) text_width: u16,
}

impl Logs {
    /// Measures hosts and units over a few screens of lines.
    pub(super) fn lay_out(&mut self, stream: &Stream<'_>, area: Rect) -> Lay {
        let mut place = stream.end();
        for _ in 0..self.page.max(50) {
            let Some(shown) = stream.back(&mut place) else { break };
            if let Shown::Entry(_, Entry::Line(line)) = shown {
                let cells = |text: &str| u16::try_from(text::width(text)).unwrap_or(u16::MAX);
                self.widths.0 = self.widths.0.max(cells(host(line))).min(16);
                self.widths.1 = self.widths.1.max(cells(unit(line))).min(16);
            }
        }
        let (host, unit) = match area.width {
            0..45 => (0, 0),
            45..90 => (self.widths.0.min(10), 0),
            _ => self.widths,
        };
        let gap = |width: u16| if width > 0 { width + 1 } else { 0 };
        // Bar, time, host, unit, rule.
        let text_at = 1 + 9 + gap(host) + gap(unit) + 2;
        Lay { host, unit, text_at, text_width: area.width.saturating_sub(text_at) }
    }

    pub(super) fn draw_nothing(&self, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
        let standing = standing(scene);
        let lines = if !self.filter.is_empty() {
            nothing_matches(self.filter.as_str())
        } else if tails(scene.store).next().is_none() && standing.source.is_some() && standing.is_fresh() {
            vec![vec![piece("no tail is configured for this Loki", Role::Muted)]]
        } else {
            standing.explain(SourceKind::Loki, nothing("no line yet; new ones appear here"))
        };
        draw_lines(&lines, area, buffer, scene);
    }

    pub(super) fn draw_rows(
        &self,
        rows: &[Shown<'_>],
        stream: &Stream<'_>,
        lay: &Lay,
        scene: &Scene<'_>,
        area: Rect,
        buffer: &mut Buffer,
    ) {
        let newest = rows.iter().rev().find_map(|shown| match shown {
            Shown::Entry(index, Entry::Line(line)) => stream.subject(*index, line),
            _ => None,
        });
        let selected = self.cursor.clone().or(newest);
        let mut y = area.y;
        for shown in rows {
            if y >= area.bottom() {
                break;
            }
            let place = Rect { y, height: area.bottom() - y, ..area };
            y += match shown {
                Shown::Entry(index, Entry::Line(line)) => {
                    let is_selected = scene.focused && stream.subject(*index, line) == selected;
                    self.draw_line(line, is_selected, lay, scene, place, buffer)
                }
                shown => draw_mark(shown, scene, place, buffer),
            };
        }
    }

    fn draw_line(
        &self,
        line: &Line,
        selected: bool,
        lay: &Lay,
        scene: &Scene<'_>,
        area: Rect,
        buffer: &mut Buffer,
    ) -> u16 {
        if selected {
            put(buffer, (area.x, area.y), glyphs::BAR, area.width, scene.style(Role::Accent));
        }
        let mut x = area.x + 1;
        let end = area.right();
        let time = scene.times.clock(line.time());
        put(buffer, (x, area.y), &time, end.saturating_sub(x), scene.style(Role::Muted));
        x += 9;
        for (width, text) in [(lay.host, host(line)), (lay.unit, unit(line))] {
            if width > 0 {
                put(buffer, (x, area.y), text, width.min(end.saturating_sub(x)), scene.style(Role::Text));
                x += width + 1;
            }
        }
        put(buffer, (x, area.y), glyphs::RULE, end.saturating_sub(x), scene.style(Role::Border));
        let role = sign::of_level(line.level);
        let mut style = scene.style(role);
        if selected {
            style = style.add_modifier(Modifier::BOLD);
        }
        let at = area.x + lay.text_at;
        if !self.wrapped {
            put(buffer, (at, area.y), &line.text, lay.text_width, style);
            mark(buffer, (at, area.y), &line.text, lay.text_width, &self.filter, scene);
            return 1;
        }
        let wrapped = wrap(&[piece(&*line.text, role)], usize::from(lay.text_width));
        let rows = u16::try_from(wrapped.len()).unwrap_or(u16::MAX).min(area.height);
        for (y, pieces) in (area.y..area.y + rows).zip(&wrapped) {
            put(buffer, (x, y), glyphs::RULE, end.saturating_sub(x), scene.style(Role::Border));
            let text: String = pieces.iter().map(|(text, _)| text.as_str()).collect();
            put(buffer, (at, y), &text, lay.text_width, style);
            mark(buffer, (at, y), &text, lay.text_width, &self.filter, scene);
        }
        rows
    }
}

/// A line across: where lines are missing, or an alert began.
fn draw_mark(shown: &Shown<'_>, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) -> u16 {
    let words = match shown {
        Shown::Entry(_, Entry::Gap { from, to }) => {
            let missing =
                text::age(DateTime::from_timestamp_nanos(*to) - DateTime::from_timestamp_nanos(*from));
            piece(format!(" gap {missing} (the tail was cut) "), Role::Warning)
        }
        Shown::Entry(_, Entry::Dropped { count, .. }) => {
            piece(format!(" dropped {count} lines or more (the server was too slow) "), Role::Warning)
        }
        Shown::Entry(_, Entry::Skipped { count, .. }) => {
            piece(format!(" {count} lines not shown (they came too fast) "), Role::Warning)
        }
        Shown::Mark(mark) => {
            let at = scene.times.clock(DateTime::from_timestamp_nanos(mark.at));
            piece(format!(" {} {} fires {at} ", mark.sign.glyph, mark.name), mark.sign.role)
        }
        Shown::Entry(..) => return 1,
    };
    let rule = glyphs::LINE.repeat(usize::from(area.width));
    put(buffer, (area.x, area.y), &rule, area.width, scene.style(Role::Border));
    put_pieces(buffer, (area.x + 10.min(area.width), area.y), &[words], area.width.saturating_sub(12), scene);
    1
}
