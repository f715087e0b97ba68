//! In tmux for weeks: left and come back to, in windows of other sizes, and the pane as it was when the
//! dashboard has ended.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::lab::{FILLED, LIMIT, PROGRAM};
use crate::modes;
use crate::pty::{Answers, Pty, Setup};
use crate::wait::until;

/// A server of tmux with one session.
struct Tmux {
    home: TempDir,
}

impl Tmux {
    /// Starts it with a command; `None`, and a word to whoever runs the tests, where there is no tmux.
    fn start(command: &str) -> Option<Self> {
        let tmux = Self { home: tempfile::tempdir().expect("a directory") };
        let session = ["new-session", "-d", "-s", "war", "-x", "120", "-y", "40", command];
        if let Ok(started) = tmux.command(&session).output() {
            assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
            Some(tmux)
        } else {
            // Not by a macro, whose words the test harness would keep to itself.
            let _said = writeln!(std::io::stderr(), "left out: tmux is not installed");
            None
        }
    }

    fn socket(&self) -> String {
        self.home.path().join("socket").display().to_string()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("tmux");
        command.args(["-u", "-S", &self.socket(), "-f", "/dev/null"]).args(arguments);
        command.env_clear().env("HOME", self.home.path()).env("PATH", "/usr/bin:/bin");
        command.env("TERM", "xterm-256color").env("LANG", "C.UTF-8").env("SHELL", "/bin/sh");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("tmux runs")
    }

    /// What tmux says of the pane.
    fn told(&self, format: &str) -> String {
        let said = self.run(&["display-message", "-p", "-t", "war", format]);
        String::from_utf8_lossy(&said.stdout).trim().to_owned()
    }

    /// What the pane shows.
    fn screen(&self) -> String {
        String::from_utf8_lossy(&self.run(&["capture-pane", "-p", "-t", "war"]).stdout).into_owned()
    }

    fn shows(&self, texts: &[&str]) {
        wait("the pane shows it", || {
            let screen = self.screen();
            match texts.iter().find(|text| !screen.contains(**text)) {
                Some(missing) => Err(format!("{missing:?} is not in\n{screen}")),
                None => Ok(()),
            }
        });
    }

    /// Somebody looks at it from a terminal of this size.
    fn attach(&self, size: (u16, u16)) -> Pty {
        let socket = self.socket();
        let command = ["tmux", "-u", "-S", &socket, "attach", "-t", "war"];
        let home: &Path = self.home.path();
        Pty::open(&Setup { command: &command, home, size, env: &[], answers: Answers::Given })
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _gone = self.command(&["kill-server"]).output();
    }
}

fn wait(what: &str, look: impl FnMut() -> Result<(), String>) {
    until(what, LIMIT, look).unwrap_or_else(|reason| panic!("{reason}"));
}

fn shows(pty: &Pty, text: &str) {
    wait("the terminal shows it", || {
        if pty.screen().contains(text) { Ok(()) } else { Err(format!("no {text:?} on\n{}", pty.screen())) }
    });
}

/// What tmux knows of a pane's modes: the other screen, the cursor, the mouse.
const MODES: &str = "#{alternate_on} #{cursor_flag} #{mouse_any_flag}";

#[test]
fn it_goes_on_while_nobody_is_attached_and_fits_who_comes_back() {
    let Some(tmux) = Tmux::start("PS1='ready> ' exec sh") else { return };
    tmux.shows(&["ready>"]);
    let before = tmux.told(MODES);
    tmux.run(&["send-keys", "-t", "war", &format!("{PROGRAM} --demo=host-down"), "Enter"]);
    tmux.shows(&FILLED);
    assert_ne!(tmux.told(MODES), before, "it has the other screen");
    for size in [(120, 40), (80, 24), (200, 60), (60, 12)] {
        let mut client = tmux.attach(size);
        shows(&client, "HostDown");
        wait("the pane is as large as the window", || {
            let (told, wanted) =
                (tmux.told("#{pane_width}x#{pane_height}"), format!("{}x{}", size.0, size.1 - 1));
            if told == wanted { Ok(()) } else { Err(told) }
        });
        client.resize(100, 30);
        wait("the pane follows", || match tmux.told("#{pane_width}").as_str() {
            "100" => Ok(()),
            other => Err(other.to_owned()),
        });
        shows(&client, "HostDown");
        // The prefix, and d.
        client.keys("\u{2}d");
        wait("the client leaves", || client.exit_code().map(|_| ()).ok_or_else(|| client.screen()));
        // Its last bytes may be on their way still when it has ended.
        wait("what tmux did to the terminal is undone", || match modes::after(&client.bytes()) {
            on if on == modes::at_rest() => Ok(()),
            on => Err(format!("{on:?} are on")),
        });
        // Nobody looks, and it obeys and goes on.
        tmux.run(&["send-keys", "-t", "war", "2"]);
        tmux.shows(&["HostDown", "HighCPU"]);
        tmux.run(&["send-keys", "-t", "war", "1"]);
        tmux.shows(&["HostDown"]);
    }
    tmux.run(&["send-keys", "-t", "war", "q"]);
    wait("the pane is as it was", || match tmux.told(MODES) {
        modes if modes == before => Ok(()),
        modes => Err(format!("{modes}, not {before}:\n{}", tmux.screen())),
    });
    tmux.shows(&["ready>"]);
}

#[test]
fn it_ends_with_the_server_of_its_pane() {
    let Some(tmux) = Tmux::start(&format!("exec {PROGRAM} --demo=host-down")) else { return };
    tmux.shows(&FILLED);
    let pid = tmux.told("#{pane_pid}");
    let about = format!("/proc/{pid}/cmdline");
    let is_it = || std::fs::read_to_string(&about).is_ok_and(|line| line.contains("host-down"));
    assert!(is_it(), "{pid:?} is the dashboard");
    tmux.run(&["kill-server"]);
    wait("the dashboard ends too", || if is_it() { Err(format!("{pid} still runs")) } else { Ok(()) });
}
