//! What burdens hosts on purpose: backups, verifications, garbage collection, and the time of night that is
//! kept for them. An alert about CPU, disks that are waited for, or slow answers is explained by it.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, NaiveTime, Utc};

use super::alert::Alert;
use super::cause;
use super::comment::Condition;
use super::feed::{Feed, SourceKind};
use super::hosts;
use super::hosts::identity::{Identity, Owner};
use super::sites;
use super::store::{SourceState, Store};
use super::task::Outcome;
use super::thresholds::matches;

/// The time of day that is kept for backups, such as 02:00 to 04:00.
#[derive(Clone)]
pub struct Window {
    /// When it begins.
    pub from: NaiveTime,
    /// When it ends; before its beginning: on the next day.
    pub to: NaiveTime,
    /// What the clock on the wall says at an instant.
    pub clock: Arc<dyn Fn(DateTime<Utc>) -> NaiveTime + Send + Sync>,
}

impl Window {
    /// Whether it is now.
    pub fn is_at(&self, now: DateTime<Utc>) -> bool {
        let time = (self.clock)(now);
        if self.from <= self.to {
            (self.from..self.to).contains(&time)
        } else {
            time >= self.from || time < self.to
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}-{}", self.from.format("%H:%M"), self.to.format("%H:%M"))
    }
}

impl fmt::Debug for Window {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, to)
    }
}

impl PartialEq for Window {
    fn eq(&self, other: &Self) -> bool {
        (self.from, self.to) == (other.from, other.to)
    }
}

/// Work that burdens hosts now.
#[derive(Clone, Debug, PartialEq)]
pub struct Burden {
    /// In words: `vzdump of ct/210 runs on pve, 41 %`.
    pub text: String,
    /// Since when; nothing for the window.
    pub since: Option<DateTime<Utc>>,
    /// The hosts that it burdens; none for the window, which burdens all that back up or are backed up.
    pub hosts: BTreeSet<Arc<str>>,
    /// What is true when it is over, where that can be waited for.
    pub over: Option<Condition>,
}

/// The metrics of an alert that such work explains, and words in the name of one whose rule nobody knows.
const METRICS: [&str; 9] = [
    "node_cpu_*",
    "node_load*",
    "node_pressure_*",
    "node_disk_*",
    "probe_duration_seconds",
    "*_duration_seconds*",
    "*latency*",
    "pve_cpu_*",
    "instance:node_cpu*",
];
const WORDS: [&str; 6] = ["cpu", "iowait", "load", "latency", "slow", "diskbusy"];

/// The tasks of a backup server that burden it, and what they are called.
const TASKS: [(&str, &str); 6] = [
    ("backup", "backup"),
    ("verif", "verify"),
    ("garbage_collection", "garbage collection"),
    ("prune", "prune"),
    ("sync", "sync"),
    ("reader", "restore"),
];

/// All work that goes on, as far as servers that were heard lately say.
pub fn burdens(store: &Store, now: DateTime<Utc>) -> Vec<Burden> {
    let identity = hosts::configured(store);
    let dumps = store.of(SourceKind::Pve).filter(|source| source.is_fresh(Feed::Guests, now));
    let mut all: Vec<Burden> = dumps.flat_map(|source| of_dumps(source, store, &identity)).collect();
    let servers = store.of(SourceKind::Pbs).filter(|source| source.is_fresh(Feed::Tasks, now));
    all.extend(servers.flat_map(|source| of_tasks(source, store, &identity)));
    let window = store.thresholds.window.as_ref().filter(|window| window.is_at(now));
    all.extend(window.map(|window| Burden {
        text: format!("it is the backup window {window}"),
        since: None,
        hosts: BTreeSet::new(),
        over: None,
    }));
    all
}

/// The hosts of a role, by their names in the config.
fn with_role(role: &str, store: &Store) -> impl Iterator<Item = Arc<str>> {
    let all: Vec<Arc<str>> =
        store.thresholds.hosts.with_role(role).into_iter().map(|(name, _)| name.into()).collect();
    all.into_iter()
}

/// What the rows of these hosts are called, of those that are of the source's site.
fn near(
    names: impl IntoIterator<Item = Arc<str>>,
    source: &SourceState,
    identity: &Identity<'_>,
) -> BTreeSet<Arc<str>> {
    let names: Vec<Arc<str>> = names.into_iter().collect();
    let all = names.iter().flat_map(|name| identity.all_called(name));
    all.filter(|(site, _)| sites::meet(site, &source.apart)).map(|(_, name)| name).collect()
}

