use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::domain::alert::AlertState::{Acknowledged, Firing, Inhibited, Pending, Silenced};
use crate::domain::alert::Severity::{Critical as Loud, Info, Warning as Low};
use crate::domain::alert::{Alert, AlertState, FingerprintSource, RaisedAlert, Severity};
use crate::domain::backup::{
    BackupGroup, BackupState, Evidence, Expectation, GroupId, LastRun, Plan, Running, Snapshot, Unreadable,
    Verification, assess,
};
use crate::domain::datastore::{Datastore, FillLimits};
use crate::domain::feed::{Failure, FailureKind, SourceId};
use crate::domain::health::Health::{Critical, Ok as Well, Unknown, Warning};
use crate::domain::job::{Job, JobKind, JobRun};
use crate::domain::labels::Labels;
use crate::domain::log::RingLimits;
use crate::domain::observation::Observation;
use crate::domain::rule::{Rule, RuleHealth, RuleKind};
use crate::domain::server::Server;
use crate::domain::silence::{ACKNOWLEDGED, Matcher, Silence, SilenceState};
use crate::domain::store::Expected;
use crate::domain::target::{Scrape, Target, TargetHealth};
use crate::domain::task::{Outcome, Task};
use crate::domain::thresholds::{BackupRule, Select, Thresholds};

/// The verdict table, row by row.
#[test]
fn every_condition_has_its_state() {
    use BackupState as B;
    use Condition::*;
    let alert = Alert;
    let down = |kind, intervals| SourceDown { kind, intervals };
    let target = |health, hollow, covered, settled| Target { health, hollow, covered, settled };
    let backup = |state, health| Backup { state, health };
    let (up, dead, new) = (TargetHealth::Up, TargetHealth::Down, TargetHealth::Unknown);
    let table = [
        // Active alerts by severity.
        (alert(Loud, Firing), Some(Critical)),
        (alert(Low, Firing), Some(Warning)),
        (alert(Info, Firing), None),
        // Acknowledged: one level lower.
        (alert(Loud, Acknowledged), Some(Warning)),
        (alert(Low, Acknowledged), None),
        (alert(Info, Acknowledged), None),
        // Hidden, or not yet true for long enough.
        (alert(Loud, Silenced), None),
        (alert(Low, Silenced), None),
        (alert(Info, Silenced), None),
        (alert(Loud, Inhibited), None),
        (alert(Low, Inhibited), None),
        (alert(Info, Inhibited), None),
        (alert(Loud, Pending), None),
        (alert(Low, Pending), None),
        (alert(Info, Pending), None),
        // Nobody confirms it any more.
        (Unheard, Some(Unknown)),
        (ClockSkew, Some(Warning)),
        (ChainBroken, Some(Critical)),
        (RuleBlind, Some(Warning)),
        // The chain that should wake somebody.
        (WatchdogMissing, Some(Critical)),
        (down(SourceKind::Prometheus, 0.0), Some(Unknown)),
        (down(SourceKind::Prometheus, 3.0), Some(Unknown)),
        (down(SourceKind::Prometheus, 3.1), Some(Critical)),
        (down(SourceKind::Alertmanager, 2.9), Some(Unknown)),
        (down(SourceKind::Alertmanager, 60.0), Some(Critical)),
        // Servers whose loss is not the loss of the alarm.
        (down(SourceKind::Loki, 0.0), Some(Warning)),
        (down(SourceKind::Loki, 1000.0), Some(Warning)),
        (down(SourceKind::Pbs, 0.0), Some(Warning)),
        (down(SourceKind::Pbs, 1000.0), Some(Warning)),
        (Unauthorised, Some(Warning)),
        (NotFresh, Some(Unknown)),
        (LogsNotFresh, Some(Warning)),
        (Unmeasured, Some(Unknown)),
        (RuleBroken, Some(Warning)),
        // Targets: health, hollow, covered by an alert, settled for two scrapes.
        (target(up, false, false, true), None),
        (target(up, true, false, true), Some(Warning)),
        (target(dead, false, false, true), Some(Warning)),
        (target(dead, false, false, false), None),
        (target(dead, false, true, true), None),
        (target(new, false, false, true), Some(Unknown)),
        (target(new, false, false, false), None),
        // Backups.
        (backup(B::Ok, Well), None),
        (backup(B::Exempt, Well), None),
        (backup(B::Running, Well), None),
        (backup(B::Running, Warning), Some(Warning)),
        (backup(B::Unverified, Warning), Some(Warning)),
        (backup(B::Late, Warning), Some(Warning)),
        (backup(B::Late, Critical), Some(Critical)),
        (backup(B::Failed, Critical), Some(Critical)),
        (backup(B::Ambiguous, Well), Some(Warning)),
        (backup(B::Unknown, Well), Some(Unknown)),
        (Certificate(Well), None),
        (Certificate(Warning), Some(Warning)),
        (Certificate(Critical), Some(Critical)),
        (Burn(Well), None),
        (Burn(Warning), Some(Warning)),
        (Burn(Critical), Some(Critical)),
        (Probe(Well), None),
        (Probe(Warning), Some(Warning)),
        (Probe(Critical), Some(Critical)),
        (Probe(Unknown), Some(Unknown)),
        (Unreadable, Some(Unknown)),
        // Datastores.
        (Datastore(Well), None),
        (Datastore(Warning), Some(Warning)),
        (Datastore(Critical), Some(Critical)),
        (Datastore(Unknown), Some(Unknown)),
    ];
    assert!(table.len() >= 45, "{} rows", table.len());
    for (condition, state) in table {
        assert_eq!(weigh(condition), state, "{condition:?}");
    }
}

