//! What the units of the homelab say.

use super::super::Scenario;
use super::logs::When::{self, Every, Now, Once};
use super::{HOUR, MINUTE};

/// Something that a unit says.
#[derive(Debug)]
pub struct Phrase {
    pub host: &'static str,
    /// The unit; a container's name follows `docker:`.
    pub unit: &'static str,
    pub level: &'static str,
    pub text: &'static str,
    pub when: When,
}

const fn say(
    host: &'static str,
    unit: &'static str,
    level: &'static str,
    when: When,
    text: &'static str,
) -> Phrase {
    Phrase { host, unit, level, text, when }
}

impl Phrase {
    /// Whether nothing of it is said without the storage VM.
    pub fn needs_storage(&self) -> bool {
        self.host == "vm102" || matches!(self.unit, "apache2" | "nextcloud" | "docker:calibre-web")
    }
}

/// What is said on every day.
#[rustfmt::skip]
pub const CHATTER: &[Phrase] = &[
    say("pve", "kernel", "info", Now(6), "vmbr0: port 5(tap102i0) entered forwarding state"),
    say("pve", "kernel", "info", Now(5), "perf: interrupt took too long ({k}00 > 2500), lowering kernel.perf_event_max_sample_rate"),
    say("pve", "pvestatd", "info", Now(12), "restarting server after {k} cycles to reduce memory usage (free {k}0 ({ms}) KB)"),
    say("pve", "pvedaemon", "info", Now(30), "<root@pam> successful auth for user 'monitor@pve'"),
    say("pve", "pveproxy", "info", Now(40), "worker {pid} finished, starting 1 worker(s)"),
    say("pve", "sshd", "info", Now(20), "Accepted publickey for root from 10.0.0.50 port {port} ssh2: ED25519 SHA256:{id}"),
    say("pve", "smartd", "info", Now(4), "Device: /dev/nvme0, SMART Usage Attribute: 194 Temperature_Celsius changed from 41 to 42"),
    say("pbs", "proxmox-backup-proxy", "info", Now(120), "GET /api2/json/status/datastore-usage: 200 in {ms} ms"),
    say("pbs", "proxmox-backup-proxy", "info", Now(30), "rrd journal successfully committed ({k} files in {s} seconds)"),
    say("pbs", "sshd", "info", Now(8), "Connection closed by 10.0.0.50 port {port} [preauth]"),
    
    say("lxc210", "apache2", "info", Now(240), "10.0.0.50 - sam \"PROPFIND /remote.php/dav/files/sam/ HTTP/1.1\" 207 {k}1"),
    say("lxc210", "apache2", "info", Now(160), "10.0.0.61 - - \"GET /status.php HTTP/1.1\" 200 {k}"),
    say("lxc210", "nextcloud", "info", Now(60), "cron job OCA\\Files\\BackgroundJob\\ScanFiles took {ms} ms"),
    say("lxc210", "mariadb", "info", Now(18), "InnoDB: Buffer pool hit ratio 998 / 1000, {k} pages read"),
    say("lxc210", "redis", "debug", Now(30), "DB 0: {k} keys ({ms} volatile) in 1024 slots HT."),
    say("lxc212", "docker:calibre-web", "info", Now(70), "10.0.0.61 \"GET /opds/new HTTP/1.1\" 200 {k}"),
    say("lxc230", "docker:vaultwarden", "info", Now(90), "[request][INFO] POST /identity/connect/token => 200 OK"),
    say("lxc230", "docker:vaultwarden", "warn", Now(3), "[vaultwarden::auth][WARN] Expired token, 10.0.0.61 has to log in again"),
    say("vm100", "docker:jellyfin", "info", Now(110), "[INF] Playback progress reported for session {id}, {k} s"),
    say("vm100", "docker:jellyfin", "warn", Now(6), "[WRN] Slow HTTP response from 10.0.0.20 to 10.0.0.61: {k} ms"),
    say("vm100", "docker:audiobookshelf", "info", Now(60), "[Server] Socket {id} connected, {ms} ms"),
    say("vm100", "kernel", "info", Now(5), "NVRM: GPU 0000:01:00.0: P-state 8, {k} MiB in use"),
    say("lxc200", "prometheus", "info", Now(30), "caller=head.go:842 level=info component=tsdb msg=\"Head GC completed\" duration={ms}ms"),
    say("lxc200", "prometheus", "info", Now(14), "caller=compact.go:519 level=info component=tsdb msg=\"write block\" mint={k} duration={s}s"),
    say("lxc200", "loki", "info", Now(120), "level=info caller=metrics.go:159 component=querier query_type=limited duration={ms}ms status=200"),
    say("lxc200", "loki", "debug", Now(40), "level=debug caller=flush.go:202 msg=\"flushed chunks\" chunks={ms}"),
    say("lxc200", "grafana", "info", Now(80), "logger=context userId=1 orgId=1 level=info msg=\"Request Completed\" status=200 duration={ms}ms"),
    say("lxc200", "promtail", "info", Now(60), "level=info caller=tailer.go:145 msg=\"tail routine: started\" path=/var/log/journal"),
    say("lxc200", "alertmanager", "debug", Now(30), "level=debug component=dispatcher msg=\"Received alert\" alert=Watchdog[{id}][active]"),
    say("pfsense", "filterlog", "info", Now(180), "block in on igb0: 203.0.113.{ms} > 198.51.100.7 tcp SYN port {port}"),
    say("pfsense", "dhcpd", "info", Now(40), "DHCPACK on 10.0.0.61 to 5c:e9:1e:{ms} via igb1"),
    say("nas", "middlewared", "info", Now(14), "zfs: pool tank scrub is {ms} % done, 0 errors"),
    say("nas", "nfsd", "info", Now(10), "client 10.0.0.15 renewed its lease on /mnt/tank/backups"),
    say("switch", "snmpd", "info", Now(4), "port 7 link up, 1000 Mbps full duplex"),
    say("vm102", "smbd", "info", Now(110), "nextcloud (10.0.0.22) opened file data/sam/files/{id}.jpg read=Yes write=No"),
    say("vm102", "smbd", "info", Now(30), "connect to service media initially as user media_ro (pid {pid})"),
    say("vm102", "node_exporter", "info", Now(8), "level=info msg=\"textfile collector read\" files=3 duration={ms}ms"),
    say("vm102", "kernel", "info", Now(4), "fuse: mergerfs: {k} branches rebalanced"),
];