fn guest(site: &str, vmid: &str, identity: &Identity<'_>) -> Option<Arc<str>> {
    let labels = [("vmid", vmid)].into_iter().collect();
    match identity.owner(site, &labels, &["vmid".into()]) {
        Owner::Host(name) => Some(name),
        _ => None,
    }
}

/// Backup runs of a hypervisor: its node reads, the guest is held, the backup server writes.
fn of_dumps(source: &SourceState, store: &Store, identity: &Identity<'_>) -> Vec<Burden> {
    let running = source.data.cluster.dumps.iter().filter(|dump| dump.outcome == Outcome::Running);
    let burden = |dump: &super::dump::Dump| {
        let vmid = dump.guest.to_string();
        let share = dump.progress.map(|percent| format!(", {percent} %")).unwrap_or_default();
        let node = store.thresholds.hosts.find(&dump.node).map_or(&*dump.node, |(name, _)| name);
        let hosts = [Some(Arc::from(node)), guest(&source.apart, &vmid, identity)].into_iter().flatten();
        Burden {
            text: format!("vzdump of {vmid} runs on {}{share}", dump.node),
            since: Some(dump.started),
            hosts: near(hosts.chain(with_role("pbs", store)), source, identity),
            over: Some(Condition::Task { source: Arc::default(), upid: Arc::clone(&dump.upid) }),
        }
    };
    running.map(burden).collect()
}

/// Tasks of a backup server: it works, and with a backup the guest and its node too.
fn of_tasks(source: &SourceState, store: &Store, identity: &Identity<'_>) -> Vec<Burden> {
    let running = source.data.tasks.iter().filter(|task| task.outcome == Outcome::Running);
    let burden = |task: &super::task::Task| {
        let (_, word) = TASKS.iter().find(|(kind, _)| task.kind.starts_with(kind))?;
        let share = task.progress.map(|share| format!(", {:.0} %", share * 100.0)).unwrap_or_default();
        let of = if task.id.is_empty() { String::new() } else { format!(" of {}", task.id) };
        let mut hosts: Vec<Arc<str>> = with_role("pbs", store).chain([Arc::clone(&source.id.name)]).collect();
        if *word == "backup" || *word == "restore" {
            let vmid = task.id.rsplit('/').next().unwrap_or_default();
            hosts.extend(guest(&source.apart, vmid, identity));
            hosts.extend(with_role("proxmox", store));
        }
        Some(Burden {
            text: format!("{word}{of} runs on {}{share}", source.id),
            since: Some(task.started),
            hosts: near(hosts, source, identity),
            over: Some(Condition::Task { source: Arc::clone(&source.id.name), upid: Arc::clone(&task.upid) }),
        })
    };
    running.filter_map(burden).collect()
}

/// The work that explains an alert: one that is about CPU, disks or slowness, of a host that it burdens, and
/// that did not begin before it.
pub fn explains<'b>(alert: &Alert, burdens: &'b [Burden], store: &Store) -> Option<&'b Burden> {
    if burdens.is_empty() || !is_about_load(alert, store) {
        return None;
    }
    let identity = hosts::configured(store);
    let Owner::Host(host) = identity.owner(alert.site(), &alert.labels, &[]) else { return None };
    let hold = cause::hold(&alert.name, store);
    let is_later = |since: DateTime<Utc>| alert.starts_at - hold >= since - SLACK;
    let mut all = burdens.iter();
    let own = all.find(|burden| burden.hosts.contains(&host) && burden.since.is_none_or(is_later));
    own.or_else(|| burdens.iter().find(|burden| burden.hosts.is_empty()))
}

/// Rules look back over minutes: what they see may begin a little before the task is listed.
const SLACK: chrono::TimeDelta = chrono::TimeDelta::minutes(5);

/// Whether an alert says that something is busy or slow.
fn is_about_load(alert: &Alert, store: &Store) -> bool {
    if let Some(metrics) = cause::metrics_of(&alert.name, store) {
        metrics.iter().any(|metric| METRICS.iter().any(|pattern| matches(pattern, metric)))
    } else {
        let name = alert.name.to_ascii_lowercase();
        WORDS.iter().any(|word| name.contains(word))
    }
}

#[cfg(test)]
#[path = "burden_tests.rs"]
mod tests;
