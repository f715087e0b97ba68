//! From the exporters into Prometheus.

use chrono::{DateTime, Utc};

use super::{Check, Link, link, name_of, readings, unheard};
use crate::domain::feed::{Feed, SourceKind, seconds};
use crate::domain::health::Health;
use crate::domain::hosts::CLOCK;
use crate::domain::measure::Unit;
use crate::domain::store::{SourceState, Store};
use crate::domain::target::TargetHealth;
use crate::domain::verdict::Condition;

pub(super) fn links(store: &Store, now: DateTime<Utc>) -> Vec<Link> {
    // What only evaluates rules scrapes nothing, unless nothing else is asked.
    let alone = store.of(SourceKind::Prometheus).count() == 1;
    let evaluates = |source: &&SourceState| source.lacks(Feed::Targets) && source.is_fresh(Feed::Rules, now);
    let all = store.of(SourceKind::Prometheus).filter(|source| alone || !evaluates(source));
    all.map(|source| link("exporters", name_of(source, store), checks(source, store, now))).collect()
}

fn checks(source: &SourceState, store: &Store, now: DateTime<Utc>) -> Vec<Check> {
    let mut checks: Vec<Check> = unheard(source, Feed::Targets, now).into_iter().collect();
    if source.lacks(Feed::Targets) {
        let text = format!("{} does not offer its targets: nobody knows whether they answer", source.id);
        checks.push(Check::bad(Health::Unknown, text));
    } else if checks.is_empty() {
        checks.push(scraped(source));
    }
    // Clocks, reloads and all that is measured of the links below come by it.
    checks.extend(unheard(source, Feed::Measures, now));
    checks.extend(skew(source, store, now));
    checks.extend(clocks(source, store, now));
    let late = readings(source, "federation", now).iter().filter(|reading| reading.value > FEDERATED);
    if let Some(late) = late.max_by(|one, other| one.value.total_cmp(&other.value)) {
        let job = late.labels.get("job").unwrap_or("a federation");
        let text = format!("what {job} federates is {} old", Unit::Seconds.write(late.value));
        checks.push(Check::bad(Health::Warning, text));
    }
    for reading in readings(source, "reload", now).iter().filter(|reading| reading.value == 0.0) {
        if reading.labels.get("job").is_none_or(|job| !job.contains("alertmanager")) {
            let text = "the last reload of Prometheus' config failed: it goes on with the old one";
            checks.push(Check::bad(Health::Warning, text));
        }
    }
    checks
}

/// What is federated may be so old, in seconds.
const FEDERATED: f64 = 300.0;

/// How many targets answer. One that is down is told by its own rule; when none does, nothing is
/// measured any more.
fn scraped(source: &SourceState) -> Check {
    let targets = &source.data.targets;
    let up = targets.iter().filter(|target| target.health == TargetHealth::Up).count();
    let all = targets.len();
    match (up, all) {
        // Targets that are down are told by their own rule of the verdict.
        (_, 0) => Check::bad(Health::Critical, "Prometheus scrapes nothing: it has no target"),
        (0, _) => Check::bad(Health::Critical, format!("none of {all} targets answers")),
        (up, all) if up < all => {
            Check::bad(Health::Warning, format!("{} of {all} targets do not answer", all - up))
        }
        _ => Check::ok(format!("{all} targets answer")),
    }
}

/// How far Prometheus' clock is from ours.
fn skew(source: &SourceState, store: &Store, now: DateTime<Utc>) -> Option<Check> {
    let value = readings(source, "time", now).first()?.value;
    let freshness = source.feeds.get(&Feed::Measures)?;
    let at = seconds(freshness.at? - DateTime::UNIX_EPOCH);
    // It was told at some instant while the questions were under way.
    let (early, late) = (at - freshness.took - value, at - value);
    let off = if early > 0.0 {
        early
    } else if late < 0.0 {
        late
    } else {
        0.0
    };
    let text = format!("Prometheus' clock is {} from ours", Unit::Seconds.write(off.abs()));
    if off.abs() > seconds(store.thresholds.skew) {
        return Some(Check::judged(Condition::ClockSkew, text));
    }
    Some(Check::ok(text))
}

/// The hosts whose clocks are off; the verdict hears of them by their own rule.
fn clocks(source: &SourceState, store: &Store, now: DateTime<Utc>) -> Option<Check> {
    let limit = seconds(store.thresholds.skew);
    let far = readings(source, CLOCK, now).iter().filter(|reading| reading.value.abs() > limit);
    let worst = far.max_by(|one, other| one.value.abs().total_cmp(&other.value.abs()))?;
    let host = worst.labels.get("host").or_else(|| worst.labels.get("instance")).unwrap_or("a host");
    let off = Unit::Seconds.write(worst.value.abs());
    Some(Check::bad(Health::Warning, format!("the clock of {host} is {off} from Prometheus'")))
}
