//! What metrics tell of backups: those of pbs-exporter, a textfile that a backup job writes, SnapRAID
//! and the guests that pve-exporter finds in no job. They are judged like any other backup.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::archive::Archive;
use crate::domain::backup::{GroupId, Snapshot, Verification};
use crate::domain::instant;
use crate::domain::labels::Labels;
use crate::domain::question::Series;

/// Every series that tells of a backup, in one question.
pub(super) const QUERY: &str = r#"{__name__=~"pbs_snapshot_vm_last_timestamp|pbs_snapshot_vm_last_verify|proxmox_backup_job_last_status|proxmox_backup_job_last_success_timestamp_seconds|pve_not_backed_up_info|snapraid_last_sync_timestamp_seconds|snapraid_last_scrub_timestamp_seconds|snapraid_sync_exit_code|snapraid_errors"}"#;

/// What is known of one backup after some of its series.
#[derive(Clone, Debug, Default)]
struct Found {
    name: Arc<str>,
    made: Option<DateTime<Utc>>,
    verified: Option<DateTime<Utc>>,
    failed: Option<Arc<str>>,
    faults: Vec<Arc<str>>,
    unplanned: bool,
}

/// The backups that these series tell of, by identity.
pub(super) fn archives(series: &[Series]) -> Vec<Archive> {
    let mut all: BTreeMap<GroupId, Found> = BTreeMap::new();
    for one in series {
        let Some((_, value)) = one.points.last() else { continue };
        let metric = one.labels.get("__name__").unwrap_or_default();
        let Some(id) = identity(metric, &one.labels) else { continue };
        all.entry(id).or_default().hear(metric, &one.labels, *value);
    }
    all.into_iter().map(|(id, found)| found.archive(id)).collect()
}

/// Which backup a series is of; `None` when its labels do not say.
fn identity(metric: &str, labels: &Labels) -> Option<GroupId> {
    let first = |names: &[&str]| names.iter().find_map(|name| labels.get(name)).unwrap_or_default();
    let (kind, id) = if metric.starts_with("snapraid_") {
        ("snapraid", first(&["exported_host", "host", "exported_instance", "instance"]))
    } else if metric == "pve_not_backed_up_info" {
        match labels.get("id")?.split_once('/')? {
            ("qemu", id) => ("vm", id),
            ("lxc", id) => ("ct", id),
            _ => return None,
        }
    } else {
        // The exporters do not tell a container from a virtual machine.
        ("guest", first(&["vm_id", "vmid", "guest", "backup_id", "id"]))
    };
    let datastore = first(&["datastore", "storage", "job_id", "exported_job"]);
    (!id.is_empty()).then(|| GroupId {
        datastore: datastore.into(),
        namespace: labels.get("namespace").unwrap_or_default().into(),
        kind: kind.into(),
        id: id.into(),
    })
}

impl Found {
    fn hear(&mut self, metric: &str, labels: &Labels, value: f64) {
        let time = || seconds(value).filter(|_| value > 0.0);
        if let Some(name) = labels.get("vm_name").or_else(|| labels.get("name")) {
            self.name = name.into();
        }
        match metric {
            "pbs_snapshot_vm_last_timestamp"
            | "proxmox_backup_job_last_success_timestamp_seconds"
            | "snapraid_last_sync_timestamp_seconds" => self.made = self.made.max(time()),
            // When it was verified nobody says: not before it was made.
            "pbs_snapshot_vm_last_verify" if value > 0.0 => self.verified = Some(DateTime::UNIX_EPOCH),
            "snapraid_last_scrub_timestamp_seconds" => self.verified = time(),
            "proxmox_backup_job_last_status" if value != 0.0 => {
                self.failed = Some(format!("the last status is {value}").into());
            }
            "snapraid_sync_exit_code" if value != 0.0 => {
                self.failed = Some(format!("the last sync ended with {value}").into());
            }
            "snapraid_errors" if value > 0.0 => {
                let kind = labels.get("kind").unwrap_or("unknown");
                self.faults.push(format!("{value} {kind} errors").into());
            }
            "pve_not_backed_up_info" => self.unplanned = value > 0.0,
            _ => {}
        }
    }

    fn archive(mut self, id: GroupId) -> Archive {
        let made = self.made;
        let snapshot = |at: DateTime<Utc>| Snapshot {
            at,
            size: 0,
            verification: self
                .verified
                .map(|found| Verification::Ok(if found == DateTime::UNIX_EPOCH { at } else { found })),
            protected: false,
            encrypted: false,
        };
        self.faults.sort();
        let mut archive = Archive::new(&id.kind, &id.datastore, &id.id, None);
        archive.group.snapshots = made.map(snapshot).into_iter().collect();
        archive.group.guest = Arc::clone(&self.name);
        archive.group.id = id;
        archive.faults = self.faults;
        archive.failed = self.failed;
        archive.unplanned = self.unplanned;
        archive
    }
}

