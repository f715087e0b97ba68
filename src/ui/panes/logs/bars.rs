//! How many lines there were along a time, in one row: how high a bar is, that is how many; its
//! colour, the worst level among them.

use std::time::Duration;

use chrono::DateTime;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::Logs;
use super::look::{Look, level};
use crate::domain::log::{Entry, Level};
use crate::domain::subject::Subject;
use crate::ui::glyphs;
use crate::ui::panes::stream::Stream;
use crate::ui::scene::Scene;
use crate::ui::theme::Role;
use crate::ui::widgets::paint::put;
use crate::ui::widgets::sign;

/// So many lines are counted at the most, the newest.
const COUNTED: usize = 20_000;

/// So often lines are counted anew.
const COUNTED_ANEW: Duration = Duration::from_millis(200);

/// What was counted: which tab, whether something else was looked at, whether not all of it, and in
/// how many bars.
pub(super) type About = (Option<usize>, bool, bool, usize);

/// One bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// How many lines.
    pub count: f64,
    /// The worst level among them.
    pub worst: Level,
}

/// Bars over a range of nanoseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bars {
    /// The range.
    pub range: (i64, i64),
    /// The bars, all of the same span.
    pub bars: Vec<Bar>,
}

impl Bars {
    fn new(range: (i64, i64), count: usize) -> Self {
        Self { range, bars: vec![Bar { count: 0.0, worst: Level::Unknown }; count] }
    }

    /// In which bar a time lies.
    pub fn place(&self, at: i64) -> Option<usize> {
        let (from, to) = self.range;
        let (span, count) = ((to - from).max(1), i64::try_from(self.bars.len()).ok()?);
        // Ten thousand times a frame: small numbers where they do.
        let share = match (at - from).checked_mul(count) {
            Some(product) => product / span,
            None => i64::try_from(i128::from(at - from) * i128::from(count) / i128::from(span)).ok()?,
        };
        usize::try_from(share).ok().filter(|place| at >= from && *place < self.bars.len())
    }

    /// When a bar begins.
    pub fn begin(&self, place: usize) -> i64 {
        let (from, to) = self.range;
        let share = i128::from(to - from) * place as i128 / (self.bars.len().max(1)) as i128;
        from + i64::try_from(share).unwrap_or(0)
    }

    fn add(&mut self, at: i64, count: f64, level: Level) {
        if let Some(bar) = self.place(at).and_then(|place| self.bars.get_mut(place)) {
            bar.count += count;
            // Debug lines are no worse than those of which nothing is known.
            bar.worst = bar.worst.min(level);
        }
    }
}

impl Logs {
    /// The bars of what is shown: as the server counted, else of the lines at hand.
    fn measure(&self, stream: &Stream<'_>, scene: &Scene<'_>, count: usize) -> Bars {
        let counted = self.look.as_ref().and_then(|look| Some((look.range(), look.counted(scene)?)));
        if let Some((range, series)) = counted {
            let mut bars = Bars::new(range, count);
            for series in series {
                for (at, value) in &series.points {
                    let at = at.timestamp_nanos_opt().unwrap_or(0);
                    // A point counts the span before it.
                    bars.add((at - 1).max(range.0), *value, level(series));
                }
            }
            return bars;
        }
        let mut place = stream.end();
        let lines = std::iter::from_fn(|| stream.back(&mut place)).take(COUNTED);
        let times: Vec<(i64, Level)> = lines
            .filter_map(|shown| match shown {
                crate::ui::panes::stream::Shown::Entry(_, Entry::Line(line)) => Some((line.at, line.level)),
                _ => None,
            })
            .collect();
        let own = times.last().zip(times.first()).map(|(first, last)| (first.0, last.0 + 1));
        let range = self.look.as_ref().map(Look::range).or(own).unwrap_or_default();
        let mut bars = Bars::new(range, count);
        for (at, level) in times {
            bars.add(at, 1.0, level);
        }
        bars
    }

    /// The bars of what is shown, counted anew only now and then: a key need not wait for that.
    pub(super) fn bars(&mut self, scene: &Scene<'_>, count: usize) -> Bars {
        let about = (self.tab, self.look.is_some(), self.is_filtered(), count);
        let age = scene.now.mono.saturating_sub(self.counted.1);
        // A clock that stands still is a picture's, in which everything counts.
        let is_young = !age.is_zero() && age < COUNTED_ANEW;
        if is_young && self.counted.0 == Some(about) && !self.is_still() {
            return std::mem::take(&mut self.bars);
        }
        self.counted = (Some(about), scene.now.mono);
        self.measure(&self.stream(scene.store, &[]), scene, count)
    }

    /// Draws the bars with the times of their ends; the one with the selected line stands out.
    pub(super) fn draw_bars(&mut self, bars: Bars, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
        let stamp = |at: i64| scene.times.clock(DateTime::from_timestamp_nanos(at));
        let (from, to) = bars.range;
        if from == to {
            self.bars = bars;
            return;
        }
        let muted = scene.style(Role::Muted);
        put(buffer, (area.x + 1, area.y), &stamp(from), 8, muted);
        put(buffer, (area.right().saturating_sub(9), area.y), &stamp(to), 8, muted);
        let most = bars.bars.iter().map(|bar| bar.count).fold(0.0, f64::max);
        let selected = match &self.cursor {
            Some(Subject::Line { line, .. }) => bars.place(line.at),
            _ => None,
        };
        for (place, (x, bar)) in (area.x + 10..).zip(&bars.bars).enumerate() {
            let mut style = scene.style(sign::of_level(bar.worst));
            if selected == Some(place) {
                style = style.add_modifier(Modifier::REVERSED);
            }
            put(buffer, (x, area.y), height(bar.count, most), 1, style);
        }
        self.bars = bars;
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of seven")]
fn height(count: f64, most: f64) -> &'static str {
    if count <= 0.0 {
        return " ";
    }
    let steps = glyphs::BARS.len() as f64;
    let step = (count / most * steps).ceil().clamp(1.0, steps) as usize;
    glyphs::BARS.get(step - 1).unwrap_or(&" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_lies_in_its_bar() {
        let mut bars = Bars::new((1_000, 2_000), 10);
        assert_eq!(
            [999, 1_000, 1_099, 1_100, 1_999, 2_000].map(|at| bars.place(at)),
            [None, Some(0), Some(0), Some(1), Some(9), None]
        );
        assert_eq!(bars.begin(3), 1_300);
        bars.add(1_350, 2.0, Level::Info);
        bars.add(1_360, 1.0, Level::Error);
        assert_eq!(bars.bars[3], Bar { count: 3.0, worst: Level::Error });
        assert_eq!((height(0.0, 3.0), height(0.1, 3.0), height(3.0, 3.0)), (" ", "▁", "▇"));
    }
}
