//! Broken chains: what is said to be broken first.

mod situations;

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::*;
use crate::domain::alert::{Alert, RaisedAlert};
use crate::domain::correlate;
use crate::domain::datastore::Datastore;
use crate::domain::feed::{Failure, FailureKind, SourceId};
use crate::domain::labels::Labels;
use crate::domain::log::{RingLimits, TailState};
use crate::domain::made::{expected, now, rule, target};
use crate::domain::measure::{Measure, Measured, Topic};
use crate::domain::observation::{Observation, Peer, Split};
use crate::domain::rule::{Rule, RuleHealth};
use crate::domain::server::{Server, Service};
use crate::domain::silence::{Matcher, Silence, SilenceState};
use crate::domain::store::Expected;
use crate::domain::target::{Target, TargetHealth};
use crate::domain::thresholds::Thresholds;
use situations::SITUATIONS;

const PROMETHEUS: SourceKind = SourceKind::Prometheus;
const ROUTER: SourceKind = SourceKind::Alertmanager;
const LOKI: SourceKind = SourceKind::Loki;
const PBS: SourceKind = SourceKind::Pbs;

fn id(kind: SourceKind) -> SourceId {
    SourceId::new(kind, "main")
}

/// What is seen of a homelab in which all is well; a situation changes it.
#[derive(Clone)]
struct Seen {
    targets: Vec<Target>,
    rules: Vec<Rule>,
    raised: Vec<RaisedAlert>,
    alerts: Vec<Alert>,
    names: Vec<Arc<str>>,
    peers: Vec<Peer>,
    splits: Vec<Split>,
    silences: Vec<Silence>,
    measured: BTreeMap<&'static str, Vec<(&'static str, &'static str, f64)>>,
    datastores: Vec<Datastore>,
    server: Server,
    tail: TailState,
    /// Feeds that fail, why, and since how many seconds.
    failing: Vec<(SourceKind, Feed, FailureKind, i64)>,
    /// Feeds that were last heard so many seconds ago.
    old: Vec<(SourceKind, Feed, i64)>,
}

fn raised(name: &str) -> RaisedAlert {
    RaisedAlert {
        labels: [("alertname", name), ("instance", "a")].into_iter().collect(),
        annotations: Labels::default(),
        firing: true,
        active_at: now() - TimeDelta::hours(1),
        value: "1".into(),
    }
}

fn peer(url: &str) -> Peer {
    Peer { url: url.into(), failure: None, cluster: "ready".into(), version: "0.28".into() }
}

impl Seen {
    fn well() -> Self {
        let alert = |name: &str| correlate::tests::alert(name, "a");
        Self {
            targets: ["node", "promtail"].map(|job| target(job, &format!("{job}:9100"))).into(),
            rules: vec![rule("Watchdog", "vector(1)"), rule("HostDown", "up == 0"), rule("Full", "disk > 5")],
            raised: vec![raised("Watchdog"), raised("Full")],
            alerts: vec![alert("Watchdog"), alert("Full")],
            names: vec!["up".into(), "disk".into()],
            peers: vec![peer("http://a:9093"), peer("http://b:9093")],
            splits: Vec::new(),
            silences: Vec::new(),
            measured: BTreeMap::from([
                ("time", vec![("job", "x", 1_795_000_000.0)]),
                ("alertmanagers", vec![("job", "prometheus", 2.0)]),
                ("send-errors", vec![("alertmanager", "a", 0.0), ("alertmanager", "b", 0.0)]),
                ("dropped", vec![("job", "prometheus", 0.0)]),
                ("queue", vec![("job", "prometheus", 0.0)]),
                ("reload", vec![("job", "prometheus", 1.0), ("job", "alertmanager", 1.0)]),
                ("rule-lag", vec![("rule_group", "g", 0.4)]),
                ("members", vec![("instance", "a", 2.0), ("instance", "b", 2.0)]),
                ("notify-failed", vec![("integration", "slack", 0.0)]),
                ("notify-sent", vec![("integration", "slack", 0.1), ("integration", "email", 0.1)]),
                ("log-lines", vec![("instance", "loki", 40.0)]),
                ("agent-dropped", vec![("instance", "promtail", 0.0)]),
                ("certificate", vec![("instance", "https://cloud", 60.0 * 86_400.0)]),
                ("clock", vec![("host", "nas", 0.01)]),
            ]),
            datastores: vec![Datastore {
                name: "main".into(),
                used: Some(1),
                total: Some(2),
                full_at: None,
                maintenance: None,
                error: None,
                climbs: None,
            }],
            server: Server::default(),
            tail: TailState::Live,
            failing: Vec::new(),
            old: Vec::new(),
        }
    }

