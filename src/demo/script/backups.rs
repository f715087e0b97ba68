//! The backups: groups, snapshots, tasks and datastores of the backup server.
//!
//! Nights repeat: what happened once goes on happening every 24 hours, so that a lab that runs for
//! weeks keeps its backups fresh, and its broken ones broken.

use std::borrow::Cow;
use std::ops::Range;

use super::super::Scenario;
use super::tasks::{JOBS, Job, NIGHT, NIGHTS, SYNC, Task};
use super::{DAY, HOUR, MINUTE};

/// What a failed backup says.
pub const RESET: &str = "connection error: connection reset by peer";
const TIMED_OUT: &str = "connection error: timed out";

/// A datastore.
#[derive(Debug)]
pub struct Store {
    pub name: &'static str,
    pub comment: Option<&'static str>,
    pub total: u64,
    /// The share that was used 30 days ago and now, in thousandths.
    pub share: (u64, u64),
    /// When it will be full, in seconds from the anchor.
    pub full: i64,
    /// What the indexes refer to, in bytes.
    pub logical: u64,
}

/// All of them.
pub const STORES: [Store; 2] = [
    Store {
        name: "main",
        comment: Some("nightly backups, on nas by NFS"),
        total: 5_497_558_138_880,
        share: (668, 742),
        full: 122 * DAY,
        logical: 38_482_906_972_160,
    },
    Store {
        name: "offsite",
        comment: None,
        total: 2_199_023_255_552,
        share: (208, 211),
        full: 2_920 * DAY,
        logical: 1_924_145_348_608,
    },
];

/// What becomes of the backups of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Good,
    /// From this run on, in seconds from the anchor, all fail.
    FailsFrom(i64),
    /// A further one, started by hand: when, and how long it takes.
    Extra(i64, i64),
    /// An attempt beside the nightly ones failed.
    Missed(i64),
}

/// A backup group.
#[derive(Debug)]
pub struct Group {
    pub store: &'static str,
    pub kind: &'static str,
    pub id: Cow<'static, str>,
    pub guest: &'static str,
    /// Logical size in bytes.
    pub size: u64,
    /// When last night's run began, in seconds from the anchor.
    last: i64,
    /// How long a run takes, in seconds.
    took: i64,
    /// How many nights are kept.
    nights: i64,
    /// For how many days the nightly verification has passed it over, if it does. The snapshot of
    /// that night is still kept, as the last that was verified.
    passed_over: Option<i64>,
    fate: Fate,
}

const fn group(
    store: &'static str,
    kind: &'static str,
    id: &'static str,
    guest: &'static str,
    gigabytes: u64,
    last: i64,
    took: i64,
) -> Group {
    let (id, size, nights) = (Cow::Borrowed(id), gigabytes << 30, NIGHTS);
    Group { store, kind, id, guest, size, last, took, nights, passed_over: None, fate: Fate::Good }
}

/// One backup.
#[derive(Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// When it began, in Unix seconds.
    pub at: i64,
    pub finished: bool,
    /// Logical size of what it holds, in bytes.
    pub size: u64,
    /// The task that verified it.
    pub verified: Option<Task>,
}

/// All backups of a scenario.
#[derive(Debug)]
pub struct Backups {
    pub groups: Vec<Group>,
    anchor: i64,
}

