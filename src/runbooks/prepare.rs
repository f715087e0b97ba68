//! A text made ready for its values: what an earlier command of the same login has set is put in
//! front, and hosts that stand in the text are held like placeholders.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::facts::{Facts, Found};
use super::fill::Value;
use super::placeholder::{self, Kind};
use super::shell::{self, Script, commands};
use super::spot::{Spot, spots};
use super::whereabouts::Placed;

/// A text with its placeholders.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The text; hosts in it stand as placeholders of ours.
    pub text: String,
    /// The text, read.
    pub script: Script,
    /// Where values go.
    pub spots: Vec<Spot>,
    /// The hosts in it, and what stands for them.
    pub literals: Vec<(String, Result<Found, String>)>,
}

/// How the placeholders begin that stand for hosts in the text.
const HELD: &str = "HELD-HOST-";

impl Prepared {
    /// The names of the document's own placeholders, each once, in the order of the text.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for spot in self.spots.iter().filter(|spot| !spot.name.starts_with(HELD)) {
            if !names.contains(&spot.name) {
                names.push(spot.name.clone());
            }
        }
        names
    }

    /// The values that stand for hosts in the text.
    pub fn values(&self) -> BTreeMap<String, Value> {
        let known = self.literals.iter().enumerate().filter_map(|(at, (_, found))| {
            let text = found.as_ref().ok()?.text.clone();
            Some((format!("{HELD}{at}"), Value { text, kind: Kind::Host }))
        });
        known.collect()
    }
}

/// Makes a text ready.
pub fn prepare(text: &str, facts: &Facts) -> Prepared {
    let read = shell::lex(text);
    let mut literals: Vec<(String, Result<Found, String>)> = Vec::new();
    let mut held = String::with_capacity(text.len());
    let mut at = 0;
    let is_ours = text.contains(&format!("<{HELD}"));
    for token in read.tokens.iter().filter(|_| read.faults.is_empty() && !is_ours) {
        if !matches!(token.kind, shell::Kind::Word(_) | shell::Kind::Here(_)) {
            continue;
        }
        for span in hosts(text, token.span.clone(), facts) {
            let literal = text.get(span.clone()).unwrap_or_default().to_owned();
            let known = literals.iter().position(|(known, _)| *known == literal);
            let index = known.unwrap_or_else(|| {
                let found = facts.host(&literal);
                literals.push((literal, found));
                literals.len() - 1
            });
            held.push_str(text.get(at..span.start).unwrap_or_default());
            held.extend(["<", HELD, &index.to_string(), ">"]);
            at = span.end;
        }
    }
    held.push_str(text.get(at..).unwrap_or_default());
    let script = shell::lex(&held);
    let spots = spots(&script, &held);
    Prepared { text: held, script, spots, literals }
}

/// The hosts that stand in a piece of text: addresses, and names that somebody maps.
fn hosts(text: &str, span: std::ops::Range<usize>, facts: &Facts) -> Vec<std::ops::Range<usize>> {
    let piece = text.get(span.clone()).unwrap_or_default();
    let is_inner = |char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '-' | '_');
    let mut found = ipv6(piece, span.start);
    let mut start = None;
    let ends = piece.char_indices().chain(std::iter::once((piece.len(), ' ')));
    for (at, char) in ends {
        match (start, is_inner(char)) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                start = None;
                let word = piece.get(from..at).unwrap_or_default();
                let bare = word.trim_end_matches('.');
                let is_network = piece.get(at..).is_some_and(|rest| {
                    let bits = rest
                        .strip_prefix('/')
                        .map(|rest| rest.bytes().take_while(u8::is_ascii_digit).count());
                    bits.is_some_and(|bits| bits > 0) && !rest.starts_with("/32")
                });
                let is_address =
                    bare.parse::<Ipv4Addr>().is_ok_and(|address| is_a_host(address) && !is_network);
                let is_mapped = facts.host_map.contains_key(bare) || facts.mapped.contains_key(bare);
                if is_address || is_mapped && bare == word {
                    found.push(span.start + from..span.start + from + bare.len());
                }
            }
            _ => {}
        }
    }
    found.sort_by_key(|span| span.start);
    found.dedup_by(|later, earlier| later.start < earlier.end);
    found
}

/// The IPv6 addresses in a piece of text that begins at `start`.
fn ipv6(piece: &str, start: usize) -> Vec<std::ops::Range<usize>> {
    let is_inner = |char: char| char.is_ascii_hexdigit() || matches!(char, ':' | '.');
    let mut found = Vec::new();
    let mut from = 0;
    for word in piece.split(|char: char| !is_inner(char)) {
        let is_address = word.matches(':').count() > 1
            && word
                .parse::<Ipv6Addr>()
                .is_ok_and(|address| !address.is_loopback() && !address.is_unspecified());
        if is_address {
            found.push(start + from..start + from + word.len());
        }
        let behind = piece.get(from + word.len()..).and_then(|rest| rest.chars().next());
        from += word.len() + behind.map_or(0, char::len_utf8);
    }
    found
}

/// Not the machine itself, not every machine, and no mask.
fn is_a_host(address: Ipv4Addr) -> bool {
    !address.is_loopback()
        && !address.is_unspecified()
        && !address.is_broadcast()
        && address.octets()[0] != 255
}

