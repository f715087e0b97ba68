//! A backup server that withholds an answer, or takes its time over a huge one: keys go on, and so
//! does everything else that it says.

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::Uri;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::{self, StreamExt as _};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

use crate::lab::{Dashboard, LIMIT, PROGRAM, Plan};
use crate::wait::until;

/// What of it is withheld.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Withheld {
    /// The list of tasks, from its first byte.
    Tasks,
    /// The second half of the list of snapshots.
    Snapshots,
}

/// A backup server with one datastore and one guest, that goes on only when it is let.
pub struct Server {
    url: String,
    /// How often it was asked for what it withholds.
    asked: Arc<AtomicUsize>,
    gate: watch::Sender<bool>,
    _runtime: Runtime,
}

impl Server {
    /// Starts it on a free port of loopback.
    pub fn start(withheld: Withheld) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let (gate, open) = watch::channel(false);
        let asked: Arc<AtomicUsize> = Arc::default();
        let counted = Arc::clone(&asked);
        let app = Router::new().fallback(move |uri: Uri| {
            let path = uri.path().strip_prefix("/api2/json").unwrap_or_default().to_owned();
            let kept_back = match withheld {
                Withheld::Tasks => path.ends_with("/tasks"),
                Withheld::Snapshots => path.ends_with("/snapshots"),
            };
            counted.fetch_add(usize::from(kept_back), Ordering::SeqCst);
            answer(path, withheld, open.clone())
        });
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        runtime.spawn(async move { axum::serve(listener, app).await });
        Self { url, asked, gate, _runtime: runtime }
    }

    /// Says whatever it withheld.
    pub fn go_on(&self) {
        self.gate.send_replace(true);
    }

    /// Waits until it was asked for what it withholds.
    fn was_asked(&self) {
        until("it is asked", LIMIT, || match self.asked.load(Ordering::SeqCst) {
            0 => Err("nobody asked"),
            _ => Ok(()),
        })
        .unwrap_or_else(|reason| panic!("{reason}"));
    }

    /// A config that names it, and the directory where that lies.
    pub fn config(&self) -> (TempDir, String) {
        self.config_in(tempfile::tempdir().expect("a directory"), "")
    }

    /// The same in this directory, with more in it.
    fn config_in(&self, place: TempDir, more: &str) -> (TempDir, String) {
        let file = place.path().join("wardroom.toml");
        // Whoever waits is not given up before the test is over.
        let keys = format!("url = {:?}\ntoken = \"a@pbs!b:c\"\ntimeout = \"5m\"\n", self.url);
        std::fs::write(&file, format!("[sources.pbs.main]\n{keys}[ui]\noperator = \"kim\"\n{more}"))
            .expect("written");
        let path = file.display().to_string();
        (place, path)
    }

    /// The dashboard that looks at it, and where its config lies.
    pub fn dashboard(&self) -> (Dashboard, TempDir) {
        self.dashboard_with(tempfile::tempdir().expect("a directory"), "")
    }

    /// The same with a directory of its own, and more in its config.
    pub fn dashboard_with(&self, place: TempDir, more: &str) -> (Dashboard, TempDir) {
        let (place, path) = self.config_in(place, more);
        let command = [PROGRAM, "--config", &path, "--view", "backups"];
        (Plan { command: &command, ..Plan::default() }.start(), place)
    }
}

async fn answer(path: String, withheld: Withheld, mut open: watch::Receiver<bool>) -> Response {
    match path.as_str() {
        "/access/permissions" => said(&permissions()),
        "/admin/datastore" => said(&json!([{ "store": "main", "comment": null }])),
        "/status/datastore-usage" => said(
            &json!([{ "store": "main", "used": 2_000_000_000, "avail": 3_000_000_000_u64, "total": 5_000_000_000_u64 }]),
        ),
        "/admin/datastore/main/namespace" => said(&json!([{ "ns": "" }])),
        "/admin/datastore/main/groups" => said(&json!([
            { "backup-type": "vm", "backup-id": "100", "last-backup": NEWEST, "backup-count": 1, "files": [] }
        ])),
        "/admin/datastore/main/snapshots" if withheld == Withheld::Snapshots => halved(huge(), open),
        "/admin/datastore/main/snapshots" => said(&json!([snapshot(NEWEST)])),
        "/nodes/localhost/tasks" => {
            if withheld == Withheld::Tasks {
                let _closed = open.wait_for(|open| *open).await;
            }
            said(&json!([{
                "upid": "UPID:pbs:00000001:00000002:00000003:6B00AE19:garbage_collection:main:root@pam:",
                "node": "localhost", "pid": 1, "pstart": 2, "starttime": NEWEST, "endtime": NEWEST + 9,
                "worker_type": "garbage_collection", "worker_id": "main", "user": "root@pam", "status": "OK",
            }]))
        }
        "/version" => said(&json!({ "version": "3.2", "release": "4", "repoid": "x" })),
        _ => said(&json!([])),
    }
}

