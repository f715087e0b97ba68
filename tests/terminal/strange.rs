//! Terminals and machines that are not as one would wish.

use rstest::rstest;

use crate::lab::{FILLED, Plan};
use crate::pty::Answers;
use crate::pty::escapes::foreign;

#[rstest]
#[case::silent(Answers::Withheld)]
#[case::babbling(Answers::Strange)]
fn answers_never_reach_the_keymap(#[case] answers: Answers) {
    let mut dashboard = Plan { answers, ..Plan::default() }.start();
    dashboard.shows(&FILLED);
    // A key of an answer would have opened or changed something: the bridge is as it was.
    dashboard.pty.keys("j");
    dashboard.shows(&["Alerts", "Targets", "Logs", "Backups"]);
    dashboard.pty.keys("2");
    dashboard.hides("Targets");
    assert_eq!(foreign(&dashboard.pty.bytes()), Ok(()));
    dashboard.pty.keys("q");
    assert_eq!(dashboard.ends(), 0);
}

#[test]
fn no_certificate_on_the_machine_is_no_trouble() {
    let env = [("SSL_CERT_FILE", "/nonexistent"), ("SSL_CERT_DIR", "/nonexistent")];
    let mut dashboard = Plan { env: &env, ..Plan::default() }.start();
    dashboard.shows(&FILLED);
    dashboard.pty.keys("q");
    assert_eq!(dashboard.ends(), 0);
}

#[rstest]
#[case::linux("linux")]
#[case::screen("screen-256color")]
#[case::dumb("dumb")]
fn it_starts_in_other_terminals(#[case] term: &str) {
    let mut dashboard = Plan { env: &[("TERM", term)], size: (80, 24), ..Plan::default() }.start();
    dashboard.shows(&["Alerts", "Backups"]);
    dashboard.pty.keys("q");
    assert_eq!(dashboard.ends(), 0);
}
