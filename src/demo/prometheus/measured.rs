//! What the lab's exporters measure: the answers to the dashboard's own catalogue of queries. The lab
//! knows each query by its text, and plays its result from the script.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::super::Scenario;
use super::super::script::hosts::{HOSTS, Host, NEXTCLOUD, Reach, Target, VAULT, probe_succeeds};
use super::super::script::{DAY, HOUR, MINUTE, Script, boot, mark, mix};
use super::ALERTMANAGERS;
use crate::domain::labels::Labels;

/// The catalogue: the name of each query by its text without blanks.
static CATALOGUE: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let file: toml::Table = toml::from_str(include_str!("../../data/measures.toml")).unwrap_or_default();
    let measures = file.get("measures").and_then(toml::Value::as_table).into_iter().flatten();
    let query = |measure: &toml::Value| measure.get("query")?.as_str().map(dense);
    measures.filter_map(|(name, measure)| Some((query(measure)?, name.clone()))).collect()
});

/// A query without its blanks.
pub fn dense(query: &str) -> String {
    query.chars().filter(|char| !char.is_whitespace()).collect()
}

/// The measure that a query without blanks is.
pub fn named_by(dense: &str) -> Option<&'static str> {
    CATALOGUE.get(dense).map(String::as_str)
}

type Point = (Labels, f64);

/// The samples of a measure, so many seconds after the anchor.
pub fn points(script: &Script, measure: &str, offset: i64) -> Vec<Point> {
    let of_job = |job: &'static str| {
        let targets = script.targets.iter().filter(move |target| target.job == job);
        targets.filter(move |target| target.is_up(offset) && target.reach != Reach::Hollow)
    };
    let nodes = || of_job("node").map(|target| (target, Machine::of(script, target, offset)));
    let each =
        |value: fn(&Machine) -> f64| nodes().map(|(target, host)| (own(target, &[]), value(&host))).collect();
    match measure {
        "cpu" => each(|host| host.cpu),
        "load" => each(|host| host.cpu * 1.05),
        "memory" => each(|host| host.memory),
        "swap" => each(|host| host.swap),
        "swapping" => each(|host| host.swap * 40.0),
        "oom" => each(|_| 0.0),
        "iowait" => each(|host| host.iowait),
        "cpu-wait" => each(|host| host.cpu * 0.12),
        "disk-latency" => nodes()
            .map(|(target, host)| (own(target, &[("device", "sda")]), 0.03f64.mul_add(host.iowait, 0.004)))
            .collect(),
        "receive" => each(|host| host.traffic),
        "transmit" => each(|host| host.traffic * 0.6),
        "clock" => each(|host| host.skew),
        "uptime" => each(|host| host.uptime),
        "temperature" => nodes()
            .filter(|(target, _)| target.labels.get("vmid").is_none())
            .map(|(target, host)| (own(target, &[]), 38.0 + (host.cpu * 40.0).round()))
            .collect(),
        "disk" | "inodes" | "read-only" | "mount-error" | "full-in" => {
            nodes().flat_map(|(target, _)| disks(script, target, measure, offset)).collect()
        }
        "net-errors" => nodes().map(|(target, _)| (own(target, &[("device", "eth0")]), 0.0)).collect(),
        "units" => nodes().map(|(target, _)| (own(target, &[("name", "ssh.service")]), 0.0)).collect(),
        "automounts" => nodes().filter_map(|(target, _)| automount(target)).collect(),
        "containers" | "restarts" | "container-health" => {
            of_job("docker").flat_map(|target| containers(target, measure)).collect()
        }
        "smart" | "sectors" | "snapraid-sync" | "snapraid-scrub" | "snapraid-errors" => of_job("node")
            .filter(|target| target.labels.get("host") == Some("vm102"))
            .flat_map(|target| parity(target, measure, offset))
            .collect(),
        "zpool" => nodes()
            .filter(|(target, _)| target.labels.get("host") == Some("pve"))
            .map(|(target, _)| (own(target, &[("pool", "local-zfs")]), 0.0))
            .collect(),
        "guest-off" => of_job("pve").flat_map(guests).collect(),
        _ => chain(script, measure, offset),
    }
}

