//! What is measured of the hosts: full disks and wrong clocks. The rest stands in their rows.

use chrono::{DateTime, Utc};

use super::{Condition, Finding, weigh};
use crate::domain::alert::AlertState;
use crate::domain::feed::seconds;
use crate::domain::hosts::{self, CLOCK, DISK, FULL_IN, Fault, Host};
use crate::domain::measure::{Unit, Weight};
use crate::domain::store::Store;
use crate::domain::subject::Subject;

pub(super) fn hosts(store: &Store, now: DateTime<Utc>) -> Vec<Finding> {
    if !hosts::is_measured(store, now) {
        return Vec::new();
    }
    store.hosts().iter().flat_map(|host| of(host, store)).collect()
}

fn of(host: &Host, store: &Store) -> Vec<Finding> {
    let finding = |condition, text: String| Finding {
        health: weigh(condition),
        text: format!("{}: {text}", host.name),
        subject: Some(Subject::Host(host.name.clone())),
    };
    let fills = host.faults.iter().filter(|fault| matches!(&*fault.measure, DISK | FULL_IN));
    let mut told: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for fault in fills.filter(|fault| !is_spoken_of(fault, store)) {
        // Once per file system: the worst comes first.
        if let Weight::Bad(health) = fault.weight
            && !told.contains(&&*fault.thing)
        {
            told.push(&fault.thing);
            found.push(finding(Condition::Datastore(health), fault.text.clone()));
        }
    }
    let skew = host.worst(CLOCK).map(|clock| clock.value.abs());
    if let Some(skew) = skew.filter(|skew| *skew > seconds(store.thresholds.skew)) {
        found.push(finding(Condition::ClockSkew, format!("clock {} off", Unit::Seconds.write(skew))));
    }
    found
}

/// Whether an alert already speaks of this file system.
fn is_spoken_of(fault: &Fault, store: &Store) -> bool {
    let same = |name: &str, labels: &crate::domain::labels::Labels| {
        labels.get(name).is_some() && labels.get(name) == fault.labels.get(name)
    };
    store.alerts().iter().map(|listed| &listed.alert).any(|alert| {
        alert.state != AlertState::Pending
            && same("instance", &alert.labels)
            && same("mountpoint", &alert.labels)
    })
}
