//! What a host's node_exporter answers. Counters move with the wall clock at the host's rates.

use std::time::{SystemTime, UNIX_EPOCH};

use super::exposition::Exposition;
use super::hosts::Host;

const GIBIBYTE: f64 = 1024.0 * 1024.0 * 1024.0;
const TEBIBYTE: f64 = 1024.0 * GIBIBYTE;
const INODES: f64 = 65_536_000.0;

/// The metrics of `host` at this moment.
pub fn metrics(name: &str, host: &mut Host) -> String {
    let now = SystemTime::now();
    let elapsed = now.duration_since(host.counted).unwrap_or_default().as_secs_f64();
    host.counted = now;
    let mut out = Exposition::default();
    cpu(&mut out, host, elapsed);
    memory(&mut out, name, host, elapsed);
    filesystems(&mut out, host);
    disks(&mut out, host, elapsed);
    network(&mut out, host, elapsed);
    system(&mut out, name, host, now);
    out.into_text()
}

/// Moves one of the host's counters on and gives its value.
fn count(host: &mut Host, key: String, more: f64) -> f64 {
    let counter = host.counters.entry(key).or_default();
    *counter += more;
    *counter
}

fn cpu(out: &mut Exposition, host: &mut Host, elapsed: f64) {
    const NAME: &str = "node_cpu_seconds_total";
    let (busy, iowait) = (host.cpu, host.iowait);
    let modes = [
        ("idle", (1.0 - busy - iowait).max(0.0)),
        ("iowait", iowait),
        ("irq", 0.0),
        ("nice", 0.0),
        ("softirq", busy * 0.02),
        ("steal", busy * 0.03),
        ("system", busy * 0.25),
        ("user", busy * 0.70),
    ];
    out.family("counter", NAME, "Seconds the CPUs spent in each mode.");
    for core in 0..host.cores {
        for (mode, rate) in modes {
            let value = count(host, format!("cpu {core} {mode}"), elapsed * rate);
            out.sample(NAME, &[("cpu", &core.to_string()), ("mode", mode)], format_args!("{value:.4}"));
        }
    }
    let load = busy * f64::from(host.cores) * 1.1;
    for (name, part) in [("node_load1", 1.0), ("node_load5", 0.9), ("node_load15", 0.8)] {
        out.family("gauge", name, "Load average.").sample(name, &[], format_args!("{:.2}", load * part));
    }
    for (resource, rate) in [("cpu", busy * 0.1), ("io", iowait), ("memory", busy * 0.1)] {
        let name = format!("node_pressure_{resource}_waiting_seconds_total");
        let value = count(host, name.clone(), elapsed * rate);
        out.family("counter", &name, "Total time in seconds that processes have waited.");
        out.sample(&name, &[], format_args!("{value:.4}"));
    }
}

fn memory(out: &mut Exposition, name: &str, host: &mut Host, elapsed: f64) {
    let swap = if name == "pbs" { 0.0 } else { 2.0 * GIBIBYTE };
    let fields = [
        ("MemTotal", host.memory),
        ("MemAvailable", host.memory * 0.4),
        ("MemFree", host.memory * 0.1),
        ("Cached", host.memory * 0.25),
        ("Buffers", host.memory * 0.05),
        ("SReclaimable", host.memory * 0.02),
        ("SwapTotal", swap),
        ("SwapFree", swap * (1.0 - host.swap_used)),
    ];
    for (field, value) in fields {
        let name = format!("node_memory_{field}_bytes");
        out.family("gauge", &name, &format!("Memory information field {field}_bytes."));
        out.sample(&name, &[], format_args!("{:.0}", value.trunc()));
    }
    for (field, rate) in [("pswpin", 100.0), ("pswpout", 100.0), ("oom_kill", 0.0)] {
        let name = format!("node_vmstat_{field}");
        let value = count(host, name.clone(), elapsed * host.swap_used * rate);
        out.family("untyped", &name, &format!("/proc/vmstat information field {field}."));
        out.sample(&name, &[], format_args!("{:.0}", value.trunc()));
    }
}

/// A mount's device, type and size in bytes.
fn filesystem(index: u8, mount: &str) -> (String, &'static str, f64) {
    if mount.contains("mergerfs") {
        return ("mergerfs".to_owned(), "fuse.mergerfs", 4.0 * TEBIBYTE);
    }
    let device = format!("/dev/{}1", disk_name(index));
    let size = match mount {
        "/" => TEBIBYTE / 20.0,
        _ if mount.starts_with("/mnt/") => 4.0 * TEBIBYTE,
        _ => TEBIBYTE,
    };
    (device, "ext4", size)
}

fn disk_name(index: u8) -> String {
    format!("sd{}", char::from(b'a' + index))
}

