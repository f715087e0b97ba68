use chrono::TimeDelta;
use chrono_tz::Europe::Berlin;

use super::*;
use crate::domain::health::Health::{self, Critical, Unknown as Doubtful, Warning};
use crate::domain::job::{Job, JobKind, JobRun};
use crate::domain::task::Outcome;

use BackupState::{Ambiguous, Exempt, Failed, Late, Ok, Running as Underway, Unknown, Unverified};

const WELL: Health = Health::Ok;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_200_000, 0).expect("a time")
}

fn hours(hours: i64) -> DateTime<Utc> {
    now() - TimeDelta::hours(hours)
}

/// A time as a wall in Berlin shows it, where clocks change; `earlier` of the two that have the name.
fn berlin(text: &str, earlier: bool) -> DateTime<Utc> {
    let local = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("a time");
    let both = local.and_local_timezone(Berlin);
    let one = if earlier { both.earliest() } else { both.latest() };
    one.expect("a time that there is").to_utc()
}

fn snapshot(at: DateTime<Utc>, verification: Option<Verification>) -> Snapshot {
    Snapshot { at, size: 1, verification, protected: false, encrypted: false }
}

fn job(id: &str) -> Job {
    Job {
        kind: JobKind::Verify,
        id: id.into(),
        datastore: "main".into(),
        namespace: "".into(),
        depth: None,
        schedule: "daily".into(),
        disabled: false,
        pushes: false,
        comment: "".into(),
        last: None,
        next: Some(now() + TimeDelta::hours(15)),
        garbage: None,
        keep: None,
    }
}

/// A verify job that ran so many hours ago.
fn ran(ago: i64, outcome: Outcome) -> Job {
    let run = JobRun { upid: "U".into(), began: Some(hours(ago)), ended: Some(hours(ago)), outcome };
    Job { last: Some(run), ..job("v") }
}

/// One row of the table: snapshots, what is beside them, and when it is judged.
#[derive(Clone)]
struct Case {
    snapshots: Vec<Snapshot>,
    expect: Expectation,
    evidence: Evidence<'static>,
    jobs: Vec<Job>,
    now: DateTime<Utc>,
}

/// A group with one good, unverified snapshot of this age in hours.
fn good(age: i64) -> Case {
    empty().then(age, None)
}

/// A group without a finished snapshot.
fn empty() -> Case {
    Case {
        snapshots: Vec::new(),
        expect: Expectation::default(),
        evidence: Evidence::default(),
        jobs: Vec::new(),
        now: now(),
    }
}

/// What a verification found, so many hours ago.
fn found_good(ago: i64) -> Verification {
    Verification::Ok(hours(ago))
}

fn found_broken() -> Verification {
    Verification::Failed(hours(1))
}

impl Case {
    /// A further snapshot.
    fn then(mut self, age: i64, verification: impl Into<Option<Verification>>) -> Self {
        self.snapshots.push(snapshot(hours(age), verification.into()));
        self
    }

    fn made(mut self, at: DateTime<Utc>) -> Self {
        self.snapshots.push(snapshot(at, None));
        self
    }

    fn judged_at(mut self, now: DateTime<Utc>) -> Self {
        self.now = now;
        self
    }

    fn failed(self, ended: i64) -> Self {
        self.ran(ended, Some("connection reset".into()))
    }

    fn ran(mut self, ended: i64, error: Option<Arc<str>>) -> Self {
        self.evidence.last_run = Some(LastRun { ended: hours(ended), error });
        self
    }

    /// A run that began so many hours ago.
    fn running(self, since: i64) -> Self {
        self.running_at(since, None)
    }

    fn running_at(mut self, since: i64, progress: Option<f64>) -> Self {
        self.evidence.running = Some(Running { since: hours(since), progress });
        self
    }

    fn exempt(mut self) -> Self {
        self.expect.exempt = true;
        self
    }

    fn rpo(mut self, days: i64) -> Self {
        self.expect.rpo = TimeDelta::days(days);
        self
    }

    fn plan(mut self, plan: Plan) -> Self {
        self.evidence.plan = plan;
        self
    }

