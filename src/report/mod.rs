//! What is known, written down: for people, for programs, for a monitoring system. One look at the
//! store makes a [`Report`]; the three forms are ways to write it.

mod alerts;
mod backups;
mod chain;
mod digest;
mod due;
mod hosts;
pub mod inventory;
mod kept;
mod lines;
mod log;
mod maintenance;
mod morning;
mod nagios;
mod probes;
mod rows;
mod services;
mod silences;
mod slo;
mod status;
mod tiers;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::domain::feed::SourceKind;
use crate::domain::health::Health;
use crate::domain::store::Store;
use crate::domain::verdict::{self, Counts, Scope, Verdict};
pub use alerts::Alerts;
pub use backups::{BackupReport, JobRow, TaskRow};
pub use chain::LinkRow;
pub use digest::{Digest, HappeningRow};
pub use due::{DueRow, Horizon};
pub use hosts::HostRow;
pub use kept::{BackupRow, DatastoreRow, DrillRow, OffSite};
pub use log::{log_json, log_line, log_text, log_time};
pub use maintenance::{CheckRow, Maintenance, MaintenanceRow};
pub use probes::ProbeRow;
pub use rows::{AlertRow, FeedRow, LogRow, SourceRow, TargetRow};
pub use services::{LayerRow, ServiceRow, SuspectRow};
pub use silences::{AckRow, MatcherRow, SilenceRow, Silences};
pub use slo::GoalRow;
pub use status::Status;
pub use tiers::{SignalRow, TierRow};

/// The version of the JSON. Fields may be added to it; none is renamed or taken away.
pub const SCHEMA: u32 = 1;

/// What `check` reports. Serialised it is schema 1: times RFC 3339 UTC, ages and durations in
/// seconds, sizes in bytes.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: u32,
    /// When it was measured.
    pub at: DateTime<Utc>,
    /// What it comes to.
    pub verdict: Judgement,
    /// The servers that were asked.
    pub sources: Vec<SourceRow>,
    /// Scrape targets.
    pub targets: Vec<TargetRow>,
    /// Alerts, the Watchdog among them.
    pub alerts: Vec<AlertRow>,
    /// Log tails.
    pub logs: Vec<LogRow>,
    /// Backup groups.
    pub backups: Vec<BackupRow>,
    /// Datastores.
    pub datastores: Vec<DatastoreRow>,
    /// The hosts.
    pub hosts: Vec<HostRow>,
    /// The chain that carries alerts, link by link.
    pub chain: Vec<LinkRow>,
    /// What was found by looking from this machine.
    pub probes: Vec<ProbeRow>,
    /// Objectives and their error budgets.
    pub slo: Vec<GoalRow>,
    /// What people ask about.
    pub services: Vec<ServiceRow>,
    /// What several failing things share while it looks healthy.
    pub suspects: Vec<SuspectRow>,
    /// The layers in which the lab boots.
    pub layers: Vec<LayerRow>,
    /// The tiers, with their golden signals.
    pub tiers: Vec<TierRow>,
    #[serde(skip)]
    counts: Counts,
    #[serde(skip)]
    scope: Scope,
}

/// The verdict in the JSON.
#[derive(Clone, Debug, Serialize)]
pub struct Judgement {
    /// The worst state of all.
    pub state: Health,
    /// One sentence.
    pub text: String,
    /// All that is wrong, the worst first.
    pub reasons: Vec<String>,
}

impl Report {
    /// Writes down what `store` knows at `now` of what is in `scope`.
    pub fn of(store: &Store, scope: Scope, now: DateTime<Utc>) -> Self {
        let verdict: Verdict = verdict::judge(store, scope, now);
        let of = |kind, wanted: bool| store.of(kind).filter(move |_| wanted);
        let servers = store.sources.iter().filter_map(|source| SourceRow::of(source, scope, now));
        let metrics = || of(SourceKind::Prometheus, scope.targets);
        let targets = metrics().flat_map(|source| {
            source.data.targets.iter().map(move |target| TargetRow::of(source, target, now))
        });
        let alerts = store.alerts().iter().chain(store.heartbeats()).filter(|_| scope.alerts);
        let tails = of(SourceKind::Loki, scope.logs)
            .flat_map(|source| source.data.tails.iter().map(move |tail| LogRow::of(source, tail, now)));
        let judged = if scope.backups { verdict::judged_backups(store, now) } else { Vec::new() };
        let stores = of(SourceKind::Pbs, scope.backups).flat_map(|source| {
            let all = source.data.datastores.iter();
            all.map(move |datastore| DatastoreRow::of(source, datastore, store, now))
        });
        let (services, suspects) =
            if scope.services { services::rows(store, now) } else { (Vec::new(), Vec::new()) };
        let unheard = crate::domain::correlate::unheard(store, now);
        let burdens = crate::domain::burden::burdens(store, now);
        Self {
            schema: SCHEMA,
            at: now,
            sources: servers.collect(),
            targets: targets.collect(),
            alerts: alerts.map(|listed| AlertRow::of(listed, &unheard, &burdens, store)).collect(),
            logs: tails.collect(),
            backups: kept::backups(store, &judged, now),
            datastores: stores.collect(),
            hosts: if scope.hosts { hosts::rows(store, now) } else { Vec::new() },
            chain: if scope.chain { chain::rows(store, now) } else { Vec::new() },
            probes: if scope.targets { probes::rows(store, now) } else { Vec::new() },
            slo: if scope.slo { slo::rows(store, now) } else { Vec::new() },
            services,
            suspects,
            layers: if scope.services { services::layers(store, now) } else { Vec::new() },
            tiers: if scope.hosts { tiers::rows(store) } else { Vec::new() },
            counts: verdict.counts,
            scope,
            verdict: Judgement { state: verdict.state, reasons: verdict.reasons(), text: verdict.text },
        }
    }

    /// For programs.
    pub fn json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// For people: the verdict, why, and how fresh each source is.
    pub fn text(&self) -> String {
        lines::text(self)
    }

    /// For Nagios and its like: one line with performance data.
    pub fn nagios(&self) -> String {
        nagios::line(self)
    }
}

#[cfg(test)]
mod tests;
