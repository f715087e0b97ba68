//! Where one key ends and the next begins. What a terminal sends is cut into keys, sequences and
//! pastes by the grammar of ECMA-48 alone, so that an answer that nobody understands is dropped
//! whole, and none of its letters is taken for a key.

use std::time::Duration;

/// After an Escape, a sequence would have gone on within this time; else somebody pressed the key.
const KEY: Duration = Duration::from_millis(50);

/// Within this time a sequence that has begun goes on, even on a slow link.
const REST: Duration = Duration::from_millis(500);

/// Longer sequences are dropped.
const LONGEST: usize = 256;

/// Longer pastes are cut.
const LONGEST_PASTE: usize = 1 << 20;

const PASTE: &[u8] = b"\x1b[200~";
const PASTE_END: &[u8] = b"\x1b[201~";

/// What was cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A character, or a whole sequence.
    Sequence(Vec<u8>),
    /// Alt and a character that would begin a sequence.
    Alt(char),
    /// What stood between the marks of a paste.
    Paste(String),
}

/// Where in a sequence we are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    /// So many bytes of a character are to come.
    Character(usize),
    Escape,
    /// After `ESC [`.
    Control,
    /// After `ESC O` or `ESC [ [`, or in an old mouse report: so many bytes to come.
    Fixed(usize),
    /// After `ESC ]`, `ESC P` and their like, up to `ESC \` or BEL.
    Text,
    Paste,
}

/// The cutter.
#[derive(Debug, Default)]
pub struct Sequences {
    state: State,
    held: Vec<u8>,
}

impl Sequences {
    /// Takes in what was read, and gives each piece that is whole.
    pub fn push(&mut self, bytes: &[u8], mut each: impl FnMut(Piece)) {
        for byte in bytes {
            if let Some(piece) = self.take(*byte) {
                each(piece);
            }
        }
    }

    /// How long to wait for more before [`Sequences::give_up`]; `None` when nothing is begun.
    pub const fn patience(&self) -> Option<Duration> {
        match self.state {
            State::Ground => None,
            State::Escape => Some(KEY),
            _ => Some(REST),
        }
    }

    /// Nothing came any more: a key that looks like the begin of a sequence was one, and half a
    /// sequence is dropped.
    pub fn give_up(&mut self) -> Option<Piece> {
        let held = self.start(State::Ground);
        match held.as_slice() {
            [0x1b] => Some(Piece::Sequence(held)),
            [0x1b, intro] => Some(Piece::Alt(char::from(*intro))),
            _ => held.strip_prefix(PASTE).map(paste),
        }
    }

    fn start(&mut self, state: State) -> Vec<u8> {
        self.state = state;
        std::mem::take(&mut self.held)
    }

    fn take(&mut self, byte: u8) -> Option<Piece> {
        if self.held.len() < if self.state == State::Paste { LONGEST_PASTE } else { LONGEST } {
            self.held.push(byte);
        }
        match (self.state, byte) {
            (State::Paste, _) => return self.pasted(byte),
            (State::Text, 0x07 | 0x18 | 0x1a) => return self.drop_all(),
            (State::Text, b'\\') if self.held.ends_with(b"\x1b\\") => return self.drop_all(),
            (State::Text, _) | (State::Control, 0x20..=0x3f) => {}
            (State::Escape, 0x1b) => {
                // The first was a key.
                self.held.pop();
                return Some(Piece::Sequence(self.held.clone()));
            }
            (_, 0x1b) => {
                // Whatever it was, it was cut off.
                self.start(State::Escape);
                self.held.push(byte);
            }
            (State::Character(more) | State::Fixed(more), _) => {
                if more <= 1 {
                    return self.whole();
                }
                self.state = match self.state {
                    State::Character(_) => State::Character(more - 1),
                    _ => State::Fixed(more - 1),
                };
            }
            (State::Escape, b'[') => self.state = State::Control,
            (State::Escape, b'O') => self.state = State::Fixed(1),
            (State::Escape, b']' | b'P' | b'_' | b'^' | b'X') => self.state = State::Text,
            (State::Ground | State::Escape, _) => return self.begin(byte),
            (State::Control, b'[') if self.held.len() == 3 => self.state = State::Fixed(1),
            (State::Control, b'M') if self.held.len() == 3 => self.state = State::Fixed(3),
            (State::Control, 0x40..=0x7e) if self.held == PASTE => self.state = State::Paste,
            (State::Control, 0x40..=0x7e) => return self.whole(),
            (State::Control, _) => return self.drop_all(),
        }
        None
    }

    /// A character begins, alone or after an Escape.
    fn begin(&mut self, byte: u8) -> Option<Piece> {
        match byte {
            0x00..=0x7f => return self.whole(),
            0xc2..=0xdf => self.state = State::Character(1),
            0xe0..=0xef => self.state = State::Character(2),
            0xf0..=0xf4 => self.state = State::Character(3),
            _ => return self.drop_all(),
        }
        None
    }

