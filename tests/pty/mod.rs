//! The program in a terminal of its own: keys go in, and both the raw bytes and the screen that
//! they make come out.

pub mod escapes;

use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};
use tempfile::TempDir;

/// What the program asks the terminal with, and what an ordinary terminal answers.
const QUERY: &[u8] = b"\x1b[c";
const ANSWER: &[u8] = b"\x1b[?62;22c";

/// How a terminal treats the program's questions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// As an ordinary terminal does.
    Given,
    /// Not at all.
    Withheld,
    /// With things that nobody asked for, long after and in between.
    Strange,
}

/// Answers to questions that the program never asked: a position, a colour, a mode, a version, a
/// capability.
const STRANGE: &[u8] =
    b"\x1b[12;40R\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[?2026;2$y\x1b[>0;276;0c\x1bP1+r4d73\x1b\\\x1b[?62;22c";

/// What is to run, and in which sort of terminal.
pub struct Setup<'a> {
    /// The program and its arguments.
    pub command: &'a [&'a str],
    /// The home directory, and where it runs.
    pub home: &'a Path,
    /// Columns and rows.
    pub size: (u16, u16),
    /// More of the environment.
    pub env: &'a [(&'a str, &'a str)],
    /// How questions are treated.
    pub answers: Answers,
}

/// A terminal with the program in it; the program is killed when it is dropped.
pub struct Pty {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    // Kept open, so that the terminal's modes can be read when the program has ended.
    _slave: Box<dyn SlavePty + Send>,
    keys: Arc<Mutex<Box<dyn Write + Send>>>,
    seen: Arc<Mutex<Seen>>,
    /// Where it lives, when nobody else needs the place.
    home: Option<TempDir>,
}

struct Seen {
    bytes: Vec<u8>,
    screen: vt100::Parser,
}

impl Pty {
    /// Starts the program with nothing in its environment but what a terminal gives, and `home` as
    /// the home directory, which goes with it.
    pub fn start(arguments: &[&str], home: TempDir, size: (u16, u16)) -> Self {
        let command: Vec<&str> = [env!("CARGO_BIN_EXE_wardroom")].iter().chain(arguments).copied().collect();
        let setup = Setup { command: &command, home: home.path(), size, env: &[], answers: Answers::Given };
        let mut pty = Self::open(&setup);
        pty.home = Some(home);
        pty
    }

    /// Starts what the setup says.
    pub fn open(setup: &Setup<'_>) -> Self {
        let (width, height) = setup.size;
        let pair = native_pty_system().openpty(size(width, height)).expect("a pseudo terminal");
        let (program, arguments) = setup.command.split_first().expect("a program");
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        command.cwd(setup.home);
        let usual = [("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("PATH", "/usr/bin:/bin")];
        for (name, value) in usual.iter().chain(setup.env) {
            command.env(name, value);
        }
        command.env("HOME", setup.home);
        let child = pair.slave.spawn_command(command).expect("the program starts");
        let writer = pair.master.take_writer().expect("a terminal takes keys");
        let keys = Arc::new(Mutex::new(writer));
        let seen = Seen { bytes: Vec::new(), screen: vt100::Parser::new(height, width, 0) };
        let seen = Arc::new(Mutex::new(seen));
        let output = pair.master.try_clone_reader().expect("a terminal shows something");
        let (screen, typist) = (Arc::clone(&seen), Arc::clone(&keys));
        let answer = match setup.answers {
            Answers::Given => ANSWER,
            Answers::Withheld => b"",
            Answers::Strange => STRANGE,
        };
        thread::spawn(move || watch(output, &screen, &typist, answer));
        Self { master: pair.master, child, _slave: pair.slave, keys, seen, home: None }
    }

    /// The process in the terminal.
    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("the program runs")
    }

    /// The terminal's line settings, in words that can be compared.
    pub fn line_settings(&self) -> String {
        format!("{:?}", self.master.get_termios().expect("a terminal has settings"))
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

    /// How many bytes that is.
    pub fn written(&self) -> usize {
        lock(&self.seen).bytes.len()
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
fn watch(mut output: impl Read, seen: &Mutex<Seen>, typist: &Mutex<Box<dyn Write + Send>>, answer: &[u8]) {
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
            type_into(typist, answer);
        }
    }
}
