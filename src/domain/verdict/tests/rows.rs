//! The tables: a condition and its state, row by row.

use super::*;

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