    fn fail(&mut self, kind: SourceKind, feeds: &[Feed], failure: FailureKind, seconds: i64) {
        self.failing.extend(feeds.iter().map(|feed| (kind, *feed, failure, seconds)));
    }

    fn measure(&mut self, name: &'static str, rows: &[(&'static str, &'static str, f64)]) {
        self.measured.insert(name, rows.to_vec());
    }

    fn store(self) -> Store {
        let feeds: [(SourceKind, &[Feed]); 4] = [
            (PROMETHEUS, &[Feed::Targets, Feed::Rules, Feed::Alerts, Feed::Measures, Feed::Status]),
            (ROUTER, &[Feed::Alerts, Feed::Silences, Feed::Status]),
            (LOKI, &[Feed::Ready, Feed::Tail]),
            (PBS, &[Feed::Snapshots, Feed::Datastores, Feed::Tasks, Feed::Server]),
        ];
        let expected = feeds.map(|(kind, feeds)| Expected {
            tails: if kind == LOKI { vec![("all".into(), "{}".into())] } else { Vec::new() },
            ..expected(&id(kind), feeds)
        });
        let mut store = Store::new(expected, Thresholds::default(), RingLimits::default());
        let measured: Vec<Measured> = self
            .measured
            .iter()
            .map(|(name, rows)| Measured {
                measure: Arc::new(Measure {
                    name: (*name).into(),
                    topic: Topic::Chain,
                    ..Measure::default()
                }),
                readings: rows
                    .iter()
                    .map(|(label, of, value)| Reading {
                        labels: [(*label, *of)].into_iter().collect(),
                        value: *value,
                    })
                    .collect(),
                error: None,
            })
            .collect();
        let seen = [
            (PROMETHEUS, Feed::Targets, vec![Observation::Targets(self.targets.into())]),
            (PROMETHEUS, Feed::Rules, vec![Observation::Rules(self.rules.into())]),
            (PROMETHEUS, Feed::Alerts, vec![Observation::Raised(self.raised.into())]),
            (PROMETHEUS, Feed::Measures, vec![Observation::Measures(measured.into())]),
            (PROMETHEUS, Feed::Status, vec![Observation::Names(self.names.into())]),
            (
                ROUTER,
                Feed::Alerts,
                vec![Observation::Alerts(self.alerts.into()), Observation::Splits(self.splits.into())],
            ),
            (ROUTER, Feed::Silences, vec![Observation::Silences(self.silences.into())]),
            (ROUTER, Feed::Status, vec![Observation::Peers(self.peers.into())]),
            (LOKI, Feed::Ready, vec![Observation::Ready { version: "3".into(), unready: None }]),
            (
                LOKI,
                Feed::Tail,
                vec![Observation::Tail { tail: "all".into(), state: self.tail, entries: Vec::new() }],
            ),
            (
                PBS,
                Feed::Snapshots,
                vec![Observation::Backups { groups: Arc::default(), unreadable: Arc::default() }],
            ),
            (PBS, Feed::Datastores, vec![Observation::Datastores(self.datastores.into())]),
            (PBS, Feed::Tasks, vec![Observation::Tasks(Arc::default())]),
            (PBS, Feed::Server, vec![Observation::Server(Arc::new(self.server))]),
        ];
        for (kind, feed, observations) in seen {
            let old = self.old.iter().find(|(have, of, _)| (*have, *of) == (kind, feed));
            let at = now() - TimeDelta::seconds(old.map_or(0, |(.., seconds)| *seconds));
            store.apply(&id(kind), feed, Ok(observations), 0.5, at);
        }
        for (kind, feed, failure, seconds) in self.failing {
            let failure = Failure { kind: failure, short: failure.as_ref().into(), text: "".into() };
            store.apply(&id(kind), feed, Err(failure), 0.0, now() - TimeDelta::seconds(seconds));
        }
        store
    }
}

