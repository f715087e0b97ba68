//! What a Prometheus kept of the past: its own alerts, when it measured, and when hosts were started.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Happening, Kind, contains};
use crate::domain::feed::SourceId;
use crate::domain::health::Health;
use crate::domain::hosts::{self, identity::Owner};
use crate::domain::instant;
use crate::domain::labels::Labels;
use crate::domain::question::{Ask, Known, Question, Series};
use crate::domain::sites;
use crate::domain::slo::Window;
use crate::domain::store::Store;
use crate::domain::subject::Subject;
use crate::text;

/// The place of the answers for a digest, before the question and the source.
pub(super) const SLOT: &str = "digest/";

/// So many points at the most tell of one series.
const POINTS: i64 = 1_440;

/// No finer than this is asked, in seconds.
const FINEST: i64 = 15;

/// Without a sample of any target for so long a Prometheus measured nothing, in seconds: the longest
/// interval between two scrapes that is usual, and a little more.
const SILENT: i64 = 150;

/// Two boot times nearer than this are one: a clock that is being set moves it.
const SAME_BOOT: TimeDelta = TimeDelta::minutes(1);

/// Hosts are not started more often than this is asked, in seconds.
const BOOTS: i64 = 300;

/// Seconds from one point to the next.
pub(super) fn step(window: Window) -> i64 {
    let span = (window.to - window.from).num_seconds();
    (span / POINTS).max(FINEST)
}

/// The alerts that fired at a point or since the one before it. What ended within two points is seen
/// by its last sample; what ended otherwise, by the mark that Prometheus leaves.
fn fired(step: i64) -> String {
    const FIRING: &str = r#"ALERTS{alertstate="firing"}"#;
    format!("{FIRING} or last_over_time({FIRING}[{step}s])")
}

pub(super) fn asks(source: &SourceId, window: Window) -> Vec<Ask> {
    let own = step(window);
    let ask = |name: &str, query: String, step: i64| Ask {
        slot: format!("{SLOT}{name}/{}", source.name).into(),
        source: source.clone(),
        question: Question::Series {
            query: query.into(),
            from: window.from,
            to: window.to,
            step: u32::try_from(step).unwrap_or(u32::MAX),
        },
    };
    vec![
        ask("alerts", fired(own), own),
        ask("measured", format!("count(count_over_time(up[{}s]))", SILENT.max(own)), own),
        ask("boots", "node_boot_time_seconds".to_owned(), own.max(BOOTS)),
    ]
}

/// Tells what the answers of a Prometheus say.
pub(super) fn tell<'k>(
    store: &Store,
    source: &SourceId,
    window: Window,
    known: &dyn Fn(&Ask) -> Known<'k>,
    happened: &mut Vec<Happening>,
    unknown: &mut Vec<Arc<str>>,
) {
    let mut asked = asks(source, window).into_iter();
    let mut series = |what: &str| -> Option<&'k [Series]> {
        match known(&asked.next()?) {
            Known::Answer(answer) => Some(answer.series()),
            Known::Waiting => {
                unknown.push(format!("{what}: {source} has not answered yet").into());
                None
            }
            Known::Failed(failure) => {
                unknown.push(format!("{what}: {source}: {}", failure.short).into());
                None
            }
        }
    };
    let (alerts, alive, boots) = (series("alerts"), series("gaps"), series("reboots"));
    let gaps = alive.map(|alive| gaps(alive, window)).unwrap_or_default();
    happened.extend(alerts.into_iter().flatten().flat_map(|one| episodes(one, source, store, window, &gaps)));
    happened.extend(gaps.iter().map(|gap| Happening {
        at: gap.from,
        until: (gap.to < window.to).then_some(gap.to),
        kind: Kind::Gap,
        what: source.to_string().into(),
        came_to: format!("measured nothing for {}", text::age(gap.to - gap.from)).into(),
        by: "".into(),
        health: Health::Unknown,
        subject: Some(Subject::Source(source.clone())),
    }));
    happened.extend(boots.into_iter().flat_map(|boots| reboots(boots, source, store, window)));
}

/// The times in which nothing was measured. Before the first sample ever nobody knows either.
fn gaps(alive: &[Series], window: Window) -> Vec<Window> {
    let own = TimeDelta::seconds(step(window));
    let silent = TimeDelta::seconds(SILENT).max(own);
    let mut points: Vec<DateTime<Utc>> =
        alive.iter().flat_map(|series| &series.points).map(|(at, _)| *at).collect();
    points.sort_unstable();
    let mut found = Vec::new();
    let mut last: Option<DateTime<Utc>> = None;
    for at in points.into_iter().chain([window.to]) {
        if at - last.unwrap_or(window.from) > own * 3 / 2 {
            // A point tells of a sample within the span before it.
            let from = last.map_or(window.from, |last| (last - silent + own).max(window.from));
            found.push(Window { from, to: at });
        }
        last = Some(at);
    }
    found
}

