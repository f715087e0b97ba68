//! What is done on a backup server: chosen, confirmed, followed; and not under `--read-only`.

use std::sync::Arc;

use chrono::TimeDelta;
use wardroom::app::Setup;
use wardroom::border::{Effect, Msg};
use wardroom::domain::chore::Chore;
use wardroom::domain::deed::{Deed, Receipt, What};
use wardroom::domain::feed::{Failure, FailureKind, Feed, SourceKind};
use wardroom::domain::job::{Garbage, Job, JobKind, JobRun};
use wardroom::domain::observation::Observation;
use wardroom::domain::prune::Keep;
use wardroom::domain::question::{Answer, Question};
use wardroom::domain::task::{Outcome, TaskLog};

use super::desk::{Desk, instant};
use super::homelab;
use super::looks::look;

const UPID: &str = r"UPID:pbs:000002A1:0000012C:00000001:6A0A1B2C:verify_snapshot:main\x3avm:root@pam:";

fn job(kind: JobKind, id: &str, outcome: Outcome) -> Job {
    let ended = instant() - TimeDelta::hours(9);
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
        next: Some(ended + TimeDelta::hours(24)),
        garbage: (kind == JobKind::Gc).then_some(Garbage { disk: 100, logical: 1200, ..Garbage::default() }),
        keep: (kind == JobKind::Prune).then_some(Keep { last: 2, daily: 5, ..Keep::default() }),
        last: Some(JobRun {
            upid: "UPID:x".into(),
            began: Some(ended),
            ended: (outcome != Outcome::Running).then_some(ended),
            outcome,
        }),
    }
}

/// The homelab with a backup server that has jobs.
fn desk(read_only: bool, size: (u16, u16)) -> Desk {
    let mut desk = Desk::new(Setup { read_only, ..homelab::setup() }, size);
    let jobs = [
        job(JobKind::Verify, "v-daily", Outcome::Running),
        job(JobKind::Prune, "p-daily", Outcome::Ok),
        job(JobKind::Gc, "main", Outcome::Ok),
    ];
    let seen = Observation::Jobs { jobs: jobs.into(), hidden: Arc::default(), runs: Arc::default() };
    desk.hear(homelab::host_down()).hear([homelab::observed(SourceKind::Pbs, Feed::Jobs, vec![seen])]);
    desk
}

fn called(desk: &Desk) -> Option<(u64, Chore)> {
    desk.effects.iter().rev().find_map(|effect| match effect {
        Effect::Call { id, deed: Deed { what: What::Chore(chore), .. } } => Some((*id, chore.clone())),
        _ => None,
    })
}

fn answered(desk: &mut Desk, result: Result<&str, &str>) {
    let (id, _) = called(desk).expect("something was asked");
    let failure = |text: &str| Failure { kind: FailureKind::Http, short: "400".into(), text: text.into() };
    let result = result.map(|id| Receipt { id: id.into() }).map_err(failure);
    desk.hear([Msg::Done { id, result }]);
}

#[test]
fn a_snapshot_is_verified_after_a_confirmation_and_its_task_is_followed() {
    let mut desk = desk(false, (120, 40));
    desk.keys("5x");
    look("chores", &mut desk);
    desk.keys("<enter>");
    look("chores_verify", &mut desk);
    assert_eq!(called(&desk), None, "nothing is done before it is confirmed");
    desk.keys("<enter>");
    let Some((_, Chore::Verify { group, at })) = called(&desk) else { panic!("{:?}", called(&desk)) };
    assert_eq!(
        (group.to_string(), at),
        ("vm/102".to_owned(), instant() - TimeDelta::seconds(26 * 3600 + 300))
    );
    answered(&mut desk, Ok(UPID));
    let screen = desk.screen();
    assert!(screen.contains("Task verify snapshot") && screen.contains("running"), "{screen}");
    // Its log is asked for before the list of tasks has it.
    let now = desk.now;
    let asked = desk.app.asks(now).into_iter().find_map(|effect| match effect {
        Effect::Ask { id, ask } => Some((id, ask)),
        _ => None,
    });
    let (id, ask) = asked.expect("the log");
    assert!(matches!(&ask.question, Question::Log { upid, .. } if &**upid == UPID), "{ask:?}");
    let lines = vec!["percentage done: 50.00% (1/2 snapshots)".into()];
    let log = TaskLog { from: 1, lines, total: 1, active: true };
    desk.hear([Msg::Answered { slot: ask.slot, id, result: Ok(Answer::Log(log)) }]);
    assert!(desk.screen().contains("percentage done: 50.00%"), "{}", desk.screen());
}