#[test]
fn every_state_has_its_exit_status() {
    let table = [(Well, 0), (Warning, 1), (Critical, 2), (Unknown, 3)];
    for (state, code) in table {
        assert_eq!(state.exit_code(), code);
    }
    let of = |all: &[Health]| worst(all.iter().copied()).exit_code();
    assert_eq!(of(&[Warning, Unknown]), 3, "an unknown beats a warning");
    assert_eq!(of(&[Unknown, Critical, Warning]), 2, "a critical beats an unknown");
    assert_eq!(of(&[Well, Warning]), 1);
}

/// Ages in hours of the newest snapshot; what verification said of it; the last run; running.
#[test]
fn every_backup_has_its_state() {
    use BackupState as B;
    let ok = |hours: i64| Some(Verification::Ok(now() - TimeDelta::hours(hours)));
    let bad = Some(Verification::Failed(now()));
    let failed = Some("connection reset");
    let table = [
        ("recent, verified", Some(11), ok(10), None, false, B::Ok, Well),
        ("recent, never verified", Some(11), None, None, false, B::Ok, Well),
        ("exactly at its RPO", Some(24), None, None, false, B::Ok, Well),
        ("over its RPO", Some(25), None, None, false, B::Late, Warning),
        ("over twice its RPO", Some(49), None, None, false, B::Late, Critical),
        ("late and the last run failed", Some(25), None, failed, false, B::Failed, Critical),
        ("recent although a later run failed", Some(2), None, failed, false, B::Ok, Well),
        ("late and running", Some(25), None, None, true, B::Running, Warning),
        ("very late and running", Some(49), None, None, true, B::Running, Critical),
        ("recent and running", Some(20), None, None, true, B::Running, Well),
        ("newest found broken", Some(11), bad, None, false, B::Failed, Critical),
        ("verified too long ago", Some(11), ok(31 * 24), None, false, B::Unverified, Warning),
        ("verified just in time", Some(11), ok(30 * 24), None, false, B::Ok, Well),
        ("from the future", Some(-1), None, None, false, B::Unknown, Unknown),
        ("none at all", None, None, None, false, B::Late, Critical),
        ("none, the first is running", None, None, None, true, B::Running, Warning),
        ("none, the run failed", None, None, failed, false, B::Failed, Critical),
    ];
    for (what, hours, verification, error, running, state, health) in table {
        let group = group(100, hours, verification);
        let evidence = Evidence {
            last_run: error.map(|error| LastRun { ended: now(), error: Some(error.into()) }),
            running: running.then(|| Running { since: now(), progress: None }),
            ..Evidence::default()
        };
        let judged = assess(&group, Expectation::default(), &evidence, now());
        assert_eq!((judged.state, judged.health), (state, health), "{what}");
        let quiet = health == Well && state != B::Running && error.is_none();
        assert_eq!(judged.reason.is_empty(), quiet, "{what}: a trouble has a reason");
    }
    let judge = |hours, expect| assess(&group(100, hours, None), expect, &Evidence::default(), now());
    let exempt = Expectation { exempt: true, ..Expectation::default() };
    assert_eq!(judge(None, exempt).state, B::Exempt);
    let weekly = Expectation { rpo: TimeDelta::days(40), ..Expectation::default() };
    let judged = judge(Some(31 * 24), weekly);
    assert_eq!((judged.state, judged.health), (B::Unverified, Warning), "old and never verified");
}

