//! What becomes of Proxmox VE's answers.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};
use wardroom::domain::dump::{Dump, newest};
use wardroom::domain::feed::{Failure, FailureKind, Feed, SourceId, SourceKind};
use wardroom::domain::observation::Observation;
use wardroom::domain::task::Outcome;
use wardroom::settings::Document;
use wardroom::sources::{KINDS, Source};

use super::replay::{Answer, Asked, Server, look, source};

const FEEDS: [Feed; 5] = [Feed::Guests, Feed::Schedules, Feed::Dumps, Feed::Status, Feed::Configs];

/// The answer that is kept under a name.
fn replay(name: &str) -> Answer {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/recordings/pve/{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let read: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let response = &read["response"];
    let status = u16::try_from(response["status"].as_u64().expect("a status")).expect("a status");
    let body = match &response["body"] {
        Value::String(text) => text.clone(),
        json => json.to_string(),
    };
    let mut answer = Answer { status, headers: Vec::new(), body: body.into_bytes(), after: Duration::ZERO };
    if let Some(kind) = response["headers"]["content-type"].as_str() {
        answer = answer.header("content-type", kind);
    }
    answer
}

fn data(value: &Value) -> Answer {
    Answer::json(serde_json::to_vec(&json!({ "data": value })).expect("JSON"))
}

/// A cluster that answers as it should, but for what `change` answers to a path after `/api2/json`.
async fn lab(change: impl Fn(&str, &Asked) -> Option<Answer> + Send + Sync + 'static) -> Server {
    Server::start(move |asked, _| {
        let path = asked.uri.path().strip_prefix("/api2/json").expect("the API's path");
        if let Some(answer) = change(path, asked) {
            return answer;
        }
        match path {
            "/access/permissions" => replay("access-permissions"),
            "/cluster/resources" if asked.uri.query() == Some("type=vm") => replay("cluster-resources-vm"),
            "/cluster/resources" => replay("cluster-resources"),
            "/cluster/backup" => replay("cluster-backup"),
            "/cluster/backup-info/not-backed-up" => replay("not-backed-up"),
            "/cluster/status" => replay("cluster-status"),
            "/version" => replay("version"),
            "/nodes" => replay("nodes"),
            "/nodes/pve1/tasks" => replay("node-tasks"),
            _ if path.ends_with("/log") => replay("task-log"),
            _ if path.ends_with("/config") => replay("guest-config"),
            _ => replay("error-501"),
        }
    })
    .await
}

fn pve(server: &Server) -> Arc<dyn Source> {
    source(SourceKind::Pve, &format!("url = {:?}\ntoken = \"monitor@pve!dash=hidden\"", server.url))
}

async fn failure(server: &Server, feed: Feed) -> Failure {
    look(&*pve(server), feed).await.expect_err("no good answer")
}

/// `VMID OUTCOME[: LINE]`, and the nodes that could not be read.
async fn dumps(source: &dyn Source) -> (Vec<String>, Vec<String>) {
    let Ok(Observation::Dumps { dumps, unreadable }) = look(source, Feed::Dumps).await else {
        panic!("dumps");
    };
    let one = |dump: &Dump| match &dump.outcome {
        Outcome::Failed(why) => format!("{} failed: {why}", dump.guest),
        outcome => format!("{} {}", dump.guest, outcome.word()),
    };
    let unread = unreadable.iter().map(|(node, why)| format!("{node}: {why}"));
    // Of all that were told, that which counts for a guest.
    (newest(&dumps).iter().map(one).collect(), unread.collect())
}

#[tokio::test]
async fn every_feed_is_read() {
    let server = lab(|_, _| None).await;
    let source = pve(&server);
    let plans: Vec<Feed> = source.feeds().iter().map(|plan| plan.feed).collect();
    for feed in FEEDS {
        assert!(plans.contains(&feed), "{feed} is polled");
        look(&*source, feed).await.unwrap_or_else(|failure| panic!("{feed}: {}", failure.text));
    }
    let sent = server.asked().remove(0).headers.remove("authorization").expect("credentials");
    assert_eq!(sent, "PVEAPIToken=monitor@pve!dash=hidden");
    assert!(!format!("{source:?}").contains("hidden"), "no secret in a log");
}

#[tokio::test]
async fn guests_nodes_and_storages_come_in_one_look() {
    let server =
        lab(|path, _| (path == "/cluster/resources").then(|| replay("cluster-resources-cluster"))).await;
    let Ok(Observation::Inventory { guests, nodes, storages, partial }) =
        look(&*pve(&server), Feed::Guests).await
    else {
        panic!("an inventory");
    };
    let told: Vec<String> = guests.iter().map(|guest| format!("{} {}", guest.id, guest.node)).collect();
    assert_eq!(told, ["vm/100 pve1", "ct/210 pve2"]);
    assert_eq!(nodes.iter().map(|node| node.online).collect::<Vec<_>>(), [Some(true), Some(false)]);
    assert_eq!(storages.len(), 1, "what the absent node has is not told");
    assert!(storages[0].active && partial.is_none());
}

#[tokio::test]
async fn a_job_for_many_is_told_guest_by_guest_from_its_log() {
    let server = lab(|path, _| {
        path.contains("210").then(|| path.ends_with("/log").then(|| replay("task-log-nothing-more")))?
    })
    .await;
    let (dumps, unread) = dumps(&*pve(&server)).await;
    assert_eq!(
        dumps,
        ["100 ok", "101 failed: backup connect failed: command error: timed out", "210 running"]
    );
    assert!(unread.is_empty());
}

#[tokio::test]
async fn a_log_is_read_once() {
    let server = lab(|_, _| None).await;
    let source = pve(&server);
    dumps(&*source).await;
    let logs =
        |server: &Server| server.asked().iter().filter(|asked| asked.uri.path().ends_with("/log")).count();
    assert_eq!(logs(&server), 2, "of the job, and of the run that goes on; not of the one that ended well");
    dumps(&*source).await;
    assert_eq!(logs(&server), 3, "only the run that goes on may have more to say");
    let last = server.asked().into_iter().rfind(|asked| asked.uri.path().ends_with("/log")).expect("asked");
    assert!(
        last.uri.query().expect("a query").contains("start=15"),
        "from where it was read to: {}",
        last.uri
    );
}

#[tokio::test]
async fn a_node_that_is_away_is_told_and_the_others_are_read() {
    for (answer, told) in [
        ("error-595-node-away", "pve2: the node cannot be reached"),
        ("error-596-node-silent", "pve2: the node does not answer"),
    ] {
        let both = json!([{ "node": "pve1", "status": "online" }, { "node": "pve2", "status": "online" }]);
        let server = lab(move |path, _| match path {
            "/nodes" => Some(data(&both)),
            "/nodes/pve2/tasks" => Some(replay(answer)),
            _ => None,
        })
        .await;
        let (dumps, unread) = dumps(&*pve(&server)).await;
        assert_eq!(dumps.len(), 3);
        assert_eq!(unread, [told]);
    }
    let server = lab(|path, _| (path == "/nodes").then(|| replay("nodes-one-away"))).await;
    assert_eq!(dumps(&*pve(&server)).await.1, ["pve2: offline"], "it is not even asked");
    assert!(!server.asked().iter().any(|asked| asked.uri.path().contains("pve2")));
}

#[tokio::test]
async fn a_token_without_rights_sees_nothing_and_that_is_said() {
    let server = lab(|path, _| match path {
        "/access/permissions" => Some(replay("access-permissions-none")),
        "/cluster/resources" => Some(replay("cluster-resources-no-rights")),
        "/nodes/pve1/tasks" => Some(replay("node-tasks-none")),
        "/cluster/backup" | "/cluster/status" => Some(replay("error-403-older")),
        "/cluster/backup-info/not-backed-up" => Some(replay("error-403")),
        _ => None,
    })
    .await;
    for feed in [Feed::Guests, Feed::Schedules, Feed::Dumps, Feed::Status] {
        let failure = failure(&server, feed).await;
        assert_eq!(failure.kind, FailureKind::Unauthorised, "{feed}: {}", failure.text);
        assert!(failure.text.contains("PVEAuditor"), "{feed}: {}", failure.text);
    }
}

#[tokio::test]
async fn a_token_for_some_guests_says_that_there_may_be_more() {
    let some = json!({ "/vms/100": { "VM.Audit": 1 }, "/storage": { "Datastore.Audit": 1 } });
    let server = lab(move |path, _| (path == "/access/permissions").then(|| data(&some))).await;
    let source = pve(&server);
    let Ok(Observation::Inventory { partial, .. }) = look(&*source, Feed::Guests).await else {
        panic!("an inventory");
    };
    let partial = partial.expect("something is lacking");
    assert!(partial.contains("VM.Audit on /vms, Sys.Audit on /nodes"), "{partial}");
    look(&*source, Feed::Guests).await.expect("guests");
    let asked = server.asked();
    let rights = asked.iter().filter(|asked| asked.uri.path().ends_with("/permissions")).count();
    assert_eq!(rights, 2, "rights may have been given since");
}

#[tokio::test]
async fn a_wrong_token_is_unauthorised_never_down() {
    for name in ["error-401", "error-401-no-credentials", "error-401-older"] {
        let server = Server::always(replay(name)).await;
        for feed in FEEDS {
            let failure = failure(&server, feed).await;
            assert_eq!(
                (failure.kind, &*failure.short),
                (FailureKind::Unauthorised, "401 unauthorised"),
                "{name}"
            );
            assert!(!failure.text.contains("hidden"), "no secret in an error");
        }
    }
}

#[tokio::test]
async fn what_is_no_answer_of_this_api_is_told_as_such() {
    for (answer, kind) in [
        (
            Answer::new(200, "text/html", "<html><title>pve1 - Proxmox Virtual Environment</title>"),
            FailureKind::Parse,
        ),
        (Answer::json("{\"data\":"), FailureKind::Parse),
        (Answer::json("{\"data\":\"x\"}"), FailureKind::Parse),
        (replay("error-501"), FailureKind::Http),
        (Answer::text(502, "bad gateway"), FailureKind::Http),
    ] {
        let server = Server::always(answer).await;
        for feed in [Feed::Guests, Feed::Schedules, Feed::Status] {
            assert_eq!(failure(&server, feed).await.kind, kind, "{feed}");
        }
    }
}

#[tokio::test]
async fn a_guest_whose_config_cannot_be_read_is_left_out() {
    let server = lab(|path, _| path.contains("/lxc/").then(|| replay("error-500-no-such-guest"))).await;
    let Ok(Observation::Configs(configs)) = look(&*pve(&server), Feed::Configs).await else {
        panic!("configs");
    };
    let told: Vec<String> = configs
        .iter()
        .map(|config| format!("{} {} {}", config.id, config.onboot, config.left_out.join(",")))
        .collect();
    assert_eq!(told, ["vm/100 true scsi1", "vm/900 true scsi1"]);
}

#[tokio::test]
async fn the_name_is_that_of_the_cluster() {
    for (answer, name) in [("cluster-status", "pve1"), ("cluster-status-cluster", "homelab")] {
        let server = lab(move |path, _| (path == "/cluster/status").then(|| replay(answer))).await;
        let seen = look(&*pve(&server), Feed::Status).await.expect("a name");
        assert_eq!(seen, Observation::Cluster { name: name.into(), version: "9.2.11".into() });
    }
}

#[tokio::test]
async fn jobs_of_older_versions_and_no_uncovered_guest() {
    let server = lab(|path, _| match path {
        "/cluster/backup" => Some(replay("cluster-backup-older")),
        "/cluster/backup-info/not-backed-up" => Some(replay("not-backed-up-none")),
        _ => None,
    })
    .await;
    let Ok(Observation::Schedules { jobs, uncovered }) = look(&*pve(&server), Feed::Schedules).await else {
        panic!("schedules");
    };
    assert!(uncovered.is_empty());
    assert_eq!((jobs.len(), jobs[0].enabled, &*jobs[0].schedule), (1, false, "mon,tue 04:30"));
}

#[rstest]
#[case("", "token: is missing")]
#[case("token = \"monitor@pve!dash:secret\"", "with an equals sign before the secret")]
#[case("token = \"a@pve!b=c\"\ntimeout = \"2s\"", "4s or more")]
#[case("token = \"a@pve!b=c\"\ninsecure_http = true", "speaks nothing else")]
#[case("token = \"a@pve!b=c\"\ndatastores = [\"main\"]", "unknown key")]
fn what_is_wrong_in_the_config_is_told(#[case] keys: &str, #[case] told: &str) {
    let document = Document::new("w.toml", format!("url = \"http://10.0.0.1:8006\"\n{keys}"));
    let (_, read) = KINDS.iter().find(|(kind, _)| *kind == SourceKind::Pve).expect("a kind");
    document.read(|table| read(SourceId::new(SourceKind::Pve, "main"), table).is_some());
    let faults: Vec<String> = document.faults().iter().map(ToString::to_string).collect();
    assert!(faults.iter().any(|fault| fault.contains(told)), "{faults:?}");
}
