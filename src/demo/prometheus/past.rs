//! What the lab's Prometheus kept of its own alerts.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::super::script::alerts::Raised;
use super::super::script::{HOUR, MINUTE, Script};
use super::query::Point;

/// When each alert fired last, within 30 days.
pub(super) fn last_fired(script: &Script, at: DateTime<Utc>) -> Vec<Point> {
    let offset = (at - script.anchor).num_seconds();
    let mut last: BTreeMap<&str, i64> = BTreeMap::new();
    for raised in &script.raised {
        let fired = episodes(raised).into_iter().filter(|(_, fires, _)| *fires < offset);
        for until in
            fired.map(|(.., until)| until.min(offset)).filter(|until| offset - until < 30 * 24 * HOUR)
        {
            let known = last.entry(raised.rule.name).or_insert(until);
            *known = until.max(*known);
        }
    }
    let point = |(name, until): (&str, i64)| {
        ([("alertname", name)].into_iter().collect(), script.at(until).timestamp() as f64)
    };
    last.into_iter().map(point).collect()
}

/// A time in which an alert was true, in seconds from the anchor: from when, since when it fired,
/// until when.
type Episode = (i64, i64, i64);

/// When an alert was true: now, and for what comes back every night also some nights before.
fn episodes(raised: &Raised) -> Vec<Episode> {
    let hold = raised.rule.hold;
    let mut all = vec![(raised.fires - hold, raised.fires, i64::MAX)];
    let nightly = match raised.rule.name {
        "HighCPUUsage" | "HighIOWait" => 40 * MINUTE,
        "BackupJobFailed" => 9 * HOUR,
        _ => return all,
    };
    // At two at night the backups run; the anchor is two in the afternoon.
    let nights = (0..4).map(|night| -12 * HOUR - night * 24 * HOUR);
    all.extend(nights.map(|begins| (begins - hold, begins, begins + nightly)));
    all.retain(|(_, fires, until)| *fires >= raised.fires || *until < raised.fires - hold);
    all
}

/// The series that Prometheus keeps of its own alerts.
pub(super) fn alerts(script: &Script, offset: i64) -> Vec<Point> {
    let state = |raised: &Raised| {
        let now = episodes(raised).into_iter().find(|(from, _, until)| (*from..*until).contains(&offset))?;
        Some(if offset >= now.1 { "firing" } else { "pending" })
    };
    script.raised.iter().filter_map(|raised| Some(kept(raised, state(raised)?, 1.0))).collect()
}

/// The samples that these series had within a time, one every 15 seconds.
pub(super) fn history(script: &Script, offset: i64, span: i64) -> Vec<Point> {
    let count = |from: i64, until: i64| {
        let (from, until) = (from.max(offset - span), until.min(offset));
        (until > from).then(|| ((until - from) / 15).max(1) as f64)
    };
    let samples = script.raised.iter().flat_map(|raised| {
        let (mut waited, mut fired) = (None, None);
        for (from, fires, until) in episodes(raised) {
            for (sum, more) in [(&mut waited, count(from, fires)), (&mut fired, count(fires, until))] {
                *sum = more.map_or(*sum, |more| Some(sum.unwrap_or(0.0) + more));
            }
        }
        let both = [("pending", waited), ("firing", fired)];
        both.into_iter().filter_map(move |(state, count)| Some(kept(raised, state, count?)))
    });
    samples.collect()
}

fn kept(raised: &Raised, state: &str, value: f64) -> Point {
    let more = [("__name__", "ALERTS"), ("alertstate", state)];
    (raised.labels.iter().chain(more).collect(), value)
}
