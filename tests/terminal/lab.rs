//! The dashboard on the demo lab, in a terminal and a home directory of its own.

use std::time::Duration;

use tempfile::TempDir;

use crate::pty::{Answers, Pty, Setup};
use crate::wait::until;

/// The path of the program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_wardroom");

/// Far longer than anything here takes on a busy machine.
pub const LIMIT: Duration = Duration::from_secs(30);

/// A running dashboard.
pub struct Dashboard {
    /// Its terminal.
    pub pty: Pty,
    /// Its home, which goes with it.
    pub home: TempDir,
}

/// A dashboard to be.
pub struct Plan<'a> {
    /// Program and arguments.
    pub command: &'a [&'a str],
    /// Columns and rows.
    pub size: (u16, u16),
    /// More of the environment.
    pub env: &'a [(&'a str, &'a str)],
    /// How the terminal treats questions.
    pub answers: Answers,
}

impl Default for Plan<'_> {
    fn default() -> Self {
        Self { command: &[PROGRAM, "--demo=host-down"], size: (120, 40), env: &[], answers: Answers::Given }
    }
}

impl Plan<'_> {
    /// Starts it.
    pub fn start(self) -> Dashboard {
        let home = tempfile::Builder::new().prefix("wardroom-home-").tempdir().expect("a home directory");
        let pty = Pty::open(&Setup {
            command: self.command,
            home: home.path(),
            size: self.size,
            env: self.env,
            answers: self.answers,
        });
        Dashboard { pty, home }
    }
}

/// A row of each of the four panes on the default scenario; the firewall never stops logging.
pub const FILLED: [&str; 4] = ["HostDown", "connection refused", "filterlog", "vm/102"];

impl Dashboard {
    /// Waits until the screen shows all of `texts`.
    pub fn shows(&self, texts: &[&str]) {
        until("the screen shows it", LIMIT, || {
            let screen = self.pty.screen();
            match texts.iter().find(|text| !screen.contains(**text)) {
                Some(missing) => Err(format!("{missing:?} is not on\n{screen}")),
                None => Ok(()),
            }
        })
        .unwrap_or_else(|reason| panic!("{reason}"));
    }

    /// Waits until the screen does not show `text`.
    pub fn hides(&self, text: &str) {
        until("the screen hides it", LIMIT, || {
            let screen = self.pty.screen();
            if screen.contains(text) { Err(format!("{text:?} is still on\n{screen}")) } else { Ok(()) }
        })
        .unwrap_or_else(|reason| panic!("{reason}"));
    }

    /// Waits for the end, and gives the exit code.
    pub fn ends(&mut self) -> u32 {
        until("the program ends", LIMIT, || {
            self.pty.exit_code().ok_or_else(|| format!("it still runs\n{}", self.pty.screen()))
        })
        .unwrap_or_else(|reason| panic!("{reason}"))
    }
}
