//! The owner's decision tree, answered from what servers say.

use chrono::{DateTime, TimeDelta, Utc};
use wardroom::domain::feed::{Feed, SourceId, SourceKind};
use wardroom::domain::guest::{Guest, GuestId, GuestState};
use wardroom::domain::labels::Labels;
use wardroom::domain::log::RingLimits;
use wardroom::domain::observation::Observation;
use wardroom::domain::store::{Expected, Store};
use wardroom::domain::target::{Target, TargetHealth};
use wardroom::domain::thresholds::Thresholds;
use wardroom::runbooks::diagnosis::{Answer, Diagnosis, diagnose, heard};
use wardroom::runbooks::verify::About;

use super::owner;

const REFUSED: &str = "dial tcp 10.0.0.25:9100: connect: connection refused";
const LATE: &str = "context deadline exceeded";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_200_000, 0).expect("a time")
}

fn target(instance: &str, error: &str) -> Target {
    Target {
        job: "node".into(),
        instance: instance.into(),
        pool: "node".into(),
        labels: Labels::default(),
        health: if error.is_empty() { TargetHealth::Up } else { TargetHealth::Down },
        error: error.into(),
        last_scrape: Some(now() - TimeDelta::seconds(3)),
        took: 0.1,
        interval: 15.0,
        timeout: 10.0,
    }
}

/// What is said of the host of the alert by its targets, and by its hypervisor.
fn diagnosed(targets: &[Target], state: Option<GuestState>) -> Diagnosis {
    let id = |kind| SourceId::new(kind, "main");
    let expect =
        |kind, feed| Expected { id: id(kind), site: "".into(), feeds: vec![(feed, 15.0)], tails: Vec::new() };
    let sources = [expect(SourceKind::Prometheus, Feed::Targets), expect(SourceKind::Pve, Feed::Guests)];
    let mut store = Store::new(sources, Thresholds::default(), RingLimits::default());
    let targets = Observation::Targets(targets.iter().cloned().collect());
    store.apply(&id(SourceKind::Prometheus), Feed::Targets, Ok(vec![targets]), 0.0, now());
    if let Some(state) = state {
        let guest = Guest {
            id: GuestId::of("vm", "102").expect("a guest"),
            name: "storage".into(),
            node: "pve".into(),
            state,
            template: false,
            tags: Vec::new(),
            pool: "".into(),
            lock: "".into(),
            uptime: None,
        };
        let node = wardroom::domain::cluster::Node {
            name: "pve".into(),
            online: Some(true),
            uptime: None,
            used: None,
            total: None,
        };
        let inventory = Observation::Inventory {
            guests: [guest].into(),
            nodes: [node].into(),
            storages: [].into(),
            partial: None,
        };
        store.apply(&id(SourceKind::Pve), Feed::Guests, Ok(vec![inventory]), 0.0, now());
    }
    let about = About {
        alertname: "HostDown".to_owned(),
        labels: [("alertname", "HostDown"), ("instance", "10.0.0.25:9100")].into_iter().collect(),
        vmid: Some("102".to_owned()),
        ..About::default()
    };
    let book = owner("observability");
    diagnose(book.procedure("alert-hostdown").expect("it is there"), &about, &store, now())
}

/// The ends of the tree that fit and those that are ruled out, by their place from the top.
fn ends(found: &Diagnosis) -> (Vec<usize>, Vec<usize>) {
    let places = |wanted: fn(&Answer) -> bool| {
        let all = found.leaves.iter().enumerate().filter(|(_, (_, answer))| wanted(answer));
        all.map(|(at, _)| at).collect::<Vec<usize>>()
    };
    (
        places(|answer| matches!(answer, Answer::Fits(_))),
        places(|answer| matches!(answer, Answer::RuledOut(_))),
    )
}

fn scenario(found: &Diagnosis) -> Option<&str> {
    found.scenario.as_ref().map(|(label, _)| label.as_str())
}

#[test]
fn each_state_of_a_host_has_its_end_of_the_tree() {
    // 0 powered off, 1 network, 2 crashed | 3 service stopped, 4 port blocked, 5 exporter crashed
    let own = |error| target("10.0.0.25:9100", error);
    let off = diagnosed(&[own("no route to host")], Some(GuestState::Stopped));
    assert_eq!((ends(&off), scenario(&off)), ((vec![0], vec![2, 3, 4, 5]), Some("A")), "{off:#?}");
    let refused_for_it = diagnosed(&[own(REFUSED)], Some(GuestState::Stopped));
    assert_eq!(scenario(&refused_for_it), Some("A"), "{refused_for_it:#?}");
    let service = diagnosed(&[own(REFUSED)], Some(GuestState::Running));
    assert_eq!(
        (ends(&service), scenario(&service)),
        ((vec![3], vec![0, 1, 2, 4]), Some("B")),
        "{service:#?}"
    );
    let port = diagnosed(&[own(LATE), target("10.0.0.25:9115", "")], Some(GuestState::Running));
    assert_eq!((ends(&port), scenario(&port)), ((vec![4], vec![0, 1, 2, 3]), Some("C")), "{port:#?}");
    let crashed = diagnosed(&[own(LATE)], Some(GuestState::Running));
    assert_eq!((ends(&crashed), scenario(&crashed)), ((vec![2], vec![0, 3, 4, 5]), None), "{crashed:#?}");
}

#[test]
fn what_is_not_known_decides_nothing() {
    let nothing = diagnosed(&[], None);
    assert_eq!((ends(&nothing), scenario(&nothing)), ((vec![], vec![]), None), "{nothing:#?}");
    assert!(nothing.known.is_empty());
    // Another host's trouble is none of this one's.
    let other = diagnosed(&[target("10.0.0.26:9100", REFUSED)], None);
    assert_eq!(ends(&other), (vec![], vec![]), "{other:#?}");
}

#[test]
fn a_message_in_the_logs_gives_its_cause_away() {
    let book = owner("observability");
    let procedure = book.procedure("alert-backupjobfailed").expect("it is there");
    let cause =
        procedure.causes.iter().find(|cause| cause.message.is_some()).expect("the table names messages");
    let message = cause.message.clone().unwrap_or_default();
    let line = format!("INFO: Backup of VM 102: {}", message.to_uppercase());
    let lines = [("all is well", None), (line.as_str(), Some(now())), (line.as_str(), None)];
    let found = heard(procedure, lines.into_iter());
    assert_eq!(found.len(), 1, "each once: {found:#?}");
    assert_eq!((&found[0].cause, found[0].at), (&cause.cause, Some(now())));
    assert_eq!(heard(procedure, [("all is well", None)].into_iter()), []);
}
