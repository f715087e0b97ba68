//! Lines and marks into cells.

use chrono::DateTime;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::walk::last;
use super::words::{host, unit};
use super::{Logs, Stamps, standing};
use crate::domain::feed::SourceKind;
use crate::domain::log::{Entry, Line};
use crate::domain::subject::Subject;
use crate::text;
use crate::ui::glyphs;
use crate::ui::panes::stream::{Shown, Stream, tails};
use crate::ui::panes::{draw_lines, nothing, nothing_matches};
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::paint::{blank, mark, put, put_pieces, width};
use crate::ui::widgets::prose::wrap;
use crate::ui::widgets::sign;

/// Where the parts of a line stand.
pub(super) struct Lay {
    pub(super) stamp: u16,
    pub(super) host: u16,
    pub(super) unit: u16,
    /// Where the text begins, from the left.
    pub(super) text_at: u16,
    pub(super) text_width: u16,
}

impl Logs {
    /// Draws the volume, and the lines below it; several tails side by side, if that is wanted.
    pub(super) fn draw_all(&mut self, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
        let has_bars = scene.whole && area.height >= 8 && area.width >= 40;
        let mut below = area;
        if has_bars {
            let count = usize::from(area.width.saturating_sub(20));
            let bars = self.bars(scene, count);
            self.draw_bars(bars, scene, Rect { height: 1, ..area }, buffer);
            below = Rect { y: area.y + 1, height: area.height - 1, ..area };
        }
        let count = tails(scene.store).count();
        let width = usize::from(area.width) / count.max(1);
        if self.split && self.look.is_none() && self.tab.is_none() && count > 1 && width >= 24 {
            return self.draw_columns(count, scene, below, buffer);
        }
        self.draw_part(scene, below, buffer);
    }

    /// The newest lines of each tail in a column of its own.
    fn draw_columns(&mut self, count: usize, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
        let width = area.width / u16::try_from(count).unwrap_or(1).max(1);
        let cursor = self.cursor.take();
        for (at, x) in (0..count).zip((area.x..).step_by(usize::from(width))) {
            let column = Rect { x, width: width.saturating_sub(1), ..area };
            let Some((_, tail)) = tails(scene.store).nth(at) else { continue };
            let speed = super::state(std::iter::once(&tail.state), tail.rate(scene.wall()));
            let head = [vec![piece(format!("{} ", tail.name), Role::Title)], speed].concat();
            put_pieces(buffer, (column.x + 1, column.y), &head, column.width.saturating_sub(1), scene);
            self.tab = Some(at);
            let hits = std::mem::take(&mut self.hits);
            self.hits = hits.get(at).cloned().into_iter().collect();
            let below = Rect { y: column.y + 1, height: column.height.saturating_sub(1), ..column };
            self.draw_part(scene, below, buffer);
            self.hits = hits;
        }
        (self.tab, self.cursor) = (None, cursor);
    }

    /// Draws the lines of what is shown.
    fn draw_part(&mut self, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
        self.page = usize::from(area.height);
        let marks = std::mem::take(&mut self.marks);
        let lay = {
            let widths = self.measured(&self.stream(scene.store, &marks));
            self.widths = (self.widths.0.max(widths.0), self.widths.1.max(widths.1));
            self.lay_out(area)
        };
        let (top, bottom) = {
            let stream = self.stream(scene.store, &marks);
            let rows = self.window(&stream, self.page, usize::from(lay.text_width));
            if rows.is_empty() {
                self.draw_nothing(scene, area, buffer);
            } else {
                self.draw_rows(&rows, &stream, &lay, scene, area, buffer);
            }
            let first = rows.iter().find_map(|shown| match shown {
                Shown::Entry(_, Entry::Line(line)) => Some(line.at),
                _ => None,
            });
            (first, self.cursor.as_ref().and_then(|_| last(&rows, &stream)))
        };
        (self.top, self.bottom) = (top, bottom);
        self.marks = marks;
    }

    /// The widest host and unit over a few screens of lines.
    fn measured(&self, stream: &Stream<'_>) -> (u16, u16) {
        let mut widths = (0_u16, 0_u16);
        let mut place = stream.end();
        let mut left = self.page.max(50);
        while left > 0
            && let Some(shown) = stream.back(&mut place)
        {
            // Marks have no host: in a storm there are more of them than lines.
            if let Shown::Entry(_, Entry::Line(line)) = shown {
                left -= 1;
                let cells = |text: &str| u16::try_from(text::width(text)).unwrap_or(u16::MAX);
                widths.0 = widths.0.max(cells(host(line))).min(16);
                widths.1 = widths.1.max(cells(unit(line))).min(16);
            }
        }
        widths
    }

