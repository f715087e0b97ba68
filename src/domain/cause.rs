//! First cause: which alerts follow from a host that is down, so that they are dimmed below it. They
//! are counted as ever, and stand on their own again as soon as the cause is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::TimeDelta;
use serde::Serialize;

use super::alert::{Alert, AlertState};
use super::feed::SourceKind;
use super::hosts::identity::{Identity, Owner};
use super::hosts::{self, Host};
use super::promql::metrics;
use super::rule::{Rule, RuleKind};
use super::sites;
use super::store::Store;
use super::thresholds::matches;

/// What an alert follows from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// What sort of thing: `alert`.
    pub kind: &'static str,
    /// Which: the identity of the alert.
    pub id: Arc<str>,
    /// In words: `HostDown vm102`.
    pub text: String,
}

/// How causes are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CauseRules {
    /// The values of the label `layer`, what carries others first.
    pub layers: Vec<Arc<str>>,
    /// The metrics that suffer when what a host rests on is gone; `*` stands for anything. An alert
    /// made of none of them, say of a full disk, is trouble of its own.
    pub follow: Vec<Arc<str>>,
}

impl Default for CauseRules {
    fn default() -> Self {
        let all = |names: &[&str]| names.iter().map(|&name| Arc::from(name)).collect();
        Self {
            layers: all(&["hypervisor", "storage", "compute", "service"]),
            follow: all(&[
                "up",
                "scrape_samples_scraped",
                "probe_*",
                "node_filesystem_device_error",
                "node_filesystem_readonly",
                "node_systemd_unit_state",
                "node_nfs_*",
                "container_*",
                "docker_*",
                "pve_up",
                "pbs_*",
                "proxmox_backup_*",
            ]),
        }
    }
}

/// Beyond the rule's own time: evaluations are not at one instant.
const SLACK: TimeDelta = TimeDelta::minutes(1);

/// An alert that says that a host is down.
struct Fall<'s> {
    alert: &'s Alert,
    host: Arc<str>,
    /// When the host went, at the earliest.
    since: chrono::DateTime<chrono::Utc>,
}

/// What the alerts of the store follow from, by [`Alert::key`]; those that stand on their own are absent.
pub fn causes(store: &Store) -> BTreeMap<Arc<str>, Cause> {
    if !store.hosts().iter().any(|host| host.down) {
        return BTreeMap::new();
    }
    let map = Map::of(store);
    let falls: Vec<Fall<'_>> = store.alerts().iter().filter_map(|listed| map.fall(&listed.alert)).collect();
    let mut direct: BTreeMap<Arc<str>, usize> = BTreeMap::new();
    for listed in &**store.alerts() {
        let alert = &listed.alert;
        if alert.state == AlertState::Pending {
            continue;
        }
        let candidates = falls.iter().enumerate().filter(|(_, fall)| map.follows(alert, fall));
        // What is nearest explains most: the host itself, then the last that fell before.
        let nearest = candidates
            .min_by_key(|(_, fall)| (map.owner(alert) != Some(&fall.host), std::cmp::Reverse(fall.since)));
        if let Some((at, _)) = nearest {
            direct.insert(Arc::clone(alert.key()), at);
        }
    }
    let root = |mut at: usize| {
        let mut seen = BTreeSet::new();
        while let Some(next) = falls.get(at).and_then(|fall| direct.get(fall.alert.key())) {
            if !seen.insert(at) {
                break;
            }
            at = *next;
        }
        at
    };
    let cause = |at: usize| {
        let alert = falls.get(at)?.alert;
        let text = format!("{} {}", alert.name, alert.subject());
        Some(Cause { kind: "alert", id: Arc::clone(alert.key()), text })
    };
    let caused = direct.iter().filter_map(|(alert, at)| Some((Arc::clone(alert), cause(root(*at))?)));
    caused.filter(|(alert, cause)| *alert != cause.id).collect()
}

/// The alerts that say that something is away which others need, each with its host. What already has a
/// cause is left out.
pub(super) fn unexplained(store: &Store) -> Vec<(&Alert, Arc<str>)> {
    let rules = alerting(store);
    let identity = hosts::configured(store);
    let mut made = BTreeMap::new();
    let all = store.alerts().iter().map(|listed| &listed.alert);
    let open = all.filter(|alert| {
        !matches!(alert.state, AlertState::Pending | AlertState::Inhibited)
            && !store.causes().contains_key(alert.key())
    });
    let suffering = open.filter(|alert| {
        let name = &*alert.name;
        let follow = &store.thresholds.causes.follow;
        made.entry(name).or_insert_with(|| Made::of(name, rules.get(name).copied(), follow)).suffers
    });
    let owned = suffering.filter_map(|alert| match identity.owner(alert.site(), &alert.labels, &[]) {
        Owner::Host(host) => Some((alert, host)),
        _ => None,
    });
    owned.collect()
}

