//! From Prometheus to Alertmanager, through its peers, to the receivers.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};

use super::{Check, Link, link, name_of, readings, unheard};
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::health::Health;
use crate::domain::rule::{Rule, RuleHealth};
use crate::domain::silence::SilenceState;
use crate::domain::store::{SourceState, Store};
use crate::domain::verdict::{Condition, watchdog_missing};

/// What fires needs so long, at most, to be seen by Alertmanager: one evaluation and one more sending.
const UNDERWAY: TimeDelta = TimeDelta::seconds(90);

/// A queue that is fuller than this will soon throw alerts away.
const FULL: f64 = 0.5;

/// From this share of failed notifications on a receiver counts as lost.
const LOST: f64 = 0.9;

pub(super) fn links(store: &Store, now: DateTime<Utc>) -> Vec<Link> {
    let routers: Vec<&SourceState> = store.of(SourceKind::Alertmanager).collect();
    if routers.is_empty() {
        return Vec::new();
    }
    let mut all = vec![link("rules", "Alertmanager", handed_over(store, now))];
    for router in &routers {
        all.extend(peers(router, store, now));
    }
    all.push(link("Alertmanager", "receivers", receivers(store, now)));
    all
}

/// Whether what Prometheus raises arrives.
fn handed_over(store: &Store, now: DateTime<Utc>) -> Vec<Check> {
    let mut checks = Vec::new();
    for source in store.of(SourceKind::Prometheus) {
        let values = |measure: &str| readings(source, measure, now);
        if values("alertmanagers").iter().any(|reading| reading.value == 0.0)
            && !source.data.raised.is_empty()
        {
            checks.push(Check::judged(Condition::ChainBroken, "Prometheus knows no Alertmanager to send to"));
        }
        let failing = values("send-errors").iter().filter(|reading| reading.value > 0.0).count();
        let all = values("send-errors").len();
        if failing > 0 {
            let text = format!("Prometheus cannot hand alerts to {failing} of {all} Alertmanagers");
            checks.push(if failing == all {
                Check::judged(Condition::ChainBroken, text)
            } else {
                Check::bad(Health::Warning, text)
            });
        }
        if values("dropped").iter().any(|reading| reading.value > 0.0) {
            checks.push(Check::judged(Condition::ChainBroken, "Prometheus throws alerts away unsent"));
        }
        if let Some(full) = values("queue").iter().find(|reading| reading.value > FULL) {
            let text = format!("Prometheus' queue of alerts is {:.0} % full", full.value * 100.0);
            checks.push(Check::bad(Health::Warning, text));
        }
        checks.extend(unheard(source, Feed::Alerts, now));
    }
    if watchdog_missing(store, now) {
        let name = &store.thresholds.watchdog;
        // The verdict has a rule of its own for it.
        checks
            .push(Check::bad(Health::Critical, format!("{name} fires and does not arrive at Alertmanager")));
    }
    checks.extend(missing(store, now));
    if checks.is_empty() {
        let firing: usize = store
            .of(SourceKind::Prometheus)
            .map(|source| source.data.raised.iter().filter(|raised| raised.firing).count())
            .sum();
        checks.push(Check::ok(format!("all {firing} firing alerts have arrived")));
    }
    checks
}

/// What fires at Prometheus and no Alertmanager has: the join of the alerts has found it.
fn missing(store: &Store, now: DateTime<Utc>) -> Option<Check> {
    let is_heard = |source: &SourceState| source.is_fresh(Feed::Alerts, now);
    if !store.of(SourceKind::Alertmanager).any(is_heard) {
        return None;
    }
    let rules = store.of(SourceKind::Prometheus).flat_map(|source| source.data.rules.iter());
    #[expect(clippy::cast_possible_truncation, reason = "whole seconds are fine enough")]
    // What a rule raised before it could be evaluated no more is no longer sent: the rule is told.
    let hold = |rule: &Rule| (rule.health != RuleHealth::Err).then_some(rule.hold as i64);
    let holds: HashMap<&str, Option<i64>> = rules.map(|rule| (&*rule.name, hold(rule))).collect();
    let unrouted = store.alerts().iter().filter(|listed| listed.source.kind == SourceKind::Prometheus);
    let mut lost = unrouted.filter(|listed| {
        let Some((source, raised)) = &listed.raised else { return false };
        let hold = holds.get(&*listed.alert.name).copied().unwrap_or(Some(0));
        raised.firing
            && hold.is_some_and(|hold| now - raised.active_at > TimeDelta::seconds(hold) + UNDERWAY)
            && store.source(source).is_some_and(is_heard)
    });
    let first = lost.next()?;
    let more = match lost.count() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(Check::judged(
        Condition::ChainBroken,
        format!("{}{more} fires and Alertmanager does not have it", first.alert.name),
    ))
}

