//! Suspects: what several failing things share while it looks healthy itself, such as a share that hangs.
//! A suspicion is told with its evidence; it dims nothing and counts for nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::cause;
use super::health::Health;
use super::service::Standing;
use super::store::Store;
use super::world::World;

/// What fails together fails within this.
const TOGETHER: TimeDelta = TimeDelta::minutes(10);

/// Fewer than so many prove nothing.
const LEAST: usize = 3;

/// Something that fails.
#[derive(Clone, Debug, PartialEq)]
pub struct Failing {
    /// A host or a service.
    pub name: Arc<str>,
    /// How: the alert, or what was found.
    pub text: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// What is suspected.
#[derive(Clone, Debug, PartialEq)]
pub struct Suspect {
    /// What they share.
    pub name: Arc<str>,
    /// What fails of what rests on it, the earliest first.
    pub failing: Vec<Failing>,
    /// How much rests on it.
    pub of: usize,
}

impl Suspect {
    /// `suspect: nas nfs (7 of 9)`
    pub fn sentence(&self) -> String {
        format!("suspect: {} ({} of {})", self.name, self.failing.len(), self.of)
    }
}

/// What is suspected, what explains most first.
pub fn suspects(store: &Store, services: &[Standing], now: DateTime<Utc>) -> Vec<Suspect> {
    let failing = together(failing(store, services));
    if failing.len() < LEAST {
        return Vec::new();
    }
    let world = World::of(store, now);
    let mut below: BTreeMap<Arc<str>, Vec<Arc<str>>> = BTreeMap::new();
    for (name, rests_on) in cause::closed(&resting(store)) {
        for other in rests_on {
            below.entry(other).or_default().push(Arc::clone(&name));
        }
    }
    let is_well = |name: &Arc<str>| {
        let service = services.iter().find(|service| service.name == *name);
        !failing.contains_key(name)
            && service.is_none_or(|service| service.state == Health::Ok)
            && world.thing(name).is_none_or(|look| look.is_well())
    };
    let shared = below.into_iter().filter(|(name, _)| is_well(name));
    let suspect = |(name, users): (Arc<str>, Vec<Arc<str>>)| {
        let mut suffering: Vec<Failing> =
            users.iter().filter_map(|user| failing.get(user)).cloned().collect();
        suffering.sort_by(|one, other| (one.since, &one.name).cmp(&(other.since, &other.name)));
        Suspect { name, failing: suffering, of: users.len() }
    };
    let many = |suspect: &Suspect| suspect.failing.len() >= LEAST && suspect.failing.len() * 2 > suspect.of;
    let mut all: Vec<Suspect> = shared.map(suspect).filter(many).collect();
    // Of two that explain the same the one on which less rests that is well.
    let sound = |suspect: &Suspect| suspect.of - suspect.failing.len();
    all.sort_by(|one, other| {
        sound(one).cmp(&sound(other)).then_with(|| other.failing.len().cmp(&one.failing.len()))
    });
    let mut explained: BTreeSet<Arc<str>> = BTreeSet::new();
    all.retain(|suspect| {
        let new = suspect.failing.iter().filter(|failing| !explained.contains(&failing.name)).count();
        explained.extend(suspect.failing.iter().map(|failing| Arc::clone(&failing.name)));
        new >= LEAST
    });
    all
}

/// What hosts and services rest on, in one step.
fn resting(store: &Store) -> BTreeMap<Arc<str>, BTreeSet<Arc<str>>> {
    let mut all = cause::resting(store);
    for service in &store.thresholds.services {
        let below = service.depends.iter().chain(&service.host).filter(|other| **other != service.name);
        all.entry(Arc::clone(&service.name)).or_default().extend(below.cloned());
    }
    all
}

/// All that fails and has no cause that is known.
fn failing(store: &Store, services: &[Standing]) -> Vec<Failing> {
    let mut first: BTreeMap<Arc<str>, Failing> = BTreeMap::new();
    for (alert, host) in cause::unexplained(store) {
        let found = Failing { name: Arc::clone(&host), text: alert.name.to_string(), since: alert.starts_at };
        let known = first.entry(host).or_insert_with(|| found.clone());
        if found.since < known.since {
            *known = found;
        }
    }
    for service in services.iter().filter(|service| service.state == Health::Critical) {
        if let Some(since) = service.since {
            let text = format!("down, {}", service.because);
            first.insert(Arc::clone(&service.name), Failing { name: Arc::clone(&service.name), text, since });
        }
    }
    first.into_values().collect()
}

/// The most of them that began within ten minutes, by name.
fn together(mut all: Vec<Failing>) -> BTreeMap<Arc<str>, Failing> {
    all.sort_by_key(|failing| failing.since);
    let span = |at: usize| {
        let from = all.get(at).map(|failing| failing.since).unwrap_or_default();
        all.iter().skip(at).take_while(move |failing| failing.since - from <= TOGETHER)
    };
    let longest = (0..all.len()).max_by_key(|at| span(*at).count());
    let most = longest.into_iter().flat_map(span);
    most.map(|failing| (Arc::clone(&failing.name), failing.clone())).collect()
}

#[cfg(test)]
#[path = "suspect_tests.rs"]
mod tests;
