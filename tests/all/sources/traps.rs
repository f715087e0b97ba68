//! The facts about Proxmox Backup Server's API that break a client which does not know them, one
//! test for each.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use wardroom::clock::Clock;
use wardroom::domain::backup::{BackupState, Evidence, Expectation, assess};
use wardroom::domain::feed::{FailureKind, Feed};
use wardroom::domain::job::{Job, JobKind};
use wardroom::domain::observation::Observation;
use wardroom::domain::question::{Answer as Answered, Question};
use wardroom::domain::server::Server as Machine;
use wardroom::domain::task::{Outcome, Task, TaskLog};
use wardroom::sources::Source;
use wardroom::sources::watch::Watch;

use super::pbs::{
    at, backups, data, datastores, group, homelab, lab, of_group, parameter, pbs, recording, recordings,
    replay, tasks,
};
use super::replay::{Answer, Server, look};

type Jobs = (Arc<[Job]>, Arc<[Arc<str>]>, Arc<[Task]>);

async fn jobs(source: &dyn Source) -> Jobs {
    match look(source, Feed::Jobs).await.expect("a good answer") {
        Observation::Jobs { jobs, hidden, runs } => (jobs, hidden, runs),
        other => panic!("{other:?}"),
    }
}

async fn machine(source: &dyn Source) -> Arc<Machine> {
    match look(source, Feed::Server).await.expect("a good answer") {
        Observation::Server(server) => server,
        other => panic!("{other:?}"),
    }
}

/// A server that has the recorded jobs.
async fn with_jobs(change: impl Fn(&str) -> Option<Answer> + Send + Sync + 'static) -> Server {
    lab(move |path, asked| {
        if let Some(answer) = change(path) {
            return Some(answer);
        }
        Some(match path {
            "/admin/verify" => replay("admin-verify"),
            "/admin/prune" => replay("admin-prune"),
            "/admin/gc" => replay("admin-gc"),
            // As PBS 3.2 says it.
            "/admin/sync" if parameter(asked, "sync-direction").is_some() => Answer::text(
                400,
                "parameter verification failed - 'sync-direction': schema does not allow additional properties.",
            ),
            "/admin/sync" => replay("admin-sync"),
            _ => return None,
        })
    })
    .await
}

#[tokio::test]
async fn a_refusal_that_takes_three_seconds_is_no_server_that_is_down() {
    let refusal = Answer { after: Duration::from_secs(3), ..replay("error-auth-bad-secret") };
    let server = Server::always(refusal).await;
    let source = pbs(&server, "timeout = \"4s\"");
    let began = Instant::now();
    let feeds = [Feed::Tasks, Feed::Datastores, Feed::Snapshots, Feed::Jobs, Feed::Server];
    let looks = feeds.map(|feed| look(&*source, feed));
    for failure in futures_util::future::join_all(looks).await {
        assert_eq!(failure.expect_err("401").kind, FailureKind::Unauthorised);
    }
    assert!(began.elapsed() >= Duration::from_secs(3));
}

#[tokio::test]
async fn an_empty_list_of_jobs_may_mean_no_right_to_see_them() {
    let server = lab(|path, _| {
        Some(match path {
            "/access/permissions" => replay("nopriv-permissions"),
            "/admin/verify" | "/admin/prune" | "/admin/sync" | "/admin/gc" => replay("nopriv-admin-verify"),
            _ => return None,
        })
    })
    .await;
    let failure = look(&*pbs(&server, ""), Feed::Jobs).await.expect_err("nothing is readable");
    assert_eq!(failure.kind, FailureKind::Unauthorised);
}

