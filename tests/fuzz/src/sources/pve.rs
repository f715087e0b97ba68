//! The decoders of Proxmox VE's answers.

#[path = "../../../../src/sources/pve/inventory.rs"]
mod inventory;
#[path = "../../../../src/sources/pve/wire.rs"]
mod wire;
#[path = "../../../../src/sources/pve/work.rs"]
mod work;

use crate::expect_plain;

/// Reads an answer as each of this server's.
pub fn read(body: &str) {
    if let Ok(resources) = wire::data::<Vec<inventory::Resource>>(body) {
        let nodes = inventory::nodes(&resources);
        expect_plain(&inventory::guests(&resources));
        expect_plain(&inventory::storages(&resources, &nodes));
        expect_plain(&nodes);
    }
    if let Ok(jobs) = wire::data::<Vec<work::JobItem>>(body) {
        expect_plain(&work::jobs(&jobs));
    }
    if let Ok(uncovered) = wire::data::<Vec<work::Uncovered>>(body) {
        expect_plain(&work::uncovered(&uncovered));
    }
    for task in wire::data::<Vec<work::TaskItem>>(body).unwrap_or_default() {
        task.read("pve").iter().for_each(expect_plain);
    }
    if let Ok(item) = wire::data::<work::ConfigItem>(body)
        && let Some(id) = wire::guest_id("qemu", &wire::Scalar("100".to_owned()))
    {
        expect_plain(&work::config(id, &item));
    }
    if let Ok(items) = wire::data::<Vec<wire::StatusItem>>(body) {
        crate::expect_harmless(&wire::name(&items));
    }
}
