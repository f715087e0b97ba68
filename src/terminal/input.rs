//! The thread that reads what the terminal sends. It is joined before anybody else gets the
//! terminal: two readers would steal each other's keys.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::thread::{self, JoinHandle};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use tokio::sync::mpsc::UnboundedSender;

use super::Input;
use super::keys::meaning;
use super::sequence::Sequences;

/// The thread; dropping it ends it.
#[derive(Debug)]
pub struct Reader {
    /// Closing it wakes the thread up.
    wake: UnixStream,
    thread: Option<JoinHandle<()>>,
}

impl Reader {
    /// Starts to read from `terminal`, and sends what it means.
    pub fn start(terminal: impl AsFd + Send + 'static, to: UnboundedSender<Input>) -> io::Result<Self> {
        let (wake, woken) = UnixStream::pair()?;
        let read = move || {
            if let Err(error) = listen(&terminal, &woken, &to) {
                tracing::info!(%error, "the terminal is gone");
                let _loop_has_ended = to.send(Input::Gone);
            }
        };
        let thread = thread::Builder::new().name("input".to_owned()).stack_size(256 << 10).spawn(read)?;
        Ok(Self { wake, thread: Some(thread) })
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _closed = self.wake.shutdown(std::net::Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

/// Reads until it is woken up (`Ok`) or the terminal is gone.
fn listen(terminal: &impl AsFd, woken: &UnixStream, to: &UnboundedSender<Input>) -> io::Result<()> {
    let mut sequences = Sequences::default();
    let mut buffer = [0; 4096];
    loop {
        let patience = sequences
            .patience()
            .map(|patience| Timespec { tv_sec: 0, tv_nsec: i64::from(patience.subsec_nanos()) });
        let mut fds = [PollFd::new(terminal, PollFlags::IN), PollFd::new(woken, PollFlags::IN)];
        match poll(&mut fds, patience.as_ref()) {
            Ok(0) => {
                send(to, sequences.give_up().and_then(meaning));
                continue;
            }
            Ok(_) => {}
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        let [from_terminal, from_us] = fds.map(|fd| !fd.revents().is_empty());
        if from_us {
            return Ok(());
        }
        if !from_terminal {
            continue;
        }
        match rustix::io::read(terminal, &mut buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                sequences.push(buffer.get(..count).unwrap_or_default(), |piece| send(to, meaning(piece)));
            }
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn send(to: &UnboundedSender<Input>, input: Option<Input>) {
    if let Some(input) = input {
        // Without a loop nobody wants to know.
        let _loop_has_ended = to.send(input);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use tokio::sync::mpsc;

    use super::*;
    use crate::border::Msg;

    fn key(input: Option<Input>) -> String {
        match input {
            Some(Input::Msg(Msg::Key(key))) => key.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn it_reads_until_it_is_joined_or_the_terminal_is_gone() {
        let (mut typist, terminal) = UnixStream::pair().expect("a pair");
        let (to, mut inputs) = mpsc::unbounded_channel();
        let held = terminal.try_clone().expect("a second handle");
        let reader = Reader::start(terminal, to.clone()).expect("a thread");
        typist.write_all(b"j\x1b[?6c\x1b").expect("typed");
        assert_eq!(key(inputs.blocking_recv()), "j");
        assert!(matches!(inputs.blocking_recv(), Some(Input::Answered)));
        assert_eq!(key(inputs.blocking_recv()), "Esc", "nothing followed");
        drop(reader);

        typist.write_all(b"k").expect("typed");
        let _reader = Reader::start(held, to).expect("a thread");
        assert_eq!(key(inputs.blocking_recv()), "k", "the first reader left it");
        drop(typist);
        assert!(matches!(inputs.blocking_recv(), Some(Input::Gone)));
    }
}