#[tokio::test]
async fn jobs_of_a_remote_are_hidden_not_absent_without_the_right_to_see_them() {
    let server = with_jobs(|path| match path {
        "/access/permissions" => Some(replay("auditonly-permissions")),
        "/admin/sync" => Some(replay("auditonly-admin-sync")),
        _ => None,
    })
    .await;
    let (jobs, hidden, _) = jobs(&*pbs(&server, "")).await;
    assert_eq!(jobs.iter().filter(|job| job.kind == JobKind::Sync).count(), 2);
    assert_eq!(hidden.len(), 1);
    assert!(hidden[0].contains("Remote.Audit"), "{hidden:?}");
}

#[tokio::test]
async fn the_last_backup_of_a_group_may_be_one_that_never_ended() {
    let server = lab(|path, asked| {
        Some(match path {
            "/admin/datastore/main/groups" => replay("crash-groups"),
            "/admin/datastore/main/snapshots" => of_group(asked, "crash-snapshots"),
            _ => return None,
        })
    })
    .await;
    let (groups, _) = backups(&*pbs(&server, "")).await;
    let crashed = group(&groups, "vm/101");
    let told = recording("crash-groups").json.expect("JSON");
    let told = told["data"].as_array().expect("a list").iter().find(|group| group["backup-id"] == "101");
    let told = told.expect("the group");
    let newest = crashed.newest().expect("an older one is finished");
    let unfinished = crashed.unfinished.expect("one was left over");
    assert!(unfinished > newest.at);
    assert_eq!(told["backup-count"].as_u64(), Some(crashed.snapshots.len() as u64 + 1));
}

#[tokio::test]
async fn a_verify_job_may_be_ok_over_a_snapshot_that_is_broken() {
    let server = lab(|path, asked| {
        Some(match path {
            "/admin/datastore/main/groups" => replay("datastore-groups"),
            "/admin/datastore/main/snapshots" => of_group(asked, "snapshots-still-failed-while-job-ok"),
            "/admin/verify" => replay("admin-verify-ok-but-snapshot-still-failed"),
            "/admin/prune" | "/admin/sync" | "/admin/gc" => data(&json!([])),
            _ => return None,
        })
    })
    .await;
    let source = pbs(&server, "");
    let (jobs, ..) = jobs(&*source).await;
    let (groups, _) = backups(&*source).await;
    let broken = group(&groups, "vm/666");
    let verify: Vec<&Job> = jobs.iter().filter(|job| job.covers(&broken.id)).collect();
    let says_ok = |job: &&&Job| job.last.as_ref().is_some_and(|run| run.outcome == Outcome::Ok);
    assert!(verify.iter().any(|job| says_ok(&job)), "{verify:?}");
    let evidence = Evidence { verify, ..Evidence::default() };
    let now = broken.newest().expect("a snapshot").at + chrono::TimeDelta::hours(2);
    let judged = assess(broken, Expectation::default(), &evidence, now);
    assert_eq!(judged.state, BackupState::Failed, "{}", judged.reason);
}

const UPID: &str = r"UPID:vm:00006575:0003AFD7:0000002E:6B00ADEF:backup:main\x3act-556:backup@pbs!client:";

#[tokio::test]
async fn a_backslash_in_a_upid_does_not_become_a_slash() {
    let server = lab(|path, _| path.ends_with("/log").then(|| replay("task-log-running"))).await;
    let source = pbs(&server, "");
    let question = Question::Log { upid: UPID.into(), from: Some(1), seen: None };
    let Ok(Answered::Log(log)) = source.answer(question, Utc::now()).await else { panic!("a log") };
    assert_eq!((log.from, log.lines.len(), log.total, log.active, log.next()), (1, 5, 15, true, 6));
    let asked = server.asked();
    let path = asked[0].uri.path();
    assert!(path.contains("main%5Cx3act-556%3Abackup%40pbs%21client%3A"), "{path}");
}

