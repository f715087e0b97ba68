//! What a source saw in one look. An observation replaces what that feed said before.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::alert::{Alert, RaisedAlert};
use super::archive::Archive;
use super::backup::{BackupGroup, Unreadable};
use super::cluster::{BackupJob, Node, Storage};
use super::datastore::Datastore;
use super::dump::Dump;
use super::feed::Failure;
use super::guest::{Config, Guest, GuestId};
use super::job::Job;
use super::labels::Labels;
use super::log::{Entry, TailState};
use super::measure::Measured;
use super::probe::Probe;
use super::rule::Rule;
use super::server::Server;
use super::silence::Silence;
use super::target::{Samples, Scrape, Target};
use super::task::Task;

/// One look at one feed. Lists are shared, so that applying one is a pointer swap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Observation {
    /// Prometheus' active targets, in their default order.
    Targets(Arc<[Target]>),
    /// What the scrapes brought; only what is remarkable.
    Scrapes(Arc<[Scrape]>),
    /// Prometheus' rules.
    Rules(Arc<[Rule]>),
    /// What is measured of hosts and of the chain, in the order of the catalogue.
    Measures(Arc<[Measured]>),
    /// Prometheus' own pending and firing alerts.
    Raised(Arc<[RaisedAlert]>),
    /// Prometheus' external labels.
    ExternalLabels(Labels),
    /// Alertmanager's alerts, each once, in their default order.
    Alerts(Arc<[Alert]>),
    /// Alerts on which Alertmanager's peers disagree: none where all agree, or only one answered.
    Splits(Arc<[Split]>),
    /// The names of all metrics that Prometheus saw within 7 days.
    Names(Arc<[Arc<str>]>),
    /// Where Alertmanager sends its alerts.
    Routes(Arc<[Route]>),
    /// The scrape pools of Prometheus' configuration, by name: also those without a target.
    Pools(Arc<[Arc<str>]>),
    /// How many targets each scrape pool found and dropped, by pool.
    Dropped(Arc<[(Arc<str>, u64)]>),
    /// How many samples each target's last scrape brought, by job and instance.
    Samples(Arc<[Samples]>),
    /// Alertmanager's silences; of the expired ones only the last.
    Silences(Arc<[Silence]>),
    /// Alertmanager's peers, as configured, each with its state.
    Peers(Arc<[Peer]>),
    /// Entries of a tail, and its state.
    Tail {
        /// Which tail, by name.
        tail: Arc<str>,
        /// Its state after this.
        state: TailState,
        /// What came in.
        entries: Vec<Entry>,
    },
    /// A tail says nothing any more, and why; it tries again by itself.
    Lost {
        /// Which tail, by name.
        tail: Arc<str>,
        /// Why.
        failure: Failure,
    },
    /// Loki answers queries; its version.
    Ready {
        /// The server's version.
        version: Arc<str>,
        /// Why it says that it is not ready all the same, as after its start.
        #[serde(default)]
        unready: Option<Arc<str>>,
    },
    /// Backup groups of all readable datastores and namespaces.
    Backups {
        /// The groups, by datastore, namespace, kind and id.
        groups: Arc<[BackupGroup]>,
        /// What the token may not read, or what is broken.
        unreadable: Arc<[Unreadable]>,
    },
    /// What was found at each door, in the order of the config.
    Probes(Arc<[Probe]>),
    /// Datastores, by name.
    Datastores(Arc<[Datastore]>),
    /// Running and recent tasks, the newest first.
    Tasks(Arc<[Task]>),
    /// Backups that lie in files, in the order of the config.
    Files(Arc<[Archive]>),
    /// Backups that a program tells of, and repositories, in the order of the config.
    Programs(Arc<[Archive]>),
    /// Backups that metrics tell of, by identity.
    Kept(Arc<[Archive]>),
    /// PVE's guests, nodes and storages, by identity.
    Inventory {
        /// The guests.
        guests: Arc<[Guest]>,
        /// The nodes.
        nodes: Arc<[Node]>,
        /// The storages, a shared one once.
        storages: Arc<[Storage]>,
        /// Why there may be guests that the token does not see.
        partial: Option<Arc<str>>,
    },
    /// PVE's backup jobs.
    Schedules {
        /// The jobs.
        jobs: Arc<[BackupJob]>,
        /// The guests that no job covers.
        uncovered: Arc<[GuestId]>,
    },
    /// The last backup run of each guest, by guest.
    Dumps {
        /// The runs.
        dumps: Arc<[Dump]>,
        /// Nodes whose tasks could not be read, and why.
        unreadable: Arc<[(Arc<str>, Arc<str>)]>,
    },
    /// What the guests' own configs say, by guest.
    Configs(Arc<[Config]>),
    /// The name of the cluster, or of the node that is alone; and the version.
    Cluster {
        /// The name.
        name: Arc<str>,
        /// The version.
        version: Arc<str>,
    },
    /// A backup server's jobs, by kind, datastore and name.
    Jobs {
        /// The jobs.
        jobs: Arc<[Job]>,
        /// What of them may not be read, in words.
        hidden: Arc<[Arc<str>]>,
        /// The backup runs of the last days.
        runs: Arc<[Task]>,
    },
    /// A backup server itself.
    Server(Arc<Server>),
}

