//! Proxmox VE 9.2, held to what is written of it.

use serde_json::Value;
use wardroom::demo::Scenario;

use super::shape::Reading;
use super::{Body, Question, Same, Shaped, ask, get, hold, ports, pve_token, still};

const READING: Reading = Reading { maps: &[], words: &["exitstatus"], tag: "type" };

const RESOURCES: &[&str] = &["pve/cluster-resources", "pve/cluster-resources-cluster"];
const TASKS: &[&str] = &["pve/node-tasks"];

fn header(token: &str) -> String {
    format!("Authorization: PVEAPIToken={token}\r\n")
}

/// What the hypervisor of a scenario answers.
async fn answer(scenario: Scenario, path: &str) -> Value {
    let lab = still(scenario).await;
    let header = header(&pve_token(&lab));
    let reply = ask(ports(&lab)[5], Question { headers: &header, ..get(path) }).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.body);
    reply.json().expect("JSON")["data"].take()
}

#[tokio::test]
async fn answers_are_those_of_pve() {
    for scenario in [Scenario::HostDown, Scenario::BackupLate, Scenario::Storm, Scenario::Calm] {
        let lab = still(scenario).await;
        let header = header(&pve_token(&lab));
        let row = |path, recordings: &'static [&'static str], body: Body| {
            (Question { headers: header.as_str(), ..get(path) }, recordings, body)
        };
        let rows = [
            row("/api2/json/version", &["pve/version"], Same),
            row("/api2/json/cluster/resources", RESOURCES, Shaped),
            row("/api2/json/cluster/resources?type=vm", &["pve/cluster-resources-vm"], Shaped),
            row("/api2/json/cluster/status", &["pve/cluster-status"], Shaped),
            row("/api2/json/cluster/backup", &["pve/cluster-backup"], Shaped),
            row("/api2/json/cluster/backup-info/not-backed-up", &["pve/not-backed-up"], Shaped),
            row("/api2/json/nodes", &["pve/nodes"], Shaped),
            row("/api2/json/nodes/pve/tasks?typefilter=vzdump&source=all&limit=200", TASKS, Shaped),
            row("/api2/json/access/permissions", &["pve/access-permissions"], Shaped),
        ];
        hold(ports(&lab)[5], READING, &rows).await;
    }
}

#[tokio::test]
async fn errors_are_those_of_pve() {
    let lab = still(Scenario::Calm).await;
    let (right, wrong) = (header(&pve_token(&lab)), header("monitor@pve!dash=no"));
    let rows: [(Question<'_>, &[&str], Body); 5] = [
        (
            Question { headers: &right, ..get("/api2/json/cluster/backup?target=10.0.0.15") },
            &["pve/error-400"],
            Same,
        ),
        (Question { headers: &right, ..get("/api2/json/nosuch/path") }, &["pve/error-501"], Same),
        (
            Question { headers: &right, ..get("/api2/json/nodes/pve/qemu/999/config") },
            &["pve/error-500-no-such-guest"],
            Shaped,
        ),
        (Question { headers: &wrong, ..get("/api2/json/version") }, &["pve/error-401"], Same),
        (get("/api2/json/version"), &["pve/error-401-no-credentials"], Same),
    ];
    hold(ports(&lab)[5], READING, &rows).await;
}

#[tokio::test]
async fn guests_are_those_of_the_backup_server() {
    let guests = answer(Scenario::Calm, "/api2/json/cluster/resources?type=vm").await;
    let mut told: Vec<String> = guests
        .as_array()
        .into_iter()
        .flatten()
        .map(|guest| {
            format!("{} {}", guest["id"].as_str().unwrap_or(""), guest["name"].as_str().unwrap_or(""))
        })
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            "lxc/200 monitoring",
            "lxc/210 nextcloud",
            "lxc/212 calibre",
            "lxc/230 vaultwarden",
            "qemu/100 gpu",
            "qemu/101 workbench",
            "qemu/102 storage",
            "qemu/900 debian-13",
        ]
    );
}

#[tokio::test]
async fn a_running_backup_holds_its_guest_and_says_how_far_it_is() {
    let guests = answer(Scenario::HostDown, "/api2/json/cluster/resources?type=vm").await;
    let held: Vec<&str> = guests
        .as_array()
        .into_iter()
        .flatten()
        .filter(|guest| guest["lock"] == "backup")
        .filter_map(|guest| guest["id"].as_str())
        .collect();
    assert_eq!(held, ["qemu/100"]);
    let tasks = answer(Scenario::HostDown, "/api2/json/nodes/pve/tasks?source=active").await;
    let upid = tasks[0]["upid"].as_str().expect("a running task");
    assert_eq!(tasks[0]["status"], "RUNNING");
    let log = answer(Scenario::HostDown, &format!("/api2/json/nodes/pve/tasks/{upid}/log?limit=500")).await;
    let last = log.as_array().and_then(|lines| lines.last()?["t"].as_str()).expect("a line");
    assert!(last.contains('%'), "{last}");
    let status = answer(Scenario::HostDown, &format!("/api2/json/nodes/pve/tasks/{upid}/status")).await;
    assert_eq!(status["status"], "running");
    assert!(status.get("exitstatus").is_none());
}
