//! Values put where their placeholders stand: in one pass, never rescanned, and checked afterwards
//! to have left the shape of the text as it was.

use std::collections::BTreeMap;

use super::placeholder::Kind;
use super::quote::{self, Promql};
use super::shell::{self, Part, Piece, Script, Token};
use super::spot::Spot;

/// A value that passed its rules, and what sort of thing it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// The value itself, not yet written for any place.
    pub text: String,
    /// What it is.
    pub kind: Kind,
}

/// The shell text with its values.
///
/// # Errors
/// Every reason why a value cannot stand where it should, or a placeholder without a value.
pub fn shell(
    text: &str,
    script: &Script,
    spots: &[Spot],
    values: &BTreeMap<String, Value>,
) -> Result<String, Vec<String>> {
    let mut filled = String::with_capacity(text.len());
    let mut faults = Vec::new();
    let mut at = 0;
    for spot in spots {
        let Some(value) = values.get(&spot.name) else {
            faults.push(format!("<{}> is open", spot.name));
            continue;
        };
        match quote::encode(&value.text, value.kind, &spot.context) {
            Ok(encoded) => {
                filled.push_str(text.get(at..spot.span.start).unwrap_or_default());
                filled.push_str(&encoded);
                at = spot.span.end;
            }
            Err(why) => faults.push(format!("<{}>: {why}", spot.name)),
        }
    }
    if !faults.is_empty() {
        faults.dedup();
        return Err(faults);
    }
    filled.push_str(text.get(at..).unwrap_or_default());
    let read = shell::lex(&filled);
    let has_changed = !read.faults.is_empty() && script.faults.is_empty()
        || shape(&read.tokens, &filled) != shape(&script.tokens, text);
    if has_changed {
        return Err(vec!["R5: with its values the text would be another command".to_owned()]);
    }
    Ok(filled)
}

/// What the shell would see of the text: its words, operators and expansions, but not what the
/// words say.
fn shape(tokens: &[Token], text: &str) -> String {
    let mut shape = String::new();
    for token in tokens {
        match &token.kind {
            shell::Kind::Word(parts) => {
                shape.push('w');
                for part in parts {
                    outline(part, text, &mut shape);
                }
            }
            shell::Kind::Here(here) => {
                shape.push('h');
                here.parts.iter().for_each(|part| outline(part, text, &mut shape));
            }
            shell::Kind::Operator => shape.push_str(text.get(token.span.clone()).unwrap_or_default()),
            shell::Kind::Newline => shape.push('\n'),
            shell::Kind::Comment => shape.push('#'),
            shell::Kind::Blank => {}
        }
    }
    shape
}

fn outline(part: &Part, text: &str, shape: &mut String) {
    if let Some(tokens) = part.runs() {
        shape.push('(');
        shape.push_str(&self::shape(tokens, text));
        shape.push(')');
    }
    match &part.kind {
        Piece::Parameter(_) => shape.push_str(text.get(part.span.clone()).unwrap_or_default()),
        Piece::Arithmetic(_) => shape.push('+'),
        Piece::Single(_) | Piece::Double(_) | Piece::Ansi(_) => {
            part.inner().iter().for_each(|part| outline(part, text, shape));
        }
        _ => {}
    }
}

/// The queries of a PromQL block with the line of each, from 0: they are parted by comments and
/// blank lines outside every bracket.
pub fn queries(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut depth = 0_usize;
    let mut is_open = false;
    for (at, line) in text.lines().enumerate() {
        let bare = line.trim();
        if depth == 0 && (bare.is_empty() || bare.starts_with('#')) {
            is_open = false;
            continue;
        }
        if is_open && let Some((_, query)) = found.last_mut() {
            query.push('\n');
            query.push_str(line);
        } else {
            found.push((at, line.to_owned()));
            is_open = true;
        }
        depth = found.last().map_or(0, |(_, query)| open_brackets(query));
    }
    found
}

