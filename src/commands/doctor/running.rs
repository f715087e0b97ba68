//! The dashboards of this user that run on this machine, and what each costs it: proc(5). Elsewhere than on
//! Linux none is found.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;

/// Where the kernel tells of processes.
const PROC: &str = "/proc";

/// For so long it is counted, at the least.
const LONG_ENOUGH: Duration = Duration::from_secs(2);

/// What the kernel calls a thread that only a dashboard has, beside the name of the program.
const NAMES: [&str; 2] = ["wardroom", "input"];

/// A dashboard, and what it costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Running {
    pub(super) pid: u32,
    /// How often a thread of it was woken up.
    pub(super) wakeups_per_second: f64,
    /// Of one core.
    pub(super) cpu_percent: f64,
    pub(super) resident_bytes: u64,
}

/// What the kernel has counted of a process.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Count {
    wakeups: u64,
    ran: Duration,
    resident: u64,
}

/// The dashboards that ran at a moment.
#[derive(Debug)]
pub(super) struct Watched {
    began: Instant,
    before: BTreeMap<u32, Count>,
}

impl Watched {
    /// Counts from now on.
    pub(super) fn begin() -> Self {
        Self { began: Instant::now(), before: counts(Path::new(PROC)) }
    }

    /// What they have cost since; where there are any, that takes two seconds at the least.
    pub(super) fn end(self) -> Vec<Running> {
        if self.before.is_empty() {
            return Vec::new();
        }
        std::thread::sleep(LONG_ENOUGH.saturating_sub(self.began.elapsed()));
        let (seconds, after) = (self.began.elapsed().as_secs_f64(), counts(Path::new(PROC)));
        spent(&self.before, &after, seconds)
    }
}

fn spent(before: &BTreeMap<u32, Count>, after: &BTreeMap<u32, Count>, seconds: f64) -> Vec<Running> {
    let since = |(pid, before): (&u32, &Count)| {
        let after = after.get(pid)?;
        let wakeups = u32::try_from(after.wakeups.saturating_sub(before.wakeups)).unwrap_or(u32::MAX);
        Some(Running {
            pid: *pid,
            wakeups_per_second: f64::from(wakeups) / seconds,
            cpu_percent: 100.0 * after.ran.saturating_sub(before.ran).as_secs_f64() / seconds,
            resident_bytes: after.resident,
        })
    };
    before.iter().filter_map(since).collect()
}

/// The dashboards of whoever owns this process.
fn counts(proc: &Path) -> BTreeMap<u32, Count> {
    let Ok(own) = fs::metadata(proc.join("self")).map(|about| about.uid()) else { return BTreeMap::new() };
    let all = fs::read_dir(proc).into_iter().flatten().flatten();
    let counted = all.filter_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let is_own = entry.metadata().is_ok_and(|about| about.uid() == own);
        is_own.then(|| Some((pid, count(&entry.path())?)))?
    });
    counted.collect()
}

/// Its counts, if it is a dashboard.
fn count(process: &Path) -> Option<Count> {
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
    let [program, input] = NAMES;
    if read(&process.join("comm")).trim_end() != program {
        return None;
    }
    let mut all = Count::default();
    let mut is_dashboard = false;
    for task in fs::read_dir(process.join("task")).ok()?.flatten() {
        let status = read(&task.path().join("status"));
        is_dashboard |= field(&status, "Name:") == input;
        all.wakeups += field(&status, "voluntary_ctxt_switches:").parse().unwrap_or(0);
        let ran = read(&task.path().join("schedstat"));
        let nanos = ran.split_whitespace().next().and_then(|nanos| nanos.parse().ok());
        all.ran += Duration::from_nanos(nanos.unwrap_or(0));
        let resident: u64 = field(&status, "VmRSS:").parse().unwrap_or(0);
        all.resident = resident << 10;
    }
    is_dashboard.then_some(all)
}

fn field<'s>(status: &'s str, name: &str) -> &'s str {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process as the kernel tells of it: its name, and its threads with what they were woken and ran.
    fn process(proc: &Path, pid: u32, name: &str, threads: &[(&str, u64, u64)]) {
        let process = proc.join(pid.to_string());
        for (at, (thread, wakeups, nanos)) in threads.iter().enumerate() {
            let task = process.join("task").join(at.to_string());
            fs::create_dir_all(&task).expect("a directory");
            let status = format!(
                "Name:\t{thread}\nVmRSS:\t    2048 kB\nvoluntary_ctxt_switches:\t{wakeups}\n\
                 nonvoluntary_ctxt_switches:\t9\n"
            );
            fs::write(task.join("status"), status).expect("a file");
            fs::write(task.join("schedstat"), format!("{nanos} 7 5\n")).expect("a file");
        }
        fs::write(process.join("comm"), format!("{name}\n")).expect("a file");
    }

    #[test]
    fn dashboards_are_counted_and_nothing_else() {
        let proc = tempfile::tempdir().expect("a directory");
        fs::create_dir(proc.path().join("self")).expect("a directory");
        process(proc.path(), 7, "wardroom", &[("wardroom", 10, 1_000_000), ("input", 5, 500_000)]);
        process(proc.path(), 8, "wardroom", &[("wardroom", 10, 1), ("network", 5, 1)]);
        process(proc.path(), 9, "bash", &[("input", 10, 1)]);
        let before = counts(proc.path());
        assert_eq!(before.keys().collect::<Vec<_>>(), [&7], "a command is none, nor is another program");
        process(proc.path(), 7, "wardroom", &[("wardroom", 40, 31_000_000), ("input", 15, 10_500_000)]);
        let [one] = spent(&before, &counts(proc.path()), 2.0).try_into().expect("one dashboard");
        assert_eq!((one.pid, one.resident_bytes), (7, 2 << 20));
        assert!((one.wakeups_per_second - 20.0).abs() < 1e-9, "{one:?}");
        assert!((one.cpu_percent - 2.0).abs() < 1e-9, "{one:?}");
        fs::remove_dir_all(proc.path().join("7")).expect("it is gone");
        assert_eq!(spent(&before, &counts(proc.path()), 2.0), [], "what has ended is not told");
    }
}
