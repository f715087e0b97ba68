//! What becomes of Proxmox Backup Server's recorded answers.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rstest::rstest;
use serde_json::{Value, json};
use wardroom::domain::backup::{BackupGroup, Unreadable, Verification};
use wardroom::domain::datastore::{Datastore, FillLimits};
use wardroom::domain::feed::{FailureKind, Feed, SourceId, SourceKind};
use wardroom::domain::health::Health;
use wardroom::domain::observation::Observation;
use wardroom::domain::task::{Outcome, Task};
use wardroom::settings::Document;
use wardroom::sources::{KINDS, Source};

use super::replay::{Answer, Asked, Server, look, source};

/// One recorded exchange.
pub(super) struct Recording {
    pub name: String,
    pub path: String,
    pub status: u16,
    /// `None`: the body is text.
    pub json: Option<Value>,
    pub answer: Answer,
}

pub(super) fn recording(name: &str) -> Recording {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/recordings/pbs/{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let read: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let response = &read["response"];
    let status = u16::try_from(response["status"].as_u64().expect("a status")).expect("a status");
    let json = (response["body_kind"] == "json").then(|| response["body"].clone());
    let body = json.as_ref().map_or_else(
        || response["body"].as_str().unwrap_or_default().to_owned(),
        |body| serde_json::to_string(body).expect("a body"),
    );
    let mut answer = Answer { status, headers: Vec::new(), body: body.into_bytes(), after: Duration::ZERO };
    if let Some(kind) = response["headers"]["content-type"].as_str() {
        answer = answer.header("content-type", kind);
    }
    let url = read["request"]["url"].as_str().expect("an address");
    let path = url.split_once(":8007").map_or(url, |(_, path)| path);
    let path = path.split('?').next().unwrap_or(path).to_owned();
    Recording { name: name.to_owned(), path, status, json, answer }
}

pub(super) fn replay(name: &str) -> Answer {
    recording(name).answer
}

pub(super) fn recordings() -> Vec<Recording> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/pbs");
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .expect("recordings lie in the repository")
        .filter_map(|entry| {
            entry.ok()?.file_name().into_string().ok()?.strip_suffix(".json").map(str::to_owned)
        })
        .collect();
    names.sort();
    names.iter().map(|name| recording(name)).collect()
}

pub(super) fn data(value: &Value) -> Answer {
    Answer::json(serde_json::to_vec(&json!({ "data": value })).expect("JSON"))
}

/// The parameter `name` of a request, decoded.
pub(super) fn parameter(asked: &Asked, name: &str) -> Option<String> {
    let url = reqwest::Url::parse(&format!("http://x{}", asked.uri)).expect("an address");
    url.query_pairs().find(|(have, _)| have == name).map(|(_, value)| value.into_owned())
}

/// A server with one datastore `main`, one group `vm/100` and no snapshot, but for what `change`
/// answers to a path (after `/api2/json`) and a namespace.
pub(super) async fn lab(change: impl Fn(&str, &Asked) -> Option<Answer> + Send + Sync + 'static) -> Server {
    Server::start(move |asked, _| {
        let path = asked.uri.path().strip_prefix("/api2/json").expect("the API's path");
        if let Some(answer) = change(path, asked) {
            return answer;
        }
        match path {
            "/access/permissions" => replay("access-permissions-dash"),
            "/admin/datastore" => data(&json!([{ "store": "main", "comment": null }])),
            "/status/datastore-usage" => {
                data(&json!([{ "store": "main", "used": 1, "avail": 3, "total": 5 }]))
            }
            "/admin/datastore/main/namespace" => data(&json!([{ "ns": "" }])),
            "/admin/datastore/main/groups" => data(&json!([
                { "backup-type": "vm", "backup-id": "100", "last-backup": 5, "backup-count": 1, "files": [] }
            ])),
            "/admin/datastore/main/snapshots" | "/nodes/localhost/tasks" => data(&json!([])),
            _ => Answer::text(404, &format!("Path '{path}' not found.")),
        }
    })
    .await
}

