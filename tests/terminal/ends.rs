//! However it ends, the terminal is as it was.

use rstest::rstest;
use rustix::process::{Pid, Signal, kill_process};

use crate::lab::{Dashboard, FILLED, PROGRAM, Plan};
use crate::modes;
use crate::wait::until;

/// A dashboard that runs, and the line settings from before.
fn running(env: &[(&str, &str)]) -> (Dashboard, String) {
    let plain = Plan { command: &["/bin/sh", "-c", "true"], ..Plan::default() }.start();
    let before = plain.pty.line_settings();
    let dashboard = Plan { env, ..Plan::default() }.start();
    (dashboard, before)
}

fn assert_restored(dashboard: &Dashboard, before: &str) {
    // The last bytes may still be on their way from the kernel.
    until("the modes are as before", crate::lab::LIMIT, || {
        let on = modes::after(&dashboard.pty.bytes());
        if on == modes::at_rest() { Ok(()) } else { Err(format!("{on:?}")) }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
    assert_eq!(dashboard.pty.line_settings(), before);
}

#[test]
fn after_quit() {
    let (mut dashboard, before) = running(&[]);
    dashboard.shows(&FILLED);
    assert_ne!(dashboard.pty.line_settings(), before, "it runs in raw mode");
    assert!(modes::after(&dashboard.pty.bytes()).contains(&1049), "on the alternate screen");
    dashboard.pty.keys("q");
    assert_eq!(dashboard.ends(), 0);
    assert_restored(&dashboard, &before);
}

#[rstest]
#[case::term(Signal::TERM)]
#[case::hup(Signal::HUP)]
#[case::int(Signal::INT)]
fn after_a_signal(#[case] signal: Signal) {
    let (mut dashboard, before) = running(&[]);
    dashboard.shows(&FILLED);
    let pid = Pid::from_raw(dashboard.pty.pid().cast_signed()).expect("a process");
    kill_process(pid, signal).expect("it can be sent a signal");
    dashboard.ends();
    assert_restored(&dashboard, &before);
}

#[test]
fn after_a_panic() {
    let (mut dashboard, before) = running(&[("WARDROOM_PANIC", "loop")]);
    assert_ne!(dashboard.ends(), 0);
    assert_restored(&dashboard, &before);
    let screen = dashboard.pty.screen();
    assert!(screen.contains("WARDROOM_PANIC"), "the report is on the ordinary screen:\n{screen}");
}

#[test]
fn after_a_signal_that_the_loop_does_not_hear() {
    let (mut dashboard, before) = running(&[("WARDROOM_PANIC", "hang")]);
    dashboard.shows(&["Alerts"]);
    let pid = Pid::from_raw(dashboard.pty.pid().cast_signed()).expect("a process");
    kill_process(pid, Signal::TERM).expect("it can be sent a signal");
    assert_eq!(dashboard.ends(), 128 + 15);
    assert_restored(&dashboard, &before);
}

/// Waits until it has taken the terminal so many times.
fn is_back(dashboard: &Dashboard, times: usize) {
    until("it is back", crate::lab::LIMIT, || {
        let bytes = dashboard.pty.bytes();
        match bytes.windows(8).filter(|window| window == b"\x1b[?1049h").count() {
            taken if taken == times => Ok(()),
            taken => Err(format!("taken {taken} times, not {times}; its threads:\n{}", threads(dashboard))),
        }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
}

/// What each thread waits for, as the kernel tells it.
fn threads(dashboard: &Dashboard) -> String {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{}/task", dashboard.pty.pid())) else {
        return "it has ended".to_owned();
    };
    let told = |task: &std::fs::DirEntry, what: &str| {
        std::fs::read_to_string(task.path().join(what)).unwrap_or_default().trim().to_owned()
    };
    tasks
        .flatten()
        .map(|task| {
            let status = told(&task, "status");
            let line = |name: &str| {
                status.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned()
            };
            let (state, pending, caught) = (line("State"), line("ShdPnd"), line("SigCgt"));
            format!(
                "{} {} {} {state} {pending} {caught}",
                told(&task, "comm"),
                told(&task, "wchan"),
                told(&task, "syscall")
            )
        })
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn after_being_stopped_from_outside() {
    let (mut dashboard, before) = running(&[]);
    dashboard.shows(&FILLED);
    let pid = Pid::from_raw(dashboard.pty.pid().cast_signed()).expect("a process");
    // Nobody could wake it up again here, so it goes on.
    kill_process(pid, Signal::TSTP).expect("it can be sent a signal");
    is_back(&dashboard, 2);
    // Nobody asks it about this one; when it goes on, somebody else may have had the terminal.
    kill_process(pid, Signal::STOP).expect("it can be sent a signal");
    kill_process(pid, Signal::CONT).expect("it can be sent a signal");
    is_back(&dashboard, 3);
    dashboard.shows(&FILLED);
    dashboard.pty.keys("q");
    assert_eq!(dashboard.ends(), 0);
    assert_restored(&dashboard, &before);
}

/// In a container whose processes have a session leader outside of it, that leader has no number.
#[test]
#[expect(clippy::print_stderr, reason = "a test that was left out is not one that passed")]
fn after_being_stopped_in_a_container() {
    const CONTAINER: [&str; 6] = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"];
    let [unshare, options @ ..] = CONTAINER;
    let tried = std::process::Command::new(unshare).args(options).arg("true").status();
    if !tried.is_ok_and(|status| status.success()) {
        eprintln!("left out: no container can be made here");
        return;
    }
    let inside = format!("{PROGRAM} --demo=host-down; exit $?");
    let command = [&CONTAINER[..], &["sh", "-c", &inside]].concat();
    let mut dashboard = Plan { command: &command, ..Plan::default() }.start();
    dashboard.shows(&FILLED);
    let child = |pid: u32| -> u32 {
        let children =
            std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        children.trim().parse().expect("one child")
    };
    let pid = child(child(dashboard.pty.pid()));
    let pid = Pid::from_raw(pid.cast_signed()).expect("a process");
    kill_process(pid, Signal::TSTP).expect("it can be sent a signal");
    is_back(&dashboard, 2);
    dashboard.pty.keys("q");
    assert_eq!(dashboard.ends(), 0);
}

#[test]
fn after_ctrl_z_and_fg() {
    let plan = Plan { command: &["/bin/bash", "--norc", "--noprofile", "-i"], ..Plan::default() };
    let mut dashboard = plan.start();
    dashboard.pty.keys("PS1='ready> '\r");
    dashboard.shows(&["\nready> "]);
    dashboard.pty.keys(&format!("{PROGRAM} --demo=host-down\r"));
    dashboard.shows(&FILLED);
    for _ in 0..2 {
        dashboard.pty.keys("\x1a");
        dashboard.shows(&["Stopped"]);
        assert_eq!(
            modes::after(&dashboard.pty.bytes()).difference(&[2004].into()).count(),
            1,
            "only the cursor"
        );
        dashboard.pty.keys("fg\r");
        dashboard.shows(&FILLED);
    }
    dashboard.pty.keys("q");
    dashboard.hides("Targets");
    dashboard.pty.keys("exit\r");
    dashboard.ends();
}