    /// Where the parts of a line stand.
    fn lay_out(&self, area: Rect) -> Lay {
        let (host, unit) = match area.width {
            _ if self.unlabelled => (0, 0),
            0..45 => (0, 0),
            45..90 => (self.widths.0.min(10), 0),
            _ => self.widths,
        };
        let gap = |width: u16| if width > 0 { width + 1 } else { 0 };
        let stamp = match self.stamps {
            Stamps::Clock => 9,
            Stamps::Ages => 6,
            Stamps::None => 0,
        };
        // Bar, time, host, unit, rule.
        let text_at = 1 + stamp + gap(host) + gap(unit) + 2;
        Lay { stamp, host, unit, text_at, text_width: area.width.saturating_sub(text_at) }
    }

    pub(super) fn draw_nothing(&self, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
        let standing = standing(scene);
        let lines = if let Some(fault) = self.look.as_ref().and_then(|look| look.fault.as_ref()) {
            wrap(&[piece(fault, Role::Warning)], usize::from(area.width.saturating_sub(2)))
        } else if self.look.as_ref().is_some_and(|look| !look.is_filled()) {
            vec![nothing("asking Loki")]
        } else if !self.filter.is_empty() {
            nothing_matches(self.filter.as_str())
        } else if self.look.is_some() {
            vec![nothing("no line in this time; + looks at a longer one")]
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
        let selected = self.cursor.clone().or_else(|| last(rows, stream));
        let mut y = area.y;
        for shown in rows {
            if y >= area.bottom() {
                break;
            }
            let place = Rect { y, height: area.bottom() - y, ..area };
            y += match shown {
                Shown::Entry(index, Entry::Line(line)) => {
                    let is = |subject: &Subject| stream.is(*index, line, subject);
                    let is_selected =
                        scene.focused && (selected.as_ref().is_some_and(is) || self.is_among(line));
                    let height = self.draw_line(line, is_selected, lay, scene, place, buffer);
                    if self.bookmarks.iter().any(is) {
                        put(
                            buffer,
                            (place.x, place.y),
                            glyphs::BOOKMARK,
                            place.width,
                            scene.style(Role::Accent),
                        );
                    }
                    height
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
        let time = match self.stamps {
            Stamps::Clock => scene.times.clock(line.time()),
            Stamps::Ages => format!("{:>5}", text::age(scene.wall() - line.time())),
            Stamps::None => String::new(),
        };
        // What is new stands out by its time.
        let is_new = self.look.as_ref().is_some_and(|look| look.is_new(line));
        let role = if is_new { Role::Accent } else { Role::Muted };
        put(buffer, (x, area.y), &time, end.saturating_sub(x), scene.style(role));
        if is_new {
            put(buffer, (x + lay.stamp.saturating_sub(1), area.y), "+", 1, scene.style(Role::Accent));
        }
        x += lay.stamp;
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
            piece(format!(" gap {missing} (some may be lost) "), Role::Warning)
        }
        Shown::Entry(_, Entry::Dropped { count, .. }) => {
            piece(format!(" dropped {count} lines or more (the server was too slow) "), Role::Warning)
        }
        Shown::Entry(_, Entry::Skipped { count: 0, .. }) => {
            piece(" more lines here than are shown: narrow the query or the time ", Role::Warning)
        }
        Shown::Entry(_, Entry::Skipped { count, .. }) => {
            piece(format!(" {count} lines not shown (they came too fast) "), Role::Warning)
        }
        Shown::Mark(mark) => {
            let at = scene.times.clock(DateTime::from_timestamp_nanos(mark.at));
            let verb = if mark.is_end { "resolved" } else { "fires" };
            piece(format!(" {} {} {verb} {at} ", mark.sign.glyph, mark.name), mark.sign.role)
        }
        Shown::Entry(..) => return 1,
    };
    let rule = glyphs::LINE.repeat(usize::from(area.width));
    put(buffer, (area.x, area.y), &rule, area.width, scene.style(Role::Border));
    let (at, room) = ((area.x + 10.min(area.width), area.y), area.width.saturating_sub(12));
    let words = [words];
    blank(buffer, Rect::new(at.0, at.1, width(&words).min(room), 1), scene);
    put_pieces(buffer, at, &words, room, scene);
    1
}
