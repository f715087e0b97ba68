//! A terminal that goes away under the dashboard, or takes nothing any more: the dashboard ends, in
//! bounded time.

use std::fs;
use std::io::{Read as _, Write};
use std::sync::mpsc;
use std::thread;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::lab::{LIMIT, PROGRAM};
use crate::wait::until;

/// A dashboard whose terminal can be closed, which one that somebody goes on reading from cannot.
struct Alone {
    child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    home: TempDir,
}

impl Alone {
    /// Starts it, and reads until it shows the lab.
    fn start() -> Self {
        let home = tempfile::Builder::new().prefix("wardroom-home-").tempdir().expect("a home directory");
        let size = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo terminal");
        let mut command = CommandBuilder::new(PROGRAM);
        command.args(["--demo=host-down"]);
        command.env_clear();
        for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("PATH", "/usr/bin:/bin")] {
            command.env(name, value);
        }
        command.env("HOME", home.path());
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().expect("a terminal shows something");
        let (told, shown) = mpsc::channel();
        thread::spawn(move || {
            let (mut screen, mut buffer) = (vt100::Parser::new(40, 120, 0), [0; 16 << 10]);
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                screen.process(buffer.get(..count).unwrap_or_default());
                if screen.screen().contents().contains("HostDown") {
                    break;
                }
            }
            // From here on nobody reads.
            drop(output);
            let _nobody_waits = told.send(());
        });
        shown.recv_timeout(LIMIT).expect("it shows the lab");
        Self { child, master: Some(pair.master), home }
    }

    fn is_over(&mut self) {
        until("the program ends", LIMIT, || match self.child.try_wait() {
            Ok(Some(_)) => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .unwrap_or_else(|reason| panic!("{reason}"));
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// The numbers of the calls that write, where they are known.
const WRITES: [&str; 2] = if cfg!(target_arch = "x86_64") { ["1", "20"] } else { ["64", "66"] };

/// The write to a terminal in which a thread of the process stands still, with its arguments.
fn write_of(pid: Pid) -> Option<String> {
    let process = format!("/proc/{}", pid.as_raw_nonzero());
    let threads = fs::read_dir(format!("{process}/task")).ok()?.flatten();
    let calls = threads.filter_map(|thread| fs::read_to_string(thread.path().join("syscall")).ok());
    calls.into_iter().find(|call| {
        let mut words = call.split_whitespace();
        let is_write = words.next().is_some_and(|number| WRITES.contains(&number));
        let file = words.next().and_then(|file| u32::from_str_radix(file.trim_start_matches("0x"), 16).ok());
        let goes_to = file.and_then(|file| fs::read_link(format!("{process}/fd/{file}")).ok());
        is_write && goes_to.is_some_and(|file| file.starts_with("/dev/pts") || file.starts_with("/dev/tty"))
    })
}

/// Looks at one view after the other until the process gets no further: what is written to a terminal
/// that nobody reads from stays there up to some kilobytes. Two looks find it in the same write.
fn get_stuck(pid: Pid, mut keys: impl Write) -> Result<(), String> {
    let mut before = None;
    let mut views = [b"1", b"3", b"5", b"2"].into_iter().cycle();
    until("the terminal takes nothing more", LIMIT, || {
        let key = views.next().expect("a circle has no end");
        keys.write_all(key).expect("it is typed");
        let write = write_of(pid);
        let is_same = write.is_some() && write == before;
        before = write;
        if is_same { Ok(()) } else { Err(format!("{before:?}")) }
    })
}

#[test]
fn a_terminal_that_is_closed_ends_it() {
    let mut dashboard = Alone::start();
    drop(dashboard.master.take());
    dashboard.is_over();
    let left: Vec<_> = fs::read_dir(dashboard.home.path()).expect("the home").collect();
    assert!(left.is_empty(), "the demo lab wrote into the home directory: {left:?}");
}

#[test]
fn a_terminal_that_takes_nothing_any_more_does_not_keep_it() {
    let mut dashboard = Alone::start();
    let master = dashboard.master.as_ref().expect("it is still open");
    let mut keys = master.take_writer().expect("a terminal takes keys");
    let pid = dashboard.child.process_id().expect("it runs");
    let pid = Pid::from_raw(pid.cast_signed()).expect("a process");
    get_stuck(pid, &mut keys).unwrap_or_else(|reason| panic!("{reason}"));
    kill_process(pid, Signal::TERM).expect("it can be sent a signal");
    dashboard.is_over();
}
