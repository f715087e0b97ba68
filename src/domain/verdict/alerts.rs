//! What the alerts, the rules behind them and the Watchdog say.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Condition, Counts, Finding, weigh};
use crate::domain::alert::Alert;
use crate::domain::correlate;
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::health::Health;
use crate::domain::rule::{Rule, RuleHealth, RuleKind};
use crate::domain::store::{SourceState, Store};
use crate::domain::subject::Subject;
use crate::text;

/// When somebody must have responded to an alert.
pub fn response_due(alert: &Alert, store: &Store) -> Option<DateTime<Utc>> {
    store.thresholds.response.get(&alert.rank).map(|span| store.clocks.since(alert) + *span)
}

/// Alerts that are measured to be true, and those that nobody confirms now: they are told after
/// the source that is silent, which is their cause.
pub(super) struct Alerts {
    pub(super) measured: Vec<Finding>,
    pub(super) unheard: Vec<Finding>,
}

pub(super) fn alerts(store: &Store, now: DateTime<Utc>, counts: &mut Counts) -> Alerts {
    let mut found = Alerts { measured: Vec::new(), unheard: Vec::new() };
    let unheard = correlate::unheard(store, now);
    let causing: BTreeSet<Arc<str>> = store.causes().values().map(|cause| Arc::clone(&cause.id)).collect();
    let (mut first, mut consequences) = (Vec::new(), Vec::new());
    for listed in &**store.alerts() {
        let alert = &listed.alert;
        let subject =
            Some(Subject::Alert { source: listed.source.clone(), fingerprint: alert.fingerprint.clone() });
        let health = weigh(Condition::Alert(alert.rank, alert.state));
        if alert.state.is_hidden() {
            counts.hidden += 1;
        } else if health.is_some() && unheard.contains(&alert.fingerprint) {
            let text = format!("{} {} was true when last heard", alert.name, alert.subject());
            found.unheard.push(Finding { health: weigh(Condition::Unheard), text, subject });
            continue;
        } else {
            counts.critical += usize::from(health == Some(Health::Critical));
            counts.warning += usize::from(health == Some(Health::Warning));
        }
        let text = if health.is_some() { alert_text(alert, store, now) } else { String::new() };
        let place = match store.causes().get(&alert.fingerprint) {
            Some(_) => &mut consequences,
            None if causing.contains(&alert.fingerprint) => &mut first,
            None => &mut found.measured,
        };
        place.push(Finding { health, text, subject });
    }
    // A cause before all else, what follows from it after.
    first.append(&mut found.measured);
    first.append(&mut consequences);
    found.measured = first;
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

fn alert_text(alert: &Alert, store: &Store, now: DateTime<Utc>) -> String {
    let mut text = format!("{} {} {}", alert.name, alert.subject(), text::age(now - alert.starts_at));
    let follow = store.causes().values().filter(|cause| cause.id == alert.fingerprint).count();
    if follow > 0 {
        text.push_str(&format!(", {follow} follow"));
    }
    if let Some(cause) = store.causes().get(&alert.fingerprint) {
        text.push_str(", follows from ");
        text.push_str(&cause.text);
    } else if let Some(ack) = &alert.acked_by {
        text.push_str(", acknowledged by ");
        text.push_str(&ack.who);
    } else if let Some(due) = response_due(alert, store).filter(|due| *due < now) {
        text.push_str(", response overdue ");
        text.push_str(&text::age(now - due));
    }
    text
}

/// A restart of Prometheus or Alertmanager empties the list for up to a minute.
const WATCHDOG_GRACE: TimeDelta = TimeDelta::seconds(90);

/// The Watchdog is missing when a Prometheus that is heard has evaluated a rule for it, and yet it
/// does not arrive where alerts should.
pub fn watchdog_missing(store: &Store, now: DateTime<Utc>) -> bool {
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
