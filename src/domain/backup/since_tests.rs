//! What is said of a run that failed while what there is is still good.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    BackupGroup, BackupState, Evidence, Expectation, GroupId, LastRun, Reason, Running, Snapshot, assess,
};
use crate::domain::health::Health;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_200_000, 0).expect("a time")
}

#[test]
fn a_failure_after_a_good_backup_is_told_and_weighs_nothing() {
    let at = |hours: i64| now() - TimeDelta::hours(hours);
    let group = BackupGroup {
        id: GroupId { datastore: "main".into(), namespace: "".into(), kind: "vm".into(), id: "1".into() },
        guest: "".into(),
        comment: "".into(),
        owner: "".into(),
        other_owner: None,
        snapshots: [Snapshot { at: at(10), size: 1, verification: None, protected: false, encrypted: false }]
            .into(),
        unfinished: None,
    };
    let run =
        |ended: i64, error: Option<&str>| Some(LastRun { ended: at(ended), error: error.map(Into::into) });
    for (last_run, running, state, reason) in [
        (None, false, BackupState::Ok, ""),
        (run(9, None), false, BackupState::Ok, ""),
        (run(2, Some("reset")), false, BackupState::Ok, "last run failed: reset"),
        // What failed before is over.
        (run(11, Some("reset")), false, BackupState::Ok, ""),
        (run(2, Some("reset")), true, BackupState::Running, "running now"),
    ] {
        let running = running.then(|| Running { since: at(1), progress: None });
        let evidence = Evidence { last_run: last_run.clone(), running, ..Evidence::default() };
        let found = assess(&group, Expectation::default(), &evidence, now());
        let told = (found.state, found.health, found.reason.to_string());
        assert_eq!(told, (state, Health::Ok, reason.to_owned()), "{last_run:?}");
        assert!(!matches!(found.reason, Reason::FailedSince(_)) || !found.reason.is_cause());
    }
}
