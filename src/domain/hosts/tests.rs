//! Hosts joined from series of many exporters.

use chrono::{DateTime, Utc};

use std::collections::BTreeMap;

use super::*;
use crate::domain::feed::SourceId;
use crate::domain::host::{self, Inventory};
use crate::domain::log::RingLimits;
use crate::domain::measure::{Measured, Reading, Unit, Worse};
use crate::domain::observation::Observation;
use crate::domain::store::Expected as Awaited;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).expect("a time")
}

fn measure(name: &str, thing: &str, worse: Worse) -> Measure {
    let unit = if name == DISK { Unit::Ratio } else { Unit::Seconds };
    Measure {
        name: name.into(),
        thing: thing.into(),
        unit,
        worse,
        word: "{thing} {value}".into(),
        ..Measure::default()
    }
}

fn measured(measure: Measure, rows: &[(&str, &str, f64)]) -> Measured {
    let thing = Arc::clone(&measure.thing);
    let reading = |(host, of, value): &(&str, &str, f64)| Reading {
        labels: [
            ("instance", format!("{host}:9100").as_str()),
            ("host", host),
            (if thing.is_empty() { "job" } else { &thing }, of),
        ]
        .into_iter()
        .collect(),
        value: *value,
    };
    Measured { readings: rows.iter().map(reading).collect(), measure: Arc::new(measure), error: None }
}

fn target(host: &str, job: &str, health: TargetHealth) -> Target {
    Target {
        job: job.into(),
        instance: format!("{host}:9100").into(),
        pool: job.into(),
        labels: [("host", host), ("job", job)].into_iter().collect(),
        health,
        error: if health == TargetHealth::Down { "connect: connection refused".into() } else { "".into() },
        last_scrape: Some(now()),
        took: 0.1,
        interval: 15.0,
        timeout: 10.0,
    }
}

fn store(thresholds: Thresholds, targets: Vec<Target>, all: Vec<Measured>) -> Store {
    let id = SourceId::new(SourceKind::Prometheus, "main");
    let expected = Awaited {
        id: id.clone(),
        site: "".into(),
        feeds: vec![(Feed::Targets, 5.0), (Feed::Measures, 30.0)],
        tails: Vec::new(),
    };
    let mut store = Store::new([expected], thresholds, RingLimits::default());
    store.apply(&id, Feed::Targets, Ok(vec![Observation::Targets(targets.into())]), 0.1, now());
    store.apply(&id, Feed::Measures, Ok(vec![Observation::Measures(all.into())]), 0.1, now());
    store
}

fn told(host: &Host) -> Vec<&str> {
    host.faults.iter().map(|fault| fault.text.as_str()).collect()
}

#[test]
fn one_row_per_host_the_worst_first_and_blanks_stay_blank() {
    let disks = measured(
        measure(DISK, "mountpoint", Worse::High),
        &[
            ("nas", "/", 0.2),
            ("nas", "/mnt/a", 0.91),
            ("web", "/", 0.97),
            ("pve", "/", f64::NAN),
            ("pve", "/b", 0.1),
        ],
    );
    let clock = Measure { warning: Some(5.0), ..measure(CLOCK, "", Worse::Away) };
    let clocks = measured(clock, &[("nas", "node", -0.1), ("pve", "node", 0.2)]);
    let store = store(Thresholds::default(), Vec::new(), vec![disks, clocks]);
    let names: Vec<&str> = store.hosts().iter().map(|host| &*host.name).collect();
    assert_eq!(names, ["web", "nas", "pve"]);
    let [web, nas, pve] = store.hosts() else { panic!("three hosts") };
    assert_eq!((web.health(), told(web)), (Health::Critical, vec!["/ 97 %"]));
    assert_eq!((nas.health(), told(nas)), (Health::Warning, vec!["/mnt/a 91 %"]));
    assert_eq!(nas.worst(DISK).map(|value| &*value.thing), Some("/mnt/a"), "the fullest");
    assert_eq!(pve.worst(DISK).map(|value| &*value.thing), Some("/b"), "what is no number comes last");
    assert_eq!(web.worst(CLOCK), None, "nobody measures it");
}

#[test]
fn a_host_is_down_when_nothing_of_it_answers() {
    use TargetHealth::{Down, Up};
    let targets = vec![
        target("nas", "node", Down),
        target("nas", "smart", Down),
        target("web", "node", Up),
        target("web", "docker", Down),
        target("game", "node", Down),
    ];
    let mut thresholds = Thresholds::default();
    let game = host::Host { expected: Expected::Sometimes, ..host::Host::default() };
    thresholds.hosts = Inventory(BTreeMap::from([("game".to_owned(), game)]));
    let store = store(thresholds, targets, Vec::new());
    let [nas, web, game] = store.hosts() else { panic!("three hosts") };
    assert!(nas.down && told(nas) == ["down: node refused"], "{nas:?}");
    assert!(!web.down && web.health() == Health::Warning && told(web) == ["docker refused"], "{web:?}");
    assert!(game.down && game.health() == Health::Ok, "nobody expects it");
}

#[test]
fn mounts_of_the_config_must_be_there_and_some_may_be_read_only() {
    let mut thresholds = Thresholds::default();
    let nas = host::Host {
        mounts: vec!["/mnt/pool".to_owned(), "/".to_owned()],
        read_only: vec!["/books".to_owned()],
        ..host::Host::default()
    };
    thresholds.hosts = Inventory(BTreeMap::from([("nas".to_owned(), nas)]));
    let disks = measured(measure(DISK, "mountpoint", Worse::High), &[("nas", "/", 0.2)]);
    let read_only = Measure { warning: Some(1.0), ..measure(READ_ONLY, "mountpoint", Worse::High) };
    let read_only = measured(read_only, &[("nas", "/books", 1.0), ("nas", "/data", 1.0), ("nas", "/", 0.0)]);
    let store = store(thresholds, Vec::new(), vec![disks, read_only]);
    let [nas] = store.hosts() else { panic!("one host") };
    assert_eq!(told(nas), ["/mnt/pool is not mounted", "/data 1.0s"]);
}

#[test]
fn two_hosts_that_claim_one_address_are_never_merged() {
    let at = |address: &str| host::Host { addresses: vec![address.to_owned()], ..host::Host::default() };
    let mut thresholds = Thresholds::default();
    let all = BTreeMap::from([("a".to_owned(), at("nas")), ("b".to_owned(), at("nas"))]);
    thresholds.hosts = Inventory(all);
    let disks = measured(measure(DISK, "mountpoint", Worse::High), &[("nas", "/", 0.2)]);
    let store = store(thresholds, Vec::new(), vec![disks]);
    let [row] = store.hosts() else { panic!("one row") };
    assert_eq!(&*row.name, "a|b?");
    assert!(told(row).first().is_some_and(|text| text.starts_with("ambiguous")), "{row:?}");
}
