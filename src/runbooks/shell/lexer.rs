//! The lexer: one pass, byte offsets, never a panic, whatever the text.

use super::{DEEPEST, Fault, Here, Kind, Part, Piece, Script, Token};

/// Operators, the longest first.
const OPERATORS: [&str; 23] = [
    "<<<", "<<-", "&>>", ";;&", "&&", "||", ";;", ";&", "|&", "&>", "<<", ">>", "<&", ">&", "<>", ">|", ";",
    "&", "|", "<", ">", "(", ")",
];

/// No placeholder's name is longer.
const LONGEST_NAME: usize = 64;

/// Reads a shell text.
pub fn lex(text: &str) -> Script {
    let mut lexer = Lexer { text, at: 0, end: text.len(), depth: 0, faults: Vec::new(), waiting: Vec::new() };
    let mut tokens = lexer.tokens(false);
    while lexer.at < lexer.end {
        // A `)` too many: told, and gone on behind it.
        let start = lexer.at;
        lexer.fault(start, "a ) that closes nothing");
        lexer.at += 1;
        tokens.push(Token { kind: Kind::Operator, span: start..lexer.at });
        tokens.extend(lexer.tokens(false));
    }
    Script { tokens, faults: lexer.faults }
}

/// A here-document whose lines have not come yet.
pub(super) struct Waiting {
    at: usize,
    delimiter: String,
    is_quoted: bool,
    strips_tabs: bool,
}

pub(super) struct Lexer<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    pub(super) end: usize,
    depth: usize,
    faults: Vec<Fault>,
    pub(super) waiting: Vec<Waiting>,
}

