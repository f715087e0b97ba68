//! The owner's alert rules.

use super::super::Scenario;
use super::{HOUR, MINUTE};
use crate::domain::labels::Labels;

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
pub const BACKUP: &str = "homelab.backup";
const STORAGE: &str = "homelab.storage";
const SERVICES: &str = "homelab.services";
pub const WATCHERS: &str = "homelab.watchers";

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

/// The annotations of a rule, its texts written by `text`.
pub fn annotations(rule: &Rule, text: impl Fn(&str) -> String) -> Labels {
    let runbook = format!("https://wiki.home.arpa/runbooks/observability#{}", rule.runbook);
    let runbook = (!rule.runbook.is_empty()).then_some(("runbook_url", runbook));
    [("summary", text(rule.summary))].into_iter().chain(runbook).collect()
}
