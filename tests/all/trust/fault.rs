//! What a bad network, a broken server or somebody in between does to an answer.

use std::sync::Arc;

use serde_json::Value;

/// What is done to the JSON of an answer; the path says which it is.
pub type Change = Arc<dyn Fn(&str, &mut Value) + Send + Sync>;

/// What goes wrong at the door.
#[derive(Clone)]
pub enum Fault {
    /// Nothing.
    None,
    /// Who connects hears nothing, ever.
    Silent,
    /// The connection is reset without a word.
    Reset,
    /// It ends without a word.
    Closed,
    /// It ends before anything was asked.
    Slammed,
    /// The head of the answer comes a byte at a time, and never ends in time.
    SlowHead,
    /// The head comes at once and the body a byte at a time.
    SlowBody,
    /// The connection ends after so many bytes of the status line.
    CutStatus(usize),
    /// It ends in the middle of the head.
    CutHead,
    /// It ends right after the head.
    CutBody,
    /// It ends before the last byte of the body.
    CutEnd,
    /// By its length the answer is whole, and its text stops behind the last byte of this class but for the
    /// very last; in the middle where there is none.
    Stops(fn(&u8) -> bool),
    /// The head announces so many bytes more (or fewer) than the body has.
    Length(i64),
    /// A body in pieces whose sizes are no numbers.
    BadPieces,
    /// A body in pieces, of which the last is not whole.
    CutPiece,
    /// Bytes of no protocol, of this seed.
    Garbage(u64),
    /// The head never ends: field after field.
    EndlessHead,
    /// The body is this many blanks after a bracket.
    Huge(usize),
    /// The same without a length: piece after piece.
    HugeInPieces(usize),
    /// A few kilobytes that unpack to so many megabytes.
    Bomb(usize),
    /// This status, content type and body for every question.
    Says(u16, &'static str, Vec<u8>),
    /// Go there instead.
    Redirect(u16, String),
    /// The answer is right, and the connection that should stay open ends after it.
    Hangup,
    /// The answer is right and says it is something else.
    Calls(&'static str),
    /// The answer's time is so many seconds off.
    Skew(i64),
    /// These bytes, whatever they are, and the end.
    Raw(&'static [u8]),
    /// The answer is changed.
    Changes(Change),
}
