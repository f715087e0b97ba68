//! Matchers as people write them, and whether an alert meets them: as Alertmanager does it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use regex::Regex;

use super::labels::Labels;
use super::re2;
use super::silence::Matcher;
use crate::text;

/// Why a text is no matcher, in plain words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MatcherError(pub String);

/// The operators, the longer ones first: how they read, whether they take an expression, and
/// whether they ask for what matches.
const OPERATORS: [(&str, bool, bool); 4] =
    [("=~", true, true), ("!~", true, false), ("!=", false, false), ("=", false, true)];

impl Matcher {
    /// `name="value"`.
    pub fn equal(name: impl Into<Arc<str>>, value: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), value: value.into(), is_regex: false, is_equal: true }
    }

    /// `name=~"a|b"`: one of these values, and no other. One value needs no expression.
    pub fn one_of<'a>(name: impl Into<Arc<str>>, values: impl IntoIterator<Item = &'a str>) -> Self {
        let mut values: Vec<&str> = values.into_iter().collect();
        values.sort_unstable();
        values.dedup();
        match values.as_slice() {
            [one] => Self::equal(name, *one),
            all => {
                let quoted: Vec<String> = all.iter().map(|value| re2::quote(value)).collect();
                Self { is_regex: true, ..Self::equal(name, quoted.join("|")) }
            }
        }
    }

    /// `=`, `!=`, `=~` or `!~`.
    pub const fn operator(&self) -> &'static str {
        match (self.is_regex, self.is_equal) {
            (false, true) => "=",
            (false, false) => "!=",
            (true, true) => "=~",
            (true, false) => "!~",
        }
    }

    /// As `amtool` reads the first word of a line: a word without an operator is an alert's name.
    ///
    /// # Errors
    /// When it is no matcher.
    pub fn of_word(word: &str) -> Result<Self, MatcherError> {
        let is_bare = !word.is_empty() && !word.contains(['=', '!', '~', '"']);
        if is_bare { Ok(Self::equal("alertname", word.trim())) } else { word.parse() }
    }

    /// Whether it asks for nothing that an alert without the label would not meet, or for nothing
    /// but that the label is there: `job=~".+"`, `job!=""`.
    pub fn is_hollow(&self) -> bool {
        const PROBES: [&str; 4] = ["x", "10.0.0.1:9100", "A b", "wardroom-probe"];
        let Ok(ready) = Ready::new(self) else { return false };
        PROBES.iter().all(|probe| ready.meets(probe))
    }
}

impl FromStr for Matcher {
    type Err = MatcherError;

    /// `name="value"`, `name=value`, `"name with spaces"=~"a|b"`.
    fn from_str(text: &str) -> Result<Self, MatcherError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(MatcherError("a matcher is empty; write name=\"value\"".into()));
        }
        if text.starts_with('{') || text.ends_with('}') {
            return Err(MatcherError(format!("{} stands in braces; write one matcher alone", shown(text))));
        }
        let (name, rest) = name(text)?;
        let rest = rest.trim_start();
        let operator = OPERATORS.iter().find_map(|operator| Some((operator, rest.strip_prefix(operator.0)?)));
        let Some(((_, is_regex, is_equal), value)) = operator else {
            let reason = "has no operator; write name=\"value\", with =, !=, =~ or !~";
            return Err(MatcherError(format!("{} {reason}", shown(text))));
        };
        let matcher = Self {
            name: name.into(),
            value: value_of(value)?.into(),
            is_regex: *is_regex,
            is_equal: *is_equal,
        };
        Ready::new(&matcher).map(|_| matcher)
    }
}

/// The name that a matcher begins with, and what follows it.
fn name(text: &str) -> Result<(String, &str), MatcherError> {
    if text.starts_with('"') {
        let end = quoted_end(text)
            .ok_or_else(|| MatcherError(format!("the quote of {} is not closed", shown(text))))?;
        let (quoted, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        return named(value_of(quoted)?, text).map(|name| (name, rest));
    }
    let end = text.find(['=', '!', '~', '"', '{', '}', ',', '\\', '\'', '`']).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    let name = name.trim_end();
    if name.contains(char::is_whitespace) {
        return Err(MatcherError(format!("the name {} has a space; put it in quotes", shown(name))));
    }
    named(name.to_owned(), text).map(|name| (name, rest))
}

fn named(name: String, text: &str) -> Result<String, MatcherError> {
    if name.is_empty() {
        return Err(MatcherError(format!("{} names no label; write name=\"value\"", shown(text))));
    }
    Ok(name)
}

/// Where the quoted text that `text` begins with ends.
fn quoted_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().skip(1).find_map(|(at, char)| {
        let closes = char == '"' && !escaped;
        escaped = char == '\\' && !escaped;
        closes.then_some(at + 1)
    })
}

/// The value as it is meant: quotes taken away, `\"`, `\\` and `\n` undone. Another backslash stays,
/// so that `"\d+"` is the expression it looks like. `\u{1b}` is ours, for what no terminal shows.
fn value_of(text: &str) -> Result<String, MatcherError> {
    let text = text.trim();
    let body = match text.strip_prefix('"') {
        Some(_) if quoted_end(text) == Some(text.len()) => text.get(1..text.len() - 1).unwrap_or_default(),
        Some(_) => return Err(MatcherError(format!("the quotes of {} do not match", shown(text)))),
        None if text.contains('"') => {
            let reason = "has a quote in it; put the value in quotes and write \\\" for those within";
            return Err(MatcherError(format!("{} {reason}", shown(text))));
        }
        None => text,
    };
    Ok(unescaped(body))
}