/// When the newest snapshot was made: long ago, which nothing here depends on.
const NEWEST: i64 = 1_795_206_600;

/// What a token may that may see everything, as a real server said it.
fn permissions() -> Value {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/pbs/access-permissions-dash.json");
    let text = std::fs::read_to_string(path).expect("a recording");
    let recording: Value = serde_json::from_str(&text).expect("JSON");
    recording["response"]["body"]["data"].clone()
}

fn snapshot(at: i64) -> Value {
    json!({
        "backup-type": "vm", "backup-id": "100", "backup-time": at, "size": 137_438_953_472_i64,
        "owner": "backup@pbs!pve", "protected": false, "comment": "media01",
        "files": [
            { "filename": "drive-scsi0.img.fidx", "crypt-mode": "none", "size": 137_438_953_472_i64 },
            { "filename": "qemu-server.conf.blob", "crypt-mode": "none", "size": 417 },
            { "filename": "index.json.blob", "crypt-mode": "none", "size": 494 },
        ],
    })
}

/// Twenty megabytes of snapshots of one guest.
fn huge() -> Vec<u8> {
    let body = bytes(&(0..60_000).map(|age| snapshot(NEWEST - age * 600)).collect());
    assert!(body.len() > 20_000_000, "{}", body.len());
    body
}

fn bytes(data: &Value) -> Vec<u8> {
    serde_json::to_vec(&json!({ "data": data })).expect("JSON")
}

fn said(data: &Value) -> Response {
    ([("content-type", "application/json;charset=UTF-8")], bytes(data)).into_response()
}

/// Half of an answer at once, and the other half when the gate is open.
fn halved(body: Vec<u8>, mut open: watch::Receiver<bool>) -> Response {
    let body = Bytes::from(body);
    let half = body.len() / 2;
    let second = body.slice(half..);
    let rest = stream::once(async move {
        let _closed = open.wait_for(|open| *open).await;
        Ok::<_, Infallible>(second)
    });
    let parts = stream::iter([Ok(body.slice(..half))]).chain(rest);
    ([("content-type", "application/json;charset=UTF-8")], Body::from_stream(parts)).into_response()
}

/// Opens the help and leaves it, and goes to another view and back: everything by keys.
fn obeys(dashboard: &Dashboard) {
    dashboard.pty.keys("?");
    dashboard.shows(&["Keys in the backups pane"]);
    dashboard.pty.keys("\x1b");
    dashboard.hides("Keys in the backups pane");
    dashboard.pty.keys("3");
    dashboard.hides("Datastores");
    dashboard.pty.keys("5");
    dashboard.shows(&["Backups", "Datastores"]);
}

/// Whether a feed of the server is fresh, as the server's own detail tells it.
fn is_told(dashboard: &Dashboard, texts: &[&str]) {
    dashboard.pty.keys("3\t\r");
    dashboard.shows(texts);
    dashboard.pty.keys("\x1b");
    dashboard.hides(texts.first().copied().unwrap_or_default());
    dashboard.pty.keys("5");
    dashboard.shows(&["Datastores"]);
}

#[test]
fn a_list_of_tasks_that_never_comes_delays_no_key_and_no_other_feed() {
    let server = Server::start(Withheld::Tasks);
    let (mut dashboard, _place) = server.dashboard();
    dashboard.shows(&["vm/100", "media01", "40 %"]);
    server.was_asked();
    obeys(&dashboard);
    is_told(&dashboard, &["no answer yet", "snapshots", "fresh"]);
    // Only now does the server say what was asked for before the first key.
    assert!(!dashboard.pty.screen().contains("garbage collection"), "{}", dashboard.pty.screen());
    server.go_on();
    dashboard.shows(&["vm/100", "40 %", "garbage collection"]);
    dashboard.pty.keys("q");
    assert_eq!(dashboard.ends(), 0);
}

#[test]
fn a_huge_list_of_snapshots_delays_no_key_and_no_other_feed() {
    let server = Server::start(Withheld::Snapshots);
    let (mut dashboard, _place) = server.dashboard();
    dashboard.shows(&["40 %", "garbage collection"]);
    server.was_asked();
    assert!(!dashboard.pty.screen().contains("vm/100"), "{}", dashboard.pty.screen());
    obeys(&dashboard);
    // The rest comes, is read and is shown while keys are pressed.
    server.go_on();
    obeys(&dashboard);
    dashboard.shows(&["vm/100", "media01", "40 %"]);
    dashboard.pty.keys("q");
    assert_eq!(dashboard.ends(), 0);
}
