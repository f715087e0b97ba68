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
struct Waiting {
    at: usize,
    delimiter: String,
    is_quoted: bool,
    strips_tabs: bool,
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    end: usize,
    depth: usize,
    faults: Vec<Fault>,
    waiting: Vec<Waiting>,
}

impl Lexer<'_> {
    fn byte(&self, offset: usize) -> Option<u8> {
        let at = self.at + offset;
        self.text.as_bytes().get(at).copied().filter(|_| at < self.end)
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..self.end).unwrap_or_default()
    }

    fn fault(&mut self, at: usize, message: &'static str) {
        self.faults.push(Fault { at, message });
    }

    /// Tokens up to the end, or up to the `)` that closes what `is_inner` stands in.
    fn tokens(&mut self, is_inner: bool) -> Vec<Token> {
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
    fn placeholder(&self) -> Option<usize> {
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
    fn part(&mut self, stops: &[u8]) -> Part {
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
    fn text_until(&mut self, stops: &[u8]) {
        let rest = self.rest();
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let more = rest.bytes().skip(first).take_while(|byte| !stops.contains(byte)).count();
        self.at += first + more;
    }

    /// What begins with `$`.
    fn dollar(&mut self, is_bare: bool) -> Piece {
        match self.byte(1) {
            Some(b'\'') if is_bare => Piece::Ansi(self.quoted(2, true)),
            Some(b'"') if is_bare => Piece::Double(self.double(2)),
            Some(b'(') if self.byte(2) == Some(b'(') && self.arithmetic().is_some() => {
                let end = self.arithmetic().unwrap_or(self.end);
                Piece::Arithmetic(self.inside(3, end - 2, end))
            }
            Some(b'(') => Piece::Command(self.within(2, Self::parenthesis).unwrap_or_default()),
            Some(b'{') => match self.brace() {
                Some(end) => Piece::Parameter(self.inside(2, end - 1, end)),
                None => {
                    self.fault(self.at, "a ${ that is not closed");
                    self.at = self.end;
                    Piece::Parameter(Vec::new())
                }
            },
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => {
                let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
                self.at += 1 + self.rest().bytes().skip(1).take_while(is_name).count();
                Piece::Parameter(Vec::new())
            }
            Some(byte) if byte.is_ascii_digit() || b"@*#?-$!".contains(&byte) => {
                self.at += 2;
                Piece::Parameter(Vec::new())
            }
            _ => {
                self.at += 1;
                Piece::Text
            }
        }
    }

    /// Where the `))` of an arithmetic expansion ends.
    fn arithmetic(&self) -> Option<usize> {
        let mut open = 0_usize;
        for (at, byte) in self.rest().bytes().enumerate().skip(1) {
            match byte {
                b'(' => open += 1,
                b')' => open -= 1,
                b'\'' | b'"' | b'`' | b'\n' | b';' => return None,
                _ => {}
            }
            if open == 0 {
                let closes_twice = self.byte(at - 1) == Some(b')');
                return closes_twice.then_some(self.at + at + 1);
            }
        }
        None
    }

    /// Where a `${` ends.
    fn brace(&self) -> Option<usize> {
        let mut open = 0_usize;
        let mut quote = None;
        let mut bytes = self.rest().bytes().enumerate().skip(1);
        while let Some((at, byte)) = bytes.next() {
            match (byte, quote) {
                (b'\\', _) => {
                    let _escaped = bytes.next();
                }
                (b'\'' | b'"', None) => quote = Some(byte),
                (_, Some(open)) if byte == open => quote = None,
                (b'{', None) => open += 1,
                (b'}', None) => {
                    open -= 1;
                    if open == 0 {
                        return Some(self.at + at + 1);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// The pieces between `skip` bytes from here and `inner`; goes on at `end`.
    fn inside(&mut self, skip: usize, inner: usize, end: usize) -> Vec<Part> {
        let outer = self.end;
        self.at += skip;
        self.end = inner;
        let parts = self.within(0, |lexer| {
            let mut parts = Vec::new();
            while lexer.at < lexer.end {
                parts.push(lexer.part(b"\\'\"$`<>"));
            }
            parts
        });
        self.end = outer;
        self.at = end;
        parts.unwrap_or_default()
    }

    /// `'...'` and `$'...'`, from `skip` bytes behind the start.
    fn quoted(&mut self, skip: usize, has_escapes: bool) -> Vec<Part> {
        let start = self.at;
        self.at += skip;
        let mut parts = Vec::new();
        loop {
            let at = self.at;
            let kind = match self.byte(0) {
                None => {
                    self.fault(start, "a ' that is not closed");
                    return parts;
                }
                Some(b'\'') => {
                    self.at += 1;
                    return parts;
                }
                Some(b'\\') if has_escapes => self.part(b"").kind,
                Some(b'<') if self.placeholder().is_some() => self.part(b"").kind,
                Some(_) => {
                    self.text_until(if has_escapes { b"'<\\" } else { b"'<" });
                    Piece::Text
                }
            };
            parts.push(Part { kind, span: at..self.at });
        }
    }

    /// `"..."`, from `skip` bytes behind the start.
    fn double(&mut self, skip: usize) -> Vec<Part> {
        let start = self.at;
        self.at += skip;
        let read = self.within(0, |lexer| {
            let mut parts = Vec::new();
            loop {
                match lexer.byte(0) {
                    None => {
                        lexer.fault(start, "a \" that is not closed");
                        return parts;
                    }
                    Some(b'"') => {
                        lexer.at += 1;
                        return parts;
                    }
                    Some(_) => parts.push(lexer.piece_of_text(b"\"\\$`<")),
                }
            }
        });
        read.unwrap_or_default()
    }

    /// A piece of a text in which the shell expands, as in `"..."` and here-documents.
    fn piece_of_text(&mut self, stops: &[u8]) -> Part {
        let start = self.at;
        let kind = match self.byte(0) {
            Some(b'\\') => match self.byte(1) {
                Some(b'$' | b'`' | b'"' | b'\\' | b'\n') => {
                    self.at += 2;
                    Piece::Escape
                }
                _ => {
                    self.at += 1;
                    Piece::Text
                }
            },
            Some(b'$') => self.dollar(false),
            Some(b'`') => self.backtick(),
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

    fn backtick(&mut self) -> Piece {
        let start = self.at;
        let mut close = None;
        let mut bytes = self.rest().bytes().enumerate().skip(1);
        let mut has_escapes = false;
        while let Some((at, byte)) = bytes.next() {
            match byte {
                b'`' => {
                    close = Some(self.at + at);
                    break;
                }
                b'\\' => {
                    has_escapes = true;
                    let _escaped = bytes.next();
                }
                _ => {}
            }
        }
        if has_escapes {
            self.fault(start, "a backslash in backticks, which is read twice");
        }
        let Some(close) = close else {
            self.fault(start, "a ` that is not closed");
            self.at = self.end;
            return Piece::Backtick(Vec::new());
        };
        let (outer, waiting) = (self.end, std::mem::take(&mut self.waiting));
        self.at += 1;
        self.end = close;
        let tokens = self.within(0, |lexer| lexer.tokens(false)).unwrap_or_default();
        if self.at < close {
            self.fault(self.at, "a ) that closes nothing");
        }
        self.end = outer;
        self.waiting = waiting;
        self.at = close + 1;
        Piece::Backtick(tokens)
    }

    /// The tokens up to the `)`, which is taken too.
    fn parenthesis(&mut self) -> Vec<Token> {
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
    fn within<T>(&mut self, skip: usize, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
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
