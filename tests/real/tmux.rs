//! A command that wants a terminal, put on a prompt in another window of a real tmux.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::fixing::{SETTLED, confirm, journal, shows};
use crate::handing::{SUDO, at_command};
use crate::stack::wait::until;

/// A tmux of its own, which ends with the value.
struct Tmux {
    _home: tempfile::TempDir,
    socket: PathBuf,
}

impl Tmux {
    fn start(test: &str) -> Option<Self> {
        let home = tempfile::tempdir().expect("a directory");
        let socket = home.path().join("tmux");
        let mut command =
            Self::told(&socket, &["new-session", "-d", "-x", "120", "-y", "40", "sleep", "600"]);
        match command.status() {
            Ok(status) if status.success() => Some(Self { _home: home, socket }),
            other => {
                // Not by a macro, whose words the test harness would keep to itself.
                let _said = writeln!(std::io::stderr(), "left out: {test} needs tmux: {other:?}");
                None
            }
        }
    }

    fn told(socket: &Path, words: &[&str]) -> Command {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(socket).args(["-f", "/dev/null"]).args(words).stdin(Stdio::null());
        command.env_remove("TMUX");
        command
    }

    fn say(&self, words: &[&str]) -> String {
        let output = Self::told(&self.socket, words).output().expect("tmux answers");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _gone = Self::told(&self.socket, &["kill-server"]).status();
    }
}

fn windows(tmux: &Tmux) -> usize {
    tmux.say(&["list-windows"]).lines().count()
}

#[test]
fn a_command_that_wants_a_terminal_is_put_on_a_prompt_in_tmux_and_not_run() {
    let Some(tmux) = Tmux::start("a prompt in tmux") else { return };
    let inside = format!("{},1,0", tmux.socket.display());
    let (home, pty) = at_command("Root", "sudo touch mended", ("sudo", SUDO), &[("TMUX", &inside)]);
    confirm(&pty);
    shows(&pty, &["puts it on the prompt"]);
    pty.keys("T");
    shows(&pty, &["in another window of tmux: Enter there runs it"]);
    let seen = until("it stands on a prompt", SETTLED, || {
        let seen = tmux.say(&["capture-pane", "-p"]);
        if seen.contains("sudo touch mended") { Ok(seen) } else { Err(seen) }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
    assert!(!seen.contains("password"), "nobody pressed Enter: {seen}");
    assert!(!home.path().join("mended").exists());
    assert_eq!(windows(&tmux), 2, "one for the host");
    // What stands on the prompt is left alone: the next gets a prompt of its own in the same window.
    pty.keys("T");
    let placed = until("it stands on another prompt", SETTLED, || {
        let panes = tmux.say(&["list-panes", "-s", "-F", "#{@wardroom} #{pane_id}"]);
        let ours: Vec<String> = panes
            .lines()
            .filter_map(|line| Some(line.split_once(' ').filter(|(mark, _)| !mark.is_empty())?.1.to_owned()))
            .collect();
        let screens: Vec<String> =
            ours.iter().map(|id| tmux.say(&["capture-pane", "-p", "-t", id])).collect();
        let all = screens.iter().all(|screen| screen.contains("sudo touch mended"));
        if ours.len() == 2 && all { Ok(ours) } else { Err(format!("{panes}{screens:#?}")) }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
    assert_eq!(windows(&tmux), 2, "still one for the host");
    // A prompt that became free is taken again.
    tmux.say(&["send-keys", "-t", &placed[0], "C-c"]);
    let lines = |id: &str| tmux.say(&["capture-pane", "-p", "-t", id]).matches("sudo touch mended").count();
    let prompt = ['$', '#'];
    until("the prompt is free", SETTLED, || {
        let screen = tmux.say(&["capture-pane", "-p", "-t", &placed[0]]);
        if screen.trim_end().ends_with(prompt) { Ok(()) } else { Err(screen) }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
    let before = lines(&placed[0]);
    pty.keys("T");
    until("it stands there again", SETTLED, || match lines(&placed[0]) {
        more if more > before => Ok(()),
        other => Err(format!("{other} times:\n{}", tmux.say(&["list-panes", "-s"]))),
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
    assert_eq!(tmux.say(&["list-panes", "-s"]).lines().count(), 3, "no pane more");
    let entries = journal(home.path());
    let began: Vec<_> = entries.iter().filter(|entry| entry["output"] == "placed, not captured").collect();
    assert_eq!(began.len(), 3, "{entries:#?}");
    assert_eq!(began[0]["confirmed"], "placed in tmux");
}

#[test]
fn without_tmux_it_says_so() {
    let (_home, pty) = at_command("Root", "sudo touch mended", ("sudo", SUDO), &[]);
    confirm(&pty);
    shows(&pty, &["puts it on the prompt"]);
    pty.keys("T");
    shows(&pty, &["you are not in tmux"]);
}
