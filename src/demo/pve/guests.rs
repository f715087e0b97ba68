//! Guests, their configs, the node and its storages.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::super::Scenario;
use super::super::script::guests::{EXCLUDED, Guest, NODE, STORAGES, Storage, guests, runs};
use super::super::script::{DAY, Script, boot, mix};
use super::super::serve::{Answer, Ask};
use super::{Seconds, data, error, parameter};

const GIGABYTE: u64 = 1 << 30;

/// The types that can be asked for.
const TYPES: [&str; 4] = ["vm", "storage", "node", "sdn"];

/// `/cluster/resources`.
pub fn resources(script: &Script, ask: &Ask, now: Seconds) -> Result<Answer, Answer> {
    let wanted = ask.get("type");
    if let Some(strange) = wanted.filter(|kind| !TYPES.contains(kind)) {
        let why =
            format!("value '{strange}' does not have a value in the enumeration 'vm, storage, node, sdn'");
        return Err(parameter("type", &why));
    }
    let is_wanted = |kind: &str| wanted.is_none_or(|wanted| wanted == kind);
    let mut all = Vec::new();
    if is_wanted("vm") {
        let held = held(script, now);
        all.extend(
            guests(script.scenario).map(|one| guest(one, script, held.contains(&one.vmid.to_string()), now)),
        );
    }
    if is_wanted("node") {
        all.push(node(script, now));
    }
    if is_wanted("storage") {
        all.extend(STORAGES.iter().map(|one| storage(one, script, now)));
    }
    Ok(data(&all))
}

/// The guests that are being backed up.
fn held(script: &Script, now: Seconds) -> Vec<String> {
    let running = runs(script, now).into_iter().filter(|run| run.is_running(now));
    let turns = running.flat_map(|run| run.turns).filter(|turn| turn.start <= now && now < turn.end);
    turns.map(|turn| turn.vmid).collect()
}

fn guest(guest: &Guest, script: &Script, held: bool, now: Seconds) -> Value {
    let at = now - script.anchor.timestamp();
    let running = guest.is_running(script.scenario, at);
    let roll = |what: u64, most: u64| {
        mix(&[script.seed, now.unsigned_abs() / 10, what, u64::from(guest.vmid)]) % most
    };
    let vmid = guest.vmid;
    let alive = |number: u64| if running { number } else { 0 };
    let memory = guest.memory * GIGABYTE;
    let container = guest.kind == "lxc";
    let mut item = json!({
        "id": format!("{}/{vmid}", guest.kind), "vmid": vmid, "name": guest.name, "node": NODE, "type": guest.kind,
        "status": if running { "running" } else { "stopped" }, "template": u8::from(guest.template),
        "uptime": alive((at + 11 * DAY).unsigned_abs() + u64::from(vmid) * 60),
        "cpu": alive(20 + roll(1, 300)) as f64 / 1000.0, "maxcpu": guest.cores,
        "mem": alive(memory / 2 + roll(2, 200) * 1_048_576), "maxmem": memory,
        "disk": if container { guest.disk * GIGABYTE / 10 * 6 } else { 0 }, "maxdisk": guest.disk * GIGABYTE,
        "netin": alive(123_456_789), "netout": alive(98_765_432),
        "diskread": alive(7_473_739_264), "diskwrite": alive(15_004_812_705),
    });
    if let Some(item) = item.as_object_mut() {
        if !guest.tags.is_empty() {
            item.insert("tags".to_owned(), guest.tags.into());
        }
        if held {
            item.insert("lock".to_owned(), "backup".into());
        }
    }
    item
}

fn node(script: &Script, now: Seconds) -> Value {
    let roll = |what: u64, most: u64| mix(&[script.seed, now.unsigned_abs() / 10, what]) % most;
    json!({
        "id": "node/pve", "node": NODE, "type": "node", "status": "online", "level": "",
        "uptime": now - script.anchor.timestamp() - boot::begins(script.scenario, NODE).unwrap_or(-12 * DAY), "cpu": (60 + roll(1, 80)) as f64 / 1000.0,
        "maxcpu": 16, "mem": 41_159_191_040_u64 + roll(2, 900) * 1_048_576, "maxmem": 67_385_085_952_u64,
        "disk": 34_393_848_811_u64, "maxdisk": 100_861_726_720_u64, "cgroup-mode": 2,
    })
}

fn storage(storage: &Storage, script: &Script, now: Seconds) -> Value {
    let active = storage.is_active(script.scenario, now - script.anchor.timestamp());
    let mut item = json!({
        "id": format!("storage/{NODE}/{}", storage.name), "storage": storage.name, "node": NODE, "type": "storage",
        "plugintype": storage.plugin, "status": if active { "available" } else { "unknown" },
        "shared": u8::from(storage.shared), "content": storage.content,
    });
    if let Some(item) = item.as_object_mut().filter(|_| active) {
        item.insert("disk".to_owned(), (storage.total / 1000 * storage.used).into());
        item.insert("maxdisk".to_owned(), storage.total.into());
    }
    item
}

/// `/nodes`.
pub fn nodes(script: &Script, now: Seconds) -> Answer {
    let mut item = node(script, now);
    if let Some(item) = item.as_object_mut() {
        item.remove("cgroup-mode");
        let fingerprint = ["9A"; 31].join(":") + ":01";
        item.insert("ssl_fingerprint".to_owned(), fingerprint.into());
    }
    data(&[item])
}

/// `/cluster/backup-info/not-backed-up`.
pub fn uncovered(scenario: Scenario) -> Answer {
    let left =
        guests(scenario).filter(|guest| EXCLUDED.split(',').any(|vmid| vmid == guest.vmid.to_string()));
    let items = left.map(|guest| json!({ "vmid": guest.vmid, "name": guest.name, "type": guest.kind }));
    data(&items.collect::<Vec<_>>())
}

/// `/nodes/NODE/{qemu,lxc}/VMID/config`.
pub fn config(scenario: Scenario, kind: &str, vmid: &str) -> Result<Answer, Answer> {
    let found = guests(scenario).find(|guest| guest.kind == kind && guest.vmid.to_string() == vmid);
    let folder = if kind == "qemu" { "qemu-server" } else { "lxc" };
    let missing = || {
        error(
            StatusCode::INTERNAL_SERVER_ERROR,
            &format!("Configuration file 'nodes/{NODE}/{folder}/{vmid}.conf' does not exist"),
        )
    };
    let guest = found.ok_or_else(missing)?;
    let name = if kind == "qemu" { "name" } else { "hostname" };
    let mut item = json!({
        name: guest.name, "cores": guest.cores, "digest": "4f1cf4d2e5b2b1d6a2b5f86d4a3a7e8f0c9b1a23",
    });
    if let Some(item) = item.as_object_mut() {
        // Perl keeps the memory of a VM as a text.
        let memory = guest.memory * 1024;
        let memory = if kind == "qemu" { Value::from(memory.to_string()) } else { Value::from(memory) };
        item.insert("memory".to_owned(), memory);
        for (key, value) in guest.disks {
            item.insert((*key).to_owned(), (*value).into());
        }
        if guest.onboot {
            item.insert("onboot".to_owned(), 1.into());
        }
        if guest.template {
            item.insert("template".to_owned(), 1.into());
        }
    }
    Ok(data(&item))
}
