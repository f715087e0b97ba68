//! `wardroom check --on-change`: somebody is told of a change once, without a shell; and the units that
//! run it by the clock.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use wardroom::cli::Cli;

use crate::check::{complained, home, run, wardroom};

/// A program that notes what it was given, a line each.
fn note(home: &Path) -> (PathBuf, PathBuf) {
    let (program, notes) = (home.join("tell"), home.join("notes"));
    let script = format!("#!/bin/sh\nprintf '%s|' \"$@\" >> {0}\nhead -n 1 >> {0}\n", notes.display());
    fs::write(&program, script).expect("a program");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).expect("it may run");
    (program, notes)
}

fn lines(notes: &Path) -> Vec<String> {
    fs::read_to_string(notes).unwrap_or_default().lines().map(str::to_owned).collect()
}

#[test]
fn a_change_is_told_once_and_nothing_is_a_shell() {
    let home = home();
    let (program, notes) = note(home.path());
    let state = home.path().join("state").display().to_string();
    let look = |demo: &str, rate: &str| {
        let program = program.display().to_string();
        let told = ["--exec", &program, "-x", "{before}>{state}", "$(id) {text}"];
        let check = ["check", "--timeout", "60s", demo, "--rate", rate, "--on-change", &state];
        run(home.path(), &[&check[..], &told[..]].concat())
    };
    let output = look("--demo=storm", "1h");
    assert_eq!(output.status.code(), Some(2), "{}", complained(&output));
    let told = lines(&notes);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("-x|ok>critical|$(id) "), "{told:?}");
    assert!(told[0].to_lowercase().contains("critical"), "the report is its input: {told:?}");
    look("--demo=storm", "1h");
    assert_eq!(lines(&notes).len(), 1, "it is as it was");
    look("--demo=calm", "1h");
    assert_eq!(lines(&notes).len(), 1, "too soon after the last");
    look("--demo=calm", "0s");
    let told = lines(&notes);
    assert!(told.len() == 2 && told[1].starts_with("-x|critical>ok|"), "what was put off is told: {told:?}");
    look("--demo=calm", "0s");
    assert_eq!(lines(&notes).len(), 2);
}

#[test]
fn one_state_is_told_of_and_a_failure_is_said_and_tried_again() {
    let home = home();
    let (program, notes) = note(home.path());
    let program = program.display().to_string();
    let look = |demo: &str, program: &str| {
        let check = ["check", "--timeout", "60s", demo, "--rate", "0s", "--on-change", "critical", "--exec"];
        // What was told of a lab is kept among temporary files: these go with the home.
        let mut command = wardroom(home.path(), &[&check[..], &[program, "{state}"]].concat());
        command.env("TMPDIR", home.path()).output().expect("it runs")
    };
    look("--demo=calm", &program);
    assert_eq!(lines(&notes).len(), 0);
    let output = look("--demo=storm", "/nowhere/at/all");
    assert!(complained(&output).contains("/nowhere/at/all cannot be run"), "{}", complained(&output));
    assert_eq!(output.status.code(), Some(2), "the verdict is the exit status all the same");
    look("--demo=storm", &program);
    assert_eq!(lines(&notes).len(), 1, "tried again");
    look("--demo=calm", &program);
    look("--demo=storm", &program);
    assert_eq!(lines(&notes).len(), 2, "it became critical again");
    let wrong = run(home.path(), &["check", "--on-change", "critical", "--demo"]);
    assert_eq!(wrong.status.code(), Some(3), "{}", complained(&wrong));
}

#[test]
fn every_unit_runs_a_command_that_there_is() {
    let units = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/systemd");
    let mut services = 0;
    for unit in fs::read_dir(units).expect("the units").flatten() {
        let path = unit.path();
        let text = fs::read_to_string(&path).expect("a unit");
        if path.extension().is_some_and(|kind| kind == "timer") {
            assert!(text.contains("OnCalendar=") && path.with_extension("service").exists(), "{path:?}");
            continue;
        }
        services += 1;
        let line = text.lines().find_map(|line| line.strip_prefix("ExecStart=")).expect("what is run");
        let words = line.split_whitespace().map(|word| word.trim_start_matches("/usr/bin/"));
        Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    }
    assert_eq!(services, 4, "check, reap, digest, due");
}
