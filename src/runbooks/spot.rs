//! Where placeholders stand in a shell text, and how that place is read.

use std::ops::Range;

use super::quote::{Context, Quote, Reading, Url};
use super::shell::{self, Kind, Part, Piece, Script, Simple, Token, commands, is_assignment};

/// A placeholder in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Its name, without the brackets.
    pub name: String,
    /// Its bytes, brackets included.
    pub span: Range<usize>,
    /// How its place is read.
    pub context: Context,
}

/// Programs that read their arguments or their input as shell, once more.
const SHELLS: [&str; 40] = [
    "sh", "bash", "dash", "zsh", "ksh", "ash", "fish", "busybox", "su", "runuser", "ssh", "mosh", "eval",
    "watch", "xargs", "parallel", "script", "trap", "alias", "source", ".", "exec", "screen", "tmux", "at",
    "batch", "crontab", "expect", "sshpass", "rsync", "scp", "sftp", "let", "declare", "typeset", "test",
    "[", "[[", "unset", "read",
];

/// Programs whose arguments are programs.
const LANGUAGES: [&str; 29] = [
    "awk",
    "gawk",
    "mawk",
    "nawk",
    "sed",
    "ed",
    "ex",
    "vim",
    "vi",
    "emacs",
    "perl",
    "python",
    "python2",
    "python3",
    "ruby",
    "node",
    "php",
    "lua",
    "tclsh",
    "jq",
    "yq",
    "mysql",
    "mariadb",
    "psql",
    "sqlite3",
    "mongosh",
    "redis-cli",
    "bc",
    "dc",
];

/// Programs that set variables from words.
const SETTERS: [&str; 4] = ["export", "local", "readonly", "env"];

/// Every placeholder of the script, in the order of the text.
pub fn spots(script: &Script, text: &str) -> Vec<Spot> {
    let mut around = vec![script.tokens.as_slice()];
    around.extend(shell::nested(&script.tokens));
    let all: Vec<Simple<'_>> = around.into_iter().flat_map(|tokens| commands(tokens, text)).collect();
    let is_again = text.contains("((") || all.iter().any(|command| has_word(command, text, &SHELLS));
    let walk = Walk { text, all, is_again };
    let mut found = Vec::new();
    walk.tokens(&script.tokens, false, &mut found);
    found
}

/// Whether one of the command's words is one of `programs`, whatever its directory.
fn has_word(command: &Simple<'_>, text: &str, programs: &[&str]) -> bool {
    command.said(text).iter().any(|said| programs.contains(&said.text.rsplit('/').next().unwrap_or_default()))
}

struct Walk<'s> {
    text: &'s str,
    all: Vec<Simple<'s>>,
    /// Somewhere a shell is run.
    is_again: bool,
}

