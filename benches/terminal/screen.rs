//! A program in a terminal at the other end of a link: when its bytes arrive, and what they show.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// What one frame in flight asks the terminal with, and an ordinary answer.
const QUERY: &[u8] = b"\x1b[c";
const ANSWER: &[u8] = b"\x1b[?62;22c";

/// What waits on the way before the program is held up, as in an SSH session.
const UNDER_WAY: usize = 64 << 10;

/// What is between the program and the eyes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Link {
    /// Bytes a second; without a number, as many as there are.
    pub rate: Option<u32>,
    /// From a key to the program and back.
    pub round_trip: Duration,
}

impl Link {
    fn takes(&self, bytes: usize) -> Duration {
        self.rate.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(bytes as f64 / f64::from(rate)))
    }
}

/// What has arrived.
pub struct Seen {
    /// When, and how many bytes.
    pub pieces: Vec<(Instant, usize)>,
    /// The screen that they make.
    pub screen: vt100::Parser,
    last: Vec<u8>,
}

impl Seen {
    /// Bytes so far.
    pub fn bytes(&self) -> usize {
        self.pieces.iter().map(|(_, bytes)| bytes).sum()
    }

    /// Since then: the bytes, and when the first and the last of them arrived.
    pub fn since(&self, start: Instant) -> Option<(usize, Instant, Instant)> {
        let fresh = || self.pieces.iter().filter(|(at, _)| *at >= start);
        let (first, last) = (fresh().next()?.0, fresh().next_back()?.0);
        Some((fresh().map(|(_, bytes)| bytes).sum(), first, last))
    }
}

/// The terminal; the program is killed with it.
pub struct Screen {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    keys: Sender<(Instant, Vec<u8>)>,
    link: Link,
    /// When the program was started.
    pub started: Instant,
}

impl Screen {
    /// Starts `command` with `home` as its home directory.
    pub fn open(command: &[&str], home: &std::path::Path, (width, height): (u16, u16), link: Link) -> Self {
        let pair = native_pty_system().openpty(size(width, height)).expect("a pseudo terminal");
        let (program, arguments) = command.split_first().expect("a program");
        let mut built = CommandBuilder::new(program);
        built.args(arguments);
        built.env_clear();
        built.cwd(home);
        let path = std::env::var("PATH").unwrap_or_default();
        for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("PATH", path.as_str())] {
            built.env(name, value);
        }
        built.env("HOME", home);
        let seen =
            Seen { pieces: Vec::new(), screen: vt100::Parser::new(height, width, 0), last: Vec::new() };
        let seen = Arc::new((Mutex::new(seen), Condvar::new()));
        let output = pair.master.try_clone_reader().expect("a terminal shows something");
        let input = pair.master.take_writer().expect("a terminal takes keys");
        let (keys, typed) = channel();
        let (out, arriving) = channel();
        let under_way = Arc::new(AtomicUsize::new(0));
        let started = Instant::now();
        let child = pair.slave.spawn_command(built).expect("the program starts");
        thread::spawn({
            let under_way = Arc::clone(&under_way);
            move || send(output, &out, &under_way, link)
        });
        thread::spawn({
            let (seen, keys) = (Arc::clone(&seen), keys.clone());
            move || arrive(&arriving, &seen, &keys, &under_way, link)
        });
        thread::spawn(move || write_keys(&typed, input));
        Self { master: pair.master, child, seen, keys, link, started }
    }

    /// The process in it.
    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("the program runs")
    }

    /// Types; it arrives after half of the round trip.
    pub fn press(&self, keys: &str) {
        let due = Instant::now() + self.link.round_trip / 2;
        self.keys.send((due, keys.as_bytes().to_vec())).expect("the terminal is open");
    }

    /// Makes the terminal larger or smaller.
    pub fn resize(&self, width: u16, height: u16) {
        self.master.resize(size(width, height)).expect("a terminal can be resized");
        self.seen().screen.screen_mut().set_size(height, width);
    }

    /// What has arrived until now.
    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until what has arrived is enough.
    pub fn until<T>(&self, limit: Duration, mut enough: impl FnMut(&Seen) -> Option<T>) -> Option<T> {
        let end = Instant::now() + limit;
        let mut seen = self.seen();
        loop {
            if let Some(found) = enough(&seen) {
                return Some(found);
            }
            let left = end.checked_duration_since(Instant::now())?;
            seen = self.seen.1.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until nothing has arrived for so long, at most `limit`.
    pub fn settle(&self, calm: Duration, limit: Duration) {
        let end = Instant::now() + limit;
        while Instant::now() < end {
            let before = self.seen().bytes();
            if self.until(calm, |seen| (seen.bytes() > before).then_some(())).is_none() {
                return;
            }
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

/// Takes what the program writes, as far as there is room on the way, and says when it arrives.
fn send(mut output: impl Read, out: &Sender<(Instant, Vec<u8>)>, under_way: &AtomicUsize, link: Link) {
    let mut buffer = [0; 16 << 10];
    let mut free = Instant::now();
    while let Ok(count @ 1..) = output.read(&mut buffer) {
        let piece = buffer.get(..count).unwrap_or_default();
        // A slow line gives its bytes one after the other, not all at the end.
        for piece in piece.chunks(if link.rate.is_some() { 128 } else { count }) {
            free = free.max(Instant::now()) + link.takes(piece.len());
            under_way.fetch_add(piece.len(), Ordering::Relaxed);
            if out.send((free + link.round_trip / 2, piece.to_vec())).is_err() {
                return;
            }
        }
        while link.rate.is_some() && under_way.load(Ordering::Relaxed) > UNDER_WAY {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Shows what arrives, and answers what is asked.
fn arrive(
    arriving: &Receiver<(Instant, Vec<u8>)>,
    seen: &(Mutex<Seen>, Condvar),
    keys: &Sender<(Instant, Vec<u8>)>,
    under_way: &AtomicUsize,
    link: Link,
) {
    while let Ok((due, piece)) = arriving.recv() {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        under_way.fetch_sub(piece.len(), Ordering::Relaxed);
        let now = Instant::now();
        let queries = {
            let mut seen = seen.0.lock().unwrap_or_else(PoisonError::into_inner);
            seen.pieces.push((now, piece.len()));
            seen.screen.process(&piece);
            // A query may arrive in two pieces.
            let mut tail = std::mem::take(&mut seen.last);
            tail.extend_from_slice(&piece);
            let queries = tail.windows(QUERY.len()).filter(|window| *window == QUERY).count();
            seen.last = tail.split_off(tail.len().saturating_sub(QUERY.len() - 1));
            queries
        };
        seen.1.notify_all();
        for _ in 0..queries {
            let _ended = keys.send((now + link.round_trip / 2, ANSWER.to_vec()));
        }
    }
}

fn write_keys(typed: &Receiver<(Instant, Vec<u8>)>, mut input: impl Write) {
    while let Ok((due, keys)) = typed.recv() {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        // A program that has ended takes none.
        let _ended = input.write_all(&keys).and_then(|()| input.flush());
    }
}
