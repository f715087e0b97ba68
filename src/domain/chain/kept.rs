//! Beside the alerts: the logs to Loki, the backups to their server, certificates.

use chrono::{DateTime, Utc};

use super::{Check, Link, link, name_of, readings, unheard};
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::health::Health;
use crate::domain::log::TailState;
use crate::domain::measure::Unit;
use crate::domain::store::{SourceState, Store};
use crate::domain::target::TargetHealth;
use crate::domain::verdict::Condition;

/// A certificate that ends within so many seconds is a warning, or critical.
const CERTIFICATE: [f64; 2] = [21.0 * 86_400.0, 3.0 * 86_400.0];

/// What Loki does beside taking lines in: what it is, and after how many seconds without it is said.
const SELDOM: [(&str, &str, f64); 2] = [
    ("compaction", "has compacted nothing", 3.0 * 3_600.0),
    ("retention", "has not applied its retention", 6.0 * 3_600.0),
];

/// What log agents are called as jobs.
const AGENTS: [&str; 6] = ["promtail", "alloy", "agent", "vector", "fluent", "otel"];

pub(super) fn links(store: &Store, now: DateTime<Utc>) -> Vec<Link> {
    let logs = store.of(SourceKind::Loki);
    let logs = logs.map(|loki| link("log agents", name_of(loki, store), logs_of(loki, store, now)));
    let pictures = store.of(SourceKind::Grafana);
    let pictures =
        pictures.map(|grafana| link("Prometheus", name_of(grafana, store), pictures_of(grafana, now)));
    let backups = store.of(SourceKind::Pbs);
    let backups = backups.map(|pbs| link("backups", name_of(pbs, store), backups_of(pbs, now)));
    let mut all: Vec<Link> = logs.chain(pictures).chain(backups).collect();
    let certificates = certificates(store, now);
    if !certificates.is_empty() {
        all.push(link("services", "certificates", certificates));
    }
    all
}

fn logs_of(loki: &SourceState, store: &Store, now: DateTime<Utc>) -> Vec<Check> {
    let mut checks: Vec<Check> =
        [Feed::Ready, Feed::Tail].iter().filter_map(|feed| unheard(loki, *feed, now)).collect();
    if let Some(words) = &loki.data.unready {
        let words = if words.is_empty() { "it does not say why" } else { &**words };
        checks.push(Check::bad(Health::Warning, format!("{} is not ready: {words}", loki.id)));
    }
    for tail in &loki.data.tails {
        if let TailState::Stopped(why) = &tail.state {
            checks.push(Check::bad(Health::Warning, format!("the tail {} has stopped: {why}", tail.name)));
        }
    }
    for source in store.of(SourceKind::Prometheus) {
        let is_agent = |job: &str| AGENTS.iter().any(|agent| job.to_ascii_lowercase().contains(agent));
        let agents = source.data.targets.iter().filter(|target| is_agent(&target.job));
        let down = agents
            .filter(|target| target.health == TargetHealth::Down && source.is_fresh(Feed::Targets, now));
        for agent in down {
            let text = format!("the log agent {} {} does not answer", agent.job, agent.instance);
            checks.push(Check::bad(Health::Warning, text));
        }
        for (measure, what, most) in SELDOM {
            let late = readings(source, measure, now).iter().map(|reading| reading.value).fold(0.0, f64::max);
            if late > most {
                let text = format!("Loki {what} for {}", Unit::Seconds.write(late));
                checks.push(Check::bad(Health::Warning, text));
            }
        }
        if readings(source, "agent-dropped", now).iter().any(|reading| reading.value > 0.0) {
            checks.push(Check::bad(Health::Warning, "a log agent throws lines away"));
        }
        let lines = readings(source, "log-lines", now);
        if !lines.is_empty() {
            let sum: f64 = lines.iter().map(|reading| reading.value).sum();
            checks.push(if sum > 0.0 {
                Check::ok(format!("{} lines come in", Unit::Rate.write(sum)))
            } else {
                Check::bad(Health::Warning, "no line comes in")
            });
        }
    }
    if checks.is_empty() {
        checks.push(Check::ok("ready"));
    }
    checks
}

fn pictures_of(grafana: &SourceState, now: DateTime<Utc>) -> Vec<Check> {
    let mut checks: Vec<Check> = unheard(grafana, Feed::Ready, now).into_iter().collect();
    if let Some(words) = &grafana.data.unready {
        checks.push(Check::bad(Health::Warning, format!("{} is not well: {words}", grafana.id)));
    }
    if checks.is_empty() {
        checks.push(Check::ok("it and its database answer"));
    }
    checks
}

fn backups_of(pbs: &SourceState, now: DateTime<Utc>) -> Vec<Check> {
    let feeds = [Feed::Snapshots, Feed::Datastores, Feed::Tasks];
    let mut checks: Vec<Check> = feeds.iter().filter_map(|feed| unheard(pbs, *feed, now)).collect();
    for store in pbs.data.datastores.iter() {
        if let Some(error) = &store.error {
            let state = if store.maintenance.is_some() { Health::Warning } else { Health::Critical };
            checks.push(Check::bad(state, format!("datastore {} is offline: {error}", store.name)));
        }
    }
    for service in
        pbs.data.server.iter().flat_map(|server| &server.services).filter(|service| service.is_down())
    {
        checks
            .push(Check::bad(Health::Warning, format!("its service {} is {}", service.name, service.state)));
    }
    if checks.is_empty() {
        checks.push(Check::ok(format!("{} datastores", pbs.data.datastores.len())));
    }
    checks
}

fn certificates(store: &Store, now: DateTime<Utc>) -> Vec<Check> {
    let [warn, critical] = CERTIFICATE;
    let probed = store.of(SourceKind::Prometheus).flat_map(|source| readings(source, "certificate", now));
    let check = |reading: &crate::domain::measure::Reading| {
        let who = reading.labels.get("instance").unwrap_or("a service");
        let left = Unit::Seconds.write(reading.value.max(0.0));
        let text = format!("the certificate of {who} ends in {left}");
        match reading.value {
            left if left < critical => Check::judged(Condition::Certificate(Health::Critical), text),
            left if left < warn => Check::judged(Condition::Certificate(Health::Warning), text),
            _ => Check::ok(text),
        }
    };
    probed.map(check).collect()
}
