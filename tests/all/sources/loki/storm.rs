//! A hundred thousand lines through a proxy that cuts, stalls, delays and refuses: every line is
//! shown once and in order, or a gap stands where it is missing.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use wardroom::clock::Clock;
use wardroom::demo::{Dialect, Lab, Scenario};
use wardroom::domain::feed::SourceKind;
use wardroom::domain::log::{Entry, RingLimits, Tail};
use wardroom::domain::observation::Observation;

use super::proxy::Proxy;
use super::script::now;
use crate::sources::replay::source;

/// Lines in one push.
const BATCH: usize = 200;

/// Three lines share an instant.
const ALIKE: usize = 3;

/// Where the lab's Loki listens.
pub fn port(lab: &Lab) -> u16 {
    let config = lab.config();
    let (_, after) = config.split_once("[sources.loki.home]\nurl = \"http://127.0.0.1:").expect("a Loki");
    after.split('"').next().and_then(|port| port.parse().ok()).expect("a port")
}

/// Pushes lines into a Loki; what it answers.
pub async fn push(port: u16, body: &serde_json::Value) -> String {
    let body = body.to_string();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("it listens");
    let head = format!(
        "POST /loki/api/v1/push HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream.write_all(body.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer
}

/// Pushes so many numbered lines over `span`; returns their times.
async fn pour(port: u16, count: usize, span: Duration) -> Vec<i64> {
    let began = Instant::now();
    let batches = count / BATCH;
    let mut times = Vec::with_capacity(count);
    for batch in 0..batches {
        tokio::time::sleep_until(
            began + span * u32::try_from(batch).expect("few") / u32::try_from(batches).expect("few"),
        )
        .await;
        let at = now();
        let first = batch * BATCH;
        let values: Vec<_> = (first..first + BATCH)
            .map(|number| {
                let at = at + i64::try_from((number - first) / ALIKE).expect("few");
                times.push(at);
                json!([at.to_string(), format!("line {number}")])
            })
            .collect();
        let answer =
            push(port, &json!({ "streams": [{ "stream": { "test": "storm" }, "values": values }] })).await;
        assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    }
    times
}

/// What a tail showed: the lines, once each and in order, and where some are missing.
struct Shown {
    numbers: HashSet<usize>,
    gaps: Vec<(i64, i64)>,
}

fn shown(ring: &Tail) -> Shown {
    let mut shown = Shown { numbers: HashSet::new(), gaps: Vec::new() };
    let mut last = i64::MIN;
    for entry in ring.entries() {
        assert!(entry.at() >= last, "in order");
        last = entry.at();
        match entry {
            Entry::Line(line) => {
                let number = line.text.strip_prefix("line ").and_then(|number| number.parse().ok());
                assert!(shown.numbers.insert(number.expect("a number")), "{} came twice", line.text);
            }
            Entry::Gap { from, to } | Entry::Skipped { from, to, .. } => shown.gaps.push((*from, *to)),
            // What the server says that it dropped is asked for.
            Entry::Dropped { .. } => {}
        }
    }
    shown
}

impl Shown {
    /// Lines that are neither there nor in a gap.
    fn missing(&self, times: &[i64]) -> Vec<usize> {
        let in_gap = |at: i64| self.gaps.iter().any(|(from, to)| (*from..=*to).contains(&at));
        let all = times.iter().enumerate();
        all.filter(|(number, at)| !self.numbers.contains(number) && !in_gap(**at))
            .map(|(number, _)| number)
            .collect()
    }
}

async fn weather(count: usize, span: Duration, dialect: Dialect) {
    // Another seed brings other faults: WARDROOM_FAULT_SEED=7 cargo test storm
    let seed = std::env::var("WARDROOM_FAULT_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let lab = Lab::start_with(Scenario::Calm, 1, Clock::system(), dialect).await.expect("free ports");
    let port = port(&lab);
    let proxy = Proxy::start(port, seed).await;
    let keys = format!(
        "url = {:?}\ncheck = \"1s\"\ntails = [{{ name = \"storm\", query = '{{test=\"storm\"}}' }}]",
        proxy.url
    );
    let mut tail = source(SourceKind::Loki, &keys).tails().remove(0);
    let done = Arc::new(AtomicBool::new(false));
    let over = Arc::clone(&done);
    let pouring = tokio::spawn(async move {
        let times = pour(port, count, span).await;
        over.store(true, Ordering::Release);
        times
    });
    let limits = RingLimits { lines: 2 * count, bytes: 1 << 30 };
    let mut ring = Tail::new("storm".into(), "{test=\"storm\"}".into(), limits);
    let deadline = Instant::now() + Duration::from_secs(90);
    let mut times = None;
    let mut pouring = Some(pouring);
    loop {
        let said = timeout_at(deadline, tail.next())
            .await
            .unwrap_or_else(|_| panic!("seed {seed}: it says no more"));
        match said {
            Ok(Observation::Tail { entries, .. }) => ring.extend(entries),
            Ok(other) => panic!("{other:?}"),
            // What was refused is tried again.
            Err(_) => {}
        }
        if done.load(Ordering::Acquire)
            && let Some(pouring) = pouring.take()
        {
            times = Some(pouring.await.expect("it pours"));
        }
        if let Some(times) = &times {
            let missing = shown(&ring).missing(times);
            if missing.is_empty() {
                break;
            }
            assert!(
                Instant::now() < deadline,
                "seed {seed}: {} lines are missing: {missing:?}",
                missing.len()
            );
        }
    }
    let shown = shown(&ring);
    // A gap must not be the easy way out.
    assert!(shown.numbers.len() * 2 > count, "seed {seed}: {} of {count} lines", shown.numbers.len());
    let broken = &proxy.broken;
    for (what, times) in [("refused", &broken.refused), ("cut", &broken.cut)] {
        assert!(times.load(Ordering::Relaxed) > 0, "seed {seed}: nothing was {what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_lines_through_bad_weather() {
    weather(100_000, Duration::from_secs(4), Dialect::Three).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_loki_through_the_same_weather() {
    weather(5_000, Duration::from_secs(3), Dialect::Two).await;
}