#[rustfmt::skip]
const HOST_DOWN: &[Phrase] = &[
    say("vm102", "smbd", "info", Once(-17 * MINUTE), "nextcloud (10.0.0.22) opened file data/sam/files/Photos/2026/IMG_4821.jpg read=Yes write=No"),
    say("vm102", "kernel", "warn", Once(-974), "ata3.00: exception Emask 0x0 SAct 0x3c0000 SErr 0x0 action 0x6 frozen"),
    say("vm102", "kernel", "error", Once(-972), "ata3.00: failed command: READ FPDMA QUEUED"),
    say("vm102", "kernel", "error", Once(-970), "blk_update_request: I/O error, dev sdc, sector 2918273664 op 0x0:(READ)"),
    say("vm102", "kernel", "error", Once(-969), "EXT4-fs error (device sdc1): ext4_find_entry:1684: inode #2: comm smbd: reading directory lblock 0"),
    say("vm102", "node_exporter", "error", Once(-966), "level=error collector=filesystem msg=\"error gathering metrics: filesystem collector timeout\""),
    say("vm102", "kernel", "critical", Once(-963), "Kernel panic - not syncing: hung_task: blocked tasks"),
    say("pve", "kernel", "warn", Once(-961), "vmbr0: port 5(tap102i0) entered disabled state"),
    say("pve", "pvedaemon", "error", Once(-950), "VM 102 qmp command failed - VM 102 qmp command 'query-status' failed - got timeout"),
    say("pve", "pvestatd", "warn", Every { from: -945, period: 30 }, "status update time ({s} seconds)"),
    say("pve", "pvestatd", "error", Every { from: -940, period: 60 }, "VM 102 qmp command failed - unable to connect to VM 102 qmp socket - timeout after 51 retries"),
    say("pve", "kernel", "error", Every { from: -849, period: 180 }, "nfs: server 10.0.0.5 not responding, still trying"),
    say("pve", "kernel", "info", Every { from: -789, period: 180 }, "nfs: server 10.0.0.5 OK"),
    say("lxc210", "cifs", "error", Every { from: -900, period: 34 }, "CIFS: VFS: \\\\vm102\\nextcloud reconnect attempt {n} failed: rc=-112 (Host is down)"),
    say("lxc212", "cifs", "error", Every { from: -895, period: 61 }, "CIFS: VFS: \\\\vm102\\books reconnect attempt {n} failed: rc=-112 (Host is down)"),
    say("lxc210", "nextcloud", "error", Every { from: -880, period: 12 }, "Exception: OCP\\Files\\NotFoundException: /mnt/nextcloud/sam/files in line 214 of Folder.php"),
    say("lxc210", "apache2", "error", Every { from: -878, period: 9 }, "[proxy_fcgi:error] [pid {pid}] AH01071: Got error 'PHP message: data directory is not readable'"),
    say("lxc210", "apache2", "warn", Every { from: -876, period: 7 }, "10.0.0.61 - - \"GET /status.php HTTP/1.1\" 503 {k}"),
    say("lxc212", "docker:calibre-web", "error", Every { from: -860, period: 45 }, "[ERROR] library /books is not readable: Host is down"),
    say("lxc200", "prometheus", "warn", Every { from: -960, period: 60 }, "caller=scrape.go:1331 level=warn component=\"scrape manager\" target=http://10.0.0.21:9100/metrics err=\"connection refused\""),
    say("lxc200", "alertmanager", "info", Once(-14 * MINUTE), "level=info component=dispatcher msg=\"Notify success\" receiver=slack-homelab alert=HostDown"),
    say("lxc200", "prometheus", "warn", Every { from: -110, period: 15 }, "caller=scrape.go:1331 level=warn target=\"snmp 10.0.0.2\" err=\"context deadline exceeded\""),
    say("switch", "snmpd", "warn", Every { from: -120, period: 25 }, "agent busy: {k} requests queued"),
    say("pbs", "proxmox-backup-proxy", "error", Once(-41 * MINUTE), "backup vm/102 failed: connection error: connection reset by peer"),
    say("pbs", "proxmox-backup-proxy", "info", Every { from: -7 * MINUTE, period: 6 }, "vm/100: upload chunk {n}, {ms} MiB/s"),
    say("vm100", "kernel", "warn", Every { from: -6 * MINUTE, period: 40 }, "hung_task: task vzdump-fleecing:{pid} waits for {s} seconds"),
];

