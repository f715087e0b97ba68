//! The terminal, taken and given back. Whatever ends the program, the terminal is left as it was:
//! after a quit, an error, a panic, a signal, and while somebody else has it.

mod ask;
mod input;
mod keys;
mod links;
mod notify;
mod pace;
mod sequence;

use std::io::{self, IsTerminal as _, Write};
use std::sync::{Mutex, PoisonError};

use rustix::stdio::{stdin, stdout};
use rustix::termios::{OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcgetwinsize, tcsetattr};
use tokio::sync::mpsc::UnboundedSender;

pub use self::ask::ask;
use self::input::Reader;
pub use self::links::takes_links;
pub use self::notify::note;
pub use self::pace::Pace;
use crate::border::Msg;

/// The alternate screen, no cursor, marks around a paste, and word of the focus; a plain pen on an
/// empty screen.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[?1004h\x1b[m\x1b[2J";

/// All of that back, and whatever a frame that was cut off left behind. Terminals without a second
/// screen get an empty one.
const LEAVE: &[u8] =
    b"\x1b\\\x1b[?2026l\x1b[m\x1b[2J\x1b[H\x1b[?1006l\x1b[?1002l\x1b[?1004l\x1b[?2004l\x1b[?1049l\x1b[?25h";

/// Word of clicks, of what is dragged and of the wheel, in the form without a limit to columns.
const POINT: &[u8] = b"\x1b[?1002h\x1b[?1006h";

/// No more of it.
const POINT_NOT: &[u8] = b"\x1b[?1006l\x1b[?1002l";

/// The line settings from before, while the terminal is ours. The panic hook needs them too.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// What comes in from the terminal and the machine.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A key, a paste, the focus.
    Msg(Msg),
    /// The terminal has seen the last frame.
    Answered,
    /// A signal.
    Signal(Call),
    /// Nobody types there any more.
    Gone,
}

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// The window has another size.
    Resized,
    /// Stop until told to go on.
    Stop,
    /// Go on: somebody else had the terminal.
    Continue,
    /// End; the number of the signal.
    End(i32),
}

/// Why the dashboard cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// Input or output is a pipe or a file.
    #[error(
        "{0} is not a terminal: the dashboard needs one. For scripts there is `wardroom check`, for a picture \
         `wardroom shot`"
    )]
    NoTerminal(&'static str),
    /// The kernel refused.
    #[error("the terminal does not obey: {0}")]
    Refused(#[from] io::Error),
}

/// The terminal while it is ours. Dropping it gives it back.
#[derive(Debug)]
pub struct Terminal {
    inputs: UnboundedSender<Input>,
    reader: Option<Reader>,
    /// The terminal tells what the mouse does.
    mouse: bool,
}

impl Terminal {
    /// Takes the terminal; what it sends goes to `inputs`.
    ///
    /// # Errors
    /// When standard input or output is none.
    pub fn enter(inputs: UnboundedSender<Input>) -> Result<Self, Unusable> {
        check()?;
        let mut terminal = Self { inputs, reader: None, mouse: false };
        terminal.take()?;
        Ok(terminal)
    }

    /// Takes it again, after [`Terminal::give_back`] or when somebody else may have changed it.
    pub fn take(&mut self) -> io::Result<()> {
        self.reader = None;
        let mut before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
        let settings = tcgetattr(stdin())?;
        let mut raw = settings.clone();
        raw.make_raw();
        tcsetattr(stdin(), OptionalActions::Now, &raw)?;
        before.get_or_insert(settings);
        drop(before);
        Tty.write_all(ENTER)?;
        if self.mouse {
            Tty.write_all(POINT)?;
        }
        self.reader = Some(Reader::start(stdin(), self.inputs.clone())?);
        Ok(())
    }

    /// Lets it tell what the mouse does, or no longer.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn point(&mut self, on: bool) -> io::Result<()> {
        if std::mem::replace(&mut self.mouse, on) == on {
            return Ok(());
        }
        Tty.write_all(if on { POINT } else { POINT_NOT })
    }

    /// Gives it back; nobody reads from it afterwards.
    pub fn give_back(&mut self) {
        self.reader = None;
        restore();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// Whether there is a terminal to be had.
///
/// # Errors
/// When standard input or output is none.
pub fn check() -> Result<(), Unusable> {
    if !io::stdin().is_terminal() {
        return Err(Unusable::NoTerminal("standard input"));
    }
    if !io::stdout().is_terminal() {
        return Err(Unusable::NoTerminal("standard output"));
    }
    Ok(())
}

/// How large the terminal is, in columns and rows. One that does not know is taken for 80x24.
pub fn size() -> (u16, u16) {
    match tcgetwinsize(stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col, size.ws_row),
        _ => (80, 24),
    }
}

/// Leaves the terminal as it was found; does nothing when it is not ours.
pub fn restore() {
    let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(before) = before {
        // A terminal that is gone needs no more.
        let _gone = Tty.write_all(LEAVE);
        let _gone = tcflush(stdin(), QueueSelector::IFlush);
        let _gone = tcsetattr(stdin(), OptionalActions::Now, &before);
    }
}

/// Lets a panic of this thread restore the terminal before the report is written. A panic of
/// another thread goes to the log alone: whoever waits for that thread tells it.
pub fn restore_on_panic() {
    let ours = std::thread::current().id();
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tracing::error!(%panic, "panicked");
        if std::thread::current().id() == ours {
            restore();
            report(panic);
        }
    }));
}

/// The terminal to write to: no buffer of its own, so that a frame is one write.
#[derive(Debug)]
pub struct Tty;

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(stdout(), bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
