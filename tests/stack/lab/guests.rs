//! What the exporters around the hosts answer: containers, Proxmox VE with its backups, disks' SMART.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::exposition::Exposition;

fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// cAdvisor's names; one container restarts every 20 s, one is unhealthy.
pub fn docker(running: Duration) -> String {
    let now = unix_seconds();
    let containers = [
        ("jellyfin", now - 86_400),
        ("audiobookshelf", now - now % 20),
        ("calibre-web", now - 3 * 86_400),
        ("vaultwarden", now - 9 * 86_400),
    ];
    let images = containers.map(|(name, _)| format!("ghcr.io/lab/{name}:1"));
    let named = || (1_u32..).zip(containers).map(|(place, (name, _))| (vec![("name", name)], name, place));
    let mut out = Exposition::default();
    let started = containers.iter().zip(&images).map(|((name, start), image)| {
        (vec![("id", *name), ("image", image.as_str()), ("name", *name)], *start)
    });
    out.rows(
        "gauge",
        "container_start_time_seconds",
        "Start time of the container since unix epoch in seconds.",
        started,
    );
    let seen = containers
        .iter()
        .zip(&images)
        .map(|((name, _), image)| (vec![("image", image.as_str()), ("name", *name)], now));
    out.rows("gauge", "container_last_seen", "Last time a container was seen by the exporter", seen);
    let memory = named().map(|(labels, _, place)| (labels, place * 150_000_000));
    out.rows("gauge", "container_memory_working_set_bytes", "Current working set.", memory);
    let limit = named().map(|(labels, _, place)| (labels, (place + 1) % 2 * 1_000_000_000));
    out.rows("gauge", "container_spec_memory_limit_bytes", "Memory limit for the container.", limit);
    let cpu = named().map(|(labels, _, place)| (labels, running.as_secs_f64() * f64::from(place) * 0.07));
    out.rows("counter", "container_cpu_usage_seconds_total", "Cumulative cpu time consumed.", cpu);
    let health = named().map(|(labels, name, _)| (labels, u8::from(name != "calibre-web")));
    out.rows("gauge", "container_health_state", "The result of the container's health check", health);
    let restarts = named()
        .map(|(labels, name, _)| (labels, if name == "audiobookshelf" { running.as_secs() / 20 } else { 0 }));
    out.rows("gauge", "docker_container_restart_count", "Restarts.", restarts);
    out.into_text()
}

/// Identity, name and whether it runs.
const GUESTS: [(&str, &str, bool); 10] = [
    ("node/pve", "", true),
    ("qemu/100", "gpu", true),
    ("qemu/102", "storage", true),
    ("lxc/200", "monitoring", true),
    ("lxc/210", "nextcloud", true),
    ("lxc/212", "calibre-web", true),
    ("lxc/230", "vaultwarden", true),
    ("qemu/999", "template", false),
    ("storage/pve/local", "", true),
    ("storage/pve/homelab-pbs", "", true),
];

/// Proxmox VE's exporter, with the status of the backup jobs (0 is good) by VMID.
pub fn pve(running: Duration, backups: &BTreeMap<String, i64>) -> String {
    let mut out = Exposition::default();
    let up = GUESTS.map(|(id, _, up)| (vec![("id", id)], u8::from(up)));
    out.rows("gauge", "pve_up", "Node/VM/CT-Status is online/running", up);
    let named = || GUESTS.into_iter().filter(|(_, name, _)| !name.is_empty());
    let kind = |id: &'static str| id.split_once('/').map_or(id, |(kind, _)| kind);
    let info = named().map(|(id, name, _)| {
        let template = if name == "template" { "1" } else { "0" };
        let labels = [("id", id), ("name", name), ("node", "pve"), ("tags", ""), ("template", template)];
        ([labels.as_slice(), &[("type", kind(id))]].concat(), 1)
    });
    out.rows("gauge", "pve_guest_info", "VM/CT info", info);
    let onboot = named().map(|(id, name, _)| {
        (vec![("id", id), ("node", "pve"), ("type", kind(id))], u8::from(name != "template"))
    });
    out.rows("gauge", "pve_onboot_status", "Proxmox vm config onboot value", onboot);
    let gibibytes = |count: u64| (count << 30).to_string();
    for (name, value) in [
        ("pve_cpu_usage_ratio", "0.3".to_owned()),
        ("pve_cpu_usage_limit", "4".to_owned()),
        ("pve_memory_usage_bytes", gibibytes(6)),
        ("pve_memory_size_bytes", gibibytes(8)),
        ("pve_disk_usage_bytes", gibibytes(40)),
        ("pve_disk_size_bytes", gibibytes(100)),
        ("pve_uptime_seconds", (running.as_secs() + 3600).to_string()),
    ] {
        let running = GUESTS.into_iter().filter(|(_, _, up)| *up);
        out.rows("gauge", name, name, running.map(|(id, _, _)| (vec![("id", id)], &value)));
    }
    let total = "pve_not_backed_up_total";
    out.family("gauge", total, "Guests in no backup job.").sample(total, &[("id", "cluster/homelab")], 1);
    let which = "pve_not_backed_up_info";
    out.family("gauge", which, "Present if in no backup job.").sample(which, &[("id", "lxc/212")], 1);
    jobs(&mut out, backups);
    datastore(&mut out, running);
    out.into_text()
}

