//! Who watches each guest: whether it is scraped, whether its logs arrive, whether a rule looks at
//! it, whether it is backed up, also off the site, and whether its service is probed.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::backup::{BackupState, GroupId};
use super::correlate::{self, Owner};
use super::feed::{Feed, SourceId, SourceKind};
use super::guest::{Guest, GuestKind, GuestState};
use super::log::{Entry, Tail};
use super::off_site::is_off_site;
use super::rule::{Rule, RuleHealth, RuleKind};
use super::store::{SourceState, Store};
use super::subject::Subject;
use super::target::{Target, TargetHealth};
use super::verdict::{JudgedBackup, judged_backups};

/// Whether one kind of watch has a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::Display, strum::AsRefStr)]
#[strum(serialize_all = "lowercase")]
pub enum Cover {
    /// No source of that kind is configured.
    #[strum(serialize = "-")]
    Unasked,
    /// It is watched, and well.
    Yes,
    /// It is watched, and the watch is in trouble.
    Weak,
    /// Nobody can say.
    #[strum(serialize = "?")]
    Unknown,
    /// Nobody watches.
    No,
}

/// The kinds of watch, in the order of [`Covered::covers`].
pub const WATCHES: [&str; 6] = ["scraped", "logs", "rules", "backup", "off-site", "probe"];

/// A guest and who watches it.
#[derive(Clone, Debug)]
pub struct Covered {
    /// Its hypervisor.
    pub source: SourceId,
    /// The guest.
    pub guest: Guest,
    /// One for each of [`WATCHES`].
    pub covers: [Cover; 6],
    /// It is off, and is not started with its node: nobody expects to hear of it.
    pub quiet: bool,
    /// What one would open to see more of its backups.
    pub subject: Subject,
}

impl Covered {
    /// How many kinds of watch lack it.
    pub fn gaps(&self) -> usize {
        if self.quiet { 0 } else { self.covers.iter().filter(|cover| **cover == Cover::No).count() }
    }
}

/// Every guest that is no template, those that most watches lack first, then by identity.
pub fn coverage(store: &Store, now: DateTime<Utc>) -> Vec<Covered> {
    let judged = judged_backups(store, now);
    let heard = hosts_in_logs(store);
    let mut all: Vec<Covered> = Vec::new();
    for pve in store.of(SourceKind::Pve) {
        for guest in pve.data.cluster.guests.iter().filter(|guest| !guest.template) {
            let names = names(store, pve, guest);
            let (targets, probes): (Vec<_>, Vec<_>) =
                targets(store, &names).partition(|(_, target)| !is_probe(target));
            let (backup, off_site, subject) = backups(store, pve, guest, &judged, now);
            let covers = [
                scraped(store, &targets, now),
                logs(store, &names, &heard),
                rules(store, &[targets.as_slice(), &probes].concat(), now),
                backup,
                off_site,
                scraped(store, &probes, now),
            ];
            let onboot = pve.data.cluster.config(guest.id).is_some_and(|config| config.onboot);
            let quiet = guest.state == GuestState::Stopped && !onboot;
            let (source, guest) = (pve.id.clone(), guest.clone());
            all.push(Covered { source, guest, covers, quiet, subject });
        }
    }
    all.sort_by_key(|row| (std::cmp::Reverse(row.gaps()), row.guest.id));
    all
}

/// Every name that a guest goes by, in small letters: its own, `vm102` or `lxc200` as people write
/// it, and what targets with its VMID are called, if no other cluster has that VMID.
fn names(store: &Store, pve: &SourceState, guest: &Guest) -> BTreeSet<String> {
    let vmid = guest.id.vmid;
    let mut others = store.of(SourceKind::Pve).filter(|other| other.id != pve.id);
    let twin = |other: &SourceState| other.data.cluster.guests.iter().any(|one| one.id.vmid == vmid);
    let alone = !others.any(twin);
    let mut names = BTreeSet::new();
    if !guest.name.is_empty() {
        names.insert(guest.name.to_lowercase());
    }
    if alone {
        let short: &[&str] = if guest.id.kind == GuestKind::Vm { &["vm"] } else { &["ct", "lxc"] };
        names.extend(short.iter().map(|kind| format!("{kind}{vmid}")));
        let vmid = vmid.to_string();
        let own = all_targets(store).filter(|(_, target)| target.labels.get("vmid") == Some(&vmid));
        names.extend(own.flat_map(|(_, target)| hosts(target)));
    }
    names
}

fn all_targets(store: &Store) -> impl Iterator<Item = (&SourceState, &Target)> {
    let servers = store.of(SourceKind::Prometheus);
    servers.flat_map(|source| source.data.targets.iter().map(move |target| (source, target)))
}

/// What a target says of its host, in small letters.
fn hosts(target: &Target) -> impl Iterator<Item = String> {
    let labels = ["host", "hostname", "exported_host", "nodename", "guest", "name"];
    let labels = labels.into_iter().filter_map(|name| target.labels.get(name));
    let instance =
        target.instance.split(':').next().filter(|host| !host.is_empty() && !is_url(&target.instance));
    labels.chain(instance).map(str::to_lowercase)
}

fn targets<'s>(
    store: &'s Store,
    names: &BTreeSet<String>,
) -> impl Iterator<Item = (&'s SourceState, &'s Target)> {
    all_targets(store).filter(move |(_, target)| hosts(target).any(|host| names.contains(&host)))
}

fn is_url(instance: &str) -> bool {
    instance.contains("://")
}