impl Walk<'_> {
    fn tokens(&self, tokens: &[Token], is_inner: bool, found: &mut Vec<Spot>) {
        for (at, token) in tokens.iter().enumerate() {
            match &token.kind {
                Kind::Word(parts) => {
                    let before = tokens.get(..at).unwrap_or_default();
                    let operator = before.iter().rfind(|token| token.kind != Kind::Blank);
                    let operator = operator.filter(|token| token.kind == Kind::Operator);
                    let copies = operator
                        .map(|token| self.raw(&token.span))
                        .is_some_and(|raw| raw.ends_with(">&") || raw.ends_with("<&"));
                    let mut base = Context::default();
                    if is_inner {
                        base.reading = Reading::Again;
                    }
                    if copies {
                        base.reading = Reading::Never("a value cannot name the number of an open file");
                    }
                    self.parts(parts, &token.span, &base, found);
                }
                Kind::Here(here) => {
                    let base = Context {
                        quote: Quote::Double,
                        reading: Reading::Again,
                        delimiter: Some(here.delimiter.clone()),
                        ..Context::default()
                    };
                    self.parts(&here.parts, &token.span, &base, found);
                }
                _ => {}
            }
        }
    }

    fn parts(&self, parts: &[Part], word: &Range<usize>, context: &Context, found: &mut Vec<Spot>) {
        let with = |quote, reading: Option<Reading>| Context {
            quote,
            reading: match (context.reading, reading) {
                (Reading::Never(why), _) => Reading::Never(why),
                (before, None) => before,
                (_, Some(reading)) => reading,
            },
            ..context.clone()
        };
        for part in parts {
            match &part.kind {
                Piece::Placeholder => found.push(self.spot(part, word, context)),
                Piece::Single(inner) => self.parts(inner, word, &with(Quote::Single, None), found),
                Piece::Double(inner) => self.parts(inner, word, &with(Quote::Double, None), found),
                Piece::Ansi(inner) => {
                    let why = Reading::Never("a value cannot stand in $'...'");
                    self.parts(inner, word, &with(Quote::Single, Some(why)), found);
                }
                Piece::Parameter(inner) => {
                    let why = Reading::Never("a value cannot stand in ${...}");
                    self.parts(inner, word, &with(Quote::Double, Some(why)), found);
                }
                Piece::Arithmetic(inner) => {
                    self.parts(inner, word, &with(Quote::Bare, Some(Reading::Number)), found);
                }
                Piece::Command(tokens) | Piece::Backtick(tokens) | Piece::Process(tokens) => {
                    self.tokens(tokens, true, found);
                }
                Piece::Text | Piece::Escape => {}
            }
        }
    }

    fn raw(&self, span: &Range<usize>) -> &str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    fn spot(&self, part: &Part, word: &Range<usize>, context: &Context) -> Spot {
        let mut context = context.clone();
        let name = self.raw(&part.span).trim_matches(['<', '>']).to_owned();
        let before = self.text.get(word.start..part.span.start).unwrap_or_default();
        let after = self.text.get(part.span.end..).unwrap_or_default();
        let owners: Vec<&Simple<'_>> =
            self.all.iter().filter(|command| is_within(&part.span, &command.span())).collect();
        let is_set = owners.iter().any(|command| sets(command, &part.span, self.text));
        if context.reading == Reading::Once {
            if self.is_again || is_set {
                context.reading = Reading::Again;
            } else if owners.iter().any(|command| has_word(command, self.text, &LANGUAGES)) {
                context.reading = Reading::Program;
            }
        }
        let is_read = context.quote != Quote::Single || context.reading == Reading::Again;
        if is_read && before.ends_with('$') {
            context.reading = Reading::Never("a value cannot stand right behind a $");
        } else if is_read && (before.ends_with('\\') || before.ends_with("${")) {
            context.reading = Reading::Never("a value cannot stand right behind a backslash");
        }
        context.url = url(before);
        let mut next = after.chars();
        let (first, second) = (next.next(), next.next());
        context.has_port =
            first == Some(':') && second.is_some_and(|char| char.is_ascii_digit() || char == '<');
        let is_first = owners
            .iter()
            .any(|command| command.words.first().is_some_and(|first| is_within(&part.span, &first.span)));
        let raw = self.raw(word);
        context.is_exposed = is_first || matches!(first, Some('<' | '>')) || raw.contains('{');
        Spot { name, span: part.span.clone(), context }
    }
}

fn is_within(inner: &Range<usize>, outer: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Whether the place is the value of a variable, which is split into words where it is used.
fn sets(command: &Simple<'_>, span: &Range<usize>, text: &str) -> bool {
    let is_in = |token: &&Token| is_within(span, &token.span);
    let is_setter = has_word(command, text, &SETTERS);
    command.assignments.iter().copied().any(|token| is_in(&token))
        || is_setter
            && command
                .words
                .iter()
                .copied()
                .any(|token| is_in(&token) && is_assignment(text.get(token.span.clone()).unwrap_or_default()))
}

/// The part of a web address that comes next, if `before` is the beginning of one.
fn url(before: &str) -> Option<Url> {
    let start =
        before.rfind(|char: char| char.is_whitespace() || matches!(char, '"' | '\'')).map_or(0, |at| at + 1);
    let (_, after) = before.get(start..)?.rsplit_once("://")?;
    Some(if after.contains(['/', '?', '#']) { Url::Path } else { Url::Authority })
}
