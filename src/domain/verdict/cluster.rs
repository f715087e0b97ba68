//! What the hypervisors say of their nodes and storages.

use chrono::{DateTime, Utc};

use super::{Condition, Finding, weigh};
use crate::domain::cluster::{Node, Storage, fill};
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::health::Health;
use crate::domain::store::{SourceState, Store};
use crate::domain::subject::Subject;

pub(super) fn cluster(store: &Store, now: DateTime<Utc>) -> Vec<Finding> {
    let heard = store.of(SourceKind::Pve).filter(|source| source.is_fresh(Feed::Guests, now));
    heard.flat_map(|source| of(source, store)).collect()
}

fn of(source: &SourceState, store: &Store) -> Vec<Finding> {
    let cluster = &source.data.cluster;
    let nodes = cluster.nodes.iter().filter_map(|one| node(one, store));
    let storages = cluster.storages.iter().filter_map(|one| storage(one, store));
    let subject = || Some(Subject::Source(source.id.clone()));
    let found = nodes.chain(storages);
    found.map(|(condition, text)| Finding { health: weigh(condition), text, subject: subject() }).collect()
}

fn node(node: &Node, store: &Store) -> Option<(Condition, String)> {
    let name = &node.name;
    match node.online {
        Some(false) => return Some((Condition::NodeAway, format!("node {name} is offline"))),
        None => {
            return Some((
                Condition::NotFresh,
                format!("node {name}: its cluster cannot say whether it is up"),
            ));
        }
        Some(true) => {}
    }
    let (share, health) = fill(node.used, node.total, &store.thresholds.fill)?;
    let text = format!("the root disk of node {name} is {:.0} % full", share * 100.0);
    Some((Condition::Datastore(health), text))
}

fn storage(storage: &Storage, store: &Store) -> Option<(Condition, String)> {
    let place = if storage.node.is_empty() { String::new() } else { format!(" on {}", storage.node) };
    let name = format!("storage {}{place}", storage.name);
    if !storage.active {
        return Some((Condition::Datastore(Health::Critical), format!("{name} is offline")));
    }
    // A backup server tells of its own datastores, and when they will be full.
    if &*storage.plugin == "pbs" && store.of(SourceKind::Pbs).next().is_some() {
        return None;
    }
    let (share, health) = fill(storage.used, storage.total, &store.thresholds.fill)?;
    Some((Condition::Datastore(health), format!("{name} is {:.0} % full", share * 100.0)))
}
