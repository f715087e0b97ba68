//! Proxmox Backup Server 3.2.

use serde_json::Value;
use wardroom::clock::Clock;
use wardroom::demo::{Lab, Scenario};

use super::shape::Reading;
use super::{Body, Question, Same, Shaped, ask, get, hold, ports, still, token};

const READING: Reading = Reading { maps: &[], words: &["state", "crypt-mode"], tag: "" };

const SNAPSHOTS: &[&str] = &["pbs/datastore-snapshots", "pbs/snapshots-during-running-backup"];
const GROUPS: &[&str] = &["pbs/datastore-groups", "pbs/groups-during-running-backup"];
const USAGE: &[&str] = &["pbs/status-datastore-usage-fresh", "pbs/status-datastore-usage"];
const TASKS: &[&str] = &["pbs/tasks-default", "pbs/tasks-default-with-running"];
const GC: &[&str] = &["pbs/admin-gc", "pbs/admin-gc-never-run"];

/// The rows of a table, asked with the token of the lab.
async fn with_token(scenario: Scenario, rows: Vec<(&str, &str, &'static [&'static str], Body)>) {
    let lab = still(scenario).await;
    let header = format!("Authorization: PBSAPIToken={}\r\n", token(&lab));
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(method, path, recordings, body)| {
            (Question { method, path, headers: header.as_str(), body: "" }, recordings, body)
        })
        .collect();
    hold(ports(&lab)[4], READING, &rows).await;
}

#[tokio::test]
async fn answers_are_those_of_pbs() {
    for scenario in [Scenario::HostDown, Scenario::Storm, Scenario::Calm] {
        with_token(
            scenario,
            vec![
                ("GET", "/api2/json/ping", &["pbs/ping-noauth"], Same),
                ("GET", "/api2/json/version", &["pbs/version"], Same),
                ("GET", "/api2/json/admin/datastore", &["pbs/admin-datastore"], Shaped),
                ("GET", "/api2/json/admin/datastore/main/namespace", &["pbs/datastore-namespace"], Shaped),
                ("GET", "/api2/json/admin/datastore/main/groups", GROUPS, Shaped),
                ("GET", "/api2/json/admin/datastore/main/snapshots", SNAPSHOTS, Shaped),
                (
                    "GET",
                    "/api2/json/admin/datastore/main/snapshots?backup-type=vm&backup-id=424242",
                    &["pbs/datastore-snapshots-unknown-group"],
                    Same,
                ),
                ("GET", "/api2/json/admin/datastore/main/status", &["pbs/datastore-status"], Shaped),
                (
                    "GET",
                    "/api2/json/admin/datastore/main/status?verbose=1",
                    &["pbs/datastore-status-verbose"],
                    Shaped,
                ),
                ("GET", "/api2/json/admin/datastore/main/gc", &["pbs/datastore-gc"], Shaped),
                ("GET", "/api2/json/status/datastore-usage", USAGE, Shaped),
                ("GET", "/api2/json/nodes/localhost/status", &["pbs/node-status"], Shaped),
                ("GET", "/api2/json/nodes/localhost/time", &["pbs/node-time"], Shaped),
                ("GET", "/api2/json/nodes/localhost/tasks", TASKS, Shaped),
                (
                    "GET",
                    "/api2/json/nodes/localhost/tasks?errors=1",
                    &["pbs/tasks-errors", "pbs/tasks-errors-includes-running"],
                    Shaped,
                ),
                ("GET", "/api2/json/admin/gc", GC, Shaped),
                (
                    "GET",
                    "/api2/json/admin/verify",
                    &["pbs/admin-verify", "pbs/admin-verify-never-run"],
                    Shaped,
                ),
                ("GET", "/api2/json/admin/prune", &["pbs/admin-prune", "pbs/admin-prune-never-run"], Shaped),
                ("GET", "/api2/json/admin/sync", &["pbs/admin-sync", "pbs/admin-sync-never-run"], Shaped),
            ],
        )
        .await;
    }
}

