//! The decoders of Proxmox Backup Server's answers.

#[path = "../../../../src/sources/pbs/wire.rs"]
mod wire;

use chrono::DateTime;

use crate::expect_plain;

/// Reads an answer as each of this server's.
pub fn read(body: &str) {
    if let Ok(stores) = wire::data::<Vec<wire::Store>>(body) {
        for store in &stores {
            expect_plain(&wire::datastore(store, None, DateTime::UNIX_EPOCH));
        }
    }
    let _read = wire::data::<Vec<wire::Usage>>(body).is_ok();
    let _read = wire::data::<Vec<wire::Namespace>>(body).is_ok();
    if let Ok(permissions) = wire::data::<wire::Permissions>(body) {
        let _sees = wire::sees_datastores(&permissions) | wire::sees_tasks(&permissions) | wire::sees_remotes(&permissions);
    }
    if let Ok(tasks) = wire::data::<Vec<wire::TaskItem>>(body) {
        expect_plain(&wire::tasks(tasks));
    }
    let (Ok(groups), Ok(items)) = (wire::data::<Vec<wire::Group>>(body), wire::data::<Vec<wire::SnapshotItem>>(body)) else {
        return;
    };
    if let Some(group) = groups.first() {
        expect_plain(&group.judge(group.id("main", ""), items));
    }
}