pub(super) fn pbs(server: &Server, keys: &str) -> Arc<dyn Source> {
    let token = "token = \"monitor@pbs!dash:hidden\"";
    source(SourceKind::Pbs, &format!("url = {:?}\n{token}\n{keys}", server.url))
}

pub(super) async fn backups(source: &dyn Source) -> (Arc<[BackupGroup]>, Arc<[Unreadable]>) {
    match look(source, Feed::Snapshots).await.expect("a good answer") {
        Observation::Backups { groups, unreadable } => (groups, unreadable),
        other => panic!("{other:?}"),
    }
}

pub(super) async fn datastores(source: &dyn Source) -> Arc<[Datastore]> {
    match look(source, Feed::Datastores).await.expect("a good answer") {
        Observation::Datastores(datastores) => datastores,
        other => panic!("{other:?}"),
    }
}

pub(super) async fn tasks(source: &dyn Source) -> Arc<[Task]> {
    match look(source, Feed::Tasks).await.expect("a good answer") {
        Observation::Tasks(tasks) => tasks,
        other => panic!("{other:?}"),
    }
}

pub(super) fn group<'g>(groups: &'g [BackupGroup], id: &str) -> &'g BackupGroup {
    groups.iter().find(|group| group.id.to_string() == id).unwrap_or_else(|| panic!("{id} in {groups:?}"))
}

pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).expect("a time")
}

/// The recorded snapshots of `main`, asked for group by group.
pub(super) fn of_group(asked: &Asked, name: &str) -> Answer {
    let all = recording(name).json.expect("JSON");
    let wanted = (parameter(asked, "backup-type"), parameter(asked, "backup-id"));
    let snapshots = all["data"].as_array().expect("a list").iter().filter(|snapshot| {
        (snapshot["backup-type"].as_str(), snapshot["backup-id"].as_str())
            == (wanted.0.as_deref(), wanted.1.as_deref())
    });
    data(&snapshots.cloned().collect())
}

/// The recorded server: five datastores, of which one is offline and one has lost its directory.
pub(super) async fn homelab() -> Server {
    lab(|path, asked| {
        let namespace = parameter(asked, "ns");
        Some(match (path, namespace.as_deref()) {
            ("/admin/datastore", _) => replay("admin-datastore"),
            ("/status/datastore-usage", _) => replay("status-datastore-usage"),
            ("/nodes/localhost/tasks", _) => {
                replay(if parameter(asked, "running").is_some() { "tasks-running" } else { "tasks-default" })
            }
            ("/admin/datastore/main/namespace", _) => replay("datastore-namespace"),
            ("/admin/datastore/main/groups", None) => replay("datastore-groups"),
            ("/admin/datastore/main/groups", Some("lab")) => replay("datastore-groups-ns"),
            ("/admin/datastore/main/snapshots", None) => of_group(asked, "datastore-snapshots"),
            ("/admin/datastore/offsite/namespace" | "/admin/datastore/ro1/namespace", _) => {
                data(&json!([{ "ns": "" }]))
            }
            ("/admin/datastore/off1/namespace", _) => replay("error-datastore-groups-offline"),
            ("/admin/datastore/broken/namespace", _) => replay("error-datastore-groups-broken"),
            (path, _) if path.ends_with("/groups") || path.ends_with("/snapshots") => data(&json!([])),
            _ => return None,
        })
    })
    .await
}

#[tokio::test]
async fn groups_come_with_what_counts_of_their_snapshots() {
    let server = homelab().await;
    let (groups, unreadable) = backups(&*pbs(&server, "")).await;
    assert!(groups.is_sorted_by(|one, other| one.id < other.id), "the server's order is random");

    let media = group(&groups, "vm/100");
    assert_eq!(&*media.guest, "media01");
    assert_eq!(&*media.owner, "backup@pbs!client");
    assert_eq!(media.last_good(), media.newest());
    assert_eq!(media.unfinished, None);

    let corrupt = group(&groups, "vm/666");
    let newest = corrupt.newest().expect("a snapshot");
    assert!(matches!(newest.verification, Some(Verification::Failed(when)) if when > newest.at));
    let good = corrupt.last_good().expect("an older one is good");
    assert!(good.at < newest.at);

    let namespaced: Vec<_> = groups.iter().filter(|group| &*group.id.namespace == "lab").collect();
    assert_eq!(namespaced.len(), 1);

    let told: Vec<_> = unreadable.iter().map(|place| (&*place.datastore, &*place.reason)).collect();
    assert_eq!(
        told,
        [
            ("broken", "ENOENT: No such file or directory"),
            ("off1", "datastore 'off1' is in offline maintenance mode: replacing disk sdc"),
        ]
    );
}

