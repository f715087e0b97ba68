//! What a Proxmox Backup Server has to bear: how often it is asked what, and how much by one look.

use std::time::{Duration, Instant};

use chrono::Utc;
use serde_json::{Value, json};
use wardroom::domain::feed::Feed;
use wardroom::sources::Source;

use super::pbs::{data, lab, pbs, replay};
use super::replay::{Answer, Server, look};

/// How often a feed is asked.
fn interval(source: &dyn Source, feed: Feed) -> Duration {
    source.feeds().iter().find(|plan| plan.feed == feed).expect("a feed of this server").interval
}

#[tokio::test]
async fn what_is_slow_is_asked_less_often_than_what_is_cheap() {
    let server = Server::always(data(&json!([]))).await;
    for keys in ["", "interval = \"1s\"", "interval = \"5s\""] {
        let source = pbs(&server, keys);
        let every = |feed| interval(&*source, feed);
        assert!(every(Feed::Tasks) <= Duration::from_secs(10), "{keys}");
        for (cheap, slow) in [
            (Feed::Tasks, Feed::Datastores),
            (Feed::Tasks, Feed::Snapshots),
            (Feed::Snapshots, Feed::Jobs),
            (Feed::Datastores, Feed::Jobs),
            (Feed::Jobs, Feed::Server),
        ] {
            assert!(every(cheap) < every(slow), "{cheap} before {slow} with {keys:?}");
        }
    }
}

/// A server with so many groups in one namespace of one datastore, and so many running tasks.
async fn busy(groups: usize, running: usize) -> Server {
    let task = |number: usize| {
        json!({
            "upid": format!("UPID:pbs:00000001:00000002:{number:08X}:6B00AE19:backup:main:root@pam:"),
            "node": "localhost", "pid": 1, "pstart": 2, "starttime": 1_795_206_681,
            "worker_type": "backup", "worker_id": format!("main:vm/{number}"), "user": "root@pam",
        })
    };
    let tasks: Value = (0..running).map(task).collect();
    let group = |number: usize| json!({ "backup-type": "vm", "backup-id": number.to_string(), "last-backup": 1_795_206_600, "backup-count": 1 });
    let groups = data(&(100..100 + groups).map(group).collect());
    lab(move |path, asked| {
        let query = asked.uri.query().unwrap_or_default();
        Some(match path {
            "/nodes/localhost/tasks" if query.contains("running") => data(&tasks),
            "/nodes/localhost/tasks" => data(&json!([])),
            path if path.ends_with("/log") => replay("task-log-running"),
            "/admin/datastore/main/groups" => groups.clone(),
            "/status/datastore-usage" => replay("status-datastore-usage"),
            "/admin/verify" | "/admin/prune" | "/admin/sync" | "/admin/gc" | "/nodes/localhost/services" => {
                data(&json!([]))
            }
            "/version" => replay("version"),
            "/nodes/localhost/time" => replay("node-time"),
            _ => return None,
        })
    })
    .await
}

/// How many requests a second look at `feed` makes: the first also learns what the token may do.
async fn requests(server: &Server, source: &dyn Source, feed: Feed) -> usize {
    look(source, feed).await.expect("a good answer");
    let before = server.asked().len();
    look(source, feed).await.expect("a good answer");
    server.asked().len() - before
}

#[tokio::test]
async fn the_work_of_a_look_is_bounded_whatever_the_server_holds() {
    for (groups, running) in [(1, 0), (3, 2), (300, 60)] {
        let server = busy(groups, running).await;
        let source = pbs(&server, "");
        for (feed, most) in [
            (Feed::Tasks, 2 + 2 * running.min(4)),
            (Feed::Datastores, 2),
            // The list of datastores, its namespaces, its groups; none of them changed.
            (Feed::Snapshots, 3),
            (Feed::Jobs, 5),
            (Feed::Server, 4),
        ] {
            let made = requests(&server, &*source, feed).await;
            assert!(made <= most, "{feed}: {made} requests, {most} are documented ({groups} groups)");
        }
        for asked in server.asked() {
            let (path, query) = (asked.uri.path(), asked.uri.query().unwrap_or_default());
            let all = path.ends_with("/snapshots") && !query.contains("backup-id=");
            assert!(!all, "never all snapshots at once: {path}?{query}");
            let list = path.ends_with("/tasks");
            assert!(!list || query.contains("limit=") && !query.contains("limit=0"), "{path}?{query}");
            assert!(!path.contains("disks"), "no disk is woken: {path}");
        }
    }
}

#[tokio::test]
async fn no_more_than_four_requests_are_under_way() {
    const STORES: usize = 20;
    const THINKS: Duration = Duration::from_millis(100);
    let server = lab(|path, _| match path {
        "/admin/datastore" => {
            let store = |number: usize| json!({ "store": format!("store{number}"), "comment": null });
            Some(data(&(0..STORES).map(store).collect()))
        }
        path if path.ends_with("/namespace") => Some(data(&json!([{ "ns": "" }]))),
        path if path.ends_with("/groups") => Some(Answer { after: THINKS, ..data(&json!([])) }),
        _ => None,
    })
    .await;
    let source = pbs(&server, "");
    let began = Instant::now();
    source.observe(Feed::Snapshots, Utc::now()).await.expect("a good answer");
    let took = began.elapsed();
    let asked = server.asked().iter().filter(|asked| asked.uri.path().ends_with("/groups")).count();
    assert_eq!(asked, STORES);
    // Four at once take five turns, five at once would take four.
    assert!(took >= THINKS * 5, "{took:?}");
}
