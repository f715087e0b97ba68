//! The services of a report, what is suspected, and the boot layers.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::domain::health::Health;
use crate::domain::store::Store;
use crate::domain::{layer, service, suspect};

/// A service.
#[derive(Clone, Debug, Serialize)]
pub struct ServiceRow {
    /// Its name in the config.
    pub name: Arc<str>,
    /// How it is.
    pub state: Health,
    /// Since when, as far as is known.
    pub since: Option<DateTime<Utc>>,
    /// While it is down: until when it is to be up again.
    pub due: Option<DateTime<Utc>>,
    /// When its last good backup was made.
    pub last_good: Option<DateTime<Utc>>,
    /// From when on more would be lost than was promised.
    pub rpo_due: Option<DateTime<Utc>>,
    /// What it suffers from; null while all is well.
    pub because: Option<String>,
}

/// What several failing things share while it looks healthy.
#[derive(Clone, Debug, Serialize)]
pub struct SuspectRow {
    /// What they share.
    pub name: Arc<str>,
    /// The hosts and services that fail.
    pub failing: Vec<Arc<str>>,
    /// How many rest on it.
    pub of: usize,
}

/// A boot layer.
#[derive(Clone, Debug, Serialize)]
pub struct LayerRow {
    /// Its place, from 0.
    pub number: usize,
    /// Its name.
    pub name: Arc<str>,
    /// How it is.
    pub state: Health,
    /// What it waits for.
    pub waits_for: Vec<Arc<str>>,
}

pub(super) fn rows(store: &Store, now: DateTime<Utc>) -> (Vec<ServiceRow>, Vec<SuspectRow>) {
    let all = service::services(store, now);
    let suspects = suspect::suspects(store, &all, now);
    let suspects = suspects.into_iter().map(|suspect| SuspectRow {
        name: suspect.name,
        failing: suspect.failing.into_iter().map(|failing| failing.name).collect(),
        of: suspect.of,
    });
    let rows = all.into_iter().map(|standing| ServiceRow {
        name: standing.name,
        state: standing.state,
        since: standing.since,
        due: standing.due,
        last_good: standing.gap.map(|gap| gap.good),
        rpo_due: standing.gap.map(|gap| gap.due),
        because: Some(standing.because).filter(|because| !because.is_empty()),
    });
    (rows.collect(), suspects.collect())
}

pub(super) fn layers(store: &Store, now: DateTime<Utc>) -> Vec<LayerRow> {
    let row = |layer: layer::Standing| LayerRow {
        number: layer.number,
        name: Arc::clone(&layer.name),
        state: layer.state(),
        waits_for: layer.waits_for(),
    };
    layer::layers(store, now).into_iter().map(row).collect()
}