#[test]
fn what_the_server_refuses_is_told_where_it_was_confirmed() {
    let mut desk = desk(false, (80, 24));
    desk.keys("5x<enter><enter>");
    answered(&mut desk, Err("missing permissions 'Datastore.Verify' on '/datastore/main'"));
    assert!(desk.screen().contains("missing permissions 'Datastore.Verify'"), "{}", desk.screen());
    desk.keys("<esc><esc>");
    assert!(!desk.screen().contains("missing permissions"), "{}", desk.screen());
}

#[test]
fn a_prune_shows_what_it_would_take_away_and_when_that_is_free() {
    let mut desk = desk(false, (120, 40));
    desk.keys("5xjjj<enter>");
    look("chores_prune", &mut desk);
    let screen = desk.screen();
    for told in
        ["keeps", "2 last, 5 daily", "dry run", "going by a deduplication of 12.0", "garbage collection of"]
    {
        assert!(screen.contains(told), "{told}: {screen}");
    }
    desk.keys("<enter>");
    assert!(
        matches!(called(&desk), Some((_, Chore::Run { kind: JobKind::Prune, .. }))),
        "{:?}",
        called(&desk)
    );
}

#[test]
fn a_job_that_runs_cannot_be_started_again() {
    let mut desk = desk(false, (120, 40));
    desk.keys("5xjj<enter><enter>");
    assert_eq!(called(&desk), None);
    assert!(desk.screen().contains("running now"), "{}", desk.screen());
}

#[test]
fn a_snapshot_is_protected_and_the_menu_goes() {
    let mut desk = desk(false, (120, 40));
    desk.keys("5xj<enter><enter>");
    assert!(matches!(called(&desk), Some((_, Chore::Protect { on: true, .. }))), "{:?}", called(&desk));
    answered(&mut desk, Ok(""));
    let screen = desk.screen();
    assert!(
        screen.contains("protected: no prune takes it away") && !screen.contains("Actions on"),
        "{screen}"
    );
}

#[test]
fn nothing_is_done_when_only_reading() {
    let mut desk = desk(true, (120, 40));
    desk.keys("5x<enter><enter><enter>");
    assert_eq!(called(&desk), None);
    desk.keys("<esc><esc>5x");
    assert!(desk.screen().contains("nothing is written under --read-only"), "{}", desk.screen());
}

#[test]
fn a_restore_that_was_tried_is_noted_and_shown() {
    let mut desk = desk(false, (120, 40));
    desk.keys("5xjjjjj");
    let screen = desk.screen();
    assert!(screen.contains("note that a restore was tried") && screen.contains("never tried"), "{screen}");
    desk.keys("<enter>kim<tab>booted as vm 902<enter>");
    let kept = desk.effects.iter().find_map(|effect| match effect {
        Effect::KeepDrill(drill) => Some(drill.clone()),
        _ => None,
    });
    let kept = kept.expect("it is written down");
    assert_eq!(
        (kept.group.to_string(), &*kept.note, kept.at),
        ("vm/102".to_owned(), "booted as vm 902", instant())
    );
    assert_eq!(called(&desk), None, "nothing is done on a server");
    desk.keys("<enter>");
    assert!(desk.screen().contains("(booted as vm 902), due in 90d"), "{}", desk.screen());
}

#[test]
fn a_datastore_has_its_jobs_and_nothing_else() {
    let mut desk = desk(false, (120, 40));
    desk.keys("5<tab>jx");
    let screen = desk.screen();
    assert!(screen.contains("Actions on datastore"), "{screen}");
    desk.keys("<esc>2x");
    assert!(desk.screen().contains("no action is configured"), "{}", desk.screen());
}
