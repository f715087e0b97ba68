//! A cluster of Proxmox VE, or a node that is alone: nodes, storages and backup jobs.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::backup::{BackupGroup, GroupId, Plan, Snapshot};
use super::datastore::FillLimits;
use super::dump::{Dump, newest};
use super::guest::{Config, Guest, GuestId};
use super::health::Health;
use super::observation::Observation;
use super::task::Outcome;

/// One node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Its name.
    pub name: Arc<str>,
    /// Whether the cluster hears it; `None` when nobody can say.
    pub online: Option<bool>,
    /// Seconds since it started.
    pub uptime: Option<u64>,
    /// Bytes used of its root file system; `None` when the token may not know.
    pub used: Option<u64>,
    /// Bytes of its root file system.
    pub total: Option<u64>,
}

/// One storage; a shared one is the same on every node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Storage {
    /// Its name.
    pub name: Arc<str>,
    /// The node that it is on; empty for a shared one.
    pub node: Arc<str>,
    /// `pbs`, `dir`, `nfs`, `zfspool`, `lvmthin`, ...
    pub plugin: Arc<str>,
    /// Whether it may hold backups.
    pub backups: bool,
    /// Whether a node that is online can use it.
    pub active: bool,
    /// Bytes used; `None` when it is not active.
    pub used: Option<u64>,
    /// Bytes in all.
    pub total: Option<u64>,
}

/// The guests that a backup job takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Selection {
    /// All but these VMIDs.
    All(Vec<u32>),
    /// These VMIDs.
    Some(Vec<u32>),
    /// Those of a pool.
    Pool(Arc<str>),
}

/// A backup job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupJob {
    /// Its identity.
    pub id: Arc<str>,
    /// The operator's words for it; empty when there are none.
    pub comment: Arc<str>,
    /// Whether it runs at all.
    pub enabled: bool,
    /// When, as a calendar event.
    pub schedule: Arc<str>,
    /// When it runs next; `None` when it is disabled.
    pub next: Option<DateTime<Utc>>,
    /// Where to; empty for the default directory.
    pub storage: Arc<str>,
    /// Only the guests of this node; empty for all nodes.
    pub node: Arc<str>,
    /// Which guests.
    pub selection: Selection,
}

impl BackupJob {
    /// Whether it takes this guest, enabled or not.
    pub fn takes(&self, guest: &Guest) -> bool {
        let vmid = &guest.id.vmid;
        (self.node.is_empty() || self.node == guest.node)
            && match &self.selection {
                Selection::All(but) => !but.contains(vmid),
                Selection::Some(these) => these.contains(vmid),
                Selection::Pool(pool) => *pool == guest.pool,
            }
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        if self.comment.is_empty() { &self.id } else { &self.comment }
    }
}

/// What Proxmox VE said last, feed by feed.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    /// Its own name; empty when it was not told.
    pub name: Arc<str>,
    /// The guests, by kind and VMID.
    pub guests: Arc<[Guest]>,
    /// Why there may be more guests than these.
    pub partial: Option<Arc<str>>,
    /// The nodes, by name.
    pub nodes: Arc<[Node]>,
    /// The storages, by name and node.
    pub storages: Arc<[Storage]>,
    /// The backup jobs.
    pub jobs: Arc<[BackupJob]>,
    /// The guests that no job covers, disabled ones counted as jobs.
    pub uncovered: Arc<[GuestId]>,
    /// The last backup run of each guest, by VMID.
    pub dumps: Arc<[Dump]>,
    /// All backup runs of the last days, in no order.
    pub runs: Arc<[Dump]>,
    /// Nodes whose tasks could not be read, and why.
    pub unread: Arc<[(Arc<str>, Arc<str>)]>,
    /// What the guests' configs say.
    pub configs: Arc<[Config]>,
}

impl Cluster {
    /// The guest of that identity.
    pub fn guest(&self, id: GuestId) -> Option<&Guest> {
        self.guests.binary_search_by_key(&id, |guest| guest.id).ok().and_then(|at| self.guests.get(at))
    }

    /// The last backup run of a guest.
    pub fn dump(&self, id: GuestId) -> Option<&Dump> {
        self.dumps.binary_search_by_key(&id.vmid, |dump| dump.guest).ok().and_then(|at| self.dumps.get(at))
    }

