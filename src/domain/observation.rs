//! What a source saw in one look. An observation replaces what that feed said before.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::alert::{Alert, RaisedAlert};
use super::backup::{BackupGroup, Unreadable};
use super::datastore::Datastore;
use super::labels::Labels;
use super::log::{Entry, TailState};
use super::rule::Rule;
use super::silence::Silence;
use super::target::{Scrape, Target};
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
    /// Prometheus' own pending and firing alerts.
    Raised(Arc<[RaisedAlert]>),
    /// Prometheus' external labels.
    ExternalLabels(Labels),
    /// Alertmanager's alerts, each once, in their default order.
    Alerts(Arc<[Alert]>),
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
    /// Loki answers queries; its version.
    Ready {
        /// The server's version.
        version: Arc<str>,
    },
    /// Backup groups of all readable datastores and namespaces.
    Backups {
        /// The groups, by datastore, namespace, kind and id.
        groups: Arc<[BackupGroup]>,
        /// What the token may not read, or what is broken.
        unreadable: Arc<[Unreadable]>,
    },
    /// Datastores, by name.
    Datastores(Arc<[Datastore]>),
    /// Running and recent tasks, the newest first.
    Tasks(Arc<[Task]>),
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
