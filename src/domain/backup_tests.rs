use super::*;

use BackupState::{Exempt, Failed, Late, Ok, Running, Unknown, Unverified};

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_200_000, 0).expect("a time")
}

fn hours(hours: i64) -> DateTime<Utc> {
    now() - TimeDelta::hours(hours)
}

/// What is told of a group: hours before now.
#[derive(Clone, Copy, Default)]
struct Case {
    newest: Option<(i64, Option<Verification>)>,
    last_good: Option<i64>,
    unfinished: Option<i64>,
    /// The last run: when it ended, and whether it failed.
    run: Option<(i64, bool)>,
    running: bool,
    exempt: bool,
    rpo_days: i64,
}

/// A group whose newest snapshot is this old and good.
fn good(age: i64) -> Case {
    Case { newest: Some((age, None)), last_good: Some(age), rpo_days: 1, ..Case::default() }
}

/// A group whose newest snapshot was found broken; `good`: the age of the newest good one.
fn broken(age: i64, good: Option<i64>) -> Case {
    let failed = Some(Verification::Failed(hours(0)));
    Case { newest: Some((age, failed)), last_good: good, rpo_days: 1, ..Case::default() }
}

/// A group without a finished snapshot.
fn empty() -> Case {
    Case { rpo_days: 1, ..Case::default() }
}

fn verified(age: i64, verified: i64) -> Case {
    Case { newest: Some((age, Some(Verification::Ok(hours(verified))))), ..good(age) }
}

impl Case {
    fn failed(self, ended: i64) -> Self {
        Self { run: Some((ended, true)), ..self }
    }

    fn succeeded(self, ended: i64) -> Self {
        Self { run: Some((ended, false)), ..self }
    }

    fn running(self) -> Self {
        Self { running: true, ..self }
    }

    fn left_over(self, age: i64) -> Self {
        Self { unfinished: Some(age), ..self }
    }

    fn exempt(self) -> Self {
        Self { exempt: true, ..self }
    }

    fn rpo(self, days: i64) -> Self {
        Self { rpo_days: days, ..self }
    }

    fn judge(self) -> Assessment {
        let snapshot = |age, verification| Snapshot { at: hours(age), size: 1, verification };
        let group = BackupGroup {
            id: GroupId {
                datastore: "main".into(),
                namespace: "".into(),
                kind: "vm".into(),
                id: "100".into(),
            },
            guest: "media".into(),
            owner: "backup@pbs".into(),
            newest: self.newest.map(|(age, verification)| snapshot(age, verification)),
            last_good: self.last_good.map(|age| snapshot(age, None)),
            count: u32::from(self.newest.is_some()) + u32::from(self.last_good.is_some()),
            unfinished: self.unfinished.map(hours),
        };
        let expect = Expectation {
            rpo: TimeDelta::days(self.rpo_days),
            exempt: self.exempt,
            ..Expectation::default()
        };
        let run = self.run.map(|(ended, failed)| LastRun {
            ended: hours(ended),
            error: failed.then(|| "connection reset".into()),
        });
        assess(&group, expect, run.as_ref(), self.running, now())
    }
}