/// Whether an exporter asks the service for us, as its users would.
fn is_probe(target: &Target) -> bool {
    is_url(&target.instance) || ["blackbox", "probe"].iter().any(|word| target.job.contains(word))
}

fn scraped(store: &Store, targets: &[(&SourceState, &Target)], now: DateTime<Utc>) -> Cover {
    let known = of(store, SourceKind::Prometheus, Feed::Targets, now);
    match targets {
        _ if known != Cover::No => known,
        [] => Cover::No,
        some if some.iter().any(|(_, target)| target.health == TargetHealth::Up) => Cover::Yes,
        _ => Cover::Weak,
    }
}

/// What nothing found means: that there is nothing, or that nobody can say.
fn of(store: &Store, kind: SourceKind, feed: Feed, now: DateTime<Utc>) -> Cover {
    let mut sources = store.of(kind).peekable();
    if sources.peek().is_none() {
        return Cover::Unasked;
    }
    if sources.all(|source| source.is_fresh(feed, now)) { Cover::No } else { Cover::Unknown }
}

/// The hosts that lines in the tails are of, in small letters.
fn hosts_in_logs(store: &Store) -> HashSet<String> {
    let tails = store.of(SourceKind::Loki).flat_map(|source| &source.data.tails);
    let streams = tails.flat_map(Tail::entries).filter_map(|entry| match entry {
        Entry::Line(line) => Some(&line.stream),
        _ => None,
    });
    let labels = ["host", "hostname", "nodename", "instance", "container", "guest"];
    let named = streams.flat_map(|stream| labels.iter().filter_map(|label| stream.get(label)));
    named.map(str::to_lowercase).collect()
}

/// A guest that is silent may just have nothing to say.
fn logs(store: &Store, names: &BTreeSet<String>, heard: &HashSet<String>) -> Cover {
    if store.of(SourceKind::Loki).next().is_none() {
        Cover::Unasked
    } else if names.iter().any(|name| heard.contains(name)) {
        Cover::Yes
    } else {
        Cover::Unknown
    }
}

fn rules(store: &Store, targets: &[(&SourceState, &Target)], now: DateTime<Utc>) -> Cover {
    let known = of(store, SourceKind::Prometheus, Feed::Rules, now);
    if known != Cover::No {
        return known;
    }
    let covered = |source: &SourceState, target: &Target| {
        let mut rules = source.data.rules.iter().filter(|rule| rule.kind == RuleKind::Alerting);
        rules.any(|rule| rule.health != RuleHealth::Err && looks_at(rule, target))
    };
    if targets.iter().any(|(source, target)| covered(source, target)) { Cover::Yes } else { Cover::No }
}

/// Whether a rule may select a target: it names its job, or no job at all. The watchdog, which
/// selects nothing, looks at nothing.
fn looks_at(rule: &Rule, target: &Target) -> bool {
    let query = &*rule.query;
    if query.contains("job=") || query.contains("job =") {
        let words = query.split(['"', '\'', '|', '(', ')', '^', '$']);
        return words.into_iter().any(|word| word == &*target.job);
    }
    !query.starts_with("vector(")
}

fn backups(
    store: &Store,
    pve: &SourceState,
    guest: &Guest,
    judged: &[JudgedBackup<'_>],
    now: DateTime<Utc>,
) -> (Cover, Cover, Subject) {
    let is_own = |one: &&JudgedBackup<'_>| match one.source.id.kind {
        SourceKind::Pbs => matches!(
            correlate::owner(store, one.source, &one.group.id, now),
            Owner::Guest(source, own) if source.id == pve.id && own.id == guest.id
        ),
        SourceKind::Pve => {
            one.source.id == pve.id && !one.group.snapshots.is_empty() && is_group(guest, &one.group.id)
        }
        _ => false,
    };
    let own: Vec<&JudgedBackup<'_>> = judged.iter().filter(is_own).collect();
    let cover = |one: &&JudgedBackup<'_>| match one.assessment.state {
        BackupState::Ok | BackupState::Running | BackupState::Exempt => Cover::Yes,
        BackupState::Unknown => Cover::Unknown,
        _ => Cover::Weak,
    };
    let lone = || judged.iter().find(|one| one.source.id == pve.id && is_group(guest, &one.group.id));
    // Without a row of its own it is one of several that a group may be of.
    let none = match lone().map(|one| one.assessment.state) {
        Some(BackupState::Exempt) => Cover::Unasked,
        None | Some(BackupState::Unknown) => Cover::Unknown,
        Some(_) => Cover::No,
    };
    // The best copy counts.
    let backup = own.iter().map(cover).min().unwrap_or(none);
    let away = own.iter().filter(|one| is_off_site(one.source, &one.group.id, &pve.site));
    let off_site = away.map(cover).min().unwrap_or(if own.is_empty() { none } else { Cover::No });
    let best = own.iter().min_by_key(|one| cover(one));
    let (source, group) = match best {
        Some(one) => (one.source.id.clone(), one.group.id.clone()),
        None => (pve.id.clone(), group_of(guest)),
    };
    (backup, off_site, Subject::Backup { source, group })
}

fn is_group(guest: &Guest, id: &GroupId) -> bool {
    *id.kind == *guest.id.kind.as_ref() && *id.id == *guest.id.vmid.to_string()
}

fn group_of(guest: &Guest) -> GroupId {
    let (kind, id): (Arc<str>, Arc<str>) = (guest.id.kind.as_ref().into(), guest.id.vmid.to_string().into());
    GroupId { datastore: Arc::default(), namespace: Arc::default(), kind, id }
}

#[cfg(test)]
#[path = "coverage_tests.rs"]
mod tests;