/// The labels of a target and some more.
fn own(target: &Target, more: &[(&str, &str)]) -> Labels {
    target.labels.iter().chain(more.iter().copied()).collect()
}

/// Up and down once in a turn, from 0 to 1: near enough to a sine for a curve to look at, and a whole
/// library of them need not be loaded for it.
fn swing(turn: f64) -> f64 {
    let half = (turn * 2.0).fract();
    let bulge = half * (1.0 - half);
    let height = 16.0 * bulge / 4.0f64.mul_add(-bulge, 5.0);
    if turn < 0.5 { height } else { -height }
}

/// How a host is at a time.
struct Machine {
    cpu: f64,
    memory: f64,
    swap: f64,
    iowait: f64,
    traffic: f64,
    skew: f64,
    uptime: f64,
}

impl Machine {
    fn of(script: &Script, target: &Target, offset: i64) -> Self {
        let name = target.labels.get("host").unwrap_or("");
        // It wanders slowly, each host in its own way.
        let wave = |what: &str, period: i64| {
            let phase = mix(&[script.seed, mark(name), mark(what)]) % 1000;
            let turn = (offset.rem_euclid(period) as f64 / period as f64 + phase as f64 / 1000.0).fract();
            swing(turn)
        };
        let (cpu, memory, traffic) = match name {
            "pve" => (0.34, 0.71, 9.4e6),
            "vm100" => (0.42, 0.58, 4.1e6),
            "vm102" => (0.18, 0.44, 6.2e6),
            "lxc210" => (0.12, 0.62, 7.0e5),
            _ => (0.08, 0.37, 2.1e5),
        };
        let mut host = Self {
            cpu: 0.06f64.mul_add(wave("cpu", 5 * HOUR), cpu),
            memory: 0.03f64.mul_add(wave("memory", 9 * HOUR), memory),
            swap: if name == "lxc210" { 0.21 } else { 0.04 },
            iowait: 0.01f64.mul_add(wave("iowait", 2 * HOUR), 0.02),
            traffic: traffic * 0.4f64.mul_add(wave("traffic", 7 * HOUR), 1.0),
            skew: 0.004 * wave("clock", HOUR),
            uptime: boot::begins(script.scenario, name).map_or_else(
                || (script.anchor.timestamp() % DAY + 41 * DAY + offset) as f64,
                |begins| (offset - begins) as f64,
            ),
        };
        // At two at night the backups run; the anchor is two in the afternoon.
        if (offset + 12 * HOUR).rem_euclid(DAY) < 40 * MINUTE {
            host.iowait += 0.22;
            host.cpu += 0.15;
        }
        let busy_from = |from: i64, cpu: f64| if offset >= from { cpu } else { 0.0 };
        let (cpu, iowait): (f64, f64) = match (script.scenario, name) {
            (Scenario::HostDown, "vm100") => (busy_from(-21 * MINUTE, 0.91), 0.0),
            (Scenario::BackupLate, "vm100") => (busy_from(-21 * MINUTE, 0.88), 0.0),
            (Scenario::Storm, "pve") => (busy_from(-17 * MINUTE, 0.97), busy_from(-14 * MINUTE, 0.6)),
            (Scenario::Storm, "lxc200") => (0.0, busy_from(-14 * MINUTE, 0.6)),
            _ => (0.0, 0.0),
        };
        host.cpu = host.cpu.max(cpu);
        host.iowait = host.iowait.max(iowait);
        host
    }
}

