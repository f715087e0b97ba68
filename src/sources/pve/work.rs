//! Backup jobs, backup tasks and their logs, and what a guest's config says of backups.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::wire::{Scalar, clean, guest_id};
use crate::domain::cluster::{BackupJob, Selection};
use crate::domain::dump::DumpTask;
use crate::domain::guest::{Config, GuestId, GuestKind};
use crate::domain::task::Outcome;
use crate::text::sanitise;

/// An entry of `/cluster/backup`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct JobItem {
    id: Scalar,
    #[serde(rename = "type")]
    kind: Option<String>,
    enabled: Option<Scalar>,
    schedule: Option<Scalar>,
    // Version 6 has a time and days instead of a schedule.
    starttime: Option<Scalar>,
    dow: Option<Scalar>,
    next_run: Option<Scalar>,
    storage: Option<Scalar>,
    node: Option<Scalar>,
    all: Option<Scalar>,
    vmid: Option<Scalar>,
    exclude: Option<Scalar>,
    pool: Option<Scalar>,
    comment: Option<Scalar>,
}

/// The backup jobs, by identity.
pub(super) fn jobs(items: &[JobItem]) -> Vec<BackupJob> {
    let dumps = items.iter().filter(|item| item.kind.as_deref().is_none_or(|kind| kind == "vzdump"));
    let mut all: Vec<BackupJob> = dumps.map(JobItem::read).collect();
    all.sort_by(|one, other| one.id.cmp(&other.id));
    all
}

impl JobItem {
    fn read(&self) -> BackupJob {
        let enabled = self.enabled.as_ref().is_none_or(Scalar::is_yes);
        let schedule = match (&self.schedule, &self.starttime, &self.dow) {
            (Some(schedule), ..) => schedule.clean(),
            (None, Some(time), Some(days)) => format!("{} {}", days.clean(), time.clean()).into(),
            (None, time, _) => clean(time.as_ref()),
        };
        BackupJob {
            id: self.id.clean(),
            comment: clean(self.comment.as_ref()),
            enabled,
            schedule,
            next: self.next_run.as_ref().and_then(Scalar::time).filter(|_| enabled),
            storage: clean(self.storage.as_ref()),
            node: clean(self.node.as_ref()),
            selection: self.selection(),
        }
    }

    fn selection(&self) -> Selection {
        let list = |of: &Option<Scalar>| -> Vec<u32> {
            let text = of.as_ref().map_or("", |list| &list.0);
            text.split([',', ';', ' ']).filter_map(|vmid| vmid.parse().ok()).collect()
        };
        match (&self.pool, &self.vmid) {
            (Some(pool), _) => Selection::Pool(pool.clean()),
            _ if self.all.as_ref().is_some_and(Scalar::is_yes) => Selection::All(list(&self.exclude)),
            (None, Some(_)) => Selection::Some(list(&self.vmid)),
            // An exclusion by itself is one from all.
            (None, None) if self.exclude.is_some() => Selection::All(list(&self.exclude)),
            (None, None) => Selection::Some(Vec::new()),
        }
    }
}

/// An entry of `/cluster/backup-info/not-backed-up`.
#[derive(Debug, Deserialize)]
pub(super) struct Uncovered {
    vmid: Scalar,
    #[serde(rename = "type")]
    kind: String,
}

/// The guests that no job covers, by identity.
pub(super) fn uncovered(items: &[Uncovered]) -> Vec<GuestId> {
    let mut all: Vec<GuestId> = items.iter().filter_map(|item| guest_id(&item.kind, &item.vmid)).collect();
    all.sort_unstable();
    all
}

/// An entry of `/nodes/NODE/tasks`.
#[derive(Debug, Deserialize)]
pub(super) struct TaskItem {
    pub upid: String,
    #[serde(rename = "type")]
    kind: String,
    id: Option<Scalar>,
    starttime: Scalar,
    endtime: Option<Scalar>,
    status: Option<String>,
    user: Option<String>,
}

impl TaskItem {
    /// The backup task that it is, if it is one.
    pub fn read(&self, node: &str) -> Option<DumpTask> {
        // `RUNNING` stands where a task that ended has its outcome.
        let status = self.status.as_deref().filter(|status| *status != "RUNNING").map(sanitise);
        let outcome = match status.as_deref() {
            Some("unexpected status") => Outcome::Unknown,
            None if self.endtime.is_some() => Outcome::Unknown,
            status => Outcome::of(status),
        };
        let task = DumpTask {
            upid: sanitise(&self.upid).into(),
            node: sanitise(node).into(),
            // A run for many names none of them.
            guest: self.id.as_ref().and_then(|id| id.0.parse().ok()),
            started: self.starttime.time()?,
            ended: self.endtime.as_ref().and_then(Scalar::time),
            outcome,
            by: sanitise(self.user.as_deref().unwrap_or_default()).into(),
        };
        (self.kind == "vzdump").then_some(task)
    }
}

/// A line of a task's log.
#[derive(Debug, Deserialize)]
pub(super) struct LogLine {
    #[serde(rename = "t")]
    pub text: Option<String>,
}

/// What stands in a log that has nothing more.
pub(super) const NO_CONTENT: &str = "no content";

/// `/nodes/NODE/{qemu,lxc}/VMID/config`.
pub(super) type ConfigItem = BTreeMap<String, Value>;

/// What counts of a guest's config.
pub(super) fn config(id: GuestId, item: &ConfigItem) -> Config {
    let onboot = item.get("onboot").and_then(|value| Scalar::deserialize(value).ok());
    let left_out = item.iter().filter(|(key, value)| match id.kind {
        GuestKind::Vm => is_disk(key) && is_left_out(value, false),
        GuestKind::Ct => key.strip_prefix("mp").is_some_and(is_number) && is_left_out(value, true),
    });
    Config {
        id,
        onboot: onboot.is_some_and(|onboot| onboot.is_yes()),
        left_out: left_out.map(|(key, _)| sanitise(key).into()).collect(),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_disk(key: &str) -> bool {
    ["scsi", "virtio", "sata", "ide"].iter().any(|bus| key.strip_prefix(bus).is_some_and(is_number))
}

/// A disk of a VM is in the backup unless it is taken out, a mount point of a container only if it
/// is taken in. A directory of the node itself is never in it, and nobody thinks so.
fn is_left_out(value: &Value, by_default: bool) -> bool {
    let text = value.as_str().unwrap_or_default();
    let mut parts = text.split(',');
    let volume = parts.next().unwrap_or_default();
    let mut is_out = by_default;
    for part in parts {
        match part.split_once('=') {
            Some(("media", "cdrom")) => return false,
            Some(("backup", yes)) => is_out = !matches!(yes, "1" | "yes" | "on" | "true"),
            _ => {}
        }
    }
    is_out && !(by_default && volume.starts_with('/'))
}

#[cfg(test)]
#[path = "work_tests.rs"]
mod tests;
