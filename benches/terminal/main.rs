//! What a person in front of a terminal has to wait for, and what the program costs meanwhile: the
//! demo lab in a pseudo-terminal of our own, and other programs beside it.
//!
//! `cargo bench --bench terminal` takes some minutes and prints a table for `benches/README.md`.
//!
//! ```text
//! cargo bench --bench terminal -- --runs 5 --size 120x40 --beside 'btm' --beside 'less /etc/services'
//! cargo bench --bench terminal -- --goals           the goals of benches/README.md, on labs of their sizes
//! cargo bench --bench terminal -- --curves          what a lab of 1, 10 and 100 times the size costs
//! cargo bench --bench terminal -- --config FILE     our own dashboard on these servers, not the demo
//! cargo test --bench terminal -- --short            shows in seconds that it works; judges no time
//! ```

#![expect(clippy::print_stdout, reason = "its table is what it is for")]

mod curves;
mod goals;
mod lab;
mod process;
mod screen;

use std::time::{Duration, Instant};

use clap::Parser;

use crate::process::count;
use crate::screen::{Link, Screen};

/// A program that has not answered by then does not.
const LIMIT: Duration = Duration::from_secs(20);

/// A frame that is followed by nothing for so long is whole.
const CALM: Duration = Duration::from_millis(40);

#[derive(Parser)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
struct Options {
    /// How often each is measured; the middle one is told, with the least and the most.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Columns and rows.
    #[arg(long, default_value = "120x40", value_parser = size)]
    size: (u16, u16),
    /// The servers to look at instead of the demo lab.
    #[arg(long)]
    config: Option<String>,
    /// Another program to measure beside ours, with its arguments.
    #[arg(long)]
    beside: Vec<String>,
    /// The goals, one by one, in place of the comparison.
    #[arg(long)]
    goals: bool,
    /// What labs of growing size cost, in place of the comparison.
    #[arg(long)]
    curves: bool,
    /// Shows that it works, in seconds.
    #[arg(long)]
    short: bool,
    /// Given by `cargo bench`: without it this is a test, and short.
    #[arg(long, hide = true)]
    bench: bool,
    /// A part of the name of what is to be measured, which all benches get: `cargo bench -- frame`.
    #[arg(hide = true)]
    filter: Option<String>,
}

fn size(text: &str) -> Result<(u16, u16), String> {
    let (width, height) = text.split_once('x').ok_or("COLUMNSxROWS")?;
    let number = |text: &str| text.parse::<u16>().map_err(|error| error.to_string());
    Ok((number(width)?, number(height)?))
}

/// How long and how often.
struct Course {
    size: (u16, u16),
    idle: Duration,
    keys: usize,
    held: u32,
}

