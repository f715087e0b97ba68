//! The textfile collectors in `packaging/textfile`, run beside programs that say what the real ones say.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

fn collector(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/textfile").join(name)
}

/// A directory for what is written, with a program in it that does what `script` says.
fn room(script: &str) -> (TempDir, PathBuf) {
    let room = tempfile::tempdir().expect("a directory");
    let program = room.path().join("program");
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("a program");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("it runs");
    (room, program)
}

fn run(name: &str, variable: &str, room: &TempDir, program: &Path, arguments: &[&str]) -> Output {
    Command::new("sh")
        .arg(collector(name))
        .args(arguments)
        .env(variable, program)
        .env("STATE", room.path().join("state"))
        .output()
        .expect("a shell")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn snapraid_tells_how_old_the_parity_is_and_what_is_wrong() {
    let (room, program) = room(
        "case $1 in\n\
         status) echo 'WARNING! The array is NOT fully scrubbed.'; echo 'In the array there are 3 errors!' ;;\n\
         diff) echo 'add a/b'; echo ' 12 equal'; echo ' 5 added'; echo ' 2 removed'; echo 'There are differences!'; exit 2 ;;\n\
         sync|scrub) exit 0 ;;\n\
         esac",
    );
    let target = room.path().to_str().expect("text");
    for what in ["sync", "scrub"] {
        let output = run("snapraid-run", "SNAPRAID", &room, &program, &[what]);
        assert!(output.status.success(), "{}", said(&output));
    }
    let output = run("snapraid-metrics", "SNAPRAID", &room, &program, &[target]);
    assert!(output.status.success(), "{}", said(&output));
    let written = fs::read_to_string(room.path().join("snapraid.prom")).expect("metrics");
    for line in [
        "snapraid_errors{kind=\"block\"} 3\n",
        "snapraid_unsynced_files{change=\"added\"} 5\n",
        "snapraid_unsynced_files{change=\"removed\"} 2\n",
        "snapraid_last_sync_timestamp_seconds 1",
        "snapraid_last_scrub_timestamp_seconds 1",
    ] {
        assert!(written.contains(line), "{line}: {written}");
    }
    assert_eq!(fs::read_dir(room.path()).expect("a directory").count(), 3, "nothing unfinished is left");
}

#[test]
fn a_sync_is_left_out_when_many_files_are_gone() {
    let (room, program) =
        room("case $1 in diff) echo ' 501 removed'; exit 2 ;; sync) touch \"$STATE/synced\" ;; esac");
    let output = run("snapraid-run", "SNAPRAID", &room, &program, &["sync"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("501 files are gone"), "{}", said(&output));
    assert!(!room.path().join("state/synced").exists() && !room.path().join("state/sync").exists());
    let output = run("snapraid-run", "SNAPRAID", &room, &program, &["fix"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn smart_tells_each_disk_that_is_awake() {
    let (room, program) = room(
        "case \"$*\" in\n\
         --scan) echo '/dev/sda -d sat # /dev/sda'; echo '/dev/sdb -d sat # b'; echo '/dev/nvme0 -d nvme # n' ;;\n\
         *sda) echo 'SMART overall-health self-assessment test result: PASSED'; \
         echo '194 Temperature_Celsius 0x0022 116 099 000 Old_age Always - 34 (Min/Max 20/41)' ;;\n\
         *sdb) exit 2 ;;\n\
         *nvme0) echo 'SMART overall-health self-assessment test result: FAILED!'; echo 'Temperature: 51 Celsius'; exit 8 ;;\n\
         esac",
    );
    let output = run("smart-metrics", "SMARTCTL", &room, &program, &[room.path().to_str().expect("text")]);
    assert!(output.status.success(), "{}", said(&output));
    let written = fs::read_to_string(room.path().join("smart.prom")).expect("metrics");
    let wanted = "# TYPE smartmon_device_smart_healthy gauge\n\
         smartmon_device_smart_healthy{device=\"nvme0\"} 0\nsmartmon_device_smart_healthy{device=\"sda\"} 1\n\
         # TYPE smartmon_temperature_celsius_raw_value gauge\n\
         smartmon_temperature_celsius_raw_value{device=\"nvme0\"} 51\n\
         smartmon_temperature_celsius_raw_value{device=\"sda\"} 34\n";
    assert_eq!(written, wanted, "a disk that sleeps is not woken, and tells nothing");
}

#[test]
fn zfs_tells_when_a_pool_was_scrubbed_and_that_one_is_resilvered() {
    // `sh` reads the time in the zone of the machine: the test gives it one.
    let (room, program) = room(
        "cat <<'END'\n\
        \x20 pool: tank\n state: ONLINE\n\
        \x20 scan: scrub repaired 0B in 05:23:11 with 0 errors on Sun Nov  8 05:47:13 2026\n\
        config:\n\n\
        \x20 pool: nas\n state: DEGRADED\n\
        \x20 scan: resilver in progress since Tue Nov 10 12:10:51 2026\n\
        \t1.20T scanned at 1.1G/s\n\n\
        \x20 pool: old\n state: ONLINE\n\
        \x20 scan: resilvered 1.62G in 00:03:12 with 2 errors on Tue Oct 27 12:14:03 2026\n\n\
        \x20 pool: new\n state: ONLINE\nconfig:\nEND",
    );
    let output = Command::new("sh")
        .arg(collector("zfs-metrics"))
        .arg(room.path())
        .env("ZPOOL", &program)
        .env("TZ", "UTC")
        .output()
        .expect("a shell");
    assert!(output.status.success(), "{}", said(&output));
    let written = fs::read_to_string(room.path().join("zfs.prom")).expect("metrics");
    let wanted = "# TYPE zfs_scrub_end_timestamp_seconds gauge\n\
         zfs_scrub_end_timestamp_seconds{pool=\"tank\"} 1794116833\n\
         # TYPE zfs_scan_errors gauge\nzfs_scan_errors{pool=\"old\"} 2\nzfs_scan_errors{pool=\"tank\"} 0\n\
         # TYPE zfs_resilver_running gauge\nzfs_resilver_running{pool=\"nas\"} 1\n\
         zfs_resilver_running{pool=\"old\"} 0\nzfs_resilver_running{pool=\"tank\"} 0\n";
    assert_eq!(written, wanted, "a pool that was never scanned tells nothing");
}