#[rstest]
#[case("task-log-backup-connection-error", Some(1), false, "TASK ERROR: connection error: connection reset")]
#[case(
    "task-log-verify-failed",
    None,
    false,
    "TASK ERROR: verification failed - please check the log for details"
)]
#[case("task-log-gc-warning", None, false, "TASK WARNINGS: 1")]
#[case("task-log-prunejob-ok", Some(0), false, "TASK OK")]
#[tokio::test]
async fn the_log_of_a_task_is_read_on_demand(
    #[case] name: &'static str,
    #[case] from: Option<u64>,
    #[case] active: bool,
    #[case] says: &str,
) {
    let server = lab(move |path, _| path.ends_with("/log").then(|| replay(name))).await;
    let question = Question::Log { upid: UPID.into(), from, seen: None };
    let answer = pbs(&server, "").answer(question, Utc::now()).await;
    let Ok(Answered::Log(TaskLog { lines, active: is_active, .. })) = answer else { panic!("{answer:?}") };
    assert_eq!(is_active, active);
    assert!(lines.iter().any(|line| line.ends_with(says)), "{lines:?}");
}

#[tokio::test]
async fn a_log_that_may_not_be_read_says_so() {
    let denied = Answer::text(400, "task access not allowed");
    let server = lab(move |path, _| path.ends_with("/log").then(|| denied.clone())).await;
    let question = Question::Log { upid: UPID.into(), from: Some(1), seen: None };
    let error = pbs(&server, "").answer(question, Utc::now()).await.expect_err("a refusal");
    assert!(error.to_string().contains("task access not allowed"), "{error}");
}

#[tokio::test]
async fn a_running_task_tells_how_far_it_is_and_one_that_hides_its_log_does_not() {
    let server = lab(|path, asked| {
        let line = json!({ "n": 7, "t": "2026-11-20T20:30:39+00:00: percentage done: 62.00% (3/5 groups)" });
        Some(match path {
            "/nodes/localhost/tasks" if parameter(asked, "running").is_some() => replay("tasks-running"),
            path if path.contains("ct-556") => {
                Answer::json(json!({ "data": [line], "total": 7, "success": 1 }).to_string())
            }
            path if path.ends_with("/log") => Answer::text(400, "task access not allowed"),
            _ => return None,
        })
    })
    .await;
    let tasks = tasks(&*pbs(&server, "")).await;
    let progress = |id: &str| tasks.iter().find(|task| &*task.id == id).and_then(|task| task.progress);
    assert_eq!((progress("main:ct/556"), progress("main:vm/100")), (Some(0.62), None));
}

/// The answer with its list the other way round.
fn turned(answer: Answer) -> Answer {
    let mut read: Value = serde_json::from_slice(&answer.body).expect("JSON");
    if let Some(list) = read["data"].as_array_mut() {
        list.reverse();
    }
    Answer { body: serde_json::to_vec(&read).expect("JSON"), ..answer }
}

#[tokio::test]
async fn lists_in_another_order_are_the_same_lists() {
    let answers = |path: &str, asked: &super::replay::Asked| {
        Some(match path {
            "/admin/datastore" => replay("admin-datastore"),
            "/status/datastore-usage" => replay("status-datastore-usage"),
            "/admin/datastore/main/namespace" => replay("datastore-namespace"),
            "/admin/datastore/main/groups" if parameter(asked, "ns").is_none() => replay("datastore-groups"),
            "/admin/datastore/main/snapshots" => of_group(asked, "datastore-snapshots"),
            "/nodes/localhost/tasks" => replay("tasks-default"),
            "/admin/verify" => replay("admin-verify"),
            "/admin/prune" => replay("admin-prune"),
            "/admin/sync" => replay("admin-sync"),
            "/admin/gc" => replay("admin-gc"),
            _ => return None,
        })
    };
    let one = lab(answers).await;
    let other = lab(move |path, asked| answers(path, asked).map(turned)).await;
    let (one, other) = (pbs(&one, ""), pbs(&other, ""));
    for feed in [Feed::Snapshots, Feed::Datastores, Feed::Tasks, Feed::Jobs] {
        let seen = look(&*one, feed).await;
        assert!(seen.is_ok(), "{feed}");
        assert_eq!(seen.ok(), look(&*other, feed).await.ok(), "{feed}");
    }
}