    fn pasted(&mut self, byte: u8) -> Option<Piece> {
        let is_full = self.held.len() >= LONGEST_PASTE;
        if is_full {
            // The end must still be seen: the last bytes of what is kept make room for it.
            self.held.remove(LONGEST_PASTE - PASTE_END.len());
            self.held.push(byte);
        }
        let text = self.held.strip_suffix(PASTE_END)?.strip_prefix(PASTE)?;
        let piece = paste(text);
        self.start(State::Ground);
        Some(piece)
    }

    fn whole(&mut self) -> Option<Piece> {
        let held = self.start(State::Ground);
        (held.len() < LONGEST).then_some(Piece::Sequence(held))
    }

    fn drop_all(&mut self) -> Option<Piece> {
        self.start(State::Ground);
        None
    }
}

fn paste(text: &[u8]) -> Piece {
    Piece::Paste(String::from_utf8_lossy(text).into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(bytes: &[u8]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut sequences = Sequences::default();
        sequences.push(bytes, |piece| pieces.push(piece));
        pieces.extend(sequences.give_up());
        pieces
    }

    fn sequences(pieces: &[&str]) -> Vec<Piece> {
        pieces.iter().map(|piece| Piece::Sequence(piece.as_bytes().to_vec())).collect()
    }

    #[test]
    fn keys_and_sequences_are_told_apart() {
        for (typed, pieces) in [
            ("jk", &["j", "k"][..]),
            ("é日", &["é", "日"]),
            ("\u{1b}", &["\u{1b}"]),
            ("\u{1b}\u{1b}", &["\u{1b}", "\u{1b}"]),
            ("\u{1b}x\u{1b}é", &["\u{1b}x", "\u{1b}é"]),
            ("\u{1b}[A\u{1b}OPq", &["\u{1b}[A", "\u{1b}OP", "q"]),
            ("\u{1b}[[Aq", &["\u{1b}[[A", "q"]),
            ("\u{1b}[1;5Cq", &["\u{1b}[1;5C", "q"]),
            ("\u{1b}[?62;22cq", &["\u{1b}[?62;22c", "q"]),
            ("\u{1b}[>0;276;0cq", &["\u{1b}[>0;276;0c", "q"]),
            ("\u{1b}[?2026;2$yq", &["\u{1b}[?2026;2$y", "q"]),
            ("\u{1b}]11;rgb:0000/0000/0000\u{1b}\\q", &["q"]),
            ("\u{1b}]11;rgb:0000/0000/0000\u{7}q", &["q"]),
            ("\u{1b}P1+r4d73\u{1b}\\q", &["q"]),
            ("\u{1b}_Gi=1;OK\u{1b}\\q", &["q"]),
            ("\u{1b}[12;4\u{1b}[Bq", &["\u{1b}[B", "q"]),
            ("\u{1b}[12\u{3}q", &["q"]),
            ("\u{1b}[M !!q", &["\u{1b}[M !!", "q"]),
            ("\u{1b}[12;4", &[]),
        ] {
            assert_eq!(cut(typed.as_bytes()), sequences(pieces), "{typed:?}");
        }
        assert_eq!(cut(b"\x1b["), [Piece::Alt('[')]);
        assert_eq!(cut(b"\x1b]"), [Piece::Alt(']')]);
        assert_eq!(cut(b"\xff\xfeq"), sequences(&["q"]), "no UTF-8");
    }

    #[test]
    fn a_paste_is_one_piece_whatever_it_holds() {
        let pasted = |text: &str| Piece::Paste(text.to_owned());
        assert_eq!(
            cut(b"\x1b[200~q\x1b[A\r\x1b[201~j"),
            [pasted("q\x1b[A\r"), Piece::Sequence(b"j".to_vec())]
        );
        assert_eq!(cut(b"\x1b[200~lost"), [pasted("lost")]);
        let endless = [PASTE, &vec![b'x'; 2 * LONGEST_PASTE], PASTE_END, b"j"].concat();
        let pieces = cut(&endless);
        assert_eq!(pieces.len(), 2);
        assert!(matches!(pieces.first(), Some(Piece::Paste(text)) if text.len() < LONGEST_PASTE));
    }

    #[test]
    fn an_endless_sequence_is_dropped() {
        let endless = [b"\x1b[", "1;".repeat(LONGEST).as_bytes(), b"cq"].concat();
        assert_eq!(cut(&endless), sequences(&["q"]));
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_it_was_read(bytes in prop::collection::vec(
            prop_oneof![Just(0x1b), Just(b'['), Just(b']'), Just(b'c'), Just(b'\\'), any::<u8>()], 0..64,
        ), at in 0_usize..64) {
            let at = at.min(bytes.len());
            let mut pieces = Vec::new();
            let mut sequences = Sequences::default();
            let (first, second) = bytes.split_at(at);
            sequences.push(first, |piece| pieces.push(piece));
            sequences.push(second, |piece| pieces.push(piece));
            pieces.extend(sequences.give_up());
            prop_assert_eq!(pieces, cut(&bytes));
        }
    }
}
