use super::*;
use crate::domain::feed::{Failure, FailureKind, Feed, SourceId};
use crate::domain::log::RingLimits;
use crate::domain::observation::Observation;
use crate::domain::store::Expected;
use crate::domain::target::{Target, TargetHealth};
use crate::domain::thresholds::Thresholds;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_794_578_531, 0).expect("a time")
}

/// A Prometheus with one target, and a Loki that refuses.
fn store() -> Store {
    let prometheus = SourceId::new(SourceKind::Prometheus, "main");
    let loki = SourceId::new(SourceKind::Loki, "main");
    let expect = |id: &SourceId, feeds: &[Feed]| Expected {
        id: id.clone(),
        site: "home".into(),
        feeds: feeds.iter().map(|feed| (*feed, 10.0)).collect(),
        tails: Vec::new(),
    };
    let sources = [expect(&prometheus, &[Feed::Targets, Feed::Alerts]), expect(&loki, &[Feed::Tail])];
    let mut store = Store::new(sources, Thresholds::default(), RingLimits::default());
    let target = Target {
        job: "no|de".into(),
        instance: "a:9100".into(),
        pool: "node".into(),
        labels: [("job", "no|de")].into_iter().collect(),
        health: TargetHealth::Down,
        error: "connect: connection refused".into(),
        last_scrape: Some(now()),
        took: 0.1,
        interval: 15.0,
        timeout: 10.0,
    };
    store.apply(&prometheus, Feed::Targets, Ok(vec![Observation::Targets([target].into())]), 0.0123, now());
    store.apply(&prometheus, Feed::Alerts, Ok(vec![]), 0.01, now());
    let failure = Failure {
        kind: FailureKind::Refused,
        short: "connection refused".into(),
        text: "http://127.0.0.1:3100: connection refused; is Loki running?".into(),
    };
    store.apply(&loki, Feed::Tail, Err(failure), 0.01, now());
    store
}

#[test]
fn people_read_the_verdict_its_reasons_and_the_sources() {
    assert_eq!(
        Report::of(&store(), Scope::ALL, now()).text(),
        "WARNING  loki.main is down for 0s: connection refused · targets 0 of 1\n  \
         - loki.main is down for 0s: connection refused\n  \
         - target no|de a:9100 is down\n\
         prometheus.main  fresh  0s old, took 12ms\n\
         loki.main        down  http://127.0.0.1:3100: connection refused; is Loki running?\n"
    );
}

#[test]
fn a_monitoring_system_reads_one_line() {
    let only = Scope { logs: false, ..Scope::ALL };
    assert_eq!(
        Report::of(&store(), only, now()).nagios(),
        "WARDROOM WARNING - target no/de a:9100 is down · targets 0 of 1 | critical=0;;;0; warning=0;;;0; \
         hidden=0;;;0; targets_up=0;;;0;1 backups_ok=0;;;0;0 sources_fresh=1;;;0;1\n"
    );
}

#[test]
fn a_target_whose_prometheus_is_not_heard_is_unknown() {
    let report = Report::of(&store(), Scope::ALL, now() + chrono::TimeDelta::minutes(5));
    assert_eq!(report.targets.first().map(|target| target.health), Some(TargetHealth::Unknown));
    let json: serde_json::Value = serde_json::from_str(&report.json().expect("JSON")).expect("JSON");
    assert_eq!(json.pointer("/targets/0/health"), Some(&"unknown".into()));
    assert_eq!(json.pointer("/sources/0/state"), Some(&"stale".into()));
    assert_eq!(json.pointer("/targets/0/error_class"), Some(&"refused".into()));
    assert_eq!(json.pointer("/hosts"), Some(&serde_json::json!([])));
}

#[test]
fn the_scope_keeps_the_rest_out() {
    let only = Scope { logs: true, ..Scope::NONE };
    let report = Report::of(&store(), only, now());
    assert_eq!(report.sources.len(), 1, "only Loki");
    assert!(report.targets.is_empty());
}