    fn guest(mut self, guest: Presence) -> Self {
        self.evidence.guest = guest;
        self
    }

    fn unread(mut self, why: Unread) -> Self {
        self.evidence.unread = Some(why);
        self
    }

    fn shared(mut self) -> Self {
        self.evidence.ambiguous = Some("two clusters have vm/100".into());
        self
    }

    fn verified_by(mut self, job: Job) -> Self {
        self.jobs.push(job);
        self
    }

    fn judge(mut self) -> Assessment {
        self.snapshots.sort_by_key(|snapshot| snapshot.at);
        let group = BackupGroup {
            id: GroupId {
                datastore: "main".into(),
                namespace: "".into(),
                kind: "vm".into(),
                id: "100".into(),
            },
            guest: "media".into(),
            comment: "".into(),
            owner: "backup@pbs".into(),
            other_owner: None,
            snapshots: self.snapshots.into(),
            unfinished: None,
        };
        let evidence = Evidence { verify: self.jobs.iter().collect(), ..self.evidence };
        assess(&group, self.expect, &evidence, self.now)
    }
}

type Row = (&'static str, Case, BackupState, Health, &'static str);

/// Rows, of which each must come out as it says.
fn hold(table: Vec<Row>) -> usize {
    let rows = table.len();
    for (what, case, state, health, reason) in table {
        let judged = case.judge();
        assert_eq!(
            (judged.state, judged.health, &*judged.reason.to_string()),
            (state, health, reason),
            "{what}"
        );
        assert_eq!(judged.reason.is_empty(), reason.is_empty(), "{what}");
    }
    rows
}

#[test]
fn a_group_is_judged_by_its_newest_good_backup() {
    let rows = hold(age()) + hold(runs()) + hold(verifications()) + hold(clocks()) + hold(causes());
    assert!(rows >= 60, "{rows}");
}

fn age() -> Vec<Row> {
    vec![
        ("recent", good(11), Ok, WELL, ""),
        ("just made", good(0), Ok, WELL, ""),
        ("exactly as old as allowed", good(24), Ok, WELL, ""),
        ("an hour over", good(25), Late, Warning, "no backup for 25h"),
        ("exactly twice as old as allowed", good(48), Late, Warning, "no backup for 2d"),
        ("over twice", good(49), Late, Critical, "no backup for 2d"),
        ("weekly, six days old", good(6 * 24).rpo(7), Ok, WELL, ""),
        ("weekly, nine days old", good(9 * 24).rpo(7), Late, Warning, "no backup for 9d"),
        ("old ones do not make it late", good(900).then(11, None), Ok, WELL, ""),
        ("none", empty(), Late, Critical, "no finished backup"),
        ("nobody expects one", empty().exempt(), Exempt, WELL, ""),
        (
            "nobody expects one, and it is broken",
            empty().then(900, found_broken()).exempt(),
            Exempt,
            WELL,
            "",
        ),
        (
            "nobody expects one, and nobody was heard",
            good(1).exempt().unread(Unread::NotHeard),
            Exempt,
            WELL,
            "",
        ),
    ]
}

