//! What the loop costs: a frame, a change, and a key while a large answer is decoded.
//!
//! `cargo bench` runs all of it; `cargo bench -- frame` a part. `benches/README.md` has the figures.

#![expect(missing_docs, reason = "a macro makes the group's function")]

#[expect(dead_code, reason = "shared with the tests, which have a use for the rest")]
#[path = "../tests/pty/mod.rs"]
mod pty;

use std::cell::LazyCell;
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use criterion::{Criterion, criterion_group, criterion_main};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use wardroom::app::{App, Setup};
use wardroom::border::Msg;
use wardroom::clock::{Clock, Now};
use wardroom::domain::feed::{Feed, SourceId, SourceKind};
use wardroom::domain::labels::Labels;
use wardroom::domain::observation::Observation;
use wardroom::domain::store::Expected;
use wardroom::domain::target::{Target, TargetHealth};

use crate::pty::Pty;

fn source() -> SourceId {
    SourceId::new(SourceKind::Prometheus, "main")
}

fn target(number: usize) -> Target {
    let instance = format!("10.0.{}.{}:9100", number / 256, number % 256);
    let is_down = number.is_multiple_of(50);
    Target {
        job: "node".into(),
        labels: [("job", "node"), ("instance", instance.as_str())].into_iter().collect::<Labels>(),
        instance: instance.as_str().into(),
        pool: "node".into(),
        health: if is_down { TargetHealth::Down } else { TargetHealth::Up },
        error: if is_down { "connection refused" } else { "" }.into(),
        last_scrape: None,
        took: 0.003,
        interval: 5.0,
        timeout: 5.0,
    }
}

/// A dashboard that knows so many targets.
fn dashboard(targets: usize, now: Now) -> App {
    let expected =
        Expected { id: source(), site: "".into(), feeds: vec![(Feed::Targets, 5.0)], tails: Vec::new() };
    let mut app = App::new(Setup { sources: vec![expected], ..Setup::default() });
    app.update(seen(targets), now);
    app
}

fn seen(targets: usize) -> Msg {
    let targets = (0..targets).map(target).collect();
    Msg::Observed {
        source: source(),
        feed: Feed::Targets,
        result: Ok(vec![Observation::Targets(targets)]),
        took: 0.01,
    }
}

fn frame(criterion: &mut Criterion) {
    let now = Clock::system().now();
    let mut group = criterion.benchmark_group("frame");
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let mut app = dashboard(1_000, now);
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
        group.bench_function(format!("{width}x{height}, 1,000 targets"), |bencher| {
            bencher.iter(|| {
                app.update(Msg::Tick, now);
                terminal.draw(|frame| app.draw(frame, now)).expect("it draws");
            });
        });
    }
    group.finish();
}

fn change(criterion: &mut Criterion) {
    let now = Clock::system().now();
    let mut group = criterion.benchmark_group("change");
    for targets in [1_000, 10_000, 34_000] {
        let mut app = dashboard(targets, now);
        let mut terminal = Terminal::new(TestBackend::new(120, 40)).expect("a terminal");
        let answer = seen(targets);
        group.bench_function(format!("{targets} targets taken in and drawn"), |bencher| {
            bencher.iter(|| {
                app.update(black_box(answer.clone()), now);
                terminal.draw(|frame| app.draw(frame, now)).expect("it draws");
            });
        });
    }
    group.finish();
}

/// As many targets as make 20 MB.
const MANY: usize = 32_000;

/// An answer of Prometheus with that many targets.
fn many_targets() -> String {
    let mut body = String::from(r#"{"status":"success","data":{"activeTargets":["#);
    for number in 0..MANY {
        let instance = format!("10.{}.{}.{}:9100", number >> 16, number >> 8 & 255, number & 255);
        let comma = if number == 0 { "" } else { "," };
        let _infallible = write!(
            body,
            r#"{comma}{{"discoveredLabels":{{"__address__":"{instance}","__metrics_path__":"/metrics","__scheme__":"http","__scrape_interval__":"5s","__scrape_timeout__":"5s","__meta_datacenter":"home","__meta_rack":"r1","job":"node"}},"labels":{{"instance":"{instance}","job":"node"}},"scrapePool":"node","scrapeUrl":"http://{instance}/metrics","globalUrl":"http://{instance}/metrics","lastError":"","lastScrape":"2026-11-13T14:02:09.123456789Z","lastScrapeDuration":0.003211,"health":"up","scrapeInterval":"5s","scrapeTimeout":"5s"}}"#
        );
    }
    body.push_str(r#"],"droppedTargets":[]}}"#);
    body
}

/// Serves that answer for as long as the process runs, and gives the address.
fn serve_many() -> String {
    let (told, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let body: &'static str = many_targets().leak();
            let json = [("content-type", "application/json")];
            let router = Router::new()
                .route("/api/v1/targets", get(move || async move { (json, body) }))
                .fallback(move || async move { (json, r#"{"status":"success","data":{}}"#) });
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            told.send(listener.local_addr().expect("an address")).expect("somebody listens");
            axum::serve(listener, router).await.expect("it serves");
        });
    });
    format!("http://{}", address.recv().expect("the server starts"))
}

/// From a key to the first byte of its answer in a real terminal, while answers of 20 MB are
/// fetched and decoded back to back.
fn key_under_load(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("key");
    group.sample_size(50);
    let mut down = false;
    // Made once, and only when it is wanted.
    let pty = LazyCell::new(under_load);
    group.bench_function("first byte while 20 MB are decoded", |bencher| {
        bencher.iter_custom(|rounds| {
            let mut taken = Duration::ZERO;
            for _ in 0..rounds {
                down = !down;
                let before = pty.written();
                let start = Instant::now();
                pty.keys(if down { "j" } else { "k" });
                while pty.written() == before && start.elapsed() < Duration::from_secs(5) {
                    // Who looks without a pause keeps the terminal from its work.
                    std::thread::sleep(Duration::from_micros(100));
                }
                taken += start.elapsed();
                // The rest of the frame, and the terminal's answer to it.
                std::thread::sleep(Duration::from_millis(30));
            }
            taken
        });
    });
    group.finish();
}

/// A dashboard in a terminal, whose server answers with 20 MB each second.
fn under_load() -> Pty {
    let home = tempfile::tempdir().expect("a home directory");
    let config = home.path().join("wardroom.toml");
    let text = format!("[sources.prometheus.many]\nurl = \"{}\"\ninterval = \"1s\"\n", serve_many());
    std::fs::write(&config, text).expect("the config is written");
    let path = config.display().to_string();
    let pty = Pty::start(&["--config", &path, "--view", "targets"], home, (120, 40));
    let shows = |what: &str| {
        let start = Instant::now();
        while !pty.screen().contains(what) {
            assert!(start.elapsed() < Duration::from_mins(1), "no {what}:\n{}", pty.screen());
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    shows(&format!("{MANY} up"));
    // Healthy jobs are folded: every target on a row of its own.
    pty.keys("c");
    shows("more up");
    pty
}

criterion_group! {
    name = house;
    config = Criterion::default().measurement_time(Duration::from_secs(5));
    targets = frame, change, key_under_load
}
criterion_main!(house);