/// A situation: what is changed of a lab in which all is well, and what is said of it.
type Situation = (&'static str, fn(&mut Seen), &'static str);

const ALL_OF_PROMETHEUS: [Feed; 4] = [Feed::Targets, Feed::Rules, Feed::Alerts, Feed::Measures];

#[test]
fn the_first_broken_link_is_named() {
    for (situation, change, expected) in SITUATIONS {
        let mut seen = Seen::well();
        change(&mut seen);
        assert_eq!(sentence(&links(&seen.store(), now())), expected, "{situation}");
    }
}

#[test]
fn several_that_are_broken_at_once_are_told_from_the_beginning() {
    let mut seen = Seen::well();
    seen.fail(PROMETHEUS, &[Feed::Rules], FailureKind::Timeout, 60);
    seen.measure("notify-failed", &[("integration", "slack", 0.1)]);
    seen.peers[1].failure = Some("refused".into());
    seen.targets[0].health = TargetHealth::Down;
    let links = links(&seen.store(), now());
    let first = first_broken(&links).expect("much is broken");
    assert_eq!((&*first.from, &*first.to), ("Prometheus", "rules"), "a weak link before it is no break");
    assert_eq!(first.since, Some(now() - TimeDelta::seconds(60)));
}

#[test]
fn more_that_is_weak_is_told_too() {
    let agent = |seen: &mut Seen| seen.targets[1].health = TargetHealth::Down;
    let catch_all = |seen: &mut Seen| {
        let ids: Vec<Arc<str>> = vec!["s1".into()];
        for name in ["A", "B"] {
            seen.alerts.push(correlate::tests::alert(name, "a"));
        }
        for alert in &mut seen.alerts {
            alert.silenced_by.clone_from(&ids);
        }
        seen.alerts.retain(|alert| &*alert.name != "Watchdog");
        seen.raised.clear();
        seen.rules.retain(|rule| &*rule.name != "Watchdog");
        seen.silences.push(Silence {
            id: "s1".into(),
            state: SilenceState::Active,
            matchers: vec![Matcher::equal("alertname", "x")],
            created_by: "sam".into(),
            comment: "".into(),
            starts_at: now(),
            ends_at: now() + TimeDelta::hours(1),
            updated_at: now(),
            annotations: Labels::default(),
        });
    };
    let told = |change: &dyn Fn(&mut Seen)| {
        let mut seen = Seen::well();
        change(&mut seen);
        let all = links(&seen.store(), now());
        all.iter().flat_map(|link| link.checks.iter().map(|check| check.text.clone())).collect::<Vec<_>>()
    };
    let has =
        |all: &[String], text: &str| assert!(all.iter().any(|have| have.contains(text)), "{text}: {all:#?}");
    has(&told(&agent), "the log agent promtail promtail:9100 does not answer");
    has(&told(&catch_all), "a silence by sam hides every alert that there is");
    has(
        &told(&|seen| seen.measure("agent-dropped", &[("instance", "p", 1.0)])),
        "a log agent throws lines away",
    );
    has(&told(&|seen| seen.tail = TailState::Stopped("400".into())), "the tail all has stopped: 400");
    has(
        &told(&|seen| seen.measure("certificate", &[("instance", "https://cloud", 86_400.0)])),
        "the certificate of https://cloud ends in 24h",
    );
    has(
        &told(&|seen| {
            seen.server.services =
                vec![Service { name: "proxmox-backup".into(), state: "failed".into(), wanted: true }];
        }),
        "its service proxmox-backup is failed",
    );
    has(
        &told(&|seen| seen.rules.retain(|rule| &*rule.name != "HostDown")),
        "no rule watches whether these jobs answer: node, promtail",
    );
    has(
        &told(&|seen| seen.fail(PBS, &[Feed::Tasks], FailureKind::Tls, 9)),
        "pbs.main does not answer (tasks): tls",
    );
}
