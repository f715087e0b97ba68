//! The machines of the synthetic homelab, and what is wrong with each.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// How a host's exporter answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// With its metrics.
    #[default]
    Up,
    /// With 503.
    Down,
    /// Later than anybody waits.
    Slow,
    /// With something that is no metric.
    Garbage,
    /// With nothing.
    Empty,
}

/// One machine. Ratios are between 0 and 1; a counter moves at the rate given here.
#[derive(Clone, Debug, Serialize)]
pub struct Host {
    /// How its exporter answers.
    pub mode: Mode,
    /// CPUs.
    pub cores: u32,
    /// Bytes of memory.
    pub memory: f64,
    /// Part of the CPU time that is busy.
    pub cpu: f64,
    /// Part of the CPU time that waits for a disk.
    pub iowait: f64,
    /// Part of the swap in use.
    pub swap_used: f64,
    /// Mount points; the last one is the one in trouble.
    pub disks: &'static [&'static str],
    /// Part of the last disk that is free.
    pub disk_free: f64,
    /// Part of the last disk's inodes that is free.
    pub inode_free: f64,
    /// 1 when the last disk cannot be written.
    pub readonly: u8,
    /// Network errors per second.
    pub neterr: f64,
    /// When it was started.
    pub boot: SystemTime,
    #[serde(skip)]
    pub(super) counters: BTreeMap<String, f64>,
    #[serde(skip)]
    pub(super) counted: SystemTime,
}

/// What the control port may change of a host.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Which host; not needed when only `backup_status` changes.
    pub host: Option<String>,
    mode: Option<Mode>,
    cpu: Option<f64>,
    iowait: Option<f64>,
    swap_used: Option<f64>,
    disk_free: Option<f64>,
    inode_free: Option<f64>,
    readonly: Option<u8>,
    neterr: Option<f64>,
    /// The last exit status of the backup job, by VMID.
    #[serde(default)]
    pub backup_status: BTreeMap<String, i64>,
}

impl Host {
    fn new(cores: u32, gibibytes: u32, cpu: f64, disks: &'static [&'static str]) -> Self {
        let now = SystemTime::now();
        Self {
            mode: Mode::Up,
            cores,
            memory: f64::from(gibibytes) * 1024.0 * 1024.0 * 1024.0,
            cpu,
            iowait: 0.02,
            swap_used: 0.05,
            disks,
            disk_free: 0.5,
            inode_free: 0.7,
            readonly: 0,
            neterr: 0.0,
            boot: now - Duration::from_hours(12 * 24),
            counters: BTreeMap::new(),
            counted: now,
        }
    }

    /// Sets what `change` names.
    pub fn change(&mut self, change: &Change) {
        fn set<T: Copy>(field: &mut T, value: Option<T>) {
            *field = value.unwrap_or(*field);
        }
        set(&mut self.mode, change.mode);
        set(&mut self.cpu, change.cpu);
        set(&mut self.iowait, change.iowait);
        set(&mut self.swap_used, change.swap_used);
        set(&mut self.disk_free, change.disk_free);
        set(&mut self.inode_free, change.inode_free);
        set(&mut self.readonly, change.readonly);
        set(&mut self.neterr, change.neterr);
    }
}

/// The hosts as they are at the start.
pub fn hosts() -> BTreeMap<&'static str, Host> {
    const STORAGE: &[&str] = &["/", "/mnt/disk1", "/mnt/disk2", "/mnt/disk3", "/mnt/parity", "/mnt/mergerfs"];
    let rebooted = SystemTime::now() - Duration::from_secs(90);
    BTreeMap::from([
        ("pve", Host::new(8, 64, 0.35, &["/", "/var/lib/vz"])),
        ("vm102", Host { disk_free: 0.09, iowait: 0.30, ..Host::new(4, 16, 0.25, STORAGE) }),
        ("vm100", Host::new(6, 24, 0.95, &["/", "/mnt/vm-data"])),
        ("lxc200", Host { swap_used: 0.92, ..Host::new(2, 4, 0.15, &["/"]) }),
        ("lxc210", Host { inode_free: 0.03, ..Host::new(2, 8, 0.30, &["/", "/mnt/nextcloud"]) }),
        ("lxc212", Host { readonly: 1, ..Host::new(1, 1, 0.05, &["/", "/books"]) }),
        ("lxc230", Host { boot: rebooted, ..Host::new(1, 1, 0.02, &["/"]) }),
        ("pbs", Host { neterr: 3.0, ..Host::new(2, 8, 0.10, &["/", "/mnt/datastore"]) }),
    ])
}

/// Exit status of the last backup job by VMID: 0 is good.
pub fn backups() -> BTreeMap<String, i64> {
    [("100", 0), ("102", 1), ("200", 0), ("210", 0), ("212", 2), ("230", 0)]
        .map(|(vmid, status)| (vmid.to_owned(), status))
        .into()
}
