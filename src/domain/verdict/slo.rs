//! Error budgets that burn, and those of which nobody knows.

use chrono::{DateTime, Utc};

use super::{Condition, Finding, weigh};
use crate::domain::feed::seconds;
use crate::domain::health::Health;
use crate::domain::slo::{Account, Goal};
use crate::domain::store::Store;
use crate::domain::subject::Subject;
use crate::text;

pub(super) fn objectives(store: &Store, now: DateTime<Utc>) -> Vec<Finding> {
    let goals = store.thresholds.goals.iter();
    goals
        .filter_map(|goal| {
            let (health, text) = match store.account(&goal.name)? {
                Ok(account) => counted(goal, account, now)?,
                Err(failure) => (
                    weigh(Condition::NotFresh),
                    format!("the budget of {} is not known: {}", goal.name, failure.short),
                ),
            };
            Some(Finding { health, text, subject: Some(Subject::Objective(goal.name.clone())) })
        })
        .collect()
}

fn counted(goal: &Goal, account: &Account, now: DateTime<Utc>) -> Option<(Option<Health>, String)> {
    let name = &goal.name;
    if account.is_old(now) {
        let ago = text::age_of(Some(seconds(now - account.at)));
        return Some((
            weigh(Condition::NotFresh),
            format!("the budget of {name} was last counted {ago} ago"),
        ));
    }
    if account.tally.availability().is_none() {
        return Some((weigh(Condition::Unmeasured), format!("nobody measures the objective {name}")));
    }
    let burn = account.burn;
    let health = weigh(Condition::Burn(burn.health()));
    let Some(health) = health else {
        // It is told, and changes nothing: what was promised of the window is broken already.
        let spent = goal.budget(account).left <= 0.0;
        return spent.then(|| (None, format!("the budget of {name} is spent")));
    };
    let rate = if health == Health::Critical { burn.hour } else { burn.six_hours };
    let end = match goal.spent_at(account) {
        Some(end) => format!(", spent in {}", text::age_of(Some(seconds(end - now).max(0.0)))),
        None if goal.budget(account).left <= 0.0 => ", and is spent".to_owned(),
        None => String::new(),
    };
    Some((
        Some(health),
        format!("the budget of {name} burns {:.0} times too fast{end}", rate.unwrap_or_default()),
    ))
}
