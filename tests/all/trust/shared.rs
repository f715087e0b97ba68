//! Dashboards at one state directory at once, one of them killed: nothing that was noted is lost, no file
//! is half of anything, and all of it is its owner's alone.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use wardroom::demo::Scenario;

use super::house::House;
use super::outputs::wait_for;
use super::pty::Pty;
use super::quick::{dashboard_at, leave};

/// The files below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let all = fs::read_dir(directory).expect("our own directory").flatten().map(|entry| entry.path());
    all.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Notes at the first backup that it was recovered, in these words.
fn note(pty: &Pty, words: &str) {
    pty.keys("5");
    wait_for(pty, "Datastores");
    wait_for(pty, "ct/200");
    pty.keys("x");
    wait_for(pty, "Actions on");
    pty.keys("G\r");
    wait_for(pty, "A backup counts as recoverable");
    pty.keys(&format!("\t{words}\r"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn dashboards_share_the_state_directory_without_damage() {
    let house = House::start(Scenario::Calm).await;
    let text = house.text("timeout = \"60s\"");
    let home = tempfile::Builder::new().prefix("wardroom-home-").tempdir().expect("a home directory");
    let state = home.path().join(".local/state/wardroom");
    let place = home.path().to_owned();
    let working = tokio::task::spawn_blocking(move || {
        let mut all: Vec<Pty> = (0..3).map(|_| dashboard_at(&place, &text)).collect();
        for (number, pty) in all.iter().enumerate() {
            wait_for(pty, "Backups");
            note(pty, &format!("booted as vm 90{number}"));
        }
        let killed = all.pop().expect("three");
        let noted =
            || fs::read_to_string(place.join(".local/state/wardroom/drills.jsonl")).unwrap_or_default();
        let deadline = Instant::now() + Duration::from_mins(1);
        while noted().lines().count() < 3 {
            assert!(Instant::now() < deadline, "{}", killed.screen());
            std::thread::sleep(Duration::from_millis(20));
        }
        let pid = Pid::from_raw(killed.pid().cast_signed()).expect("a process");
        kill_process(pid, Signal::KILL).expect("it runs");
        // The others go on.
        for (number, pty) in all.iter().enumerate() {
            note(pty, &format!("booted again as vm 91{number}"));
        }
        while noted().lines().count() < 5 {
            assert!(Instant::now() < deadline, "{}", noted());
            std::thread::sleep(Duration::from_millis(20));
        }
        all.into_iter().for_each(leave);
        noted()
    });
    let noted = working.await.expect("no panic");
    for words in ["vm 900", "vm 901", "vm 902", "vm 910", "vm 911"] {
        assert!(noted.contains(words), "{words} is lost: {noted}");
    }
    let all = files(&state);
    assert!(all.len() > 1, "{all:?}");
    for file in all {
        let mode = fs::metadata(&file).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "others may look at {}", file.display());
        let (name, kind) = (file.display(), file.extension().unwrap_or_default());
        assert!(kind != "new", "half a file: {name}");
        if kind == "jsonl" {
            for line in fs::read_to_string(&file).expect("text").lines() {
                assert!(serde_json::from_str::<Value>(line).is_ok(), "{name}: {line:?}");
            }
        }
    }
}
