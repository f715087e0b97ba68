//! The guests of the hypervisor, its storages, and the backup runs that it starts.

use super::super::Scenario;
use super::backups::Backups;
use super::hosts::HOSTS;
use super::tasks::NIGHT;
use super::{DAY, HOUR, MINUTE, Script, boot, mark};

/// The only node.
pub const NODE: &str = "pve";
/// The nightly job.
pub const JOB: &str = "backup-7a1f0c2e-11aa";
/// The storage that the backup server is to the hypervisor.
pub const STORAGE: &str = "homelab-pbs";

/// A guest.
#[derive(Debug)]
pub struct Guest {
    /// `qemu` or `lxc`.
    pub kind: &'static str,
    pub vmid: u32,
    pub name: &'static str,
    pub tags: &'static str,
    pub onboot: bool,
    pub template: bool,
    pub cores: u32,
    /// In gigabytes.
    pub memory: u64,
    pub disk: u64,
    /// Lines of its config beside the usual ones.
    pub disks: &'static [(&'static str, &'static str)],
}

const fn guest(
    kind: &'static str,
    vmid: u32,
    name: &'static str,
    tags: &'static str,
    (cores, memory, disk): (u32, u64, u64),
    disks: &'static [(&'static str, &'static str)],
) -> Guest {
    Guest { kind, vmid, name, tags, onboot: true, template: false, cores, memory, disk, disks }
}

const GUESTS: [Guest; 9] = [
    guest("qemu", 100, "gpu", "media;prod", (8, 24, 210), &[("scsi0", "local-zfs:vm-100-disk-0,size=210G")]),
    Guest {
        onboot: false,
        ..guest("qemu", 101, "workbench", "", (4, 8, 64), &[("scsi0", "local-zfs:vm-101-disk-0,size=64G")])
    },
    guest(
        "qemu",
        102,
        "storage",
        "prod",
        (4, 8, 412),
        &[
            ("scsi0", "local-zfs:vm-102-disk-0,size=412G"),
            ("scsi1", "/dev/disk/by-id/ata-WDC_WD80EFZX-1,backup=0,size=7814026584K"),
            ("scsi2", "/dev/disk/by-id/ata-WDC_WD80EFZX-2,backup=0,size=7814026584K"),
        ],
    ),
    guest(
        "lxc",
        200,
        "monitoring",
        "prod",
        (2, 4, 12),
        &[("rootfs", "local-zfs:subvol-200-disk-0,size=12G")],
    ),
    guest(
        "lxc",
        210,
        "nextcloud",
        "prod",
        (4, 4, 88),
        &[("rootfs", "local-zfs:subvol-210-disk-0,size=88G"), ("mp0", "/mnt/nextcloud,mp=/mnt/nextcloud")],
    ),
    guest("lxc", 212, "calibre", "", (2, 2, 5), &[("rootfs", "local-zfs:subvol-212-disk-0,size=5G")]),
    guest("lxc", 230, "vaultwarden", "prod", (1, 1, 2), &[("rootfs", "local-zfs:subvol-230-disk-0,size=2G")]),
    Guest {
        onboot: false,
        ..guest(
            "qemu",
            240,
            "playground",
            "lab",
            (2, 4, 32),
            &[("scsi0", "local-zfs:vm-240-disk-0,size=32G")],
        )
    },
    Guest {
        onboot: false,
        template: true,
        ..guest("qemu", 900, "debian-13", "", (2, 2, 8), &[("scsi0", "local-zfs:base-900-disk-0,size=8G")])
    },
];

/// The guests that a job leaves out.
pub const EXCLUDED: &str = "240,900";

/// The guests of a scenario. Somebody made a machine that nobody backs up.
pub fn guests(scenario: Scenario) -> impl Iterator<Item = &'static Guest> {
    GUESTS.iter().filter(move |guest| guest.vmid != 240 || scenario == Scenario::BackupLate)
}

impl Guest {
    /// Whether it runs so many seconds after the anchor.
    pub fn is_running(&self, scenario: Scenario, at: i64) -> bool {
        let went_away = scenario == Scenario::HostDown && self.vmid == 102 && at >= -16 * MINUTE;
        let host = HOSTS.iter().find(|host| host.vmid.parse() == Ok(self.vmid));
        let begins = host.and_then(|host| boot::begins(scenario, host.name));
        !self.template && !went_away && begins.is_none_or(|begins| at >= begins)
    }
}

