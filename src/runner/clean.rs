//! Output made harmless: bytes of any kind become lines of plain text, in bounded memory.

use crate::text::is_plain;

/// A line longer than this is cut.
const LONGEST: usize = 8 << 10;

/// So much of a line is kept until it ends: what is cut off later may hold escape sequences.
const RAW: usize = 16 << 10;

/// An escape sequence longer than this is none.
const SEQUENCE: usize = 4 << 10;

/// Cuts a stream of bytes into lines.
#[derive(Debug, Default)]
pub struct Lines {
    raw: Vec<u8>,
}

impl Lines {
    /// Takes bytes, and gives each line that they end to `take`, without its end.
    pub fn feed(&mut self, mut bytes: &[u8], mut take: impl FnMut(&[u8])) {
        while let Some(at) = memchr::memchr(b'\n', bytes) {
            let (line, rest) = bytes.split_at(at);
            if self.raw.is_empty() {
                take(line.get(..line.len().min(RAW)).unwrap_or(line));
            } else {
                self.keep(line);
                take(&self.raw);
                self.raw.clear();
            }
            bytes = rest.get(1..).unwrap_or_default();
        }
        self.keep(bytes);
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = RAW.saturating_sub(self.raw.len());
        self.raw.extend_from_slice(bytes.get(..bytes.len().min(room)).unwrap_or(bytes));
    }

    /// The line that is not ended.
    pub fn open(&self) -> &[u8] {
        &self.raw
    }

    /// The line that is not ended, at the end of all.
    pub fn finish(&mut self) -> Option<Vec<u8>> {
        let rest = std::mem::take(&mut self.raw);
        (!rest.is_empty()).then_some(rest)
    }
}

/// A line as a terminal would have left it: tabs are spaces, `\r` and `\b` overwrite, escape
/// sequences are gone, and what cannot be seen is named: `<U+202E>`.
pub fn clean(raw: &[u8]) -> String {
    if raw.len() <= LONGEST && raw.iter().all(|byte| (0x20..0x7f).contains(byte)) {
        return String::from_utf8_lossy(raw).into_owned();
    }
    let mut pen = Pen::default();
    let mut chars = decoded(raw).into_iter().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\u{1b}' => match chars.next() {
                Some('[') => skip_control(&mut chars),
                Some(']' | 'P' | 'X' | '^' | '_') => skip_string(&mut chars),
                Some('(' | ')' | '*' | '+' | '#' | '%' | ' ') => {
                    let _set = chars.next();
                }
                _ => {}
            },
            '\u{9b}' => skip_control(&mut chars),
            '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => skip_string(&mut chars),
            '\r' => pen.at = 0,
            '\u{8}' => pen.at = pen.at.saturating_sub(1),
            '\t' => {
                let to = (pen.at / 8 + 1) * 8;
                while pen.at < to {
                    pen.put(' ');
                }
            }
            '\u{fffd}' => pen.put(char),
            _ if is_plain(char) => pen.put(char),
            _ => format!("<U+{:04X}>", u32::from(char)).chars().for_each(|char| pen.put(char)),
        }
        if pen.bytes > LONGEST {
            pen.put('…');
            break;
        }
    }
    pen.line.into_iter().collect()
}

#[derive(Default)]
struct Pen {
    line: Vec<char>,
    at: usize,
    bytes: usize,
}

impl Pen {
    fn put(&mut self, char: char) {
        match self.line.get_mut(self.at) {
            Some(old) => *old = char,
            None => self.line.push(char),
        }
        self.at += 1;
        self.bytes += char.len_utf8();
    }
}

/// The characters of bytes; a byte of the upper controls that stands alone is that control.
fn decoded(raw: &[u8]) -> Vec<char> {
    let mut chars = Vec::with_capacity(raw.len());
    for chunk in raw.utf8_chunks() {
        chars.extend(chunk.valid().chars());
        match chunk.invalid() {
            [] => {}
            [control @ 0x80..0xa0] => chars.push(char::from(*control)),
            _ => chars.push(char::REPLACEMENT_CHARACTER),
        }
    }
    chars
}

type Chars = std::iter::Peekable<std::vec::IntoIter<char>>;

fn skip_control(chars: &mut Chars) {
    for _ in 0..SEQUENCE {
        match chars.next() {
            Some('\u{20}'..='\u{3f}') => {}
            _ => return,
        }
    }
}

fn skip_string(chars: &mut Chars) {
    for _ in 0..SEQUENCE {
        match chars.next() {
            None | Some('\u{7}' | '\u{9c}') => return,
            Some('\u{1b}') => {
                let _end = chars.next_if_eq(&'\\');
                return;
            }
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_what_a_terminal_would_have_left() {
        for (raw, expected) in [
            (&b"plain"[..], "plain"),
            (b"a\tb", "a       b"),
            (b"10%\r50%\r100%", "100%"),
            (b"long line\rab", "abng line"),
            (b"abc\r", "abc"),
            (b"ab\x08c", "ac"),
            (b"\x1b[1;31mred\x1b[0m", "red"),
            (b"\x1b[2J\x1b[Hx", "x"),
            (b"\x1b]52;c;ZXZpbA==\x07x", "x"),
            (b"\x1b]0;title\x1b\\x", "x"),
            (b"\x9b31mred", "red"),
            (b"\x9d0;t\x9cx", "x"),
            (b"\x1bPq...\x1b\\x", "x"),
            (b"\x1b]never ended", ""),
            (b"a\x00b\x7f", "a<U+0000>b<U+007F>"),
            ("a\u{202e}b".as_bytes(), "a<U+202E>b"),
            (b"\xff\xfe", "\u{fffd}\u{fffd}"),
            ("é 磁".as_bytes(), "é 磁"),
        ] {
            assert_eq!(clean(raw), expected, "{}", String::from_utf8_lossy(raw));
        }
        let endless = [b"\x1b]".as_slice(), &b"x".repeat(SEQUENCE), b"tail"].concat();
        assert_eq!(clean(&endless), "tail");
        assert!(clean(&b"y".repeat(3 * LONGEST)).len() < LONGEST + 8);
    }

    #[test]
    fn lines_are_cut_wherever_the_chunks_are() {
        let all = b"one\ntwo\n\nthree".to_vec();
        for step in 1..all.len() {
            let (mut lines, mut seen) = (Lines::default(), Vec::new());
            for chunk in all.chunks(step) {
                lines.feed(chunk, |line| seen.push(String::from_utf8_lossy(line).into_owned()));
            }
            seen.extend(lines.finish().map(|line| String::from_utf8_lossy(&line).into_owned()));
            assert_eq!(seen, ["one", "two", "", "three"], "{step}");
        }
        let mut lines = Lines::default();
        for _ in 0..1_000 {
            lines.feed(&[b'x'; 4_096], |_| {});
        }
        assert!(lines.open().len() <= RAW);
    }
}
