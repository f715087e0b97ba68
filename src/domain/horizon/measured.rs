//! What comes due by what Prometheus measures: disks, certificates, parity.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Due, Kind, When, unheard};
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::hosts::{self, FULL_IN, identity::Owner};
use crate::domain::measure::{Measure, Reading};
use crate::domain::store::Store;
use crate::domain::subject::Subject;

/// What is further away than this is no date that anybody plans for.
const FAR: f64 = 10.0 * 365.0 * 86_400.0;

pub(super) fn due(store: &Store, now: DateTime<Utc>) -> Vec<Due> {
    let rule = hosts::identity(store);
    let mut all = Vec::new();
    for source in store.of(SourceKind::Prometheus) {
        let subject = || Subject::Source(source.id.clone());
        if let Some(why) = unheard(source, Feed::Measures, now) {
            for (kind, what, then) in
                [(Kind::Disk, "disks", "full"), (Kind::Certificate, "probed certificates", "end")]
            {
                let at = When::Unknown(Arc::clone(&why));
                all.push(Due { kind, what: what.into(), then: then.into(), at, subject: subject() });
            }
            continue;
        }
        // Spans are counted from when they were measured.
        let looked = source.feeds.get(&Feed::Measures).and_then(|feed| feed.at).unwrap_or(now);
        for measured in source.data.measured.iter() {
            let measure = &measured.measure;
            let Some((kind, then)) = kind(measure) else { continue };
            if let Some(error) = &measured.error {
                let (what, at) = (Arc::clone(&measure.about), When::Unknown(Arc::clone(error)));
                all.push(Due { kind, what, then: then.into(), at, subject: subject() });
            }
            for reading in measured.readings.iter() {
                let Some(at) = date(kind, measure, reading.value, looked) else { continue };
                let host = match rule.owner(&source.apart, &reading.labels, &measure.host) {
                    Owner::Host(name) => Some(name),
                    _ => None,
                };
                let what = name(kind, measure, reading, host.as_deref());
                let subject = match host {
                    Some(name) => Subject::Host(name),
                    None => subject(),
                };
                all.push(Due { kind, what: what.into(), then: then.into(), at: When::At(at), subject });
            }
        }
    }
    all
}

/// The measures that tell of an end, and what happens then.
fn kind(measure: &Measure) -> Option<(Kind, &'static str)> {
    match &*measure.name {
        FULL_IN => Some((Kind::Disk, "full")),
        "certificate" => Some((Kind::Certificate, "ends")),
        "snapraid-scrub" | "zfs-scrub" => Some((Kind::Scrub, "scrub due")),
        "smart" => Some((Kind::Smart, "failing")),
        // The operator's own: what tells in seconds how long a key or token is good.
        name if name.starts_with("expires") => Some((Kind::Token, "ends")),
        _ => None,
    }
}

/// When that is; `None` where it is in no time that anybody plans for, or all is well.
fn date(kind: Kind, measure: &Measure, value: f64, looked: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let left = match kind {
        // How long ago it was, against how long ago it may be.
        Kind::Scrub => measure.warning.or(measure.noted)? - value,
        Kind::Smart => return (measure.weigh(value).is_some()).then_some(looked),
        _ => value,
    };
    #[expect(clippy::cast_possible_truncation, reason = "it is a number within ten years")]
    (left.is_finite() && left.abs() < FAR).then(|| looked + TimeDelta::seconds(left as i64))
}

fn name(kind: Kind, measure: &Measure, reading: &Reading, host: Option<&str>) -> String {
    let thing = reading.labels.get(&measure.thing).unwrap_or_default();
    match (kind, host) {
        (Kind::Scrub, Some(host)) if thing.is_empty() => format!("SnapRAID on {host}"),
        (Kind::Scrub, None) if thing.is_empty() => "SnapRAID".to_owned(),
        (Kind::Certificate, _) | (_, None) => thing.to_owned(),
        (_, Some(host)) => format!("{thing} on {host}"),
    }
}
