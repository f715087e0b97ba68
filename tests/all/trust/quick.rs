//! Keys while every server misbehaves: what a key does is on the screen long before the request of
//! which nothing comes is given up; and a hundred megabytes from every server take bounded memory.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use rstest::rstest;
use tempfile::TempDir;
use wardroom::demo::Scenario;

use super::door::{Door, Fault};
use super::house::House;
use super::outputs::{PROGRAM, wait_for};
use super::pty::{Answers, Pty, Setup};

/// Longer than a test waits for anything: no key is answered because a request was given up.
const FOR_EVER: &str = "timeout = \"5m\"";

/// The dashboard on a house.
pub fn dashboard(text: &str) -> (Pty, TempDir) {
    let home = tempfile::Builder::new().prefix("wardroom-home-").tempdir().expect("a home directory");
    keep(home.path(), text);
    (dashboard_at(home.path()), home)
}

/// Keeps a config in a home.
pub fn keep(home: &Path, text: &str) {
    let config = home.join("wardroom.toml");
    std::fs::write(&config, text).expect("written");
    std::fs::set_permissions(&config, std::fs::Permissions::from_mode(0o600)).expect("it is ours");
}

/// The dashboard in a home with its config.
pub fn dashboard_at(home: &Path) -> Pty {
    let config = home.join("wardroom.toml");
    let config = config.to_str().expect("a plain path");
    let command = [PROGRAM, "--config", config];
    Pty::open(&Setup { command: &command, home, size: (200, 60), env: &[], answers: Answers::Given })
}

fn wait_until_gone(pty: &Pty, text: &str) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while pty.screen().contains(text) {
        assert!(Instant::now() < deadline, "{text:?} is still on\n{}", pty.screen());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Leaves by the key for it.
pub fn leave(mut pty: Pty) {
    pty.keys("q");
    let deadline = Instant::now() + Duration::from_mins(1);
    while pty.exit_code().is_none() {
        assert!(Instant::now() < deadline, "q leaves");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(pty.exit_code(), Some(0));
}

#[rstest]
#[case::silent(Fault::Silent)]
#[case::slow_head(Fault::SlowHead)]
#[case::slow_body(Fault::SlowBody)]
#[case::reset(Fault::Reset)]
#[case::garbage(Fault::Garbage(5))]
#[case::endless_head(Fault::EndlessHead)]
#[case::huge(Fault::HugeInPieces(100 << 20))]
#[case::bomb(Fault::Bomb(100))]
#[case::deep(Fault::Says(200, "application/json", "[".repeat(200_000).into_bytes()))]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_answered_while_every_server_misbehaves(#[case] fault: Fault) {
    let house = House::start(Scenario::HostDown).await;
    house.set(&fault);
    let text = house.text(FOR_EVER);
    let typing = tokio::task::spawn_blocking(move || {
        let (pty, _home) = dashboard(&text);
        wait_for(&pty, "Backups");
        let mut answered = 0;
        for _ in 0..5 {
            for (keys, on, off) in [
                ("?", Some("Everywhere"), None),
                ("\u{1b}", None, Some("Everywhere")),
                ("3", None, Some("Backups")),
                ("1", Some("Backups"), None),
                ("z", None, Some("Backups")),
                ("z", Some("Backups"), None),
            ] {
                pty.keys(keys);
                if let Some(text) = on {
                    wait_for(&pty, text);
                }
                if let Some(text) = off {
                    wait_until_gone(&pty, text);
                }
                answered += 1;
            }
        }
        assert!(!pty.screen().contains("timed out"), "nothing was given up:\n{}", pty.screen());
        leave(pty);
        answered
    });
    assert_eq!(typing.await.expect("no panic"), 30, "keys answered");
    for (kind, _) in &house.doors {
        let asked: usize = house.doors_of(*kind).map(Door::asked).sum();
        assert!(asked > 0, "{kind} was asked meanwhile");
    }
}

/// How much memory a process has taken at most, in MB.
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its peak");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1024
}

/// A server's answer is cut off at 48 MB, and each has one such under way at a time; that there are six
/// of them, and room for what grows, makes the limit.
const MOST: u64 = 6 * (48 + 32) + 100;

#[rstest]
#[case::said(Fault::Huge(100 << 20), 50)]
#[case::unsaid(Fault::HugeInPieces(100 << 20), MOST)]
#[case::bomb(Fault::Bomb(100), MOST)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_megabytes_from_every_server_take_bounded_memory(#[case] fault: Fault, #[case] most: u64) {
    let house = House::start(Scenario::HostDown).await;
    house.set(&fault);
    let text = house.text("timeout = \"60s\"\ninterval = \"500ms\"");
    let watching = tokio::task::spawn_blocking(move || {
        let (pty, _home) = dashboard(&text);
        wait_for(&pty, "Backups");
        let before = peak(pty.pid());
        pty.keys("3");
        wait_for(&pty, "answer over 48M");
        // Every feed of every server once more, and all at once.
        pty.keys("\u{12}");
        pty.keys("1");
        wait_for(&pty, "over 48M");
        let grown = peak(pty.pid()).saturating_sub(before);
        leave(pty);
        grown
    });
    let grown = watching.await.expect("no panic");
    assert!(grown < most, "grown by {grown} MB, {most} are bearable");
}