#[test]
fn every_fill_has_its_state() {
    let limits = FillLimits::default();
    for (used, days, state) in [
        (85, None, Well),
        (86, None, Warning),
        (95, None, Warning),
        (96, None, Critical),
        (10, Some(14), Well),
        (10, Some(13), Warning),
        (10, Some(1), Critical),
    ] {
        assert_eq!(datastore(used, days).health(&limits, now()), state, "{used} % {days:?}");
    }
}

// What follows judges a whole store.

#[test]
fn an_empty_store_is_not_well() {
    let store = Store::new([], Thresholds::default(), RingLimits::default());
    let verdict = judge(&store, Scope::ALL, now());
    assert_eq!((verdict.state, verdict.text.as_str()), (Unknown, "no source is configured"));
}

#[test]
fn what_no_source_measures_is_unknown() {
    let field = Field::new(&[PROM]).well();
    let only = Scope { backups: true, ..Scope::NONE };
    let verdict = judge(&field.store, only, now());
    assert_eq!(
        (verdict.state, verdict.text.as_str()),
        (Unknown, "no source is configured for what is asked")
    );
}

#[test]
fn a_field_in_order_is_well() {
    let verdict = Field::new(&ALL_SOURCES).well().judge();
    assert_eq!(verdict.state, Well);
    assert_eq!(verdict.text, "all is well · backups 1 of 1 · targets 1 of 1");
    assert!(verdict.reasons().is_empty(), "{:?}", verdict.reasons());
}

#[test]
fn before_the_first_answer_nothing_is_known() {
    let verdict = Field::new(&ALL_SOURCES).judge();
    assert_eq!(verdict.state, Unknown);
    assert_eq!(verdict.reasons().len(), ALL_SOURCES.len());
}

#[test]
fn the_worst_alert_speaks_first() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.alerts(vec![alert("DiskSlow", "warning", Firing), alert("HostDown", "page", Firing)]);
    let verdict = field.judge();
    assert_eq!(verdict.state, Critical);
    assert_eq!(
        verdict.text,
        "HostDown vm102 20m, response overdue 5m · 1 warning · backups 1 of 1 · targets 1 of 1"
    );
    assert_eq!(verdict.reasons(), ["HostDown vm102 20m, response overdue 5m", "DiskSlow vm102 20m"]);
}

#[test]
fn an_acknowledged_alert_is_one_level_lower_and_says_by_whom() {
    let mut field = Field::new(&ALL_SOURCES).well();
    let down = alert("HostDown", "critical", Firing);
    let ack = Silence {
        id: "1".into(),
        state: SilenceState::Active,
        matchers: vec![Matcher {
            name: ACKNOWLEDGED.into(),
            value: down.fingerprint.clone(),
            is_regex: false,
            is_equal: true,
        }],
        created_by: "sam".into(),
        comment: "on it".into(),
        annotations: Labels::default(),
        starts_at: now(),
        ends_at: now() + TimeDelta::hours(12),
        updated_at: now(),
    };
    field.saw(ROUTER, Feed::Silences, Observation::Silences([ack].into()));
    field.alerts(vec![down]);
    let verdict = field.judge();
    assert_eq!(verdict.state, Warning);
    assert_eq!(verdict.reasons(), ["HostDown vm102 20m, acknowledged by sam"]);
    assert_eq!((verdict.counts.critical, verdict.counts.warning), (0, 1), "{}", verdict.text);
}

