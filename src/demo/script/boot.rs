//! A cold start: when each machine of the lab starts and answers, and when its mounts are there.

use super::super::Scenario;
use super::MINUTE;

/// When the hypervisor started.
const POWER: i64 = -4 * MINUTE;

/// A machine that starts anew: when it was started, when it answers, and what is mounted late.
struct Start {
    name: &'static str,
    begins: i64,
    answers: i64,
    late: &'static [(&'static str, i64)],
}

const fn start(name: &'static str, begins: i64, answers: i64) -> Start {
    Start { name, begins, answers, late: &[] }
}

/// What starts anew; all else went on.
const STARTS: [Start; 8] = [
    start("pve", POWER, POWER + 40),
    start("lxc200", POWER + 70, POWER + 85),
    // The third disk is slow to spin up.
    Start { late: &[("/mnt/disk3", 40)], ..start("vm102", POWER + 90, POWER + 130) },
    Start { late: &[("/mnt/vm-data", 84)], ..start("vm100", 50, 75) },
    start("vm101", 55, 80),
    start("lxc210", 90, 102),
    start("lxc212", 95, 108),
    start("lxc230", 95, 106),
];

fn of(scenario: Scenario, name: &str) -> Option<&'static Start> {
    STARTS.iter().find(|start| scenario == Scenario::ColdBoot && start.name == name)
}

/// When a machine was started, if it starts anew.
pub fn begins(scenario: Scenario, name: &str) -> Option<i64> {
    of(scenario, name).map(|start| start.begins)
}

/// From when on a machine answers, if it starts anew.
pub fn answers(scenario: Scenario, name: &str) -> Option<i64> {
    of(scenario, name).map(|start| start.answers)
}

/// Whether a file system is mounted so many seconds after the anchor.
pub fn is_mounted(scenario: Scenario, name: &str, mount: &str, at: i64) -> bool {
    let mut late = of(scenario, name).into_iter().flat_map(|start| start.late);
    late.all(|(path, from)| *path != mount || at >= *from)
}

/// Whether a service of a host answers.
pub fn is_serving(scenario: Scenario, name: &str, at: i64) -> bool {
    answers(scenario, name).is_none_or(|answers| at >= answers + 12)
}
