//! The program in a terminal of its own: keys go in, and both the raw bytes and the screen that
//! they make come out.

mod escapes;

use std::io::{Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

pub use self::escapes::foreign;

/// What the program asks the terminal with, and what an ordinary terminal answers.
const QUERY: &[u8] = b"\x1b[c";
const ANSWER: &[u8] = b"\x1b[?62;22c";

/// A terminal with the program in it; the program is killed when it is dropped.
pub struct Pty {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    keys: Arc<Mutex<Box<dyn Write + Send>>>,
    seen: Arc<Mutex<Seen>>,
    _home: TempDir,
}

struct Seen {
    bytes: Vec<u8>,
    screen: vt100::Parser,
}

impl Pty {
    /// Starts the program with nothing in its environment but what a terminal gives, and `home` as
    /// the home directory, which goes with it.
    pub fn start(arguments: &[&str], home: TempDir, (width, height): (u16, u16)) -> Self {
        let pair = native_pty_system().openpty(size(width, height)).expect("a pseudo terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_wardroom"));
        command.args(arguments);
        command.env_clear();
        command.cwd(home.path());
        for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("PATH", "/usr/bin:/bin")] {
            command.env(name, value);
        }
        command.env("HOME", home.path());
        let child = pair.slave.spawn_command(command).expect("the program starts");
        let writer = pair.master.take_writer().expect("a terminal takes keys");
        let keys = Arc::new(Mutex::new(writer));
        let seen = Seen { bytes: Vec::new(), screen: vt100::Parser::new(height, width, 0) };
        let seen = Arc::new(Mutex::new(seen));
        let output = pair.master.try_clone_reader().expect("a terminal shows something");
        let (screen, answers) = (Arc::clone(&seen), Arc::clone(&keys));
        thread::spawn(move || watch(output, &screen, &answers));
        Self { master: pair.master, child, keys, seen, _home: home }
    }

    /// Types.
    pub fn keys(&self, keys: &str) {
        type_into(&self.keys, keys.as_bytes());
    }

    /// Makes the terminal larger or smaller.
    pub fn resize(&self, width: u16, height: u16) {
        self.master.resize(size(width, height)).expect("a terminal can be resized");
        lock(&self.seen).screen.screen_mut().set_size(height, width);
    }

    /// The screen's lines as they are now.
    pub fn screen(&self) -> String {
        lock(&self.seen).screen.screen().contents()
    }

    /// Every byte that the program has written.
    pub fn bytes(&self) -> Vec<u8> {
        lock(&self.seen).bytes.clone()
    }

    /// The exit code, if the program has ended.
    pub fn exit_code(&mut self) -> Option<u32> {
        self.child.try_wait().ok().flatten().map(|status| status.exit_code())
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn type_into(keys: &Mutex<Box<dyn Write + Send>>, bytes: &[u8]) {
    let mut keys = lock(keys);
    // A program that has ended takes none.
    let _typed = keys.write_all(bytes).and_then(|()| keys.flush());
}

/// Keeps what is written, and answers queries, until the program closes its side.
fn watch(mut output: impl Read, seen: &Mutex<Seen>, answers: &Mutex<Box<dyn Write + Send>>) {
    let mut buffer = [0; 16 << 10];
    while let Ok(count @ 1..) = output.read(&mut buffer) {
        let piece = buffer.get(..count).unwrap_or_default();
        let queries = {
            let mut seen = lock(seen);
            // A query may arrive in two pieces.
            let start = seen.bytes.len().saturating_sub(QUERY.len() - 1);
            seen.bytes.extend_from_slice(piece);
            seen.screen.process(piece);
            let fresh = seen.bytes.get(start..).unwrap_or_default();
            fresh.windows(QUERY.len()).filter(|window| *window == QUERY).count()
        };
        for _ in 0..queries {
            type_into(answers, ANSWER);
        }
    }
}