#[test]
fn hidden_ones_are_counted_and_change_nothing() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.store.thresholds.backup_rules =
        vec![BackupRule { select: Select::Match("vm/9*".into()), rpo: None, exempt: true }];
    field.groups(vec![group(100, Some(2), None), group(900, None, None)]);
    field.alerts(vec![alert("A", "critical", Silenced), alert("B", "critical", Inhibited)]);
    let verdict = field.judge();
    assert_eq!(verdict.state, Well);
    assert_eq!(verdict.text, "all is well · backups 1 of 1 · targets 1 of 1 · 3 hidden");
}

#[test]
fn the_config_says_what_a_severity_means() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.store.thresholds.severities.insert("sev1".into(), Severity::Critical);
    field.alerts(vec![alert("HostDown", "sev1", Firing), alert("Chatty", "sev9", Firing)]);
    let verdict = field.judge();
    assert_eq!((verdict.state, verdict.reasons().len()), (Critical, 1), "the unknown word is listed only");
}

#[test]
fn an_alert_from_a_silent_alertmanager_is_unknown_after_its_cause() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.alerts(vec![alert("HostDown", "critical", Firing)]);
    field.fails(ROUTER, FailureKind::Refused);
    let verdict = field.judge();
    assert_eq!(verdict.state, Unknown);
    assert_eq!(
        verdict.reasons(),
        ["alertmanager.main is down for 0s: connection refused", "HostDown vm102 was true when last heard"]
    );
}

#[test]
fn an_alert_that_prometheus_still_raises_is_measured() {
    let mut field = Field::new(&ALL_SOURCES).well();
    let down = alert("HostDown", "critical", Firing);
    let raised = RaisedAlert {
        labels: down.labels.clone(),
        annotations: Labels::default(),
        firing: true,
        active_at: down.starts_at,
        value: "1".into(),
    };
    field.saw(PROM, Feed::Alerts, Observation::Raised([watchdog(), raised].into()));
    field.alerts(vec![down]);
    field.fails(ROUTER, FailureKind::Refused);
    assert_eq!(field.judge().state, Critical);
}

#[test]
fn an_alert_that_vanishes_unheard_is_unknown_not_resolved() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.alerts(vec![alert("HostDown", "critical", Firing)]);
    field.fails(PROM, FailureKind::Timeout);
    field.alerts(vec![]);
    let verdict = field.judge();
    assert_eq!(verdict.state, Unknown);
    let told = "HostDown vm102 unknown since 0s: vanished while Prometheus was not heard";
    assert!(verdict.reasons().iter().any(|reason| reason == told), "{:?}", verdict.reasons());
    field = field.well();
    field.alerts(vec![]);
    assert_eq!(field.judge().state, Well, "resolved once Prometheus is heard again");
}

#[test]
fn an_alert_that_resolves_while_all_is_heard_is_gone() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.alerts(vec![alert("HostDown", "critical", Firing)]);
    field.alerts(vec![]);
    assert_eq!(field.judge().state, Well);
}

#[test]
fn a_missing_watchdog_is_critical() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.saw(ROUTER, Feed::Alerts, Observation::Alerts([].into()));
    let verdict = field.judge();
    assert_eq!(verdict.state, Critical);
    assert_eq!(verdict.reasons(), ["Watchdog is missing: alerts do not reach Alertmanager"]);
    field.saw(PROM, Feed::Alerts, Observation::Raised([].into()));
    assert_eq!(field.judge().state, Critical, "not even raised");
    field.store.thresholds.watchdog = "".into();
    assert_eq!(field.judge().state, Well, "the config names none");
}

#[test]
fn a_watchdog_that_prometheus_has_just_raised_is_on_its_way() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.saw(ROUTER, Feed::Alerts, Observation::Alerts([].into()));
    let young = RaisedAlert { active_at: now() - TimeDelta::seconds(30), ..watchdog() };
    field.saw(PROM, Feed::Alerts, Observation::Raised([young].into()));
    assert_eq!(field.judge().state, Well);
}

#[test]
fn a_rule_that_cannot_be_evaluated_is_a_warning() {
    let mut field = Field::new(&ALL_SOURCES).well();
    let broken = Rule { health: RuleHealth::Err, name: "DiskFull".into(), ..rule() };
    field.saw(PROM, Feed::Rules, Observation::Rules([rule(), broken].into()));
    let verdict = field.judge();
    assert_eq!(verdict.state, Warning);
    assert_eq!(verdict.reasons(), ["rule DiskFull cannot be evaluated: its alert is blind"]);
}