fn jobs(out: &mut Exposition, backups: &BTreeMap<String, i64>) {
    let labels = |vmid| vec![("job_id", "backup-daily"), ("vmid", vmid)];
    let status = backups.iter().map(|(vmid, status)| (labels(vmid), *status));
    out.rows(
        "gauge",
        "proxmox_backup_job_last_status",
        "Exit status of the last backup job (0 = ok)",
        status,
    );
    let late = |status: i64| if status == 0 { 7_200 } else { 207_200 };
    let success = backups.iter().map(|(vmid, status)| (labels(vmid), unix_seconds() - late(*status)));
    let name = "proxmox_backup_job_last_success_timestamp_seconds";
    out.rows("gauge", name, "When the last good backup ended", success);
}

fn datastore(out: &mut Exposition, running: Duration) {
    let store = [("datastore", "homelab-backups")];
    let attempts = running.as_secs() * 10;
    for (kind, name, value) in [
        ("counter", "pbs_job_success_total", attempts * 98 / 100),
        ("counter", "pbs_job_attempt_total", attempts),
        ("gauge", "pbs_size", 5_497_558_138_880),
        ("gauge", "pbs_used", 4_900_000_000_000),
        ("gauge", "pbs_available", 597_558_138_880),
    ] {
        out.family(kind, name, name).sample(name, &store, value);
    }
    out.family("gauge", "pbs_up", "Was the last query of PBS successful.").sample("pbs_up", &[], 1);
    let namespace = [("datastore", "homelab-backups"), ("namespace", "")];
    let count = "pbs_snapshot_count";
    out.family("gauge", count, "The total number of backups.").sample(count, &namespace, 42);
    let guest = [namespace.as_slice(), &[("vm_id", "102"), ("vm_name", "storage")]].concat();
    for (name, value) in [
        ("pbs_snapshot_vm_count", 7),
        ("pbs_snapshot_vm_last_timestamp", unix_seconds() - 200_000),
        ("pbs_snapshot_vm_last_verify", 0),
    ] {
        out.family("gauge", name, name).sample(name, &guest, value);
    }
}

struct Disk {
    device: &'static str,
    interface: &'static str,
    model: &'static str,
    celsius: u32,
    healthy: bool,
    reallocated: u32,
    pending: u32,
}

const fn disk(
    device: &'static str,
    model: &'static str,
    celsius: u32,
    reallocated: u32,
    pending: u32,
) -> Disk {
    // Sixteen sectors that wait to be reallocated are what the failing disk is known by.
    Disk { device, interface: "ata", model, celsius, healthy: pending < 16, reallocated, pending }
}

const DISKS: [Disk; 4] = [
    disk("sda", "WD40EFRX", 34, 0, 0),
    disk("sdb", "ST4000VN008", 55, 8, 2),
    disk("sdc", "WD40EZRZ", 38, 120, 16),
    Disk { interface: "nvme", ..disk("nvme0", "Samsung SSD 970", 48, 0, 0) },
];

/// `smartctl_exporter`; `sdc` is failing.
pub fn smart() -> String {
    let mut out = Exposition::default();
    let device = |disk: &'static Disk| vec![("device", disk.device)];
    let info = DISKS.iter().map(|disk| {
        let more =
            [("interface", disk.interface), ("model_name", disk.model), ("serial_number", disk.device)];
        ([device(disk).as_slice(), &more].concat(), 1)
    });
    out.rows("gauge", "smartctl_device", "Device info", info);
    let status = DISKS.iter().map(|disk| (device(disk), u8::from(disk.healthy)));
    out.rows("gauge", "smartctl_device_smart_status", "General smart status", status);
    let temperatures = DISKS.iter().flat_map(|disk| {
        [("current", disk.celsius), ("drive_trip", 65)]
            .map(|(kind, celsius)| (vec![("device", disk.device), ("temperature_type", kind)], celsius))
    });
    out.rows("gauge", "smartctl_device_temperature", "Device temperature celsius", temperatures);
    attributes(&mut out);
    let hours = DISKS.iter().map(|disk| (device(disk), 3600 * 24_000));
    out.rows("counter", "smartctl_device_power_on_seconds", "Device power on seconds", hours);
    for (name, value) in [
        ("smartctl_device_percentage_used", 83),
        ("smartctl_device_available_spare", 100),
        ("smartctl_device_available_spare_threshold", 10),
        ("smartctl_device_critical_warning", 0),
        ("smartctl_device_media_errors", 0),
    ] {
        out.family("gauge", name, name).sample(name, &[("device", "nvme0")], value);
    }
    let exit = DISKS.iter().map(|disk| (device(disk), if disk.healthy { 0 } else { 8 }));
    out.rows("gauge", "smartctl_device_smartctl_exit_status", "Exit status of smartctl on device", exit);
    out.into_text()
}

fn attributes(out: &mut Exposition) {
    let name = "smartctl_device_attribute";
    out.family("gauge", name, "Device attributes");
    for disk in DISKS.iter().filter(|disk| disk.interface == "ata") {
        for (id, attribute, raw) in [
            ("5", "Reallocated_Sector_Ct", disk.reallocated),
            ("187", "Reported_Uncorrect", 0),
            ("197", "Current_Pending_Sector", disk.pending),
            ("198", "Offline_Uncorrectable", disk.pending),
            ("199", "UDMA_CRC_Error_Count", 0),
        ] {
            for (kind, value) in [("raw", raw), ("value", 100), ("worst", 100), ("thresh", 10)] {
                let labels = [
                    ("attribute_id", id),
                    ("attribute_name", attribute),
                    ("attribute_value_type", kind),
                    ("device", disk.device),
                ];
                out.sample(name, &labels, value);
            }
        }
    }
}