#[tokio::test]
async fn only_what_is_chosen_is_looked_at() {
    let server = homelab().await;
    let source = pbs(&server, "datastores = [\"main\", \"gone\"]\nnamespaces = [\"lab\"]");
    let (groups, unreadable) = backups(&*source).await;
    assert!(!groups.is_empty() && groups.iter().all(|group| &*group.id.namespace == "lab"));
    let told: Vec<_> = unreadable.iter().map(|place| &*place.datastore).collect();
    assert_eq!(told, ["gone"], "a name that is not there is told");
    let names: Vec<_> = datastores(&*source).await.iter().map(|store| store.name.clone()).collect();
    assert_eq!(names, ["main".into()]);
}

/// How often the snapshots of each group were asked for.
fn snapshot_looks(server: &Server) -> BTreeMap<String, usize> {
    let mut looks = BTreeMap::new();
    for asked in server.asked().iter().filter(|asked| asked.uri.path().ends_with("/snapshots")) {
        *looks.entry(parameter(asked, "backup-id").expect("a group")).or_default() += 1;
    }
    looks
}

#[tokio::test]
async fn snapshots_are_read_again_only_where_something_changed() {
    let server = lab(|path, asked| match path {
        "/admin/datastore/main/groups" => Some(data(&json!([
            { "backup-type": "vm", "backup-id": "100", "last-backup": 50, "backup-count": 12 },
            { "backup-type": "vm", "backup-id": "101", "last-backup": 50, "backup-count": 1 },
            { "backup-type": "ct", "backup-id": "556", "last-backup": 50, "backup-count": 1 },
        ]))),
        "/admin/datastore/main/snapshots" if parameter(asked, "backup-id")? == "556" => {
            Some(replay("snapshots-during-first-backup"))
        }
        _ => None,
    })
    .await;
    let source = pbs(&server, "");
    backups(&*source).await;
    let (groups, _) = backups(&*source).await;
    let looks: Vec<_> = snapshot_looks(&server).into_iter().collect();
    let expected = [("100", 1), ("101", 1), ("556", 2)].map(|(id, count)| (id.to_owned(), count));
    assert_eq!(looks, expected, "a backup under way ends without a trace in the list of groups");
    let first = group(&groups, "ct/556");
    assert!(first.snapshots.is_empty());
    assert!(first.unfinished.is_some());
}

#[tokio::test]
async fn a_group_that_changed_is_read_again() {
    let looks = std::sync::atomic::AtomicI64::new(0);
    let server = lab(move |path, _| {
        (path == "/admin/datastore/main/groups").then(|| {
            let last = looks.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            data(&json!([
                { "backup-type": "vm", "backup-id": "100", "last-backup": last, "backup-count": 2 },
                { "backup-type": "vm", "backup-id": "101", "last-backup": 50, "backup-count": 1 },
            ]))
        })
    })
    .await;
    let source = pbs(&server, "");
    backups(&*source).await;
    backups(&*source).await;
    let looks: Vec<_> = snapshot_looks(&server).into_values().collect();
    assert_eq!(looks, [2, 1]);
}

#[tokio::test]
async fn an_unfinished_snapshot_never_counts() {
    for (name, id) in [("snapshots-during-running-backup", "vm/100"), ("crash-snapshots", "vm/101")] {
        let server = lab(move |path, _| match path {
            "/admin/datastore/main/groups" => Some(data(&json!([{
                "backup-type": id.get(..2), "backup-id": id.get(3..), "last-backup": 0, "backup-count": 0
            }]))),
            "/admin/datastore/main/snapshots" => Some(replay(name)),
            _ => None,
        })
        .await;
        let (groups, _) = backups(&*pbs(&server, "")).await;
        let group = group(&groups, id);
        let newest = group.newest().expect("older ones are finished");
        assert!(group.unfinished.is_some_and(|begun| begun > newest.at), "{name}");
        let all = recording(name).json.expect("JSON")["data"].as_array().expect("a list").len();
        assert_eq!(group.snapshots.len(), all - 1, "{name}");
    }
}

