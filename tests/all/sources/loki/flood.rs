//! Fifty thousand lines a second: what is not shown is counted, and what is kept are the newest.

use std::collections::HashSet;
use std::time::Duration;

use chrono::Utc;
use tokio::time::{Instant, timeout_at};
use wardroom::clock::Clock;
use wardroom::demo::{Lab, Scale, Scenario};
use wardroom::domain::feed::SourceKind;
use wardroom::domain::log::{Entry, RingLimits, Tail};
use wardroom::domain::observation::Observation;

use super::storm::port;
use crate::sources::replay::source;

/// How many lines are to be heard of: received, or told to be missing.
const ENOUGH: u64 = 150_000;

fn number(entry: &Entry) -> Option<i64> {
    let Entry::Line(line) = entry else { return None };
    line.text.split_once("id=")?.1.split_whitespace().next()?.parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_flood_the_newest_are_kept_and_the_others_counted() {
    let scale = Scale { targets: 0, alerts: 0, snapshots: 0, lines: 50_000 };
    let lab = Lab::start(Scenario::Scale(scale), 1, Clock::system()).await.expect("free ports");
    let keys = format!(
        "url = \"http://127.0.0.1:{}\"\ntails = [{{ name = \"all\", query = '{{host=~\".+\"}}' }}]",
        port(&lab)
    );
    let mut tail = source(SourceKind::Loki, &keys).tails().remove(0);
    let mut ring = Tail::new("all".into(), "{}".into(), RingLimits { lines: 5_000, bytes: 16 << 20 });
    let (mut newest, mut marks, mut seen) = (i64::MIN, 0, HashSet::new());
    let deadline = Instant::now() + Duration::from_secs(90);
    while ring.lines + ring.skipped < ENOUGH {
        let said = timeout_at(deadline, tail.next()).await.expect("it says more").expect("it goes well");
        let Observation::Tail { entries, .. } = said else { panic!("{said:?}") };
        for entry in &entries {
            match number(entry) {
                Some(number) => {
                    newest = newest.max(number);
                    assert!(seen.insert(number), "{number} came twice");
                }
                None => marks += 1,
            }
        }
        ring.extend(entries);
    }
    let kept: Vec<i64> = ring.entries().iter().filter_map(number).collect();
    assert!(kept.is_sorted(), "in order");
    assert_eq!(kept.last(), Some(&newest), "the newest is there");
    assert_eq!(ring.entries().len(), 5_000, "the ring is full");
    assert_eq!(ring.forgotten() + 5_000, ring.lines + marks, "what went is counted");
    assert!(ring.rate(Utc::now()) > 500.0, "and so is the rate: {}", ring.rate(Utc::now()));
}
