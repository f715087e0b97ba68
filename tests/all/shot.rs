//! Pictures: the same bytes every time, nothing left behind, and those of `screenshots` are current.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use rstest::rstest;
use tempfile::TempDir;

/// The program with an empty home.
fn wardroom(home: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wardroom"));
    command.env_clear().env("HOME", home.path());
    command
}

fn home() -> TempDir {
    tempfile::tempdir().expect("a home directory")
}

/// What a shot prints.
fn shot(home: &TempDir, arguments: &[&str]) -> String {
    let output = wardroom(home).arg("shot").args(arguments).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", output.status);
    String::from_utf8(output.stdout).expect("text")
}

#[rstest]
fn what_the_system_chooses_is_in_no_picture(
    #[values("chain", "probes")] view: &str,
    #[values("60x12", "80x24", "120x40")] size: &str,
) {
    let home = home();
    let arguments = ["--demo=chain-broken", "--view", view, "--size", size];
    assert_eq!(shot(&home, &arguments), shot(&home, &arguments));
    let keys = ["--demo=host-down", "--view", "alerts", "--size", size, "--keys", "r<wait><enter><wait>"];
    let trust = shot(&home, &keys);
    assert!(trust.contains("Trust this runbook?"), "{trust}");
    assert_eq!(trust, shot(&home, &keys));
}

#[rstest]
fn two_pictures_of_a_scenario_are_the_same_bytes(
    #[values("calm", "host-down", "backup-late", "storm", "chain-broken")] scenario: &str,
    #[values("80x24", "120x40")] size: &str,
) {
    let home = home();
    let demo = format!("--demo={scenario}");
    let arguments = [demo.as_str(), "--size", size, "--format", "ansi"];
    let picture = shot(&home, &arguments);
    assert_eq!(picture, shot(&home, &arguments));
    assert!(picture.contains("Alerts") && picture.contains(scenario), "{picture}");
    let left: Vec<_> = std::fs::read_dir(home.path()).expect("the home").collect();
    assert!(left.is_empty(), "it wrote into the home directory: {left:?}");
}

#[test]
fn keys_are_pressed_before_the_picture() {
    let home = home();
    let detail = shot(&home, &["--demo=host-down", "--view", "alerts", "--keys", "j<enter><wait>"]);
    assert!(detail.contains("fingerprint") && detail.contains("HostDown"), "{detail}");
    let filtered = shot(&home, &["--demo=host-down", "--keys", "/BackupJob<enter>"]);
    assert!(!filtered.contains("HighCPUUsage"), "{filtered}");
}

#[test]
fn a_wrong_wish_is_told_with_what_there_is() {
    let home = home();
    for (arguments, told) in [
        (["--demo=clam", "--size", "80x24"], "calm"),
        (["--demo", "--view", "brigde"], "bridge"),
        (["--demo", "--keys", "<entr>"], "entr"),
        (["--demo", "--size", "80"], "120x40"),
    ] {
        let output = wardroom(&home).arg("shot").args(arguments).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(told), "{arguments:?}: {said}");
    }
}

#[rstest]
fn who_watches_each_guest_is_seen_at_every_size(#[values("60x12", "80x24", "120x40")] size: &str) {
    let arguments = ["--demo=backup-late", "--view", "coverage", "--size", size, "--format", "text"];
    let picture = shot(&home(), &arguments);
    assert!(picture.contains("Coverage") && picture.contains("with gaps"), "{picture}");
    let row = picture
        .lines()
        .find(|line| line.contains("playground") && line.contains(" no "))
        .expect("the guest nobody watches");
    assert!(row.contains("vm/240") && row.matches(" no ").count() >= 3, "{row}");
}

/// The pictures that `screenshots/make` makes: name and arguments.
fn recipes() -> Vec<(String, Vec<String>)> {
    let make = std::fs::read_to_string(directory().join("make")).expect("the recipes");
    let lines = make.lines().filter_map(|line| line.strip_prefix("picture "));
    let words = lines.map(|line| line.split_whitespace().map(|word| word.trim_matches('\'').to_owned()));
    words.map(|mut words| (words.next().expect("a name"), words.collect())).collect()
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots")
}

#[test]
fn the_pictures_in_screenshots_are_current() {
    let home = home();
    let recipes = recipes();
    assert!(recipes.len() >= 5, "{recipes:?}");
    for (name, arguments) in recipes {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(["--format", "svg"]).collect();
        let kept = std::fs::read_to_string(directory().join(format!("{name}.svg"))).expect("a picture");
        let drawn = shot(&home, &arguments);
        assert!(kept == drawn, "screenshots/{name}.svg is old: run screenshots/make");
    }
}
