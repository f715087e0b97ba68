//! The dashboard at the other end of ssh, when that end is lost: the line is cut, or the daemon's side of
//! it. It hears the hang-up and the end of its terminal, and is gone in bounded time.

use std::fs;
use std::time::Duration;

use rstest::rstest;
use rustix::process::{Pid, Signal, kill_process};

use crate::heard::alive;
use crate::pty::{Answers, Pty, Setup};
use crate::sshd::Sshd;
use crate::stack::wait::until;

const PROGRAM: &str = env!("CARGO_BIN_EXE_wardroom");

/// The dashboard comes and goes within this.
const LIMIT: Duration = Duration::from_mins(1);

/// What happens to the client on this side.
#[rstest]
#[case::killed(Signal::KILL)]
#[case::its_own_terminal_hung_up(Signal::HUP)]
fn a_lost_line_ends_the_dashboard_at_the_other_end(#[case] signal: Signal) {
    let Some(daemon) = Sshd::start("a lost line") else { return };
    // Whoever the daemon runs as may not be able to look where this program lies.
    let program = daemon.home().join(format!("wardroom-{}", signal.as_raw()));
    fs::copy(PROGRAM, &program).expect("a copy of the program");
    let program = program.display().to_string();
    let ssh = daemon.bin().join("ssh").display().to_string();
    let place = tempfile::tempdir().expect("a directory");
    let command = [ssh.as_str(), "-tt", "far", &format!("exec {program} --demo=host-down")];
    let setup =
        Setup { command: &command, home: place.path(), size: (120, 40), env: &[], answers: Answers::Given };
    let pty = Pty::open(&setup);
    until("the lab is shown", LIMIT, || {
        if pty.screen().contains("HostDown") { Ok(()) } else { Err(pty.screen()) }
    })
    .unwrap_or_else(|reason| panic!("{reason}\n{}", daemon.last_words()));
    let is_dashboard = |line: &&String| line.starts_with(&program);
    assert_eq!(alive(&program).iter().filter(is_dashboard).count(), 1, "it runs at the other end");
    let client = Pid::from_raw(pty.pid().cast_signed()).expect("a process");
    kill_process(client, signal).expect("the client is there");
    until("the dashboard is gone", LIMIT, || {
        let left = alive(&program);
        if left.iter().any(|line| line.starts_with(&program)) { Err(format!("{left:?}")) } else { Ok(()) }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
}
