//! From the samples to alerts: the rules, and what they cannot see.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Check, Link, link, name_of, readings, unheard};
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::health::Health;
use crate::domain::promql::metrics;
use crate::domain::rule::{Rule, RuleHealth, RuleKind};
use crate::domain::store::{Data, SourceState, Store};
use crate::domain::verdict::Condition;

/// A group that was not evaluated for so many of its intervals hangs.
const LATE: f64 = 3.0;

pub(super) fn links(store: &Store, now: DateTime<Utc>) -> Vec<Link> {
    // A Prometheus without rules is there for something else, unless it is the only one.
    let alone = store.of(SourceKind::Prometheus).count() == 1;
    let asked =
        |source: &&SourceState| alone || !source.data.rules.is_empty() || !source.is_fresh(Feed::Rules, now);
    let all = store.of(SourceKind::Prometheus).filter(asked);
    all.filter(|source| !source.lacks(Feed::Rules))
        .map(|source| link(name_of(source, store), "rules", checks(source, now)))
        .collect()
}

fn checks(source: &SourceState, now: DateTime<Utc>) -> Vec<Check> {
    let mut checks: Vec<Check> = unheard(source, Feed::Rules, now).into_iter().collect();
    if !checks.is_empty() {
        return checks;
    }
    let rules = &source.data.rules;
    let alerting = rules.iter().filter(|rule| rule.kind == RuleKind::Alerting).count();
    if alerting == 0 {
        // VictoriaMetrics answers so while vmalert has the rules.
        let text = "Prometheus has no alerting rule: nothing can fire; if vmalert or a ruler has them, add it \
                    as a source";
        checks.push(Check::bad(Health::Warning, text));
    }
    for rule in rules.iter().filter(|rule| rule.health == RuleHealth::Err) {
        let text =
            format!("rule {} cannot be evaluated: {}", rule.name, crate::text::truncate(&rule.error, 80));
        checks.push(Check::bad(Health::Warning, text));
    }
    for (rule, metric) in &*source.data.blind {
        let text = format!("rule {rule} is blind: nothing exports {metric} for 7 days");
        checks.push(Check::judged(Condition::RuleBlind, text));
    }
    for reading in readings(source, "rule-lag", now).iter().filter(|reading| reading.value > LATE) {
        let group = reading.labels.get("rule_group").unwrap_or("a group of rules");
        let text = format!("{group} was not evaluated for {:.0} of its intervals", reading.value);
        checks.push(Check::judged(Condition::ChainBroken, text));
    }
    let open = &source.data.uncovered;
    if !open.is_empty() {
        checks.push(Check::ok(format!("no rule watches whether these jobs answer: {}", open.join(", "))));
    }
    checks.push(Check::ok(format!("{alerting} alerting rules are evaluated")));
    checks
}

/// The names of the alerting rules that cannot fire because a metric of theirs was never seen, with that
/// metric.
pub fn blind(data: &Data) -> Vec<(Arc<str>, Arc<str>)> {
    if data.names.is_empty() {
        return Vec::new();
    }
    let known: BTreeSet<&str> = data.names.iter().map(|name| &**name).collect();
    let alerting = data.rules.iter().filter(|rule| rule.kind == RuleKind::Alerting);
    let unseen = |rule: &'_ Rule| -> Option<usize> {
        // A rule may be made to notice that something is absent.
        if rule.health == RuleHealth::Err || rule.query.contains("absent") {
            return None;
        }
        let all = metrics(&rule.query);
        let missing: Vec<usize> =
            all.iter().enumerate().filter(|(_, name)| !known.contains(**name)).map(|(at, _)| at).collect();
        // One side of an `or` is enough.
        let either = rule.query.split_whitespace().any(|word| word.eq_ignore_ascii_case("or"));
        let is_blind = if either { missing.len() == all.len() } else { true };
        missing.first().copied().filter(|_| is_blind)
    };
    let told = |rule: &Rule| {
        let metric = *metrics(&rule.query).get(unseen(rule)?)?;
        Some((Arc::clone(&rule.name), metric.into()))
    };
    alerting.filter_map(told).collect()
}

/// The jobs of which no rule would say that their targets do not answer.
pub fn uncovered(data: &Data) -> Vec<Arc<str>> {
    let watching: Vec<&str> = data
        .rules
        .iter()
        .filter(|rule| rule.kind == RuleKind::Alerting && metrics(&rule.query).contains(&"up"))
        .map(|rule| &*rule.query)
        .collect();
    let watched = |job: &str| {
        watching.iter().any(|query| {
            let matcher = query.split_once("job").map(|(_, rest)| rest.trim_start());
            match matcher {
                Some(rest) if rest.starts_with("!=") || rest.starts_with("!~") => !rest.contains(job),
                Some(rest) if rest.starts_with('=') => rest.contains(job),
                _ => true,
            }
        })
    };
    let jobs: BTreeSet<&Arc<str>> = data.targets.iter().map(|target| &target.job).collect();
    jobs.into_iter().filter(|job| !watched(job)).cloned().collect()
}