#[tokio::test]
async fn one_lost_datastore_does_not_take_the_usage_of_the_others_with_it() {
    let server = lab(|path, _| {
        Some(match path {
            "/admin/datastore" => replay("admin-datastore"),
            "/status/datastore-usage" => replay("error-status-datastore-usage-one-broken-store-fails-all"),
            "/admin/datastore/broken/status" => replay("error-datastore-status-broken"),
            path if path.ends_with("/status") => replay("datastore-status"),
            _ => return None,
        })
    })
    .await;
    let stores = datastores(&*pbs(&server, "")).await;
    let told: Vec<_> = stores.iter().map(|store| (&*store.name, store.share().is_some())).collect();
    let expected = [("broken", false), ("main", true), ("off1", true), ("offsite", true), ("ro1", true)];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn raw_deflate_is_never_asked_for() {
    let server = homelab().await;
    let source = pbs(&server, "");
    backups(&*source).await;
    tasks(&*source).await;
    for asked in server.asked() {
        let accepts =
            asked.headers.get("accept-encoding").and_then(|value| value.to_str().ok()).unwrap_or("");
        assert!(!accepts.contains("deflate"), "{accepts}");
    }
}

#[tokio::test]
async fn jobs_tell_their_last_run_and_their_next() {
    let server = with_jobs(|_| None).await;
    let source = pbs(&server, "");
    let (jobs, hidden, _) = jobs(&*source).await;
    assert_eq!(*hidden, []);
    let names: Vec<String> = jobs.iter().map(|job| format!("{} {}", job.kind, job.id)).collect();
    assert_eq!(
        names,
        [
            "verify v-main",
            "verify v-nosched",
            "verify v-never",
            "prune p-main",
            "prune p-off",
            "sync s-dead",
            "sync s-local",
            "sync s-ok",
            "gc broken",
            "gc main",
            "gc offsite",
            "gc ro1",
        ]
    );
    let job = |id: &str| jobs.iter().find(|job| &*job.id == id).expect("the job");
    let run = job("v-main").last.as_ref().expect("it ran");
    assert_eq!(run.began, Some(at(0x6B00_AE19)), "from the identity of its task");
    assert_eq!(run.ended, Some(at(1_795_206_686)));
    assert!(matches!(&run.outcome, Outcome::Failed(text) if text.contains("verification failed")));
    assert_eq!(job("v-main").next, Some(at(1_795_219_200)));
    assert!(job("v-never").last.is_none() && job("v-never").next.is_some());
    assert!(job("v-nosched").schedule.is_empty() && job("v-nosched").next.is_none());
    assert_eq!((&*job("v-nosched").namespace, job("v-nosched").depth), ("lab", Some(0)));
    assert!(job("p-off").disabled);
    let garbage = jobs.iter().find(|job| job.kind == JobKind::Gc && &*job.id == "main");
    let garbage = garbage.and_then(|job| job.garbage).expect("numbers");
    assert_eq!((garbage.pending, garbage.disk), (50_331_792, 621_576_940));
    // What the server does not know is asked for once.
    look(&*source, Feed::Jobs).await.expect("a second look");
    let tried = server.asked().iter().filter(|asked| parameter(asked, "sync-direction").is_some()).count();
    assert_eq!(tried, 1);
}

#[tokio::test]
async fn a_job_that_runs_has_no_end_and_one_kind_that_fails_hides_no_other() {
    let server = with_jobs(|path| match path {
        "/admin/verify" => Some(replay("admin-verify-while-running")),
        "/admin/gc" => Some(Answer::text(404, "Path '/api2/json/admin/gc' not found.")),
        _ => None,
    })
    .await;
    let (jobs, hidden, _) = jobs(&*pbs(&server, "")).await;
    assert!(jobs.iter().any(|job| &*job.id == "v-main" && job.is_running()));
    assert!(!jobs.iter().any(|job| job.kind == JobKind::Gc));
    assert_eq!(hidden.len(), 1);
    assert!(hidden[0].starts_with("gc jobs: "), "{hidden:?}");
}

#[tokio::test]
async fn every_recorded_list_of_jobs_is_understood() {
    let mut read = 0;
    for recording in recordings() {
        let Some(path) = recording.path.strip_prefix("/api2/json") else { continue };
        let known = ["/admin/verify", "/admin/prune", "/admin/sync", "/admin/gc"];
        let Some(place) = known.into_iter().find(|known| *known == path) else { continue };
        let entries = recording.json.as_ref().and_then(|body| body["data"].as_array()).map(Vec::len);
        let (answer, status) = (recording.answer.clone(), recording.status);
        let server = lab(move |path, _| match path {
            path if path == place => Some(answer.clone()),
            "/admin/verify" | "/admin/prune" | "/admin/sync" | "/admin/gc" => Some(data(&json!([]))),
            _ => None,
        })
        .await;
        let (jobs, hidden, _) = jobs(&*pbs(&server, "")).await;
        assert_eq!((Some(jobs.len()), hidden.len()), (entries, 0), "{} {status}", recording.name);
        read += 1;
    }
    assert!(read >= 12, "{read}");
}

#[tokio::test]
async fn a_server_tells_what_runs_on_it() {
    let services = json!([
        { "service": "proxmox-backup-proxy", "name": "x", "desc": "y", "state": "running", "unit-state": "enabled" },
        { "service": "postfix", "state": "dead", "unit-state": "not-found" },
        { "service": "cron", "state": "dead", "unit-state": "enabled" },
    ]);
    let server = lab(move |path, _| {
        Some(match path {
            "/version" => replay("version"),
            "/nodes/localhost/services" => data(&services),
            "/nodes/localhost/status" => replay("node-status"),
            _ => return None,
        })
    })
    .await;
    let machine = machine(&*pbs(&server, "")).await;
    let under = machine.machine.expect("the machine under it");
    assert_eq!((under.uptime, under.cores, under.root), (2926, 2, (32_738_283_520, 270_553_174_016)));
    assert_eq!(&*machine.version, "3.2.4");
    let down: Vec<_> = machine.services.iter().filter(|one| one.is_down()).map(|one| &*one.name).collect();
    assert_eq!((machine.services.len(), down), (3, vec!["cron"]));
    assert_eq!((machine.certificate, &machine.hidden), (None, &None));
}

#[tokio::test]
async fn services_that_may_not_be_seen_are_hidden_not_absent() {
    let server = lab(|path, _| {
        Some(match path {
            "/version" => replay("version"),
            "/nodes/localhost/services" => replay("nopriv-node-services"),
            "/nodes/localhost/status" => replay("nopriv-node-status"),
            _ => return None,
        })
    })
    .await;
    let machine = machine(&*pbs(&server, "")).await;
    assert_eq!(machine.hidden.as_deref(), Some("permission check failed"));
    assert_eq!(machine.machine, None, "not readable is not nothing");
}

/// Ten thousand snapshots: a hundred groups with a hundred each.
#[tokio::test]
async fn ten_thousand_snapshots_are_read_once_and_group_by_group() {
    const NEWEST: i64 = 1_795_206_600;
    let group = |id: usize| json!({ "backup-type": "vm", "backup-id": id.to_string(), "last-backup": NEWEST, "backup-count": 100 });
    let groups = data(&(1000..1100).map(group).collect());
    let server = lab(move |path, asked| {
        Some(match path {
            "/admin/datastore/main/groups" => groups.clone(),
            "/admin/datastore/main/snapshots" => {
                let id = parameter(asked, "backup-id")?;
                let snapshot = |age: i64| {
                    json!({
                        "backup-type": "vm", "backup-id": id, "backup-time": NEWEST - age * 86_400,
                        "files": [{ "filename": "index.json.blob", "crypt-mode": "none", "size": 500 }],
                        "size": 137_438_953_472_i64, "owner": "backup@pbs!pve", "protected": false,
                    })
                };
                data(&(0..100).map(snapshot).collect())
            }
            _ => return None,
        })
    })
    .await;
    let source = pbs(&server, "");
    let began = Instant::now();
    let (groups, unreadable) = backups(&*source).await;
    assert_eq!(groups.iter().map(|group| group.snapshots.len()).sum::<usize>(), 10_000);
    assert_eq!(unreadable.len(), 0);
    assert!(groups.iter().all(|group| group.newest().is_some_and(|newest| newest.at == at(NEWEST))));
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    let before = server.asked().len();
    backups(&*source).await;
    assert!(server.asked().len() - before <= 4, "what did not change is not read again");
}

/// Twenty megabytes in one answer, which the tasks need not wait for.
#[tokio::test]
async fn a_huge_list_of_snapshots_is_read_beside_the_tasks() {
    let files = json!([
        { "filename": "drive-scsi0.img.fidx", "crypt-mode": "none", "size": 137_438_953_472_i64 },
        { "filename": "qemu-server.conf.blob", "crypt-mode": "none", "size": 417 },
        { "filename": "client.log.blob", "crypt-mode": "none", "size": 2_417 },
        { "filename": "index.json.blob", "crypt-mode": "none", "size": 494 },
    ]);
    let snapshot = |at: i64| {
        json!({
            "backup-type": "vm", "backup-id": "100", "backup-time": at, "files": files, "size": 137_438_953_472_i64,
            "owner": "backup@pbs!pve", "protected": false, "comment": "media01",
            "verification": { "state": "ok", "upid": "UPID:vm:00006575:0003AFD7:00000033:6B00AE1C:verify:main:root@pam:" },
        })
    };
    let huge = data(&(1_700_000_000..1_700_040_000).map(snapshot).collect());
    assert!(huge.body.len() > 20_000_000, "{}", huge.body.len());
    let server = lab(move |path, _| (path == "/admin/datastore/main/snapshots").then(|| huge.clone())).await;
    let source = pbs(&server, "");
    let (groups, seen) = tokio::join!(backups(&*source), async {
        let began = Instant::now();
        tasks(&*source).await;
        began.elapsed()
    });
    assert_eq!(group(&groups.0, "vm/100").snapshots.len(), 40_000);
    assert!(seen < Duration::from_secs(5), "{seen:?}");
}

#[tokio::test]
async fn a_feed_that_hangs_holds_up_no_other() {
    let server = lab(|path, _| {
        let hung = Answer { after: Duration::from_secs(30), ..data(&json!([])) };
        match path {
            "/admin/datastore/main/snapshots" => Some(hung),
            "/admin/verify" | "/admin/prune" | "/admin/sync" | "/admin/gc" => Some(data(&json!([]))),
            "/version" => Some(replay("version")),
            _ => None,
        }
    })
    .await;
    let source = pbs(&server, "interval = \"100ms\"");
    let (to, mut events) = mpsc::channel(16);
    let _watch = Watch::start(&[source], &Clock::system(), &to);
    let mut seen: Vec<Feed> = Vec::new();
    let others = async {
        while seen.iter().filter(|feed| **feed == Feed::Tasks).count() < 5
            || ![Feed::Datastores, Feed::Jobs, Feed::Server].iter().all(|feed| seen.contains(feed))
        {
            let event = events.recv().await.expect("the watch goes on");
            assert!(event.result.is_ok(), "{event:?}");
            seen.push(event.feed);
        }
    };
    tokio::time::timeout(Duration::from_secs(10), others).await.expect("the others go on");
    assert!(!seen.contains(&Feed::Snapshots), "that one hangs");
}