#[rustfmt::skip]
const BACKUP_LATE: &[Phrase] = &[
    say("pbs", "proxmox-backup-proxy", "error", Once(-2 * HOUR + 61), "backup vm/102 failed: connection error: connection reset by peer"),
    say("pbs", "proxmox-backup-proxy", "error", Once(-41 * MINUTE), "backup vm/102 failed: connection error: connection reset by peer"),
    say("pbs", "proxmox-backup-proxy", "warn", Every { from: -41 * MINUTE, period: 300 }, "removing backup snapshot \"vm/102\" (unfinished)"),
    say("pve", "pvescheduler", "error", Once(-41 * MINUTE + 2), "ERROR: Backup of VM 102 failed - vma_queue_write: write error - Broken pipe"),
    say("pve", "pvescheduler", "warn", Every { from: -40 * MINUTE, period: 240 }, "storage 'homelab-pbs' answers slowly ({s} seconds)"),
    say("pbs", "proxmox-backup-proxy", "info", Every { from: -7 * MINUTE, period: 5 }, "vm/100: upload chunk {n}, {ms} MiB/s"),
    say("vm100", "kernel", "warn", Every { from: -6 * MINUTE, period: 40 }, "hung_task: task vzdump-fleecing:{pid} waits for {s} seconds"),
];

