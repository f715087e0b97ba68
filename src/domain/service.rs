//! Services: what people ask about. Is Nextcloud down, since when, and because of what?

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::alert::AlertState;
use super::health::{Health, worst};
use super::store::Store;
use super::verdict::{JudgedBackup, judged_backups};
use super::world::{Look, World};

/// A service as the config names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: Arc<str>,
    /// A probe of `[sources.probe.NAME]`, or the `instance` that a blackbox exporter probes.
    pub probe: Option<Arc<str>>,
    /// The guest that it runs in: VMID, name, or kind and VMID.
    pub guest: Option<Arc<str>>,
    /// The host that it runs on.
    pub host: Option<Arc<str>>,
    /// The mount points of that host without which it has no data.
    pub mounts: Vec<Arc<str>>,
    /// The backup that holds it: kind and VMID, or the guest's name.
    pub backup: Option<Arc<str>>,
    /// Services, hosts, probes, or words that several things share, without which it cannot work.
    pub depends: Vec<Arc<str>>,
}

/// The time since the last good backup, against what was promised: the recovery point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// When the last good backup was made.
    pub good: DateTime<Utc>,
    /// From then on more would be lost than was promised.
    pub due: DateTime<Utc>,
}

/// How a service stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Its name.
    pub name: Arc<str>,
    /// How it is.
    pub state: Health,
    /// Since when, as far as is known.
    pub since: Option<DateTime<Utc>>,
    /// While it is down: until when it is to be up again, as was promised.
    pub due: Option<DateTime<Utc>>,
    /// How much of it would be lost if it had to be restored now.
    pub gap: Option<Gap>,
    /// What it suffers from: what it rests on, or what was found; empty while all is well.
    pub because: String,
    /// What was looked at, each with what was found.
    pub parts: Vec<(&'static str, Look)>,
    /// An alert already speaks of it, or of what it suffers from.
    pub is_told: bool,
}

impl Standing {
    /// In a word, how it is.
    pub const fn word(&self) -> &'static str {
        match self.state {
            Health::Ok => "up",
            Health::Warning => "suffers",
            Health::Unknown => "unknown",
            Health::Critical => "down",
        }
    }

    /// `Nextcloud down 14m because storage vm102`
    pub fn sentence(&self, now: DateTime<Utc>) -> String {
        let since = self.since.map(|since| format!(" {}", crate::text::age(now - since)));
        let because = match &*self.because {
            "" => String::new(),
            because if because.starts_with("does ") => format!(" because it {because}"),
            because => format!(" because {because}"),
        };
        format!("{} {}{}{because}", self.name, self.word(), since.unwrap_or_default())
    }
}

/// How every service of the config stands, the worst first, then in their order.
pub fn services(store: &Store, now: DateTime<Utc>) -> Vec<Standing> {
    let is_kept = store.thresholds.services.iter().any(|service| service.backup.is_some());
    let judged = if is_kept { judged_backups(store, now) } else { Vec::new() };
    standings(store, &judged, now)
}

/// The same, of backups that were judged already.
pub fn standings(store: &Store, judged: &[JudgedBackup<'_>], now: DateTime<Utc>) -> Vec<Standing> {
    let all = &store.thresholds.services;
    if all.is_empty() {
        return Vec::new();
    }
    let world = World::of(store, now);
    let parts: Vec<Vec<(&'static str, Look)>> =
        all.iter().map(|service| parts(service, &world, judged)).collect();
    let map = Map { world: &world, services: all, broken: parts.iter().map(|parts| own(parts)).collect() };
    let told = all.iter().zip(&parts).map(|(service, parts)| Standing {
        gap: service.backup.as_deref().and_then(|backup| gap(backup, judged)),
        ..standing(service, parts, &map)
    });
    let mut told: Vec<Standing> = told.collect();
    told.sort_by_key(|standing| std::cmp::Reverse(standing.state));
    told
}

/// What is looked at of one service.
fn parts(service: &Service, world: &World<'_>, judged: &[JudgedBackup<'_>]) -> Vec<(&'static str, Look)> {
    let mut all = Vec::new();
    all.extend(service.probe.iter().map(|probe| ("probe", world.probe(probe))));
    all.extend(service.guest.iter().map(|guest| ("guest", world.guest(guest))));
    all.extend(service.host.iter().map(|host| ("host", world.host(host))));
    if let Some(host) = &service.host {
        all.extend(service.mounts.iter().map(|mount| ("mount", world.mount(host, mount))));
    }
    all.extend(service.backup.iter().map(|backup| ("backup", backup_of(backup, judged))));
    all
}

/// The backup of this kind and VMID, or of the guest of this name.
fn found<'j, 's>(name: &str, judged: &'j [JudgedBackup<'s>]) -> Option<&'j JudgedBackup<'s>> {
    let named = name.split_once('/');
    judged.iter().find(|judged| {
        let id = &judged.group.id;
        named == Some((&*id.kind, &*id.id)) || &*judged.group.guest == name
    })
}

