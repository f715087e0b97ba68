//! A tail: the newest of its entries in order of time, bounded, and how it is doing.

use std::collections::VecDeque;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::pace::Pace;
use super::{Entry, TailState};
use crate::domain::feed::Failure;

/// A tail and the newest entries of it, oldest first. Bounded by lines and by bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Tail {
    /// The name the operator gave it.
    pub name: Arc<str>,
    /// Its LogQL.
    pub query: Arc<str>,
    /// How it gets its lines.
    pub state: TailState,
    /// When it last said anything.
    pub heard: Option<DateTime<Utc>>,
    /// Why it says nothing, and since when.
    pub lost: Option<(Failure, DateTime<Utc>)>,
    /// The machine slept since it said anything.
    pub doubted: bool,
    /// Lines received since the start, also those no longer kept.
    pub lines: u64,
    /// Gaps since the start.
    pub gaps: u64,
    /// Lines that the server says it dropped.
    pub dropped: u64,
    /// Lines that came too fast to be taken.
    pub skipped: u64,
    entries: VecDeque<Entry>,
    bytes: usize,
    limits: RingLimits,
    /// Entries that were forgotten at the old end, since the start.
    forgotten: u64,
    /// How often entries were put in before the newest ones.
    reordered: u64,
    pace: Pace,
    /// What was forgotten and is still to be freed.
    gone: Vec<Entry>,
}

/// So many forgotten entries wait to be freed elsewhere; more are freed where they are.
const GONE: usize = 100_000;

/// How much of a tail is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingLimits {
    /// Entries at the most.
    pub lines: usize,
    /// Bytes of text at the most.
    pub bytes: usize,
}

impl Default for RingLimits {
    fn default() -> Self {
        Self { lines: 10_000, bytes: 16 << 20 }
    }
}

/// What an entry takes of the bytes: its text, and what is known of it.
fn size(entry: &Entry) -> usize {
    match entry {
        Entry::Line(line) => {
            let more: usize = line.more.iter().map(|(name, value)| name.len() + value.len()).sum();
            line.text.len() + more
        }
        _ => 0,
    }
}

/// The lines of a tail, taken out of it.
#[derive(Debug)]
pub struct Lines {
    entries: VecDeque<Entry>,
    gone: Vec<Entry>,
}

impl Tail {
    /// Takes the lines out: what is left is small, and still says how the tail is.
    pub fn take_lines(&mut self) -> Lines {
        Lines { entries: std::mem::take(&mut self.entries), gone: std::mem::take(&mut self.gone) }
    }

    /// Puts them back.
    pub fn put_lines(&mut self, lines: Lines) {
        (self.entries, self.gone) = (lines.entries, lines.gone);
    }
}

impl Tail {
    /// A tail that has nothing yet.
    pub fn new(name: Arc<str>, query: Arc<str>, limits: RingLimits) -> Self {
        Self {
            name,
            query,
            state: TailState::Connecting,
            heard: None,
            lost: None,
            doubted: false,
            lines: 0,
            gaps: 0,
            dropped: 0,
            skipped: 0,
            entries: VecDeque::new(),
            bytes: 0,
            limits,
            forgotten: 0,
            reordered: 0,
            pace: Pace::default(),
            gone: Vec::new(),
        }
    }

