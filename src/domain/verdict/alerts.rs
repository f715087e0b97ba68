//! What the alerts, the rules behind them and the Watchdog say.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Condition, Counts, Finding, weigh};
use crate::domain::alert::Alert;
use crate::domain::correlate::{self, Listed};
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::health::Health;
use crate::domain::rule::{Rule, RuleHealth, RuleKind};
use crate::domain::store::{SourceState, Store};
use crate::domain::subject::Subject;
use crate::text;

/// When somebody must have responded to an alert.
pub fn response_due(alert: &Alert, store: &Store) -> Option<DateTime<Utc>> {
    store.thresholds.respond_within(alert).map(|span| store.clocks().since(alert) + span)
}

/// Alerts that are measured to be true, and those that nobody confirms now: they are told after
/// the source that is silent, which is their cause.
pub(super) struct Alerts {
    pub(super) measured: Vec<Finding>,
    pub(super) unheard: Vec<Finding>,
}

/// Of a storm so many alerts get words of their own; more are counted.
const TOLD: usize = 500;

pub(super) fn alerts(store: &Store, now: DateTime<Utc>, counts: &mut Counts) -> Alerts {
    let mut found = Alerts { measured: Vec::new(), unheard: Vec::new() };
    let unheard = correlate::unheard(store, now);
    let mut told: HashMap<Option<Health>, usize> = HashMap::new();
    for listed in &**store.alerts() {
        let alert = &listed.alert;
        let health = weigh(Condition::Alert(alert.rank, alert.state));
        let told = told.entry(health).or_default();
        *told += 1;
        let is_told = health.is_some() && *told <= TOLD;
        let subject = is_told.then(|| subject(listed));
        if alert.state.is_hidden() {
            counts.hidden += 1;
        } else if health.is_some() && unheard.contains(&alert.fingerprint) {
            let words = || format!("{} {} was true when last heard", alert.name, alert.subject());
            let text = is_told.then(words).unwrap_or_default();
            found.unheard.push(Finding { health: weigh(Condition::Unheard), text, subject });
            continue;
        } else {
            counts.critical += usize::from(health == Some(Health::Critical));
            counts.warning += usize::from(health == Some(Health::Warning));
        }
        let text = is_told.then(|| alert_text(listed, now)).unwrap_or_default();
        found.measured.push(Finding { health, text, subject });
    }
    found.unheard.extend(vanished(store, now));
    if watchdog_missing(store, now) {
        found.measured.push(Finding {
            health: weigh(Condition::WatchdogMissing),
            text: format!("{} is missing: alerts do not reach Alertmanager", store.thresholds.watchdog),
            subject: None,
        });
    }
    found
}

fn vanished(store: &Store, now: DateTime<Utc>) -> impl Iterator<Item = Finding> {
    store.vanished.iter().map(move |ghost| Finding {
        health: weigh(Condition::Unheard),
        text: format!(
            "{} {} unknown since {}: vanished while Prometheus was not heard",
            ghost.alert.name,
            ghost.alert.subject(),
            text::age(now - ghost.since)
        ),
        subject: Some(Subject::Alert {
            source: ghost.source.clone(),
            fingerprint: ghost.alert.fingerprint.clone(),
        }),
    })
}

fn subject(listed: &Listed) -> Subject {
    let fingerprint = Arc::clone(&listed.alert.fingerprint);
    Subject::Alert { source: listed.source.clone(), fingerprint }
}

fn alert_text(listed: &Listed, now: DateTime<Utc>) -> String {
    let alert = &listed.alert;
    let mut text = format!("{} {} {}", alert.name, alert.subject(), text::age(now - alert.starts_at));
    if let Some(ack) = &alert.acked_by {
        text.push_str(", acknowledged by ");
        text.push_str(&ack.who);
    } else if let Some(due) = listed.due.filter(|due| *due < now) {
        text.push_str(", response overdue ");
        text.push_str(&text::age(now - due));
    }
    text
}

/// A restart of Prometheus or Alertmanager empties the list for up to a minute.
const WATCHDOG_GRACE: TimeDelta = TimeDelta::seconds(90);

/// The Watchdog is missing when a Prometheus that is heard has evaluated a rule for it, and yet it
/// does not arrive where alerts should.
fn watchdog_missing(store: &Store, now: DateTime<Utc>) -> bool {
    let name = &*store.thresholds.watchdog;
    let is_for_it = |rule: &Rule| {
        rule.kind == RuleKind::Alerting && &*rule.name == name && rule.last_evaluation.is_some()
    };
    let has_rule = |source: &&SourceState| {
        source.is_fresh(Feed::Rules, now)
            && source.is_fresh(Feed::Alerts, now)
            && source.data.rules.iter().any(is_for_it)
    };
    !name.is_empty()
        && store.of(SourceKind::Prometheus).filter(has_rule).any(|source| {
            let mut raised = source.data.raised.iter();
            match raised.find(|raised| raised.labels.get("alertname") == Some(name)) {
                Some(raised) => now - raised.active_at >= WATCHDOG_GRACE && !arrives(name, store, now),
                None => true,
            }
        })
}

/// Whether the alert `name` reaches an Alertmanager; without one that is heard nobody can tell, and
/// the silent source is told instead.
fn arrives(name: &str, store: &Store, now: DateTime<Utc>) -> bool {
    let mut routers =
        store.of(SourceKind::Alertmanager).filter(|router| router.is_fresh(Feed::Alerts, now)).peekable();
    routers.peek().is_none()
        || routers.any(|router| router.data.alerts.iter().any(|alert| &*alert.name == name))
}

pub(super) fn rules(store: &Store, now: DateTime<Utc>) -> Vec<Finding> {
    let heard = store.of(SourceKind::Prometheus).filter(|source| source.is_fresh(Feed::Rules, now));
    let broken = heard.flat_map(|source| {
        let broken = source.data.rules.iter().filter(|rule| rule.health == RuleHealth::Err);
        broken.map(|rule| Finding {
            health: weigh(Condition::RuleBroken),
            text: format!("rule {} cannot be evaluated: its alert is blind", rule.name),
            subject: Some(Subject::Rule {
                source: source.id.clone(),
                group: (rule.file.clone(), rule.group.clone()),
                name: rule.name.clone(),
            }),
        })
    });
    broken.collect()
}
