//! Which alerts are true in a scenario, and which silences there are.

use std::sync::Arc;

use super::super::Scenario;
use super::hosts::{self, NEXTCLOUD, VAULT};
use super::rules::{BACKUP, RULES, Rule, WATCHERS, annotations};
use super::{DAY, HOUR, MINUTE};
use crate::domain::correlate::fingerprint;
use crate::domain::labels::Labels;

/// Labels that Prometheus gives every alert on its way to Alertmanager.
pub const EXTERNAL: (&str, &str) = ("cluster", "homelab");

/// An alert that is true, or will be.
#[derive(Debug)]
pub struct Raised {
    pub rule: &'static Rule,
    /// As Prometheus has them.
    pub labels: Labels,
    /// As Alertmanager has them.
    pub routed: Labels,
    pub fingerprint: Arc<str>,
    pub annotations: Labels,
    /// When it fires, in seconds from the anchor; it is pending for the rule's `hold` before.
    pub fires: i64,
    pub value: f64,
    /// The fingerprint of the alert that hides it.
    pub inhibited_by: Option<Arc<str>>,
}

impl Raised {
    /// The receiver that it is routed to.
    pub fn receiver(&self) -> &'static str {
        match self.rule.group {
            WATCHERS if self.rule.name == "Watchdog" => "deadman",
            BACKUP => "slack-backups",
            _ => "slack-homelab",
        }
    }
}

/// The receivers of Alertmanager's configuration.
pub const RECEIVERS: [&str; 3] = ["slack-homelab", "slack-backups", "deadman"];

/// Raises the rule `name` about what `labels` say.
fn raise(name: &str, labels: &[(&str, &str)], fires: i64, value: f64) -> Raised {
    let rule = RULES.iter().find(|rule| rule.name == name).unwrap_or(&RULES[0]);
    let own = [("alertname", rule.name), ("severity", rule.severity)];
    let labels: Labels = labels.iter().copied().chain(own).collect();
    let routed: Labels = labels.iter().chain([EXTERNAL]).collect();
    Raised {
        annotations: annotations(rule, |text| expand(text, &labels, value)),
        fingerprint: fingerprint(&routed),
        routed,
        labels,
        rule,
        fires,
        value,
        inhibited_by: None,
    }
}

/// Fills a template as Prometheus would.
fn expand(template: &str, labels: &Labels, value: f64) -> String {
    let mut text = template.replace("{{ $value }}", &value.to_string());
    for (name, value) in labels.iter() {
        text = text.replace(&format!("{{{{ $labels.{name} }}}}"), value);
    }
    text
}

/// Raises a rule about a host, as its node exporter sees it.
fn on_host(name: &str, host: &str, more: &[(&str, &str)], fires: i64, value: f64) -> Raised {
    let address = hosts::named(host).map_or("", |host| host.address);
    let vmid = hosts::named(host).map_or("", |host| host.vmid);
    let instance = format!("{address}:9100");
    let mut labels = vec![("host", host), ("instance", &instance), ("job", "node")];
    if !vmid.is_empty() {
        labels.push(("vmid", vmid));
    }
    labels.extend_from_slice(more);
    raise(name, &labels, fires, value)
}

/// Raises a rule about a backup group.
fn on_backup(name: &str, guest: &str, fires: i64, value: f64) -> Raised {
    let vmid = guest.split('/').next_back().unwrap_or("");
    let labels = [
        ("guest", guest),
        ("vmid", vmid),
        ("datastore", "main"),
        ("instance", "10.0.0.15:10019"),
        ("job", "pbs"),
    ];
    raise(name, &labels, fires, value)
}

/// Raises a rule about a probed service.
fn on_service(name: &str, host: &str, url: &str, fires: i64, value: f64) -> Raised {
    raise(name, &[("host", host), ("instance", url), ("job", "blackbox")], fires, value)
}

/// Everything that is true in a scenario.
pub fn raised(scenario: Scenario) -> Vec<Raised> {
    let mut all = vec![
        raise("Watchdog", &[], -6 * DAY, 1.0),
        on_host("SnapRAIDSyncOld", "vm102", &[], -3 * DAY - 2 * HOUR, 5.1),
    ];
    match scenario {
        Scenario::Calm | Scenario::ColdBoot => {}
        Scenario::NfsHang => all.extend(nfs_hang()),
        Scenario::HostDown => all.extend(host_down()),
        Scenario::BackupLate => all.extend(backup_late()),
        Scenario::Storm => all.extend(storm()),
        Scenario::ChainBroken => all.extend(chain_broken()),
        Scenario::Scale(scale) => {
            let more = scale.alerts.saturating_sub(all.len());
            all.extend((0..more).map(extra));
        }
    }
    all
}

/// One of many alike.
fn extra(number: usize) -> Raised {
    let names = ["HighCPUUsage", "HighMemoryUsage", "HighIOWait", "SystemdUnitFailed"];
    let (host, name) = (hosts::extra_host(number), names[number % names.len()]);
    let fires = -MINUTE * i64::try_from(1 + number % 600).unwrap_or(1);
    raise(name, &[("host", &host), ("job", "node"), ("name", "app.service")], fires, 91.0)
}

