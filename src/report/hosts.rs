//! The hosts of a report.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::domain::health::Health;
use crate::domain::hosts::identity::Owner;
use crate::domain::hosts::{self, Host, Value};
use crate::domain::store::Store;

/// A host.
#[derive(Clone, Debug, Serialize)]
pub struct HostRow {
    /// Its name.
    pub name: Arc<str>,
    /// How it is; unknown when nothing was measured lately.
    pub state: Health,
    /// What is to be said of it, the worst first.
    pub because: Vec<String>,
    /// Its values by measure, and by what they are values of; what is not measured is absent, and
    /// what is no number is null.
    pub metrics: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Option<f64>>>,
    /// The fingerprints of the alerts about it.
    pub alerts: Vec<Arc<str>>,
}

pub(super) fn rows(store: &Store, now: DateTime<Utc>) -> Vec<HostRow> {
    let measured = hosts::is_measured(store, now);
    let rule = hosts::identity(store);
    let mut alerts: BTreeMap<Arc<str>, Vec<Arc<str>>> = BTreeMap::new();
    for listed in &**store.alerts() {
        if let Owner::Host(host) = rule.owner(listed.alert.site(), &listed.alert.labels, &[]) {
            alerts.entry(host).or_default().push(Arc::clone(&listed.alert.fingerprint));
        }
    }
    let all = store.hosts().iter();
    all.map(|host| row(host, measured, alerts.remove(&host.name).unwrap_or_default())).collect()
}

fn row(host: &Host, measured: bool, alerts: Vec<Arc<str>>) -> HostRow {
    let by_thing = |values: &[Value]| {
        let finite = |value: f64| value.is_finite().then_some(value);
        values.iter().rev().map(|value| (Arc::clone(&value.thing), finite(value.value))).collect()
    };
    HostRow {
        name: Arc::clone(&host.name),
        state: if measured { host.health() } else { Health::Unknown },
        because: host.faults.iter().map(|fault| fault.text.clone()).collect(),
        metrics: host
            .values
            .by_measure()
            .map(|(name, values)| (Arc::clone(name), by_thing(values)))
            .collect(),
        alerts,
    }
}
