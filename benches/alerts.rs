//! What 5,000 alerts cost: an answer that says the same, one that says something else, the join that
//! is made away from the loop, a key, a word of a filter.
//!
//! `cargo bench --bench alerts`; `benches/README.md` has the figures.

#![expect(missing_docs, reason = "a macro makes the group's function")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use wardroom::app::{App, Setup};
use wardroom::border::{Effect, Msg};
use wardroom::clock::{Clock, Now};
use wardroom::domain::alert::{Alert, AlertState, FingerprintSource, RaisedAlert, Severity};
use wardroom::domain::feed::{Feed, SourceId, SourceKind};
use wardroom::domain::labels::Labels;
use wardroom::domain::observation::Observation;
use wardroom::domain::store::{Expected, Related, Relating};
use wardroom::keymap::{Press, presses};

const MANY: usize = 5_000;

fn labels(number: usize) -> Labels {
    let (name, instance) =
        (format!("DiskSpaceLow{}", number % 50), format!("10.0.{}.{}:9100", number / 250, number % 250));
    let severity = ["critical", "warning", "info"][number % 3];
    let labels = [("alertname", &*name), ("instance", &*instance), ("job", "node"), ("severity", severity)];
    labels.into_iter().collect()
}

fn alert(number: usize, now: Now) -> Alert {
    let labels = labels(number);
    let severity: Arc<str> = labels.get("severity").unwrap_or_default().into();
    Alert {
        name: labels.get("alertname").unwrap_or_default().into(),
        rank: Severity::of(&severity),
        severity,
        state: AlertState::Firing,
        fingerprint: format!("{number:016x}").into(),
        fingerprint_source: FingerprintSource::Alertmanager,
        starts_at: now.wall,
        ends_at: None,
        labels,
        exact: None,
        annotations: [("summary", format!("disk {number} is nearly full"))].into_iter().collect(),
        silenced_by: Vec::new(),
        inhibited_by: Vec::new(),
        muted_by: Vec::new(),
        acked_by: None,
        receivers: vec!["page".into()],
        generator_url: None,
        at: None,
    }
}

fn routed(now: Now) -> Msg {
    let mut alerts: Vec<Alert> = (0..MANY).map(|number| alert(number, now)).collect();
    alerts.sort_by(Alert::order);
    seen(SourceKind::Alertmanager, Observation::Alerts(alerts.into()))
}

fn raised(now: Now) -> Msg {
    let raise = |number| RaisedAlert {
        labels: labels(number),
        annotations: Labels::default(),
        firing: true,
        active_at: now.wall,
        value: "1".into(),
    };
    seen(SourceKind::Prometheus, Observation::Raised((0..MANY).map(raise).collect()))
}

fn seen(kind: SourceKind, observation: Observation) -> Msg {
    let source = SourceId::new(kind, "main");
    Msg::Observed { source, feed: Feed::Alerts, result: Ok(vec![observation]), took: 0.01 }
}

/// A dashboard that shows nothing but alerts, and hears of none yet.
fn dashboard() -> App {
    let expected = |kind| Expected {
        id: SourceId::new(kind, "main"),
        site: "".into(),
        feeds: vec![(Feed::Alerts, 5.0)],
        tails: Vec::new(),
    };
    let sources = [SourceKind::Prometheus, SourceKind::Alertmanager].map(expected).into();
    App::new(Setup { sources, view: "alerts".to_owned(), ..Setup::default() })
}

/// Gives a message to the dashboard, and the join that it asks for.
fn hear(app: &mut App, msg: Msg, now: Now) -> Option<Relating> {
    app.update(msg, now).into_iter().find_map(|effect| match effect {
        Effect::Compute(relating) => Some(*relating),
        _ => None,
    })
}

/// Has joined what is to be joined, until nothing is; what was joined last is kept, as the loop does,
/// so that nothing is freed while it is measured.
fn settle(app: &mut App, mut join: Option<Relating>, now: Now) -> Option<Arc<Related>> {
    let mut kept = None;
    while let Some(next) = join {
        let (number, joined) = (next.number, Arc::new(next.run()));
        kept = Some(Arc::clone(&joined));
        join = hear(app, Msg::Computed { number, related: Some(joined) }, now);
    }
    kept
}