fn host_down() -> Vec<Raised> {
    let cause = on_host("HostDown", "vm102", &[], -14 * MINUTE, 0.0);
    let mut consequences = vec![
        on_host("CifsMountFailed", "lxc210", &[("mountpoint", "/mnt/nextcloud")], -12 * MINUTE, 1.0),
        on_host("CifsMountFailed", "lxc212", &[("mountpoint", "/books")], -12 * MINUTE, 1.0),
        on_service("ServiceDown", "lxc210", NEXTCLOUD, -11 * MINUTE, 0.0),
    ];
    inhibit(&mut consequences, &cause);
    let mut all = vec![
        cause,
        on_backup("BackupJobFailed", "vm/102", -41 * MINUTE, 1.0),
        on_host("HighCPUUsage", "vm100", &[], -6 * MINUTE, 91.0),
        on_host("DiskSpaceLow", "lxc210", &[("mountpoint", "/var/lib/mysql")], -62 * MINUTE, 11.0),
        raise("SnmpSlow", &[("host", "switch"), ("instance", "10.0.0.2"), ("job", "snmp")], 3 * MINUTE, 0.0),
    ];
    all.extend(consequences);
    all
}

/// A share of the NAS hangs: who has mounted it waits, the NAS itself answers.
fn nfs_hang() -> Vec<Raised> {
    let hosts = ["vm100", "lxc210", "lxc212", "lxc230", "pbs"];
    let hung = hosts.iter().zip(0..);
    let mut all: Vec<Raised> =
        hung.map(|(host, at)| on_host("NfsNotResponding", host, &[], -6 * MINUTE + at * 17, 22.0)).collect();
    all.push(on_service("ServiceDown", "lxc210", NEXTCLOUD, -3 * MINUTE, 0.0));
    all.push(on_service("ServiceDown", "lxc230", VAULT, -3 * MINUTE + 20, 0.0));
    all
}

fn backup_late() -> Vec<Raised> {
    vec![
        on_backup("BackupJobFailed", "vm/102", -41 * MINUTE, 1.0),
        on_backup("BackupTooOld", "vm/102", -2 * HOUR, 93_600.0),
        on_host("HighCPUUsage", "vm100", &[], -6 * MINUTE, 88.0),
    ]
}

fn chain_broken() -> Vec<Raised> {
    let peers = ["http://10.0.0.11:9093/api/v2/alerts", "http://10.0.0.15:9093/api/v2/alerts"];
    let failing = peers.map(|peer| {
        let labels = [
            ("alertmanager", peer),
            ("host", "lxc200"),
            ("instance", "10.0.0.11:9090"),
            ("job", "prometheus"),
        ];
        raise("NotificationsFailing", &labels, -11 * MINUTE, 0.4)
    });
    let lost =
        raise("AlertmanagerPeerLost", &[("host", "lxc200"), ("job", "alertmanager")], -10 * MINUTE, 1.0);
    let full = on_host("DiskSpaceLow", "lxc210", &[("mountpoint", "/var/lib/mysql")], -8 * MINUTE, 9.0);
    failing.into_iter().chain([lost, full]).collect()
}

/// The network of the hypervisor is gone.
fn storm() -> Vec<Raised> {
    [storm_of_hosts(), storm_of_units(), storm_of_services(), storm_of_disks()]
        .into_iter()
        .flatten()
        .collect()
}

fn storm_of_hosts() -> Vec<Raised> {
    let cause = on_host("HostDown", "vm102", &[], -11 * MINUTE, 0.0);
    let mounts = [
        ("lxc210", "/mnt/nextcloud"),
        ("lxc212", "/books"),
        ("lxc230", "/mnt/backup"),
        ("vm100", "/mnt/media"),
    ];
    let mut all: Vec<Raised> = mounts
        .map(|(host, path)| on_host("CifsMountFailed", host, &[("mountpoint", path)], -9 * MINUTE, 1.0))
        .into();
    inhibit(&mut all, &cause);
    all.push(cause);
    all.extend(["vm100", "vm101", "lxc210"].map(|host| on_host("HostDown", host, &[], -11 * MINUTE, 0.0)));
    let targets = [
        ("TargetDown", "docker", "vm100", "10.0.0.20:8080"),
        ("TargetDown", "pbs", "pbs", "10.0.0.15:10019"),
        ("TargetDown", "pve", "pve", "10.0.0.10:9221"),
        ("TargetDown", "grafana", "lxc200", "10.0.0.11:3000"),
        ("SnmpSlow", "snmp", "pfsense", "10.0.0.1"),
        ("SnmpSlow", "snmp", "switch", "10.0.0.2"),
    ];
    all.extend(targets.map(|(name, job, host, instance)| {
        raise(name, &[("host", host), ("instance", instance), ("job", job)], -6 * MINUTE, 0.0)
    }));
    all
}

