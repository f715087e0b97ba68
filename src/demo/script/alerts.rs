//! The owner's alert rules, and which of them are true in a scenario.

use std::sync::Arc;

use super::super::Scenario;
use super::hosts::{self, NEXTCLOUD, VAULT};
use super::{DAY, HOUR, MINUTE};
use crate::domain::correlate::fingerprint;
use crate::domain::labels::Labels;

/// Labels that Prometheus gives every alert on its way to Alertmanager.
pub const EXTERNAL: (&str, &str) = ("cluster", "homelab");

/// An alerting rule.
#[derive(Debug)]
pub struct Rule {
    pub group: &'static str,
    pub name: &'static str,
    pub query: &'static str,
    /// How long the expression must be true, in seconds.
    pub hold: i64,
    pub severity: &'static str,
    /// A template of Prometheus.
    pub summary: &'static str,
    /// The heading of the runbook; empty when it has none.
    pub runbook: &'static str,
}

const fn rule(
    group: &'static str,
    name: &'static str,
    severity: &'static str,
    hold: i64,
    query: &'static str,
    summary: &'static str,
    runbook: &'static str,
) -> Rule {
    Rule { group, name, query, hold, severity, summary, runbook }
}

const HOSTS: &str = "homelab.hosts";
const BACKUP: &str = "homelab.backup";
const STORAGE: &str = "homelab.storage";
const SERVICES: &str = "homelab.services";
const WATCHERS: &str = "homelab.watchers";

