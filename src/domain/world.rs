//! What the sources say of a single thing that the config names: a probe, a guest, a host, a mount. What
//! nobody measured lately is unknown.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::chain;
use super::feed::{Feed, SourceKind};
use super::guest::GuestState;
use super::health::{Health, worst};
use super::hosts::{self, Host};
use super::sites;
use super::store::Store;
use super::target::TargetHealth;

/// The measure of services that are probed through Prometheus.
const SERVICES: &str = "services";
/// The measure of automounts.
const AUTOMOUNTS: &str = "automounts";
/// The measure of mounts that do not answer.
const MOUNT_ERROR: &str = "mount-error";

/// What was found of a thing.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// How it is.
    pub health: Health,
    /// In a few words.
    pub text: String,
    /// Since when, as far as is known.
    pub since: Option<DateTime<Utc>>,
}

impl Look {
    fn new(health: Health, text: impl Into<String>) -> Self {
        Self { health, text: text.into(), since: None }
    }

    fn unknown(text: impl Into<String>) -> Self {
        Self::new(Health::Unknown, text)
    }

    fn since(self, since: Option<DateTime<Utc>>) -> Self {
        Self { since, ..self }
    }

    /// Whether it is known to be well.
    pub fn is_well(&self) -> bool {
        self.health == Health::Ok
    }
}

/// Everything that is known, to be asked by name.
#[derive(Debug)]
pub struct World<'s> {
    /// What is known.
    pub store: &'s Store,
    /// When.
    pub now: DateTime<Utc>,
    hosts: BTreeMap<&'s str, &'s Host>,
    /// Somebody scrapes, and was heard lately.
    scraped: bool,
    /// Somebody measures, and was heard lately.
    measured: bool,
}

/// The hosts by name. The config may name one of several sites without its site: it is as well as the worst.
fn rows(store: &Store) -> BTreeMap<&str, &Host> {
    let mut rows: BTreeMap<&str, &Host> = store.hosts().iter().map(|host| (&*host.name, host)).collect();
    for host in store.hosts().iter().filter(|host| host.is_twin()) {
        rows.entry(&host.known_as).or_insert(host);
    }
    rows
}

impl<'s> World<'s> {
    /// What `store` says at `now`.
    pub fn of(store: &'s Store, now: DateTime<Utc>) -> Self {
        let scraped = store.of(SourceKind::Prometheus).any(|source| source.is_fresh(Feed::Targets, now));
        Self { store, now, hosts: rows(store), scraped, measured: hosts::is_measured(store, now) }
    }

