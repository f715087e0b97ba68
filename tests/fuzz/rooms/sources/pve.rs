//! What Proxmox VE says.

#[path = "../../../../src/sources/pve/inventory.rs"]
mod inventory;
#[path = "../../../../src/sources/pve/wire.rs"]
mod wire;
#[path = "../../../../src/sources/pve/work.rs"]
mod work;

use serde_json::{Value, json};

use super::told;
use crate::domain::cluster::BackupJob;
use crate::domain::guest::{GuestId, GuestKind};
use crate::domain::observation::Observation;

pub(super) fn read(body: &str) -> Vec<Value> {
    let inventory = wire::data::<Vec<inventory::Resource>>(body).map(|resources| {
        let nodes = inventory::nodes(&resources);
        Observation::Inventory {
            guests: inventory::guests(&resources).into(),
            storages: inventory::storages(&resources, &nodes).into(),
            nodes: nodes.into(),
            partial: None,
        }
    });
    let away = wire::data::<Vec<inventory::NodeItem>>(body)
        .map(|nodes| nodes.iter().filter(|node| node.is_away()).count());
    let tasks = wire::data::<Vec<work::TaskItem>>(body).map(|tasks| {
        let all = tasks.iter().filter_map(|task| task.read("pve1"));
        all.map(|task| json!([task.upid, task.node, task.started, task.ended, task.outcome])).collect::<Vec<_>>()
    });
    let configs = wire::data::<work::ConfigItem>(body).map(|config| {
        let configs = [GuestKind::Vm, GuestKind::Ct];
        Observation::Configs(configs.map(|kind| work::config(GuestId { kind, vmid: 102 }, &config)).into())
    });
    let schedules = |jobs: Vec<BackupJob>, uncovered: Vec<GuestId>| Observation::Schedules {
        jobs: jobs.into(),
        uncovered: uncovered.into(),
    };
    let jobs = wire::data::<Vec<work::JobItem>>(body).map(|jobs| schedules(work::jobs(&jobs), Vec::new()));
    let uncovered = wire::data::<Vec<work::Uncovered>>(body)
        .map(|guests| schedules(Vec::new(), work::uncovered(&guests)));
    // A log's lines are made harmless where they are kept.
    let _log = wire::data::<Vec<work::LogLine>>(body);
    vec![
        told(inventory),
        told(away),
        told(tasks),
        told(configs),
        told(jobs),
        told(uncovered),
        told(wire::data::<Vec<wire::StatusItem>>(body).map(|items| wire::name(&items))),
        told(wire::data::<wire::Version>(body).map(|version| version.text())),
        told(wire::data::<wire::Permissions>(body).map(|rights| wire::has(&rights, "/vms", "VM.Audit"))),
    ]
}