#[test]
fn a_group_is_judged_by_its_newest_good_backup() {
    use Health::{Critical, Unknown as Doubtful, Warning};
    let table = [
        ("recent", good(11), Ok, Health::Ok, ""),
        ("just made", good(0), Ok, Health::Ok, ""),
        ("exactly as old as allowed", good(24), Ok, Health::Ok, ""),
        ("an hour over", good(25), Late, Warning, "no backup for 25h"),
        ("exactly twice as old as allowed", good(48), Late, Warning, "no backup for 2d"),
        ("over twice", good(49), Late, Critical, "no backup for 2d"),
        ("weekly, six days old", good(6 * 24).rpo(7), Ok, Health::Ok, ""),
        ("weekly, nine days old", good(9 * 24).rpo(7), Late, Warning, "no backup for 9d"),
        ("recent, a later run failed", good(11).failed(2), Ok, Health::Ok, ""),
        ("late, a later run failed", good(25).failed(1), Failed, Critical, "task failed: connection reset"),
        ("late, the failure was before the backup", good(25).failed(26), Late, Warning, "no backup for 25h"),
        ("failed, then made", good(11).failed(12), Ok, Health::Ok, ""),
        ("late, the last run succeeded elsewhere", good(25).succeeded(1), Late, Warning, "no backup for 25h"),
        ("running in time", good(23).running(), Running, Health::Ok, ""),
        ("running over the boundary", good(25).running(), Running, Warning, "late, running now"),
        ("running long over it", good(49).running(), Running, Critical, "late, running now"),
        (
            "running again after a failure",
            good(25).failed(1).running(),
            Failed,
            Critical,
            "task failed: connection reset; running again",
        ),
        ("recent with a left-over", good(11).left_over(2), Ok, Health::Ok, ""),
        ("late with a left-over", good(30).left_over(2), Late, Warning, "no backup for 30h"),
        (
            "newest broken, an older one good",
            broken(11, Some(20)),
            Failed,
            Critical,
            "verification of the newest failed (11h old)",
        ),
        (
            "newest broken, the good one too old",
            broken(11, Some(35)),
            Failed,
            Critical,
            "verification of the newest failed (11h old)",
        ),
        (
            "newest broken while the next is made",
            broken(23, Some(30)).running(),
            Failed,
            Critical,
            "verification of the newest failed (23h old)",
        ),
        ("all broken", broken(11, None), Failed, Critical, "every snapshot failed verification"),
        (
            "all broken, running",
            broken(11, None).running(),
            Failed,
            Critical,
            "every snapshot failed verification",
        ),
        ("verified lately", verified(11, 10), Ok, Health::Ok, ""),
        ("verified exactly as long ago as allowed", verified(11, 30 * 24), Ok, Health::Ok, ""),
        ("verified too long ago", verified(11, 31 * 24), Unverified, Warning, "verified 31d ago (limit 30d)"),
        ("never verified, and recent", good(29 * 24).rpo(40), Ok, Health::Ok, ""),
        ("never verified, and old", good(31 * 24).rpo(40), Unverified, Warning, "never verified"),
        ("late counts more than unverified", good(31 * 24), Late, Critical, "no backup for 31d"),
        ("running counts more than unverified", verified(11, 31 * 24).running(), Running, Health::Ok, ""),
        ("from the future", good(-2), Unknown, Doubtful, "newest backup is in the future: clock skew"),
        ("none", empty(), Late, Critical, "no finished backup"),
        ("none, one was begun", empty().left_over(5), Late, Critical, "no finished backup"),
        (
            "none, the first is running",
            empty().left_over(0).running(),
            Running,
            Warning,
            "first backup is running",
        ),
        (
            "none, the first failed",
            empty().failed(1),
            Failed,
            Critical,
            "no backup; task failed: connection reset",
        ),
        ("none, running again", empty().failed(1).running(), Running, Warning, "first backup is running"),
        ("nobody expects one", empty().exempt(), Exempt, Health::Ok, ""),
        ("nobody expects one, and it is broken", broken(900, None).exempt(), Exempt, Health::Ok, ""),
    ];
    for (what, case, state, health, reason) in table {
        let judged = case.judge();
        assert_eq!((judged.state, judged.health, &*judged.reason), (state, health, reason), "{what}");
    }
}

#[test]
fn a_clock_that_is_a_little_ahead_is_no_skew() {
    let at = |ahead| {
        let snapshot = Snapshot { at: now() + TimeDelta::seconds(ahead), size: 1, verification: None };
        let group = BackupGroup {
            id: GroupId { datastore: "m".into(), namespace: "".into(), kind: "ct".into(), id: "1".into() },
            guest: "".into(),
            owner: "".into(),
            newest: Some(snapshot),
            last_good: Some(snapshot),
            count: 1,
            unfinished: None,
        };
        assess(&group, Expectation::default(), None, false, now()).state
    };
    assert_eq!((at(30), at(31)), (Ok, Unknown));
}
