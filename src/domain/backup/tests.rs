//! How backups are judged.

mod rows;

use chrono::TimeDelta;
use chrono_tz::Europe::Berlin;

use super::*;
use crate::domain::health::Health::{self, Critical, Unknown as Doubtful, Warning};
use crate::domain::job::{Job, JobKind, JobRun};
use crate::domain::task::Outcome;
use rows::{age, causes, clocks, runs, verifications};

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
