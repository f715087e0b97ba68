//! Where the dashboard is drawn: on a terminal, or on paper for a picture.

use std::convert::Infallible;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use tokio::sync::mpsc::UnboundedSender;

use crate::app::App;
use crate::backend::Painter;
use crate::border::Notify;
use crate::clock::Now;
use crate::terminal::{self, Input, Pace, Terminal, Tty, Unusable};

/// A clipboard of a terminal takes about this much.
const CLIPBOARD: usize = 64 << 10;

/// A place to draw on.
pub trait Screen {
    /// The earliest time for the next frame, when the screen is not what it should be since `changed`;
    /// `None` is now.
    fn next(&self, _changed: Instant) -> Option<Instant> {
        None
    }

    /// Draws a frame.
    ///
    /// # Errors
    /// When it cannot be written.
    fn draw(&mut self, app: &mut App, now: Now) -> io::Result<()>;

    /// The next frame answers a key.
    fn hurry(&mut self) {}

    /// A second has passed.
    fn ripen(&mut self) {}

    /// The terminal has seen the last frame.
    fn answered(&mut self) {}

    /// How long the answer to the last frame is worth waiting for; `None` when none is to come.
    fn outstanding(&self) -> Option<Duration> {
        None
    }

    /// Another size was announced: which, if it is another.
    ///
    /// # Errors
    /// When the screen cannot be cleared.
    fn resized(&mut self) -> io::Result<Option<(u16, u16)>> {
        Ok(None)
    }

    /// Puts a text on the operator's clipboard.
    ///
    /// # Errors
    /// When it cannot be written.
    fn copy(&mut self, _text: &str) -> io::Result<()> {
        Ok(())
    }

    /// Tells the operator something though they look elsewhere.
    ///
    /// # Errors
    /// When it cannot be written.
    fn ring(&mut self, _text: &str, _how: Notify) -> io::Result<()> {
        Ok(())
    }

    /// Lets it tell what the mouse does, or no longer.
    ///
    /// # Errors
    /// When it cannot be written.
    fn point(&mut self, _on: bool) -> io::Result<()> {
        Ok(())
    }

    /// Lets somebody else have it.
    fn give_back(&mut self) {}

    /// Takes it again: the next frame is drawn as if there had been none.
    ///
    /// # Errors
    /// When the terminal does not obey.
    fn take(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The operator's terminal.
#[derive(Debug)]
pub struct Live {
    frames: ratatui::Terminal<Painter<Tty>>,
    pace: Pace,
    terminal: Terminal,
}

impl Live {
    /// Takes the terminal; what it sends goes to `inputs`. `mono` draws without colours.
    ///
    /// # Errors
    /// When there is no terminal.
    pub fn enter(inputs: UnboundedSender<Input>, mono: bool) -> Result<Self, Unusable> {
        let terminal = Terminal::enter(inputs)?;
        let (width, height) = terminal::size();
        let painter = Painter::new(Tty, Size { width, height }, mono);
        Ok(Self { frames: ratatui::Terminal::new(painter)?, pace: Pace::default(), terminal })
    }

    fn fit(&mut self) -> io::Result<(u16, u16)> {
        let (width, height) = terminal::size();
        self.frames.backend_mut().resize(Size { width, height });
        self.frames.resize(Rect::new(0, 0, width, height))?;
        Ok((width, height))
    }
}

impl Screen for Live {
    fn next(&self, changed: Instant) -> Option<Instant> {
        self.pace.next(changed)
    }

    fn draw(&mut self, app: &mut App, now: Now) -> io::Result<()> {
        self.frames.backend_mut().ask(self.pace.asks());
        self.frames.backend_mut().know(app.links().clone());
        self.frames.draw(|frame| app.draw(frame, now))?;
        let written = self.frames.backend().written();
        if written > 0 {
            self.pace.drawn(Instant::now(), written);
        }
        Ok(())
    }

    fn hurry(&mut self) {
        self.pace.hurry();
    }

    fn ripen(&mut self) {
        self.pace.ripen();
    }

    fn answered(&mut self) {
        self.pace.answered(Instant::now());
    }

    fn outstanding(&self) -> Option<Duration> {
        self.pace.outstanding()
    }

    fn resized(&mut self) -> io::Result<Option<(u16, u16)>> {
        self.fit().map(Some)
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        let text = crate::text::sanitise_lines(crate::text::bounded(text, CLIPBOARD));
        write!(Tty, "\x1b]52;c;{}\x07", base64(text.as_bytes()))
    }

    fn ring(&mut self, text: &str, how: Notify) -> io::Result<()> {
        let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Tty.write_all(terminal::note(text, how, &env).as_bytes())
    }

    fn point(&mut self, on: bool) -> io::Result<()> {
        self.terminal.point(on)
    }

    fn give_back(&mut self) {
        self.terminal.give_back();
    }

    fn take(&mut self) -> io::Result<()> {
        self.terminal.take()?;
        self.pace = Pace::default();
        self.frames.backend_mut().forget();
        self.fit()?;
        Ok(())
    }
}

/// Paper of one size.
#[derive(Debug)]
pub struct Paper(ratatui::Terminal<TestBackend>);

impl Paper {
    /// A blank sheet.
    pub fn new(width: u16, height: u16) -> Self {
        match ratatui::Terminal::new(TestBackend::new(width, height)) {
            Ok(paper) => Self(paper),
            Err(never) => match never {},
        }
    }

    /// What is drawn on it.
    pub fn frame(&self) -> &Buffer {
        self.0.backend().buffer()
    }
}

/// Longer than any picture takes.
const NEVER: Duration = Duration::from_hours(24);

impl Screen for Paper {
    /// A picture is drawn when it is asked for, not when something changes: columns remember how wide
    /// they have been, and in which order the servers answer is chance.
    fn next(&self, _changed: Instant) -> Option<Instant> {
        Some(Instant::now() + NEVER)
    }

    fn draw(&mut self, app: &mut App, now: Now) -> io::Result<()> {
        let drawn: Result<_, Infallible> = self.0.draw(|frame| app.draw(frame, now));
        match drawn {
            Ok(_) => Ok(()),
            Err(never) => match never {},
        }
    }
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |value: u32| DIGITS.get((value & 63) as usize).map_or('=', |digit| char::from(*digit));
    bytes
        .chunks(3)
        .flat_map(|chunk| {
            let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
            let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
            let third = if chunk.len() > 1 { digit(bits >> 6) } else { '=' };
            let fourth = if chunk.len() > 2 { digit(bits) } else { '=' };
            [digit(bits >> 18), digit(bits >> 12), third, fourth]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn the_examples_of_rfc_4648() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }
}