impl Observation {
    /// How many things it holds that are shared rather than copied.
    pub fn shared(&self) -> usize {
        match self {
            Self::Targets(all) => all.len(),
            Self::Scrapes(all) => all.len(),
            Self::Rules(all) => all.len(),
            Self::Raised(all) => all.len(),
            Self::Measures(all) => all.iter().map(|measured| measured.readings.len()).sum(),
            Self::Alerts(all) => all.len(),
            Self::Silences(all) => all.len(),
            Self::Splits(all) => all.len(),
            Self::Pools(all) | Self::Names(all) => all.len(),
            Self::Routes(all) => all.len(),
            Self::Dropped(all) => all.len(),
            Self::Samples(all) => all.len(),
            Self::Backups { groups, .. } => groups.len(),
            Self::Probes(all) => all.len(),
            Self::Datastores(all) => all.len(),
            Self::Tasks(all) => all.len(),
            Self::Jobs { jobs, runs, .. } => jobs.len() + runs.len(),
            Self::Inventory { guests, nodes, storages, .. } => guests.len() + nodes.len() + storages.len(),
            Self::Schedules { jobs, uncovered } => jobs.len() + uncovered.len(),
            Self::Dumps { dumps, .. } => dumps.len(),
            Self::Configs(all) => all.len(),
            Self::Files(all) | Self::Programs(all) | Self::Kept(all) => all.len(),
            Self::ExternalLabels(_)
            | Self::Peers(_)
            | Self::Tail { .. }
            | Self::Lost { .. }
            | Self::Ready { .. }
            | Self::Server(_)
            | Self::Cluster { .. } => 0,
        }
    }
}

/// An alert that the peers of an Alertmanager group do not see alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// The alert.
    pub fingerprint: Arc<str>,
    /// The addresses of the peers that do not have it.
    pub lacking: Vec<Arc<str>>,
    /// The addresses of the peers that would page for it, while another hides it.
    pub loud: Vec<Arc<str>>,
}

/// A group that an alert is in, as the routes of Alertmanager make it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The alert.
    pub fingerprint: Arc<str>,
    /// Who gets the group.
    pub receiver: Arc<str>,
    /// The labels by which its alerts are grouped; none: all of the route are one group.
    pub group: Labels,
    /// The time intervals that mute the route now.
    pub muted_by: Vec<Arc<str>>,
}

/// One address of an Alertmanager group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// Its address, without credentials.
    pub url: Arc<str>,
    /// Why it does not answer; `None` when it does.
    pub failure: Option<Arc<str>>,
    /// The cluster as this peer sees it: `ready`, `settling`, `disabled`.
    pub cluster: Arc<str>,
    /// Its version.
    pub version: Arc<str>,
}
