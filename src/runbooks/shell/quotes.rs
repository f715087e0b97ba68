//! What stands between quotes and behind `$`.

use super::lexer::Lexer;
use super::{Part, Piece};

impl Lexer<'_> {
    /// What begins with `$`.
    pub(super) fn dollar(&mut self, is_bare: bool) -> Piece {
        match self.byte(1) {
            Some(b'\'') if is_bare => Piece::Ansi(self.quoted(2, true)),
            Some(b'"') if is_bare => Piece::Double(self.double(2)),
            Some(b'(') if self.byte(2) == Some(b'(') && self.arithmetic().is_some() => {
                let end = self.arithmetic().unwrap_or(self.end);
                Piece::Arithmetic(self.inside(3, end - 2, end))
            }
            Some(b'(') => Piece::Command(self.within(2, Self::parenthesis).unwrap_or_default()),
            Some(b'{') => {
                if let Some(end) = self.brace() {
                    return Piece::Parameter(self.inside(2, end - 1, end));
                }
                self.fault(self.at, "a ${ that is not closed");
                self.at = self.end;
                Piece::Parameter(Vec::new())
            }
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
    pub(super) fn quoted(&mut self, skip: usize, has_escapes: bool) -> Vec<Part> {
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
    pub(super) fn double(&mut self, skip: usize) -> Vec<Part> {
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
    pub(super) fn piece_of_text(&mut self, stops: &[u8]) -> Part {
        let start = self.at;
        let kind = match self.byte(0) {
            Some(b'\\') if matches!(self.byte(1), Some(b'$' | b'`' | b'"' | b'\\' | b'\n')) => {
                self.at += 2;
                Piece::Escape
            }
            Some(b'\\') => {
                self.at += 1;
                Piece::Text
            }
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

    pub(super) fn backtick(&mut self) -> Piece {
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
}
