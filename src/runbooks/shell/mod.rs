//! Shell text cut into tokens that cover it to the last byte: enough of the grammar to know where
//! a command ends, how a word is quoted and what is run inside it. Not a parser of every shell;
//! what it cannot read it says, and what cannot be read is never harmless.

mod command;
mod lexer;
mod quotes;

use std::ops::Range;

pub use command::{Depth, Join, Redirect, Simple, commands, is_assignment, is_name};
pub use lexer::lex;

/// How deep quotes and substitutions may stand in each other.
pub const DEEPEST: usize = 24;

/// A shell text, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// Their spans follow each other without a gap.
    pub tokens: Vec<Token>,
    /// Where it stopped being shell.
    pub faults: Vec<Fault>,
}

/// A place that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The byte at which it begins.
    pub at: usize,
    /// What is wrong.
    pub message: &'static str,
}

/// A piece of shell text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its bytes.
    pub span: Range<usize>,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Spaces, tabs and lines that go on after a backslash.
    Blank,
    /// The end of a line.
    Newline,
    /// From `#` to the end of the line.
    Comment,
    /// `;`, `&&`, `2>` and their like.
    Operator,
    /// A word.
    Word(Vec<Part>),
    /// The lines of a here-document, with the line that ends it.
    Here(Here),
}

/// A here-document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Here {
    /// The line that ends it.
    pub delimiter: String,
    /// The delimiter was quoted: the shell expands nothing in it.
    pub is_quoted: bool,
    /// What stands in it.
    pub parts: Vec<Part>,
}

/// A piece of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// How it stands there.
    pub kind: Piece,
    /// Its bytes, quotes included.
    pub span: Range<usize>,
}

/// How a piece of a word stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Characters as they are.
    Text,
    /// A backslash and the character that it protects.
    Escape,
    /// `'...'`
    Single(Vec<Part>),
    /// `"..."`
    Double(Vec<Part>),
    /// `$'...'`, which not every shell knows.
    Ansi(Vec<Part>),
    /// `$NAME`, `${...}`
    Parameter(Vec<Part>),
    /// `$((...))`
    Arithmetic(Vec<Part>),
    /// `$(...)` and the items of an array.
    Command(Vec<Token>),
    /// `` `...` ``
    Backtick(Vec<Token>),
    /// `<(...)`, `>(...)`
    Process(Vec<Token>),
    /// `<NAME>`, where the reader of the document puts a value.
    Placeholder,
}

impl Part {
    /// The pieces that stand in it.
    pub fn inner(&self) -> &[Self] {
        match &self.kind {
            Piece::Single(parts)
            | Piece::Double(parts)
            | Piece::Ansi(parts)
            | Piece::Parameter(parts)
            | Piece::Arithmetic(parts) => parts,
            _ => &[],
        }
    }

    /// What it runs while the word is read.
    pub fn runs(&self) -> Option<&[Token]> {
        match &self.kind {
            Piece::Command(tokens) | Piece::Backtick(tokens) | Piece::Process(tokens) => Some(tokens),
            _ => None,
        }
    }
}

/// What a word says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The word without its quotes; what the shell would expand stands as it is written.
    pub text: String,
    /// Something in it is known only when it runs.
    pub is_dynamic: bool,
    /// It names files by a pattern.
    pub has_glob: bool,
    /// A part of it is quoted.
    pub is_quoted: bool,
}

/// What the word made of `parts` says.
pub fn said(parts: &[Part], text: &str) -> Said {
    let mut said = Said::default();
    for part in parts {
        say(part, text, false, &mut said);
    }
    said
}

fn say(part: &Part, text: &str, quoted: bool, said: &mut Said) {
    let raw = text.get(part.span.clone()).unwrap_or_default();
    match &part.kind {
        Piece::Text => {
            said.has_glob |= !quoted && raw.contains(['*', '?', '[']);
            said.is_dynamic |= !quoted && (raw.contains('{') && raw.contains('}') || raw.starts_with('~'));
            said.text.push_str(raw);
        }
        Piece::Escape => {
            said.is_quoted = true;
            let protected = raw.strip_prefix('\\').unwrap_or_default();
            said.text.push_str(protected.trim_start_matches('\r').trim_start_matches('\n'));
        }
        Piece::Single(inner) | Piece::Double(inner) => {
            said.is_quoted = true;
            for part in inner {
                say(part, text, true, said);
            }
        }
        Piece::Placeholder => said.text.push_str(raw),
        _ => {
            said.is_dynamic = true;
            said.text.push_str(raw);
        }
    }
}

/// Every script that runs while `tokens` are read, outermost first.
pub fn nested(tokens: &[Token]) -> Vec<&[Token]> {
    let mut found = Vec::new();
    for token in tokens {
        match &token.kind {
            Kind::Word(parts) => parts.iter().for_each(|part| find_nested(part, &mut found)),
            Kind::Here(here) => here.parts.iter().for_each(|part| find_nested(part, &mut found)),
            _ => {}
        }
    }
    found
}

fn find_nested<'p>(part: &'p Part, found: &mut Vec<&'p [Token]>) {
    if let Some(tokens) = part.runs() {
        found.push(tokens);
        found.extend(nested(tokens));
    }
    part.inner().iter().for_each(|part| find_nested(part, found));
}

#[cfg(test)]
mod tests;
