//! The goals that are seen from outside, each measured on a lab of its size.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::lab::Lab;
use crate::process::count;
use crate::screen::{Link, Screen, Seen};
use crate::{CALM, Figures, LIMIT, millis, quantile};

/// Targets, alerts, snapshots, lines a second.
const SMALL: &str = "1000,20,100,0";
const SPEAKING: &str = "1000,20,100,1";
const LARGE: &str = "10000,5000,50000,0";
const FLOOD: &str = "16,5,100,50000";

const SIZE: (u16, u16) = (120, 40);
const WIDE: (u16, u16) = (200, 60);

const OURS: &str = env!("CARGO_BIN_EXE_wardroom");

/// How long and how often; a short course shows only that it works.
pub struct Course {
    /// Seconds of rest before memory is read, and over which is counted.
    pub rest: u64,
    /// Keys pressed.
    pub keys: usize,
    /// Small labs in place of the large ones.
    pub small: bool,
}

/// All of them, once.
pub fn all(course: &Course) -> Figures {
    let large = if course.small { SMALL } else { LARGE };
    let flood = if course.small { SPEAKING } else { FLOOD };
    let mut figures = Figures::new();
    starts(
        SMALL,
        ["G1 start on what was known, 1,000 targets, ms", "G3 start to live data, ms"],
        &mut figures,
    );
    starts(large, ["G2 … 10,000 targets, 5,000 alerts, 50,000 snapshots, ms", ""], &mut figures);
    small(course, &mut figures);
    speaking(course, &mut figures);
    slow(course, &mut figures);
    under_load(large, WIDE, "targets", course, &G12, &mut figures);
    under_load(flood, SIZE, "logs", course, &FLOODED, &mut figures);
    figures
}

const G12: [&str; 5] = [
    "G12 key beside 10,000 / 5,000 / 50,000 asked every second, 200x60: median, ms",
    "G12 … p95, ms",
    "G12 … worst, ms",
    "G5 resident there, MiB",
    "G7 CPU there, asked every second, % of a core",
];

const FLOODED: [&str; 5] = [
    "key beside 50,000 lines a second: median, ms",
    "… p95, ms",
    "… worst, ms",
    "… resident, MiB",
    "… CPU, % of a core",
];

/// Our own dashboard on this lab.
pub fn command<'a>(lab: &'a Lab, view: &'a str) -> [&'a str; 5] {
    [OURS, "--config", lab.config.to_str().expect("a path in words"), "--view", view]
}