#[tokio::test]
async fn errors_are_those_of_pbs() {
    with_token(
        Scenario::Calm,
        vec![
            ("GET", "/api2/json/nosuch/path", &["pbs/error-unknown-path"], Same),
            ("GET", "/api2/xml/version", &["pbs/error-unknown-format"], Same),
            ("GET", "/api2/json/admin/verify/v-main/run", &["pbs/error-get-on-post-path"], Same),
            ("GET", "/api2/json/admin/datastore/nosuch/groups", &["pbs/error-datastore-groups-unknown-store"], Same),
            ("GET", "/api2/json/admin/datastore/ab/status", &["pbs/error-datastore-status-short-name"], Same),
            ("GET", "/api2/json/admin/datastore/main/groups?ns=nosuch", &["pbs/error-datastore-groups-ns-unknown"], Same),
            ("GET", "/api2/json/admin/datastore/main/snapshots?foo=bar", &["pbs/error-datastore-snapshots-extra-param"], Same),
            (
                "GET",
                "/api2/json/admin/datastore/main/snapshots?backup-type=qemu&backup-id=1",
                &["pbs/error-datastore-snapshots-bad-type"],
                Same,
            ),
            ("GET", "/api2/json/nodes/bad_name!/status", &["pbs/error-node-name-invalid"], Same),
            ("GET", "/api2/json/nodes", &["pbs/nodes"], Same),
            (
                "GET",
                "/api2/json/nodes/localhost/tasks?statusfilter=error%2Cwarning",
                &["pbs/error-tasks-statusfilter-comma"],
                Same,
            ),
            ("GET", "/api2/json/nodes/localhost/tasks/UPID:foo/status", &["pbs/error-task-status-bad-upid"], Same),
            (
                "GET",
                "/api2/json/nodes/localhost/tasks/UPID%3Avm%3A00006575%3A0003AFD7%3A000000FF%3A6B00AE13%3Abackup%3Amain%3Aroot%40pam%3A/log",
                &["pbs/error-task-log-unknown-upid"],
                Same,
            ),
            (
                "GET",
                "/api2/json/nodes/localhost/tasks/UPID%3Avm%3A00006575%3A0003AFD7%3A000000FF%3A6B00AE13%3Abackup%3Amain%3Aroot%40pam%3A/status",
                &["pbs/task-status-unknown-upid"],
                Same,
            ),
            ("POST", "/api2/json/admin/datastore/main/gc", &["pbs/error-post-gc-nopriv"], Same),
            ("POST", "/api2/json/admin/datastore/main/verify", &["pbs/error-post-verify-nopriv"], Same),
            ("POST", "/api2/json/admin/verify/v-main/run", &["pbs/error-post-verify-job-nopriv"], Same),
            ("POST", "/api2/json/admin/prune/p-main/run", &["pbs/error-post-prune-job-nopriv"], Same),
            ("POST", "/api2/json/admin/sync/s-local/run", &["pbs/error-post-sync-job-nopriv"], Same),
        ],
    )
    .await;
}

#[tokio::test]
async fn nobody_comes_in_without_the_token() {
    let lab = still(Scenario::Calm).await;
    let secret = "00000000-0000-4000-8000-000000000000";
    for (given, recording) in [
        (String::new(), "pbs/error-version-noauth"),
        (format!("Authorization: PBSAPIToken=monitor@pbs!dash:{secret}\r\n"), "pbs/error-auth-bad-secret"),
        (
            format!("Authorization: PBSAPIToken=monitor@pbs!nosuch:{secret}\r\n"),
            "pbs/error-auth-unknown-token",
        ),
        (
            format!("Authorization: PBSAPIToken=monitor@pbs!dash={secret}\r\n"),
            "pbs/error-auth-equals-instead-of-colon",
        ),
        ("Authorization: PBSAPIToken=monitor@pbs\r\n".to_owned(), "pbs/error-auth-malformed"),
        (format!("Authorization: PVEAPIToken=monitor@pbs!dash:{secret}\r\n"), "pbs/error-auth-pve-header"),
        (format!("Authorization: Bearer {secret}\r\n"), "pbs/error-auth-bearer"),
    ] {
        let question = Question { headers: &given, ..get("/api2/json/version") };
        hold(ports(&lab)[4], READING, &[(question, &[recording], Same)]).await;
    }
    hold(ports(&lab)[4], READING, &[(get("/api2/json/ping"), &["pbs/ping-noauth"], Same)]).await;
}