fn press(app: &mut App, keys: &str, now: Now) {
    for press in presses(keys).expect("keys") {
        if let Press::Key(key) = press {
            app.update(Msg::Key(key), now);
        }
    }
}

fn alerts(criterion: &mut Criterion) {
    let now = Clock::system().now();
    let mut app = dashboard();
    let mut terminal = Terminal::new(TestBackend::new(200, 60)).expect("a terminal");
    let mut frame = move |app: &mut App, now: Now| {
        terminal.draw(|frame| app.draw(frame, now)).expect("it draws");
    };
    for answer in [raised(now), routed(now)] {
        let join = hear(&mut app, answer, now);
        settle(&mut app, join, now);
    }
    frame(&mut app, now);
    let mut group = criterion.benchmark_group("alerts, 5,000 of them");
    let answers = [routed(now), routed(now)];
    // Whichever is not known already.
    let mut at = 0;
    group.bench_function("an answer that says the same", |bencher| {
        let join = hear(&mut app, answers[0].clone(), now);
        settle(&mut app, join, now);
        bencher.iter(|| app.update(black_box(answers[0].clone()), now));
    });
    group.bench_function("an answer that says something else, and the frame", |bencher| {
        bencher.iter_custom(|rounds| {
            let (mut taken, mut kept) = (Duration::ZERO, None);
            for _ in 0..rounds {
                at += 1;
                let answer = answers[at % 2].clone();
                let start = Instant::now();
                let join = hear(&mut app, answer, now);
                frame(&mut app, now);
                taken += start.elapsed();
                frame(&mut app, now);
                kept = settle(&mut app, join, now).or(kept);
                frame(&mut app, now);
            }
            drop(kept);
            taken
        });
    });
    group.bench_function("the join, away from the loop", |bencher| {
        bencher.iter_custom(|rounds| {
            let mut taken = Duration::ZERO;
            for _ in 0..rounds {
                at += 1;
                // The first may be what is known already.
                let Some(join) = hear(&mut app, answers[at % 2].clone(), now) else { continue };
                let number = join.number;
                let start = Instant::now();
                let joined = Arc::new(join.run());
                taken += start.elapsed();
                let next = hear(&mut app, Msg::Computed { number, related: Some(joined) }, now);
                settle(&mut app, next, now);
            }
            taken
        });
    });
    group.bench_function("what was joined taken in, and the frame", |bencher| {
        bencher.iter_custom(|rounds| {
            let (mut taken, mut kept) = (Duration::ZERO, None);
            for _ in 0..rounds {
                at += 1;
                // The first may be what is known already.
                let Some(join) = hear(&mut app, answers[at % 2].clone(), now) else { continue };
                let (number, joined) = (join.number, Arc::new(join.run()));
                let next = Some(Arc::clone(&joined));
                let start = Instant::now();
                hear(&mut app, Msg::Computed { number, related: Some(joined) }, now);
                frame(&mut app, now);
                taken += start.elapsed();
                kept = next.or(kept);
            }
            drop(kept);
            taken
        });
    });
    group.bench_function("a second passes, and the frame", |bencher| {
        bencher.iter(|| {
            app.update(Msg::Tick, now);
            frame(&mut app, now);
        });
    });
    group.bench_function("a key and its frame", |bencher| {
        let mut down = false;
        bencher.iter(|| {
            down = !down;
            press(&mut app, if down { "j" } else { "k" }, now);
            frame(&mut app, now);
        });
    });
    group.bench_function("a letter of a filter and its frame", |bencher| {
        press(&mut app, "/disk 49", now);
        bencher.iter(|| {
            press(&mut app, "9", now);
            frame(&mut app, now);
            press(&mut app, "<backspace>", now);
        });
        press(&mut app, "<esc><esc>", now);
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_millis(500)).sample_size(20);
    targets = alerts
}
criterion_main!(benches);