/// What earlier commands of the same login have set, as lines to run before the group.
pub fn preamble(placed: &Placed, before: &[Placed], refusals: &mut Vec<String>) -> String {
    let mut lines = Vec::new();
    for earlier in
        before.iter().filter(|earlier| earlier.session == placed.session && is_compatible(earlier, placed))
    {
        if earlier.group.ssh.is_some() || earlier.group.is_atomic {
            continue;
        }
        let text = earlier.group.text.as_str();
        match carried(text) {
            Some(Carried::Directory) if earlier.group.unrunnable.is_none() => {
                lines.push(format!("{text} || exit"));
            }
            Some(Carried::Variables(names, is_literal)) => {
                if !names.iter().any(|name| uses(&placed.group.text, name)) {
                } else if is_literal && earlier.group.unrunnable.is_none() {
                    lines.push(text.to_owned());
                } else {
                    refusals.push(format!(
                        "{} is set by a command whose answer is not carried",
                        names.join(", ")
                    ));
                }
            }
            _ => {}
        }
    }
    lines.into_iter().flat_map(|line| [line, "\n".to_owned()]).collect()
}

/// Whether both may be run: not two ways of which one is taken.
fn is_compatible(one: &Placed, other: &Placed) -> bool {
    match (&one.group.choice, &other.group.choice) {
        (Some(one), Some(other)) => one.set != other.set || one.label == other.label,
        (Some(_), None) => false,
        _ => true,
    }
}

/// What a command leaves behind for those after it.
enum Carried {
    Directory,
    /// Variables, and whether their values stand in the text.
    Variables(Vec<String>, bool),
}

fn carried(text: &str) -> Option<Carried> {
    let script = shell::lex(text);
    let all = commands(&script.tokens, text);
    let [command] = all.as_slice() else { return None };
    let words = command.said(text);
    let raw = |token: &&shell::Token| text.get(token.span.clone()).unwrap_or_default().to_owned();
    let name = |raw: &String| raw.split(['=', '+']).next().unwrap_or_default().to_owned();
    let is_literal = shell::nested(&script.tokens).is_empty() && command.redirects.is_empty();
    match words.first().map(|word| word.text.as_str()) {
        None if !command.assignments.is_empty() => Some(Carried::Variables(
            command.assignments.iter().map(|token| name(&raw(token))).collect(),
            is_literal,
        )),
        Some("export") => {
            let names = command.words.iter().skip(1).map(|token| name(&raw(token))).collect();
            Some(Carried::Variables(names, is_literal))
        }
        Some("cd") if words.len() == 2 && is_literal && !words.get(1).is_some_and(|word| word.has_glob) => {
            Some(Carried::Directory)
        }
        _ => None,
    }
}

/// Whether a text uses a variable.
fn uses(text: &str, name: &str) -> bool {
    let is_inner = |char: char| char.is_ascii_alphanumeric() || char == '_';
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + name.len()..).unwrap_or_default();
        let opens = before.ends_with('$') || before.trim_end_matches(['#', '!']).ends_with("${");
        opens && !after.starts_with(is_inner)
    })
}

/// What the text itself holds that must not be run: characters that nobody sees, and values that
/// only show what should stand there.
pub fn samples(text: &str) -> Vec<String> {
    let script = shell::lex(text);
    let mut found = Vec::new();
    let is_hidden = |char: &char| !matches!(char, '\n' | '\t') && placeholder::is_hidden(*char);
    if let Some(hidden) = text.chars().find(is_hidden) {
        found.push(format!(
            "the document's text holds a character that is not shown, U+{:04X}",
            u32::from(hidden)
        ));
    }
    for command in commands(&script.tokens, text) {
        for word in command.said(text) {
            let text = word.text.as_str();
            let is_sample = text.contains("YOUR/")
                || text.contains("/YOUR")
                || text.contains("YOUR_")
                || text.contains("YOUR-");
            let has_blank = text.split('/').any(|part| part.ends_with("XX") && part.len() > 2);
            if is_sample || has_blank || text == "..." {
                found.push(format!("{text:?} is a sample: put the real value there"));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_in_a_text_are_held() {
        let held = |text: &str| {
            let all = prepare(text, &Facts::default()).literals;
            all.into_iter().map(|(literal, _)| literal).collect::<Vec<_>>()
        };
        for (text, expected) in [
            ("ping 10.0.0.21", vec!["10.0.0.21"]),
            ("curl http://10.0.0.11:9090/x 10.0.0.11", vec!["10.0.0.11"]),
            ("echo '10.0.0.1' \"10.0.0.2:1\" # 10.0.0.3", vec!["10.0.0.1", "10.0.0.2"]),
            ("curl http://127.0.0.1:9090 0.0.0.0 255.255.255.0", vec![]),
            ("tar x prometheus-2.48.0.1.tar.gz 2.48.0", vec![]),
            ("ufw allow from 10.0.0.0/24", vec![]),
            ("ping fd00::21 && curl http://[fd00::22]:9100 ::1", vec!["fd00::21", "fd00::22"]),
            ("date 12:30:00", vec![]),
            ("mount 10.0.0.5:/mnt/tank /mnt", vec!["10.0.0.5"]),
        ] {
            assert_eq!(held(text), expected, "{text}");
        }
    }

    #[test]
    fn samples_and_hidden_characters_are_told() {
        for (text, count) in [
            ("curl https://hooks.slack.com/services/YOUR/WEBHOOK/URL", 1),
            ("ls /mnt/diskXX", 1),
            ("tar tzf ...", 1),
            ("ls \u{202e}x", 1),
            ("ls a\u{a0}b", 1),
            ("echo é\tx\nls", 0),
        ] {
            assert_eq!(samples(text).len(), count, "{text:?}");
        }
    }
}
