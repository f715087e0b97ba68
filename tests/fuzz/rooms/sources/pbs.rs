//! What Proxmox Backup Server says.

#[path = "../../../../src/sources/pbs/wire.rs"]
mod wire;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::told;
use crate::domain::observation::Observation;

/// A group that snapshots may be of.
const GROUP: &str = r#"{"data":{"backup-type":"vm","backup-id":"102","last-backup":1795206600,"backup-count":1,"owner":"root@pam"}}"#;

pub(super) fn read(body: &str) -> Vec<Value> {
    let now = DateTime::<Utc>::UNIX_EPOCH;
    let usages: Vec<wire::Usage> = wire::data(body).unwrap_or_default();
    let stores = wire::data::<Vec<wire::Store>>(body).map(|stores| {
        let all = stores.iter().enumerate();
        Observation::Datastores(all.map(|(at, store)| wire::datastore(store, usages.get(at), now)).collect())
    });
    let groups = wire::data::<Vec<wire::Group>>(body).map(|groups| {
        let judged = groups.iter().map(|group| group.judge(group.id("main", "root"), Vec::new()));
        Observation::Backups { groups: judged.collect(), unreadable: [].into() }
    });
    let snapshots = wire::data::<Vec<wire::SnapshotItem>>(body).and_then(|snapshots| {
        let group: wire::Group = wire::data(GROUP)?;
        let judged = group.judge(group.id("main", "root"), snapshots);
        Ok(Observation::Backups { groups: [judged].into(), unreadable: [].into() })
    });
    let rights = wire::data::<wire::Permissions>(body).map(|rights| {
        [wire::sees_datastores(&rights), wire::sees_tasks(&rights), wire::sees_remotes(&rights)]
    });
    let tasks = wire::data::<Vec<wire::TaskItem>>(body).map(|tasks| Observation::Tasks(wire::tasks(tasks).into()));
    vec![told(stores), told(groups), told(snapshots), told(rights), told(tasks)]
}