/// The file systems of a host, each with the share that is used.
fn mounts(script: &Script, name: &str) -> Vec<(&'static str, f64)> {
    let full = |yes: bool, used: f64, else_used: f64| if yes { used } else { else_used };
    let storm = script.scenario == Scenario::Storm;
    match name {
        "pve" => vec![("/", 0.31), ("/var/lib/vz", 0.62), ("/var/log", full(storm, 0.94, 0.22))],
        "vm102" => vec![
            ("/", 0.28),
            ("/mnt/disk1", 0.71),
            ("/mnt/disk2", 0.69),
            ("/mnt/disk3", 0.74),
            ("/mnt/parity", 0.76),
            ("/mnt/mergerfs", 0.72),
        ],
        "vm100" => vec![("/", 0.44), ("/mnt/vm-data", 0.58)],
        "lxc210" => {
            let used = match script.scenario {
                Scenario::HostDown => 0.89,
                Scenario::ChainBroken => 0.91,
                _ => 0.63,
            };
            vec![("/", 0.37), ("/var/lib/mysql", used)]
        }
        "lxc200" => vec![("/", 0.52), ("/var/log", full(storm, 0.94, 0.3))],
        _ => vec![("/", 0.34)],
    }
}

fn disks(script: &Script, target: &Target, measure: &str, offset: i64) -> Vec<Point> {
    let name = target.labels.get("host").unwrap_or("");
    let is_mounted = |mount: &str| boot::is_mounted(script.scenario, name, mount, offset);
    let all = mounts(script, name).into_iter().filter(|(mount, _)| is_mounted(mount));
    let value = |mount: &str, used: f64| match measure {
        "disk" => Some(used),
        "full-in" => {
            // Only what shrinks has an end.
            let shrinks = mount == "/mnt/mergerfs" || used > 0.85;
            shrinks.then_some((1.0 - used) * 130.0 * DAY as f64 - offset as f64)
        }
        "inodes" => Some(used * 0.4),
        _ => Some(0.0),
    };
    let point = |(mount, used): (&'static str, f64)| {
        let more = [("device", mount), ("fstype", "ext4"), ("mountpoint", mount)];
        Some((own(target, &more), value(mount, used)?))
    };
    all.filter_map(point).collect()
}

const CONTAINERS: [&str; 8] =
    ["jellyfin", "audiobookshelf", "navidrome", "immich", "postgres", "redis", "traefik", "watchtower"];

fn containers(target: &Target, measure: &str) -> Vec<Point> {
    let value = match measure {
        "containers" => 4.0,
        "restarts" => 0.0,
        _ => 1.0,
    };
    CONTAINERS.iter().map(|name| (own(target, &[("name", name)]), value)).collect()
}

/// The automount of a consumer of the storage.
fn automount(target: &Target) -> Option<Point> {
    let unit = match target.labels.get("host")? {
        "vm100" => "mnt-media.automount",
        "lxc210" => "mnt-nextcloud.automount",
        _ => return None,
    };
    Some((own(target, &[("name", unit)]), 1.0))
}

/// The disks and the parity of the storage VM.
fn parity(target: &Target, measure: &str, offset: i64) -> Vec<Point> {
    let exported = |more: &[(&str, &str)], value: f64| {
        (own(target, &[[("exported_host", "vm102")].as_slice(), more].concat()), value)
    };
    match measure {
        "smart" | "sectors" => {
            let good = f64::from(u8::from(measure == "smart"));
            ["sda", "sdb", "sdc", "sdd"].map(|device| (own(target, &[("device", device)]), good)).into()
        }
        "snapraid-sync" => vec![exported(&[], (5 * DAY + 2 * HOUR + offset) as f64)],
        "snapraid-scrub" => vec![exported(&[], (12 * DAY + offset) as f64)],
        _ => ["file", "io", "data"].map(|kind| exported(&[("kind", kind)], 0.0)).into(),
    }
}

/// Guests that should run; all of them do.
fn guests(target: &Target) -> Vec<Point> {
    let guests = HOSTS.iter().filter(|host| !host.vmid.is_empty());
    let id =
        |vmid: &str, name: &str| format!("{}/{vmid}", if name.starts_with("vm") { "qemu" } else { "lxc" });
    let labels = |host: &Host| {
        let id = id(host.vmid, host.name);
        let own = [("id", id.as_str()), ("vmid", host.vmid)];
        let shared = target.labels.iter().filter(|(name, _)| *name != "vmid");
        shared.chain(own).collect::<Labels>()
    };
    guests.map(|host| (labels(host), 0.0)).collect()
}

