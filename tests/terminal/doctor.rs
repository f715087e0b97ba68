//! `wardroom doctor` asks the terminal what it can do, and leaves it as it was.

use rstest::rstest;

use crate::lab::{FILLED, PROGRAM, Plan};
use crate::pty::Answers;

#[rstest]
#[case::ordinary(Answers::Given, &["answers: yes, without its name", "signs: it does not say", "clipboard: it does not"])]
#[case::babbling(Answers::Strange, &["synchronized output: a frame appears at once"])]
#[case::silent(Answers::Withheld, &["it does not answer"])]
fn what_a_terminal_answers_is_told(#[case] answers: Answers, #[case] told: &[&str]) {
    let command = [PROGRAM, "doctor", "--demo"];
    let mut doctor = Plan { command: &command, answers, size: (100, 60), ..Plan::default() }.start();
    assert_eq!(doctor.ends(), 0);
    doctor.shows(told);
    let mut other = Plan { command: &["/bin/true"], ..Plan::default() }.start();
    assert_eq!(other.ends(), 0);
    assert_eq!(doctor.pty.line_settings(), other.pty.line_settings());
    // What was answered is not left on the screen.
    assert!(!doctor.pty.screen().contains("^[["), "{}", doctor.pty.screen());
}

#[test]
fn what_a_dashboard_costs_is_counted_while_it_runs() {
    let dashboard = Plan::default().start();
    dashboard.shows(&FILLED);
    let mut doctor =
        Plan { command: &[PROGRAM, "doctor", "--demo"], size: (100, 80), ..Plan::default() }.start();
    assert_eq!(doctor.ends(), 0);
    doctor.shows(&[
        "dashboards that run here",
        &format!("process {}: ", dashboard.pty.pid()),
        "wake-ups a second",
    ]);
}