fn storm_of_units() -> Vec<Raised> {
    const CONTAINERS: [&str; 8] =
        ["jellyfin", "audiobookshelf", "navidrome", "immich", "postgres", "redis", "traefik", "watchtower"];
    const UNITS: [(&str, &str); 10] = [
        ("pve", "pve-cluster.service"),
        ("pve", "pvestatd.service"),
        ("pve", "mnt-pve-nas.mount"),
        ("pve", "networking.service"),
        ("lxc200", "promtail.service"),
        ("lxc200", "grafana-server.service"),
        ("lxc210", "apache2.service"),
        ("lxc210", "mnt-nextcloud.automount"),
        ("lxc212", "docker.service"),
        ("lxc230", "docker.service"),
    ];
    let containers = CONTAINERS.iter().zip(0..).map(|(name, at)| {
        let labels = [("host", "vm100"), ("instance", "10.0.0.20:8080"), ("job", "docker"), ("name", name)];
        raise("ContainerDown", &labels, -8 * MINUTE + at * 7, 121.0)
    });
    let units = UNITS.iter().zip(0..).map(|((host, unit), at)| {
        on_host("SystemdUnitFailed", host, &[("name", unit)], -7 * MINUTE + at * 11, 1.0)
    });
    containers.chain(units).collect()
}

fn storm_of_services() -> Vec<Raised> {
    let services = [
        ("lxc210", NEXTCLOUD),
        ("lxc230", VAULT),
        ("lxc212", "https://books.home.arpa"),
        ("vm100", "https://media.home.arpa"),
    ];
    let guests = ["vm/100", "vm/101", "vm/102", "ct/200", "ct/210", "ct/212", "ct/230", "host/pve"];
    let services = services.map(|(host, url)| on_service("ServiceDown", host, url, -11 * MINUTE, 0.0));
    let backups = guests
        .iter()
        .zip(0..)
        .map(|(guest, at)| on_backup("BackupJobFailed", guest, -10 * MINUTE + at * 13, 1.0));
    let certificate = on_service("CertificateExpiring", "lxc230", VAULT, -20 * DAY, 13.0);
    services.into_iter().chain(backups).chain([certificate]).collect()
}

fn storm_of_disks() -> Vec<Raised> {
    let mut all = Vec::new();
    for host in ["pve", "pbs", "lxc200", "lxc212", "lxc230"] {
        all.push(on_host("HighIOWait", host, &[], -4 * MINUTE, 0.6));
        all.push(on_host("DiskSpaceLow", host, &[("mountpoint", "/var/log")], -3 * MINUTE, 6.0));
        all.push(on_host("LogErrorBurst", host, &[], -9 * MINUTE, 4.0));
    }
    for host in ["pve", "pbs"] {
        all.push(on_host("HighCPUUsage", host, &[], -2 * MINUTE, 97.0));
        all.push(on_host("NfsNotResponding", host, &[], -9 * MINUTE, 22.0));
    }
    let disks = ["/dev/sda", "/dev/sdb", "/dev/sdc"];
    all.extend(disks.map(|device| on_host("SmartFailure", "nas", &[("device", device)], -5 * MINUTE, 0.0)));
    all.push(on_host("HighMemoryUsage", "pve", &[], MINUTE, 96.0));
    all
}

/// Lets Alertmanager hide alerts behind their cause.
fn inhibit(consequences: &mut [Raised], cause: &Raised) {
    for consequence in consequences {
        consequence.inhibited_by = Some(Arc::clone(&cause.fingerprint));
    }
}

/// A silence that is there from the start.
#[derive(Debug)]
pub struct Planned {
    /// Name, value, whether the value is an expression.
    pub matchers: Vec<(&'static str, String, bool)>,
    pub by: &'static str,
    pub comment: String,
    pub from: i64,
    pub until: i64,
}

/// The silences that are there from the start. `acked` writes the comment of an acknowledgement
/// from the second at which its alert began.
pub fn silences(scenario: Scenario, raised: &[Raised], acked: impl Fn(i64) -> String) -> Vec<Planned> {
    let mut all: Vec<Planned> = raised
        .iter()
        .filter(|raised| raised.rule.name == "SnapRAIDSyncOld")
        .map(|raised| Planned {
            matchers: vec![("wardroom_ack", raised.fingerprint.to_string(), false)],
            by: "sam@desk",
            comment: acked(raised.fires),
            from: -5 * HOUR,
            // A calm lab stays calm for as long as anybody looks.
            until: if scenario == Scenario::Calm { 60 * DAY } else { 7 * HOUR },
        })
        .collect();
    if scenario == Scenario::HostDown {
        all.push(Planned {
            matchers: vec![
                ("alertname", "DiskSpaceLow".to_owned(), false),
                ("host", "lxc210".to_owned(), false),
            ],
            by: "sam@desk",
            comment: "moving the database tonight".to_owned(),
            from: -HOUR,
            until: 57 * MINUTE + 49,
        });
    }
    all.push(Planned {
        matchers: vec![("alertname", "High.*".to_owned(), true), ("host", "pbs".to_owned(), false)],
        by: "sam@desk",
        comment: "garbage collection".to_owned(),
        from: -12 * HOUR,
        until: -10 * HOUR,
    });
    all
}
