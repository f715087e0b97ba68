//! Which lines came already: a line comes twice when a tail is resumed, when it is checked against
//! a query, and when a poll reads its window again.

use std::collections::BTreeSet;
use std::time::Duration;

/// What tells one line from another: Loki keeps no two with the same time, stream, text and
/// metadata, so that a set is exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// Nanoseconds since 1970.
    pub at: i64,
    /// Of everything else.
    pub hash: u128,
}

/// How far back lines are remembered at the least, in nanoseconds: twice what is asked for again.
const WINDOW: i64 = 2 * OVERLAP;

/// So many lines are remembered at the most: some forty megabytes.
const MOST: usize = 500_000;

/// How far back is asked again, in nanoseconds: a line may be this late.
pub(super) const OVERLAP: i64 = 30_000_000_000;

/// The lines of the last while.
#[derive(Debug, Default)]
pub(super) struct Seen {
    keys: BTreeSet<Key>,
    newest: Option<i64>,
    held: Option<i64>,
}

impl Seen {
    /// Notes a line; whether it is a new one. `now`: nanoseconds since 1970.
    pub fn note(&mut self, key: Key, now: i64) -> bool {
        if !self.keys.insert(key) {
            return false;
        }
        // A line from the future is no reason to forget the present.
        let at = key.at.min(now);
        if self.newest.is_none_or(|newest| at > newest) {
            self.newest = Some(at);
            let oldest = at.saturating_sub(WINDOW);
            let old = Key { at: self.held.map_or(oldest, |held| held.min(oldest)), hash: 0 };
            while self.keys.first().is_some_and(|first| *first < old) {
                self.keys.pop_first();
            }
        }
        true
    }

    /// Forgets nothing from this time on: it will be asked about again.
    pub const fn hold(&mut self, from: Option<i64>) {
        self.held = from;
    }

    /// The time of the newest line that is not from the future.
    #[cfg(test)]
    pub const fn newest(&self) -> Option<i64> {
        self.newest
    }

    /// Whether more is remembered than should be. Then the oldest is forgotten; the answer is from
    /// when on all is still remembered.
    pub fn forget_over(&mut self) -> Option<i64> {
        if self.keys.len() <= MOST {
            return None;
        }
        while self.keys.len() > MOST / 2 {
            self.keys.pop_first();
        }
        self.keys.first().map(|first| first.at + 1)
    }
}

/// A span in nanoseconds.
pub(super) fn nanoseconds(span: Duration) -> i64 {
    i64::try_from(span.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn a_line_counts_once() {
        let mut seen = Seen::default();
        let now = 1_000 * SECOND;
        let key = |second: i64, hash| Key { at: second * SECOND, hash };
        assert!(seen.note(key(900, 1), now));
        assert!(!seen.note(key(900, 1), now));
        assert!(seen.note(key(900, 2), now), "another line of the same instant");
        assert!(seen.note(key(1_300, 3), now), "from the future");
    }

    #[test]
    fn the_future_makes_nothing_forgotten() {
        let mut seen = Seen::default();
        let now = 1_000 * SECOND;
        assert!(seen.note(Key { at: 999 * SECOND, hash: 1 }, now));
        assert!(seen.note(Key { at: 9_999 * SECOND, hash: 2 }, now));
        assert_eq!(seen.newest(), Some(now));
        assert!(!seen.note(Key { at: 999 * SECOND, hash: 1 }, now));
    }

    #[test]
    fn what_is_asked_about_is_not_forgotten() {
        let mut seen = Seen::default();
        let old = Key { at: 100 * SECOND, hash: 1 };
        let new = |hash| Key { at: 900 * SECOND, hash };
        assert!(seen.note(old, 1_000 * SECOND));
        seen.hold(Some(90 * SECOND));
        assert!(seen.note(new(2), 1_000 * SECOND));
        assert!(!seen.note(old, 1_000 * SECOND));
        seen.hold(None);
        assert!(seen.note(Key { at: 901 * SECOND, hash: 3 }, 1_000 * SECOND));
        assert!(seen.note(old, 1_000 * SECOND), "the window went on");
    }
}
