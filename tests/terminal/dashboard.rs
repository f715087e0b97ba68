//! The main job by keys: four panes, filter, zoom, detail, resize, quit.

use std::io::Write as _;

use crate::lab::{FILLED, PROGRAM, Plan};
use crate::wait::until;

#[test]
fn the_bridge_fills_and_obeys() {
    let mut dashboard = Plan::default().start();
    dashboard.shows(&["Alerts", "Targets", "Logs", "Backups"]);
    dashboard.shows(&FILLED);

    dashboard.pty.keys("/");
    dashboard.pty.keys("BackupJob");
    dashboard.hides("HighCPUUsage");
    dashboard.shows(&["BackupJobFailed"]);
    dashboard.pty.keys("\x1b");
    dashboard.shows(&["HighCPUUsage"]);

    dashboard.pty.keys("z");
    dashboard.hides("Backups");
    dashboard.pty.keys("z");
    dashboard.shows(&["Backups"]);

    dashboard.pty.keys("\r");
    dashboard.shows(&["fingerprint", "Labels"]);
    dashboard.pty.keys("\x1b");
    dashboard.hides("fingerprint");

    dashboard.pty.keys("?");
    dashboard.shows(&["Keys in the alerts pane", "Everywhere"]);
    dashboard.pty.keys("\x1b");

    for size in [(80, 24), (60, 12), (200, 60)] {
        dashboard.pty.resize(size.0, size.1);
        dashboard.shows(&["Alerts"]);
    }
    dashboard.pty.resize(1, 1);
    dashboard.pty.resize(120, 40);
    dashboard.shows(&["Alerts", "Targets", "Logs", "Backups"]);

    dashboard.pty.keys("3");
    dashboard.hides("Backups");
    dashboard.pty.keys("1");
    dashboard.shows(&["Backups"]);

    dashboard.pty.keys("q");
    assert_eq!(dashboard.ends(), 0);
}

#[test]
fn without_a_config_the_demo_lab_is_shown_under_a_banner() {
    let mut dashboard = Plan { command: &[PROGRAM], ..Plan::default() }.start();
    dashboard.shows(&["demo", "wardroom init", "Alerts"]);
    dashboard.pty.keys("q");
    assert_eq!(dashboard.ends(), 0);
    let left: Vec<_> = std::fs::read_dir(dashboard.home.path()).expect("the home").collect();
    assert!(left.is_empty(), "the demo lab wrote into the home directory: {left:?}");
}

#[test]
fn a_broken_config_that_is_read_again_changes_nothing() {
    let home = tempfile::tempdir().expect("a directory");
    let file = home.path().join("wardroom.toml");
    std::fs::write(&file, "[sources.prometheus.gone]\nurl = \"http://127.0.0.1:1\"\n").expect("written");
    let path = file.display().to_string();
    let mut dashboard = Plan { command: &[PROGRAM, "--config", &path], ..Plan::default() }.start();
    dashboard.shows(&["connection refused"]);
    std::fs::write(&file, "[sources.prometheus.gone]\nurll = \"http://127.0.0.1:1\"\n").expect("written");
    dashboard.pty.keys("R");
    dashboard.shows(&[":2:1", "urll"]);
    // A key right behind Escape would be Alt and that key.
    dashboard.pty.keys("\x1b");
    dashboard.hides("urll");
    dashboard.shows(&["connection refused"]);
    dashboard.pty.keys("q");
    assert_eq!(dashboard.ends(), 0);
}

#[test]
fn without_a_terminal_it_says_so() {
    let output = assert_cmd::Command::new(PROGRAM).arg("--demo").output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("terminal") && said.contains("wardroom check"), "{said}");
    assert!(output.stdout.is_empty());
}

#[test]
fn it_works_inside_tmux() {
    let tmux = |arguments: &[&str]| {
        let socket = format!("wardroom-{}", std::process::id());
        std::process::Command::new("tmux").args(["-L", &socket, "-f", "/dev/null"]).args(arguments).output()
    };
    let started = tmux(&["new-session", "-d", "-x", "120", "-y", "40", PROGRAM, "--demo=host-down"]);
    let Ok(started) = started else {
        let _said = writeln!(std::io::stderr(), "left out: tmux is not installed");
        return;
    };
    assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
    let screen = || {
        let shown = tmux(&["capture-pane", "-p"]).expect("tmux runs");
        String::from_utf8_lossy(&shown.stdout).into_owned()
    };
    until("tmux shows the bridge", crate::lab::LIMIT, || {
        let screen = screen();
        if FILLED.iter().all(|text| screen.contains(text)) { Ok(()) } else { Err(screen) }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
    tmux(&["send-keys", "q"]).expect("tmux runs");
    until("tmux has nothing left to run", crate::lab::LIMIT, || {
        let left = tmux(&["has-session"]).expect("tmux runs");
        if left.status.success() { Err(screen()) } else { Ok(()) }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
}