/// A figure of one run, by its name.
type Figures = Vec<(&'static str, f64)>;

fn main() {
    let options = Options::parse();
    if options.filter.as_ref().is_some_and(|filter| !"terminal".contains(filter.as_str())) {
        return;
    }
    if options.goals || options.short || !options.bench {
        tell_goals(&options);
    }
    if options.curves || options.short || !options.bench {
        curves::tell(options.short || !options.bench);
    }
    if options.goals || options.curves {
        return;
    }
    let (runs, course) = if options.short || !options.bench {
        (1, Course { size: options.size, idle: Duration::from_secs(1), keys: 4, held: 6 })
    } else {
        (options.runs, Course { size: options.size, idle: Duration::from_secs(30), keys: 40, held: 60 })
    };
    let ours = match &options.config {
        Some(file) => vec![env!("CARGO_BIN_EXE_wardroom"), "--config", file],
        None => vec![env!("CARGO_BIN_EXE_wardroom"), "--demo=host-down"],
    };
    let others = options.beside.iter().map(|command| command.split_whitespace().collect::<Vec<_>>());
    let all: Vec<Vec<&str>> = std::iter::once(ours).chain(others).collect();
    println!("| {}x{}, {runs} runs | {} |", course.size.0, course.size.1, heads(&all));
    println!("|---|{}", "---|".repeat(all.len()));
    // In turn, so that what else the machine does meets all of them.
    let mut measured: Vec<Vec<Figures>> = all.iter().map(|_| Vec::new()).collect();
    for _ in 0..runs {
        for (command, figures) in all.iter().zip(&mut measured) {
            let run = [near(command, &course), far(command, &course)].concat();
            figures.push(run);
        }
    }
    for name in measured.iter().flatten().flatten().map(|(name, _)| *name).collect::<Ordered>().0 {
        let cells = measured.iter().map(|runs| cell(runs, name));
        println!("| {name} | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
}

/// The goals that are seen from outside, each with its figures.
fn tell_goals(options: &Options) {
    let is_short = options.short || !options.bench;
    let (runs, course) = if is_short {
        (1, goals::Course { rest: 1, keys: 3, small: true })
    } else {
        (options.runs, goals::Course { rest: 30, keys: 60, small: false })
    };
    let measured: Vec<Figures> = (0..runs).map(|_| goals::all(&course)).collect();
    for (name, figure) in measured.iter().flatten() {
        assert!(figure.is_finite(), "{name}: nothing was measured");
    }
    println!("| goal, {runs} runs | measured |");
    println!("|---|---|");
    for name in measured.iter().flatten().map(|(name, _)| *name).collect::<Ordered>().0 {
        println!("| {name} | {} |", cell(&measured, name));
    }
}

fn heads(all: &[Vec<&str>]) -> String {
    let name = |command: &Vec<&str>| {
        let program = command.first().copied().unwrap_or_default();
        program.rsplit('/').next().unwrap_or(program).to_owned()
    };
    all.iter().map(name).collect::<Vec<_>>().join(" | ")
}

/// Names in the order in which they were first said.
#[derive(Default)]
struct Ordered(Vec<&'static str>);

impl FromIterator<&'static str> for Ordered {
    fn from_iter<I: IntoIterator<Item = &'static str>>(names: I) -> Self {
        let mut all = Vec::new();
        for name in names {
            if !all.contains(&name) {
                all.push(name);
            }
        }
        Self(all)
    }
}

/// The middle of the runs, and what they spread over.
fn cell(runs: &[Figures], name: &str) -> String {
    let mut figures: Vec<f64> =
        runs.iter().flatten().filter(|(known, _)| *known == name).map(|(_, figure)| *figure).collect();
    figures.sort_by(f64::total_cmp);
    match figures.as_slice() {
        [] => "–".to_owned(),
        [one] => round(*one),
        [least, .., most] => {
            format!("{} ({}–{})", round(quantile(&figures, 0.5)), round(*least), round(*most))
        }
    }
}

fn round(figure: f64) -> String {
    if figure < 10.0 { format!("{figure:.2}") } else { format!("{figure:.0}") }
}

/// Of figures in order.
fn quantile(figures: &[f64], part: f64) -> f64 {
    let last = figures.len().saturating_sub(1);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place among a few")]
    let at = (part * last as f64).ceil() as usize;
    figures.get(at).copied().unwrap_or(f64::NAN)
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1e3
}

/// On this machine's own terminal: the start, keys, another size, and rest.
fn near(command: &[&str], course: &Course) -> Figures {
    let home = tempfile::tempdir().expect("a home directory");
    let screen = Screen::open(command, home.path(), course.size, Link::default());
    let mut figures = Figures::new();
    if let Some(first) = screen.until(LIMIT, |seen| seen.pieces.first().map(|(at, _)| *at)) {
        figures.push(("start to first byte, ms", millis(first - screen.started)));
    }
    let filled = |seen: &screen::Seen| {
        let rows = seen.screen.screen().contents().lines().filter(|row| row.trim().len() > 2).count();
        (rows > usize::from(course.size.1) / 2).then(Instant::now)
    };
    if let Some(at) = screen.until(LIMIT, filled) {
        figures.push(("start to a filled screen, ms", millis(at - screen.started)));
    }
    screen.settle(Duration::from_millis(300), Duration::from_secs(5));
    keys(&screen, course.keys, &mut figures);
    let (width, height) = course.size;
    for other in [(width - 20, height - 10), (width, height)] {
        let start = Instant::now();
        screen.resize(other.0, other.1);
        if let Some(first) = screen.until(LIMIT, |seen| Some(seen.since(start)?.1)) {
            figures.push(("another size to redrawn, ms", millis(first - start)));
        }
        screen.settle(CALM, LIMIT);
    }
    rest(&screen, course.idle, &mut figures);
    figures
}

fn keys(screen: &Screen, count: usize, figures: &mut Figures) {
    let (mut first, mut bytes) = (Vec::new(), Vec::new());
    for number in 0..count {
        let start = Instant::now();
        screen.press(if number % 8 < 4 { "j" } else { "k" });
        let Some(at) = screen.until(Duration::from_millis(500), |seen| Some(seen.since(start)?.1)) else {
            continue;
        };
        first.push(millis(at - start));
        screen.settle(CALM, LIMIT);
        bytes.extend(screen.seen().since(start).map(|(bytes, ..)| bytes as f64));
    }
    first.sort_by(f64::total_cmp);
    bytes.sort_by(f64::total_cmp);
    if let Some(worst) = first.last() {
        figures.push(("key to first byte, middle, ms", quantile(&first, 0.5)));
        figures.push(("… p95, ms", quantile(&first, 0.95)));
        figures.push(("… worst, ms", *worst));
        figures.push(("bytes a key", quantile(&bytes, 0.5)));
    }
}

fn rest(screen: &Screen, idle: Duration, figures: &mut Figures) {
    let (before, bytes, start) = (count(screen.pid()), screen.seen().bytes(), Instant::now());
    std::thread::sleep(idle);
    let (after, seconds) = (count(screen.pid()), start.elapsed().as_secs_f64());
    let ran = after.ran.saturating_sub(before.ran).as_secs_f64();
    figures.push(("at rest: CPU, % of a core", 100.0 * ran / seconds));
    figures.push(("… wake-ups a second", after.wakeups.saturating_sub(before.wakeups) as f64 / seconds));
    figures.push(("… bytes a second", (screen.seen().bytes() - bytes) as f64 / seconds));
    figures.push(("… resident, MiB", after.resident as f64 / 1024.0));
}

/// Over 64 kbit/s with 200 ms: a key, and one that is held.
fn far(command: &[&str], course: &Course) -> Figures {
    let home = tempfile::tempdir().expect("a home directory");
    let link = Link { rate: Some(8_000), round_trip: Duration::from_millis(200) };
    let screen = Screen::open(command, home.path(), course.size, link);
    let mut figures = Figures::new();
    screen.until(LIMIT, |seen| seen.pieces.first().map(|_| ()));
    screen.settle(Duration::from_millis(400), Duration::from_secs(5));
    let mut first = Vec::new();
    for number in 0..course.keys.div_ceil(4) {
        let start = Instant::now();
        screen.press(if number % 8 < 4 { "j" } else { "k" });
        // What was under way before is no answer to it.
        let answered = |seen: &screen::Seen| Some(seen.since(start + link.round_trip)?.1);
        first.extend(screen.until(Duration::from_secs(3), answered).map(|at| millis(at - start)));
        screen.settle(CALM, LIMIT);
    }
    first.sort_by(f64::total_cmp);
    if let Some(worst) = first.last() {
        figures.push(("64 kbit/s, 200 ms: key to first byte, middle, ms", quantile(&first, 0.5)));
        figures.push(("64 kbit/s: … worst, ms", *worst));
    }
    for _ in 0..course.held {
        screen.press("j");
        std::thread::sleep(Duration::from_millis(33));
    }
    // The last key is there, and its answer on its way; what queued before it comes without a gap.
    let released = Instant::now();
    std::thread::sleep(link.round_trip);
    screen.settle(Duration::from_millis(150), LIMIT);
    if let Some((_, _, last)) = screen.seen().since(released) {
        figures.push(("64 kbit/s: … held keys settled after, ms", millis(last - released)));
    }
    figures
}
