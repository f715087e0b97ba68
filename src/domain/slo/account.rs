//! What became of an objective: its samples, as a Prometheus answers them, counted.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Budget, Burn, Goal, Span, Tally, Window};
use crate::domain::feed::SourceId;
use crate::domain::health::Health;
use crate::domain::question::{Ask, Question};

/// The time that one sample speaks for.
pub(super) const STEP: TimeDelta = TimeDelta::minutes(5);

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
    let step = STEP.num_seconds();
    DateTime::from_timestamp(now.timestamp().div_euclid(step) * step, 0).unwrap_or(now)
}

/// The name of the objective that an answer in this place is about.
pub fn goal_of(slot: &str) -> Option<&str> {
    slot.strip_prefix(SLOT)
}

/// The piece of a window that was asked for with [`Goal::ask`].
pub fn piece_of(ask: &Ask) -> Option<Window> {
    match ask.question {
        Question::Series { from, to, .. } => Some(Window { from: from - STEP, to }),
        _ => None,
    }
}

impl Goal {
    /// The time over which it is counted at `now`; `month` gives the calendar month where the operator is.
    pub fn window(&self, now: DateTime<Utc>, month: impl FnOnce(DateTime<Utc>) -> Window) -> Window {
        match self.span {
            Span::Rolling(days) => Window::rolling(days, now),
            Span::Month => month(now),
        }
    }

    /// What is to be asked for a piece of its window: the first sample speaks for its first minutes.
    pub fn ask(&self, source: &SourceId, piece: &Window) -> Ask {
        let question = Question::Series {
            query: format!("avg_over_time(({})[5m:1m])", self.query).into(),
            from: (piece.from + STEP).min(piece.to),
            to: piece.to,
            step: u32::try_from(STEP.num_seconds()).unwrap_or(u32::MAX),
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
    /// Counts samples in the order of time, a window after the other: `samples` gives those later than an
    /// instant. What was `planned` is left out.
    pub(super) fn of<I>(
        goal: &Goal,
        samples: impl Fn(DateTime<Utc>) -> I,
        window: Window,
        to: DateTime<Utc>,
        planned: &[Window],
    ) -> Self
    where
        I: Iterator<Item = (DateTime<Utc>, f64)>,
    {
        let count = |window: &Window| Tally::of(samples(window.from), STEP, window, to, planned);
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