fn open_brackets(query: &str) -> usize {
    let mut depth = 0_usize;
    for (char, place) in places(query) {
        match (char, place) {
            ('(' | '[' | '{', Promql::Bare) => depth += 1,
            (')' | ']' | '}', Promql::Bare) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    depth
}

/// Each character of a query with the place in which it stands; comments are left out.
fn places(query: &str) -> Vec<(char, Promql)> {
    walk(query).into_iter().map(|(_, char, place)| (char, place)).collect()
}

fn walk(query: &str) -> Vec<(usize, char, Promql)> {
    let mut all = Vec::new();
    let mut place = Promql::Bare;
    let mut chars = query.char_indices();
    while let Some((at, char)) = chars.next() {
        match (char, place) {
            ('#', Promql::Bare) => {
                chars.by_ref().find(|(_, char)| *char == '\n');
                continue;
            }
            ('"' | '\'' | '`', Promql::Bare) => {
                let before = query.get(..at).unwrap_or_default().trim_end();
                let is_regex = before.ends_with("=~") || before.ends_with("!~");
                place = Promql::Text { quote: char, is_regex };
                continue;
            }
            (_, Promql::Text { quote, .. }) if char == quote => {
                place = Promql::Bare;
                continue;
            }
            ('\\', Promql::Text { quote, .. }) if quote != '`' => {
                all.push((at, char, place));
                if let Some((at, char)) = chars.next() {
                    all.push((at, char, place));
                }
                continue;
            }
            _ => {}
        }
        all.push((at, char, place));
    }
    all
}

/// The names of the placeholders of a query.
pub fn promql_names(query: &str) -> Vec<String> {
    promql_spots(query).into_iter().map(|(name, ..)| name).collect()
}

fn promql_spots(query: &str) -> Vec<(String, std::ops::Range<usize>, Promql)> {
    let mut found = Vec::new();
    let mut end = 0;
    for (at, char, place) in walk(query) {
        if char != '<' || at < end {
            continue;
        }
        let rest = query.get(at + 1..).unwrap_or_default();
        let length = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        let name = rest.get(..length).unwrap_or_default();
        let is_name = name.starts_with(|char: char| char.is_ascii_alphabetic());
        if is_name && rest.get(length..).is_some_and(|rest| rest.starts_with('>')) {
            end = at + length + 2;
            found.push((name.to_owned(), at..end, place));
        }
    }
    found
}

/// The query with its values.
///
/// # Errors
/// Every reason why a value cannot stand where it should, or a placeholder without a value.
pub fn promql(query: &str, values: &BTreeMap<String, Value>) -> Result<String, Vec<String>> {
    let mut filled = String::with_capacity(query.len());
    let mut faults = Vec::new();
    let mut at = 0;
    for (name, span, place) in promql_spots(query) {
        let Some(value) = values.get(&name) else {
            faults.push(format!("<{name}> is open"));
            continue;
        };
        let has_port = query.get(span.end..).is_some_and(|after| after.starts_with(':'));
        let is_v6 = value.kind == Kind::Host && super::placeholder::is_ipv6(&value.text) && has_port;
        let text = if is_v6 { format!("[{}]", value.text) } else { value.text.clone() };
        let is_escaped = query
            .get(..span.start)
            .is_some_and(|before| before.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1);
        match quote::promql(&text, place) {
            _ if is_escaped => {
                faults.push(format!("<{name}>: R5: a value cannot stand right behind a backslash"));
            }
            Ok(encoded) => {
                filled.push_str(query.get(at..span.start).unwrap_or_default());
                filled.push_str(&encoded);
                at = span.end;
            }
            Err(why) => faults.push(format!("<{name}>: {why}")),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    filled.push_str(query.get(at..).unwrap_or_default());
    Ok(filled)
}

#[cfg(test)]
#[path = "fill_tests.rs"]
mod tests;
