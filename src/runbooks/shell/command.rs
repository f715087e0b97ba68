//! The simple commands of a script, whatever stands around them.

use super::{Here, Kind, Said, Token, said};

/// A command: what is set before it, its words, and where its input and output go.
#[derive(Clone, Debug, Default)]
pub struct Simple<'s> {
    /// How it hangs on the command before it.
    pub join: Join,
    /// `NAME=value` before the first word.
    pub assignments: Vec<&'s Token>,
    /// Its words, the program first.
    pub words: Vec<&'s Token>,
    /// Where its input comes from and its output goes.
    pub redirects: Vec<Redirect<'s>>,
    /// The here-documents that it reads.
    pub heres: Vec<&'s Here>,
    /// It stands in a loop, a branch, a function or a subshell.
    pub is_inner: bool,
}

/// A redirection.
#[derive(Clone, Debug)]
pub struct Redirect<'s> {
    /// `>`, `2>>`, `<` and so on.
    pub operator: &'s str,
    /// The file.
    pub target: Option<&'s Token>,
}

impl Redirect<'_> {
    /// Whether it writes a file: not `2>&1`.
    pub fn writes(&self) -> bool {
        self.operator.contains('>') && !self.operator.ends_with(">&")
    }
}

/// How a command hangs on the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Join {
    /// It is the first, or stands behind `;`, `&` or a line break.
    #[default]
    Then,
    /// `&&` or `||`
    If,
    /// `|`
    Pipe,
}

impl<'s> Simple<'s> {
    /// What its words say.
    pub fn said(&self, text: &str) -> Vec<Said> {
        self.words.iter().map(|word| saying(word, text)).collect()
    }

    fn is_empty(&self) -> bool {
        self.words.is_empty() && self.assignments.is_empty() && self.redirects.is_empty()
    }

    /// From its first byte to its last.
    pub fn span(&self) -> std::ops::Range<usize> {
        let targets = self.redirects.iter().filter_map(|redirect| redirect.target);
        let all: Vec<&'s Token> =
            self.assignments.iter().chain(&self.words).copied().chain(targets).collect();
        let start = all.iter().map(|token| token.span.start).min().unwrap_or(0);
        start..all.iter().map(|token| token.span.end).max().unwrap_or(start)
    }
}

fn saying(word: &Token, text: &str) -> Said {
    match &word.kind {
        Kind::Word(parts) => said(parts, text),
        _ => Said::default(),
    }
}

/// Words that open or close what stands around commands.
const OPENING: [&str; 6] = ["if", "while", "until", "do", "{", "case"];
const CLOSING: [&str; 4] = ["fi", "done", "}", "esac"];
const BETWEEN: [&str; 5] = ["then", "elif", "else", "!", "time"];

/// The simple commands of `tokens`, in order. What runs while a word is read is not among them:
/// see [`super::nested`].
pub fn commands<'s>(tokens: &'s [Token], text: &'s str) -> Vec<Simple<'s>> {
    let mut reader = Reader { text, found: Vec::new(), now: Simple::default(), depth: 0, cases: 0 };
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        at += reader.take(token, tokens.get(at..).unwrap_or_default());
    }
    reader.end(Join::Then);
    reader.found
}

struct Reader<'s> {
    text: &'s str,
    found: Vec<Simple<'s>>,
    now: Simple<'s>,
    depth: usize,
    cases: usize,
}

impl<'s> Reader<'s> {
    fn end(&mut self, join: Join) {
        let is_inner = self.depth > 0;
        let mut done = std::mem::replace(&mut self.now, Simple { join, ..Simple::default() });
        if done.is_empty() {
            // `&&` and a line break: the first says how they hang together.
            if done.join != Join::Then && join == Join::Then {
                self.now.join = done.join;
            }
            return;
        }
        done.is_inner = is_inner;
        self.found.push(done);
    }

    /// Takes a token; answers how many of those behind it are taken too.
    fn take(&mut self, token: &'s Token, rest: &'s [Token]) -> usize {
        let raw = self.text.get(token.span.clone()).unwrap_or_default();
        match &token.kind {
            Kind::Newline => self.end(Join::Then),
            Kind::Operator => return self.operator(raw, rest),
            Kind::Here(here) => {
                // Its command ended with the line.
                if let Some(command) = self.found.last_mut() {
                    command.heres.push(here);
                }
            }
            Kind::Word(_) if self.now.words.is_empty() && self.now.assignments.is_empty() => {
                return self.first(raw, token, rest);
            }
            Kind::Word(_) if self.now.words.is_empty() && is_assignment(raw) => {
                self.now.assignments.push(token);
            }
            Kind::Word(_) => self.now.words.push(token),
            Kind::Blank | Kind::Comment => {}
        }
        0
    }

