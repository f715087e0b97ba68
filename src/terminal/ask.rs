//! Questions to the terminal outside the dashboard: what it answers is read until the answer that every
//! terminal gives, or until it has had time enough.

use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::stdio::stdin;
use rustix::termios::{OptionalActions, QueueSelector, tcflush, tcgetattr, tcsetattr};

use super::{Tty, Unusable, check};

/// Who it is and what it can do. Every terminal answers that.
const LAST: &[u8] = b"\x1b[c";

/// Over a slow link an answer takes so long at most.
const PATIENCE: Duration = Duration::from_millis(1500);

/// No answer is as long as this.
const LONGEST: usize = 4096;

/// Asks `questions`, and then what every terminal answers: all that came, in its order. Nothing that is
/// asked or answered is seen, and the line settings are as before.
///
/// # Errors
/// When standard input or output is no terminal, or it is gone.
pub fn ask(questions: &[u8]) -> Result<Vec<u8>, Unusable> {
    check()?;
    let before = tcgetattr(stdin()).map_err(io::Error::from)?;
    let mut raw = before.clone();
    raw.make_raw();
    tcsetattr(stdin(), OptionalActions::Flush, &raw).map_err(io::Error::from)?;
    let heard = Tty.write_all(questions).and_then(|()| Tty.write_all(LAST)).and_then(|()| listen());
    // What comes too late is not for the shell.
    let _gone = tcflush(stdin(), QueueSelector::IFlush);
    let _gone = tcsetattr(stdin(), OptionalActions::Now, &before);
    Ok(heard?)
}

fn listen() -> io::Result<Vec<u8>> {
    let (mut heard, mut buffer) = (Vec::new(), [0; 256]);
    let until = Instant::now() + PATIENCE;
    while !is_over(&heard) && heard.len() < LONGEST {
        let left = until.saturating_duration_since(Instant::now());
        let left =
            Timespec { tv_sec: i64::from(left.as_secs() > 0), tv_nsec: i64::from(left.subsec_nanos()) };
        let terminal = stdin();
        let mut fds = [PollFd::new(&terminal, PollFlags::IN)];
        match poll(&mut fds, Some(&left)) {
            Ok(0) => break,
            Ok(_) => match rustix::io::read(terminal, &mut buffer)? {
                0 => break,
                count => heard.extend_from_slice(buffer.get(..count).unwrap_or_default()),
            },
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(heard)
}

/// Whether the last answer is there: `CSI ? ... c`.
fn is_over(heard: &[u8]) -> bool {
    let start = heard.windows(3).rposition(|window| window == b"\x1b[?");
    let rest = start.and_then(|start| heard.get(start + 3..)).unwrap_or_default();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b';').count();
    rest.get(digits) == Some(&b'c')
}

#[cfg(test)]
mod tests {
    use super::is_over;

    #[test]
    fn the_last_answer_ends_it() {
        for (heard, over) in [
            (&b"\x1b[?62;22c"[..], true),
            (b"\x1b[?2026;2$y\x1b[?6c", true),
            (b"\x1b[?2026;2$y", false),
            (b"\x1b[?62;2", false),
            (b"\x1b[>0;276;0c", false),
            (b"", false),
        ] {
            assert_eq!(is_over(heard), over, "{heard:?}");
        }
    }
}
