//! Guests, nodes and storages, as the list of resources has them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::wire::{Scalar, clean, guest_id};
use crate::domain::cluster::{Node, Storage};
use crate::domain::guest::{Guest, GuestState};
use crate::text::sanitise;

/// An entry of `/cluster/resources`.
#[derive(Debug, Deserialize)]
pub(super) struct Resource {
    #[serde(rename = "type")]
    kind: String,
    vmid: Option<Scalar>,
    name: Option<Scalar>,
    node: Option<Scalar>,
    status: Option<Scalar>,
    template: Option<Scalar>,
    tags: Option<Scalar>,
    pool: Option<Scalar>,
    lock: Option<Scalar>,
    uptime: Option<Scalar>,
    disk: Option<Scalar>,
    maxdisk: Option<Scalar>,
    storage: Option<Scalar>,
    plugintype: Option<Scalar>,
    content: Option<Scalar>,
    shared: Option<Scalar>,
}

impl Resource {
    fn guest(&self) -> Option<Guest> {
        let tags = self.tags.as_ref().map_or("", |tags| tags.0.as_str());
        let tags = tags.split([';', ',', ' ']).filter(|tag| !tag.is_empty());
        Some(Guest {
            id: guest_id(&self.kind, self.vmid.as_ref()?)?,
            name: clean(self.name.as_ref()),
            node: clean(self.node.as_ref()),
            state: GuestState::of(self.status.as_ref().map_or("", |status| &status.0)),
            template: self.template.as_ref().is_some_and(Scalar::is_yes),
            tags: tags.map(|tag| sanitise(tag).into()).collect(),
            pool: clean(self.pool.as_ref()),
            lock: clean(self.lock.as_ref()),
            uptime: self.uptime.as_ref().and_then(Scalar::bytes).filter(|uptime| *uptime > 0),
        })
    }

    fn node(&self) -> Option<Node> {
        let online = self.status.as_ref().and_then(|status| match status.0.as_str() {
            "online" => Some(true),
            "offline" => Some(false),
            _ => None,
        });
        Some(Node {
            name: self.node.as_ref()?.clean(),
            online,
            uptime: self.uptime.as_ref().and_then(Scalar::bytes),
            used: self.disk.as_ref().and_then(Scalar::bytes),
            total: self.maxdisk.as_ref().and_then(Scalar::bytes),
        })
    }

    fn storage(&self) -> Option<(bool, Storage)> {
        let active = self.status.as_ref().is_none_or(|status| status.0 == "available");
        let content = self.content.as_ref().map_or("", |content| &content.0);
        let number = |of: &Option<Scalar>| of.as_ref().and_then(Scalar::bytes).filter(|_| active);
        let storage = Storage {
            name: self.storage.as_ref()?.clean(),
            node: clean(self.node.as_ref()),
            plugin: clean(self.plugintype.as_ref()),
            backups: content.split(',').any(|kind| kind == "backup"),
            active,
            used: number(&self.disk),
            total: number(&self.maxdisk),
        };
        Some((self.shared.as_ref().is_some_and(Scalar::is_yes), storage))
    }
}

/// The guests of an inventory, by identity.
pub(super) fn guests(resources: &[Resource]) -> Vec<Guest> {
    let mut all: Vec<Guest> = resources.iter().filter_map(Resource::guest).collect();
    all.sort_by_key(|guest| guest.id);
    all.dedup_by_key(|guest| guest.id);
    all
}

/// The nodes of an inventory, by name.
pub(super) fn nodes(resources: &[Resource]) -> Vec<Node> {
    let mut all: Vec<Node> =
        resources.iter().filter(|resource| resource.kind == "node").filter_map(Resource::node).collect();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

/// The storages of an inventory, by name and node. What an absent node had is not told: the node
/// is. A shared storage stands there once, with the first node that cannot use it.
pub(super) fn storages(resources: &[Resource], nodes: &[Node]) -> Vec<Storage> {
    let is_away = |name: &str| nodes.iter().any(|node| &*node.name == name && node.online == Some(false));
    let listed = resources.iter().filter(|resource| resource.kind == "storage");
    let mut all: BTreeMap<(Arc<str>, Arc<str>), Storage> = BTreeMap::new();
    for (shared, storage) in listed.filter_map(Resource::storage) {
        if is_away(&storage.node) {
            continue;
        }
        if !shared {
            all.insert((Arc::clone(&storage.name), Arc::clone(&storage.node)), storage);
            continue;
        }
        let node = if storage.active { Arc::default() } else { Arc::clone(&storage.node) };
        let storage = Storage { node, ..storage };
        let known = all.entry((Arc::clone(&storage.name), Arc::default())).or_insert_with(|| storage.clone());
        let (used, total) = (known.used.or(storage.used), known.total.or(storage.total));
        if known.active && !storage.active {
            *known = storage;
        }
        (known.used, known.total) = (used, total);
    }
    all.into_values().collect()
}

/// An entry of `/nodes`.
#[derive(Debug, Deserialize)]
pub(super) struct NodeItem {
    pub node: String,
    status: Option<String>,
}

impl NodeItem {
    /// Whether the cluster does not hear it.
    pub fn is_away(&self) -> bool {
        self.status.as_deref() == Some("offline")
    }
}

#[cfg(test)]
#[path = "inventory_tests.rs"]
mod tests;
