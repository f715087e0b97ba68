//! Objectives and their error budgets: how much was good, bad and unknown in a window, what is left, how
//! fast it burns, and when it is spent. What nobody measured is unknown, neither good nor bad.

mod account;
mod ledger;

use std::sync::Arc;

use chrono::{DateTime, Datelike, MappedLocalTime, NaiveDate, TimeDelta, TimeZone, Utc};
use serde::{Deserialize, Serialize};

use super::feed::seconds;
use super::health::Health;
pub use account::{Account, goal_of, piece_of, settled};
pub use ledger::Ledger;

/// A span of time; its end does not belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The first instant.
    pub from: DateTime<Utc>,
    /// The first instant after it.
    pub to: DateTime<Utc>,
}

impl Window {
    /// The last so many days before `now`.
    pub fn rolling(days: i64, now: DateTime<Utc>) -> Self {
        Self { from: now - TimeDelta::days(days), to: now }
    }

    /// The calendar month of `now` where the clocks show `zone`: from midnight of its first day to that
    /// of the next one's, so that one in which the clocks change is an hour longer or shorter.
    pub fn month<Z: TimeZone>(now: DateTime<Utc>, zone: &Z) -> Self {
        let local = now.with_timezone(zone);
        let (year, month) = (local.year(), local.month());
        let next = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
        let begins = |(year, month)| midnight(year, month, zone).unwrap_or(now);
        Self { from: begins((year, month)), to: begins(next) }
    }

    /// Its length in seconds.
    pub fn seconds(&self) -> f64 {
        seconds(self.to - self.from)
    }

    /// The part of it that lies within another.
    pub fn within(&self, other: &Self) -> f64 {
        let (from, to) = (self.from.max(other.from), self.to.min(other.to));
        seconds(to - from).max(0.0)
    }
}

/// When the first day of a month begins; where clocks skip midnight, at the first instant that there is.
fn midnight<Z: TimeZone>(year: i32, month: u32, zone: &Z) -> Option<DateTime<Utc>> {
    let first = NaiveDate::from_ymd_opt(year, month, 1)?.and_hms_opt(0, 0, 0)?;
    let quarters = (0..8).map(|quarter| first + TimeDelta::minutes(15 * quarter));
    let mut mapped = quarters.filter_map(|local| match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => Some(at.to_utc()),
        MappedLocalTime::None => None,
    });
    mapped.next()
}

/// How a time went: seconds of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Good ones.
    pub good: f64,
    /// Bad ones.
    pub bad: f64,
    /// Those that nobody measured.
    pub unknown: f64,
    /// Those of a maintenance that was planned: they count for nothing, whatever was measured.
    pub planned: f64,
}

impl Tally {
    /// Counts samples in a window up to `now`. Each speaks for the `step` before it, by the share of it
    /// that was good, 0 to 1; time without a sample, and one that is no number, is unknown. What was
    /// `planned`, times that do not overlap, is neither.
    pub fn of(
        samples: impl IntoIterator<Item = (DateTime<Utc>, f64)>,
        step: TimeDelta,
        window: &Window,
        now: DateTime<Utc>,
        planned: &[Window],
    ) -> Self {
        let planned_of = |span: &Window| -> f64 {
            let parts = planned
                .iter()
                .map(|part| Window { from: part.from.max(span.from), to: part.to.min(span.to) });
            parts.map(|part| part.seconds().max(0.0)).sum()
        };
        let past = Window { from: window.from, to: window.to.min(now).max(window.from) };
        let mut tally = Self { planned: planned_of(&past), ..Self::default() };
        // Never twice: a sample that comes early speaks only for what the one before it left.
        let mut told = past.from;
        for (at, share) in samples {
            let from = (at - step).max(told).max(past.from);
            let span = Window { from, to: at.min(past.to).max(from) };
            let length = (span.seconds() - planned_of(&span)).max(0.0);
            told = told.max(at);
            if share.is_finite() {
                let share = share.clamp(0.0, 1.0);
                tally.good += length * share;
                tally.bad += length * (1.0 - share);
            }
        }
        tally.unknown = (past.seconds() - tally.planned - tally.good - tally.bad).max(0.0);
        tally
    }

