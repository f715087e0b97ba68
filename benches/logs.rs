//! What a million lines cost: to take in, to filter for a frame, to search to the end.
//!
//! `cargo bench --bench logs`.

#![expect(missing_docs, reason = "a macro makes the group's function")]

use std::hint::black_box;
use std::time::Duration;

use chrono::Utc;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use wardroom::app::{App, Setup};
use wardroom::border::Msg;
use wardroom::clock::Now;
use wardroom::domain::feed::{Feed, SourceId, SourceKind};
use wardroom::domain::labels::Labels;
use wardroom::domain::log::{Entry, Level, Line, RingLimits, Tail, TailState};
use wardroom::domain::observation::Observation;
use wardroom::domain::store::Expected;
use wardroom::keymap::{Press, presses};

const MILLION: i64 = 1_000_000;

fn lines(from: i64, count: i64) -> Vec<Entry> {
    let stream: Labels = [("host", "web1"), ("unit", "nginx.service")].into_iter().collect();
    let line = |at: i64| {
        let text = format!("GET /api/v1/items/{at} status=200 took={}ms", at % 300);
        Entry::Line(Line::new(at, stream.clone(), text, Level::Info))
    };
    (from..from + count).map(line).collect()
}

fn limits() -> RingLimits {
    RingLimits { lines: 2_000_000, bytes: 1 << 30 }
}

/// A dashboard with so many lines in its logs view.
fn dashboard(count: i64, now: Now) -> App {
    let id = SourceId::new(SourceKind::Loki, "main");
    let expected = Expected {
        id: id.clone(),
        site: "".into(),
        feeds: vec![(Feed::Tail, 5.0)],
        tails: vec![("all".into(), "{host=~\".+\"}".into())],
    };
    let setup =
        Setup { sources: vec![expected], ring: limits(), view: "logs".to_owned(), ..Setup::default() };
    let mut app = App::new(setup);
    let tail = Observation::Tail { tail: "all".into(), state: TailState::Live, entries: lines(0, count) };
    app.update(Msg::Observed { source: id, feed: Feed::Tail, result: Ok(vec![tail]), took: 0.0 }, now);
    app
}

fn press(app: &mut App, keys: &str, now: Now) {
    for press in presses(keys).expect("keys") {
        if let Press::Key(key) = press {
            app.update(Msg::Key(key), now);
        }
    }
}

fn logs(criterion: &mut Criterion) {
    let now = Now { wall: Utc::now(), mono: Duration::from_secs(1) };
    criterion.bench_function("ring: 50,000 lines into a full one", |bencher| {
        let mut full = Tail::new("all".into(), "{}".into(), RingLimits { lines: 10_000, bytes: 16 << 20 });
        full.extend(lines(0, 10_000));
        let fresh = lines(10_000, 50_000);
        bencher.iter_batched(
            || (full.clone(), fresh.clone()),
            |(mut tail, fresh)| {
                tail.extend(fresh);
                black_box(tail.lines)
            },
            BatchSize::LargeInput,
        );
    });
    let mut terminal = Terminal::new(TestBackend::new(120, 40)).expect("a terminal");
    let mut frame = |app: &mut App| {
        terminal.draw(|frame| app.draw(frame, now)).expect("a frame");
    };
    let mut app = dashboard(100_000, now);
    frame(&mut app);
    for (name, filter) in [
        ("filter: 100,000 lines, two words, until all are searched", "/status 99999"),
        ("filter: 100,000 lines, a field, until all are searched", "/status=500"),
        (
            "filter: 100,000 lines, five words, whatever their case",
            "/~(?i)(error|warn|panic|refused|timeout)",
        ),
    ] {
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                press(&mut app, filter, now);
                press(&mut app, "<enter>", now);
                frame(&mut app);
                while app.is_dirty() {
                    frame(&mut app);
                }
                press(&mut app, "<esc>", now);
            });
        });
    }
    drop(app);
    let mut app = dashboard(MILLION, now);
    frame(&mut app);
    criterion.bench_function("search: a key and the first frame, of a million lines", |bencher| {
        bencher.iter(|| {
            press(&mut app, "/~items.*77777 <enter>", now);
            frame(&mut app);
            press(&mut app, "<esc>", now);
        });
    });
    criterion.bench_function("search: all of a million lines by an expression", |bencher| {
        bencher.iter(|| {
            press(&mut app, "/~items.*77777<enter>", now);
            frame(&mut app);
            while app.is_dirty() {
                frame(&mut app);
            }
            press(&mut app, "<esc>", now);
        });
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = logs
}
criterion_main!(benches);
