//! The servers' processes, and a guard that outlives the tests.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::parts::Launch;
use super::wait::until;

/// A server.
#[derive(Debug)]
pub struct Process {
    launch: Launch,
    program: PathBuf,
    log: PathBuf,
    child: Child,
}

impl Process {
    /// Starts `program`; what it writes goes to `NAME.log` in `directory`.
    pub fn start(launch: &Launch, program: PathBuf, directory: &Path) -> io::Result<Self> {
        let log = directory.join(format!("{}.log", launch.name));
        let child = spawn(&program, &launch.arguments, &log)?;
        Ok(Self { launch: launch.clone(), program, log, child })
    }

    /// Starts it again as it was, after it ended.
    pub fn restart(&mut self) -> io::Result<()> {
        self.child = spawn(&self.program, &self.launch.arguments, &self.log)?;
        Ok(())
    }

    /// What it is called here.
    pub const fn name(&self) -> &str {
        self.launch.name
    }

    /// The page that says that it is ready.
    pub fn page(&self) -> &str {
        &self.launch.page
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal; one that has ended gets none.
    pub fn signal(&mut self, signal: Signal) {
        if self.has_ended() {
            return;
        }
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // It may end between the look and the signal.
            let _sent = kill_process(pid, signal);
        }
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for its end, at most `limit`; then it is killed.
    pub fn end_within(&mut self, limit: Duration) {
        let ended = until(self.launch.name, limit, || if self.has_ended() { Ok(()) } else { Err("running") });
        if ended.is_err() {
            self.kill();
        }
    }

    /// Kills it and waits for the end.
    pub fn kill(&mut self) {
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }

    /// The end of what it wrote.
    pub fn last_words(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines.iter().skip(lines.len().saturating_sub(5)).copied().collect::<Vec<_>>().join("\n")
    }
}

/// In a process group of its own: ctrl-c goes to the tests, and they stop their servers in order.
fn spawn(program: &Path, arguments: &[String], log: &Path) -> io::Result<Child> {
    let log = File::options().create(true).append(true).open(log)?;
    // `ROOT/usr/bin/PROGRAM`: an unpacked one finds its own files from its root.
    let root = program.ancestors().nth(3).unwrap_or(Path::new("/"));
    Command::new(program)
        .args(arguments)
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .process_group(0)
        .spawn()
}

/// Stops what the tests left running, however they ended: its input closes when they are gone.
///
/// A process is taken for ours when the directory stands in its command line, so that a process
/// number used again by another harms nobody.
const GUARD: &str = r#"
directory=$1 pids=
while read -r pid; do pids="$pids $pid"; done
ours() { grep -qaF "$directory" "/proc/$1/cmdline" 2>/dev/null; }
for signal in TERM CONT; do
  for pid in $pids; do ! ours "$pid" || kill -s "$signal" "$pid"; done
done
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  left=
  for pid in $pids; do ! ours "$pid" || left=$pid; done
  [ -n "$left" ] || break
  sleep 0.2
done
for pid in $pids; do ! ours "$pid" || kill -s KILL "$pid"; done
rm -rf "$directory"
"#;

/// The running guard.
#[derive(Debug)]
pub struct Guard {
    child: Child,
    told: Option<ChildStdin>,
}

impl Guard {
    /// Guards what runs in `directory`, which it removes at the end.
    pub fn start(directory: &Path) -> io::Result<Self> {
        let mut child = Command::new("sh")
            .args(["-c", GUARD, "sh"])
            .arg(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let told = child.stdin.take();
        Ok(Self { child, told })
    }

    /// Tells it of a process.
    pub fn watch(&mut self, process: &Process) -> io::Result<()> {
        self.told.as_mut().map_or(Ok(()), |told| writeln!(told, "{}", process.id()))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.told.take());
        let _ended = self.child.wait();
    }
}
