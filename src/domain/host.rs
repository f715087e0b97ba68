//! The operator's hosts, as the config names them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::backup::{BackupGroup, GroupId};

/// A host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Host {
    /// Under which names and addresses it is known; the first is the one to connect to.
    pub addresses: Vec<String>,
    /// The number of the guest that it is.
    pub vmid: Option<u64>,
    /// The node of the cluster that it is or runs on.
    pub node: Option<String>,
    /// The labels of its series.
    pub labels: BTreeMap<String, String>,
    /// The labels of its streams in Loki.
    pub loki: BTreeMap<String, String>,
    /// What it is there for: `proxmox`, `pbs`, `prometheus`.
    pub role: Option<String>,
    /// The tier that it belongs to: storage, compute, services.
    pub tier: Option<String>,
    /// As whom to log in.
    pub ssh_user: Option<String>,
    /// The shell of its logins: bash, sh.
    pub shell: Option<String>,
    /// Whatever changes something there is a level more dangerous.
    pub protected: bool,
    /// The mount points that must be there.
    pub mounts: Vec<String>,
    /// The mount points that are meant to be read-only.
    pub read_only: Vec<String>,
    /// The hosts and services without which it cannot work.
    pub depends: Vec<String>,
    /// When it is expected to be up.
    pub expected: Expected,
}

/// When a host is expected to be up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expected {
    /// At all times.
    #[default]
    Always,
    /// When somebody wants it.
    Sometimes,
    /// At times that are known.
    Schedule,
}

/// The hosts by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory(pub BTreeMap<String, Host>);

impl Inventory {
    /// The host of that name or address.
    pub fn find(&self, host: &str) -> Option<(&str, &Host)> {
        let named = self.0.get_key_value(host);
        let found = named.or_else(|| {
            self.0.iter().find(|(_, known)| known.addresses.iter().any(|address| address == host))
        });
        found.map(|(name, host)| (name.as_str(), host))
    }

    /// The hosts that are guests, each as a backup group of which nothing is known.
    pub fn guests(&self) -> Vec<BackupGroup> {
        let guest = |(name, host): (&String, &Host)| {
            let id = GroupId {
                datastore: Arc::default(),
                namespace: Arc::default(),
                kind: "guest".into(),
                id: host.vmid?.to_string().into(),
            };
            Some(BackupGroup {
                id,
                guest: name.as_str().into(),
                comment: Arc::default(),
                owner: Arc::default(),
                other_owner: None,
                snapshots: Arc::default(),
                unfinished: None,
            })
        };
        self.0.iter().filter_map(guest).collect()
    }

    /// The hosts with that role.
    pub fn with_role(&self, role: &str) -> Vec<(&str, &Host)> {
        let has_role = |host: &Host| host.role.as_deref().is_some_and(|have| have.eq_ignore_ascii_case(role));
        self.0.iter().filter(|(_, host)| has_role(host)).map(|(name, host)| (name.as_str(), host)).collect()
    }

    /// What to connect to for a host of the config: its first address, or its name.
    pub fn address<'a>(&'a self, name: &'a str) -> &'a str {
        self.0.get(name).and_then(|host| host.addresses.first()).map_or(name, String::as_str)
    }
}
