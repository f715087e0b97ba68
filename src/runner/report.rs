//! What a run says, on its way to the screen: told apart from what the login says of itself, bounded,
//! harmless, and without secrets.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::clean::{Lines, clean};
use super::hints;
use super::order::RECORD;
use crate::domain::run::{Line, Stream, Told};
use crate::mask::Mask;

/// So many lines wait for the screen; those before them are dropped.
const WAITING: usize = 10_000;

/// So many bytes of them.
const BYTES: usize = 4 << 20;

/// What was said, and not yet told.
#[derive(Debug)]
pub struct Report {
    mark: String,
    cut: [Lines; 2],
    mask: [Mask; 2],
    waiting: VecDeque<(Stream, Vec<u8>)>,
    held: usize,
    dropped: u64,
    hash: Sha256,
    /// How much was said in all.
    pub bytes: u64,
    /// The process group of the login, once it has said so.
    pub group: Option<u32>,
    /// The exit code that the login told.
    pub code: Option<i32>,
    /// The program that the login did not find.
    pub lacks: Option<String>,
    /// The last line of standard error.
    pub last: String,
    /// It asked for a terminal.
    pub asks_terminal: bool,
    /// What was shown of a line that is not ended.
    open: Option<Arc<str>>,
    is_open_new: bool,
}

impl Report {
    /// Nothing was said. `mark` is what the login's own records begin with.
    pub fn new(mark: &str, secrets: &Mask) -> Self {
        Self {
            mark: mark.to_owned(),
            cut: [Lines::default(), Lines::default()],
            mask: [secrets.clone(), secrets.clone()],
            waiting: VecDeque::new(),
            held: 0,
            dropped: 0,
            hash: Sha256::new(),
            bytes: 0,
            group: None,
            code: None,
            lacks: None,
            last: String::new(),
            asks_terminal: false,
            open: None,
            is_open_new: false,
        }
    }

    /// Takes bytes.
    pub fn hear(&mut self, stream: Stream, bytes: &[u8]) {
        let mut cut = std::mem::take(&mut self.cut[at(stream)]);
        cut.feed(bytes, |line| self.line(stream, line));
        self.cut[at(stream)] = cut;
        self.is_open_new = true;
    }

    /// Takes the end of both.
    pub fn finish(&mut self) {
        for stream in [Stream::Out, Stream::Err] {
            if let Some(rest) = self.cut[at(stream)].finish() {
                self.line(stream, &rest);
            }
        }
        self.is_open_new = true;
    }

    fn line(&mut self, stream: Stream, mut raw: &[u8]) {
        let mut own = None;
        if stream == Stream::Err && self.code.is_none() {
            let record = format!("{RECORD}{}", self.mark);
            if let Some(from) = memchr::memmem::find(raw, record.as_bytes()) {
                own = raw.get(from + record.len()..).map(<[u8]>::to_vec);
                raw = raw.get(..from).unwrap_or_default();
            }
        }
        if let Some(own) = own {
            self.record(&String::from_utf8_lossy(&own));
            if raw.is_empty() {
                return;
            }
        }
        self.hash.update(raw);
        self.hash.update(b"\n");
        self.bytes += raw.len() as u64 + 1;
        self.held += raw.len();
        self.waiting.push_back((stream, raw.to_vec()));
        while self.waiting.len() > WAITING || self.held > BYTES {
            let Some((stream, raw)) = self.waiting.pop_front() else { break };
            self.held -= raw.len();
            self.dropped += 1;
            // A private key may begin in what nobody sees.
            if memchr::memmem::find(&raw, b"-----").is_some() {
                let _unseen = self.mask[at(stream)].line(&clean(&raw));
            }
        }
    }

    /// What the login says of itself.
    fn record(&mut self, text: &str) {
        match text.trim().split_once(' ') {
            Some(("group", number)) => self.group = number.parse().ok().filter(|group| *group > 1),
            Some(("end", number)) => self.code = number.parse().ok(),
            Some(("lacks", program)) => self.lacks = Some(crate::text::sanitise(program).into_owned()),
            _ => {}
        }
    }