/// A value that is a time.
#[expect(clippy::cast_possible_truncation, reason = "a cast of a float saturates, and that is no time")]
fn seconds(value: f64) -> Option<DateTime<Utc>> {
    instant::of_seconds(value as i64)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::domain::backup::Expectation;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_794_578_531, 0).expect("a time")
    }

    fn ago(hours: i64) -> f64 {
        (now() - TimeDelta::hours(hours)).timestamp() as f64
    }

    fn series(metric: &str, labels: &[(&str, &str)], value: f64) -> Series {
        let named = [("__name__", metric)].into_iter().chain(labels.iter().copied());
        let labels = named.map(|(name, value)| (Arc::from(name), Arc::from(value))).collect();
        Series { labels, points: vec![(now(), value)] }
    }

    fn told(series: &[Series]) -> Vec<String> {
        let told = |archive: &Archive| {
            let found = archive.assess(Expectation::default(), true, now());
            let id = &archive.group.id;
            format!("{} {} {}: {} {}", id.datastore, id, archive.group.guest, found.state, found.reason)
        };
        archives(series).iter().map(told).collect()
    }

    #[test]
    fn an_exporters_snapshots_are_judged_by_their_age() {
        let of = |id| [("datastore", "main"), ("namespace", ""), ("vm_id", id), ("vm_name", "storage")];
        let all = [
            series("pbs_snapshot_vm_last_timestamp", &of("102"), ago(55)),
            series("pbs_snapshot_vm_last_verify", &of("102"), 0.0),
            series("pbs_snapshot_vm_last_timestamp", &of("103"), ago(5)),
            series("pbs_snapshot_vm_last_verify", &of("103"), 1.0),
        ];
        assert_eq!(
            told(&all),
            ["main guest/102 storage: late no backup for 2d", "main guest/103 storage: ok "]
        );
        let verified = archives(&all).iter().filter(|one| one.group.last_verified().is_some()).count();
        assert_eq!(verified, 1);
    }

    #[test]
    fn a_job_tells_its_status_and_its_last_success() {
        let of = |id| [("job_id", "backup-daily"), ("vmid", id)];
        let (status, success) =
            ("proxmox_backup_job_last_status", "proxmox_backup_job_last_success_timestamp_seconds");
        let all = [
            series(status, &of("100"), 0.0),
            series(success, &of("100"), ago(2)),
            series(status, &of("102"), 1.0),
            series(success, &of("102"), ago(30)),
            series(status, &of("103"), 1.0),
            series(status, &[], 1.0),
        ];
        assert_eq!(
            told(&all),
            [
                "backup-daily guest/100 : ok ",
                "backup-daily guest/102 : failed task failed: the last status is 1",
                "backup-daily guest/103 : failed no backup; task failed: the last status is 1",
            ]
        );
    }

    #[test]
    fn snapraid_is_as_old_as_its_sync_and_verified_by_its_scrub() {
        let host = [("exported_host", "vm102"), ("instance", "10.0.0.2:9100")];
        let sync = |hours| series("snapraid_last_sync_timestamp_seconds", &host, ago(hours));
        let scrub = |days: i64| series("snapraid_last_scrub_timestamp_seconds", &host, ago(days * 24));
        let errors = [("exported_host", "vm102"), ("kind", "data")];
        for (all, expected) in [
            (vec![sync(5), scrub(20)], "ok "),
            (vec![sync(5), scrub(41)], "unverified verified 41d ago (limit 30d)"),
            (vec![sync(30), scrub(20)], "late no backup for 30h"),
            (vec![sync(5), series("snapraid_errors", &errors, 3.0)], "unverified 3 data errors"),
            (
                vec![sync(30), series("snapraid_sync_exit_code", &host, 1.0)],
                "failed task failed: the last sync ended with 1",
            ),
        ] {
            assert_eq!(told(&all), [format!(" snapraid/vm102 : {expected}")]);
        }
    }

    #[test]
    fn a_guest_in_no_job_is_told() {
        let all = [("qemu/212", 1.0), ("lxc/9", 1.0), ("cluster/home", 1.0)]
            .map(|(id, value)| series("pve_not_backed_up_info", &[("id", id)], value));
        assert_eq!(told(&all), [" ct/9 : late no job backs it up", " vm/212 : late no job backs it up"]);
    }
}
