//! The hosts of the homelab, and what Prometheus scrapes of them.

use super::super::Scenario;
use super::{MINUTE, boot};
use crate::domain::labels::Labels;

/// A machine, guest or box.
#[derive(Debug)]
pub struct Host {
    pub name: &'static str,
    pub address: &'static str,
    /// The VMID of a guest; empty for iron.
    pub vmid: &'static str,
}

const fn host(name: &'static str, address: &'static str, vmid: &'static str) -> Host {
    Host { name, address, vmid }
}

/// All of them, hypervisor first.
pub const HOSTS: [Host; 12] = [
    host("pve", "10.0.0.10", ""),
    host("lxc200", "10.0.0.11", "200"),
    host("pbs", "10.0.0.15", ""),
    host("vm100", "10.0.0.20", "100"),
    host("vm102", "10.0.0.21", "102"),
    host("lxc210", "10.0.0.22", "210"),
    host("lxc212", "10.0.0.23", "212"),
    host("lxc230", "10.0.0.24", "230"),
    host("vm101", "10.0.0.25", "101"),
    host("nas", "10.0.0.5", ""),
    host("pfsense", "10.0.0.1", ""),
    host("switch", "10.0.0.2", ""),
];

/// The host of that name.
pub fn named(name: &str) -> Option<&'static Host> {
    HOSTS.iter().find(|host| host.name == name)
}

/// How scraping a target goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Up,
    /// It answers, with nothing in it.
    Hollow,
    /// It has not answered since so many seconds after the anchor.
    Down {
        since: i64,
        how: Failing,
    },
    /// It starts, and answers from so many seconds after the anchor on.
    Starting {
        from: i64,
    },
}

/// How a scrape fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    Refused,
    Deadline,
    NoRoute,
    Status(&'static str),
}

/// Something that Prometheus scrapes.
#[derive(Debug)]
pub struct Target {
    pub job: &'static str,
    pub labels: Labels,
    pub address: String,
    pub path: &'static str,
    /// What stands behind the path: parameters of exporters that probe others.
    pub query: String,
    pub reach: Reach,
    /// Samples of a scrape that succeeds.
    pub samples: u32,
    /// How long a scrape takes, in milliseconds, give or take.
    pub took: u32,
}

impl Target {
    /// The page that is scraped.
    pub fn url(&self) -> String {
        format!("http://{}{}{}", self.address, self.path, self.query)
    }

    /// Whether a scrape succeeded so many seconds after the anchor.
    pub const fn is_up(&self, at: i64) -> bool {
        match self.reach {
            Reach::Down { since, .. } => at < since,
            Reach::Starting { from } => at >= from,
            Reach::Up | Reach::Hollow => true,
        }
    }

    /// The scrape's error in Go's words; empty when it succeeds.
    pub fn error(&self, at: i64) -> String {
        if self.is_up(at) {
            return String::new();
        }
        let how = match self.reach {
            Reach::Down { how, .. } => how,
            _ => Failing::NoRoute,
        };
        let (url, address) = (self.url(), &self.address);
        match how {
            Failing::Refused => {
                format!("Get \"{url}\": dial tcp {address}: connect: connection refused")
            }
            Failing::NoRoute => format!("Get \"{url}\": dial tcp {address}: connect: no route to host"),
            Failing::Deadline => format!("Get \"{url}\": context deadline exceeded"),
            Failing::Status(status) => format!("server returned HTTP status {status}"),
        }
    }

    /// How many samples a scrape brings.
    pub fn samples(&self, at: i64) -> u32 {
        if self.is_up(at) && self.reach != Reach::Hollow { self.samples } else { 0 }
    }
}

/// Everything that is scraped.
pub fn targets(scenario: Scenario) -> Vec<Target> {
    let node = |name, samples| exporter(scenario, "node", name, 9100, samples, 18);
    let mut all = vec![
        node("pve", 1_402),
        node("lxc200", 911),
        node("vm100", 1_120),
        node("vm102", 1_377),
        node("lxc210", 874),
        node("vm101", 902),
        exporter(scenario, "pve", "pve", 9221, 236, 212),
        exporter(scenario, "pbs", "pbs", 10019, 148, 41),
        exporter(scenario, "docker", "vm100", 8080, 2_210, 96),
        exporter(scenario, "prometheus", "lxc200", 9090, 718, 6),
        exporter(scenario, "loki", "lxc200", 3100, 1_604, 9),
        exporter(scenario, "grafana", "lxc200", 3000, 612, 11),
        probing(scenario, "snmp", "pfsense", "10.0.0.1", "?module=pfsense&target=10.0.0.1", 311),
        probing(scenario, "snmp", "switch", "10.0.0.2", "?module=if_mib&target=10.0.0.2", 486),
        probing(scenario, "blackbox", "lxc210", NEXTCLOUD, NEXTCLOUD_PROBE, 21),
        probing(scenario, "blackbox", "lxc230", VAULT, VAULT_PROBE, 21),
    ];
    let more = scenario.scale().targets.saturating_sub(all.len());
    all.extend((0..more).map(extra));
    all
}