    /// What is to be told now, if anything is.
    pub fn tell(&mut self) -> Option<Told> {
        if self.waiting.is_empty() && !self.is_open_new {
            return None;
        }
        let mut lines = Vec::with_capacity(self.waiting.len());
        for (stream, raw) in std::mem::take(&mut self.waiting) {
            let text = self.mask[at(stream)].line(&clean(&raw));
            self.asks_terminal |= hints::asks_terminal(&text);
            if stream == Stream::Err && !text.trim().is_empty() {
                text.trim().clone_into(&mut self.last);
            }
            lines.push(Line { stream, text: text.into() });
        }
        self.held = 0;
        self.is_open_new = false;
        let open = self.open_line();
        let is_same = open == self.open;
        self.open.clone_from(&open);
        let dropped = std::mem::take(&mut self.dropped);
        (!lines.is_empty() || dropped > 0 || !is_same).then_some(Told::Lines { lines, dropped, open })
    }

    fn open_line(&self) -> Option<Arc<str>> {
        let [out, err] = &self.cut;
        let (stream, raw) = if out.open().is_empty() { (Stream::Err, err) } else { (Stream::Out, out) };
        let text = clean(raw.open());
        if text.contains(&self.mark) {
            return None;
        }
        let shown = self.mask[at(stream)].open(&text)?;
        (!shown.is_empty()).then(|| shown.into())
    }

    /// SHA-256 of all that was said, in hex.
    pub fn sha256(&self) -> String {
        let digest = self.hash.clone().finalize();
        digest.iter().fold(String::new(), |mut hex, byte| {
            // Writing to a text cannot fail.
            let _written = write!(hex, "{byte:02x}");
            hex
        })
    }
}

const fn at(stream: Stream) -> usize {
    match stream {
        Stream::Out => 0,
        Stream::Err => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(report: &mut Report) -> (Vec<String>, u64) {
        match report.tell() {
            Some(Told::Lines { lines, dropped, .. }) => {
                (lines.iter().map(|line| line.text.to_string()).collect(), dropped)
            }
            _ => (Vec::new(), 0),
        }
    }

    #[test]
    fn a_secret_is_masked_wherever_the_chunks_are() {
        let text = b"one\nthe key is correct-horse today\nlast\n";
        for step in 1..text.len() {
            let mut report = Report::new("m-", &Mask::new(["correct-horse"]));
            let mut seen = Vec::new();
            for chunk in text.chunks(step) {
                report.hear(Stream::Out, chunk);
                let Some(Told::Lines { lines, open, .. }) = report.tell() else { continue };
                seen.extend(lines.iter().map(|line| line.text.to_string()));
                assert!(open.is_none_or(|open| !open.contains("corr")), "{step}");
            }
            assert_eq!(seen, ["one", "the key is [secret] today", "last"], "{step}");
        }
    }

    #[test]
    fn the_logins_own_words_are_not_output() {
        let mut report = Report::new("m-", &Mask::default());
        report.hear(Stream::Err, b"\x1em-group 4242\nreal\nhalf\x1em-end 7\n");
        report.hear(Stream::Out, b"\x1em-end 9\n");
        assert_eq!((report.group, report.code), (Some(4242), Some(7)));
        let (lines, _) = told(&mut report);
        assert_eq!(lines, ["real", "half", "<U+001E>m-end 9"]);
    }

    #[test]
    fn a_flood_is_bounded() {
        let mut report = Report::new("m-", &Mask::default());
        for number in 0..30_000 {
            report.hear(Stream::Out, format!("{number}\n").as_bytes());
        }
        let (lines, dropped) = told(&mut report);
        assert_eq!((lines.len(), dropped), (WAITING, 20_000));
        assert_eq!(lines.last().map(String::as_str), Some("29999"));
        for _ in 0..4_000 {
            report.hear(Stream::Out, &[vec![b'x'; 8_000], vec![b'\n']].concat());
        }
        assert!(report.held <= BYTES);
    }
}