#[tokio::test]
async fn datastores_tell_how_full_they_are() {
    let server = homelab().await;
    let stores = datastores(&*pbs(&server, "")).await;
    let names: Vec<_> = stores.iter().map(|store| &*store.name).collect();
    assert_eq!(names, ["broken", "main", "off1", "offsite", "ro1"]);
    let [broken, main, off1, offsite, ro1] = &*stores else { panic!("five datastores") };
    let limits = FillLimits::default();
    let now = at(1_795_206_600);

    assert_eq!(main.used, Some(33_521_672_192));
    assert_eq!(main.total, Some(33_521_672_192 + 64_051_077_120), "what root keeps is of no use");
    assert_eq!(main.full_at, Some(at(1_834_547_868)).filter(|at| *at > Utc::now()));
    assert_eq!(main.health(&limits, now), Health::Ok);

    assert!(broken.error.as_deref().is_some_and(|error| error.contains("No such file")));
    assert_eq!(broken.health(&limits, now), Health::Critical);

    assert_eq!(off1.maintenance.as_deref(), Some("offline: replacing disk sdc"));
    assert_eq!(off1.health(&limits, now), Health::Ok, "somebody wanted that");
    assert_eq!(offsite.full_at, None, "it shrinks");
    assert_eq!((ro1.maintenance.as_deref(), ro1.full_at), (Some("read-only: migrating"), None));
}

#[tokio::test]
async fn a_broken_datastore_does_not_hide_the_others() {
    let server = lab(|path, _| {
        Some(match path {
            "/admin/datastore" => replay("admin-datastore"),
            "/status/datastore-usage" => replay("error-status-datastore-usage-one-broken-store-fails-all"),
            "/admin/datastore/main/status" => replay("datastore-status"),
            "/admin/datastore/off1/status" => replay("error-datastore-status-offline"),
            "/admin/datastore/broken/status" => replay("error-datastore-status-broken"),
            "/admin/datastore/ro1/status" => replay("nsonly-datastore-status"),
            "/admin/datastore/offsite/status" => replay("nopriv-datastore-status"),
            _ => return None,
        })
    })
    .await;
    let stores = datastores(&*pbs(&server, "")).await;
    let [broken, main, off1, offsite, ro1] = &*stores else { panic!("five datastores") };
    assert!(main.share().is_some_and(|share| share > 0.0 && share < 1.0));
    assert_eq!(broken.error.as_deref(), Some("ENOENT: No such file or directory"));
    assert!(off1.error.is_some() && off1.maintenance.is_some());
    for silent in [offsite, ro1] {
        assert_eq!((silent.used, &silent.error), (None, &None), "{}", silent.name);
        assert!(
            silent.name.as_ref() == "ro1"
                || silent.health(&FillLimits::default(), Utc::now()) == Health::Unknown
        );
    }
}

#[tokio::test]
async fn tasks_come_newest_first_and_each_once() {
    let server = homelab().await;
    let tasks = tasks(&*pbs(&server, "")).await;
    assert!(tasks.is_sorted_by(|one, other| one.started >= other.started));
    let mut ids: Vec<_> = tasks.iter().map(|task| &task.upid).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), tasks.len());
    assert!(!tasks.iter().any(|task| task.outcome == Outcome::Running), "they ended between two answers");
    assert!(tasks.iter().any(|task| task.outcome == Outcome::Warnings));
    let failed = tasks.iter().find_map(|task| match &task.outcome {
        Outcome::Failed(text) if &*task.kind == "backup" => Some(text.to_string()),
        _ => None,
    });
    assert_eq!(failed.as_deref(), Some("connection error: connection reset"));
    assert!(tasks.iter().any(|task| &*task.id == "main:vm/100"));
    let asked = server.asked();
    let since = asked.iter().find_map(|asked| parameter(asked, "since")).expect("a window");
    let ago = Utc::now().timestamp() - since.parse::<i64>().expect("seconds");
    assert!((172_790..172_900).contains(&ago), "{ago}");
    assert!(asked.iter().all(|asked| parameter(asked, "limit").is_some_and(|limit| limit != "0")));
}