/// Each peer of a group.
fn peers(router: &SourceState, store: &Store, now: DateTime<Utc>) -> Vec<Link> {
    let name = name_of(router, store);
    let mut whole: Vec<Check> =
        [Feed::Alerts, Feed::Silences].iter().filter_map(|feed| unheard(router, *feed, now)).collect();
    let splits = router.data.splits.len();
    if splits > 0 {
        whole.push(Check::bad(Health::Warning, format!("the peers disagree on {splits} alerts")));
    }
    let expected = router.data.peers.iter().filter(|peer| peer.failure.is_none()).count();
    let seen = store.of(SourceKind::Prometheus).flat_map(|source| readings(source, "members", now));
    let alone = seen.filter(|reading| expected > 1 && reading.value < expected as f64).count();
    if alone > 0 {
        let text = "an Alertmanager does not see its peers: silences and notifications are not shared";
        whole.push(Check::bad(Health::Warning, text));
    }
    for reading in store.of(SourceKind::Prometheus).flat_map(|source| readings(source, "reload", now)) {
        if reading.value == 0.0 && reading.labels.get("job").is_some_and(|job| job.contains("alertmanager")) {
            let text = "the last reload of Alertmanager's config failed: it goes on with the old one";
            whole.push(Check::bad(Health::Warning, text));
        }
    }
    if whole.is_empty() {
        whole.push(Check::ok(format!(
            "{} alerts, {} silences",
            router.data.alerts.len(),
            router.data.silences.len()
        )));
    }
    let mut all = vec![link(name.clone(), "its peers", whole)];
    if router.data.peers.len() > 1 {
        all.extend(router.data.peers.iter().map(|peer| {
            let check = match &peer.failure {
                Some(failure) => {
                    Check::bad(Health::Warning, format!("{} does not answer: {failure}", peer.url))
                }
                None if &*peer.cluster == "settling" => {
                    Check::bad(Health::Warning, format!("{} is still settling into its cluster", peer.url))
                }
                None => Check::ok(format!("cluster {}", peer.cluster)),
            };
            link(name.clone(), &*peer.url, vec![check])
        }));
    }
    all
}

/// Whether receivers take what they are sent, and whether something keeps everything from them.
fn receivers(store: &Store, now: DateTime<Utc>) -> Vec<Check> {
    let mut checks = Vec::new();
    for source in store.of(SourceKind::Prometheus) {
        checks.extend(unheard(source, Feed::Measures, now));
        let sum = |measure: &str| {
            let mut all: BTreeMap<&str, f64> = BTreeMap::new();
            for reading in readings(source, measure, now) {
                let who = ["receiver_name", "receiver", "integration"]
                    .iter()
                    .find_map(|name| reading.labels.get(name));
                *all.entry(who.unwrap_or("a receiver")).or_default() += reading.value.max(0.0);
            }
            all
        };
        let sent = sum("notify-sent");
        for (who, failed) in sum("notify-failed").into_iter().filter(|(_, failed)| *failed > 0.0) {
            let share = failed / sent.get(who).copied().unwrap_or(failed).max(failed);
            let text = format!("{:.0} % of the notifications by {who} fail", share * 100.0);
            checks.push(if share >= LOST {
                Check::judged(Condition::ChainBroken, text)
            } else {
                Check::bad(Health::Warning, text)
            });
        }
        if checks.is_empty() && !sent.is_empty() {
            checks.push(Check::ok(format!(
                "no failure by {}",
                sent.keys().copied().collect::<Vec<_>>().join(", ")
            )));
        }
    }
    let routers = || store.of(SourceKind::Alertmanager).filter(|router| router.is_fresh(Feed::Alerts, now));
    let muted =
        routers().flat_map(|router| router.data.alerts.iter()).filter(|alert| !alert.muted_by.is_empty());
    let muted = muted.count();
    if muted > 0 {
        checks.push(Check::ok(format!("{muted} alerts are muted by a time interval")));
    }
    let silences = routers().flat_map(|router| router.data.silences.iter());
    for silence in silences.filter(|silence| silence.state == SilenceState::Active) {
        let all = store.alerts();
        let hidden = all.iter().filter(|listed| listed.alert.silenced_by.contains(&silence.id)).count();
        if all.len() >= 3 && hidden == all.len() {
            let text = format!("a silence by {} hides every alert that there is", silence.created_by);
            checks.push(Check::bad(Health::Warning, text));
        }
    }
    if checks.iter().all(|check| check.text.contains("muted")) {
        // Without the metrics of Alertmanager itself nobody can say.
        let heard = routers().next().is_some();
        let text = "nobody measures whether receivers take it: Prometheus does not scrape Alertmanager";
        checks.push(if heard {
            Check::ok(text)
        } else {
            Check::bad(Health::Unknown, "Alertmanager is not heard")
        });
    }
    checks
}
