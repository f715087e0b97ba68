//! Prometheus' answers, and what becomes of them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use crate::domain::alert::RaisedAlert;
use crate::domain::instant;
use crate::domain::labels::{Interner, Labels};
use crate::domain::observation::Observation;
use crate::domain::rule::{Rule, RuleHealth, RuleKind};
use crate::domain::target::{Scrape, Target, TargetHealth};
use crate::sources::wire::{List, Pairs, Text, Wrong, time, time_or_oldest};
use crate::text;

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a, D: Deserialize<'de>"))]
struct Envelope<'a, D> {
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(default = "Option::default")]
    data: Option<D>,
    #[serde(default, borrow)]
    error: Text<'a>,
    /// What Thanos and Prometheus' remote storages say when one of several did not answer.
    #[serde(default, borrow)]
    warnings: List<Text<'a>>,
    /// The same of a cluster of VictoriaMetrics.
    #[serde(default, rename = "isPartial")]
    partial: bool,
}

impl<D> Envelope<'_, D> {
    /// Why this is not the whole answer. Remarks on a query's own words leave it whole.
    fn lacking(&self) -> Option<&str> {
        let warnings = self.warnings.0.iter().map(|warning| &*warning.0);
        let part =
            warnings.filter(|warning| !warning.starts_with("PromQL ")).find(|warning| !warning.is_empty());
        part.or(self.partial.then_some("a part of its storage did not answer"))
    }
}

/// What an answer holds. A part of it is none: whoever counts what is missing as absent shows green where
/// nobody looked.
pub(super) fn data<'a, D: Deserialize<'a>>(body: &'a str) -> Result<D, Wrong> {
    let envelope: Envelope<'a, D> = serde_json::from_str(body).map_err(Wrong::strange)?;
    if let Some(why) = envelope.lacking() {
        return Err(Wrong::Refused(format!("not the whole answer: {}", text::sanitise(why))));
    }
    match (&*envelope.status.0, envelope.data) {
        ("success", Some(data)) => Ok(data),
        ("success", None) => Err(Wrong::strange("success without data")),
        ("error", _) => Err(Wrong::Refused(text::sanitise(&envelope.error.0).into_owned())),
        (other, _) => Err(Wrong::strange(format!("status {other:?}"))),
    }
}

#[derive(Deserialize)]
struct Targets<'a> {
    #[serde(borrow, rename = "activeTargets")]
    active: List<WireTarget<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireTarget<'a> {
    #[serde(borrow)]
    labels: Pairs<'a>,
    #[serde(default, borrow)]
    scrape_pool: Text<'a>,
    #[serde(default, borrow)]
    last_error: Text<'a>,
    #[serde(default, borrow)]
    last_scrape: Text<'a>,
    #[serde(default)]
    last_scrape_duration: f64,
    #[serde(borrow)]
    health: Text<'a>,
    #[serde(default, borrow)]
    scrape_interval: Text<'a>,
    #[serde(default, borrow)]
    scrape_timeout: Text<'a>,
}

/// The active targets, in their default order. What they share with those that are `known` is kept once.
pub(super) fn targets(body: &str, known: &Mutex<Interner>) -> Result<Observation, Wrong> {
    let wire: Targets<'_> = data(body)?;
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    known.renew();
    let mut targets: Vec<Target> = wire.active.0.iter().map(|wire| target(wire, &mut known)).collect();
    targets.sort_by(Target::order);
    Ok(Observation::Targets(targets.into()))
}

fn target(wire: &WireTarget<'_>, known: &mut Interner) -> Target {
    let labels = wire.labels.keep(known);
    Target {
        job: wire.labels.get("job").keep(known),
        instance: wire.labels.get("instance").keep(known),
        pool: wire.scrape_pool.keep(known),
        labels: known.share(labels),
        health: match &*wire.health.0 {
            "up" => TargetHealth::Up,
            "down" => TargetHealth::Down,
            _ => TargetHealth::Unknown,
        },
        error: wire.last_error.keep(known),
        last_scrape: time(&wire.last_scrape.0),
        took: wire.last_scrape_duration,
        interval: duration(&wire.scrape_interval.0).unwrap_or(0.0),
        timeout: duration(&wire.scrape_timeout.0).unwrap_or(0.0),
    }
}

/// A duration as Prometheus writes it, in seconds: `900ms`, `1h30m`.
fn duration(text: &str) -> Option<f64> {
    let mut rest = text;
    let mut sum = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|char: char| !char.is_ascii_digit())?;
        let (number, after) = rest.split_at_checked(digits)?;
        let letters = after.find(|char: char| char.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(letters)?;
        let unit = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            "w" => 604_800.0,
            "y" => 31_536_000.0,
            _ => return None,
        };
        sum += number.parse::<f64>().ok()? * unit;
        rest = after;
    }
    Some(sum)
}

