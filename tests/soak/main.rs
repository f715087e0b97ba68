//! A dashboard that goes on and on: what it holds in memory does not grow. Every byte that the program
//! asks for and gives back is counted, so that a leak of a few bytes a round is seen.

use std::alloc::System;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::sync::mpsc;
use wardroom::app::App;
use wardroom::border::Msg;
use wardroom::cli::Global;
use wardroom::clock::Clock;
use wardroom::config::Config;
use wardroom::demo::{Lab, Scenario};
use wardroom::keymap::{Press, presses};
use wardroom::runtime::{Feeds, Loop, Paper};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Rounds of the soak; in each of them a minute of the lab's time passes. `WARDROOM_ROUNDS` makes it longer.
const ROUNDS: usize = 180;

/// A run of so many tells small leaks from what sways.
const LONG: usize = 2_000;

/// What is in use at an instant.
#[derive(Clone, Copy, Debug)]
struct Held {
    bytes: usize,
    /// Sockets among them.
    files: usize,
    tasks: usize,
    threads: usize,
}

fn held() -> Held {
    let stats = COUNTED.stats();
    Held {
        bytes: stats.bytes_allocated.saturating_sub(stats.bytes_deallocated),
        files: count("/proc/self/fd"),
        threads: count("/proc/self/task"),
        tasks: tokio::runtime::Handle::current().metrics().num_alive_tasks(),
    }
}

/// How many names a directory has.
fn count(directory: &str) -> usize {
    std::fs::read_dir(directory).map_or(0, Iterator::count)
}

/// Presses keys, a frame between them.
fn press(dashboard: &mut Loop<Paper>, keys: &str) {
    for press in presses(keys).expect("a string of keys") {
        if let Press::Key(key) = press {
            dashboard.draw().expect("on paper");
            assert!(dashboard.take(Msg::Key(key)).is_none(), "nobody leaves");
        }
    }
}

/// A look at everything that there is, in half of the rounds by the keys that open what lies deeper.
const TOUR: &str = "1v<esc>2<enter><esc>jjl3<enter><esc>45<enter><esc>678SCz<esc>1/host<esc>ftff2ggG1";

/// The least of a measure over some rounds: what is under way for a while is no growth, and what leaks
/// never goes.
fn least(rounds: &[Held], what: fn(&Held) -> usize) -> usize {
    rounds.iter().map(what).min().unwrap_or(0)
}

/// How long this run is.
fn wanted() -> usize {
    std::env::var("WARDROOM_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS)
}

#[expect(clippy::print_stdout, reason = "shown when it fails, or with --nocapture")]
#[test]
fn what_is_held_does_not_grow() {
    let wanted = wanted();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let rounds = runtime.block_on(async {
        let clock = Clock::fixed(Scenario::HostDown.instant());
        let lab = Lab::start(Scenario::HostDown, 1, clock.clone()).await.expect("free ports");
        // What is kept of the logs is full long before the last half.
        let text = format!("{}\n[logs]\nmax_lines = 500\n", lab.config());
        let config = Config::parse("wardroom.toml", &text, None).expect("the lab's config is right");
        let setup =
            wardroom::commands::setup(&config, &Global::default(), None).expect("all views are there");
        let (_nobody, inputs) = mpsc::unbounded_channel();
        let mut feeds =
            Feeds::new(tokio::runtime::Handle::current(), Arc::new(|_: Option<&str>| Err(Vec::new())));
        feeds.watch(&config.sources, &clock);
        let mut dashboard = Loop::new(App::new(setup), Paper::new(120, 40), clock.clone(), inputs, feeds);
        let mut rounds = Vec::with_capacity(wanted);
        for round in 0..wanted {
            for _ in 0..12 {
                clock.advance(TimeDelta::seconds(5));
                assert!(dashboard.take(Msg::Tick).is_none());
            }
            dashboard.feeds.refresh(None);
            // What is under way arrives; in silence the round is over.
            while let Ok(turn) = tokio::time::timeout(Duration::from_millis(40), dashboard.turn()).await {
                assert!(turn.expect("on paper").is_none());
            }
            if round % 2 == 0 {
                press(&mut dashboard, TOUR);
            }
            rounds.push(held());
        }
        rounds
    });
    let (third, last) = (&rounds[wanted / 2..wanted * 3 / 4], &rounds[wanted * 3 / 4..]);
    let curve: Vec<usize> =
        rounds.chunks(wanted / 12).map(|some| least(some, |held| held.bytes) >> 10).collect();
    println!("kilobytes: {curve:?}; at the end {:?}", rounds.last());
    let [before, after] = [third, last].map(|some| least(some, |held| held.bytes));
    // What happens to be under way sways a short run by a tenth; a long one by hardly anything.
    let sway = if wanted < LONG { before / 6 } else { before / 20 };
    assert!(after < before + sway, "{before} bytes became {after}: {curve:?}");
    assert!(least(last, |held| held.files) <= least(third, |held| held.files), "files: {rounds:?}");
    assert!(least(last, |held| held.tasks) <= least(third, |held| held.tasks), "tasks: {rounds:?}");
    assert!(least(last, |held| held.threads) <= least(third, |held| held.threads), "threads: {rounds:?}");
}