impl Backups {
    /// The backups around the second `anchor`.
    pub fn new(scenario: Scenario, anchor: i64) -> Self {
        let mut groups = vec![
            group("main", "vm", "100", "gpu", 210, NIGHT + 2 * MINUTE, 11 * MINUTE),
            group("main", "vm", "101", "workbench", 64, NIGHT + 16 * MINUTE, 4 * MINUTE),
            group("main", "vm", "102", "storage", 412, NIGHT + 22 * MINUTE, 19 * MINUTE),
            group("main", "ct", "200", "monitoring", 12, NIGHT, 71),
            group("main", "ct", "210", "nextcloud", 88, NIGHT + 43 * MINUTE, 6 * MINUTE),
            group("main", "ct", "212", "calibre", 5, NIGHT + 50 * MINUTE, 44),
            group("main", "ct", "230", "vaultwarden", 2, NIGHT + 52 * MINUTE, 21),
            group("main", "host", "pve", "", 1, NIGHT + 54 * MINUTE, 12),
            group("offsite", "ct", "230", "vaultwarden", 2, SYNC.0 + 5, 30),
        ];
        let trouble = match scenario {
            Scenario::Calm
            | Scenario::ChainBroken
            | Scenario::ColdBoot
            | Scenario::NfsHang
            | Scenario::Scale(_) => None,
            Scenario::HostDown | Scenario::BackupLate => Some(false),
            Scenario::Storm => Some(true),
        };
        for (group, at) in groups.iter_mut().zip(0..) {
            match (trouble, group.kind, &*group.id) {
                (Some(true), ..) if group.store == "main" => {
                    group.fate = Fate::Missed(-10 * MINUTE + at * 13);
                }
                (Some(false), "vm", "102") => {
                    group.last = -26 * HOUR;
                    group.fate = Fate::FailsFrom(-2 * HOUR);
                }
                (Some(false), "vm", "100") => group.fate = Fate::Extra(-410, 660),
                (Some(_), "ct", "210") => group.passed_over = Some(41),
                _ => {}
            }
        }
        let kept: i64 = groups.iter().map(|group| group.nights).sum();
        let wanted = i64::try_from(scenario.scale().snapshots).unwrap_or(0) - kept;
        groups.extend(
            (0..).step_by(usize::try_from(NIGHTS).unwrap_or(1)).take_while(|from| *from < wanted).map(
                |from| Group {
                    id: Cow::Owned((10_000 + from / NIGHTS).to_string()),
                    nights: NIGHTS.min(wanted - from),
                    ..group("main", "vm", "", "", 8, NIGHT + 3 * HOUR + from / NIGHTS % HOUR, 20)
                },
            ),
        );
        Self { groups, anchor }
    }

    /// The nights of something that began last at `last`, as Unix seconds, up to `now`.
    fn nights(&self, last: i64, now: i64) -> impl Iterator<Item = i64> {
        self.newest(NIGHTS, last, now)
    }

    /// So many of them.
    fn newest(&self, count: i64, last: i64, now: i64) -> impl Iterator<Item = i64> {
        let first = self.anchor + last;
        let newest = (now - first).div_euclid(DAY);
        (newest - count + 1..=newest).map(move |night| first + night * DAY)
    }

    /// When the next run of a job is, in Unix seconds.
    pub fn next(&self, job: &Job, now: i64) -> i64 {
        self.nights(job.when.0, now).last().unwrap_or(now) + DAY
    }

    /// Every run of a group that was begun: when, until when, how it ends.
    fn runs(&self, group: &Group, now: i64) -> Vec<(Range<i64>, &'static str)> {
        let mut runs = Vec::new();
        if let Some(days) = group.passed_over {
            let start = self.anchor + group.last - days * DAY;
            runs.push((start..start + group.took, "OK"));
        }
        for start in self.newest(group.nights, group.last, now) {
            match group.fate {
                Fate::FailsFrom(from) if start >= self.anchor + from => {
                    runs.push((start..start + 61, RESET));
                    let retry = start + 74 * MINUTE;
                    runs.push((retry..retry + 5 * MINUTE, RESET));
                }
                _ => runs.push((start..start + group.took, "OK")),
            }
        }
        match group.fate {
            Fate::Extra(at, took) => runs.push((self.anchor + at..self.anchor + at + took, "OK")),
            Fate::Missed(at) => runs.push((self.anchor + at..self.anchor + at + 30, TIMED_OUT)),
            Fate::Good | Fate::FailsFrom(_) => {}
        }
        runs.retain(|(run, _)| run.start <= now);
        runs.sort_by_key(|(run, _)| run.start);
        runs
    }