#[derive(Deserialize)]
struct Alerts<'a> {
    #[serde(borrow)]
    alerts: List<WireAlert<'a>>,
}

#[derive(Deserialize)]
struct WireAlert<'a> {
    #[serde(borrow)]
    labels: Pairs<'a>,
    #[serde(default, borrow)]
    annotations: Pairs<'a>,
    #[serde(borrow)]
    state: Text<'a>,
    #[serde(default, borrow, rename = "activeAt")]
    active_at: Text<'a>,
    #[serde(default, borrow)]
    value: Text<'a>,
}

/// The alerts that are pending or firing, the oldest first.
pub(super) fn alerts(body: &str) -> Result<Observation, Wrong> {
    let mut known = Interner::default();
    let wire: Alerts<'_> = data(body)?;
    let active = wire.alerts.0.iter().filter(|alert| matches!(&*alert.state.0, "pending" | "firing"));
    let mut alerts: Vec<RaisedAlert> = active
        .map(|alert| RaisedAlert {
            labels: alert.labels.keep(&mut known),
            annotations: alert.annotations.keep(&mut known),
            firing: alert.state.0 == "firing",
            active_at: time_or_oldest(&alert.active_at.0),
            value: alert.value.keep(&mut known),
        })
        .collect();
    alerts.sort_by(|one, other| (one.active_at, &one.labels).cmp(&(other.active_at, &other.labels)));
    Ok(Observation::Raised(alerts.into()))
}

#[derive(Deserialize)]
struct Groups<'a> {
    #[serde(borrow)]
    groups: List<Group<'a>>,
}

#[derive(Deserialize)]
struct Group<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(default, borrow)]
    file: Text<'a>,
    #[serde(default, borrow)]
    rules: List<WireRule<'a>>,
}

#[derive(Deserialize)]
struct WireRule<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(default, borrow)]
    query: Text<'a>,
    #[serde(default, borrow)]
    health: Text<'a>,
    #[serde(default, borrow, rename = "lastError")]
    last_error: Text<'a>,
    #[serde(default)]
    duration: f64,
    #[serde(default, borrow)]
    labels: Pairs<'a>,
    #[serde(default, borrow, rename = "lastEvaluation")]
    last_evaluation: Text<'a>,
}

/// The rules in the order of the server: file, group, place in it.
pub(super) fn rules(body: &str) -> Result<Observation, Wrong> {
    let mut known = Interner::default();
    let wire: Groups<'_> = data(body)?;
    let mut rules = Vec::new();
    for group in &wire.groups.0 {
        rules.extend(group.rules.0.iter().filter_map(|wire| rule(wire, group, &mut known)));
    }
    Ok(Observation::Rules(rules.into()))
}

fn rule(wire: &WireRule<'_>, group: &Group<'_>, known: &mut Interner) -> Option<Rule> {
    let kind = match &*wire.kind.0 {
        "alerting" => RuleKind::Alerting,
        "recording" => RuleKind::Recording,
        _ => return None,
    };
    Some(Rule {
        name: wire.name.keep(known),
        group: group.name.keep(known),
        file: group.file.keep(known),
        kind,
        query: wire.query.keep(known),
        health: match &*wire.health.0 {
            "ok" => RuleHealth::Ok,
            "err" => RuleHealth::Err,
            _ => RuleHealth::Unknown,
        },
        error: wire.last_error.keep(known),
        hold: wire.duration,
        labels: wire.labels.keep(known),
        last_evaluation: time(&wire.last_evaluation.0),
    })
}

#[derive(Deserialize)]
struct Vector<'a> {
    #[serde(borrow)]
    result: List<Series<'a>>,
}

#[derive(Deserialize)]
struct Series<'a> {
    #[serde(borrow)]
    metric: Pairs<'a>,
    #[serde(borrow)]
    value: (f64, Text<'a>),
}

/// One series of an instant query.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    name: Arc<str>,
    pub(super) job: Arc<str>,
    pub(super) instance: Arc<str>,
    pub(super) value: f64,
}

/// The series of an instant query that answers a vector.
pub(super) fn vector(body: &str) -> Result<Vec<Sample>, Wrong> {
    let mut known = Interner::default();
    let wire: Vector<'_> = data(body)?;
    let samples = wire.result.0.iter().map(|series| Sample {
        name: series.metric.get("__name__").keep(&mut known),
        job: series.metric.get("job").keep(&mut known),
        instance: series.metric.get("instance").keep(&mut known),
        value: series.value.1.0.parse().unwrap_or(f64::NAN),
    });
    Ok(samples.collect())
}