impl Lexer<'_> {
    pub(super) fn byte(&self, offset: usize) -> Option<u8> {
        let at = self.at + offset;
        self.text.as_bytes().get(at).copied().filter(|_| at < self.end)
    }

    pub(super) fn rest(&self) -> &str {
        self.text.get(self.at..self.end).unwrap_or_default()
    }

    pub(super) fn fault(&mut self, at: usize, message: &'static str) {
        self.faults.push(Fault { at, message });
    }

    /// Tokens up to the end, or up to the `)` that closes what `is_inner` stands in.
    pub(super) fn tokens(&mut self, is_inner: bool) -> Vec<Token> {
        let mut tokens: Vec<Token> = Vec::new();
        let mut open = 0_usize;
        let mut cases = 0_usize;
        let mut delimited = None;
        while let Some(byte) = self.byte(0) {
            let start = self.at;
            let kind = match byte {
                b' ' | b'\t' => self.blank(),
                b'\\' if self.newline_after(1) > 0 => self.blank(),
                b'\r' | b'\n' if self.newline_after(0) > 0 => {
                    self.at += self.newline_after(0);
                    Kind::Newline
                }
                b'#' => {
                    self.at += self.rest().find('\n').unwrap_or(self.rest().len());
                    Kind::Comment
                }
                b')' if open == 0 && cases == 0 => break,
                _ => match self.operator() {
                    Some(operator) => {
                        self.at += operator.len();
                        match operator {
                            "(" => open += 1,
                            ")" => open = open.saturating_sub(1),
                            _ => {}
                        }
                        Kind::Operator
                    }
                    None => self.word(),
                },
            };
            match (&kind, delimited.take()) {
                (Kind::Word(parts), Some((at, strips_tabs))) => self.awaits(at, parts, strips_tabs),
                (Kind::Blank, waits) => delimited = waits,
                (_, Some((at, _))) => self.fault(at, "a here-document without a delimiter"),
                (Kind::Operator, None) => {
                    let operator = self.text.get(start..self.at).unwrap_or_default();
                    let operator = operator.trim_start_matches(|char: char| char.is_ascii_digit());
                    delimited = matches!(operator, "<<" | "<<-").then_some((start, operator == "<<-"));
                }
                _ => {}
            }
            match self.text.get(start..self.at) {
                // The patterns of a `case` end with a `)` that nothing opened.
                Some("case") => cases += 1,
                Some("esac") => cases = cases.saturating_sub(1),
                _ => {}
            }
            let is_newline = kind == Kind::Newline;
            tokens.push(Token { kind, span: start..self.at });
            if is_newline {
                tokens.extend(self.here_documents());
            }
        }
        if let Some((at, _)) = delimited {
            self.fault(at, "a here-document without a delimiter");
        }
        if open > 0 {
            self.fault(self.at, "a ( that is not closed");
        }
        if let Some(waiting) = self.waiting.first() {
            self.faults.push(Fault { at: waiting.at, message: "a here-document without its lines" });
            self.waiting.clear();
        }
        if !is_inner && self.byte(0).is_none() {
            self.at = self.end;
        }
        tokens
    }

    /// How long the line break at `offset` is; 0 when there is none.
    fn newline_after(&self, offset: usize) -> usize {
        match (self.byte(offset), self.byte(offset + 1)) {
            (Some(b'\n'), _) => 1,
            (Some(b'\r'), Some(b'\n')) => 2,
            _ => 0,
        }
    }

    fn blank(&mut self) -> Kind {
        loop {
            match self.byte(0) {
                Some(b' ' | b'\t') => self.at += 1,
                Some(b'\\') if self.newline_after(1) > 0 => self.at += 1 + self.newline_after(1),
                _ => return Kind::Blank,
            }
        }
    }

    /// The operator that stands here, with the number of the file that it redirects.
    fn operator(&self) -> Option<&'static str> {
        if self.placeholder().is_some() || self.is_process() {
            return None;
        }
        OPERATORS.into_iter().find(|operator| self.rest().starts_with(operator))
    }

    fn is_process(&self) -> bool {
        matches!((self.byte(0), self.byte(1)), (Some(b'<' | b'>'), Some(b'(')))
    }

    /// The length of the placeholder that stands here: `<NAME>`.
    pub(super) fn placeholder(&self) -> Option<usize> {
        let name = self.rest().strip_prefix('<')?;
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let length = name.bytes().take(LONGEST_NAME + 1).take_while(is_name).count();
        let starts = name.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
        let ends = name.as_bytes().get(length) == Some(&b'>');
        (starts && ends && length <= LONGEST_NAME).then_some(length + 2)
    }

    fn word(&mut self) -> Kind {
        let start = self.at;
        let mut parts = Vec::new();
        while let Some(byte) = self.byte(0) {
            let is_end =
                matches!(byte, b' ' | b'\t') || self.newline_after(0) > 0 || self.operator().is_some();
            if is_end {
                break;
            }
            let part = self.part(b"\\'\"$`<>;&|() \t\n\r");
            parts.push(part);
        }
        if self.byte(0) == Some(b'(') && self.text.get(start..self.at).is_some_and(|word| word.ends_with('='))
        {
            let at = self.at;
            let tokens = self.within(1, Self::parenthesis).unwrap_or_default();
            parts.push(Part { kind: Piece::Command(tokens), span: at..self.at });
        }
        let word = self.text.get(start..self.at).unwrap_or_default();
        let is_number = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
        if is_number
            && matches!(self.byte(0), Some(b'<' | b'>'))
            && let Some(operator) = self.operator()
        {
            // `2>` is one operator.
            self.at += operator.len();
            return Kind::Operator;
        }
        Kind::Word(parts)
    }

    /// One piece of a word; text runs up to one of `stops`.
    pub(super) fn part(&mut self, stops: &[u8]) -> Part {
        let start = self.at;
        let kind = match self.byte(0) {
            Some(b'\\') => {
                let next = self.rest().chars().nth(1);
                self.at += 1 + next.map_or(0, char::len_utf8).max(self.newline_after(1));
                if next.is_none() {
                    self.fault(start, "a backslash before nothing");
                }
                Piece::Escape
            }
            Some(b'\'') => Piece::Single(self.quoted(1, false)),
            Some(b'"') => Piece::Double(self.double(1)),
            Some(b'$') => self.dollar(true),
            Some(b'`') => self.backtick(),
            Some(b'<' | b'>') if self.is_process() => {
                Piece::Process(self.within(2, Self::parenthesis).unwrap_or_default())
            }
            Some(b'<') if self.placeholder().is_some() => {
                self.at += self.placeholder().unwrap_or(1);
                Piece::Placeholder
            }
            _ => {
                self.text_until(stops);
                Piece::Text
            }
        };
        Part { kind, span: start..self.at }
    }

    /// Goes on over at least one character, up to one of `stops`.
    pub(super) fn text_until(&mut self, stops: &[u8]) {
        let rest = self.rest();
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let more = rest.bytes().skip(first).take_while(|byte| !stops.contains(byte)).count();
        self.at += first + more;
    }

    /// The tokens up to the `)`, which is taken too.
    pub(super) fn parenthesis(&mut self) -> Vec<Token> {
        let start = self.at;
        let waiting = std::mem::take(&mut self.waiting);
        let tokens = self.tokens(true);
        self.waiting = waiting;
        match self.byte(0) {
            Some(b')') => self.at += 1,
            _ => self.fault(start, "a ( that is not closed"),
        }
        tokens
    }

    /// Reads with `read` what stands `skip` bytes behind here, unless that is too deep.
    pub(super) fn within<T>(&mut self, skip: usize, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= DEEPEST {
            self.fault(self.at, "too deep");
            self.at = self.end;
            return None;
        }
        self.at += skip;
        self.depth += 1;
        let answer = read(self);
        self.depth -= 1;
        Some(answer)
    }

    /// Notes that the lines of the here-document whose delimiter was just read follow.
    fn awaits(&mut self, at: usize, parts: &[Part], strips_tabs: bool) {
        let said = super::said(parts, self.text);
        let (delimiter, is_quoted) = (said.text, said.is_quoted);
        self.waiting.push(Waiting { at, delimiter, is_quoted, strips_tabs });
    }

    /// The lines of the here-documents that wait, right behind a line break.
    fn here_documents(&mut self) -> Vec<Token> {
        let waiting = std::mem::take(&mut self.waiting);
        waiting.into_iter().map(|waiting| self.here_document(waiting)).collect()
    }

    fn here_document(&mut self, waiting: Waiting) -> Token {
        let start = self.at;
        let mut body = start;
        let mut close = None;
        for line in self.rest().split_inclusive('\n') {
            let bare = line.trim_end_matches('\n').trim_end_matches('\r');
            let bare = if waiting.strips_tabs { bare.trim_start_matches('\t') } else { bare };
            if bare == waiting.delimiter {
                close = Some(body + line.len());
                break;
            }
            body += line.len();
        }
        if close.is_none() {
            self.fault(waiting.at, "a here-document that does not end");
        }
        let outer = self.end;
        self.end = body;
        let parts = self.within(0, |lexer| {
            let mut parts = Vec::new();
            while lexer.at < lexer.end {
                let at = lexer.at;
                let is_plain = waiting.is_quoted && lexer.placeholder().is_none();
                let part = if is_plain {
                    lexer.text_until(b"<");
                    Part { kind: Piece::Text, span: at..lexer.at }
                } else {
                    lexer.piece_of_text(b"\\$`<")
                };
                parts.push(part);
            }
            parts
        });
        self.end = outer;
        self.at = close.unwrap_or(body).min(outer);
        let here = Here {
            delimiter: waiting.delimiter,
            is_quoted: waiting.is_quoted,
            parts: parts.unwrap_or_default(),
        };
        Token { kind: Kind::Here(here), span: start..self.at }
    }
}
