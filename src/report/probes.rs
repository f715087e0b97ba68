//! The probes of a report.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::domain::feed::{Feed, SourceKind};
use crate::domain::health::Health;
use crate::domain::probe::ProbeKind;
use crate::domain::store::Store;

/// What was found by looking from this machine.
#[derive(Clone, Debug, Serialize)]
pub struct ProbeRow {
    /// Which source looked.
    pub source: Arc<str>,
    /// The operator's name for it.
    pub name: Arc<str>,
    /// How it was looked at.
    pub kind: ProbeKind,
    /// Where.
    pub address: Arc<str>,
    /// How it is, its certificate too; unknown when nobody looked lately.
    pub state: Health,
    /// Whether it answers.
    pub answers: bool,
    /// Whether it is to answer.
    pub wanted: bool,
    /// What it said, or why it did not.
    pub text: Arc<str>,
    /// Since when it is so, as far as this program has looked.
    pub since: DateTime<Utc>,
    /// How long it took, in seconds.
    pub took: f64,
    /// Until when its certificate is valid.
    pub certificate_end: Option<DateTime<Utc>>,
}

pub(super) fn rows(store: &Store, now: DateTime<Utc>) -> Vec<ProbeRow> {
    let all = store.of(SourceKind::Probe).flat_map(|source| {
        let fresh = source.is_fresh(Feed::Probes, now);
        source.data.probes.iter().map(move |probe| ProbeRow {
            source: Arc::clone(&source.id.name),
            name: Arc::clone(&probe.name),
            kind: probe.kind,
            address: Arc::clone(&probe.address),
            state: if fresh { probe.door().max(probe.certificate(now)) } else { Health::Unknown },
            answers: probe.answers,
            wanted: probe.wanted,
            text: Arc::clone(&probe.text),
            since: probe.since,
            took: probe.took,
            certificate_end: probe.certificate_end,
        })
    });
    all.collect()
}