/// One of many alike.
fn extra(number: usize) -> Target {
    let host = extra_host(number);
    let address = format!("10.{}.{}.{}:9100", 1 + number / 62_500, number / 250 % 250, 1 + number % 250);
    Target {
        job: "node",
        labels: [("host", host.as_str()), ("instance", &address), ("job", "node")].into_iter().collect(),
        address: address.clone(),
        path: "/metrics",
        query: String::new(),
        reach: Reach::Up,
        samples: 900,
        took: 18,
    }
}

/// The host of one of many targets.
pub fn extra_host(number: usize) -> String {
    format!("extra{number:05}")
}

pub const NEXTCLOUD: &str = "https://cloud.home.arpa";
pub const VAULT: &str = "https://vault.home.arpa";
const NEXTCLOUD_PROBE: &str = "?module=http_2xx&target=https%3A%2F%2Fcloud.home.arpa";
const VAULT_PROBE: &str = "?module=http_2xx&target=https%3A%2F%2Fvault.home.arpa";

/// A target that answers for itself.
fn exporter(scenario: Scenario, job: &'static str, name: &str, port: u16, samples: u32, took: u32) -> Target {
    let host = named(name).unwrap_or(&HOSTS[0]);
    let address = format!("{}:{port}", host.address);
    let mut labels = vec![("host", host.name), ("instance", &address), ("job", job), ("vmid", host.vmid)];
    labels.retain(|(_, value)| !value.is_empty());
    Target {
        job,
        labels: labels.into_iter().collect(),
        address: address.clone(),
        path: if job == "pve" { "/pve" } else { "/metrics" },
        query: if job == "pve" { "?cluster=1&node=1&target=localhost".into() } else { String::new() },
        reach: reach(scenario, job, name),
        samples,
        took,
    }
}

/// A target that an exporter on the monitoring host asks for us.
fn probing(
    scenario: Scenario,
    job: &'static str,
    name: &str,
    instance: &str,
    query: &str,
    samples: u32,
) -> Target {
    let (port, path) = if job == "snmp" { (9116, "/snmp") } else { (9115, "/probe") };
    Target {
        job,
        labels: [("host", name), ("instance", instance), ("job", job)].into_iter().collect(),
        address: format!("127.0.0.1:{port}"),
        path,
        query: query.to_owned(),
        reach: reach(scenario, job, name),
        samples,
        took: if job == "snmp" { 380 } else { 74 },
    }
}

/// What is wrong with a target in a scenario.
fn reach(scenario: Scenario, job: &str, host: &str) -> Reach {
    let down = |minutes: i64, how| Reach::Down { since: -minutes * MINUTE, how };
    if let Some(from) = boot::answers(scenario, host).filter(|_| !matches!(job, "blackbox" | "snmp")) {
        return Reach::Starting { from };
    }
    match (scenario, job, host) {
        (Scenario::HostDown, "node", "vm102") => down(16, Failing::Refused),
        (Scenario::HostDown, "snmp", "switch") => down(2, Failing::Deadline),
        (Scenario::HostDown, "node", "vm101") => Reach::Hollow,
        (Scenario::Storm, "node" | "docker", "vm100" | "vm101" | "vm102" | "lxc210") => {
            down(13, Failing::NoRoute)
        }
        (Scenario::Storm, "pbs" | "snmp", _) => down(11, Failing::Deadline),
        (Scenario::Storm, "pve", _) => down(12, Failing::Status("500 Internal Server Error")),
        (Scenario::Storm, "grafana", _) => down(9, Failing::Refused),
        _ => Reach::Up,
    }
}

/// Whether the probed service itself answered so many seconds after the anchor.
pub fn probe_succeeds(scenario: Scenario, host: &str, at: i64) -> bool {
    match scenario {
        // It needs nothing of the storage to answer.
        Scenario::HostDown => host == "lxc230" || at < -13 * MINUTE,
        Scenario::NfsHang => at < -5 * MINUTE,
        Scenario::ColdBoot => boot::is_serving(scenario, host, at),
        Scenario::Storm => at < -12 * MINUTE,
        _ => true,
    }
}