/// All rules, group by group.
#[rustfmt::skip]
pub const RULES: [Rule; 24] = [
    rule(HOSTS, "HostDown", "critical", 2 * MINUTE, r#"up{job="node"} == 0"#, "{{ $labels.host }} is not reachable ({{ $labels.instance }})", "alert-hostdown"),
    rule(HOSTS, "TargetDown", "warning", 5 * MINUTE, r#"up{job!~"node|snmp"} == 0"#, "{{ $labels.job }} target {{ $labels.instance }} does not answer", "alert-hostdown"),
    rule(HOSTS, "TargetMissing", "warning", 5 * MINUTE, r#"absent(up{job="node"})"#, "no node target is configured", "prometheus-not-scraping-targets"),
    rule(HOSTS, "HighCPUUsage", "warning", 15 * MINUTE, r#"100 - avg by (host, instance, job) (rate(node_cpu_seconds_total{mode="idle"}[5m])) * 100 > 80"#, "CPU of {{ $labels.host }} is at {{ $value }} %", "alert-highcpuusage"),
    rule(HOSTS, "HighMemoryUsage", "warning", 10 * MINUTE, "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes > 0.9", "memory of {{ $labels.host }} is {{ $value }} % used", ""),
    rule(HOSTS, "HighIOWait", "warning", 10 * MINUTE, r#"rate(node_cpu_seconds_total{mode="iowait"}[5m]) > 0.3"#, "{{ $labels.host }} waits for its disks", "alert-highcpuusage"),
    rule(HOSTS, "DiskSpaceLow", "warning", 5 * MINUTE, "node_filesystem_avail_bytes / node_filesystem_size_bytes < 0.15", "{{ $labels.mountpoint }} of {{ $labels.host }} has {{ $value }} % left", "alert-diskspacelow"),
    rule(HOSTS, "SystemdUnitFailed", "warning", 5 * MINUTE, r#"node_systemd_unit_state{state="failed"} == 1"#, "{{ $labels.name }} failed on {{ $labels.host }}", ""),
    rule(BACKUP, "BackupJobFailed", "critical", 0, "proxmox_backup_job_last_status != 0", "backup of {{ $labels.guest }} failed with status {{ $value }}", "alert-backupjobfailed"),
    rule(BACKUP, "BackupTooOld", "warning", 0, "time() - pbs_snapshot_vm_last_timestamp > 86400", "newest backup of {{ $labels.guest }} is older than 24 h", "alert-backupjobfailed"),
    rule(BACKUP, "PBSDatastoreFull", "warning", 10 * MINUTE, "pbs_used / pbs_size > 0.85", "datastore {{ $labels.datastore }} is {{ $value }} % full", "alert-backupjobfailed"),
    rule(STORAGE, "SnapRAIDSyncOld", "warning", HOUR, "time() - snapraid_last_sync_timestamp_seconds > 2 * 86400", "last SnapRAID sync of {{ $labels.host }} is {{ $value }} days old", "snapraid-vm102"),
    rule(STORAGE, "SnapRAIDErrors", "critical", 0, "snapraid_errors > on (host) group_left snapraid_errors_known", "SnapRAID found errors on {{ $labels.host }}", "disk-failure-snapraid-data-disk"),
    rule(STORAGE, "CifsMountFailed", "warning", MINUTE, r#"node_filesystem_device_error{fstype="cifs"} == 1"#, "{{ $labels.mountpoint }} of {{ $labels.host }} cannot be read", "cifs-mount-failure-in-service-lxcvm"),
    rule(STORAGE, "NfsNotResponding", "warning", 2 * MINUTE, "rate(node_nfs_rpc_retransmissions_total[5m]) > 5", "{{ $labels.host }} waits for nfs server 10.0.0.5", ""),
    rule(STORAGE, "SmartFailure", "critical", 0, "smartctl_device_smart_status == 0", "{{ $labels.device }} of {{ $labels.host }} reports failing health", "disk-failure-snapraid-data-disk"),
    rule(SERVICES, "ServiceDown", "critical", MINUTE, "probe_success == 0", "{{ $labels.instance }} does not answer", "container-failure-restart-loops"),
    rule(SERVICES, "ContainerDown", "warning", 2 * MINUTE, "time() - container_last_seen > 120", "container {{ $labels.name }} of {{ $labels.host }} is gone", "container-failure-restart-loops"),
    rule(SERVICES, "CertificateExpiring", "warning", HOUR, "probe_ssl_earliest_cert_expiry - time() < 21 * 86400", "certificate of {{ $labels.instance }} expires in {{ $value }} days", ""),
    rule(SERVICES, "LogErrorBurst", "info", 0, "sum by (host) (rate(log_errors_total[5m])) > 1", "{{ $labels.host }} logs more errors than usual", ""),
    rule(SERVICES, "SnmpSlow", "warning", 5 * MINUTE, r#"up{job="snmp"} == 0"#, "{{ $labels.instance }} does not answer SNMP in time", ""),
    rule(WATCHERS, "Watchdog", "none", 0, "vector(1)", "dead man's switch: must always fire", ""),
    rule(WATCHERS, "NotificationsFailing", "critical", 5 * MINUTE, "rate(prometheus_notifications_errors_total[5m]) > 0", "Prometheus cannot send alerts to {{ $labels.alertmanager }}", "alertmanager-not-sending-notifications"),
    rule(WATCHERS, "AlertmanagerPeerLost", "warning", 5 * MINUTE, "alertmanager_cluster_members < 2", "the Alertmanager cluster has {{ $value }} member", "alertmanager-not-sending-notifications"),
];

/// Why a rule cannot be evaluated in a scenario, if so.
pub fn fault(scenario: Scenario, rule: &Rule) -> Option<&'static str> {
    (scenario == Scenario::ChainBroken && rule.name == "SnapRAIDErrors").then_some(
        "found duplicate series for the match group {host=\"vm102\"} on the right hand-side of the operation: \
         [{__name__=\"snapraid_errors_known\", host=\"vm102\", instance=\"10.0.0.21:9100\", job=\"node\"}, \
         {__name__=\"snapraid_errors_known\", host=\"vm102\", instance=\"10.0.0.11:9100\", job=\"textfile\"}];\
         many-to-many matching not allowed: matching labels must be unique on one side",
    )
}

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

/// The annotations of a rule, its texts written by `text`.
pub fn annotations(rule: &Rule, text: impl Fn(&str) -> String) -> Labels {
    let runbook = format!("https://wiki.home.arpa/runbooks/observability#{}", rule.runbook);
    let runbook = (!rule.runbook.is_empty()).then_some(("runbook_url", runbook));
    [("summary", text(rule.summary))].into_iter().chain(runbook).collect()
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
        Scenario::Calm => {}
        Scenario::HostDown => all.extend(host_down()),
        Scenario::BackupLate => all.extend(backup_late()),
        Scenario::Storm => all.extend(storm()),
        Scenario::ChainBroken => all.extend(chain_broken()),
    }
    all
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
    let cause = on_host("HostDown", "vm102", &[], -11 * MINUTE, 0.0);
    let mut mounts: Vec<Raised> = [
        ("lxc210", "/mnt/nextcloud"),
        ("lxc212", "/books"),
        ("lxc230", "/mnt/backup"),
        ("vm100", "/mnt/media"),
    ]
    .iter()
    .map(|(host, path)| on_host("CifsMountFailed", host, &[("mountpoint", path)], -9 * MINUTE, 1.0))
    .collect();
    inhibit(&mut mounts, &cause);
    let mut all = vec![cause];
    all.extend(mounts);
    all.extend(["vm100", "vm101", "lxc210"].map(|host| on_host("HostDown", host, &[], -11 * MINUTE, 0.0)));
    for (job, host, instance) in [
        ("docker", "vm100", "10.0.0.20:8080"),
        ("pbs", "pbs", "10.0.0.15:10019"),
        ("pve", "pve", "10.0.0.10:9221"),
        ("grafana", "lxc200", "10.0.0.11:3000"),
    ] {
        all.push(raise(
            "TargetDown",
            &[("host", host), ("instance", instance), ("job", job)],
            -6 * MINUTE,
            0.0,
        ));
    }
    for (host, instance) in [("pfsense", "10.0.0.1"), ("switch", "10.0.0.2")] {
        all.push(raise(
            "SnmpSlow",
            &[("host", host), ("instance", instance), ("job", "snmp")],
            -6 * MINUTE,
            0.0,
        ));
    }
    all.extend(CONTAINERS.iter().zip(0..).map(|(name, at)| {
        let labels = [("host", "vm100"), ("instance", "10.0.0.20:8080"), ("job", "docker"), ("name", name)];
        raise("ContainerDown", &labels, -8 * MINUTE + at * 7, 121.0)
    }));
    all.extend(UNITS.iter().zip(0..).map(|((host, unit), at)| {
        on_host("SystemdUnitFailed", host, &[("name", unit)], -7 * MINUTE + at * 11, 1.0)
    }));
    for (host, url) in [
        ("lxc210", NEXTCLOUD),
        ("lxc230", VAULT),
        ("lxc212", "https://books.home.arpa"),
        ("vm100", "https://media.home.arpa"),
    ] {
        all.push(on_service("ServiceDown", host, url, -11 * MINUTE, 0.0));
    }
    for (guest, at) in
        ["vm/100", "vm/101", "vm/102", "ct/200", "ct/210", "ct/212", "ct/230", "host/pve"].iter().zip(0..)
    {
        all.push(on_backup("BackupJobFailed", guest, -10 * MINUTE + at * 13, 1.0));
    }
    for host in ["pve", "pbs", "lxc200", "lxc212", "lxc230"] {
        all.push(on_host("HighIOWait", host, &[], -4 * MINUTE, 0.6));
        all.push(on_host("DiskSpaceLow", host, &[("mountpoint", "/var/log")], -3 * MINUTE, 6.0));
        all.push(on_host("LogErrorBurst", host, &[], -9 * MINUTE, 4.0));
    }
    for host in ["pve", "pbs"] {
        all.push(on_host("HighCPUUsage", host, &[], -2 * MINUTE, 97.0));
        all.push(on_host("NfsNotResponding", host, &[], -9 * MINUTE, 22.0));
    }
    for device in ["/dev/sda", "/dev/sdb", "/dev/sdc"] {
        all.push(on_host("SmartFailure", "nas", &[("device", device)], -5 * MINUTE, 0.0));
    }
    all.push(on_host("HighMemoryUsage", "pve", &[], MINUTE, 96.0));
    all.push(on_service("CertificateExpiring", "lxc230", VAULT, -20 * DAY, 13.0));
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
