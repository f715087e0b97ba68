//! Whether it is so: pass, fail or unknown, each with what it rests on.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::{About, Probe};
use crate::domain::alert::AlertState;
use crate::domain::backup::{BackupGroup, Snapshot, Verification};
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::rule::RuleHealth;
use crate::domain::store::Store;
use crate::domain::target::TargetHealth;
use crate::text;

/// An alert is resolved when it is gone for two evaluations; Prometheus evaluates each minute
/// unless it is told otherwise.
const TWO_EVALUATIONS: TimeDelta = TimeDelta::minutes(2);

/// What a probe came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "evidence")]
pub enum Outcome {
    /// It is so, and this shows it.
    Pass(String),
    /// It is not so, and this shows it.
    Fail(String),
    /// It cannot be said, and this is why.
    Unknown(String),
}

fn pass(evidence: impl Into<String>) -> Outcome {
    Outcome::Pass(evidence.into())
}

fn fail(evidence: impl Into<String>) -> Outcome {
    Outcome::Fail(evidence.into())
}

fn unknown(why: impl Into<String>) -> Outcome {
    Outcome::Unknown(why.into())
}

/// Judges a probe by what is known already; `None` for one that asks a server, a host or a person.
pub fn judge(probe: &Probe, about: &About, store: &Store, now: DateTime<Utc>) -> Option<Outcome> {
    Some(match probe {
        Probe::TargetUp { instance } => target_up(instance, store, now),
        Probe::AlertResolved { alertname } => resolved(alertname, about, store, now),
        Probe::BackupSince { vmid } => {
            newest(vmid, store, now).map_or_else(|why| why, |(_, one)| since(&one, about, now))
        }
        Probe::BackupVerified { vmid } => {
            newest(vmid, store, now).map_or_else(|why| why, |(_, one)| verified(&one))
        }
        Probe::BackupSize { vmid } => {
            newest(vmid, store, now).map_or_else(|why| why, |(group, one)| size(group, &one))
        }
        Probe::Truth { .. } | Probe::Query { .. } | Probe::Command { .. } | Probe::Manual { .. } => {
            return None;
        }
    })
}

/// Judges the samples of a [`Probe::Truth`] or a [`Probe::Query`]. No sample is no pass.
pub fn judge_answer(probe: &Probe, about: &About, samples: &[f64], now: DateTime<Utc>) -> Outcome {
    if samples.is_empty() {
        return unknown("the query has no answer: such a series is not there");
    }
    match probe {
        Probe::Truth { not_before, .. } => {
            let waited = about.since.map_or(0, |since| (now - since).num_seconds());
            let left = i64::try_from(*not_before).unwrap_or(i64::MAX).saturating_sub(waited);
            if left > 0 {
                return unknown(format!("can be said in {}", text::age(TimeDelta::seconds(left))));
            }
            // Only 0 and 1 are answers; NaN is none.
            if samples.iter().all(|sample| (*sample - 1.0).abs() < f64::EPSILON) {
                pass("the query says yes")
            } else if samples.iter().any(|sample| sample.abs() < f64::EPSILON) {
                fail("the query says no")
            } else {
                unknown("the query has no clear answer")
            }
        }
        Probe::Query { .. } => pass(format!("the query has {} samples", samples.len())),
        _ => unknown("this is no query"),
    }
}

/// Judges a [`Probe::Command`] by its exit status.
pub fn judge_exit(status: Option<i32>) -> Outcome {
    match status {
        Some(0) => pass("it ended with 0"),
        Some(status) => fail(format!("it ended with {status}")),
        None => unknown("it was not run to its end"),
    }
}

fn target_up(instance: &str, store: &Store, now: DateTime<Utc>) -> Outcome {
    let mut seen = None;
    for source in store.of(SourceKind::Prometheus) {
        if !source.is_fresh(Feed::Targets, now) {
            continue;
        }
        for target in source.data.targets.iter().filter(|target| &*target.instance == instance) {
            match target.health {
                TargetHealth::Down => return fail(format!("{} is down: {}", target.job, target.error)),
                TargetHealth::Unknown => return unknown(format!("{} was not scraped yet", target.job)),
                TargetHealth::Up => {}
            }
            let age = target.last_scrape_age(now);
            if age.is_none_or(|age| age >= 2.0 * target.interval) {
                return unknown(format!("the last scrape of {} is {} old", target.job, text::age_of(age)));
            }
            seen = Some(format!("{} is up, scraped {} ago", target.job, text::age_of(age)));
        }
    }
    seen.map_or_else(|| unknown(format!("no Prometheus that answers has {instance} as a target")), pass)
}