/// Starts beside a lab, and then without it, on what was known.
fn starts(scale: &str, [known, live]: [&'static str; 2], figures: &mut Figures) {
    let home = tempfile::tempdir().expect("a home directory");
    let lab = Lab::start(scale, home.path(), "");
    let screen = Screen::open(&command(&lab, "targets"), home.path(), SIZE, Link::default());
    let Some((at, word)) = screen.until(LIMIT, |seen| landmark(seen).map(|word| (Instant::now(), word)))
    else {
        return;
    };
    if !live.is_empty() {
        figures.push((live, millis(at - screen.started)));
    }
    screen.settle(Duration::from_millis(500), LIMIT);
    leave(&screen);
    drop(screen);
    let config = lab.config.clone();
    drop(lab);
    let command = [OURS, "--config", config.to_str().expect("a path in words"), "--view", "targets"];
    let screen = Screen::open(&command, home.path(), SIZE, Link::default());
    // The same many, of which nobody tells now.
    let untold = word.replace(" up", " stale");
    let shown = |seen: &Seen| {
        let contents = seen.screen.screen().contents();
        (contents.contains(&word) || contents.contains(&untold)).then(Instant::now)
    };
    if let Some(at) = screen.until(LIMIT, shown) {
        figures.push((known, millis(at - screen.started)));
    }
}

/// What only a server can have said: how many targets of a job are up.
fn landmark(seen: &Seen) -> Option<String> {
    let contents = seen.screen.screen().contents();
    let words: Vec<&str> = contents.split_whitespace().collect();
    let is_many = |count: &str| count.parse().is_ok_and(|count: u32| count > 500);
    let told = words.windows(2).find(|pair| matches!(pair, [count, "up"] if is_many(count)))?;
    Some(told.join(" "))
}

/// Leaves by the key, so that what is known is kept.
fn leave(screen: &Screen) {
    screen.press("q");
    let end = Instant::now() + LIMIT;
    while Path::new(&format!("/proc/{}/fd/0", screen.pid())).exists() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A thousand targets: rest, keys, another size.
fn small(course: &Course, figures: &mut Figures) {
    let home = tempfile::tempdir().expect("a home directory");
    let lab = Lab::start(SMALL, home.path(), "");
    let screen = Screen::open(&command(&lab, "bridge"), home.path(), SIZE, Link::default());
    std::thread::sleep(Duration::from_secs(course.rest));
    let rest = rest(&screen, course.rest);
    figures.extend([
        ("G4 resident, 1,000 targets, MiB", rest.resident),
        ("G6 CPU at rest, % of a core", rest.cpu),
        ("G8 wake-ups a second at rest", rest.wakeups),
        ("G9 bytes a second at rest", rest.bytes),
    ]);
    let (first, bytes) = keys(&screen, course.keys, ["j", "k"]);
    figures.extend([
        ("G11 key to first byte, median, ms", quantile(&first, 0.5)),
        ("G11 … p95, ms", quantile(&first, 0.95)),
        ("G11 … worst, ms", quantile(&first, 1.0)),
        ("G13 bytes a key", quantile(&bytes, 0.5)),
    ]);
    let mut redrawn = Vec::new();
    for size in [(100, 30), SIZE, (100, 30), SIZE, (100, 30), SIZE] {
        let start = Instant::now();
        screen.resize(size.0, size.1);
        redrawn.extend(screen.until(LIMIT, |seen| Some(seen.since(start)?.1)).map(|at| millis(at - start)));
        screen.settle(CALM, LIMIT);
    }
    redrawn.sort_by(f64::total_cmp);
    figures.push(("G17 another size to redrawn, ms", quantile(&redrawn, 0.5)));
}

/// The same with a line a second.
fn speaking(course: &Course, figures: &mut Figures) {
    let home = tempfile::tempdir().expect("a home directory");
    let lab = Lab::start(SPEAKING, home.path(), "");
    let screen = Screen::open(&command(&lab, "bridge"), home.path(), SIZE, Link::default());
    screen.settle(Duration::from_millis(700), Duration::from_secs(5));
    figures.push(("G10 bytes a second, one log line a second", rest(&screen, course.rest).bytes));
}

/// Slow lines: a key, and one that is held.
fn slow(course: &Course, figures: &mut Figures) {
    let home = tempfile::tempdir().expect("a home directory");
    let lab = Lab::start(SMALL, home.path(), "");
    let link = Link { rate: Some(8_000), round_trip: Duration::from_millis(200) };
    let screen = Screen::open(&command(&lab, "bridge"), home.path(), SIZE, link);
    screen.settle(Duration::from_millis(600), Duration::from_secs(8));
    let (mut first, mut last) = (Vec::new(), Vec::new());
    for number in 0..course.keys.div_ceil(4) {
        let start = Instant::now();
        screen.press(if number % 8 < 4 { "j" } else { "k" });
        // What was under way before is no answer to it.
        let answered = |seen: &Seen| Some(seen.since(start + link.round_trip)?.1);
        first.extend(screen.until(Duration::from_secs(3), answered).map(|at| millis(at - start)));
        screen.settle(CALM, LIMIT);
        last.extend(screen.seen().since(start + link.round_trip).map(|(_, _, at)| millis(at - start)));
    }
    for all in [&mut first, &mut last] {
        all.sort_by(f64::total_cmp);
    }
    figures.extend([
        ("G14 64 kbit/s, 200 ms: key to first byte, median, ms", quantile(&first, 0.5)),
        ("G14 … worst, ms", quantile(&first, 1.0)),
        ("G14 … to the last byte, worst, ms", quantile(&last, 1.0)),
    ]);
    for _ in 0..60 {
        screen.press("j");
        std::thread::sleep(Duration::from_millis(33));
    }
    // The last key is there, and its answer on its way; what queued before it comes without a gap.
    let released = Instant::now();
    std::thread::sleep(link.round_trip);
    screen.settle(Duration::from_millis(150), LIMIT);
    let settled = screen.seen().since(released).map_or(0.0, |(_, _, last)| millis(last - released));
    figures.push(("G15 64 kbit/s: 60 held keys settled after, ms", settled));
    drop(screen);
    let link = Link { rate: Some(1_200), round_trip: Duration::from_millis(600) };
    let screen = Screen::open(&command(&lab, "bridge"), home.path(), SIZE, link);
    // The first paint alone takes six seconds there.
    screen.settle(Duration::from_millis(1_500), LIMIT);
    let mut lag = Vec::new();
    for key in ["j", "j", "k"].iter().take(course.keys) {
        let start = Instant::now();
        screen.press(key);
        let answered = |seen: &Seen| Some(seen.since(start + link.round_trip)?.1);
        lag.extend(screen.until(LIMIT, answered).map(|at| millis(at - start)));
    }
    lag.sort_by(f64::total_cmp);
    figures.push(("G16 9.6 kbit/s, 600 ms: a key, worst, ms", quantile(&lag, 1.0)));
}

/// Keys beside much that is read.
fn under_load(
    scale: &str,
    size: (u16, u16),
    view: &str,
    course: &Course,
    names: &[&'static str; 5],
    figures: &mut Figures,
) {
    let home = tempfile::tempdir().expect("a home directory");
    let lab = Lab::start(scale, home.path(), "interval = \"1s\"");
    let screen = Screen::open(&command(&lab, view), home.path(), size, Link::default());
    screen.settle(Duration::from_millis(700), Duration::from_secs(10));
    // The end of a tail is below: a key that moves nothing is answered with what comes next.
    let there_and_back = if view == "logs" { ["k", "j"] } else { ["j", "k"] };
    // So many that the slowest twentieth is more than two of them.
    let (first, _) = keys(&screen, course.keys * 5 / 2, there_and_back);
    let rest = rest(&screen, course.rest);
    let told =
        [quantile(&first, 0.5), quantile(&first, 0.95), quantile(&first, 1.0), rest.resident, rest.cpu];
    figures.extend(names.iter().copied().zip(told));
}

/// From each key to the first byte of its answer, in milliseconds, and the bytes; both in order. Four times
/// the one key, four times the other.
pub fn keys(screen: &Screen, count: usize, [there, back]: [&str; 2]) -> (Vec<f64>, Vec<f64>) {
    let (mut first, mut bytes) = (Vec::new(), Vec::new());
    for number in 0..count {
        // Not in step with what comes by itself.
        std::thread::sleep(Duration::from_millis(50 + (number as u64 * 37) % 100));
        let start = Instant::now();
        screen.press(if number % 8 < 4 { there } else { back });
        let Some(at) = screen.until(Duration::from_millis(500), |seen| Some(seen.since(start)?.1)) else {
            continue;
        };
        first.push(millis(at - start));
        screen.settle(Duration::from_millis(15), Duration::from_millis(60));
        bytes.extend(screen.seen().since(start).map(|(bytes, ..)| bytes as f64));
    }
    first.sort_by(f64::total_cmp);
    bytes.sort_by(f64::total_cmp);
    (first, bytes)
}

/// What a program at rest costs.
pub struct Rest {
    /// In MiB.
    pub resident: f64,
    /// Of one core, in percent.
    pub cpu: f64,
    /// A second.
    pub wakeups: f64,
    /// To the terminal, a second.
    pub bytes: f64,
}

/// Counts for so many seconds.
pub fn rest(screen: &Screen, seconds: u64) -> Rest {
    let (before, bytes, start) = (count(screen.pid()), screen.seen().bytes(), Instant::now());
    std::thread::sleep(Duration::from_secs(seconds));
    let (after, seconds) = (count(screen.pid()), start.elapsed().as_secs_f64());
    Rest {
        resident: after.resident as f64 / 1024.0,
        cpu: 100.0 * after.ran.saturating_sub(before.ran).as_secs_f64() / seconds,
        wakeups: after.wakeups.saturating_sub(before.wakeups) as f64 / seconds,
        bytes: (screen.seen().bytes() - bytes) as f64 / seconds,
    }
}