/// The inverse of [`escaped`] with [`hidden`]; a backslash before anything else stays.
pub fn unescaped(body: &str) -> String {
    let mut value = String::with_capacity(body.len());
    let mut rest = body;
    while let Some((plain, escape)) = rest.split_once('\\') {
        value.push_str(plain);
        let char = escape.chars().next();
        rest = escape.get(char.map_or(0, char::len_utf8)..).unwrap_or_default();
        match char {
            Some('n') => value.push('\n'),
            Some(char @ ('"' | '\\')) => value.push(char),
            Some('u') if let Some((hidden, after)) = code(rest) => {
                value.push(hidden);
                rest = after;
            }
            other => {
                value.push('\\');
                value.extend(other);
            }
        }
    }
    value + rest
}

/// The character that `{1b}` names.
fn code(text: &str) -> Option<(char, &str)> {
    let (code, after) = text.strip_prefix('{')?.split_once('}')?;
    Some((char::from_u32(u32::from_str_radix(code, 16).ok()?)?, after))
}

impl fmt::Display for Matcher {
    /// On one line, with nothing in it that a terminal acts on; it reads back as the same matcher.
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        written(self, hidden, to)
    }
}

/// A matcher as the servers' own tools read it: what no terminal shows stands in it as it is.
#[derive(Clone, Copy, Debug)]
pub struct Unescaped<'a>(pub &'a Matcher);

impl fmt::Display for Unescaped<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        written(self.0, |char| char.to_string(), to)
    }
}

/// How a character is written that no terminal shows.
pub fn hidden(char: char) -> String {
    format!("\\u{{{:x}}}", u32::from(char))
}

fn written(matcher: &Matcher, hidden: fn(char) -> String, to: &mut fmt::Formatter<'_>) -> fmt::Result {
    if is_plain_name(&matcher.name) {
        to.write_str(&matcher.name)?;
    } else {
        write!(to, "\"{}\"", escaped(&matcher.name, hidden))?;
    }
    write!(to, "{}\"{}\"", matcher.operator(), escaped(&matcher.value, hidden))
}

/// Whether a label's name needs no quotes.
pub fn is_plain_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|char| char.is_ascii_alphabetic() || char == '_')
        && chars.all(|char| char.is_ascii_alphanumeric() || char == '_')
}

/// The body of a quoted text, with `hidden` for what no terminal shows.
pub fn escaped(text: &str, hidden: fn(char) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            '\n' => out.push_str("\\n"),
            char if text::is_plain(char) => out.push(char),
            char => out.push_str(&hidden(char)),
        }
    }
    out
}

/// A text in an error: harmless, and not endless.
fn shown(text: &str) -> String {
    text::truncate(&text::sanitise(text), 60).into_owned()
}

/// Reads several matchers: `alertname="HostDown", instance=~"10.*"`, with or without braces.
///
/// # Errors
/// When one of them is none.
pub fn read_all(text: &str) -> Result<Vec<Matcher>, MatcherError> {
    let text = text.trim();
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
    let mut parts = Vec::new();
    let (mut quoted, mut escaped, mut part) = (false, false, String::new());
    for char in inner.chars() {
        if char == ',' && !quoted {
            parts.push(std::mem::take(&mut part));
            continue;
        }
        quoted ^= char == '"' && !escaped;
        escaped = char == '\\' && !escaped;
        part.push(char);
    }
    // A comma may end the list.
    if !part.trim().is_empty() || parts.is_empty() {
        parts.push(part);
    }
    parts.iter().map(|part| part.parse()).collect()
}

/// A matcher whose expression was read.
#[derive(Clone, Debug)]
struct Ready {
    name: Arc<str>,
    value: Arc<str>,
    regex: Option<Regex>,
    is_equal: bool,
}

impl Ready {
    fn new(matcher: &Matcher) -> Result<Self, MatcherError> {
        let regex = matcher.is_regex.then(|| re2::anchored(&matcher.value)).transpose();
        Ok(Self {
            name: Arc::clone(&matcher.name),
            value: Arc::clone(&matcher.value),
            regex: regex
                .map_err(|told| MatcherError(text::truncate(&text::sanitise(&told), 200).into_owned()))?,
            is_equal: matcher.is_equal,
        })
    }

    fn meets(&self, value: &str) -> bool {
        let is_it = self.regex.as_ref().map_or(*self.value == *value, |regex| regex.is_match(value));
        is_it == self.is_equal
    }
}

/// Matchers that are all to be met, ready to be asked often.
#[derive(Clone, Debug)]
pub struct Matchers(Vec<Ready>);

impl Matchers {
    /// Reads the expressions.
    ///
    /// # Errors
    /// When one is none.
    pub fn new(matchers: &[Matcher]) -> Result<Self, MatcherError> {
        matchers.iter().map(Ready::new).collect::<Result<_, _>>().map(Self)
    }

    /// Whether all of them are met. A label that is absent is an empty one.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.0.iter().all(|ready| ready.meets(labels.get(&ready.name).unwrap_or("")))
    }
}

#[cfg(test)]
#[path = "matcher_tests.rs"]
mod tests;