/// What is remarkable about the scrapes, from the series `up` and `scrape_samples_scraped` that
/// are zero: a target that is down brings no samples either, so it is not hollow.
pub(super) fn scrapes(zeroes: &[Sample]) -> Vec<Scrape> {
    let is_down = |sample: &Sample| &*sample.name == "up";
    let mut all: Vec<(Arc<str>, Arc<str>, bool)> = zeroes
        .iter()
        .map(|sample| (Arc::clone(&sample.job), Arc::clone(&sample.instance), !is_down(sample)))
        .collect();
    // Down sorts before hollow, and only the first is kept.
    all.sort();
    all.dedup_by(|later, earlier| (&later.0, &later.1) == (&earlier.0, &earlier.1));
    let scrape = |(job, instance, hollow)| Scrape { job, instance, hollow, last_success: None, changes: 0.0 };
    all.into_iter().map(scrape).collect()
}

/// Adds how often targets went down or came up; those that were not remarkable before now are.
pub(super) fn add_changes(scrapes: &mut Vec<Scrape>, changes: &[Sample]) {
    for sample in changes {
        let same = |scrape: &&mut Scrape| scrape.job == sample.job && scrape.instance == sample.instance;
        match scrapes.iter_mut().find(same) {
            Some(scrape) => scrape.changes = sample.value,
            None => scrapes.push(Scrape {
                job: Arc::clone(&sample.job),
                instance: Arc::clone(&sample.instance),
                hollow: false,
                last_success: None,
                changes: sample.value,
            }),
        }
    }
}

/// Adds the times of the last successes to the targets that are down.
pub(super) fn add_last_success(scrapes: &mut [Scrape], successes: &[Sample]) {
    for scrape in scrapes.iter_mut().filter(|scrape| !scrape.hollow) {
        let same = |sample: &&Sample| sample.job == scrape.job && sample.instance == scrape.instance;
        let newest = successes.iter().filter(same).map(|sample| sample.value).fold(f64::NAN, f64::max);
        scrape.last_success = seconds(newest);
    }
}

/// A time in seconds since 1970; `None` when it is no number, or beyond all sense.
pub(super) fn seconds(since: f64) -> Option<DateTime<Utc>> {
    let since = TimeDelta::from_std(Duration::try_from_secs_f64(since).ok()?).ok()?;
    DateTime::UNIX_EPOCH.checked_add_signed(since).and_then(instant::meant)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pools<'a> {
    #[serde(borrow)]
    scrape_pools: List<Text<'a>>,
}

/// The scrape pools, by name.
pub(super) fn pools(body: &str) -> Result<Observation, Wrong> {
    let mut known = Interner::default();
    let wire: Pools<'_> = data(body)?;
    let mut pools: Vec<Arc<str>> = wire.scrape_pools.0.iter().map(|pool| pool.keep(&mut known)).collect();
    pools.sort();
    Ok(Observation::Pools(pools.into()))
}

/// The names of all metrics.
pub(super) fn names(body: &str) -> Result<Observation, Wrong> {
    let mut known = Interner::default();
    let wire: List<Text<'_>> = data(body)?;
    Ok(Observation::Names(wire.0.iter().map(|name| name.keep(&mut known)).collect()))
}

#[derive(Deserialize)]
struct Config<'a> {
    #[serde(borrow)]
    yaml: Text<'a>,
}

/// The external labels, which Alertmanager's alerts have and Prometheus' own do not.
pub(super) fn external_labels(body: &str) -> Result<Observation, Wrong> {
    let config: Config<'_> = data(body)?;
    let mut known = Interner::default();
    let lines = block(&config.yaml.0).filter_map(|line| line.split_once(':'));
    let labels: Labels = lines
        .map(|(name, value)| [name, value].map(|text| known.intern(&text::sanitise(&scalar(text)))))
        .map(|[name, value]| (name, value))
        .collect();
    Ok(Observation::ExternalLabels(labels))
}

/// The lines of `external_labels` in `global`. The server writes this text itself, always with
/// two spaces a level, so that no reader of YAML is needed.
fn block(yaml: &str) -> impl Iterator<Item = &str> {
    let global = yaml.lines().skip_while(|line| *line != "global:").skip(1);
    let global = global.take_while(|line| line.starts_with(' '));
    let labels = global.skip_while(|line| *line != "  external_labels:").skip(1);
    // A line that is deeper is the rest of a long text above it.
    labels.take_while(|line| line.starts_with("    ")).filter(|line| !line.starts_with("     "))
}

/// A value as the server writes it: plain, or in one of two quotes.
fn scalar(value: &str) -> String {
    let value = value.trim();
    if let Some(inner) = value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return inner.replace("''", "'");
    }
    // What YAML escapes in double quotes, JSON does too, for all that a label holds.
    if value.starts_with('"') { serde_json::from_str(value).unwrap_or_default() } else { value.to_owned() }
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
