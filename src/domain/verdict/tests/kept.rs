//! What is said of targets, backups and where they are kept.

use super::*;

#[test]
fn a_target_down_counts_unless_an_alert_speaks_of_it() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.targets(vec![
        target(TargetHealth::Down),
        Target { instance: "b:1".into(), ..target(TargetHealth::Up) },
    ]);
    let verdict = field.judge();
    assert_eq!(verdict.text, "target node a:9100 is down · backups 1 of 1 · targets 1 of 2");
    assert_eq!(verdict.state, Warning);
    for state in [Firing, Silenced, Inhibited] {
        let mut speaks = alert("TargetDown", "info", state);
        speaks.labels = labels(&[("alertname", "TargetDown"), ("instance", "a:9100")]);
        field.alerts(vec![speaks]);
        assert_eq!(field.judge().state, Well, "{state}");
    }
}

#[test]
fn a_target_that_failed_one_scrape_is_not_down_yet() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.targets(vec![target(TargetHealth::Down)]);
    for (seconds, state) in [(29, Well), (31, Warning)] {
        let scrape = Scrape {
            job: "node".into(),
            instance: "a:9100".into(),
            hollow: false,
            last_success: Some(now() - TimeDelta::seconds(seconds)),
            changes: 0.0,
        };
        field.saw(PROM, Feed::Scrapes, Observation::Scrapes([scrape].into()));
        assert_eq!(field.judge().state, state, "{seconds} s after the last success, scraped every 15 s");
    }
}

#[test]
fn a_target_up_with_nothing_behind_it_is_a_warning() {
    let mut field = Field::new(&ALL_SOURCES).well();
    let hollow = Scrape {
        job: "node".into(),
        instance: "a:9100".into(),
        hollow: true,
        last_success: None,
        changes: 0.0,
    };
    field.saw(PROM, Feed::Scrapes, Observation::Scrapes([hollow].into()));
    let verdict = field.judge();
    assert_eq!((verdict.state, verdict.counts.targets_up), (Warning, 0));
}

#[test]
fn a_datastore_that_may_not_be_read_is_unknown() {
    let mut field = Field::new(&ALL_SOURCES).well();
    let denied = Unreadable { datastore: "offsite".into(), namespace: "".into(), reason: "403".into() };
    let groups = Arc::from([group(100, Some(2), None)]);
    field.saw(BACKUPS, Feed::Snapshots, Observation::Backups { groups, unreadable: [denied].into() });
    let verdict = field.judge();
    assert_eq!(verdict.state, Unknown);
    assert_eq!(verdict.reasons(), ["datastore offsite is not readable: 403"]);
}

#[test]
fn a_datastore_that_is_offline_is_told_once() {
    let denied = Unreadable { datastore: "main".into(), namespace: "".into(), reason: "ENOENT".into() };
    let seen =
        Observation::Backups { groups: [group(100, Some(2), None)].into(), unreadable: [denied].into() };
    for (maintenance, error, state, reasons) in [
        (None, Some("ENOENT"), Critical, &["datastore main is offline: ENOENT"][..]),
        (Some("offline: new disk"), Some("in maintenance"), Well, &[]),
        (Some("offline: new disk"), None, Well, &[]),
        (None, None, Unknown, &["datastore main is not readable: ENOENT"]),
    ] {
        let mut field = Field::new(&ALL_SOURCES).well();
        let store = Datastore {
            maintenance: maintenance.map(Into::into),
            error: error.map(Into::into),
            ..datastore(50, None)
        };
        field.saw(BACKUPS, Feed::Snapshots, seen.clone());
        field.saw(BACKUPS, Feed::Datastores, Observation::Datastores([store].into()));
        let verdict = field.judge();
        assert_eq!(
            (verdict.state, verdict.reasons()),
            (state, reasons.iter().map(ToString::to_string).collect())
        );
    }
}

#[test]
fn a_copy_that_a_sync_job_brings_waits_for_that_job() {
    let next = now() + TimeDelta::hours(20);
    let run = Task {
        upid: "U".into(),
        kind: "backup".into(),
        id: "main:vm/100".into(),
        user: "backup@pbs".into(),
        started: now() - TimeDelta::hours(2),
        ended: Some(now() - TimeDelta::hours(1)),
        outcome: Outcome::Ok,
        progress: None,
    };
    let brought = Plan::Scheduled("sync offsite".into(), Some(next));
    for (pushes, runs, plan) in
        [(false, vec![], brought), (true, vec![], Plan::Unknown), (false, vec![run], Plan::Unknown)]
    {
        let mut field = Field::new(&ALL_SOURCES).well();
        let job = Job { pushes, ..job(JobKind::Sync, "offsite") };
        let seen = Observation::Jobs { jobs: [job].into(), hidden: [].into(), runs: runs.into() };
        field.saw(BACKUPS, Feed::Jobs, seen);
        let judged = judged_backups(&field.store, now());
        assert_eq!(judged.first().map(|judged| &judged.plan), Some(&plan));
    }
}

#[test]
fn the_same_guest_on_two_servers_is_two_backups() {
    let ids = ["home", "cabin"].map(|name| SourceId::new(SourceKind::Pbs, name));
    let expected = ids.clone().map(|id| Expected {
        id,
        site: "".into(),
        feeds: vec![(Feed::Snapshots, 60.0)],
        tails: Vec::new(),
    });
    let mut store = Store::new(expected, Thresholds::default(), RingLimits::default());
    for (id, hours) in ids.iter().zip([2, 30]) {
        let groups = [group(100, Some(hours), None)].into();
        let seen = Observation::Backups { groups, unreadable: [].into() };
        store.apply(id, Feed::Snapshots, Ok(vec![seen]), 0.01, now());
    }
    let judged = judged_backups(&store, now());
    let told: Vec<_> = judged.iter().map(|one| (&*one.source.id.name, one.assessment.state)).collect();
    assert_eq!(told, [("cabin", BackupState::Late), ("home", BackupState::Ok)]);
}