    /// The snapshots of a group, oldest first.
    pub fn snapshots(&self, group: &Group, now: i64) -> Vec<Snapshot> {
        let runs = self.runs(group, now);
        let kept = runs.into_iter().filter(|(run, status)| *status == "OK" || run.end > now);
        let snapshots = kept.map(|(run, _)| {
            let finished = run.end <= now;
            let verified = finished.then(|| self.verified(group, run.end, now)).flatten();
            Snapshot { at: run.start, finished, size: self.size(group, run.start), verified }
        });
        snapshots.collect()
    }

    /// The disks of a machine stay as large as they are; what a container holds grows slowly.
    fn size(&self, group: &Group, at: i64) -> u64 {
        let days = (at - self.anchor).div_euclid(DAY).clamp(-60, 60);
        let thousandths = if group.kind == "vm" { 1_000 } else { 1_000 + 6 * days };
        group.size / 1_000 * thousandths.unsigned_abs()
    }

    /// The task that verified a snapshot that was ready at `ready`.
    fn verified(&self, group: &Group, ready: i64, now: i64) -> Option<Task> {
        let job = &JOBS[0];
        let start = match group.passed_over {
            Some(days) => Some(self.anchor + job.when.0 - days * DAY).filter(|start| *start >= ready)?,
            None if group.store != job.store => return None,
            None => self.nights(job.when.0, now).find(|start| *start >= ready)?,
        };
        let task = job.run(start);
        (!task.is_running(now)).then_some(task)
    }

    /// All tasks that began before `now`: running ones first, then by their end, newest first.
    pub fn tasks(&self, now: i64) -> Vec<Task> {
        let backups = self.groups.iter().filter(|group| group.store == "main").flat_map(|group| {
            let id = format!("{}:{}/{}", group.store, group.kind, group.id);
            self.runs(group, now).into_iter().map(move |(run, status)| Task {
                kind: "backup",
                id: id.clone(),
                user: "backup@pbs!pve",
                start: run.start,
                end: run.end,
                status,
            })
        });
        let jobs = JOBS.iter().flat_map(|job| self.nights(job.when.0, now).map(|start| job.run(start)));
        let mut all: Vec<Task> = backups.chain(jobs).collect();
        all.sort_by_cached_key(|task| {
            (!task.is_running(now), std::cmp::Reverse((task.end, task.start)), task.upid())
        });
        all
    }

    /// The last run of a job.
    pub fn last(&self, job: &Job, now: i64) -> Option<Task> {
        self.nights(job.when.0, now).last().map(|start| job.run(start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backups(scenario: Scenario) -> (Backups, i64) {
        let anchor = scenario.instant().timestamp();
        (Backups::new(scenario, anchor), anchor)
    }

    fn newest(backups: &Backups, id: &str, now: i64) -> i64 {
        let group = backups.groups.iter().find(|group| group.id == id).expect("the group");
        let good = backups.snapshots(group, now).into_iter().rfind(|snapshot| snapshot.finished);
        now - good.expect("a finished snapshot").at
    }

    #[test]
    fn a_week_later_the_good_are_fresh_and_the_broken_still_broken() {
        let (backups, anchor) = backups(Scenario::BackupLate);
        assert_eq!(newest(&backups, "102", anchor), 26 * HOUR);
        let later = anchor + 7 * DAY;
        assert_eq!(newest(&backups, "102", later), 26 * HOUR + 7 * DAY);
        assert!(newest(&backups, "200", later) < DAY);
    }

    #[test]
    fn the_running_backup_ends() {
        let (backups, anchor) = backups(Scenario::HostDown);
        assert!(backups.tasks(anchor)[0].is_running(anchor));
        assert!(!backups.tasks(anchor + 5 * MINUTE)[0].is_running(anchor + 5 * MINUTE));
        assert!(newest(&backups, "100", anchor) > 10 * HOUR);
        assert!(newest(&backups, "100", anchor + 5 * MINUTE) < HOUR);
    }
}