/// What each host of the config, and each guest, rests on, in one step.
pub(super) fn resting(store: &Store) -> BTreeMap<Arc<str>, BTreeSet<Arc<str>>> {
    let identity = hosts::configured(store);
    rests_on(store, &identity)
}

/// The metrics that the rule behind an alert of that name is made of; nothing when nobody knows it.
pub(super) fn metrics_of<'s>(name: &str, store: &'s Store) -> Option<Vec<&'s str>> {
    rule_of(name, store).map(|rule| metrics(&rule.query).into_iter().collect())
}

/// How long the rule behind an alert waits before it fires.
pub(super) fn hold(name: &str, store: &Store) -> TimeDelta {
    #[expect(clippy::cast_possible_truncation, reason = "whole seconds are fine enough")]
    rule_of(name, store).map_or_else(TimeDelta::zero, |rule| TimeDelta::seconds(rule.hold as i64))
}

fn rule_of<'s>(name: &str, store: &'s Store) -> Option<&'s Rule> {
    let mut rules = store.of(SourceKind::Prometheus).flat_map(|source| source.data.rules.iter());
    rules.find(|rule| rule.kind == RuleKind::Alerting && &*rule.name == name)
}

/// The alerting rules, by name.
fn alerting(store: &Store) -> BTreeMap<&str, &Rule> {
    let rules = store.of(SourceKind::Prometheus).flat_map(|source| source.data.rules.iter());
    rules.filter(|rule| rule.kind == RuleKind::Alerting).map(|rule| (&*rule.name, rule)).collect()
}

/// Who rests on whom.
struct Map<'s> {
    down: BTreeMap<&'s str, &'s Host>,
    /// What each host rests on, over however many steps.
    rests_on: BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
    /// The layer of each host, by its place in the order, and its site.
    layers: BTreeMap<Arc<str>, (usize, &'s str)>,
    owners: BTreeMap<Arc<str>, Arc<str>>,
    /// What the rules of the alerts are made of, by name: thousands of alerts come from few rules.
    made: BTreeMap<&'s str, Made>,
}

/// What matters of the rule behind an alert.
#[derive(Clone, Copy, Debug)]
struct Made {
    /// It says that something does not answer.
    tells: bool,
    /// It is made of something that needs others.
    suffers: bool,
    /// How long it waits before it fires.
    hold: TimeDelta,
}

impl Made {
    fn of(name: &str, rule: Option<&Rule>, follow: &[Arc<str>]) -> Self {
        let Some(rule) = rule else {
            // Without its rule an alert is known by its name only.
            let name = name.to_ascii_lowercase();
            let words = ["down", "mount", "unit", "probe", "service", "backup"];
            let suffers = words.iter().any(|word| name.contains(word));
            return Self { tells: name.contains("down"), suffers, hold: TimeDelta::zero() };
        };
        let metrics = metrics(&rule.query);
        let suffers = |metric: &&str| follow.iter().any(|pattern| matches(pattern, metric));
        #[expect(clippy::cast_possible_truncation, reason = "whole seconds are fine enough")]
        let hold = TimeDelta::seconds(rule.hold as i64);
        Self { tells: metrics.contains(&"up"), suffers: metrics.iter().any(suffers), hold }
    }
}

impl<'s> Map<'s> {
    fn of(store: &'s Store) -> Self {
        let identity = hosts::identity(store);
        let owners = store.alerts().iter().filter_map(|listed| {
            let alert = &listed.alert;
            let Owner::Host(host) = identity.owner(alert.site(), &alert.labels, &[]) else { return None };
            Some((Arc::clone(alert.key()), host))
        });
        let prometheus = || store.of(SourceKind::Prometheus);
        let rules = alerting(store);
        let mut made = BTreeMap::new();
        for name in store.alerts().iter().map(|listed| &*listed.alert.name) {
            let follow = &store.thresholds.causes.follow;
            made.entry(name).or_insert_with(|| Made::of(name, rules.get(name).copied(), follow));
        }
        let place = |layer: &str| store.thresholds.causes.layers.iter().position(|have| **have == *layer);
        let targets =
            prometheus().flat_map(|source| source.data.targets.iter().map(|target| (&*source.apart, target)));
        let layers = targets.filter_map(|(site, target)| {
            let layer = place(target.labels.get("layer")?)?;
            let Owner::Host(host) = identity.owner(site, &target.labels, &[]) else { return None };
            Some((host, (layer, site)))
        });
        Self {
            down: store.hosts().iter().filter(|host| host.down).map(|host| (&*host.name, host)).collect(),
            rests_on: closed(&rests_on(store, &identity)),
            layers: layers.collect(),
            owners: owners.collect(),
            made,
        }
    }

