//! The objectives of a report.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::domain::health::Health;
use crate::domain::slo::{Goal, Span};
use crate::domain::store::Store;

/// An objective and its error budget. What nobody measured is null.
#[derive(Clone, Debug, Serialize)]
pub struct GoalRow {
    /// Its name in the config.
    pub name: Arc<str>,
    /// How it stands.
    pub state: Health,
    /// The share that has to be good.
    pub objective: f64,
    /// Over which time: `month`, or days such as `30d`.
    pub window: String,
    /// When that began.
    pub from: Option<DateTime<Utc>>,
    /// When it ends; a rolling window ends where was counted up to.
    pub to: Option<DateTime<Utc>>,
    /// Up to when was counted.
    pub at: Option<DateTime<Utc>>,
    /// The share that was good of what is known.
    pub good: Option<f64>,
    /// The share of the budget that is left; negative when more was spent.
    pub budget_left: Option<f64>,
    /// The same if all that nobody measured was bad.
    pub budget_left_at_worst: Option<f64>,
    /// How many times faster than allowed the last hour burnt.
    pub burn: Option<f64>,
    /// When the budget is spent if that goes on.
    pub spent_at: Option<DateTime<Utc>>,
    /// The share of the window so far that nobody measured.
    pub unknown: f64,
    /// Seconds of the window so far in which maintenance was planned: they count for nothing.
    pub planned: f64,
    /// Why nothing is known.
    pub error: Option<Arc<str>>,
}

pub(super) fn rows(store: &Store, now: DateTime<Utc>) -> Vec<GoalRow> {
    store.thresholds.goals.iter().map(|goal| row(goal, store, now)).collect()
}

fn row(goal: &Goal, store: &Store, now: DateTime<Utc>) -> GoalRow {
    let (account, failure) = match store.account(&goal.name) {
        Some(Ok(account)) => (Some(account), None),
        Some(Err(failure)) => (None, Some(Arc::clone(&failure.short))),
        None => (None, Some("not asked yet".into())),
    };
    let known = account.filter(|account| account.tally.availability().is_some());
    let budget = known.map(|account| goal.budget(account));
    GoalRow {
        name: Arc::clone(&goal.name),
        state: account.map_or(Health::Unknown, |account| goal.health(account, now)),
        objective: goal.objective.0,
        window: match goal.span {
            Span::Month => "month".to_owned(),
            Span::Rolling(days) => format!("{days}d"),
        },
        from: account.map(|account| account.window.from),
        to: account.map(|account| account.window.to),
        at: account.map(|account| account.at),
        good: known.and_then(|account| account.tally.availability()),
        budget_left: budget.map(|budget| budget.left),
        budget_left_at_worst: budget.map(|budget| budget.left_at_worst),
        burn: known.and_then(|account| account.burn.hour),
        spent_at: known.and_then(|account| goal.spent_at(account)),
        unknown: account.map_or(1.0, |account| account.tally.unknown_share()),
        planned: account.map_or(0.0, |account| account.tally.planned),
        error: failure,
    }
}