#[tokio::test]
async fn by_the_machines_clock_a_refused_login_takes_its_time() {
    let lab = Lab::start(Scenario::Calm, 1, Clock::system()).await.expect("free ports");
    let begun = std::time::Instant::now();
    assert_eq!(ask(ports(&lab)[4], get("/api2/json/version")).await.status, 401);
    assert!(begun.elapsed() >= std::time::Duration::from_secs(3), "{:?}", begun.elapsed());
}

/// The `data` of an answer.
async fn data(port: u16, token: &str, path: &str) -> Value {
    let headers = format!("Authorization: PBSAPIToken={token}\r\n");
    let reply = ask(port, Question { headers: &headers, ..get(path) }).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.body);
    reply.json().expect("JSON")["data"].take()
}

#[tokio::test]
async fn a_running_and_a_failed_task_can_be_followed() {
    let lab = still(Scenario::HostDown).await;
    let (port, token) = (ports(&lab)[4], token(&lab));
    let tasks = data(port, &token, "/api2/json/nodes/localhost/tasks").await;
    let tasks = tasks.as_array().expect("a list");
    assert_eq!((&tasks[0]["worker_id"], tasks[0].get("endtime")), (&"main:vm/100".into(), None));
    let failed = tasks.iter().find(|task| task["status"].as_str().is_some_and(|status| status != "OK"));
    let failed = failed.expect("a failed task");
    assert_eq!(failed["worker_id"], "main:vm/102");
    assert_eq!(failed["status"], "connection error: connection reset by peer");
    for (task, status, log) in [
        (&tasks[0], "pbs/task-status-running", "pbs/task-log-running"),
        (failed, "pbs/task-status-backup-ok", "pbs/task-log-backup-connection-error"),
    ] {
        let upid = task["upid"].as_str().expect("a UPID").replace('\\', "%5C").replace('!', "%21");
        let headers = format!("Authorization: PBSAPIToken={token}\r\n");
        let status_path = format!("/api2/json/nodes/localhost/tasks/{upid}/status");
        let active = if log.ends_with("running") { "&test-status=1" } else { "" };
        let log_path = format!("/api2/json/nodes/localhost/tasks/{upid}/log?limit=0{active}");
        let question = |path| Question { method: "GET", path, headers: &headers, body: "" };
        hold(
            port,
            READING,
            &[(question(&status_path), &[status], Shaped), (question(&log_path), &[log], Shaped)],
        )
        .await;
    }
}

#[tokio::test]
async fn nine_groups_stand_in_two_stores() {
    let lab = still(Scenario::BackupLate).await;
    let (port, token) = (ports(&lab)[4], token(&lab));
    let mut groups = 0;
    for store in ["main", "offsite"] {
        let path = format!("/api2/json/admin/datastore/{store}/groups");
        groups += data(port, &token, &path).await.as_array().map_or(0, Vec::len);
    }
    assert_eq!(groups, 9);
    for usage in data(port, &token, "/api2/json/status/datastore-usage").await.as_array().expect("a list") {
        let share = usage["used"].as_f64().expect("bytes") / usage["total"].as_f64().expect("bytes");
        let history: Vec<f64> =
            usage["history"].as_array().expect("shares").iter().filter_map(Value::as_f64).collect();
        assert!(history.is_sorted(), "it grows");
        assert!(history.last().is_some_and(|last| (share - last).abs() < 0.001), "and ends where it stands");
    }
    let now = Scenario::BackupLate.instant().timestamp();
    let path = "/api2/json/admin/datastore/main/snapshots?backup-type=vm&backup-id=102";
    let snapshots = data(port, &token, path).await;
    let newest =
        snapshots.as_array().and_then(|all| all.iter().filter_map(|one| one["backup-time"].as_i64()).max());
    assert_eq!(newest.map(|at| (now - at) / 3_600), Some(26));
}
