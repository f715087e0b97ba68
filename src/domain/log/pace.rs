//! How many lines come in a second, whether they are kept or not.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};

/// Over so many seconds a rate is taken.
const SPAN: i64 = 60;

/// Seconds that are remembered: a few more, for lines that come late or before their time.
const REMEMBERED: usize = 120;

/// Lines by their second.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pace {
    /// The end of a second, and how many lines were written in it; in order.
    seconds: VecDeque<(i64, u64)>,
}

impl Pace {
    /// Notes a line of that nanosecond.
    pub fn note(&mut self, at: i64) {
        let end = at.div_euclid(1_000_000_000) + i64::from(at.rem_euclid(1_000_000_000) > 0);
        if let Some((_, count)) = self.seconds.back_mut().filter(|(newest, _)| *newest == end) {
            *count += 1;
            return;
        }
        match self.seconds.binary_search_by_key(&end, |(second, _)| *second) {
            Ok(place) => {
                if let Some((_, count)) = self.seconds.get_mut(place) {
                    *count += 1;
                }
            }
            Err(place) => self.seconds.insert(place, (end, 1)),
        }
        if self.seconds.len() > REMEMBERED {
            self.seconds.pop_front();
        }
    }

    /// Lines a second over the minute before `now`.
    pub fn rate(&self, now: DateTime<Utc>) -> f64 {
        let until = now.timestamp();
        let counted = self.seconds.iter().filter(|(end, _)| (until - SPAN + 1..=until).contains(end));
        counted.map(|(_, count)| *count).sum::<u64>() as f64 / SPAN as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn a_rate_is_that_of_the_last_minute() {
        let mut pace = Pace::default();
        let now = DateTime::from_timestamp(1_000, 0).expect("a time");
        for second in 0..1_000 {
            (0..50).for_each(|line| pace.note(second * SECOND + line + 1));
        }
        // Late, and from the future.
        pace.note(990 * SECOND + 7);
        pace.note(5_000 * SECOND);
        assert!((pace.rate(now) - 3_001.0 / 60.0).abs() < 1e-9, "{}", pace.rate(now));
        assert!(pace.seconds.len() <= REMEMBERED);
        let later = DateTime::from_timestamp(1_030, 0).expect("a time");
        assert!((pace.rate(later) - 1_501.0 / 60.0).abs() < 1e-9, "{}", pace.rate(later));
    }
}
