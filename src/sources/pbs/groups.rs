//! Backup groups of all datastores and namespaces. Reading snapshots costs the server a file for
//! each; so they are read again only where something changed.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::api::{Api, local_reason};
use super::wire;
use crate::domain::backup::{BackupGroup, GroupId, Unreadable};
use crate::sources::SourceError;
use crate::text::sanitise;

/// A verification changes no list of groups: after this long a group is read in any case.
const OLDEST: Duration = Duration::from_mins(30);

/// What is looked at; empty lists mean all.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub datastores: Vec<String>,
    pub namespaces: Vec<String>,
}

/// What was read of the groups, and when.
#[derive(Debug, Default)]
pub(super) struct Groups {
    known: Mutex<HashMap<GroupId, Known>>,
}

#[derive(Clone, Debug)]
struct Known {
    mark: (u64, i64),
    read: Instant,
    group: BackupGroup,
}

/// One namespace of one datastore.
struct Place {
    store: String,
    namespace: String,
}

type Found = BTreeMap<GroupId, BackupGroup>;

impl Scope {
    /// Whether a datastore is looked at.
    pub fn has(&self, store: &str) -> bool {
        self.datastores.is_empty() || self.datastores.iter().any(|name| name == store)
    }

    fn has_namespace(&self, namespace: &str) -> bool {
        self.namespaces.is_empty() || self.namespaces.iter().any(|name| name == namespace)
    }
}

impl Groups {
    /// Reads what changed; the groups by identity, and what could not be read.
    pub async fn read(
        &self,
        api: &Api,
        scope: &Scope,
    ) -> Result<(Vec<BackupGroup>, Vec<Unreadable>), SourceError> {
        let stores = api.stores().await?;
        let mut unreadable: Vec<Unreadable> = scope
            .datastores
            .iter()
            .filter(|name| !stores.iter().any(|store| store.name == **name))
            .map(|name| trouble(name, "", "there is no such datastore, or the token may not see it"))
            .collect();
        let looked_at = stores.iter().filter(|store| scope.has(&store.name));
        let mut places = Vec::new();
        for answer in join_all(looked_at.map(|store| namespaces(api, scope, store))).await {
            let (found, failed) = answer?;
            places.extend(found);
            unreadable.extend(failed);
        }
        let mut found = Found::new();
        for answer in join_all(places.iter().map(|place| self.place(api, place))).await {
            let (groups, failed) = answer?;
            found.extend(groups);
            unreadable.extend(failed);
        }
        let gone = |id: &GroupId, places: &HashSet<(&str, &str)>| {
            places.contains(&(&*id.datastore, &*id.namespace)) && !found.contains_key(id)
        };
        let asked = places.iter().map(|place| (&*place.store, &*place.namespace)).collect();
        self.known.lock().await.retain(|id, _| !gone(id, &asked));
        unreadable.sort_by(|one, other| {
            (&one.datastore, &one.namespace, &one.reason).cmp(&(
                &other.datastore,
                &other.namespace,
                &other.reason,
            ))
        });
        Ok((found.into_values().collect(), unreadable))
    }

    async fn place(&self, api: &Api, place: &Place) -> Result<(Found, Vec<Unreadable>), SourceError> {
        let (store, namespace) = (&*place.store, &*place.namespace);
        let groups = match api.groups(store, namespace).await {
            Ok(groups) => groups,
            Err(error) => {
                let reason = local_reason(&error).ok_or(error)?;
                return Ok((Found::new(), vec![trouble(store, namespace, &reason)]));
            }
        };
        let mut found = Found::new();
        let mut unreadable = Vec::new();
        for (group, answer) in join_all(groups.iter().map(|group| self.group(api, place, group))).await {
            match answer {
                Ok(group) => {
                    found.insert(group.id.clone(), group);
                }
                Err(error) => {
                    let reason = local_reason(&error).ok_or(error)?;
                    let reason = format!("{}/{}: {reason}", group.backup_type, group.backup_id);
                    unreadable.push(trouble(store, namespace, &reason));
                }
            }
        }
        Ok((found, unreadable))
    }

    async fn group<'g>(
        &self,
        api: &Api,
        place: &Place,
        group: &'g wire::Group,
    ) -> (&'g wire::Group, Result<BackupGroup, SourceError>) {
        let id = group.id(&place.store, &place.namespace);
        if let Some(known) = self.known.lock().await.get(&id)
            && known.is_current(group)
        {
            return (group, Ok(known.group.clone()));
        }
        let items = match api.snapshots(&place.store, &place.namespace, group).await {
            Ok(items) => items,
            Err(error) => return (group, Err(error)),
        };
        let judged = group.judge(id.clone(), items);
        let known = Known { mark: group.mark(), read: Instant::now(), group: judged.clone() };
        self.known.lock().await.insert(id, known);
        (group, Ok(judged))
    }
}

impl Known {
    /// Whether nothing can have changed. When a backup ends, its group looks as before.
    fn is_current(&self, group: &wire::Group) -> bool {
        self.mark == group.mark() && self.group.unfinished.is_none() && self.read.elapsed() < OLDEST
    }
}

async fn namespaces(
    api: &Api,
    scope: &Scope,
    store: &wire::Store,
) -> Result<(Vec<Place>, Vec<Unreadable>), SourceError> {
    let place = |namespace: String| Place { store: store.name.clone(), namespace };
    match api.namespaces(&store.name).await {
        Ok(all) => {
            let names = all.into_iter().map(|item| item.ns).filter(|name| scope.has_namespace(name));
            Ok((names.map(place).collect(), Vec::new()))
        }
        Err(error) => {
            let reason = local_reason(&error).ok_or(error)?;
            Ok((Vec::new(), vec![trouble(&store.name, "", &reason)]))
        }
    }
}

fn trouble(datastore: &str, namespace: &str, reason: &str) -> Unreadable {
    Unreadable {
        datastore: sanitise(datastore).into(),
        namespace: sanitise(namespace).into(),
        reason: sanitise(reason).into(),
    }
}