/// What Prometheus, Alertmanager and Loki say of their own work.
fn chain(script: &Script, measure: &str, offset: i64) -> Vec<Point> {
    let broken = script.scenario == Scenario::ChainBroken && offset >= -11 * MINUTE;
    let at = |job: &str, address: &str, more: &[(&str, &str)], value: f64| {
        let own = [("host", "lxc200"), ("instance", address), ("job", job)];
        (own.iter().chain(more).copied().collect::<Labels>(), value)
    };
    let prometheus = |more: &[(&str, &str)], value: f64| at("prometheus", "10.0.0.11:9090", more, value);
    let router = |more: &[(&str, &str)], value: f64| at("alertmanager", "10.0.0.11:9093", more, value);
    let urls = ALERTMANAGERS.map(|peer| format!("http://{peer}/api/v2/alerts"));
    match measure {
        "alertmanagers" => vec![prometheus(&[], 2.0)],
        "send-errors" => urls
            .iter()
            .map(|url| prometheus(&[("alertmanager", url)], if broken { 1.0 / 15.0 } else { 0.0 }))
            .collect(),
        "dropped" => vec![prometheus(&[], if broken { 0.4 } else { 0.0 })],
        "queue" => vec![prometheus(&[], if broken { 0.02 } else { 0.0 })],
        "reload" => vec![prometheus(&[], 1.0), router(&[], 1.0)],
        "rule-lag" => {
            vec![prometheus(&[("rule_group", "/etc/prometheus/rules/alerts.yml;homelab.hosts")], 0.4)]
        }
        "members" => vec![router(&[], if broken { 1.0 } else { 2.0 })],
        "notify-failed" => {
            vec![router(&[("integration", "slack")], 0.0), router(&[("integration", "webhook")], 0.0)]
        }
        "notify-sent" => {
            vec![router(&[("integration", "slack")], 0.02), router(&[("integration", "webhook")], 0.03)]
        }
        "log-lines" => vec![at("loki", "10.0.0.11:3100", &[], 41.0)],
        "services" | "probe-failed" | "probe-time" => {
            let probed = script.targets.iter().filter(|target| target.job == "blackbox");
            let told = |target: &Target| {
                let host = target.labels.get("host").unwrap_or("");
                let answers = probe_succeeds(script.scenario, host, offset);
                match measure {
                    "probe-time" if answers => 0.08 + (mix(&[script.seed, mark(host)]) % 40) as f64 / 1000.0,
                    // It is waited for as long as the exporter does.
                    "probe-time" => 9.5,
                    "probe-failed" => f64::from(u8::from(!answers)),
                    _ => f64::from(u8::from(answers)),
                }
            };
            probed.map(|target| (target.labels.clone(), told(target))).collect()
        }
        "certificate" => [("lxc210", NEXTCLOUD, 71), ("lxc230", VAULT, 64)]
            .into_iter()
            .map(|(host, url, days)| {
                let days = if script.scenario == Scenario::Storm && host == "lxc230" { 13 } else { days };
                let labels = [("host", host), ("instance", url), ("job", "blackbox")];
                (labels.into_iter().collect(), (days * DAY - offset) as f64)
            })
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_query_of_the_catalogue_is_played() {
        let script = Script::new(Scenario::Calm, 7, Scenario::Calm.instant());
        for name in CATALOGUE.values() {
            let silent = matches!(
                name.as_str(),
                "agent-dropped" | "compaction" | "federation" | "retention" | "saturation" | "time"
            ) || ["ups", "tailscale", "zfs"].iter().any(|absent| name.starts_with(absent));
            assert!(silent || !points(&script, name, 0).is_empty(), "{name}");
        }
        assert!(CATALOGUE.len() > 40);
    }
}