    /// What a guest's config says.
    pub fn config(&self, id: GuestId) -> Option<&Config> {
        self.configs.iter().find(|config| config.id == id)
    }

    /// Whether a node is known to be away.
    pub fn is_away(&self, node: &str) -> bool {
        self.nodes.iter().any(|known| &*known.name == node && known.online == Some(false))
    }

    /// The backups of the guests as far as the hypervisor's own log tells: for guests that no
    /// backup server has. A template does not change, and nobody expects one of it.
    pub fn groups(&self) -> Arc<[BackupGroup]> {
        let of = |guest: &Guest| {
            let dump =
                self.dump(guest.id).filter(|dump| matches!(dump.outcome, Outcome::Ok | Outcome::Warnings));
            let snapshot = |dump: &Dump| Snapshot {
                at: dump.started,
                size: 0,
                verification: None,
                protected: false,
                encrypted: false,
            };
            BackupGroup {
                id: GroupId {
                    datastore: Arc::default(),
                    namespace: Arc::default(),
                    kind: guest.id.kind.as_ref().into(),
                    id: guest.id.vmid.to_string().into(),
                },
                guest: Arc::clone(&guest.name),
                comment: Arc::default(),
                owner: Arc::default(),
                other_owner: None,
                snapshots: dump.map(snapshot).into_iter().collect(),
                unfinished: None,
            }
        };
        self.guests.iter().filter(|guest| !guest.template).map(of).collect()
    }

    /// What is planned for a guest's backups.
    pub fn plan(&self, guest: &Guest) -> Plan {
        let mut jobs = self.jobs.iter().filter(|job| job.takes(guest)).peekable();
        let Some(first) = jobs.peek().copied() else {
            // The server knows of a job that is not understood here.
            let covered = !self.uncovered.contains(&guest.id);
            return if covered { Plan::Unknown } else { Plan::NoJob };
        };
        match jobs.filter(|job| job.enabled).min_by_key(|job| (job.next.is_none(), job.next)) {
            Some(job) if self.skips(job, guest) => Plan::Skipped(job.name().into()),
            Some(job) => Plan::Scheduled(job.name().into(), job.next),
            None => Plan::Disabled(first.name().into()),
        }
    }

    /// Whether the last run of a job on the guest's node backed up others of it and not this one. A
    /// run that somebody started by hand for one guest bears that guest in its task, and says nothing.
    fn skips(&self, job: &BackupJob, guest: &Guest) -> bool {
        let others = self.guests.iter().filter(|other| other.id != guest.id && job.takes(other));
        let dumps = others.filter_map(|other| self.dump(other.id));
        let runs = dumps.filter(|dump| dump.node == guest.node && dump.upid.contains(":vzdump::"));
        let Some(newest) = runs.max_by_key(|dump| dump.started) else { return false };
        let goes_on =
            self.dumps.iter().any(|dump| dump.upid == newest.upid && dump.outcome == Outcome::Running);
        let own = self.dump(guest.id);
        !goes_on && own.is_none_or(|own| own.upid != newest.upid && own.started < newest.started)
    }

    /// Takes in what was seen; what is not of a cluster is not for it.
    pub(super) fn take(&mut self, observation: Observation) {
        match observation {
            Observation::Inventory { guests, nodes, storages, partial } => {
                self.guests = guests;
                self.nodes = nodes;
                self.storages = storages;
                self.partial = partial;
            }
            Observation::Schedules { jobs, uncovered } => {
                self.jobs = jobs;
                self.uncovered = uncovered;
            }
            Observation::Dumps { dumps, unreadable } => {
                self.dumps = newest(&dumps).into();
                self.runs = dumps;
                self.unread = unreadable;
            }
            Observation::Configs(configs) => self.configs = configs,
            _ => {}
        }
    }
}

/// How full a file system is, 0 to 1, and how bad that is; nothing when it does not say.
pub fn fill(used: Option<u64>, total: Option<u64>, limits: &FillLimits) -> Option<(f64, Health)> {
    let total = total.filter(|total| *total > 0)?;
    let share = used? as f64 / total as f64;
    let health = if share > limits.critical_used {
        Health::Critical
    } else if share > limits.warn_used {
        Health::Warning
    } else {
        Health::Ok
    };
    Some((share, health))
}
