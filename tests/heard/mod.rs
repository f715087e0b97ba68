//! A command that is run and heard to its end, here or over ssh, and what it leaves alive.

use std::fs;
use std::sync::Arc;

use wardroom::domain::run::{End, Order, Told};
use wardroom::mask::Mask;
use wardroom::runner::{self, Patience, Running};

/// Starts it with the patience that people get.
pub fn start(order: Order, mask: Mask) -> Running {
    runner::start(Arc::new(order), mask, Patience::default())
}

/// Hears a run to its end.
pub async fn heard(running: &mut Running) -> (Vec<String>, End) {
    let mut all = Vec::new();
    loop {
        match running.told.recv().await.expect("an end is told") {
            Told::Lines { lines, .. } => all.extend(lines.iter().map(|line| line.text.to_string())),
            Told::Stopping => {}
            Told::Ended(end) => return (all, end),
        }
    }
}

/// Processes in whose command line the text stands.
pub fn alive(text: &str) -> Vec<String> {
    let entries = fs::read_dir("/proc").expect("processes").flatten();
    let lines = entries.filter_map(|entry| {
        entry.file_name().to_str()?.parse::<u32>().ok()?;
        let line = fs::read(entry.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&line).replace('\0', " "))
    });
    lines.filter(|line| line.contains(text)).collect()
}