    /// The share that was good of what is known; nothing when nothing is.
    pub fn availability(&self) -> Option<f64> {
        let known = self.good + self.bad;
        (known > 0.0).then(|| self.good / known)
    }

    /// The share that nobody measured.
    pub fn unknown_share(&self) -> f64 {
        let all = self.good + self.bad + self.unknown;
        if all > 0.0 { self.unknown / all } else { 1.0 }
    }
}

/// An objective: the share that has to be good, such as 0.995.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Objective(pub f64);

/// Over which time an objective is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Span {
    /// The calendar month.
    Month,
    /// So many days before now.
    Rolling(i64),
}

/// What was promised of something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    /// Its name in the config.
    pub name: Arc<str>,
    /// The share that has to be good.
    pub objective: Objective,
    /// PromQL: the share that is good, 0 to 1, at an instant.
    pub query: Arc<str>,
    /// Over which time.
    pub span: Span,
}

/// What became of an error budget.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// Seconds that may be bad in the whole window.
    pub allowed: f64,
    /// Seconds that were.
    pub spent: f64,
    /// The share that is left; negative when more was spent.
    pub left: f64,
    /// The same if all that nobody measured was bad.
    pub left_at_worst: f64,
}

/// How fast a budget burns: 1 spends it exactly by the end of the window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Burn {
    /// Over the last hour.
    pub hour: Option<f64>,
    /// Over the last 5 minutes: whether it still goes on.
    pub minutes: Option<f64>,
    /// Over the last 6 hours.
    pub six_hours: Option<f64>,
    /// Over the last 30 minutes.
    pub half_hour: Option<f64>,
}

/// At this rate the budget of 30 days is gone within two.
const FAST: f64 = 14.4;

/// At this rate the budget of 30 days is gone within five.
const SLOW: f64 = 6.0;

impl Objective {
    /// The budget of a window.
    pub fn budget(self, tally: &Tally, window: &Window) -> Budget {
        let allowed = (1.0 - self.0) * window.seconds();
        let left = |spent: f64| if allowed > 0.0 { 1.0 - spent / allowed } else { -spent };
        Budget {
            allowed,
            spent: tally.bad,
            left: left(tally.bad),
            left_at_worst: left(tally.bad + tally.unknown),
        }
    }

    /// How many times faster than allowed a time burnt; nothing when nothing of it is known.
    pub fn burn(self, tally: &Tally) -> Option<f64> {
        let bad = 1.0 - tally.availability()?;
        let allowed = 1.0 - self.0;
        (allowed > 0.0).then(|| bad / allowed)
    }

    /// When the budget is spent if it goes on to burn so; nothing when it does not burn, or is spent.
    pub fn spent_at(self, budget: &Budget, burn: f64, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let bad_per_second = burn * (1.0 - self.0);
        let left = budget.allowed - budget.spent;
        if left <= 0.0 || bad_per_second <= 0.0 {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "a span of centuries is long enough")]
        let span = TimeDelta::try_seconds((left / bad_per_second).round() as i64)?;
        now.checked_add_signed(span)
    }
}

impl Burn {
    /// How bad it is: fast when an hour and its last minutes burn so, slow when six hours do. What is
    /// not known is no alarm here; that the samples are missing is told by itself.
    pub fn health(&self) -> Health {
        let both = |long: Option<f64>, short: Option<f64>, rate: f64| {
            long.is_some_and(|long| long >= rate) && short.is_some_and(|short| short >= rate)
        };
        if both(self.hour, self.minutes, FAST) {
            Health::Critical
        } else if both(self.six_hours, self.half_hour, SLOW) {
            Health::Warning
        } else {
            Health::Ok
        }
    }
}

#[cfg(test)]
#[path = "slo_tests.rs"]
mod tests;