#[test]
fn a_watcher_that_is_lost_is_critical_after_three_intervals() {
    for watcher in [PROM, ROUTER] {
        let mut field = Field::new(&ALL_SOURCES).well();
        field.fails(watcher, FailureKind::Refused);
        assert_eq!(judge(&field.store, Scope::ALL, now()).state, Unknown, "{watcher:?}: at first");
        field.at(TimeDelta::seconds(31)).well_but(watcher);
        assert_eq!(field.judge().state, Critical, "{watcher:?}: after three intervals of 10 s");
    }
}

#[test]
fn loki_down_is_only_a_warning() {
    for trouble in [FailureKind::Refused, FailureKind::Unauthorised] {
        let mut field = Field::new(&ALL_SOURCES).well();
        field.fails(LOKI, trouble);
        assert_eq!(field.judge().state, Warning, "{trouble}");
    }
}

#[test]
fn a_backup_server_that_refuses_us_leaves_everything_unknown() {
    let mut field = Field::new(&[BACKUPS]).well();
    field.fails(BACKUPS, FailureKind::Unauthorised);
    let verdict = field.judge();
    assert_eq!(verdict.state.exit_code(), 3);
    assert_eq!(verdict.counts.backups_ok, 0, "nothing is ok");
    assert_eq!(verdict.text, "pbs.main refuses our credentials: 401 unauthorised", "the cause is told first");
}

#[test]
fn what_feeds_a_rule_and_is_stale_is_unknown() {
    for source in [PROM, ROUTER, BACKUPS] {
        let mut field = Field::new(&ALL_SOURCES).well();
        field.at(TimeDelta::seconds(23)).well_but(source);
        let verdict = field.judge();
        assert_eq!(verdict.state, Unknown, "{source:?}");
        assert_eq!(
            verdict.reasons().first().map(String::as_str),
            Some(&*format!("{}.main was last heard 23s ago", source.0))
        );
    }
}

#[test]
fn stale_targets_and_backups_are_not_counted_at_all() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.at(TimeDelta::hours(1));
    let counts = field.judge().counts;
    assert_eq!((counts.targets_up, counts.targets), (0, 0));
    assert_eq!((counts.backups_ok, counts.backups), (0, 0));
}

#[test]
fn after_a_suspended_laptop_nothing_is_well() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.store.doubt();
    assert_eq!(field.judge().state, Unknown);
}

#[test]
fn a_status_page_that_is_missing_changes_nothing() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.fails_at(PROM, Feed::Status, FailureKind::Missing);
    assert_eq!(field.judge().state, Well);
    field.fails_at(PROM, Feed::Status, FailureKind::Unauthorised);
    assert_eq!(field.judge().state, Unknown, "wrong credentials are wrong everywhere");
}

#[test]
fn an_agent_that_knows_no_rules_is_not_down() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.fails_at(PROM, Feed::Rules, FailureKind::Missing);
    field.fails_at(PROM, Feed::Alerts, FailureKind::Missing);
    assert_eq!(field.judge().state, Well);
    field.fails_at(PROM, Feed::Targets, FailureKind::Missing);
    assert_eq!(field.judge().state, Unknown, "nothing is there: the wrong address");
}

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

#[test]
fn the_scope_keeps_the_rest_out() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.alerts(vec![alert("HostDown", "critical", Firing)]);
    field.fails(LOKI, FailureKind::Refused);
    let only = Scope { targets: true, backups: true, ..Scope::NONE };
    let verdict = judge(&field.store, only, field.now);
    assert_eq!(
        (verdict.state, verdict.text.as_str()),
        (Well, "all is well · backups 1 of 1 · targets 1 of 1")
    );
}

#[test]
fn a_storm_is_told_in_part() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.alerts((0..200).map(|at| alert(&format!("Storm{at:03}"), "critical", Firing)).collect());
    let verdict = field.judge();
    assert!(verdict.text.contains("200 critical"), "{}", verdict.text);
    let reasons = verdict.reasons();
    assert_eq!((reasons.len(), reasons.last().map(String::as_str)), (51, Some("and 150 more")));
}

