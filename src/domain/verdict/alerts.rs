//! What the alerts, the rules behind them and the Watchdog say.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Condition, Counts, Finding, weigh};
use crate::domain::alert::Alert;
use crate::domain::cause::Cause;
use crate::domain::correlate::{self, Listed};
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::health::Health;
use crate::domain::maintenance;
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
#[derive(Default)]
pub(super) struct Alerts {
    pub(super) measured: Vec<Finding>,
    pub(super) unheard: Vec<Finding>,
    /// How many more there are of what was told.
    pub(super) untold: usize,
}

/// Of a storm so many alerts of each state get words of their own; more are counted.
const TOLD: usize = 100;

pub(super) fn alerts(store: &Store, now: DateTime<Utc>, counts: &mut Counts) -> Alerts {
    let mut found = Alerts::default();
    let unheard = correlate::unheard(store, now);
    let causes = store.causes();
    let mut following: HashMap<&str, usize> = HashMap::new();
    for cause in causes.values() {
        *following.entry(&*cause.id).or_default() += 1;
    }
    // A cause before all else, what follows from it after.
    let mut ranks: Vec<u8> = Vec::new();
    for listed in &**store.alerts() {
        let alert = &listed.alert;
        let health = weigh(Condition::Alert(alert.rank, alert.state));
        counts.hidden += usize::from(alert.state.is_hidden());
        let Some(health) = health else { continue };
        let is_unheard = !unheard.is_empty() && unheard.contains(alert.key());
        let (list, health) = if is_unheard {
            (&mut found.unheard, weigh(Condition::Unheard))
        } else {
            counts.critical += usize::from(health == Health::Critical);
            counts.warning += usize::from(health == Health::Warning);
            (&mut found.measured, Some(health))
        };
        // The worst and oldest come first, so that what is told last is least.
        let alike = list.iter().rev().take_while(|one| one.health == health).count();
        if alike >= TOLD {
            found.untold += 1;
            continue;
        }
        let text = if is_unheard {
            format!("{} {} was true when last heard", alert.name, alert.subject())
        } else {
            let follow = following.get(&**alert.key()).copied().unwrap_or(0);
            let cause = causes.get(alert.key());
            ranks.push(if cause.is_some() { 2 } else { u8::from(follow == 0) });
            alert_text(listed, follow, cause, now)
        };
        list.push(Finding { health, text, subject: Some(subject(listed)) });
    }
    if !causes.is_empty() {
        let mut placed: Vec<(u8, Finding)> =
            ranks.into_iter().zip(std::mem::take(&mut found.measured)).collect();
        placed.sort_by_key(|(rank, _)| *rank);
        found.measured = placed.into_iter().map(|(_, finding)| finding).collect();
    }
    found.unheard.extend(vanished(store, now));
    if watchdog_missing(store, now) && !maintenance::expects_no_watchdog(store, now) {
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
            fingerprint: Arc::clone(ghost.alert.key()),
        }),
    })
}

fn subject(listed: &Listed) -> Subject {
    let fingerprint = Arc::clone(listed.alert.key());
    Subject::Alert { source: listed.source.clone(), fingerprint }
}

/// `follow`: how many alerts follow from it; `cause`: what it follows from itself.
fn alert_text(listed: &Listed, follow: usize, cause: Option<&Cause>, now: DateTime<Utc>) -> String {
    let alert = &listed.alert;
    let mut text = format!("{} {} {}", alert.name, alert.subject(), text::age(now - alert.starts_at));
    if let Some(cause) = cause {
        text.push_str(", follows from ");
        text.push_str(&cause.text);
    } else if let Some(ack) = &alert.acked_by {
        text.push_str(", acknowledged by ");
        text.push_str(&ack.who);
    } else if let Some(due) = listed.due.filter(|due| *due < now) {
        text.push_str(", response overdue ");
        text.push_str(&text::age(now - due));
    }
    if follow > 0 {
        // Writing to a text cannot fail.
        let _written = write!(text, ", {follow} follow");
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
                Some(raised) => {
                    now - raised.active_at >= WATCHDOG_GRACE && !arrives(name, &source.apart, store, now)
                }
                None => true,
            }
        })
}

/// Whether the alert `name` reaches an Alertmanager of the site; without one that is heard nobody can tell, and
/// the silent source is told instead.
fn arrives(name: &str, site: &str, store: &Store, now: DateTime<Utc>) -> bool {
    let mut routers = store
        .near(SourceKind::Alertmanager, site)
        .filter(|router| router.is_fresh(Feed::Alerts, now))
        .peekable();
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