#[test]
fn a_certificate_that_ends_soon_is_told() {
    for (days, state) in [(400, Well), (20, Warning), (1, Critical), (-1, Critical)] {
        let mut field = Field::new(&ALL_SOURCES).well();
        let server = Server { certificate: Some(now() + TimeDelta::days(days)), ..Server::default() };
        field.saw(BACKUPS, Feed::Server, Observation::Server(Arc::new(server)));
        let verdict = field.judge();
        assert_eq!(verdict.state, state, "{days}");
        assert_eq!(verdict.reasons().is_empty(), state == Well);
    }
}

#[test]
fn a_dead_verify_job_shows_although_there_is_a_backup_every_night() {
    let mut field = Field::new(&ALL_SOURCES).well();
    let failed = JobRun {
        upid: "U".into(),
        began: Some(now() - TimeDelta::hours(1)),
        ended: Some(now()),
        outcome: Outcome::Failed("disk full".into()),
    };
    let job = Job { last: Some(failed), ..job(JobKind::Verify, "nightly") };
    let jobs = Observation::Jobs { jobs: [job].into(), hidden: [].into(), runs: [].into() };
    field.saw(BACKUPS, Feed::Jobs, jobs);
    let verdict = field.judge();
    assert_eq!(verdict.state, Warning);
    let reason = "backup vm/100 web unverified: never verified: job nightly failed: disk full";
    assert_eq!(verdict.reasons(), [reason]);
}

#[test]
fn a_datastore_in_maintenance_is_counted_only() {
    let mut field = Field::new(&ALL_SOURCES).well();
    let closed = Datastore { maintenance: Some("offline: new disk".into()), ..datastore(99, None) };
    field.saw(BACKUPS, Feed::Datastores, Observation::Datastores([closed].into()));
    let verdict = field.judge();
    assert_eq!((verdict.state, verdict.counts.exempt), (Well, 1));
}

#[test]
fn a_full_datastore_says_how_full() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.saw(BACKUPS, Feed::Datastores, Observation::Datastores([datastore(91, Some(12))].into()));
    let verdict = field.judge();
    assert_eq!(verdict.state, Warning);
    assert_eq!(verdict.reasons(), ["datastore main is 91 % full, all of it in 12d"]);
}

#[test]
fn what_failed_for_want_of_room_folds_under_the_full_datastore() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.groups(vec![group(100, Some(30), None), group(101, Some(30), None), group(102, Some(30), None)]);
    let failed = |id: u32| Task {
        upid: format!("U{id}").into(),
        kind: "backup".into(),
        id: format!("main:vm/{id}").into(),
        user: "o@pbs".into(),
        started: now() - TimeDelta::hours(1),
        ended: Some(now() - TimeDelta::minutes(50)),
        outcome: Outcome::Failed("ENOSPC: No space left on device".into()),
        progress: None,
    };
    field.saw(BACKUPS, Feed::Tasks, Observation::Tasks([failed(100), failed(101)].into()));
    field.saw(BACKUPS, Feed::Datastores, Observation::Datastores([datastore(99, None)].into()));
    let verdict = field.judge();
    assert_eq!(verdict.state, Critical);
    assert_eq!(
        verdict.reasons(),
        ["datastore main is 99 % full: 2 backups failed for it", "backup vm/102 web is 30h old, RPO 24h",]
    );
    let judged = judged_backups(&field.store, field.now);
    let told: Vec<String> = judged.iter().map(|one| one.assessment.reason.to_string()).collect();
    assert!(
        told.contains(&"datastore main is 99 % full: ENOSPC: No space left on device".to_owned()),
        "{told:?}"
    );
    // A task that says so needs no number; one that says something else failed for something else.
    field.saw(BACKUPS, Feed::Datastores, Observation::Datastores([datastore(60, None)].into()));
    let verdict = field.judge();
    assert!(
        verdict.reasons().iter().any(|text| text.contains("60 % full: 2 backups failed for it")),
        "{verdict:?}"
    );
}

#[test]
fn a_guest_of_the_operators_list_without_any_backup_is_told() {
    let listed = |name: &str, vmid: u64| {
        let host = crate::domain::host::Host { vmid: Some(vmid), ..crate::domain::host::Host::default() };
        (name.to_owned(), host)
    };
    let hosts =
        [listed("web", 100), listed("nas", 102), ("router".to_owned(), crate::domain::host::Host::default())];
    let hosts = crate::domain::host::Inventory(hosts.into_iter().collect());
    let mut field = Field::new(&ALL_SOURCES).well();
    field.store.thresholds.listed = hosts.guests();
    let alone = !field.store.sources.iter().any(|source| source.id.kind == SourceKind::Pve);
    assert!(alone, "no hypervisor is asked here");
    let verdict = field.judge();
    let reason = "backup guest/102 nas late: it is in [hosts], and no backup server has it";
    assert_eq!(verdict.reasons(), [reason]);
    field.fails(BACKUPS, FailureKind::Refused);
    field.now += TimeDelta::minutes(10);
    assert!(!field.judge().reasons().iter().any(|text| text == reason), "nobody knows");
}
