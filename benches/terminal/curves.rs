//! What a lab costs that is as large as a homelab, ten times as large, and a hundred times.

use std::time::Duration;

use crate::goals::{command, keys, rest};
use crate::lab::Lab;
use crate::screen::{Link, Screen};
use crate::{quantile, round};

/// How often the homelab, and it: targets, alerts, snapshots, lines a second.
const LABS: [(&str, &str); 3] =
    [("1x", "100,20,500,1"), ("10x", "1000,200,5000,10"), ("100x", "10000,2000,50000,100")];

const ROWS: [&str; 7] = [
    "resident, MiB",
    "CPU at rest, % of a core",
    "bytes a second to the terminal",
    "wake-ups a second",
    "key to first byte: median, ms",
    "… p95, ms",
    "… worst, ms",
];

/// Measures each once and prints a table; a short course shows only that it works.
pub fn tell(short: bool) {
    let (seconds, count) = if short { (1, 3) } else { (30, 60) };
    let labs = LABS.iter().take(if short { 1 } else { LABS.len() });
    let measured: Vec<(&str, &str, [f64; 7])> =
        labs.map(|(times, lab)| (*times, *lab, measure(lab, seconds, count))).collect();
    let heads: Vec<String> = measured.iter().map(|(times, lab, _)| format!("{times}: {lab}")).collect();
    println!("| targets, alerts, snapshots, lines a second | {} |", heads.join(" | "));
    println!("|---|{}", "---|".repeat(measured.len()));
    for (row, name) in ROWS.iter().enumerate() {
        let cells = measured.iter().filter_map(|(_, _, figures)| figures.get(row));
        let cells: Vec<String> = cells
            .map(|figure| {
                assert!(figure.is_finite(), "{name}: nothing was measured");
                round(*figure)
            })
            .collect();
        println!("| {name} | {} |", cells.join(" | "));
    }
}

fn measure(scale: &str, seconds: u64, count: usize) -> [f64; 7] {
    let home = tempfile::tempdir().expect("a home directory");
    let lab = Lab::start(scale, home.path(), "");
    let screen = Screen::open(&command(&lab, "bridge"), home.path(), (120, 40), Link::default());
    screen.settle(Duration::from_millis(700), Duration::from_secs(if seconds > 1 { 20 } else { 2 }));
    let (first, _) = keys(&screen, count, ["j", "k"]);
    let rest = rest(&screen, seconds);
    let key = |part| quantile(&first, part);
    [rest.resident, rest.cpu, rest.bytes, rest.wakeups, key(0.5), key(0.95), key(1.0)]
}