    /// What is known of a host, if it has a row.
    pub fn row(&self, name: &str) -> Option<&'s Host> {
        self.hosts.get(name).copied()
    }

    /// A host: up when something of it answers its Prometheus; else as the hypervisor says.
    pub fn host(&self, name: &str) -> Look {
        match self.row(name).filter(|_| self.scraped) {
            Some(host) if host.down => {
                Look::new(Health::Critical, format!("{name} is down")).since(self.fallen(host))
            }
            Some(_) => Look::new(Health::Ok, format!("{name} answers")),
            None => self.node(name).unwrap_or_else(|| match self.guest(name) {
                look if look.health == Health::Unknown => Look::unknown(format!("{name} is not heard")),
                look => look,
            }),
        }
    }

    /// Since when a host that is down is away: since it last answered, or its alert began.
    fn fallen(&self, host: &Host) -> Option<DateTime<Utc>> {
        host.last_seen.or_else(|| {
            self.first_alert(|alert| {
                alert.labels.get("host") == Some(&*host.known_as) && sites::meet(alert.site(), &host.site)
            })
        })
    }

    /// When the gravest alert about it began, of equal ones the first: a lesser one beside it, of a certificate
    /// or a disk, tells of something else.
    fn first_alert(&self, is_about: impl Fn(&super::alert::Alert) -> bool) -> Option<DateTime<Utc>> {
        let all = self.store.alerts().iter().map(|listed| &listed.alert);
        let gravest = all.filter(|alert| is_about(alert)).min_by_key(|alert| (alert.rank, alert.starts_at));
        gravest.map(|alert| alert.starts_at)
    }

    /// A node of a hypervisor.
    fn node(&self, name: &str) -> Option<Look> {
        let clusters = self.store.of(SourceKind::Pve);
        let mut heard = clusters.filter(|source| source.is_fresh(Feed::Guests, self.now));
        let node =
            heard.find_map(|source| source.data.cluster.nodes.iter().find(|node| &*node.name == name))?;
        Some(match node.online {
            Some(true) => Look::new(Health::Ok, format!("{name} is online")),
            Some(false) => Look::new(Health::Critical, format!("{name} is offline")),
            None => Look::unknown(format!("nobody hears {name}")),
        })
    }

    /// A guest, by VMID, name, or kind and VMID.
    pub fn guest(&self, name: &str) -> Look {
        let mut clusters = self.store.of(SourceKind::Pve).peekable();
        if clusters.peek().is_none() {
            return Look::unknown(format!("no hypervisor is asked for {name}"));
        }
        let known = self.store.thresholds.hosts.0.get(name).and_then(|host| host.vmid);
        let found = clusters.find_map(|source| {
            let is_it = |guest: &&super::guest::Guest| {
                guest.id.vmid.to_string() == name
                    || known == Some(u64::from(guest.id.vmid))
                    || guest.id.to_string() == name
                    || &*guest.name == name
            };
            Some((source, source.data.cluster.guests.iter().find(is_it)?))
        });
        let Some((source, guest)) = found else { return Look::unknown(format!("there is no guest {name}")) };
        if !source.is_fresh(Feed::Guests, self.now) {
            return Look::unknown(format!("{} is not heard", source.id));
        }
        match guest.state {
            GuestState::Running => Look::new(Health::Ok, format!("guest {} runs", guest.id)),
            GuestState::Stopped => Look::new(Health::Critical, format!("guest {} is stopped", guest.id)),
            GuestState::Paused => Look::new(Health::Critical, format!("guest {} is held", guest.id)),
            GuestState::Unknown => Look::unknown(format!("its node says nothing of guest {}", guest.id)),
        }
    }

    /// A mount point of a host.
    pub fn mount(&self, host: &str, path: &str) -> Look {
        let Some(row) = self.row(host).filter(|_| self.measured) else {
            return Look::unknown(format!("nobody measures {path} of {host}"));
        };
        if row.down {
            return Look::new(Health::Critical, format!("{host} is down")).since(self.fallen(row));
        }
        let value = |measure: &str| {
            let mut all = row.values.get(measure).into_iter().flatten();
            all.find(|value| &*value.thing == path).map(|value| value.value)
        };
        if value(MOUNT_ERROR).is_some_and(|error| error > 0.0) {
            return Look::new(Health::Critical, format!("{path} of {host} does not answer"));
        }
        match (value(hosts::DISK), row.values.get(hosts::DISK).is_some()) {
            (Some(_), _) => Look::new(Health::Ok, format!("{path} is mounted")),
            (None, true) => Look::new(Health::Critical, format!("{path} is not mounted")),
            (None, false) => Look::unknown(format!("nobody measures {path} of {host}")),
        }
    }

    /// An automount unit of a host.
    pub fn automount(&self, host: &str, unit: &str) -> Look {
        let row = self.row(host).filter(|_| self.measured);
        if row.is_some_and(|row| row.down) {
            return Look::new(Health::Critical, format!("{host} is down"));
        }
        let units = row.and_then(|row| row.values.get(AUTOMOUNTS));
        match units.and_then(|units| units.iter().find(|value| &*value.thing == unit)) {
            Some(value) if value.value > 0.0 => Look::new(Health::Ok, format!("{unit} waits or is mounted")),
            Some(_) => Look::new(Health::Critical, format!("{unit} of {host} is not active")),
            None => Look::unknown(format!("nobody measures {unit} of {host}")),
        }
    }

    /// A door of ours by its name, or what a blackbox exporter probes by its `instance`.
    pub fn probe(&self, name: &str) -> Look {
        for source in self.store.of(SourceKind::Probe) {
            let Some(probe) = source.data.probes.iter().find(|probe| &*probe.name == name) else { continue };
            if !source.is_fresh(Feed::Probes, self.now) {
                return Look::unknown(format!("nobody has looked at {name} lately"));
            }
            let health = if probe.door() == Health::Warning { Health::Critical } else { probe.door() };
            let text = if probe.is_well() { probe.word().to_owned() } else { probe.text.to_string() };
            return Look::new(health, text).since(Some(probe.since));
        }
        let mut readings = self
            .store
            .of(SourceKind::Prometheus)
            .flat_map(|source| chain::readings(source, SERVICES, self.now));
        match readings.find(|reading| reading.labels.get("instance") == Some(name)) {
            Some(reading) if reading.value > 0.0 => Look::new(Health::Ok, "answers"),
            Some(_) => Look::new(Health::Critical, "does not answer")
                .since(self.first_alert(|alert| alert.labels.get("instance") == Some(name))),
            None => Look::unknown(format!("nobody probes {name}")),
        }
    }

    /// The targets of a job, or of an instance.
    pub fn target(&self, name: &str) -> Look {
        let sources = self.store.of(SourceKind::Prometheus);
        let fresh = sources.filter(|source| source.is_fresh(Feed::Targets, self.now));
        let all = fresh.flat_map(|source| source.data.targets.iter());
        let all = all.filter(|target| &*target.job == name || &*target.instance == name);
        let states: Vec<TargetHealth> = all.map(|target| target.health).collect();
        let down = states.iter().filter(|state| **state == TargetHealth::Down).count();
        let health = worst(states.iter().map(|state| match state {
            TargetHealth::Up => Health::Ok,
            TargetHealth::Down => Health::Critical,
            TargetHealth::Unknown => Health::Unknown,
        }));
        match (states.len(), health) {
            (0, _) => Look::unknown(format!("nothing is scraped as {name}")),
            (_, Health::Ok) => Look::new(Health::Ok, format!("{name} answers")),
            (1, Health::Critical) => Look::new(health, format!("{name} does not answer")),
            (all, Health::Critical) => Look::new(health, format!("{down} of {all} of {name} do not answer")),
            _ => Look::unknown(format!("{name} was not scraped yet")),
        }
    }

    /// What a dependency of that name is, where the config or a source knows it: a host or a door. Else
    /// it is a word that several things share.
    pub fn thing(&self, name: &str) -> Option<Look> {
        let has_probe = self
            .store
            .of(SourceKind::Probe)
            .any(|source| source.data.probes.iter().any(|probe| &*probe.name == name));
        if has_probe {
            return Some(self.probe(name));
        }
        let is_host = self.row(name).is_some() || self.store.thresholds.hosts.0.contains_key(name);
        is_host.then(|| self.host(name))
    }
}