    fn operator(&mut self, raw: &'s str, rest: &'s [Token]) -> usize {
        match raw {
            "|" | "|&" => self.end(Join::Pipe),
            "&&" | "||" => self.end(Join::If),
            ";" | "&" => self.end(Join::Then),
            ";;" | ";&" | ";;&" => {
                self.end(Join::Then);
                return if self.cases > 0 { pattern(rest, self.text) } else { 0 };
            }
            "(" => {
                self.end(self.now.join);
                self.depth += 1;
            }
            ")" => {
                self.end(Join::Then);
                self.depth = self.depth.saturating_sub(1);
            }
            _ => {
                let skipped = rest.iter().take_while(|token| token.kind == Kind::Blank).count();
                let target = rest.get(skipped).filter(|token| matches!(token.kind, Kind::Word(_)));
                self.now.redirects.push(Redirect { operator: raw, target });
                return target.map_or(0, |_| skipped + 1);
            }
        }
        0
    }

    /// The first word of a command, which may open or close something instead.
    fn first(&mut self, raw: &'s str, token: &'s Token, rest: &'s [Token]) -> usize {
        if raw == "case" {
            self.cases += 1;
            self.depth += 1;
            let header =
                rest.iter().take_while(|token| self.text.get(token.span.clone()) != Some("in")).count();
            return header + 1 + pattern(rest.get(header + 1..).unwrap_or_default(), self.text);
        }
        if raw == "for" || raw == "select" {
            let is_end = |token: &&Token| {
                token.kind != Kind::Newline && self.text.get(token.span.clone()) != Some(";")
            };
            return rest.iter().take_while(is_end).count();
        }
        if raw == "[[" {
            self.now.words.push(token);
            let inside =
                rest.iter().take_while(|token| self.text.get(token.span.clone()) != Some("]]")).count();
            let words = rest.iter().take(inside + 1).filter(|token| matches!(token.kind, Kind::Word(_)));
            self.now.words.extend(words);
            return inside + 1;
        }
        if OPENING.contains(&raw) {
            self.depth += 1;
        } else if CLOSING.contains(&raw) {
            self.depth = self.depth.saturating_sub(1);
            self.cases -= usize::from(raw == "esac" && self.cases > 0);
        } else if is_assignment(raw) {
            self.now.assignments.push(token);
        } else if !BETWEEN.contains(&raw) {
            self.now.words.push(token);
        }
        0
    }
}

/// How many tokens the pattern of a `case` takes, with its `)`; none when `esac` comes first.
fn pattern(tokens: &[Token], text: &str) -> usize {
    let said = |token: &Token| text.get(token.span.clone()).unwrap_or_default().to_owned();
    let close = tokens.iter().position(|token| token.kind == Kind::Operator && said(token) == ")");
    let esac = tokens.iter().position(|token| said(token) == "esac");
    match (close, esac) {
        (Some(close), Some(esac)) if esac < close => 0,
        (Some(close), _) => close + 1,
        (None, _) => 0,
    }
}

/// `NAME=` or `NAME+=` at the start of a word.
pub fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| is_name(name.strip_suffix('+').unwrap_or(name)))
}

/// Whether it may name a variable.
pub fn is_name(name: &str) -> bool {
    let is_letter = |char: char| char.is_ascii_alphanumeric() || char == '_';
    name.chars().all(is_letter) && name.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_')
}

/// Follows what is open while tokens pass: whether a line break ends a command.
#[derive(Clone, Debug, Default)]
pub struct Depth {
    open: usize,
    parentheses: usize,
    /// The next word stands where a command begins.
    is_inner: bool,
    /// The last token asks for more: `|`, `&&`.
    hangs: bool,
}

impl Depth {
    /// Takes the next token.
    pub fn take(&mut self, token: &Token, text: &str) {
        let raw = text.get(token.span.clone()).unwrap_or_default();
        match &token.kind {
            Kind::Blank | Kind::Comment | Kind::Here(_) => {}
            Kind::Newline => self.is_inner = false,
            Kind::Operator => {
                self.hangs = matches!(raw, "|" | "|&" | "&&" | "||");
                match raw {
                    "(" => self.parentheses += 1,
                    ")" => self.parentheses = self.parentheses.saturating_sub(1),
                    _ => {}
                }
                self.is_inner = !matches!(raw, ";" | "&" | "|" | "|&" | "&&" | "||" | "(" | ")" | ";;");
            }
            Kind::Word(_) => {
                self.hangs = false;
                if self.is_inner {
                    return;
                }
                match raw {
                    "if" | "while" | "until" | "for" | "select" | "case" | "{" => self.open += 1,
                    "fi" | "done" | "esac" | "}" => self.open = self.open.saturating_sub(1),
                    _ => {}
                }
                let goes_on = OPENING.contains(&raw) || BETWEEN.contains(&raw);
                self.is_inner = !goes_on || raw == "case";
            }
        }
    }

    /// Whether a command goes on in the next line.
    pub const fn is_open(&self) -> bool {
        self.open > 0 || self.parentheses > 0 || self.hangs
    }
}
