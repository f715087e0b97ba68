//! What is done in quiet days, by keys.

use std::process::Command;

use serde_json::Value;

use crate::lab::{LIMIT, PROGRAM};
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
