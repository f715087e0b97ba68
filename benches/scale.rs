//! What grows with the lab: an answer with 10,000 targets, and 50,000 snapshots filtered and put in order.
//!
//! `cargo bench --bench scale`; `benches/README.md` has the figures.

#![expect(missing_docs, reason = "a macro makes the group's function")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use chrono::{TimeDelta, Utc};
use criterion::{Criterion, criterion_group, criterion_main};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde_json::Value;
use wardroom::app::{App, Setup};
use wardroom::border::Msg;
use wardroom::clock::{Clock, Now};
use wardroom::config::Config;
use wardroom::domain::backup::{BackupGroup, GroupId, Snapshot, Verification};
use wardroom::domain::feed::{Feed, SourceId, SourceKind};
use wardroom::domain::observation::Observation;
use wardroom::domain::store::Expected;
use wardroom::keymap::{Press, presses};

/// Targets in an answer.
const TARGETS: usize = 10_000;

/// Groups of backups, and snapshots in each.
const GROUPS: usize = 500;
const EACH: usize = 100;

/// An answer of Prometheus as long as a real one is.
fn answer() -> String {
    let mut body = String::from(r#"{"status":"success","data":{"activeTargets":["#);
    for number in 0..TARGETS {
        let instance = format!("10.0.{}.{}:9100", number >> 8, number & 255);
        let comma = if number == 0 { "" } else { "," };
        let _infallible = write!(
            body,
            r#"{comma}{{"discoveredLabels":{{"__address__":"{instance}","__metrics_path__":"/metrics","__scheme__":"http","__scrape_interval__":"15s","__scrape_timeout__":"10s","__meta_datacenter":"home","__meta_rack":"r1","job":"node"}},"labels":{{"instance":"{instance}","job":"node","site":"home"}},"scrapePool":"node","scrapeUrl":"http://{instance}/metrics","globalUrl":"http://{instance}/metrics","lastError":"","lastScrape":"2026-11-13T14:02:09.123456789Z","lastScrapeDuration":0.003211,"health":"up","scrapeInterval":"15s","scrapeTimeout":"10s"}}"#
        );
    }
    body.push_str(r#"],"droppedTargets":[]}}"#);
    body
}

/// The answer fetched over loopback and decoded into targets; fetched alone; decoded alone into the
/// library's own values.
fn decode(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let body: &'static str = answer().leak();
    let url = runtime.block_on(async {
        let json = [("content-type", "application/json")];
        let router = Router::new().route("/api/v1/targets", get(move || async move { (json, body) }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    });
    let config = format!("[sources.prometheus.many]\nurl = \"{url}\"\n");
    let config = Config::parse("wardroom.toml", &config, None).expect("a config");
    let source = config.sources.first().cloned().expect("a source");
    let mut group = criterion.benchmark_group("targets, 10,000 of them");
    group.sample_size(30);
    group.bench_function("fetched and decoded", |bencher| {
        bencher.iter(|| runtime.block_on(source.observe(Feed::Targets, Utc::now())).expect("targets"));
    });
    group.bench_function("fetched", |bencher| {
        // The library asks for one, though nothing is encrypted here.
        let _there_already = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::new();
        let url = format!("{url}/api/v1/targets?state=active");
        bencher.iter(|| {
            runtime
                .block_on(async { client.get(&url).send().await.expect("sent").bytes().await.expect("read") })
        });
    });
    group.bench_function("decoded by serde_json into values", |bencher| {
        bencher.iter(|| serde_json::from_str::<Value>(black_box(body)).expect("it is JSON"));
    });
    group.finish();
}

fn groups(now: Now) -> Vec<BackupGroup> {
    let snapshot = |number: usize| Snapshot {
        at: now.wall - TimeDelta::days(i64::try_from(EACH - number).unwrap_or_default()),
        size: (number as u64 + 1) << 30,
        verification: Some(Verification::Ok(now.wall)),
        protected: number.is_multiple_of(30),
        encrypted: false,
    };
    let group = |number: usize| BackupGroup {
        id: GroupId {
            datastore: "main".into(),
            namespace: "".into(),
            kind: "vm".into(),
            id: (100 + number).to_string().into(),
        },
        guest: format!("guest{number}").into(),
        comment: "".into(),
        owner: "root@pam".into(),
        other_owner: None,
        snapshots: (0..EACH).map(snapshot).collect(),
        unfinished: None,
    };
    (0..GROUPS).map(group).collect()
}

fn press(app: &mut App, keys: &str, now: Now) {
    for press in presses(keys).expect("keys") {
        if let Press::Key(key) = press {
            app.update(Msg::Key(key), now);
        }
    }
}

/// Keys beside 50,000 snapshots.
fn snapshots(criterion: &mut Criterion) {
    let now = Clock::system().now();
    let id = SourceId::new(SourceKind::Pbs, "main");
    let expected =
        Expected { id: id.clone(), site: "".into(), feeds: vec![(Feed::Snapshots, 60.0)], tails: Vec::new() };
    let mut app = App::new(Setup { sources: vec![expected], view: "backups".to_owned(), ..Setup::default() });
    let known: Arc<[BackupGroup]> = groups(now).into();
    let seen = || Msg::Observed {
        source: id.clone(),
        feed: Feed::Snapshots,
        result: Ok(vec![Observation::Backups { groups: Arc::clone(&known), unreadable: Arc::default() }]),
        took: 0.01,
    };
    app.update(seen(), now);
    let mut terminal = Terminal::new(TestBackend::new(200, 60)).expect("a terminal");
    let mut frame = move |app: &mut App| {
        terminal.draw(|frame| app.draw(frame, now)).expect("it draws");
    };
    frame(&mut app);
    let mut group = criterion.benchmark_group("snapshots, 50,000 of them in 500 groups");
    group.bench_function("a letter of a filter and its frame", |bencher| {
        press(&mut app, "/guest4", now);
        bencher.iter(|| {
            press(&mut app, "7", now);
            frame(&mut app);
            press(&mut app, "<backspace>", now);
        });
        press(&mut app, "<esc><esc>", now);
    });
    group.bench_function("another order and its frame", |bencher| {
        bencher.iter(|| {
            press(&mut app, "O", now);
            frame(&mut app);
        });
    });
    group.bench_function("a second passes, and the frame", |bencher| {
        bencher.iter(|| {
            app.update(Msg::Tick, now);
            frame(&mut app);
        });
    });
    group.bench_function("an answer taken in, and the frame", |bencher| {
        bencher.iter(|| {
            app.update(seen(), now);
            frame(&mut app);
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_millis(500));
    targets = decode, snapshots
}
criterion_main!(benches);
