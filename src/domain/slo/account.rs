//! What became of an objective: its samples, as a Prometheus answers them, counted.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Budget, Burn, Goal, Span, Tally, Window};
use crate::domain::feed::SourceId;
use crate::domain::health::Health;
use crate::domain::question::{Ask, Question, Series};

/// Seconds that one sample speaks for.
const STEP: u32 = 300;

/// What was counted longer ago says nothing of now.
const OLD: TimeDelta = TimeDelta::minutes(20);

/// The place of the answers about an objective, before its name.
const SLOT: &str = "slo/";

/// How an objective stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// Up to when was counted.
    pub at: DateTime<Utc>,
    /// The time over which the objective is counted.
    pub window: Window,
    /// How that time went so far.
    pub tally: Tally,
    /// How fast the budget burns.
    pub burn: Burn,
}

/// The instant up to which is counted: the same until the next sample is due.
pub fn settled(now: DateTime<Utc>) -> DateTime<Utc> {
    let step = i64::from(STEP);
    DateTime::from_timestamp(now.timestamp().div_euclid(step) * step, 0).unwrap_or(now)
}

/// The name of the objective that an answer in this place is about.
pub fn goal_of(slot: &str) -> Option<&str> {
    slot.strip_prefix(SLOT)
}

impl Goal {
    /// The time over which it is counted at `now`; `month` gives the calendar month where the operator is.
    pub fn window(&self, now: DateTime<Utc>, month: impl FnOnce(DateTime<Utc>) -> Window) -> Window {
        match self.span {
            Span::Rolling(days) => Window::rolling(days, now),
            Span::Month => month(now),
        }
    }

    /// What is to be asked for the part of a window up to `to`.
    pub fn ask(&self, source: &SourceId, window: &Window, to: DateTime<Utc>) -> Ask {
        let question = Question::Series {
            query: format!("avg_over_time(({})[5m:1m])", self.query).into(),
            from: window.from.min(to),
            to,
            step: STEP,
        };
        Ask { slot: format!("{SLOT}{}", self.name).into(), source: source.clone(), question }
    }

    /// What is left of its budget.
    pub fn budget(&self, account: &Account) -> Budget {
        self.objective.budget(&account.tally, &account.window)
    }

    /// When its budget is spent if the last hour goes on; nothing when that is beyond the window's length,
    /// or it does not burn.
    pub fn spent_at(&self, account: &Account) -> Option<DateTime<Utc>> {
        let end = self.objective.spent_at(&self.budget(account), account.burn.hour?, account.at)?;
        (end - account.at < TimeDelta::days(30)).then_some(end)
    }

    /// How it stands: what nobody measured is unknown; a spent budget and a slow burn are warnings.
    pub fn health(&self, account: &Account, now: DateTime<Utc>) -> Health {
        if account.tally.availability().is_none() || account.is_old(now) {
            return Health::Unknown;
        }
        let spent = self.budget(account).left <= 0.0;
        account.burn.health().max(if spent { Health::Warning } else { Health::Ok })
    }
}

impl Account {
    /// Counts an answer to [`Goal::ask`]; of several series their mean. What was `planned` is left out.
    pub fn of(goal: &Goal, series: &[Series], window: Window, to: DateTime<Utc>, planned: &[Window]) -> Self {
        let samples = mean(series);
        let step = TimeDelta::seconds(i64::from(STEP));
        let count = |window: &Window| Tally::of(&samples, step, window, to, planned);
        let last = |minutes: i64| {
            goal.objective.burn(&count(&Window { from: to - TimeDelta::minutes(minutes), to }))
        };
        let burn = Burn { hour: last(60), minutes: last(5), six_hours: last(360), half_hour: last(30) };
        Self { at: to, window, tally: count(&window), burn }
    }

    /// Whether it was counted too long ago to say how things are.
    pub fn is_old(&self, now: DateTime<Utc>) -> bool {
        now - self.at > OLD
    }
}

/// The samples of all series, the mean where there are several.
fn mean(series: &[Series]) -> Vec<(DateTime<Utc>, f64)> {
    let mut all: BTreeMap<DateTime<Utc>, (f64, f64)> = BTreeMap::new();
    for (at, value) in series.iter().flat_map(|series| &series.points).filter(|(_, value)| value.is_finite())
    {
        let (sum, count) = all.entry(*at).or_default();
        *sum += value;
        *count += 1.0;
    }
    all.into_iter().map(|(at, (sum, count))| (at, sum / count)).collect()
}