/// The alert is gone, and everything that would show it could be asked. A silenced or inhibited
/// alert is hidden, not resolved.
fn resolved(name: &str, about: &About, store: &Store, now: DateTime<Utc>) -> Outcome {
    let is_it = |other: &str, labels: &crate::domain::labels::Labels| {
        other == name && (about.labels.contains(labels) || labels.contains(&about.labels))
    };
    if let Some(listed) = store.alerts().iter().find(|one| is_it(&one.alert.name, &one.alert.labels)) {
        let state = match listed.alert.state {
            AlertState::Silenced => "silenced: that hides it, it is not resolved",
            AlertState::Inhibited => "inhibited: that hides it, it is not resolved",
            AlertState::Pending => "pending",
            AlertState::Acknowledged | AlertState::Firing => "firing",
        };
        return fail(format!("{name} is {state}"));
    }
    for (kind, feed, title) in [
        (SourceKind::Prometheus, Feed::Alerts, "Prometheus"),
        (SourceKind::Prometheus, Feed::Rules, "Prometheus"),
        (SourceKind::Alertmanager, Feed::Alerts, "Alertmanager"),
    ] {
        let mut sources = store.of(kind).peekable();
        if sources.peek().is_none() {
            return unknown(format!("no {title} is configured"));
        }
        if let Some(silent) = sources.find(|source| !source.is_fresh(feed, now)) {
            return unknown(format!("{} does not answer", silent.id));
        }
    }
    let mut raised = store.of(SourceKind::Prometheus).flat_map(|source| source.data.raised.iter());
    if raised.any(|one| one.labels.get("alertname").is_some_and(|other| is_it(other, &one.labels))) {
        return fail(format!("Prometheus still raises {name}"));
    }
    let mut rules = store.of(SourceKind::Prometheus).flat_map(|source| source.data.rules.iter());
    let Some(rule) = rules.find(|rule| &*rule.name == name) else {
        return unknown(format!("Prometheus has no rule {name}: nothing would raise it"));
    };
    if rule.health != RuleHealth::Ok {
        return unknown(format!("the rule {name} cannot be evaluated: {}", rule.error));
    }
    let Some(quiet) = about.quiet_since else { return unknown(format!("{name} has just gone")) };
    let is_evaluated = rule.last_evaluation.is_some_and(|at| at > quiet);
    if now - quiet < TWO_EVALUATIONS || !is_evaluated {
        return unknown(format!(
            "{name} is gone since {}, not yet for two evaluations",
            text::age(now - quiet)
        ));
    }
    pass(format!("{name} is gone since {}", text::age(now - quiet)))
}

/// The newest backup of a guest and its group, if every PBS could be asked.
fn newest<'s>(
    vmid: &str,
    store: &'s Store,
    now: DateTime<Utc>,
) -> Result<(&'s BackupGroup, Snapshot), Outcome> {
    let mut sources = store.of(SourceKind::Pbs).peekable();
    if sources.peek().is_none() {
        return Err(unknown("no PBS is configured"));
    }
    let mut groups: Vec<&BackupGroup> = Vec::new();
    for source in sources {
        if !source.is_fresh(Feed::Snapshots, now) {
            return Err(unknown(format!("{} does not answer", source.id)));
        }
        groups.extend(
            source.data.groups.iter().filter(|group| &*group.id.id == vmid && &*group.id.kind != "host"),
        );
    }
    let newest = groups.into_iter().filter_map(|group| Some((group, group.newest()?)));
    let newest = newest.max_by_key(|(_, snapshot)| snapshot.at);
    newest.ok_or_else(|| unknown(format!("PBS has no backup of {vmid}")))
}

fn since(newest: &Snapshot, about: &About, now: DateTime<Utc>) -> Outcome {
    let told = format!("the newest backup is {} old", text::age(now - newest.at));
    match about.since {
        None => unknown("it is not known when this began"),
        Some(_) if matches!(newest.verification, Some(Verification::Failed(_))) => {
            fail(format!("{told}, and it was found broken"))
        }
        Some(began) if newest.at > began => pass(told),
        Some(_) => fail(format!("{told}: from before this began")),
    }
}

/// 50 to 200 % of the usual size. That of a virtual machine is the size of its disks, and stays.
fn size(group: &BackupGroup, newest: &Snapshot) -> Outcome {
    let Some(growth) = group.growth() else {
        return unknown("there is no earlier backup to compare it with");
    };
    let told = format!("{}, {:.0} % of the usual size", text::bytes(newest.size), growth * 100.0);
    if (0.5..=2.0).contains(&growth) { pass(told) } else { fail(told) }
}

fn verified(newest: &Snapshot) -> Outcome {
    match newest.verification {
        Some(Verification::Ok(_)) => pass("the newest backup was verified and is good"),
        Some(Verification::Failed(_)) => fail("the newest backup was verified and is broken"),
        None => unknown("the newest backup was not verified yet: start a verification"),
    }
}
