//! The queries that the lab can evaluate: a plain selector, compared with a number or not, and the
//! dashboard's own question for the last success of a target. All else is refused with a word.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};

use super::super::Scenario;
use super::super::matcher::{Fault, Matcher, Reader};
use super::super::script::hosts::{Reach, probe_succeeds};
use super::super::script::rules::RULES;
use super::super::script::{HOUR, MINUTE, Script, mark, mix};
use super::super::serve::{Answer, Ask};
use super::super::span;
use super::past::{alerts, history, last_fired};
use super::wire::{Queried, Sample, Series};
use super::{ALERTMANAGERS, bad, failure, measured, success};
use crate::domain::labels::Labels;
use crate::domain::promql::metrics;

/// More points than this in one series are refused.
const MOST_POINTS: i64 = 11_000;

/// A query that the lab understands.
#[derive(Debug)]
enum Query {
    /// A selector, perhaps compared with a number.
    Plain { metric: String, matchers: Vec<Matcher>, compare: Option<(&'static str, f64)> },
    /// When each target that is down was last up.
    LastSuccess,
    /// How many samples a selector of `ALERTS` had within so many seconds.
    Counted { matchers: Vec<Matcher>, span: i64 },
    /// Which targets flap: none does.
    Changes,
    /// The alerts that fire, for the digest.
    Fired,
    /// When each alert fired last.
    LastFired,
    /// How many targets were scraped lately.
    Scraped,
    /// A query of the dashboard's catalogue, by its name.
    Measure(&'static str),
    /// The time.
    Time,
    /// A number.
    Number(f64),
}

/// How a question for the last success begins, without blanks, whatever targets and spans it names.
const LAST_SUCCESS: &str = "max_over_time(timestamp(up";

/// How the digest's question for alerts begins, without blanks.
const FIRED: &str = "ALERTS{alertstate=\"firing\"}orlast_over_time(";

/// Parses a query; the error is a whole answer.
fn parse(text: &str) -> Result<Query, Answer> {
    let dense = measured::dense(text);
    if dense.is_empty() {
        return Err(bad("invalid parameter \"query\": 1:1: parse error: no expression found in input"));
    }
    if dense == "time()" {
        return Ok(Query::Time);
    }
    // The script changes by minutes: what it is now, it was in the five minutes before.
    if let Some(inside) =
        text.trim().strip_prefix("avg_over_time((").and_then(|rest| rest.strip_suffix(")[5m:1m])"))
    {
        return parse(inside);
    }
    if let Some(measure) = measured::named_by(&dense) {
        return Ok(Query::Measure(measure));
    }
    if dense.starts_with(FIRED) {
        return Ok(Query::Fired);
    }
    if dense.starts_with("maxby(alertname)(max_over_time(timestamp(last_over_time(ALERTS{") {
        return Ok(Query::LastFired);
    }
    if dense.starts_with("count(count_over_time(up[") {
        return Ok(Query::Scraped);
    }
    if dense.starts_with(LAST_SUCCESS) {
        return Ok(Query::LastSuccess);
    }
    if let Some(inside) = text.trim().strip_prefix("count_over_time(ALERTS") {
        return counted(text, inside);
    }
    if dense.starts_with("changes(up[") {
        return Ok(Query::Changes);
    }
    if let Ok(number) = dense.parse() {
        return Ok(Query::Number(number));
    }
    let mut reader = Reader::new(text);
    let metric = reader.name().unwrap_or("").to_owned();
    reader.skip_blanks();
    let is_selector = reader.rest().starts_with('{');
    let matchers = if is_selector { reader.selector().map_err(|fault| refuse(&fault))? } else { Vec::new() };
    if metric.is_empty() && matchers.iter().all(|matcher| matcher.fits("")) {
        let error = "invalid parameter \"query\": 1:1: parse error: vector selector must contain at least one non-empty matcher";
        return Err(bad(error));
    }
    let operator = ["==", "!=", ">=", "<=", ">", "<"].into_iter().find(|operator| reader.take(operator));
    let number = reader.rest().trim();
    let compare = match operator {
        None if number.is_empty() => None,
        Some(operator) if number.parse::<f64>().is_ok() => Some((operator, number.parse().unwrap_or(0.0))),
        _ => {
            return Err(unknown(text));
        }
    };
    Ok(Query::Plain { metric, matchers, compare })
}

/// What is counted over a time: `{alertname="HostDown"}[1d])`.
fn counted(text: &str, inside: &str) -> Result<Query, Answer> {
    let mut reader = Reader::new(inside);
    let is_selector = reader.rest().starts_with('{');
    let matchers = if is_selector { reader.selector().map_err(|fault| refuse(&fault))? } else { Vec::new() };
    let span = reader.rest().trim().strip_prefix('[').and_then(|rest| rest.strip_suffix("])"));
    match span.and_then(span::parse) {
        Some(span) => Ok(Query::Counted { matchers, span: span / 1_000_000_000 }),
        None => Err(unknown(text)),
    }
}

fn unknown(text: &str) -> Answer {
    let error = format!("the demo lab does not evaluate {text:?}, only plain selectors");
    failure(StatusCode::UNPROCESSABLE_ENTITY, "execution", &error)
}

/// A fault of a selector in Prometheus' words.
fn refuse(fault: &Fault) -> Answer {
    let words = match fault {
        Fault::Unexpected { at, found: None, .. } => {
            format!("1:{}: parse error: unexpected end of input inside braces", at + 1)
        }
        Fault::Unexpected { at, found: Some(char), .. } => {
            format!("1:{}: parse error: unexpected character inside braces: {char:?}", at + 1)
        }
        Fault::Regex(error) => format!("1:1: parse error: {error}"),
    };
    bad(&format!("invalid parameter \"query\": {words}"))
}

pub(super) type Point = (Labels, f64);

/// The samples of a query at a time.
fn evaluate(script: &Script, query: &Query, at: DateTime<Utc>) -> Vec<Point> {
    match query {
        Query::Plain { metric, matchers, compare } => {
            let mut points = samples(script, metric, at);
            points.retain(|(labels, value)| {
                matchers.iter().all(|matcher| matcher.matches(labels))
                    && compare.is_none_or(|(operator, number)| compares(*value, operator, number))
            });
            points
        }
        Query::Counted { matchers, span } => {
            let mut points = history(script, (at - script.anchor).num_seconds(), *span);
            points.retain(|(labels, _)| matchers.iter().all(|matcher| matcher.matches(labels)));
            points
        }
        Query::LastSuccess => last_success(script, at),
        Query::Fired => {
            let mut points = alerts(script, (at - script.anchor).num_seconds());
            points.retain(|(labels, _)| labels.get("alertstate") == Some("firing"));
            points
        }
        Query::LastFired => last_fired(script, at),
        Query::Scraped => vec![(Labels::default(), script.targets.len() as f64)],
        Query::Measure(measure) => measured::points(script, measure, (at - script.anchor).num_seconds()),
        Query::Changes | Query::Number(_) | Query::Time => Vec::new(),
    }
}

fn compares(value: f64, operator: &str, number: f64) -> bool {
    let order = value.partial_cmp(&number);
    match operator {
        "==" => order.is_some_and(std::cmp::Ordering::is_eq),
        "!=" => order.is_none_or(std::cmp::Ordering::is_ne),
        ">=" => order.is_some_and(std::cmp::Ordering::is_ge),
        "<=" => order.is_some_and(std::cmp::Ordering::is_le),
        ">" => order.is_some_and(std::cmp::Ordering::is_gt),
        _ => order.is_some_and(std::cmp::Ordering::is_lt),
    }
}

fn last_success(script: &Script, at: DateTime<Utc>) -> Vec<Point> {
    let offset = (at - script.anchor).num_seconds();
    let down = script.targets.iter().filter_map(|target| match target.reach {
        Reach::Down { since, .. } if offset >= since && offset - since < 6 * HOUR => {
            let last = script.at(since - MINUTE / 4).timestamp();
            Some((target.labels.clone(), last as f64))
        }
        _ => None,
    });
    down.collect()
}

/// The metrics of the lab.
const METRICS: [&str; 11] = [
    "up",
    "node_boot_time_seconds",
    "scrape_samples_scraped",
    "scrape_duration_seconds",
    "probe_success",
    "ALERTS",
    "prometheus_build_info",
    "prometheus_notifications_alertmanagers_discovered",
    "prometheus_notifications_errors_total",
    "prometheus_notifications_sent_total",
    "alertmanager_notifications_failed_total",
];

/// Every series of a metric at a time; of all metrics when it is not named.
fn samples(script: &Script, metric: &str, at: DateTime<Utc>) -> Vec<Point> {
    if metric.is_empty() {
        return METRICS.iter().flat_map(|metric| samples(script, metric, at)).collect();
    }
    let offset = (at - script.anchor).num_seconds();
    let named = |labels: &Labels, value: f64| {
        let name = ("__name__", metric);
        (labels.iter().chain([name]).collect::<Labels>(), value)
    };
    let targets = script.targets.iter();
    match metric {
        "up" => {
            targets.map(|target| named(&target.labels, f64::from(u8::from(target.is_up(offset))))).collect()
        }
        "scrape_samples_scraped" => {
            targets.map(|target| named(&target.labels, f64::from(target.samples(offset)))).collect()
        }
        "scrape_duration_seconds" => targets
            .map(|target| {
                let roll = mix(&[script.seed, mark(&target.address), offset.cast_unsigned() / 15]) % 400;
                named(&target.labels, f64::from(target.took) / 1000.0 * (0.8 + roll as f64 / 1000.0))
            })
            .collect(),
        "probe_success" => targets
            .filter(|target| target.job == "blackbox")
            .map(|target| {
                let host = target.labels.get("host").unwrap_or("");
                named(&target.labels, f64::from(u8::from(probe_succeeds(script.scenario, host, offset))))
            })
            .collect(),
        "node_boot_time_seconds" => {
            let uptimes = measured::points(script, "uptime", offset).into_iter();
            uptimes.map(|(labels, uptime)| named(&labels, at.timestamp() as f64 - uptime)).collect()
        }
        "ALERTS" => alerts(script, offset),
        _ => counters(script, metric, offset),
    }
}

/// What Prometheus and Alertmanager count of their own work.
fn counters(script: &Script, metric: &str, offset: i64) -> Vec<Point> {
    let broken = script.scenario == Scenario::ChainBroken;
    // Since the chain broke, one failure every 15 seconds.
    let failures = if broken { ((offset + 11 * MINUTE) / 15).max(0) } else { 0 };
    let own =
        [("__name__", metric), ("host", "lxc200"), ("instance", "10.0.0.11:9090"), ("job", "prometheus")];
    let point =
        |more: &[(&str, &str)], value: f64| (own.iter().chain(more).copied().collect::<Labels>(), value);
    match metric {
        "prometheus_build_info" => vec![point(&[("version", "2.42.0+ds")], 1.0)],
        "prometheus_notifications_alertmanagers_discovered" => vec![point(&[], 2.0)],
        "prometheus_notifications_errors_total" | "prometheus_notifications_sent_total" => {
            let sent = (offset + 6 * 24 * HOUR) / 15 - failures;
            let value = if metric.contains("errors") { failures } else { sent };
            let urls = ALERTMANAGERS.map(|peer| format!("http://{peer}/api/v2/alerts"));
            urls.iter().map(|url| point(&[("alertmanager", url)], value as f64)).collect()
        }
        "alertmanager_notifications_failed_total" => vec![point(&[("integration", "slack")], 0.0)],
        _ => Vec::new(),
    }
}

/// `/query`.
pub fn instant(script: &Script, ask: &Ask, now: DateTime<Utc>) -> Answer {
    let at = match time(ask, "time", now) {
        Ok(at) => at,
        Err(refusal) => return refusal,
    };
    match parse(ask.get("query").unwrap_or("")) {
        Err(refusal) => refusal,
        Ok(Query::Number(number)) => {
            let result = (stamp(at), number.to_string());
            success(&serde_json::json!({ "resultType": "scalar", "result": result }))
        }
        Ok(Query::Time) => {
            let result = (stamp(at), stamp(at).to_string());
            success(&serde_json::json!({ "resultType": "scalar", "result": result }))
        }
        // Nothing is known of the future or of the time before the lab.
        Ok(_) if at > now + TimeDelta::minutes(5) => {
            success(&Queried::<Sample> { result_type: "vector", result: vec![] })
        }
        Ok(query) => {
            let samples = evaluate(script, &query, at).into_iter();
            let result =
                samples.map(|(metric, value)| Sample { metric, value: (stamp(at), value.to_string()) });
            success(&Queried { result_type: "vector", result: result.collect() })
        }
    }
}

/// `/query_range`.
pub fn range(script: &Script, ask: &Ask, now: DateTime<Utc>) -> Answer {
    let bounds = time(ask, "start", now).and_then(|start| Ok((start, time(ask, "end", now)?)));
    let (start, end) = match bounds {
        Ok(bounds) => bounds,
        Err(refusal) => return refusal,
    };
    let step = ask.get("step").and_then(span::parse).map_or(TimeDelta::zero(), TimeDelta::nanoseconds);
    if end < start {
        return bad("invalid parameter \"end\": end timestamp must not be before start time");
    }
    if step <= TimeDelta::zero() {
        return bad(
            "invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a positive integer",
        );
    }
    if (end - start).num_milliseconds() / step.num_milliseconds().max(1) > MOST_POINTS {
        return bad(
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
        );
    }
    let query = match parse(ask.get("query").unwrap_or("")) {
        Ok(query) => query,
        Err(refusal) => return refusal,
    };
    let mut series: BTreeMap<Labels, Vec<(f64, String)>> = BTreeMap::new();
    let mut at = start;
    while at <= end.min(now) {
        for (labels, value) in evaluate(script, &query, at) {
            series.entry(labels).or_default().push((stamp(at), value.to_string()));
        }
        at += step;
    }
    let result = series.into_iter().map(|(metric, values)| Series { metric, values }).collect();
    success(&Queried { result_type: "matrix", result })
}

/// `/labels`.
pub fn labels(script: &Script, now: DateTime<Utc>) -> Answer {
    let points = samples(script, "", now);
    let names: BTreeSet<&str> =
        points.iter().flat_map(|(labels, _)| labels.iter().map(|(name, _)| name)).collect();
    success(&names)
}

/// `/label/NAME/values`.
pub fn values(script: &Script, name: &str, now: DateTime<Utc>) -> Answer {
    let points = samples(script, "", now);
    if name == "__name__" {
        return success(&names(script));
    }
    let values: BTreeSet<&str> = points.iter().filter_map(|(labels, _)| labels.get(name)).collect();
    success(&values)
}

/// The names of all metrics: those that the lab plays, and those that the owner's rules are made of,
/// which its exporters have too. When the chain is broken nobody has exported SMART for weeks.
fn names(script: &Script) -> BTreeSet<&'static str> {
    let of_rules = RULES.iter().flat_map(|rule| metrics(rule.query));
    let lost = |name: &&str| script.scenario == Scenario::ChainBroken && name.starts_with("smartctl_");
    METRICS.into_iter().chain(of_rules).filter(|name| !lost(name)).collect()
}

/// A time as a number of seconds or in RFC 3339; `now` if it is not given.
fn time(ask: &Ask, name: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, Answer> {
    let Some(text) = ask.get(name).filter(|text| !text.is_empty()) else { return Ok(now) };
    let number = text.parse().ok().map(|seconds| DateTime::from_timestamp_nanos(span::nanoseconds(seconds)));
    let at = number.or_else(|| DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc()));
    at.ok_or_else(|| {
        bad(&format!(
            "invalid parameter {name:?}: Invalid time value for '{name}': cannot parse {text:?} to a valid timestamp"
        ))
    })
}

fn stamp(at: DateTime<Utc>) -> f64 {
    at.timestamp_millis() as f64 / 1000.0
}