    /// What was forgotten since the last call: to free thousands of lines takes milliseconds, which a
    /// key should not wait for.
    pub fn take_gone(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.gone)
    }

    /// What it has now, at most so many of the newest entries, as it will stay.
    #[must_use]
    pub fn newest(&self, count: usize) -> Self {
        let first = self.entries.len().saturating_sub(count);
        Self {
            entries: self.entries.range(first..).cloned().collect(),
            bytes: self.entries.range(first..).map(size).sum(),
            forgotten: self.forgotten + first as u64,
            name: Arc::clone(&self.name),
            query: Arc::clone(&self.query),
            state: self.state.clone(),
            lost: self.lost.clone(),
            pace: self.pace.clone(),
            gone: Vec::new(),
            ..*self
        }
    }

    /// Takes in entries, each at its place in time: a tail does not promise any order.
    pub fn extend(&mut self, entries: impl IntoIterator<Item = Entry>) {
        let mut fresh: Vec<Entry> = entries.into_iter().collect();
        // Stable: what has the same time stays as it came.
        fresh.sort_by_key(Entry::at);
        for entry in &fresh {
            self.bytes += size(entry);
            match entry {
                Entry::Line(line) => {
                    self.lines += 1;
                    self.pace.note(line.at);
                }
                Entry::Gap { .. } => self.gaps += 1,
                Entry::Dropped { count, .. } => self.dropped += count,
                Entry::Skipped { count, .. } => self.skipped += count,
            }
        }
        let Some(first) = fresh.first().map(Entry::at) else { return };
        // Nearly every line is the newest. What is newer than the oldest of these is merged with
        // them, once for all of them.
        let place = self.entries.partition_point(|have| have.at() <= first);
        let newer = self.entries.split_off(place);
        self.reordered += u64::from(!newer.is_empty());
        // Room for as many as will be kept, not for the next power of two.
        let have = self.entries.len();
        let until_full = have.min(self.limits.lines.saturating_sub(have));
        self.entries.reserve_exact(until_full.max(newer.len() + fresh.len()));
        let mut newer = newer.into_iter().peekable();
        for entry in fresh {
            while let Some(have) = newer.next_if(|have| have.at() <= entry.at()) {
                self.entries.push_back(have);
            }
            self.entries.push_back(entry);
        }
        self.entries.extend(newer);
        self.forget();
    }

    fn forget(&mut self) {
        let over = self.entries.len().saturating_sub(self.limits.lines);
        self.gone.reserve(over.min(GONE.saturating_sub(self.gone.len())));
        while self.entries.len() > self.limits.lines || self.bytes > self.limits.bytes {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= size(&oldest);
            self.forgotten += 1;
            if self.gone.len() < GONE {
                self.gone.push(oldest);
            }
        }
    }

    /// What is kept, oldest first.
    pub const fn entries(&self) -> &VecDeque<Entry> {
        &self.entries
    }

    /// What was kept, when nothing else of it matters any more.
    pub fn into_entries(self) -> impl Iterator<Item = Entry> {
        self.entries.into_iter().chain(self.gone)
    }

    /// How many bytes of text are kept.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many entries were forgotten because there was no more room: the place of an entry among
    /// all that ever came is its index plus this, as long as [`Tail::reordered`] stays the same.
    pub const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// How often late lines moved others from their places.
    pub const fn reordered(&self) -> u64 {
        self.reordered
    }

    /// Lines a second over the minute before `now`, also those that are no longer kept.
    pub fn rate(&self, now: DateTime<Utc>) -> f64 {
        self.pace.rate(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::labels::Labels;
    use crate::domain::log::{Level, Line};

    fn line(at: i64, text: &str) -> Entry {
        Entry::Line(Line::new(at, Labels::default(), text, Level::Unknown))
    }

    fn times(tail: &Tail) -> Vec<i64> {
        tail.entries().iter().map(Entry::at).collect()
    }

    #[test]
    fn the_ring_keeps_the_newest_in_order_of_time() {
        let limits = RingLimits { lines: 3, bytes: 100 };
        let mut tail = Tail::new("all".into(), "{}".into(), limits);
        tail.extend([line(1, "a"), line(3, "c"), line(2, "b"), line(4, "d")]);
        assert_eq!(times(&tail), [2, 3, 4]);
        assert_eq!((tail.lines, tail.forgotten()), (4, 1));
        tail.extend([line(5, &"x".repeat(99))]);
        assert_eq!(tail.entries().len(), 2, "bounded by bytes too");
        assert!(tail.bytes() <= 100);
    }

    #[test]
    fn late_lines_find_their_places() {
        let mut tail = Tail::new("all".into(), "{}".into(), RingLimits::default());
        tail.extend([line(10, "a"), line(20, "b"), line(30, "c")]);
        tail.extend([line(40, "d")]);
        assert_eq!(tail.reordered(), 0);
        tail.extend([line(20, "b2"), line(5, "z"), line(35, "y")]);
        assert_eq!(times(&tail), [5, 10, 20, 20, 30, 35, 40]);
        assert!(matches!(&tail.entries()[3], Entry::Line(line) if &*line.text == "b2"));
        assert_eq!(tail.reordered(), 1);
    }

    #[test]
    fn a_flood_leaves_the_newest_and_is_counted() {
        let mut tail = Tail::new("all".into(), "{}".into(), RingLimits { lines: 10_000, bytes: 16 << 20 });
        for second in 0..60 {
            let lines = (0..50_000).map(|number| line(second * 1_000_000 + number, "x"));
            // One text for all: only places and counts matter here.
            tail.extend(lines);
            tail.extend([Entry::Skipped { from: 0, to: (second + 1) * 1_000_000 - 1, count: 7 }]);
        }
        assert_eq!((tail.lines, tail.skipped), (3_000_000, 420));
        assert_eq!(tail.entries().len(), 10_000);
        assert!(times(&tail).is_sorted());
        assert_eq!(tail.entries().back().map(Entry::at), Some(59_999_999));
        assert_eq!(tail.forgotten() + 10_000, 3_000_060);
    }
}
