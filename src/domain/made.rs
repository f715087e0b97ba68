//! Things made up for tests: what several of them need alike.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::alert::Alert;
use super::correlate;
use super::feed::{Feed, SourceId, SourceKind};
use super::guest::{Guest, GuestId, GuestKind, GuestState};
use super::log::RingLimits;
use super::measure::{Measure, Measured, Reading, Topic};
use super::observation::Observation;
use super::probe::{Probe, ProbeKind};
use super::rule::{Rule, RuleHealth, RuleKind};
use super::store::{Expected, Store};
use super::target::{Target, TargetHealth};
use super::thresholds::Thresholds;

/// The instant at which they are.
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).expect("a time")
}

/// A target that answers.
pub fn target(job: &str, instance: &str) -> Target {
    Target {
        job: job.into(),
        instance: instance.into(),
        pool: job.into(),
        labels: [("job", job)].into_iter().collect(),
        health: TargetHealth::Up,
        error: "".into(),
        last_scrape: Some(now()),
        took: 0.1,
        interval: 15.0,
        timeout: 10.0,
    }
}

/// An alerting rule that fires at once.
pub fn rule(name: &str, query: &str) -> Rule {
    Rule {
        name: name.into(),
        group: "g".into(),
        file: "f".into(),
        kind: RuleKind::Alerting,
        query: query.into(),
        health: RuleHealth::Ok,
        error: "".into(),
        hold: 0.0,
        labels: super::labels::Labels::default(),
        last_evaluation: Some(now()),
    }
}

/// A source whose feeds are asked every 5 s.
pub fn expected(id: &SourceId, feeds: &[Feed]) -> Expected {
    Expected {
        id: id.clone(),
        site: "".into(),
        feeds: feeds.iter().map(|feed| (*feed, 5.0)).collect(),
        tails: Vec::new(),
    }
}

/// What is measured of hosts that answer, by measure: a row is a host, a thing of it, a value.
pub type Values = (&'static str, &'static [(&'static str, &'static str, f64)]);

/// A small lab: what its Prometheus, its probes, its hypervisor and its Alertmanager say now.
#[derive(Default)]
pub struct Field {
    /// The config.
    pub thresholds: Thresholds,
    /// Hosts, and whether they answer.
    pub hosts: Vec<(&'static str, bool)>,
    /// What is measured of them.
    pub values: Vec<Values>,
    /// Probed instances, and whether they answer.
    pub probed: Vec<(&'static str, bool)>,
    /// Doors, and for how many minutes they have (not) answered.
    pub doors: Vec<(&'static str, bool, i64)>,
    /// Guests by VMID, and whether they run.
    pub guests: Vec<(u32, bool)>,
    /// Alerts: name, host, minutes ago.
    pub alerts: Vec<(&'static str, &'static str, i64)>,
}

impl Field {
    /// All of it, heard just now.
    pub fn store(&self) -> Store {
        let [prometheus, doors, pve, router] =
            [SourceKind::Prometheus, SourceKind::Probe, SourceKind::Pve, SourceKind::Alertmanager]
                .map(|kind| SourceId::new(kind, "main"));
        let all = [
            expected(&prometheus, &[Feed::Targets, Feed::Measures, Feed::Rules]),
            expected(&doors, &[Feed::Probes]),
            expected(&pve, &[Feed::Guests]),
            expected(&router, &[Feed::Alerts]),
        ];
        let mut store = Store::new(all, self.thresholds.clone(), RingLimits::default());
        let mut hear = |id: &SourceId, feed, seen| store.apply(id, feed, Ok(vec![seen]), 0.1, now());
        let rules =
            vec![rule("HostDown", "up == 0"), rule("NfsHangs", "node_nfs_x > 0"), rule("Hot", "temp > 9")];
        hear(&prometheus, Feed::Rules, Observation::Rules(rules.into()));
        hear(&prometheus, Feed::Targets, Observation::Targets(self.targets()));
        hear(&prometheus, Feed::Measures, Observation::Measures(self.measured()));
        hear(&doors, Feed::Probes, Observation::Probes(self.probes()));
        hear(&pve, Feed::Guests, self.inventory());
        hear(&router, Feed::Alerts, Observation::Alerts(self.raised()));
        store
    }

    fn targets(&self) -> Arc<[Target]> {
        let target = |(host, up): &(&str, bool)| Target {
            labels: [("host", *host)].into_iter().collect(),
            health: if *up { TargetHealth::Up } else { TargetHealth::Down },
            ..target("node", &format!("{host}:9100"))
        };
        self.hosts.iter().map(target).collect()
    }

    fn measured(&self) -> Arc<[Measured]> {
        let hosts = self.values.iter().map(|(name, rows)| {
            let measure = Measure { name: (*name).into(), thing: "thing".into(), ..Measure::default() };
            let reading = |(host, thing, value): &(&str, &str, f64)| Reading {
                labels: [("host", *host), ("thing", *thing)].into_iter().collect(),
                value: *value,
            };
            Measured { readings: rows.iter().map(reading).collect(), measure: Arc::new(measure), error: None }
        });
        let measure = Measure { name: "services".into(), topic: Topic::Chain, ..Measure::default() };
        let reading = |(instance, up): &(&str, bool)| Reading {
            labels: [("instance", *instance)].into_iter().collect(),
            value: f64::from(u8::from(*up)),
        };
        let readings = self.probed.iter().map(reading).collect();
        let probed = Measured { readings, measure: Arc::new(measure), error: None };
        hosts.chain([probed]).collect()
    }

    fn probes(&self) -> Arc<[Probe]> {
        let probe = |(name, answers, minutes): &(&str, bool, i64)| Probe {
            name: (*name).into(),
            kind: ProbeKind::Tcp,
            address: "10.0.0.5:22".into(),
            wanted: true,
            critical: false,
            answers: *answers,
            known: true,
            text: if *answers { "connected" } else { "connection refused" }.into(),
            since: now() - TimeDelta::minutes(*minutes),
            took: 0.1,
            certificate_end: None,
        };
        self.doors.iter().map(probe).collect()
    }

    fn inventory(&self) -> Observation {
        let guest = |(vmid, runs): &(u32, bool)| Guest {
            id: GuestId { kind: GuestKind::Ct, vmid: *vmid },
            name: "".into(),
            node: "pve".into(),
            state: if *runs { GuestState::Running } else { GuestState::Stopped },
            template: false,
            tags: Vec::new(),
            pool: "".into(),
            lock: "".into(),
            uptime: None,
        };
        Observation::Inventory {
            guests: self.guests.iter().map(guest).collect(),
            nodes: Arc::default(),
            storages: Arc::default(),
            partial: None,
        }
    }

    fn raised(&self) -> Arc<[Alert]> {
        let alert = |(name, host, minutes): &(&str, &str, i64)| {
            let mut alert = correlate::tests::alert(name, &format!("{host}:9100"));
            alert.labels = alert.labels.with(&[("host", *host)].into_iter().collect());
            alert.fingerprint = correlate::fingerprint(&alert.labels);
            alert.starts_at = now() - TimeDelta::minutes(*minutes);
            alert
        };
        self.alerts.iter().map(alert).collect()
    }
}