#[rustfmt::skip]
const CHAIN_BROKEN: &[Phrase] = &[
    say("lxc200", "prometheus", "error", Every { from: -11 * MINUTE, period: 15 }, "caller=notifier.go:534 level=error component=notifier alertmanager=http://10.0.0.11:9093/api/v2/alerts count={n} msg=\"Error sending alert\" err=\"context deadline exceeded\""),
    say("lxc200", "prometheus", "error", Every { from: -11 * MINUTE + 3, period: 15 }, "caller=notifier.go:534 level=error component=notifier alertmanager=http://10.0.0.15:9093/api/v2/alerts count={n} msg=\"Error sending alert\" err=\"connection refused\""),
    say("lxc200", "prometheus", "warn", Every { from: -10 * MINUTE, period: 15 }, "caller=manager.go:663 level=warn component=\"rule manager\" msg=\"Evaluating rule failed\" rule=SnapRAIDErrors err=\"many-to-many matching not allowed\""),
    say("lxc200", "alertmanager", "warn", Every { from: -11 * MINUTE, period: 20 }, "level=warn component=cluster msg=\"refresh\" result=failure addr=10.0.0.15:9094 err=\"connection refused\""),
    say("pbs", "alertmanager", "error", Once(-11 * MINUTE - 4), "level=error msg=\"failed to open snapshot\" err=\"no space left on device\""),
];

#[rustfmt::skip]
const STORM: &[Phrase] = &[
    say("pve", "kernel", "error", Once(-13 * MINUTE), "igb 0000:03:00.0 eno1: igb: eno1 NIC Link is Down"),
    say("pve", "kernel", "error", Every { from: -13 * MINUTE, period: 2 }, "vmbr0: received packet on eno1 with own address as source address (count {n})"),
    say("pve", "kernel", "error", Every { from: -12 * MINUTE, period: 3 }, "nfs: server 10.0.0.5 not responding, timed out"),
    say("pve", "corosync", "warn", Every { from: -12 * MINUTE, period: 2 }, "[TOTEM ] Retransmit List: {k} {ms}"),
    say("pve", "pvestatd", "error", Every { from: -12 * MINUTE, period: 4 }, "storage 'homelab-pbs' is not online"),
    say("pve", "pvestatd", "warn", Every { from: -12 * MINUTE, period: 5 }, "status update time ({s} seconds)"),
    say("pbs", "proxmox-backup-proxy", "error", Every { from: -11 * MINUTE, period: 3 }, "TASK ERROR: connection error: timed out"),
    say("lxc210", "cifs", "error", Every { from: -12 * MINUTE, period: 2 }, "CIFS: VFS: \\\\vm102\\nextcloud reconnect attempt {n} failed: rc=-113 (No route to host)"),
    say("lxc212", "cifs", "error", Every { from: -12 * MINUTE, period: 3 }, "CIFS: VFS: \\\\vm102\\books reconnect attempt {n} failed: rc=-113 (No route to host)"),
    say("lxc210", "apache2", "error", Every { from: -12 * MINUTE, period: 1 }, "[proxy_fcgi:error] [pid {pid}] AH01071: Got error 'PHP message: data directory is not readable'"),
    say("lxc230", "docker:vaultwarden", "error", Every { from: -12 * MINUTE, period: 4 }, "[vaultwarden::error][ERROR] Failed to reach smtp relay: No route to host"),
    say("lxc200", "prometheus", "warn", Every { from: -12 * MINUTE, period: 1 }, "caller=scrape.go:1331 level=warn component=\"scrape manager\" err=\"context deadline exceeded\" count={n}"),
    say("lxc200", "loki", "error", Every { from: -11 * MINUTE, period: 4 }, "level=error caller=push.go:81 msg=\"push failed\" err=\"rate limited\" bytes={k}"),
    say("lxc200", "promtail", "warn", Every { from: -11 * MINUTE, period: 2 }, "level=warn component=client msg=\"error sending batch, will retry\" status=429"),
    say("pfsense", "filterlog", "warn", Every { from: -12 * MINUTE, period: 2 }, "arp: 10.0.0.10 moved from 3c:ec:ef:00:00:0a to 3c:ec:ef:00:00:0b on igb1"),
    say("nas", "nfsd", "warn", Every { from: -12 * MINUTE, period: 5 }, "client 10.0.0.15 has not renewed its lease for {k} s"),
];

/// What is said beside the chatter in a scenario.
pub const fn trouble(scenario: Scenario) -> &'static [Phrase] {
    match scenario {
        Scenario::Calm | Scenario::ColdBoot | Scenario::NfsHang | Scenario::Scale(_) => &[],
        Scenario::HostDown => HOST_DOWN,
        Scenario::BackupLate => BACKUP_LATE,
        Scenario::Storm => STORM,
        Scenario::ChainBroken => CHAIN_BROKEN,
    }
}