    fn owner(&self, alert: &Alert) -> Option<&Arc<str>> {
        self.owners.get(alert.key())
    }

    /// The fall of a host that an alert tells: the host is down, and the alert is made of `up`.
    fn fall(&self, alert: &'s Alert) -> Option<Fall<'s>> {
        let host = self.owner(alert)?;
        self.down.get(&**host)?;
        let made = self.made.get(&*alert.name)?;
        let fell = made.tells && alert.state != AlertState::Pending;
        fell.then(|| Fall { alert, host: Arc::clone(host), since: alert.starts_at - made.hold - SLACK })
    }

    /// Whether an alert follows from a fall: it began later, and is about the same host or about one
    /// that rests on it and cannot do without.
    fn follows(&self, alert: &Alert, fall: &Fall<'_>) -> bool {
        let Some(host) = self.owner(alert) else { return false };
        let later = alert.starts_at >= fall.since && alert.key() != fall.alert.key();
        if *host == fall.host {
            // Of several that tell the same fall the first is the cause.
            let tells = self.made.get(&*alert.name).is_some_and(|made| made.tells);
            let first = (fall.alert.starts_at, fall.alert.key()) < (alert.starts_at, alert.key());
            return later && (!tells || first);
        }
        let suffers = self.made.get(&*alert.name).is_some_and(|made| made.suffers);
        let rests = || self.rests_on.get(host).is_some_and(|below| below.contains(&fall.host));
        later && suffers && (rests() || self.lies_above(host, &fall.host))
    }

    /// Whether the layer of a host rests on that of another, of which no host is left: while one stands
    /// nobody can say that the other was needed.
    fn lies_above(&self, host: &str, other: &str) -> bool {
        let Some((layer, site)) = self.layers.get(other) else { return false };
        let near = self.layers.iter().filter(|(_, (_, own))| sites::meet(own, site));
        let mut alike = near.filter(|(_, (have, _))| have == layer);
        if !alike.all(|(name, _)| self.down.contains_key(&**name)) {
            return false;
        }
        self.layers.get(host).is_some_and(|(own, at)| own > layer && sites::meet(at, site))
    }
}

/// What hosts rest on: what the config says, and the node of a guest.
fn rests_on(store: &Store, identity: &Identity<'_>) -> BTreeMap<Arc<str>, BTreeSet<Arc<str>>> {
    let mut all: BTreeMap<Arc<str>, BTreeSet<Arc<str>>> = BTreeMap::new();
    for (name, host) in &store.thresholds.hosts.0 {
        let named: Vec<&String> =
            host.depends.iter().chain(&host.node).filter(|other| *other != name).collect();
        for (site, name) in identity.all_called(name) {
            let below = named.iter().flat_map(|other| identity.all_called(other));
            let near = below.filter(|(own, _)| sites::meet(own, site)).map(|(_, other)| other);
            all.entry(name).or_default().extend(near);
        }
    }
    let clusters = store.of(SourceKind::Pve);
    let guests =
        clusters.flat_map(|source| source.data.cluster.guests.iter().map(|guest| (&source.apart, guest)));
    for (site, guest) in guests {
        let vmid = guest.id.vmid.to_string();
        let labels = [("vmid", vmid.as_str()), ("host", &guest.name)].into_iter().collect();
        let by: [Arc<str>; 1] = ["vmid".into()];
        let name = match identity.owner(site, &labels, &by) {
            Owner::Host(name) => Some(name),
            _ if !guest.name.is_empty() => identity.called_at(site, &guest.name),
            _ => None,
        };
        let Some((name, node)) = name.zip(identity.called_at(site, &guest.node)) else { continue };
        if name != node {
            all.entry(name).or_default().insert(node);
        }
    }
    all
}

/// The same over however many steps.
pub(super) fn closed(
    direct: &BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
) -> BTreeMap<Arc<str>, BTreeSet<Arc<str>>> {
    let all = direct.keys().map(|host| {
        let mut open = vec![host];
        let mut seen = BTreeSet::new();
        while let Some(at) = open.pop() {
            for next in direct.get(at).into_iter().flatten() {
                if seen.insert(Arc::clone(next)) {
                    open.push(next);
                }
            }
        }
        (Arc::clone(host), seen)
    });
    all.collect()
}

#[cfg(test)]
#[path = "cause_tests.rs"]
mod tests;
