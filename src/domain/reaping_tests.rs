use super::*;
use crate::domain::acking::acknowledge;
use crate::domain::alert::Alert;
use crate::domain::correlate::tests::alert;
use crate::domain::feed::{Failure, FailureKind, SourceId};
use crate::domain::log::RingLimits;
use crate::domain::observation::Observation;
use crate::domain::store::Expected;
use crate::domain::task::{Outcome, Task};
use crate::domain::thresholds::Thresholds;

fn now() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-13T14:00:00Z").expect("a time").to_utc()
}

fn id(kind: SourceKind) -> SourceId {
    SourceId::new(kind, "main")
}

/// A Prometheus, an Alertmanager and a backup server, all heard; nothing fires.
fn lab() -> Store {
    let all = [
        (SourceKind::Prometheus, vec![Feed::Targets, Feed::Alerts, Feed::Status]),
        (SourceKind::Alertmanager, vec![Feed::Alerts, Feed::Silences]),
        (SourceKind::Pbs, vec![Feed::Tasks]),
    ];
    let expect = |(kind, feeds): &(SourceKind, Vec<Feed>)| Expected {
        id: id(*kind),
        site: "".into(),
        feeds: feeds.iter().map(|feed| (*feed, 5.0)).collect(),
        tails: Vec::new(),
    };
    let mut store = Store::new(all.iter().map(expect), Thresholds::default(), RingLimits::default());
    for (kind, feeds) in all {
        for feed in feeds {
            store.apply(&id(kind), feed, Ok(Vec::new()), 0.0, now());
        }
    }
    store
}

fn saw(store: &mut Store, kind: SourceKind, feed: Feed, seen: Observation) {
    store.apply(&id(kind), feed, Ok(vec![seen]), 0.0, now());
}

fn fire(store: &mut Store, alerts: Vec<Alert>) {
    saw(store, SourceKind::Alertmanager, Feed::Alerts, Observation::Alerts(alerts.into()));
}

fn lose(store: &mut Store, kind: SourceKind, feed: Feed) {
    let failure = Failure { kind: FailureKind::Refused, short: "refused".into(), text: "refused".into() };
    store.apply(&id(kind), feed, Err(failure), 0.0, now());
}

fn silence(comment: &str, matcher: &str, minutes: i64) -> Silence {
    Silence {
        id: "5ad0c2a4".into(),
        state: SilenceState::Active,
        matchers: vec![matcher.parse().expect("a matcher")],
        created_by: "sam".into(),
        comment: comment.into(),
        annotations: Labels::default(),
        starts_at: now() - TimeDelta::minutes(20),
        ends_at: now() + TimeDelta::minutes(minutes),
        updated_at: now(),
    }
}

fn keep(store: &mut Store, silences: Vec<Silence>) {
    saw(store, SourceKind::Alertmanager, Feed::Silences, Observation::Silences(silences.into()));
}

fn ends(store: &Store) -> bool {
    let due = due(store, now());
    assert!(due.len() < 2);
    due.iter().any(|due| matches!(due.deed.what, What::Expire { .. }))
}

#[test]
fn a_silence_ends_when_what_it_hid_is_resolved_and_that_is_measured() {
    let mut store = lab();
    keep(&mut store, vec![silence("wardroom/1 until=resolved | x", "alertname=HostDown", 60)]);
    fire(&mut store, vec![alert("HostDown", "a")]);
    assert_eq!(due(&store, now()), []);
    lose(&mut store, SourceKind::Prometheus, Feed::Alerts);
    fire(&mut store, Vec::new());
    assert_eq!(due(&store, now()), [], "it vanished while nobody could have resolved it");
    saw(&mut store, SourceKind::Prometheus, Feed::Alerts, Observation::Raised([].into()));
    fire(&mut store, Vec::new());
    assert!(ends(&store));
    lose(&mut store, SourceKind::Alertmanager, Feed::Alerts);
    assert_eq!(due(&store, now()), [], "what is not heard is not resolved");
}

#[test]
fn without_a_condition_only_time_ends_a_silence() {
    let mut store = lab();
    keep(&mut store, vec![silence("the fan", "alertname=HostDown", 5)]);
    assert_eq!(due(&store, now()), []);
}

