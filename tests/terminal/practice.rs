//! What is done in quiet days, by keys.

use std::process::Command;

use serde_json::Value;

use crate::lab::{LIMIT, PROGRAM, Plan};
use crate::wait::until;
use crate::withheld::{Server, Withheld};

#[test]
fn a_restore_drill_sets_the_date_of_the_next() {
    let server = Server::start(Withheld::Tasks);
    server.go_on();
    let (mut dashboard, place) = server.dashboard();
    let config = place.path().join("wardroom.toml").display().to_string();
    let home = dashboard.home.path().to_owned();
    let drill = || {
        let mut due = Command::new(PROGRAM);
        due.args(["--config", &config, "due", "--within", "100d", "--format", "json"]);
        let output = due.env_clear().env("HOME", &home).output().expect("it runs");
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let mut rows = report["due"].as_array().cloned().unwrap_or_default().into_iter();
        rows.find(|row| row["kind"] == "drill").unwrap_or_else(|| panic!("no drill in {report:#}"))
    };
    assert_eq!(drill()["unknown"], "never tried");

    dashboard.shows(&["vm/100", "media01"]);
    dashboard.pty.keys("x");
    dashboard.shows(&["Actions on vm/100", "note that a restore was tried"]);
    dashboard.pty.keys("G\r");
    dashboard.shows(&["A backup counts as recoverable", "kim"]);
    dashboard.pty.keys("\tbooted as vm 902\r");
    dashboard.shows(&["noted: a restore was tried today"]);
    dashboard.pty.keys("H");
    // A day is whole only in the moment in which it was noted.
    dashboard.shows(&["Horizon", "restore drill", "in 89d"]);

    // The line is written beside the screen.
    until("it is written down", LIMIT, || match drill() {
        row if row["left"].as_f64().is_some_and(|left| (left / 86_400.0 - 90.0).abs() < 0.1) => Ok(()),
        row => Err(format!("{row:#}")),
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
    dashboard.pty.keys("q");
    assert_eq!(dashboard.ends(), 0);
}

#[test]
fn a_restore_that_is_followed_to_its_end_sets_date_and_duration() {
    let server = Server::start(Withheld::Tasks);
    server.go_on();
    let place = tempfile::tempdir().expect("a directory");
    let book = place.path().join("book.md");
    let text = "# Runbook\n\n### Recovering VM from Backup\n\n**Scenario:** it is lost\n\n#### Steps\n\n\
                1. Restore it\n2. Start it\n\n#### Verification\n\n- [ ] It answers\n- [ ] Its data are there\n";
    std::fs::write(&book, text).expect("a runbook");
    let more = format!(
        "[runbooks]\nfiles = [{:?}]\n[runbooks.subjects]\n\"backup\" = [\"Recovering VM from Backup\"]\n",
        book.display().to_string()
    );
    let (mut dashboard, place) = server.dashboard_with(place, &more);
    let home = dashboard.home.path().to_owned();
    dashboard.shows(&["vm/100", "media01"]);
    dashboard.pty.keys("r");
    dashboard.shows(&["Recovering VM from Backup", "It answers"]);
    // What is ticked gives way to the next.
    dashboard.pty.keys("mmmm");
    dashboard.shows(&["restore drill of vm/100: verified after"]);
    let kept = home.join(".local/state/wardroom/drills.jsonl");
    let drill: Value = until("it is written down", LIMIT, || {
        let text = std::fs::read_to_string(&kept).map_err(|error| error.to_string())?;
        serde_json::from_str(text.trim()).map_err(|error| format!("{error}: {text}"))
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
    assert_eq!((&drill["group"]["id"], &drill["by"]), (&"100".into(), &"kim".into()), "{drill:#}");
    assert!(drill["took"].as_u64().is_some_and(|took| took < 600), "it was measured: {drill:#}");
    assert_eq!(drill["note"], "Recovering VM from Backup");
    dashboard.pty.keys("q");
    assert_eq!(dashboard.ends(), 0);
    drop(place);
}

#[test]
fn maintenance_is_planned_seen_and_ended_by_keys() {
    for size in [(80, 24), (200, 60)] {
        let command = [PROGRAM, "--demo=calm"];
        let mut dashboard = Plan { command: &command, size, ..Plan::default() }.start();
        dashboard.shows(&["all is well"]);
        dashboard.pty.keys("m");
        dashboard.shows(&["plan one"]);
        dashboard.pty.keys("\r");
        dashboard.shows(&["Plan maintenance", "Nothing is written yet"]);
        dashboard.pty.keys("new disks");
        dashboard.shows(&["new disks"]);
        dashboard.pty.keys("\t\t\tpbs.home\r");
        dashboard.shows(&["one that carries it", "pbs.home"]);
        dashboard.pty.keys("\r");
        // Every wardroom on the cluster knows it from Alertmanager.
        dashboard.shows(&["maintenance new disks"]);
        // What asked hears of it by another way, and until then takes every key.
        dashboard.hides("one that carries it");
        dashboard.pty.keys("m");
        dashboard.shows(&["pbs.home answers"]);
        dashboard.pty.keys("\r");
        dashboard.shows(&["All is measured to be back"]);
        dashboard.pty.keys("\r");
        dashboard.hides("maintenance new disks");
        dashboard.hides("End maintenance");
        dashboard.pty.keys("q");
        assert_eq!(dashboard.ends(), 0);
    }
}

#[test]
fn a_routine_is_worked_through_by_keys_and_has_its_date() {
    let server = Server::start(Withheld::Tasks);
    server.go_on();
    let (mut dashboard, place) = server.dashboard();
    let home = dashboard.home.path().to_owned();
    dashboard.shows(&["vm/100", "media01"]);
    dashboard.pty.keys("H");
    dashboard.shows(&["routine daily", "now"]);
    dashboard.pty.keys("/routine daily\r");
    dashboard.shows(&["1 of 1"]);
    dashboard.pty.keys("\r");
    dashboard.shows(&["Routine daily", "key services answer"]);
    dashboard.pty.keys("G\r");
    dashboard.shows(&["A routine was worked through", "kim"]);
    dashboard.pty.keys("\tall quiet");
    dashboard.shows(&["all quiet"]);
    dashboard.pty.keys("\r");
    dashboard.shows(&["noted: routine daily was worked through"]);
    let kept = home.join(".local/state/wardroom/routines.jsonl");
    let done: Value = until("it is written down", LIMIT, || {
        let text = std::fs::read_to_string(&kept).map_err(|error| error.to_string())?;
        serde_json::from_str(text.trim()).map_err(|error| format!("{error}: {text}"))
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
    assert_eq!(
        (&done["routine"], &done["by"], &done["note"]),
        (&"daily".into(), &"kim".into(), &"all quiet".into())
    );
    dashboard.pty.keys("q");
    assert_eq!(dashboard.ends(), 0);
    drop(place);
}
