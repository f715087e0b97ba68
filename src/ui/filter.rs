//! The filter language of every pane: words that must all be found.
//!
//! `disk` plain text (a capital letter makes it exact), `!disk` without it, `-f dsk` fuzzy,
//! `job=node` a label, `job=~n.*` a label by expression, `~vm[0-9]+` an expression anywhere.

use std::borrow::Cow;
use std::ops::Range;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use regex::Regex;

/// What can be filtered.
pub trait Hay {
    /// The text that plain words are looked for in.
    fn text(&self) -> Cow<'_, str>;

    /// A label, or what goes by that name.
    fn label(&self, name: &str) -> Option<Cow<'_, str>>;
}

/// A filter; the empty one lets all through.
#[derive(Debug, Default)]
pub struct Filter {
    text: String,
    terms: Vec<Term>,
    fuzzy: Option<Box<(Pattern, Matcher)>>,
    fault: Option<String>,
}

#[derive(Debug)]
struct Term {
    inverse: bool,
    test: Test,
}

#[derive(Debug)]
enum Test {
    Plain(Needle),
    Label(String, String, Needle),
    Expression(String, Regex),
    /// Anywhere in the text.
    Anywhere(Regex),
}

/// A word; small letters match any case.
#[derive(Debug)]
struct Needle {
    word: String,
    exact: bool,
}

impl Needle {
    fn new(word: &str) -> Self {
        Self { word: word.to_owned(), exact: word.chars().any(char::is_uppercase) }
    }

    fn is_in(&self, text: &str) -> bool {
        self.first(text).is_some()
    }

    /// Where the word stands first, in bytes.
    fn first(&self, text: &str) -> Option<Range<usize>> {
        if self.word.is_empty() {
            return None;
        }
        if self.exact || !self.word.is_ascii() {
            return text.find(&self.word).map(|at| at..at + self.word.len());
        }
        let (hay, needle) = (text.as_bytes(), self.word.as_bytes());
        let at = hay.windows(needle.len()).position(|window| window.eq_ignore_ascii_case(needle))?;
        Some(at..at + needle.len())
    }
}

impl Filter {
    /// Reads what was typed.
    pub fn new(text: &str) -> Self {
        let mut filter = Self { text: text.to_owned(), ..Self::default() };
        if let Some(words) = text.strip_prefix("-f") {
            if !words.trim().is_empty() {
                let pattern = Pattern::parse(words.trim(), CaseMatching::Smart, Normalization::Smart);
                filter.fuzzy = Some(Box::new((pattern, Matcher::new(Config::DEFAULT))));
            }
            return filter;
        }
        for word in text.split_whitespace() {
            match term(word) {
                Ok(Some(term)) => filter.terms.push(term),
                Ok(None) => {}
                Err(fault) => filter.fault = Some(fault),
            }
        }
        filter
    }

    /// As it was typed.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What is wrong with it.
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// Whether it lets all through.
    pub const fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.fuzzy.is_none()
    }

    /// Whether it lets this through.
    pub fn lets(&mut self, hay: &impl Hay) -> bool {
        if let Some(fuzzy) = &mut self.fuzzy {
            let (pattern, matcher) = &mut **fuzzy;
            let mut buffer = Vec::new();
            return pattern.score(Utf32Str::new(&hay.text(), &mut buffer), matcher).is_some();
        }
        self.terms.iter().all(|term| {
            let found = match &term.test {
                Test::Plain(needle) => needle.is_in(&hay.text()),
                Test::Label(name, value, whole) => match hay.label(name) {
                    Some(have) => have == value.as_str(),
                    // `level=error` may stand in the text of a line that has no such label.
                    None => whole.is_in(&hay.text()),
                },
                Test::Anywhere(expression) => expression.is_match(&hay.text()),
                Test::Expression(name, expression) => {
                    expression.is_match(hay.label(name).as_deref().unwrap_or_default())
                }
            };
            found != term.inverse
        })
    }

    /// Where the plain words stand in a text, in bytes, in order.
    pub fn marks(&self, text: &str) -> Vec<Range<usize>> {
        let mut marks: Vec<Range<usize>> = Vec::new();
        for term in self.terms.iter().filter(|term| !term.inverse) {
            if let Test::Anywhere(expression) = &term.test {
                marks.extend(
                    expression.find_iter(text).map(|found| found.range()).filter(|found| !found.is_empty()),
                );
            }
            let Test::Plain(needle) = &term.test else { continue };
            let mut from = 0;
            while let Some(found) = text.get(from..).and_then(|rest| needle.first(rest)) {
                let found = from + found.start..from + found.end;
                from = found.end;
                marks.push(found);
            }
        }
        marks.sort_by_key(|mark| mark.start);
        marks.dedup_by(|later, earlier| later.start < earlier.end);
        marks
    }
}

/// Reads one word; `None` while it says nothing yet.
fn term(word: &str) -> Result<Option<Term>, String> {
    let (inverse, word) = word.strip_prefix('!').map_or((false, word), |rest| (true, rest));
    if word.is_empty() {
        return Ok(None);
    }
    if let Some(expression) = word.strip_prefix('~').filter(|expression| !expression.is_empty()) {
        let expression =
            Regex::new(expression).map_err(|_| format!("`{expression}` is not a regular expression"))?;
        return Ok(Some(Term { inverse, test: Test::Anywhere(expression) }));
    }
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|char| char.is_ascii_alphanumeric() || "_-.".contains(char))
    };
    let test = match word.split_once('=') {
        Some((name, value)) if is_name(name) => match value.strip_prefix('~') {
            Some("") => return Ok(None),
            Some(expression) => {
                let expression = Regex::new(&format!("^(?:{expression})$"))
                    .map_err(|_| format!("`{expression}` is not a regular expression"))?;
                Test::Expression(name.to_owned(), expression)
            }
            None => Test::Label(name.to_owned(), value.to_owned(), Needle::new(word)),
        },
        _ => Test::Plain(Needle::new(word)),
    };
    Ok(Some(Term { inverse, test }))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Row;

    impl Hay for Row {
        fn text(&self) -> Cow<'_, str> {
            "HostDown vm102 node exporter".into()
        }

        fn label(&self, name: &str) -> Option<Cow<'_, str>> {
            (name == "job").then(|| "node".into())
        }
    }

    #[test]
    fn the_language() {
        for (text, lets) in [
            ("", true),
            ("hostdown", true),
            ("Hostdown", false),
            ("HostDown", true),
            ("vm102 node", true),
            ("vm102 disk", false),
            ("!disk", true),
            ("!vm102", false),
            ("!", true),
            ("job=node", true),
            ("job=no", false),
            ("!job=node", false),
            ("job=~no.*", true),
            ("job=~o", false),
            ("~vm[0-9]+", true),
            ("!~vm[0-9]+", false),
            ("~^vm", false),
            ("-f hdwn", true),
            ("-f xyz", false),
            ("-f", true),
        ] {
            assert_eq!(Filter::new(text).lets(&Row), lets, "{text}");
        }
        assert!(Filter::new("job=~[").fault().is_some());
    }

    #[test]
    fn marks_stand_between_characters() {
        let marks = Filter::new("é a").marks("é A a");
        assert_eq!(marks, [0..2, 3..4, 5..6]);
    }
}