#[test]
fn a_lease_goes_on_but_not_for_ever() {
    let mut store = lab();
    fire(&mut store, vec![alert("HostDown", "a")]);
    let young = silence("wardroom/1 until=resolved | x", "alertname=HostDown", 5);
    keep(&mut store, vec![young.clone()]);
    let renewed = due(&store, now());
    let [Due { deed: Deed { what: What::Silence(draft), .. }, .. }] = renewed.as_slice() else {
        panic!("one lease is renewed: {renewed:?}")
    };
    assert_eq!((draft.id.as_deref(), draft.ends_at), (Some("5ad0c2a4"), now() + LEASE));
    let old = Silence { starts_at: now() - TimeDelta::hours(24) + TimeDelta::minutes(7), ..young.clone() };
    keep(&mut store, vec![old]);
    let last = due(&store, now());
    let [Due { deed: Deed { what: What::Silence(draft), .. }, .. }] = last.as_slice() else {
        panic!("the last minutes are taken: {last:?}")
    };
    assert_eq!(draft.ends_at, now() + TimeDelta::minutes(7));
    keep(&mut store, vec![Silence { starts_at: now() - TimeDelta::hours(24), ..young }]);
    assert_eq!(due(&store, now()), []);
}

#[test]
fn a_task_that_is_not_known_has_not_ended() {
    let mut store = lab();
    let task = |ended| Task {
        upid: "UPID:pbs:1".into(),
        kind: "verify".into(),
        id: "main".into(),
        user: "root@pam".into(),
        started: now() - TimeDelta::hours(1),
        ended,
        outcome: Outcome::Running,
        progress: None,
    };
    for (comment, ended, over) in [
        ("wardroom/1 until=task:main/UPID:pbs:1 | x", None, false),
        ("wardroom/1 until=task:main/UPID:pbs:1 | x", Some(now()), true),
        ("wardroom/1 until=task:UPID:pbs:1 | x", Some(now()), true),
        ("wardroom/1 until=task:other/UPID:pbs:1 | x", Some(now()), false),
        ("wardroom/1 until=task:main/UPID:pbs:2 | x", Some(now()), false),
    ] {
        keep(&mut store, vec![silence(comment, "alertname=HostDown", 60)]);
        saw(&mut store, SourceKind::Pbs, Feed::Tasks, Observation::Tasks([task(ended)].into()));
        assert_eq!(ends(&store), over, "{comment} {ended:?}");
    }
    keep(&mut store, vec![silence("wardroom/1 until=task:main/UPID:pbs:1 | x", "a=b", 60)]);
    lose(&mut store, SourceKind::Pbs, Feed::Tasks);
    assert!(!ends(&store), "a task list that is not fresh proves nothing");
}

#[test]
fn a_host_is_up_when_all_of_it_answers() {
    let mut store = lab();
    keep(&mut store, vec![silence("wardroom/1 until=host-up:10.0.0.21 | x", "alertname=HostDown", 60)]);
    assert!(!ends(&store), "a host that nobody knows is not up");
    let target = |job: &str, health| Target {
        job: job.into(),
        instance: "10.0.0.21:9100".into(),
        pool: job.into(),
        labels: Labels::default(),
        health,
        error: "".into(),
        last_scrape: Some(now()),
        took: 0.1,
        interval: 15.0,
        timeout: 10.0,
    };
    for (health, up) in
        [(TargetHealth::Down, false), (TargetHealth::Unknown, false), (TargetHealth::Up, true)]
    {
        let targets = [target("node", health), target("blackbox", TargetHealth::Up)];
        saw(&mut store, SourceKind::Prometheus, Feed::Targets, Observation::Targets(targets.into()));
        assert_eq!(ends(&store), up, "{health}");
    }
    lose(&mut store, SourceKind::Prometheus, Feed::Targets);
    assert!(!ends(&store));
}

#[test]
fn an_acknowledgement_ends_with_its_alerts_or_with_their_episode() {
    let mut store = lab();
    let routed = |instance| Alert {
        fingerprint_source: FingerprintSource::Alertmanager,
        ..alert("HostDown", instance)
    };
    let (one, other) = (routed("a"), routed("b"));
    let draft = acknowledge(&[&one, &other], "sam", "", TimeDelta::hours(12), now());
    let ack = Silence {
        matchers: draft.matchers.clone(),
        comment: Arc::clone(&draft.comment),
        ..silence("", "a=b", 600)
    };
    keep(&mut store, vec![ack]);
    fire(&mut store, vec![one.clone(), other.clone()]);
    assert!(!ends(&store));
    fire(&mut store, vec![other.clone()]);
    assert!(!ends(&store), "one is left");
    fire(&mut store, Vec::new());
    assert!(ends(&store));
    let later = Alert { starts_at: one.starts_at + TimeDelta::hours(1), ..one };
    fire(&mut store, vec![later]);
    assert!(ends(&store), "another episode");
    fire(&mut store, vec![other]);
    lose(&mut store, SourceKind::Prometheus, Feed::Alerts);
    fire(&mut store, Vec::new());
    assert!(!ends(&store), "nobody was there to resolve it");
}
