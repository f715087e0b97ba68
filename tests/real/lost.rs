//! A Prometheus that is killed, or hangs, under the running dashboard.

use std::time::Duration;

use rustix::process::Signal;

use crate::program::Program;
use crate::pty::Pty;
use crate::shared;
use crate::stack::wait::{throughout, until};
use crate::stack::{PASSWORD, Part, Stack, USER};

/// What the verdict says when everything is measured and good.
const GREEN: &str = "all is well";
/// Two intervals of a second, and a second until the screen shows it.
const NOTICED: Duration = Duration::from_millis(3_500);
/// The server's start, a target's first scrape and the program's longest pause between two tries.
const RECOVERED: Duration = Duration::from_mins(1);

/// The dashboard on a Prometheus that knows one target, itself, and no trouble.
fn calm(stack: &Stack) -> Pty {
    let config = format!(
        "[sources.prometheus.main]\nurl = {:?}\nusername = {USER:?}\npassword = {PASSWORD:?}\nca_file = \"{}\"\n\
         interval = \"1s\"\ntimeout = \"1s\"\n",
        stack.secure_prometheus(),
        stack.authority_file().display(),
    );
    let pty = Program::new(&config).dashboard((100, 30));
    wait_green(&pty, "at first");
    pty
}

fn wait_green(pty: &Pty, when: &str) {
    until("the dashboard is green", RECOVERED, || {
        let screen = pty.screen();
        if screen.contains(GREEN) { Ok(()) } else { Err(format!("{when}:\n{screen}")) }
    })
    .expect("a healthy server is green");
}

/// Waits until nothing is green any more, then looks whether it stays so for `span`.
fn expect_stale(pty: &Pty, span: Duration) {
    until("what was heard turns stale", NOTICED, || {
        let screen = pty.screen();
        if screen.contains(GREEN) { Err(screen) } else { Ok(()) }
    })
    .expect("within two intervals nothing is green");
    throughout(span, || {
        let screen = pty.screen();
        let badge = screen.lines().nth(1).unwrap_or_default();
        let is_green = screen.contains(GREEN) || !badge.contains("prom") || badge.contains("prom ●");
        if is_green { Err(screen) } else { Ok(()) }
    })
    .expect("nothing is green while the server is lost");
}

#[test]
fn a_killed_prometheus_is_never_green_and_recovers() {
    let Some(mut stack) = shared::own("a killed Prometheus", &[Part::SecurePrometheus]) else { return };
    let pty = calm(&stack);
    stack.process("prometheus-secure").expect("it runs").kill();
    expect_stale(&pty, Duration::from_secs(3));
    stack.restart("prometheus-secure").expect("it starts again");
    wait_green(&pty, "after the restart");
}

#[test]
fn a_hanging_prometheus_is_never_green_and_recovers() {
    let Some(mut stack) = shared::own("a hanging Prometheus", &[Part::SecurePrometheus]) else { return };
    let pty = calm(&stack);
    stack.process("prometheus-secure").expect("it runs").signal(Signal::STOP);
    expect_stale(&pty, Duration::from_secs(3));
    stack.process("prometheus-secure").expect("it hangs").signal(Signal::CONT);
    wait_green(&pty, "after it goes on");
}