/// How old its last good backup is, and may be; `None` where nothing is promised, and while it is not
/// known whether there is a newer one.
fn gap(name: &str, judged: &[JudgedBackup<'_>]) -> Option<Gap> {
    let is_known = |own: &&JudgedBackup<'_>| !own.expect.exempt && own.assessment.health != Health::Unknown;
    let own = found(name, judged).filter(is_known)?;
    let good = own.group.last_good()?.at;
    Some(Gap { good, due: good.checked_add_signed(own.expect.rpo)? })
}

/// Its newest backup: one that is missing makes nothing go down, but is to be known.
fn backup_of(name: &str, judged: &[JudgedBackup<'_>]) -> Look {
    match found(name, judged) {
        None => Look { health: Health::Unknown, text: format!("no backup of {name} is known"), since: None },
        Some(judged) => {
            let health = match judged.assessment.health {
                Health::Critical => Health::Warning,
                health => health,
            };
            let text = format!("backup {}", judged.assessment.state);
            Look { health, text, since: None }
        }
    }
}

/// How a service is by what was looked at: one that answers works, whatever else is not as it should be.
fn own(parts: &[(&'static str, Look)]) -> Health {
    let of =
        |name: &'static str| parts.iter().filter(move |(what, _)| *what == name).map(|(_, look)| look.health);
    let vital = parts.iter().filter(|(what, _)| *what != "backup").map(|(_, look)| look.health);
    match of("probe").next() {
        Some(Health::Ok) => {
            let known = parts.iter().map(|(_, look)| look.health).filter(|health| *health != Health::Unknown);
            worst(known.map(|health| health.min(Health::Warning)))
        }
        Some(Health::Critical) => Health::Critical,
        // Nobody saw it answer: what it stands on must at least be known to be well.
        _ => vital
            .max()
            .unwrap_or(Health::Unknown)
            .max(worst(of("backup").filter(|backup| *backup == Health::Warning))),
    }
}

/// Who rests on whom, as far as it matters for services.
struct Map<'s> {
    world: &'s World<'s>,
    services: &'s [Service],
    /// How each service is by itself.
    broken: Vec<Health>,
}

impl Map<'_> {
    fn service(&self, name: &str) -> Option<(&Service, Health)> {
        let at = self.services.iter().position(|service| &*service.name == name)?;
        Some((self.services.get(at)?, *self.broken.get(at)?))
    }

    /// What a service, or a host of the config, rests on.
    fn below(&self, name: &str) -> Vec<Arc<str>> {
        if let Some((service, _)) = self.service(name) {
            return service.depends.iter().chain(&service.host).cloned().collect();
        }
        let host = self.world.store.thresholds.hosts.0.get(name);
        let named = host.into_iter().flat_map(|host| host.depends.iter().chain(&host.node));
        named.filter(|other| *other != name).map(|other| Arc::from(other.as_str())).collect()
    }

    fn is_broken(&self, name: &str) -> bool {
        match self.service(name) {
            Some((_, health)) => health == Health::Critical,
            None => self.world.thing(name).is_some_and(|look| look.health == Health::Critical),
        }
    }

    /// The first cause below `name`: what is broken and rests on nothing that is.
    fn root(&self, name: &str, seen: &mut BTreeSet<Arc<str>>) -> Option<Arc<str>> {
        for other in self.below(name) {
            if !seen.insert(Arc::clone(&other)) {
                continue;
            }
            // What stands between may look healthy: a host that hangs on a share still answers.
            if let Some(root) = self.root(&other, seen) {
                return Some(root);
            }
            if self.is_broken(&other) {
                return Some(other);
            }
        }
        None
    }

    /// A name with what it is there for: `storage vm102`.
    fn words(&self, name: &str) -> String {
        let role = self.world.store.thresholds.hosts.0.get(name).and_then(|host| host.role.as_deref());
        role.filter(|role| *role != name).map_or_else(|| name.to_owned(), |role| format!("{role} {name}"))
    }
}

fn standing(service: &Service, parts: &[(&'static str, Look)], map: &Map<'_>) -> Standing {
    let own = own(parts);
    let root = map.root(&service.name, &mut BTreeSet::from([Arc::clone(&service.name)]));
    // While it answers, a dependency that is gone is a warning.
    let state = if root.is_some() { own.max(Health::Warning) } else { own };
    let worst = parts.iter().max_by_key(|(_, look)| look.health);
    let because = match (&root, worst) {
        _ if state == Health::Ok => String::new(),
        (Some(root), _) => map.words(root),
        (None, Some((_, look))) => look.text.clone(),
        (None, None) => "nothing of it is looked at".to_owned(),
    };
    let bad = parts.iter().filter(|(_, look)| look.health == Health::Critical);
    let below = || map.world.thing(root.as_deref()?)?.since;
    let since = bad.filter_map(|(_, look)| look.since).min().or_else(below);
    Standing {
        name: Arc::clone(&service.name),
        state,
        since: since.filter(|_| state != Health::Ok),
        gap: None,
        due: since.filter(|_| state == Health::Critical).map(|since| since + map.world.store.thresholds.rto),
        because,
        is_told: is_told(service, root.as_deref(), map.world),
        parts: parts.to_vec(),
    }
}

/// Whether an alert speaks of the service, or of what it suffers from.
fn is_told(service: &Service, root: Option<&str>, world: &World<'_>) -> bool {
    let mut alerts = world.store.alerts().iter().map(|listed| &listed.alert);
    alerts.any(|alert| {
        let host = alert.labels.get("host");
        let instance = alert.labels.get("instance");
        alert.state != AlertState::Pending
            && (instance.is_some() && instance == service.probe.as_deref() || host.is_some() && host == root)
    })
}

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;
