//! What the backup server does and when: its tasks, and the jobs that start them.

use std::fmt::Write as _;

use super::{HOUR, MINUTE, mark};

/// The process that every task of the lab ran in.
pub const PID: u32 = 773;
pub const PSTART: u32 = 994;

/// Two in the morning of the anchor's day, in pictures.
pub const NIGHT: i64 = -(12 * HOUR + 2 * MINUTE + 11);
/// How many nights are kept.
pub const NIGHTS: i64 = 14;
/// Jobs that run every day: when last, how long.
const VERIFY: (i64, i64) = (NIGHT + 3 * HOUR, 38 * MINUTE);
const PRUNE: (i64, i64) = (NIGHT + 2 * HOUR, 9);
const GC: (i64, i64) = (NIGHT + 2 * HOUR + 30 * MINUTE, 22 * MINUTE);
pub const SYNC: (i64, i64) = (NIGHT + 4 * HOUR, 6 * MINUTE);

/// Something that the server does or did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    pub kind: &'static str,
    /// What it works on, as the list shows it.
    pub id: String,
    pub user: &'static str,
    pub start: i64,
    /// When it ends, also while it runs.
    pub end: i64,
    /// How it ends.
    pub status: &'static str,
}

impl Task {
    /// Its identity: the id escaped as systemd escapes unit names.
    pub fn upid(&self) -> String {
        let number = mark(&self.id) & 0xffff;
        let (kind, user) = (self.kind, self.user);
        format!(
            "UPID:pbs:{PID:08X}:{PSTART:08X}:{number:08X}:{:08X}:{kind}:{}:{user}:",
            self.start,
            escaped(&self.id)
        )
    }

    /// The datastore that it works on.
    pub fn store(&self) -> &str {
        match self.kind {
            "syncjob" => self.id.split(':').nth(2).unwrap_or(""),
            _ => self.id.split(':').next().unwrap_or(""),
        }
    }

    /// Whether it runs at `now`.
    pub const fn is_running(&self, now: i64) -> bool {
        self.end > now
    }
}

fn escaped(id: &str) -> String {
    let mut text = String::with_capacity(id.len() + 8);
    for char in id.chars() {
        match char {
            '/' => text.push('-'),
            _ if char.is_ascii_alphanumeric() || char == '_' || char == '.' => text.push(char),
            _ => {
                let _infallible = write!(text, "\\x{:02x}", u32::from(char));
            }
        }
    }
    text
}

/// A job that runs every day.
#[derive(Debug)]
pub struct Job {
    pub kind: &'static str,
    /// Its name; empty for garbage collection.
    pub name: &'static str,
    pub store: &'static str,
    pub schedule: &'static str,
    worker_id: &'static str,
    /// When it ran last, in seconds from the anchor, and how long it takes.
    pub when: (i64, i64),
}

impl Job {
    /// Its run that began at `start`, in Unix seconds.
    pub fn run(&self, start: i64) -> Task {
        Task {
            kind: self.kind,
            id: self.worker_id.to_owned(),
            user: "root@pam",
            start,
            end: start + self.when.1,
            status: "OK",
        }
    }
}

/// All jobs.
#[rustfmt::skip]
pub const JOBS: [Job; 6] = [
    Job { kind: "verificationjob", name: "v-daily", store: "main", schedule: "05:00", worker_id: "main:v-daily", when: VERIFY },
    Job { kind: "prunejob", name: "p-daily", store: "main", schedule: "04:00", worker_id: "main", when: PRUNE },
    Job { kind: "prunejob", name: "p-offsite", store: "offsite", schedule: "04:10", worker_id: "offsite", when: (PRUNE.0 + 10 * MINUTE, 4) },
    Job { kind: "garbage_collection", name: "", store: "main", schedule: "04:30", worker_id: "main", when: GC },
    Job { kind: "garbage_collection", name: "", store: "offsite", schedule: "04:40", worker_id: "offsite", when: (GC.0 + 10 * MINUTE, 3 * MINUTE) },
    Job { kind: "syncjob", name: "s-offsite", store: "offsite", schedule: "06:00", worker_id: "-:main:offsite::s-offsite", when: SYNC },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_upid_is_escaped() {
        let task = JOBS[0].run(1_795_206_681);
        assert!(
            task.upid().ends_with(":6B00AE19:verificationjob:main\\x3av\\x2ddaily:root@pam:"),
            "{}",
            task.upid()
        );
    }
}
