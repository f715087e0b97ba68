//! What a process costs, as the kernel counts it: proc(5).

use std::fs;
use std::time::Duration;

/// The counts of a process since its start.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count {
    /// Time on a processor, of all threads.
    pub ran: Duration,
    /// How often a thread waited for something and was woken up.
    pub wakeups: u64,
    /// Resident memory in KiB.
    pub resident: u64,
}

/// Counts the process, its threads, and its children with theirs.
pub fn count(pid: u32) -> Count {
    let mut all =
        Count { resident: number(&read(&format!("/proc/{pid}/status")), "VmRSS:"), ..Count::default() };
    for task in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
        let task = task.path().display().to_string();
        let ran = read(&format!("{task}/schedstat"));
        all.ran += Duration::from_nanos(ran.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0));
        all.wakeups += number(&read(&format!("{task}/status")), "voluntary_ctxt_switches:");
        for child in read(&format!("{task}/children")).split_whitespace().filter_map(|pid| pid.parse().ok()) {
            let child = count(child);
            all.ran += child.ran;
            all.wakeups += child.wakeups;
            all.resident += child.resident;
        }
    }
    all
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn number(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}