fn runs() -> Vec<Row> {
    let reset = "task failed: connection reset";
    vec![
        ("recent, a later run failed", good(11).failed(2), Ok, WELL, "last run failed: connection reset"),
        ("late, a later run failed", good(25).failed(1), Failed, Critical, reset),
        ("late, the failure was before the backup", good(25).failed(26), Late, Warning, "no backup for 25h"),
        ("failed, then made", good(11).failed(12), Ok, WELL, ""),
        ("late, the last run succeeded elsewhere", good(25).ran(1, None), Late, Warning, "no backup for 25h"),
        ("running in time", good(23).running(1), Underway, WELL, "running now"),
        (
            "running in time, half done",
            good(23).running_at(1, Some(0.62)),
            Underway,
            WELL,
            "running now 62 %",
        ),
        ("running over the boundary, begun before it", good(25).running(2), Underway, WELL, "running now"),
        ("begun on the boundary", good(25).running(1), Underway, WELL, "running now"),
        ("begun after it", good(26).running(1), Underway, Warning, "late, running now"),
        (
            "begun long after it",
            good(49).running_at(0, Some(0.01)),
            Underway,
            Critical,
            "late, running now 1 %",
        ),
        (
            "running again after a failure",
            good(25).failed(1).running(0),
            Failed,
            Critical,
            "task failed: connection reset; running again",
        ),
        ("running in time after a failure", good(20).failed(1).running(0), Underway, WELL, "running now"),
        ("the first is running", empty().running(0), Underway, Warning, "first backup is running"),
        (
            "the first is half done",
            empty().running_at(0, Some(0.5)),
            Underway,
            Warning,
            "first backup is running 50 %",
        ),
        (
            "none, the first failed",
            empty().failed(1),
            Failed,
            Critical,
            "no backup; task failed: connection reset",
        ),
        ("none, running again", empty().failed(1).running(0), Underway, Warning, "first backup is running"),
        (
            "none, a run ended well and left nothing",
            empty().ran(1, None),
            Late,
            Critical,
            "no finished backup",
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table, one case after the other")]
fn verifications() -> Vec<Row> {
    let broken = |age, older| good(older).then(age, found_broken());
    let failed = Outcome::Failed("abort requested".into());
    let overdue = Job { next: Some(hours(3)), ..job("v") };
    let unscheduled = Job { next: None, schedule: "".into(), ..job("v") };
    let dead = Job { next: None, ..ran(41 * 24, Outcome::Ok) };
    vec![
        (
            "newest broken, an older one good",
            broken(11, 20),
            Failed,
            Critical,
            "verification of the newest failed (11h old)",
        ),
        (
            "newest broken, the good one too old",
            broken(11, 35),
            Failed,
            Critical,
            "verification of the newest failed (11h old)",
        ),
        (
            "newest broken while the next is made",
            broken(23, 30).running(0),
            Failed,
            Critical,
            "verification of the newest failed (23h old)",
        ),
        (
            "newest broken, the job says OK",
            broken(11, 20).verified_by(ran(1, Outcome::Ok)),
            Failed,
            Critical,
            "verification of the newest failed (11h old)",
        ),
        (
            "an older one broken, the newest good",
            empty().then(30, found_broken()).then(11, found_good(10)),
            Ok,
            WELL,
            "",
        ),
        (
            "an older one broken, the newest not looked at",
            empty().then(30, found_broken()).then(11, None),
            Ok,
            WELL,
            "",
        ),
        (
            "all broken",
            empty().then(11, found_broken()),
            Failed,
            Critical,
            "every snapshot failed verification",
        ),
        (
            "all broken, running",
            empty().then(11, found_broken()).running(0),
            Failed,
            Critical,
            "every snapshot failed verification",
        ),
        ("verified lately", empty().then(11, found_good(10)), Ok, WELL, ""),
        ("verified exactly as long ago as allowed", empty().then(11, found_good(720)), Ok, WELL, ""),
        (
            "verified too long ago",
            empty().then(11, found_good(744)),
            Unverified,
            Warning,
            "verified 31d ago (limit 30d)",
        ),
        (
            "daily, the newest verified is recent",
            empty().then(35, found_good(30)).then(11, None),
            Ok,
            WELL,
            "",
        ),
        (
            "daily, verification is dead for 41 days",
            empty().then(990, found_good(984)).then(35, None).then(11, None),
            Unverified,
            Warning,
            "verified 41d ago (limit 30d)",
        ),
        ("never verified, and recent", good(29 * 24).rpo(40), Ok, WELL, ""),
        ("never verified, and old", good(31 * 24).rpo(40), Unverified, Warning, "never verified"),
        ("never verified, the job has not run yet", good(11).verified_by(job("v")), Ok, WELL, ""),
        ("never verified, nobody scheduled the job", good(11).verified_by(unscheduled), Ok, WELL, ""),
        (
            "never verified, the job is overdue",
            good(11).verified_by(overdue),
            Unverified,
            Warning,
            "never verified: job v is overdue",
        ),
        (
            "never verified, the job failed",
            good(11).verified_by(ran(5, failed)),
            Unverified,
            Warning,
            "never verified: job v failed: abort requested",
        ),
        ("never verified, the job ran before it", good(11).verified_by(ran(12, Outcome::Ok)), Ok, WELL, ""),
        (
            "never verified, the job passed it over",
            good(35).then(11, None).verified_by(ran(5, Outcome::Ok)),
            Unverified,
            Warning,
            "never verified: job v passed it over",
        ),
        (
            "never verified, the job is dead",
            good(11).verified_by(dead),
            Unverified,
            Warning,
            "never verified: job v has not run for 41d",
        ),
        ("late counts more than unverified", good(31 * 24), Late, Critical, "no backup for 31d"),
        (
            "running counts more than unverified",
            empty().then(11, found_good(744)).running(0),
            Underway,
            WELL,
            "running now",
        ),
    ]
}

fn clocks() -> Vec<Row> {
    let (autumn, after) = (berlin("2026-10-25 01:30", true), berlin("2026-10-26 01:30", true));
    let (spring, morning) = (berlin("2026-03-28 02:30", true), berlin("2026-03-29 03:30", true));
    let zoned: DateTime<Utc> =
        DateTime::parse_from_rfc3339("2026-11-20T23:30:00-05:00").expect("a time").to_utc();
    let told: DateTime<Utc> =
        DateTime::parse_from_rfc3339("2026-11-22T04:30:00+00:00").expect("a time").to_utc();
    vec![
        ("from the future", good(-2), Unknown, Doubtful, "newest backup is 2h00 in the future: clock skew"),
        (
            "from the far future",
            good(-24 * 400),
            Unknown,
            Doubtful,
            "newest backup is 400d in the future: clock skew",
        ),
        (
            "from the future, with a recent one before",
            good(3).then(-2, None),
            Unknown,
            Doubtful,
            "newest backup is 2h00 in the future: clock skew",
        ),
        ("a clock 30 s ahead is none", empty().made(now() + TimeDelta::seconds(30)), Ok, WELL, ""),
        (
            "31 s are skew",
            empty().made(now() + TimeDelta::seconds(31)),
            Unknown,
            Doubtful,
            "newest backup is 31s in the future: clock skew",
        ),
        ("another zone, exactly a day", empty().made(zoned).judged_at(told), Ok, WELL, ""),
        (
            "another zone, a second more",
            empty().made(zoned).judged_at(told + TimeDelta::seconds(1)),
            Late,
            Warning,
            "no backup for 24h",
        ),
        (
            "the same wall time on the day of 25 hours",
            empty().made(autumn).judged_at(after),
            Late,
            Warning,
            "no backup for 25h",
        ),
        (
            "an hour less on that day",
            empty().made(autumn).judged_at(after - TimeDelta::hours(1)),
            Ok,
            WELL,
            "",
        ),
        (
            "the second 02:30 of that night is an hour after the first",
            empty().made(berlin("2026-10-25 02:30", true)).judged_at(berlin("2026-10-25 02:30", false)),
            Ok,
            WELL,
            "",
        ),
        (
            "an hour later by the wall on the day of 23 hours",
            empty().made(spring).judged_at(morning),
            Ok,
            WELL,
            "",
        ),
        (
            "and one more",
            empty().made(spring).judged_at(morning + TimeDelta::seconds(1)),
            Late,
            Warning,
            "no backup for 24h",
        ),
    ]
}

fn causes() -> Vec<Row> {
    let nightly = || Arc::<str>::from("nightly");
    let due = || Plan::Scheduled(nightly(), Some(now() + TimeDelta::hours(2)));
    let denied = Unread::Refused("permission check failed".into());
    vec![
        ("late without a job", good(25).plan(Plan::NoJob), Late, Warning, "no job backs it up"),
        ("never backed up, without a job", empty().plan(Plan::NoJob), Late, Critical, "no job backs it up"),
        ("recent without a job", good(11).plan(Plan::NoJob), Ok, WELL, ""),
        (
            "late, the job is off",
            good(49).plan(Plan::Disabled(nightly())),
            Late,
            Critical,
            "job nightly is disabled",
        ),
        (
            "late, the job left it out",
            good(25).plan(Plan::Skipped(nightly())),
            Late,
            Warning,
            "skipped by job nightly",
        ),
        ("late, the job is due", good(25).plan(due()), Late, Warning, "no backup for 25h"),
        (
            "a failed task says more than a job that is off",
            good(25).plan(Plan::Disabled(nightly())).failed(1),
            Failed,
            Critical,
            "task failed: connection reset",
        ),
        ("late, the guest is off", good(25).guest(Presence::Off), Late, Warning, "the guest is off"),
        (
            "late, off and in no job",
            good(25).guest(Presence::Off).plan(Plan::NoJob),
            Late,
            Warning,
            "no job backs it up",
        ),
        ("late, the guest is on", good(25).guest(Presence::On), Late, Warning, "no backup for 25h"),
        ("recent, the guest is off", good(11).guest(Presence::Off), Ok, WELL, ""),
        ("archived", good(900).guest(Presence::Archived), Exempt, WELL, "archived"),
        ("archived without a backup", empty().guest(Presence::Archived), Exempt, WELL, "archived"),
        ("it came back", good(900).guest(Presence::On), Late, Critical, "no backup for 37d"),
        (
            "the server was not heard",
            good(1).unread(Unread::NotHeard),
            Unknown,
            Doubtful,
            "the backup server was not heard",
        ),
        (
            "the server refuses",
            good(1).unread(denied),
            Unknown,
            Doubtful,
            "not readable: permission check failed",
        ),
        (
            "two clusters share the identity",
            good(1).shared(),
            Ambiguous,
            Warning,
            "ambiguous: two clusters have vm/100",
        ),
        (
            "two share it, and it is late",
            good(900).shared(),
            Ambiguous,
            Warning,
            "ambiguous: two clusters have vm/100",
        ),
    ]
}

fn sizes(all: &[u64]) -> BackupGroup {
    let snapshots =
        all.iter().zip(1..).map(|(size, at)| Snapshot { size: *size, ..snapshot(hours(-at), None) });
    BackupGroup {
        id: GroupId { datastore: "m".into(), namespace: "".into(), kind: "ct".into(), id: "1".into() },
        guest: "".into(),
        comment: "".into(),
        owner: "".into(),
        other_owner: None,
        snapshots: snapshots.collect(),
        unfinished: None,
    }
}

#[test]
fn a_size_is_held_against_the_median_of_the_seven_before() {
    for (all, growth) in [
        (&[][..], None),
        (&[5], None),
        (&[0, 5], None),
        (&[10, 5], Some(0.5)),
        (&[10, 20, 30], Some(2.0)),
        (&[4, 6, 10], Some(2.0)),
        (&[9_000, 10, 10, 10, 10, 10, 10, 10, 20], Some(2.0)),
        (&[10, 10, 10, 10, 1_000, 10, 10, 10], Some(1.0)),
    ] {
        assert_eq!(sizes(all).growth(), growth, "{all:?}");
    }
    assert_eq!(sizes(&[1, 2, 3]).sizes(2).collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn the_newest_verified_may_be_older_than_the_newest_good() {
    let mut group = sizes(&[1, 2, 3, 4]);
    let marks = [Some(found_good(1)), Some(found_good(1)), Some(found_broken()), None];
    group.snapshots = group
        .snapshots
        .iter()
        .zip(marks)
        .map(|(one, verification)| Snapshot { verification, ..*one })
        .collect();
    let size = |snapshot: Option<Snapshot>| snapshot.map(|snapshot| snapshot.size);
    assert_eq!((size(group.newest()), size(group.last_good())), (Some(4), Some(4)));
    assert_eq!(size(group.last_verified()), Some(2));
}

#[test]
fn a_run_is_held_against_those_before() {
    assert_eq!(Took::of(&[]), None);
    assert_eq!(Took::of(&[60]), Some(Took { last: 60.0, growth: None }));
    assert_eq!(Took::of(&[9_999, 60, 60, 60, 60, 60, 60, 60, 150]).and_then(|took| took.growth), Some(2.5));
}