const PROM: (&str, SourceKind) = ("prometheus", SourceKind::Prometheus);
const ROUTER: (&str, SourceKind) = ("alertmanager", SourceKind::Alertmanager);
const LOKI: (&str, SourceKind) = ("loki", SourceKind::Loki);
const BACKUPS: (&str, SourceKind) = ("pbs", SourceKind::Pbs);
const ALL_SOURCES: [(&str, SourceKind); 4] = [PROM, ROUTER, LOKI, BACKUPS];

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).expect("a time")
}

const fn feeds(kind: SourceKind) -> &'static [Feed] {
    match kind {
        SourceKind::Prometheus => &[Feed::Targets, Feed::Scrapes, Feed::Rules, Feed::Alerts, Feed::Status],
        SourceKind::Alertmanager => &[Feed::Alerts, Feed::Silences, Feed::Status],
        SourceKind::Loki => &[Feed::Tail, Feed::Ready],
        SourceKind::Grafana => &[Feed::Ready],
        SourceKind::Pbs => &[Feed::Snapshots, Feed::Datastores, Feed::Tasks],
        SourceKind::Pve => &[Feed::Guests, Feed::Schedules, Feed::Dumps],
        SourceKind::Files => &[Feed::Files],
        SourceKind::Probe => &[Feed::Probes],
    }
}

/// A store with sources named `main`, each feed asked every 10 s, and the time.
struct Field {
    store: Store,
    now: DateTime<Utc>,
}

impl Field {
    fn new(sources: &[(&str, SourceKind)]) -> Self {
        let expected = sources.iter().map(|(_, kind)| Expected {
            id: SourceId::new(*kind, "main"),
            site: "".into(),
            feeds: feeds(*kind).iter().map(|feed| (*feed, 10.0)).collect(),
            tails: Vec::new(),
        });
        Self { store: Store::new(expected, Thresholds::default(), RingLimits::default()), now: now() }
    }

    /// Every source has answered, and nothing is wrong.
    fn well(mut self) -> Self {
        self.well_but(("", SourceKind::Loki));
        self
    }

    fn well_but(&mut self, (left_out, _): (&str, SourceKind)) {
        let ids: Vec<SourceId> = self.store.sources.iter().map(|source| source.id.clone()).collect();
        for id in ids.iter().filter(|id| id.kind.to_string() != left_out) {
            for feed in feeds(id.kind) {
                let seen = match (id.kind, feed) {
                    (SourceKind::Prometheus, Feed::Targets) => {
                        Some(Observation::Targets([target(TargetHealth::Up)].into()))
                    }
                    (SourceKind::Prometheus, Feed::Rules) => Some(Observation::Rules([rule()].into())),
                    (SourceKind::Prometheus, Feed::Alerts) => Some(Observation::Raised([watchdog()].into())),
                    (SourceKind::Alertmanager, Feed::Alerts) => {
                        Some(Observation::Alerts([alert("Watchdog", "none", Firing)].into()))
                    }
                    (SourceKind::Pbs, Feed::Snapshots) => Some(Observation::Backups {
                        groups: [group(100, Some(2), None)].into(),
                        unreadable: [].into(),
                    }),
                    (SourceKind::Pbs, Feed::Datastores) => {
                        Some(Observation::Datastores([datastore(50, None)].into()))
                    }
                    _ => None,
                };
                self.store.apply(id, *feed, Ok(seen.into_iter().collect()), 0.01, self.now);
            }
        }
    }

    fn at(&mut self, later: TimeDelta) -> &mut Self {
        self.now += later;
        self
    }

    fn saw(&mut self, (_, kind): (&str, SourceKind), feed: Feed, seen: Observation) {
        self.store.apply(&SourceId::new(kind, "main"), feed, Ok(vec![seen]), 0.01, self.now);
    }

    fn alerts(&mut self, mut alerts: Vec<Alert>) {
        alerts.push(alert("Watchdog", "none", Firing));
        self.saw(ROUTER, Feed::Alerts, Observation::Alerts(alerts.into()));
    }

    fn targets(&mut self, targets: Vec<Target>) {
        self.saw(PROM, Feed::Targets, Observation::Targets(targets.into()));
    }

    fn groups(&mut self, groups: Vec<BackupGroup>) {
        let seen = Observation::Backups { groups: groups.into(), unreadable: [].into() };
        self.saw(BACKUPS, Feed::Snapshots, seen);
    }