fn filesystems(out: &mut Exposition, host: &Host) {
    type Measure = fn(&Host, bool, f64, f64) -> f64;
    let measures: [(&str, &str, Measure); 7] = [
        ("size_bytes", "Filesystem size in bytes.", |_, _, size, _| size),
        ("free_bytes", "Filesystem free space in bytes.", |host, last, size, _| {
            size * if last { host.disk_free + 0.05 } else { 0.55 }
        }),
        ("avail_bytes", "Filesystem space available to non-root users in bytes.", |host, last, size, _| {
            size * if last { host.disk_free } else { 0.5 }
        }),
        ("files", "Filesystem total file nodes.", |_, _, _, inodes| inodes),
        ("files_free", "Filesystem total free file nodes.", |host, last, _, inodes| {
            inodes * if last { host.inode_free } else { 0.8 }
        }),
        (
            "readonly",
            "Filesystem read-only status.",
            |host, last, _, _| {
                if last { f64::from(host.readonly) } else { 0.0 }
            },
        ),
        (
            "device_error",
            "Whether an error occurred while getting statistics for the given device.",
            |_, _, _, _| 0.0,
        ),
    ];
    for (measure, help, value) in measures {
        let name = format!("node_filesystem_{measure}");
        out.family("gauge", &name, help);
        for (index, mount) in (0..).zip(host.disks) {
            let (device, kind, size) = filesystem(index, mount);
            let last = Some(mount) == host.disks.last();
            // A pool over other disks has no inodes of its own.
            let inodes = if kind == "ext4" { INODES } else { 0.0 };
            let labels = [("device", device.as_str()), ("fstype", kind), ("mountpoint", mount)];
            out.sample(&name, &labels, format_args!("{:.0}", value(host, last, size, inodes).trunc()));
        }
    }
}

fn disks(out: &mut Exposition, host: &mut Host, elapsed: f64) {
    let rates = [
        ("read_bytes_total", 4e6),
        ("written_bytes_total", 2e6),
        ("io_time_seconds_total", host.iowait),
        ("reads_completed_total", 90.0),
        ("writes_completed_total", 40.0),
        ("io_time_weighted_seconds_total", host.iowait * 3.0),
        ("read_time_seconds_total", 0.05),
        ("write_time_seconds_total", 0.08),
    ];
    for (measure, rate) in rates {
        let name = format!("node_disk_{measure}");
        out.family("counter", &name, "A counter of the kernel's disk statistics.");
        // A pool is no disk of its own.
        let count_of_disks =
            u8::try_from(host.disks.len()).map_or(1, |mounts| mounts.saturating_sub(1).max(1));
        for device in (0..count_of_disks).map(disk_name) {
            let value = count(host, format!("{measure} {device}"), elapsed * rate);
            out.sample(&name, &[("device", &device)], format_args!("{value:.4}"));
        }
    }
}

fn network(out: &mut Exposition, host: &mut Host, elapsed: f64) {
    let rates = [
        ("receive_bytes_total", 1.2e6),
        ("transmit_bytes_total", 8e5),
        ("receive_errs_total", host.neterr),
        ("transmit_errs_total", 0.0),
        ("receive_drop_total", host.neterr / 2.0),
        ("transmit_drop_total", 0.0),
    ];
    for (measure, rate) in rates {
        let name = format!("node_network_{measure}");
        out.family("counter", &name, &format!("Network device statistic {measure}."));
        for device in ["eth0", "lo"] {
            let value = count(host, format!("{measure} {device}"), elapsed * rate);
            out.sample(&name, &[("device", device)], format_args!("{:.0}", value.trunc()));
        }
    }
    let up = "Value is 1 if operstate is 'up', 0 otherwise.";
    out.family("gauge", "node_network_up", up).sample("node_network_up", &[("device", "eth0")], 1);
    let speed = "node_network_speed_bytes";
    out.family("gauge", speed, "Network device property: speed_bytes.");
    out.sample(speed, &[("device", "eth0")], 125_000_000);
}

fn system(out: &mut Exposition, name: &str, host: &Host, now: SystemTime) {
    let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    // One clock is wrong, and says so.
    let (ahead, synchronised) = if name == "lxc212" { (12.0, 0.0) } else { (0.0, 1.0) };
    let gauges = [
        ("node_boot_time_seconds", "Node boot time, in unixtime.", seconds(host.boot).trunc()),
        ("node_time_seconds", "System time in seconds since epoch (1970).", seconds(now) + ahead),
        (
            "node_timex_sync_status",
            "Is clock synchronized to a reliable server (1 = yes, 0 = no).",
            synchronised,
        ),
        ("node_timex_offset_seconds", "Time offset in between local system and reference clock.", 0.0003),
    ];
    for (gauge, help, value) in gauges {
        out.family("gauge", gauge, help).sample(gauge, &[], value);
    }
    let uname = [
        ("domainname", "(none)"),
        ("machine", "x86_64"),
        ("nodename", name),
        ("release", "6.8.12-4-pve"),
        ("sysname", "Linux"),
        ("version", "#1 SMP"),
    ];
    out.family("gauge", "node_uname_info", "System information as provided by the uname system call.");
    out.sample("node_uname_info", &uname, 1);
    let (unit, state) =
        if name == "lxc210" { ("mnt-nextcloud.mount", "failed") } else { ("smbd.service", "active") };
    out.family("gauge", "node_systemd_unit_state", "Systemd unit");
    for each in ["activating", "active", "deactivating", "failed", "inactive"] {
        let labels = [("name", unit), ("state", each), ("type", "")];
        out.sample("node_systemd_unit_state", &labels, u8::from(each == state));
    }
    if name != "pbs" {
        let temperature = "node_hwmon_temp_celsius";
        out.family("gauge", temperature, "Hardware monitor for temperature (input)");
        out.sample(temperature, &[("chip", "platform_coretemp_0"), ("sensor", "temp1")], 61.5);
    }
}