#[tokio::test]
async fn a_task_that_runs_has_no_end() {
    let server = lab(|path, asked| {
        let name =
            if parameter(asked, "running").is_some() { "tasks-running" } else { "tasks-running-empty" };
        (path == "/nodes/localhost/tasks").then(|| replay(name))
    })
    .await;
    let tasks = tasks(&*pbs(&server, "")).await;
    assert_eq!(tasks.len(), 2);
    assert!(tasks.iter().all(|task| task.outcome == Outcome::Running && task.ended.is_none()));
}

#[tokio::test]
async fn an_empty_list_may_mean_no_right_to_see() {
    let server = lab(|path, _| {
        Some(match path {
            "/access/permissions" => replay("nopriv-permissions"),
            "/admin/datastore" => replay("nopriv-admin-datastore"),
            "/status/datastore-usage" => replay("nopriv-status-datastore-usage"),
            "/nodes/localhost/tasks" => replay("nopriv-tasks"),
            _ => return None,
        })
    })
    .await;
    let source = pbs(&server, "");
    for feed in [Feed::Snapshots, Feed::Datastores, Feed::Tasks] {
        let failure = look(&*source, feed).await.expect_err("nothing is readable");
        assert_eq!(failure.kind, FailureKind::Unauthorised, "{feed}");
        assert!(failure.text.contains("give Audit on /"), "{}", failure.text);
    }
}

#[tokio::test]
async fn a_token_for_one_namespace_sees_that_one() {
    let server = lab(|path, asked| {
        Some(match path {
            "/access/permissions" => data(&json!({ "/datastore/main/lab": { "Datastore.Audit": true } })),
            "/admin/datastore" => replay("nsonly-admin-datastore"),
            "/status/datastore-usage" => replay("nsonly-status-datastore-usage"),
            "/admin/datastore/main/namespace" => replay("datastore-namespace-nsonly"),
            "/admin/datastore/main/groups" if parameter(asked, "ns")? == "lab" => {
                replay("nsonly-datastore-groups-lab")
            }
            "/admin/datastore/main/groups" => replay("nsonly-datastore-groups-root"),
            _ => return None,
        })
    })
    .await;
    let source = pbs(&server, "");
    let (groups, unreadable) = backups(&*source).await;
    assert_eq!(groups.len(), 1);
    assert_eq!(unreadable.len(), 1);
    assert_eq!(&*unreadable[0].namespace, "lab/deep");
    assert!(unreadable[0].reason.contains("Datastore.Audit"), "{}", unreadable[0].reason);
    let stores = datastores(&*source).await;
    assert_eq!(stores[0].health(&FillLimits::default(), Utc::now()), Health::Unknown);
}

#[tokio::test]
async fn a_wrong_token_is_told_in_the_servers_words() {
    let server = Server::always(replay("error-auth-bad-secret")).await;
    let source = pbs(&server, "");
    for feed in [Feed::Snapshots, Feed::Datastores, Feed::Tasks] {
        let failure = look(&*source, feed).await.expect_err("401");
        assert_eq!((failure.kind, &*failure.short), (FailureKind::Unauthorised, "401 unauthorised"));
        assert!(failure.text.contains("authentication failed - invalid credentials"));
        assert!(!failure.text.contains("hidden"), "no secret in an error");
    }
    let sent = server.asked().remove(0).headers.remove("authorization").expect("credentials");
    assert_eq!(sent, "PBSAPIToken=monitor@pbs!dash:hidden");
    assert!(!format!("{source:?}").contains("hidden"), "no secret in a log");
}