/// A storage.
#[derive(Debug)]
pub struct Storage {
    pub name: &'static str,
    pub plugin: &'static str,
    pub content: &'static str,
    pub shared: bool,
    pub total: u64,
    /// In thousandths.
    pub used: u64,
}

/// The storages.
#[rustfmt::skip]
pub const STORAGES: [Storage; 4] = [
    Storage { name: STORAGE, plugin: "pbs", content: "backup", shared: true, total: 5_497_558_138_880, used: 742 },
    Storage { name: "local", plugin: "dir", content: "iso,vztmpl,backup", shared: false, total: 100_861_726_720, used: 341 },
    Storage { name: "local-zfs", plugin: "zfspool", content: "images,rootdir", shared: false, total: 1_992_864_825_344, used: 612 },
    Storage { name: "nas", plugin: "nfs", content: "iso,images", shared: true, total: 11_995_116_277_760, used: 583 },
];

impl Storage {
    /// Whether the hypervisor can use it so many seconds after the anchor.
    pub fn is_active(&self, scenario: Scenario, at: i64) -> bool {
        !(scenario == Scenario::Storm && self.shared && at >= -12 * MINUTE)
    }
}

/// The turn of one guest in a backup run.
#[derive(Clone, Debug)]
pub struct Turn {
    pub kind: &'static str,
    pub vmid: String,
    pub start: i64,
    pub end: i64,
    pub good: bool,
}

/// A backup run: of one guest, or of all in one night.
#[derive(Clone, Debug)]
pub struct Run {
    pub turns: Vec<Turn>,
    /// It was started by the job, for all of its guests.
    pub nightly: bool,
}

impl Run {
    /// When it began, in Unix seconds.
    pub fn start(&self) -> i64 {
        self.turns.first().map_or(0, |turn| turn.start)
    }

    /// When it ends, also while it runs.
    pub fn end(&self) -> i64 {
        self.turns.iter().map(|turn| turn.end).max().unwrap_or(0)
    }

    /// Whether it runs at `now`.
    pub fn is_running(&self, now: i64) -> bool {
        self.end() > now
    }

    /// How it ends.
    pub fn status(&self) -> &'static str {
        if self.turns.iter().all(|turn| turn.good) { "OK" } else { "job errors" }
    }

    /// The guest that it is for; empty when it is for many.
    pub fn id(&self) -> &str {
        match self.turns.first() {
            Some(turn) if !self.nightly => &turn.vmid,
            _ => "",
        }
    }

    /// Its identity.
    pub fn upid(&self) -> String {
        let number = mark(self.id()) & 0xff_ffff;
        let start = self.start();
        format!("UPID:{NODE}:{number:08X}:04A1B2C3:{start:08X}:vzdump:{}:root@pam:", self.id())
    }
}

/// All backup runs that began before `now`, the newest first. What the backup server took in one
/// night was one run here; what it took at other times somebody started by hand.
pub fn runs(script: &Script, now: i64) -> Vec<Run> {
    let backups: &Backups = &script.backups;
    let night = |start: i64| (start - script.anchor.timestamp() - NIGHT).rem_euclid(DAY) < HOUR;
    let mut turns: Vec<Turn> = backups
        .tasks(now)
        .into_iter()
        .filter(|task| task.kind == "backup")
        .filter_map(|task| {
            let (kind, vmid) = task.id.split_once(':')?.1.split_once('/')?;
            let kind = match kind {
                "vm" => "qemu",
                "ct" => "lxc",
                _ => return None,
            };
            let (vmid, good) = (vmid.to_owned(), task.status == "OK");
            Some(Turn { kind, vmid, start: task.start, end: task.end, good })
        })
        .collect();
    turns.sort_by(|one, other| (one.start, &one.vmid).cmp(&(other.start, &other.vmid)));
    let mut runs: Vec<Run> = Vec::new();
    for turn in turns {
        let nightly = night(turn.start);
        let same =
            runs.iter_mut().rev().find(|run| run.nightly && nightly && turn.start - run.start() < HOUR);
        match same {
            Some(run) => run.turns.push(turn),
            None => runs.push(Run { turns: vec![turn], nightly }),
        }
    }
    runs.sort_by_key(|run| std::cmp::Reverse((run.start(), run.upid())));
    runs
}