/// The times in which an alert fired.
fn episodes(
    series: &Series,
    source: &SourceId,
    store: &Store,
    window: Window,
    gaps: &[Window],
) -> Vec<Happening> {
    let step = TimeDelta::seconds(step(window));
    let mut spans: Vec<Window> = Vec::new();
    for (at, _) in &series.points {
        match spans.last_mut() {
            Some(span) if *at - span.to <= step * 3 / 2 => span.to = *at,
            _ => spans.push(Window { from: *at, to: *at }),
        }
    }
    let name = series.labels.get("alertname").unwrap_or("?");
    let watchdog = &*store.thresholds.watchdog;
    // The alert that fires when all is well is no news; that it is missing the gaps tell.
    if name == watchdog {
        return Vec::new();
    }
    let rank = store.thresholds.rank(series.labels.get("severity").unwrap_or_default());
    let bad = crate::domain::verdict::weigh(crate::domain::verdict::Condition::Alert(
        rank,
        crate::domain::alert::AlertState::Firing,
    ));
    let what: Arc<str> = format!("{name} {}", about(&series.labels)).trim_end().into();
    let one = |span: Window| {
        let goes_on = window.to - span.to <= step * 3 / 2;
        let before = span.from - window.from < step;
        let took = text::age(span.to - span.from);
        let lost = gaps.iter().any(|gap| gap.from - step <= span.to && span.to <= gap.to);
        let came_to = match (goes_on, before) {
            (true, true) => "fires, since before".to_owned(),
            (true, false) => format!("fires, {took}"),
            (false, _) if lost => "unknown how it ended: nothing was measured then".to_owned(),
            (false, true) => "fired before, resolved".to_owned(),
            (false, false) => format!("resolved after {took}"),
        };
        Happening {
            at: span.from,
            until: (!goes_on).then_some(span.to),
            kind: Kind::Alert,
            what: Arc::clone(&what),
            came_to: came_to.into(),
            by: "".into(),
            health: if goes_on { bad.unwrap_or(Health::Ok) } else { Health::Ok },
            subject: goes_on
                .then(|| listed(&series.labels, source, store))
                .flatten()
                .or_else(|| Some(Subject::Source(source.clone()))),
        }
    };
    spans.into_iter().map(one).collect()
}

/// What an alert is about, by its labels.
fn about(labels: &Labels) -> String {
    let whose =
        ["host", "guest", "exported_instance", "instance", "job"].iter().find_map(|name| labels.get(name));
    let thing = ["mountpoint", "device", "name", "datastore"].iter().find_map(|name| labels.get(name));
    [whose, thing].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// The same alert in the list, while it is there.
fn listed(labels: &Labels, source: &SourceId, store: &Store) -> Option<Subject> {
    let own = |(name, _): &(&str, &str)| !matches!(*name, "__name__" | "alertstate");
    let own: Labels = labels.iter().filter(own).collect();
    let site = store.site_of(source);
    let mut near = store.alerts().iter().filter(|listed| sites::meet(listed.alert.site(), site));
    let found = near.find(|listed| listed.alert.labels.contains(&own))?;
    Some(Subject::Alert { source: found.source.clone(), fingerprint: Arc::clone(found.alert.key()) })
}

/// The hosts that were started in `window`.
fn reboots(boots: &[Series], source: &SourceId, store: &Store, window: Window) -> Vec<Happening> {
    let rule = hosts::identity(store);
    let site = store.site_of(source);
    let mut by_host: BTreeMap<Arc<str>, Vec<DateTime<Utc>>> = BTreeMap::new();
    for series in boots {
        let host = match rule.owner(site, &series.labels, &[]) {
            Owner::Host(name) => name,
            _ => series.labels.get("instance").unwrap_or("?").into(),
        };
        let known = by_host.entry(host).or_default();
        for (_, value) in &series.points {
            #[expect(clippy::cast_possible_truncation, reason = "whole seconds do")]
            let Some(at) = instant::of_seconds(*value as i64) else { continue };
            if contains(window, at) && !known.iter().any(|other| (*other - at).abs() < SAME_BOOT) {
                known.push(at);
            }
        }
    }
    let one = |host: &Arc<str>, at: DateTime<Utc>| Happening {
        at,
        until: None,
        kind: Kind::Reboot,
        what: Arc::clone(host),
        came_to: "was started".into(),
        by: "".into(),
        health: Health::Ok,
        subject: Some(Subject::Host(Arc::clone(host))),
    };
    by_host.iter().flat_map(|(host, all)| all.iter().map(move |at| one(host, *at))).collect()
}
