//! The verdict: one sentence and one state for everything that is known. The screen, `check` and
//! `status` all say the same because they all ask here.

mod alerts;
mod backups;
mod chain;
mod cluster;
mod hosts;
mod probes;
mod services;
mod slo;
mod sources;
mod table;
mod targets;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};

pub use alerts::{response_due, watchdog_missing};
pub use backups::{JudgedBackup, judged_backups, starved};
use services::Outlook;
pub use table::{Condition, weigh};
pub use targets::target_condition;

use super::feed::{Feed, SourceKind};
use super::health::{Health, worst};
use super::horizon;
use super::maintenance;
use super::store::Store;
use super::subject::Subject;

/// Something that the verdict found, in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// How bad; `None` is listed, and changes nothing.
    pub health: Option<Health>,
    /// What, in a few words.
    pub text: String,
    /// What one would open to see more.
    pub subject: Option<Subject>,
}

/// How many of each there are: the second half of the verdict's sentence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Alerts that count as critical.
    pub critical: usize,
    /// Alerts that count as a warning; acknowledged critical ones are among them.
    pub warning: usize,
    /// Silenced and inhibited alerts.
    pub hidden: usize,
    /// Backups that nobody expects, and datastores in maintenance.
    pub exempt: usize,
    /// Targets that are up with something behind it.
    pub targets_up: usize,
    /// All targets of the servers that were heard lately.
    pub targets: usize,
    /// Backups that are fine, exempt ones left out.
    pub backups_ok: usize,
    /// All backups that somebody expects on the servers that were heard lately.
    pub backups: usize,
}

/// The verdict.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// The worst state of all.
    pub state: Health,
    /// One sentence.
    pub text: String,
    /// Everything that is not ok, the worst first; of a storm the beginning.
    pub findings: Vec<Finding>,
    /// How much else was found of the same kind, and is only counted.
    pub untold: usize,
    /// The counts.
    pub counts: Counts,
    /// The services that are not well, the worst first, and what is suspected.
    pub services: Vec<(Health, String)>,
    /// The maintenance that goes on: planned, and no reason to worry.
    pub planned: Vec<String>,
}

/// How many reasons are told; a storm has thousands.
const REASONS: usize = 50;

impl Verdict {
    /// What was found, in words, the worst first; the rest of a storm is only counted.
    pub fn reasons(&self) -> Vec<String> {
        let bad = self.findings.iter().filter(|finding| finding.health.is_some());
        let mut told: Vec<String> = bad.clone().take(REASONS).map(|finding| finding.text.clone()).collect();
        let left = (bad.count() + self.untold).saturating_sub(told.len());
        if left > 0 {
            told.push(format!("and {left} more"));
        }
        told
    }
}

/// Which parts of what is known a verdict may rest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a set of parts, each in or out")]
pub struct Scope {
    /// Alerts, rules and silences.
    pub alerts: bool,
    /// Targets, and what is looked at from here.
    pub targets: bool,
    /// Logs.
    pub logs: bool,
    /// Backups and datastores.
    pub backups: bool,
    /// What is measured of hosts.
    pub hosts: bool,
    /// The chain that carries alerts.
    pub chain: bool,
    /// Objectives and their error budgets.
    pub slo: bool,
    /// Services, and the layers in which the lab boots.
    pub services: bool,
}

impl Scope {
    /// All of it.
    pub const ALL: Self = Self {
        alerts: true,
        targets: true,
        logs: true,
        backups: true,
        hosts: true,
        chain: true,
        slo: true,
        services: true,
    };
    /// Nothing.
    pub const NONE: Self = Self {
        alerts: false,
        targets: false,
        logs: false,
        backups: false,
        hosts: false,
        chain: false,
        slo: false,
        services: false,
    };

