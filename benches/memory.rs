//! What is kept of each thing that a server tells, in bytes: a target, an alert, a snapshot, a log line.
//!
//! `cargo bench --bench memory` prints a table. What is kept is what is given back when it is dropped,
//! counted at the allocator.

#![expect(clippy::print_stdout, reason = "its table is what it is for")]

use std::alloc::System;

use chrono::Utc;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use wardroom::clock::Clock;
use wardroom::config::Config;
use wardroom::demo::{Lab, Scale, Scenario};
use wardroom::domain::feed::{Feed, SourceKind};
use wardroom::domain::log::{Entry, Level, Line, RingLimits, Tail};
use wardroom::domain::observation::Observation;

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const SCALE: Scale = Scale { targets: 10_000, alerts: 5_000, snapshots: 50_000, lines: 0 };
const LINES: usize = 100_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    println!("| kept of each | bytes |");
    println!("|---|---|");
    runtime.block_on(async {
        let clock = Clock::system();
        let lab = Lab::start(Scenario::Scale(SCALE), 1, clock).await.expect("free ports");
        let config = Config::parse("wardroom.toml", &lab.config(), None).expect("the lab's config is right");
        for (name, kind, feed) in [
            ("target", SourceKind::Prometheus, Feed::Targets),
            ("alert", SourceKind::Alertmanager, Feed::Alerts),
            ("snapshot", SourceKind::Pbs, Feed::Snapshots),
        ] {
            let source = config.sources.iter().find(|source| source.id().kind == kind).expect("a source");
            let seen = source.observe(feed, Utc::now()).await.expect("an answer");
            let count: usize = seen.iter().map(things).sum();
            println!("| {name}, of {count} | {} |", freed(seen) / count);
        }
    });
    println!("| log line of 50 characters, of {LINES} | {} |", freed(ring()) / LINES);
}

fn things(seen: &Observation) -> usize {
    match seen {
        Observation::Targets(targets) => targets.len(),
        Observation::Alerts(alerts) => alerts.len(),
        Observation::Backups { groups, .. } => groups.iter().map(|group| group.snapshots.len()).sum(),
        _ => 0,
    }
}

fn ring() -> Tail {
    let limits = RingLimits { lines: LINES, bytes: 1 << 30 };
    let mut tail = Tail::new("all".into(), "{}".into(), limits);
    let stream: wardroom::domain::labels::Labels =
        [("host", "web1"), ("unit", "nginx.service")].into_iter().collect();
    let line = |number: usize| {
        let text = format!("GET /api/v1/items/{number:06} status=200 took={:03}ms ok", number % 300);
        Entry::Line(Line::new(i64::try_from(number).unwrap_or(0), stream.clone(), text, Level::Info))
    };
    tail.extend((0..LINES).map(line).collect::<Vec<_>>());
    tail
}

/// The bytes that are given back with it.
fn freed(thing: impl Sized) -> usize {
    let before = COUNTED.stats().bytes_deallocated;
    drop(thing);
    COUNTED.stats().bytes_deallocated - before
}
