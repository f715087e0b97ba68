//! What the scrape targets say.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::{Condition, Counts, Finding, weigh};
use crate::domain::alert::Alert;
use crate::domain::correlate;
use crate::domain::feed::{Feed, SourceKind, seconds};
use crate::domain::store::{SourceState, Store};
use crate::domain::subject::Subject;
use crate::domain::target::{Target, TargetHealth};

pub(super) fn targets(store: &Store, now: DateTime<Utc>, counts: &mut Counts) -> Vec<Finding> {
    // By instance, so that a storm of thousands is not compared pair by pair.
    let mut spoken: HashMap<&str, Vec<&Alert>> = HashMap::new();
    let mut targets = store.of(SourceKind::Prometheus).flat_map(|source| source.data.targets.iter());
    let is_any_down = targets.any(|target| target.health == TargetHealth::Down);
    for listed in store.alerts().iter().filter(|_| is_any_down) {
        if let Some(instance) = listed.alert.labels.get("instance") {
            spoken.entry(instance).or_default().push(&listed.alert);
        }
    }
    let mut found = Vec::new();
    for source in store.of(SourceKind::Prometheus) {
        if !source.is_fresh(Feed::Targets, now) {
            continue;
        }
        counts.targets += source.data.targets.len();
        for target in &*source.data.targets {
            // Only of a target that is down it matters who speaks of it.
            let down = target.health == TargetHealth::Down;
            let spoken = if down { spoken.get(&*target.instance) } else { None };
            let alerts = spoken.into_iter().flatten().copied();
            let condition = condition(source, target, alerts, now);
            if matches!(condition, Condition::Target { health: TargetHealth::Up, hollow: false, .. }) {
                counts.targets_up += 1;
            } else {
                found.push(finding(source, target, condition));
            }
        }
    }
    found
}

fn finding(source: &SourceState, target: &Target, condition: Condition) -> Finding {
    let what = match target.health {
        TargetHealth::Up => "is up, but brings no sample",
        TargetHealth::Down => "is down",
        TargetHealth::Unknown => "was never scraped",
    };
    Finding {
        health: weigh(condition),
        text: format!("target {} {} {what}", target.job, target.instance),
        subject: Some(Subject::Target {
            source: source.id.clone(),
            pool: target.pool.clone(),
            instance: target.instance.clone(),
        }),
    }
}

/// The condition that a target is in.
pub fn target_condition(
    store: &Store,
    source: &SourceState,
    target: &Target,
    now: DateTime<Utc>,
) -> Condition {
    condition(source, target, store.alerts().iter().map(|listed| &listed.alert), now)
}

fn condition<'a>(
    source: &SourceState,
    target: &Target,
    mut alerts: impl Iterator<Item = &'a Alert>,
    now: DateTime<Utc>,
) -> Condition {
    let scrape = source.data.scrape(target);
    let hollow = target.health == TargetHealth::Up && scrape.is_some_and(|scrape| scrape.hollow);
    let twice = target.interval * 2.0;
    let settled = match target.health {
        TargetHealth::Up => true,
        // Service discovery publishes a target before its first scrape.
        TargetHealth::Unknown => target.last_scrape.is_some() || source.is_fresh(Feed::Scrapes, now),
        TargetHealth::Down => {
            scrape.and_then(|scrape| scrape.last_success).is_none_or(|success| seconds(now - success) > twice)
        }
    };
    let covered =
        target.health == TargetHealth::Down && alerts.any(|alert| correlate::covers(alert, source, target));
    Condition::Target { health: target.health, hollow, covered, settled }
}
