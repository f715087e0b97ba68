//! What a filter finds in a tail: looked for a slice at a time, the newest first, so that a million
//! lines never stand between a key and its frame.

use std::collections::VecDeque;

use crate::domain::log::{Entry, Line, Tail};

/// The entries of one tail that are found so far.
#[derive(Clone, Debug, Default)]
pub struct Hits {
    /// By their place among all entries that ever came, in order.
    found: VecDeque<u64>,
    /// What lies from here...
    low: u64,
    /// ... up to here was looked at.
    high: u64,
    reordered: u64,
    /// The search has begun, at the newest.
    begun: bool,
}

impl Hits {
    /// What is found so far.
    pub const fn found(&self) -> &VecDeque<u64> {
        &self.found
    }

    /// Looks at up to `slice` more entries: those that are new, then further back. How many were
    /// looked at.
    pub fn advance(&mut self, tail: &Tail, slice: usize, mut lets: impl FnMut(&Line) -> bool) -> usize {
        let (first, end) = (tail.forgotten(), tail.forgotten() + tail.entries().len() as u64);
        if !self.begun || self.reordered != tail.reordered() || self.high < first || self.high > end {
            // Late lines moved the others: all is to be looked at again, from the newest on.
            *self = Self {
                found: VecDeque::new(),
                low: end,
                high: end,
                reordered: tail.reordered(),
                begun: true,
            };
        }
        while self.found.front().is_some_and(|found| *found < first) {
            self.found.pop_front();
        }
        self.low = self.low.max(first);
        let mut is_hit = |number: u64| {
            let at = usize::try_from(number - first).unwrap_or(usize::MAX);
            match tail.entries().get(at) {
                Some(Entry::Line(line)) => lets(line),
                // What says that lines are missing is never filtered away.
                entry => entry.is_some(),
            }
        };
        let mut left = slice;
        while left > 0 && self.high < end {
            if is_hit(self.high) {
                self.found.push_back(self.high);
            }
            self.high += 1;
            left -= 1;
        }
        while left > 0 && self.low > first {
            self.low -= 1;
            if is_hit(self.low) {
                self.found.push_front(self.low);
            }
            left -= 1;
        }
        slice - left
    }

    /// How many entries were not looked at yet.
    pub fn left(&self, tail: &Tail) -> u64 {
        let end = tail.forgotten() + tail.entries().len() as u64;
        end.saturating_sub(self.high) + self.low.saturating_sub(tail.forgotten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::labels::Labels;
    use crate::domain::log::{Level, RingLimits};

    fn line(at: i64) -> Entry {
        Entry::Line(Line::new(at, Labels::default(), at.to_string(), Level::Unknown))
    }

    #[test]
    fn the_newest_are_found_first_and_all_in_the_end() {
        let mut tail = Tail::new("a".into(), "{}".into(), RingLimits { lines: 1_000, bytes: 1 << 20 });
        tail.extend((0..1_000).map(line));
        let mut hits = Hits::default();
        let lets = |line: &Line| line.at % 10 == 0;
        assert_eq!(hits.advance(&tail, 100, lets), 100);
        assert_eq!(
            hits.found().iter().copied().collect::<Vec<_>>(),
            (900..1_000).step_by(10).collect::<Vec<u64>>()
        );
        assert_eq!(hits.left(&tail), 900);
        // Meanwhile new ones come, and old ones go.
        tail.extend((1_000..1_050).map(line));
        while hits.left(&tail) > 0 {
            hits.advance(&tail, 100, lets);
        }
        assert_eq!(
            hits.found().iter().copied().collect::<Vec<_>>(),
            (50..1_050).step_by(10).collect::<Vec<u64>>()
        );
        tail.extend([line(995)]);
        hits.advance(&tail, 10_000, lets);
        assert_eq!(hits.left(&tail), 0);
        let found = hits
            .found()
            .iter()
            .filter_map(|hit| tail.entries().get(usize::try_from(hit - tail.forgotten()).ok()?));
        assert!(found.map(Entry::at).eq((60..1_050).step_by(10)), "late lines are taken into account");
    }
}
