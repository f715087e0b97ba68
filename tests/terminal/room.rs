//! A state directory on a disk that is full, or that may not be written: the dashboard is shown, says
//! what it could not keep, and leaves the terminal as it was.

use std::io::Write as _;
use std::process::Command;

use rstest::rstest;

use crate::lab::{Dashboard, PROGRAM, Plan};
use crate::withheld::{Server, Withheld};

/// A file system of its own, in which the rest is run; whoever has no rights on the machine may have
/// such a one.
const OWN: [&str; 5] = ["unshare", "--user", "--map-root-user", "--mount", "sh"];

/// Fills what there is of room.
const FULL: &str = "head -c 1000000 /dev/zero > \"$state/filled\" 2>/dev/null";

/// Lets nobody write.
const SHUT: &str = "mount -o remount,ro \"$state\"";

/// What is done to the state directory: it becomes a small file system, and that is spoilt.
fn script(spoil: &str, rest: &str) -> String {
    format!(
        "state=$HOME/.local/state; mkdir -p \"$state\" && mount -t tmpfs -o size=128k,mode=700 tmpfs \"$state\" || exit 9\n\
         mkdir -m 700 \"$state/wardroom\"; {spoil}\n{rest}"
    )
}

/// Whether such a file system can be had; a word to whoever runs the tests if not.
fn can_mount() -> bool {
    let home = tempfile::tempdir().expect("a directory");
    let mut tried = Command::new(OWN[0]);
    tried.args(&OWN[1..]).args(["-c", &script("true", "true")]).env("HOME", home.path());
    let can = tried.status().is_ok_and(|status| status.success());
    if !can {
        // Not by a macro, whose words the test harness would keep to itself.
        let _said = writeln!(std::io::stderr(), "left out: no file system can be mounted here");
    }
    can
}

/// The dashboard on a server, at home on a spoilt disk.
fn dashboard(spoil: &str, server: &Server) -> (Dashboard, tempfile::TempDir) {
    let (place, config) = server.config();
    let rest = format!("exec {PROGRAM} --config {config} --view backups");
    let script = script(spoil, &rest);
    let command = [&OWN[..], &["-c", &script]].concat();
    (Plan { command: &command, ..Plan::default() }.start(), place)
}

#[rstest]
#[case::full(FULL)]
#[case::read_only(SHUT)]
fn a_disk_without_room_is_told_and_survived(#[case] spoil: &str) {
    if !can_mount() {
        return;
    }
    let server = Server::start(Withheld::Tasks);
    server.go_on();
    let (mut dashboard, _place) = dashboard(spoil, &server);
    dashboard.shows(&["vm/100", "media01"]);
    // What the operator notes is not taken for kept.
    dashboard.pty.keys("x");
    dashboard.shows(&["Actions on vm/100"]);
    dashboard.pty.keys("G\r");
    dashboard.shows(&["A backup counts as recoverable"]);
    dashboard.pty.keys("\tbooted as vm 902\r");
    dashboard.shows(&["not written down"]);
    // Keys go on, and so does the screen.
    for (key, text) in [("3", "Targets"), ("5", "Datastores"), ("J", "ournal")] {
        dashboard.pty.keys(key);
        dashboard.shows(&[text]);
    }
    dashboard.pty.keys("\u{1b}");
    dashboard.shows(&["Datastores"]);
    dashboard.pty.keys("q");
    assert_eq!(dashboard.ends(), 0);
}

/// The commands without a screen do their work too.
#[rstest]
#[case::full(FULL)]
#[case::read_only(SHUT)]
fn commands_do_their_work_without_room(#[case] spoil: &str) {
    if !can_mount() {
        return;
    }
    let server = Server::start(Withheld::Tasks);
    server.go_on();
    let (place, config) = server.config();
    for rest in [
        "check --only backups --timeout 20s",
        "backups --format json",
        "status --timeout 20s",
        "journal",
        "digest --since 1h",
        "due --within 14d",
        "doctor",
    ] {
        let rest = format!("exec {PROGRAM} --config {config} {rest}");
        let mut command = Command::new(OWN[0]);
        command.args(&OWN[1..]).args(["-c", &script(spoil, &rest)]);
        command.env_clear().env("HOME", place.path()).env("PATH", "/usr/bin:/bin");
        let output = command.output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code().is_some_and(|code| code <= 3), "{rest}: {:?} {said}", output.status);
        assert!(!said.contains("panicked"), "{rest}: {said}");
        assert!(
            !output.stdout.is_empty() || !said.is_empty() || rest.contains("journal"),
            "{rest} says nothing"
        );
    }
}
