//! Lines counted over a span, at one time or along a range.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::super::Dialect;
use super::super::script::logs::Wanted;
use super::super::serve::{Answer, Ask};
use super::super::span::{self, SECOND};
use super::Loki;
use super::logql::Count;
use super::window::{Window, kept, time};
use super::wire::Data;
use crate::domain::labels::Labels;

/// More points than this along a range are refused.
const MOST_POINTS: i64 = 11_000;

#[derive(Serialize)]
struct Sample {
    metric: Labels,
    value: (f64, String),
}

#[derive(Serialize)]
struct Series {
    metric: Labels,
    values: Vec<(i64, String)>,
}

/// The times of the counted lines, by series, each in order; and for how many lines each of them
/// stands.
fn times(loki: &Loki, count: &Count, from: i64, to: i64) -> (BTreeMap<Labels, Vec<i64>>, usize) {
    let streams = loki.selected(&count.of);
    let wanted = Wanted { streams: &streams, text: &|text| count.of.passes(text) };
    let mut series: BTreeMap<Labels, Vec<i64>> = BTreeMap::new();
    let pushed = loki.pushed.lines(&(from..to), &count.of, true, usize::MAX);
    let (mut lines, weight) = loki.logs().counted(&(from..to), &wanted);
    lines.extend(pushed);
    lines.sort_by_key(|line| line.at);
    for line in lines {
        let labels = loki.stream(&line, loki.dialect == Dialect::Three);
        let labels = match &count.by {
            None => labels,
            Some(by) => labels.iter().filter(|(name, _)| by.iter().any(|kept| kept == name)).collect(),
        };
        series.entry(labels).or_default().push(line.at);
    }
    (series, weight)
}

/// The count of the span before `at`, as it is written; `None` when there is nothing.
fn value(count: &Count, (times, weight): (&[i64], usize), at: i64) -> Option<String> {
    let span = span::nanoseconds(count.span);
    let found = times.partition_point(|time| *time <= at) - times.partition_point(|time| *time <= at - span);
    let found = found * weight;
    let number = if count.is_rate { found as f64 / count.span } else { found as f64 };
    (found > 0).then(|| number.to_string())
}

/// The counts at one time.
pub fn vector(loki: &Loki, count: &Count, ask: &Ask, now: DateTime<Utc>) -> Result<Answer, String> {
    let now = now.timestamp_nanos_opt().unwrap_or(0);
    let at = time(ask, "time")?.unwrap_or(now);
    let range = kept(at - span::nanoseconds(count.span)..at + 1, now);
    let (series, weight) = times(loki, count, range.start, range.end);
    let stamp = (at / 1_000_000) as f64 / 1000.0;
    let samples = series.into_iter().filter_map(|(metric, times)| {
        Some(Sample { metric, value: (stamp, value(count, (&times, weight), at)?) })
    });
    let result: Vec<_> = samples.collect();
    let found = result.len();
    Ok(loki.done(&Data { result_type: "vector", encoding_flags: None, result }, found))
}

/// The counts along a range; points without lines are left out.
pub fn matrix(loki: &Loki, count: &Count, window: &Window, ask: &Ask) -> Result<Answer, String> {
    let (start, end) = (window.asked.start, window.asked.end);
    let default = ((end - start) / SECOND / 250).max(1) * SECOND;
    let step = ask.get("step").and_then(span::parse).unwrap_or(default);
    if step <= 0 {
        return Err("zero or negative query resolution step widths are not accepted. Try a positive integer"
            .to_owned());
    }
    if (end - start) / step > MOST_POINTS {
        return Err("exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter".to_owned());
    }
    // Points lie on multiples of the step.
    let first = start.div_euclid(step) * step + if start.rem_euclid(step) == 0 { 0 } else { step };
    let from = window.kept.start - span::nanoseconds(count.span);
    let (series, weight) = times(loki, count, from, window.kept.end);
    let result: Vec<_> = series
        .into_iter()
        .filter_map(|(metric, times)| {
            let points = (0..).map(|at| first + at * step).take_while(|at| *at <= end);
            let values: Vec<_> =
                points.filter_map(|at| Some((at / SECOND, value(count, (&times, weight), at)?))).collect();
            (!values.is_empty()).then_some(Series { metric, values })
        })
        .collect();
    let found = result.len();
    Ok(loki.done(&Data { result_type: "matrix", encoding_flags: None, result }, found))
}