#[rstest]
#[case("", "token: is missing")]
#[case("token = \"monitor@pbs!dash=secret\"", "with a colon before the secret")]
#[case("token = \"a@pbs!b:c\"\ntimeout = \"2s\"", "4s or more")]
#[case("token = \"a@pbs!b:c\"\ninsecure_http = true", "speaks nothing else")]
#[case("token = \"a@pbs!b:c\"\ninterval = \"0s\"", "interval")]
#[case("token = \"a@pbs!b:c\"\ndatastore = [\"main\"]", "did you mean `datastores`?")]
fn what_is_wrong_in_the_config_is_told(#[case] keys: &str, #[case] told: &str) {
    let document = Document::new("w.toml", format!("url = \"http://10.0.0.1:8007\"\n{keys}"));
    let (_, read) = KINDS.iter().find(|(kind, _)| *kind == SourceKind::Pbs).expect("a kind");
    document.read(|table| read(SourceId::new(SourceKind::Pbs, "main"), table).is_some());
    let faults: Vec<String> = document.faults().iter().map(ToString::to_string).collect();
    assert!(faults.iter().any(|fault| fault.contains(told)), "{faults:?}");
}

/// What a recorded answer brings when it stands in the place of `path`.
async fn outcome(recording: &Recording, feed: Feed, place: &'static str) -> Result<Observation, FailureKind> {
    let answer = recording.answer.clone();
    let server = lab(move |path, _| path.ends_with(place).then(|| answer.clone())).await;
    let seen = look(&*pbs(&server, ""), feed).await;
    let text = serde_json::to_string(&seen.as_ref().ok()).expect("an observation can be recorded");
    assert!(!text.contains("\\u00"), "{}", recording.name);
    seen.map_err(|failure| {
        assert!(failure.text.contains("127.0.0.1"), "{failure:?}");
        failure.kind
    })
}

#[tokio::test]
async fn every_recorded_answer_is_understood_or_a_failure_of_the_right_kind() {
    let all = recordings();
    assert!(all.len() > 200, "{}", all.len());
    let mut understood = 0;
    for recording in &all {
        let name = &recording.name;
        let entries = recording.json.as_ref().and_then(|body| body["data"].as_array()).map(Vec::len);
        let in_a_store = recording.path.contains("/admin/datastore/");
        let place =
            ["/groups", "/snapshots", "/namespace"].into_iter().find(|place| recording.path.ends_with(place));
        if let (true, Some(place)) = (in_a_store, place) {
            let Ok(Observation::Backups { groups, unreadable }) =
                outcome(recording, Feed::Snapshots, place).await
            else {
                panic!("{name}: an error of one datastore is no error of the server");
            };
            // The API's other form says no with a status of success.
            if recording.status == 200 && entries.is_some() {
                assert_eq!(unreadable.len(), 0, "{name}: {unreadable:?}");
                match place {
                    // A namespace has the same one group as every other.
                    "/groups" | "/namespace" => assert_eq!(Some(groups.len()), entries, "{name}"),
                    _ => assert!(Some(groups[0].snapshots.len()) <= entries, "{name}"),
                }
                understood += 1;
            } else {
                assert_eq!(unreadable.len(), 1, "{name}");
            }
            continue;
        }
        let (feed, place, fits) = match &*recording.path {
            "/api2/json/status/datastore-usage" => (Feed::Datastores, "/datastore-usage", true),
            "/api2/json/admin/datastore" => (Feed::Datastores, "/admin/datastore", true),
            path => (Feed::Tasks, "/nodes/localhost/tasks", path.ends_with("/tasks")),
        };
        let expected = match (recording.status, entries) {
            (401 | 403, _) => Some(FailureKind::Unauthorised),
            (404 | 405, _) => Some(FailureKind::Missing),
            // One broken datastore; the others are asked one by one.
            (400, _) if feed == Feed::Datastores => None,
            (200, Some(0)) => None,
            (200, _) if fits => None,
            (200, _) => Some(FailureKind::Parse),
            _ => Some(FailureKind::Http),
        };
        let seen = outcome(recording, feed, place).await;
        assert_eq!(seen.as_ref().err().copied(), expected, "{name}");
        understood += usize::from(seen.is_ok());
    }
    assert!(understood > 40, "{understood}");
}