    /// Whether a feed of a kind of source is asked for.
    pub const fn covers(self, kind: SourceKind, feed: Feed) -> bool {
        match (kind, feed) {
            (SourceKind::Probe, _) => self.targets || self.services,
            (SourceKind::Pve, Feed::Guests) => self.backups || self.services,
            (SourceKind::Pbs, Feed::Datastores | Feed::Tasks | Feed::Server) => self.backups || self.chain,
            (SourceKind::Prometheus, Feed::Kept)
            | (SourceKind::Pbs | SourceKind::Pve | SourceKind::Files, _) => self.backups,
            (SourceKind::Prometheus, Feed::Targets) => {
                self.targets || self.hosts || self.chain || self.slo || self.services
            }
            (SourceKind::Prometheus, Feed::Scrapes) => {
                self.targets || self.hosts || self.chain || self.services
            }
            (SourceKind::Prometheus, Feed::Measures) => self.hosts || self.chain || self.services,
            (SourceKind::Prometheus | SourceKind::Alertmanager, _) => self.alerts || self.chain,
            (SourceKind::Grafana, _) => self.chain,
            (SourceKind::Loki, Feed::Ready) => self.logs || self.chain,
            (SourceKind::Loki, _) => self.logs,
        }
    }
}

/// Judges everything that is known.
pub fn judge(store: &Store, scope: Scope, now: DateTime<Utc>) -> Verdict {
    let mut counts = Counts::default();
    let alerts = scope.alerts.then(|| alerts::alerts(store, now, &mut counts));
    let alerts = alerts.unwrap_or_default();
    let (mut findings, unheard, untold) = (alerts.measured, alerts.unheard, alerts.untold);
    findings.extend(sources::sources(store, scope, now));
    findings.extend(unheard);
    if scope.alerts {
        findings.extend(alerts::rules(store, now));
    }
    if scope.targets {
        findings.extend(targets::targets(store, now, &mut counts));
        findings.extend(probes::probes(store, now));
    }
    let is_kept = scope.services && store.thresholds.services.iter().any(|service| service.backup.is_some());
    let judged = if scope.backups || is_kept { judged_backups(store, now) } else { Vec::new() };
    if scope.backups {
        findings.extend(backups::backups(store, &judged, now, &mut counts));
        findings.extend(cluster::cluster(store, now));
    }
    if scope.hosts {
        findings.extend(hosts::hosts(store, now));
    }
    if scope.chain {
        findings.extend(chain::chain(store, now));
    }
    if scope.slo {
        findings.extend(slo::objectives(store, now));
    }
    let outlook =
        if scope.services { services::outlook(store, &judged, scope, now) } else { Outlook::default() };
    findings.extend(outlook.findings);
    findings = maintenance::weighed(findings, store, now);
    // Stable: within a state the order above is the order of importance, a cause before what
    // follows from it.
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.health));
    let state = worst(findings.iter().filter_map(|finding| finding.health));
    let mut text = sentence(state, &findings, counts, scope, outlook.booting);
    if let Some(told) = maintenance::beside(store, now) {
        text.push_str(" · ");
        text.push_str(&told);
    }
    let planned = maintenance::planned(store, now);
    Verdict { state, text, findings, untold, counts, services: outlook.lines, planned }
}

/// The same, of all that is known; when all is well it says what breaks next, if that is soon.
pub fn judge_ahead(store: &Store, now: DateTime<Utc>) -> Verdict {
    let mut verdict = judge(store, Scope::ALL, now);
    if verdict.state == Health::Ok
        && let Some(due) = horizon::soonest(store, now)
    {
        verdict.text.push_str(" · next: ");
        verdict.text.push_str(&due.words(now));
    }
    verdict
}

fn sentence(
    state: Health,
    findings: &[Finding],
    counts: Counts,
    scope: Scope,
    booting: Option<String>,
) -> String {
    // What else is wrong while the lab comes up is most likely on its way.
    let is_booting = booting.is_some();
    let mut parts: Vec<String> = booting.into_iter().collect();
    match findings.iter().find(|finding| finding.health == Some(state)) {
        Some(worst) if state != Health::Ok => {
            parts.extend(Some(worst.text.clone()).filter(|text| !parts.contains(text)));
        }
        _ if is_booting => {}
        _ => parts.push("all is well".to_owned()),
    }
    let plural = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    if counts.critical > 1 {
        parts.push(format!("{} critical", counts.critical));
    }
    if counts.warning > 0 {
        parts.push(plural(counts.warning, "warning"));
    }
    if scope.backups && counts.backups > 0 {
        parts.push(format!("backups {} of {}", counts.backups_ok, counts.backups));
    }
    if scope.targets && counts.targets > 0 {
        parts.push(format!("targets {} of {}", counts.targets_up, counts.targets));
    }
    if counts.hidden + counts.exempt > 0 {
        parts.push(format!("{} hidden", counts.hidden + counts.exempt));
    }
    parts.join(" · ")
}