    fn fails(&mut self, source: (&str, SourceKind), kind: FailureKind) {
        for feed in feeds(source.1) {
            self.fails_at(source, *feed, kind);
        }
    }

    fn fails_at(&mut self, (_, source): (&str, SourceKind), feed: Feed, kind: FailureKind) {
        let short = match kind {
            FailureKind::Unauthorised => "401 unauthorised",
            _ => "connection refused",
        };
        let failure = Failure { kind, short: short.into(), text: short.into() };
        self.store.apply(&SourceId::new(source, "main"), feed, Err(failure), 0.01, self.now);
    }

    fn judge(&self) -> Verdict {
        judge(&self.store, Scope::ALL, self.now)
    }
}

fn labels(all: &[(&str, &str)]) -> Labels {
    all.iter().copied().collect()
}

fn alert(name: &str, severity: &str, state: AlertState) -> Alert {
    let labels = labels(&[("alertname", name), ("severity", severity), ("host", "vm102")]);
    Alert {
        name: name.into(),
        severity: severity.into(),
        rank: Info,
        state,
        fingerprint: crate::domain::correlate::fingerprint(&labels),
        fingerprint_source: FingerprintSource::Alertmanager,
        starts_at: now() - TimeDelta::minutes(20),
        ends_at: None,
        labels,
        exact: None,
        annotations: Labels::default(),
        silenced_by: Vec::new(),
        inhibited_by: Vec::new(),
        muted_by: Vec::new(),
        acked_by: None,
        receivers: Vec::new(),
        generator_url: None,
    }
}

fn watchdog() -> RaisedAlert {
    RaisedAlert {
        labels: labels(&[("alertname", "Watchdog"), ("severity", "none"), ("host", "vm102")]),
        annotations: Labels::default(),
        firing: true,
        active_at: now() - TimeDelta::days(3),
        value: "1".into(),
    }
}

fn rule() -> Rule {
    Rule {
        name: "Watchdog".into(),
        group: "meta".into(),
        file: "meta.yml".into(),
        kind: RuleKind::Alerting,
        query: "vector(1)".into(),
        health: RuleHealth::Ok,
        error: "".into(),
        hold: 0.0,
        labels: Labels::default(),
        last_evaluation: Some(now()),
    }
}

fn target(health: TargetHealth) -> Target {
    Target {
        job: "node".into(),
        instance: "a:9100".into(),
        pool: "node".into(),
        labels: Labels::default(),
        health,
        error: "".into(),
        last_scrape: Some(now()),
        took: 0.01,
        interval: 15.0,
        timeout: 10.0,
    }
}

/// `hours`: the age of the newest snapshot; before one that was found broken there is a good one.
fn group(id: u32, hours: Option<i64>, verification: Option<Verification>) -> BackupGroup {
    let snapshot = |hours, verification| Snapshot {
        at: now() - TimeDelta::hours(hours),
        size: 1,
        verification,
        protected: false,
        encrypted: false,
    };
    let earlier = matches!(verification, Some(Verification::Failed(_))).then(|| snapshot(20, None));
    let newest = hours.map(|hours| snapshot(hours, verification));
    BackupGroup {
        id: GroupId {
            datastore: "main".into(),
            namespace: "".into(),
            kind: "vm".into(),
            id: id.to_string().into(),
        },
        guest: "web".into(),
        comment: "".into(),
        owner: "wardroom@pbs".into(),
        other_owner: None,
        snapshots: earlier.into_iter().chain(newest).collect(),
        unfinished: None,
    }
}

fn job(kind: JobKind, id: &str) -> Job {
    Job {
        kind,
        id: id.into(),
        datastore: "main".into(),
        namespace: "".into(),
        depth: None,
        schedule: "daily".into(),
        disabled: false,
        pushes: false,
        comment: "".into(),
        last: None,
        next: Some(now() + TimeDelta::hours(20)),
        garbage: None,
        keep: None,
    }
}

fn datastore(used: u64, days: Option<i64>) -> Datastore {
    Datastore {
        name: "main".into(),
        used: Some(used),
        total: Some(100),
        climbs: None,
        full_at: days.map(|days| now() + TimeDelta::days(days)),
        maintenance: None,
        error: None,
    }
}
