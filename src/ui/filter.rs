//! The filter language of every pane: words that must all be found.
//!
//! `disk` plain text (a capital letter makes it exact), `!disk` without it, `-f dsk` fuzzy,
//! `job=node` a label, `job=~n.*` a label by expression, `job!=node` and `job!~n.*` the others,
//! `~vm[0-9]+` an expression anywhere, `age>10m` a time. A value with blanks stands in quotes: `name="my alert"`.

mod terms;

pub use terms::{duration, split};

use std::borrow::Cow;
use std::ops::Range;

use chrono::TimeDelta;
use memchr::memmem::Finder;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use regex::Regex;

/// What can be filtered.
pub trait Hay {
    /// The text that plain words are looked for in.
    fn text(&self) -> Cow<'_, str>;

    /// Whether a word stands in the text, found by `test`. What has thousands of rows says so
    /// without writing the text first.
    fn says(&self, test: &dyn Fn(&str) -> bool) -> bool {
        test(&self.text())
    }

    /// Whether the whole text passes a test, such as an expression that may span all of it.
    fn reads(&self, test: &dyn Fn(&str) -> bool) -> bool {
        test(&self.text())
    }

    /// Whether a word in small letters stands in the text in small letters, where that is quickly
    /// told.
    fn murmurs(&self, _word: &Finder<'_>) -> Option<bool> {
        None
    }

    /// A label, or what goes by that name.
    fn label(&self, name: &str) -> Option<Cow<'_, str>>;

    /// Whether `name` has this value beside the one that [`Hay::label`] tells: an alert goes to
    /// several receivers.
    fn has(&self, _name: &str, _test: &dyn Fn(&str) -> bool) -> bool {
        false
    }

    /// A time that goes by that name: `age`.
    fn span(&self, _name: &str) -> Option<TimeDelta> {
        None
    }
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
    /// The label, its value, and the word as it was typed.
    Label(String, String, Needle),
    Expression(String, Regex),
    /// Longer than this, or shorter.
    Span(String, bool, TimeDelta),
    /// Anywhere in the text.
    Anywhere(Regex),
}

/// A word; small letters match any case.
#[derive(Debug)]
struct Needle {
    word: String,
    exact: bool,
    /// The word in small letters.
    low: Finder<'static>,
}

impl Needle {
    fn new(word: &str) -> Self {
        let low = Finder::new(word.to_ascii_lowercase().as_bytes()).into_owned();
        Self { word: word.to_owned(), exact: word.chars().any(char::is_uppercase), low }
    }

    fn is_said(&self, hay: &impl Hay) -> bool {
        match hay.murmurs(&self.low) {
            Some(false) => false,
            Some(true) if !self.exact && self.word.is_ascii() => true,
            _ => hay.says(&|text| self.is_in(text)),
        }
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
        let (first, rest) = needle.split_first()?;
        let ends = [first.to_ascii_lowercase(), first.to_ascii_uppercase()];
        let mut found = memchr::memchr2_iter(ends[0], ends[1], hay);
        let is_here = |at: &usize| {
            hay.get(at + 1..at + needle.len()).is_some_and(|text| text.eq_ignore_ascii_case(rest))
        };
        let at = found.find(is_here)?;
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
        for word in terms::words(text) {
            match terms::term(&word) {
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

    /// Whether what it lets through changes with time alone.
    pub fn asks_age(&self) -> bool {
        self.terms.iter().any(|term| matches!(term.test, Test::Span(..)))
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
                Test::Plain(needle) => needle.is_said(hay),
                Test::Label(name, value, whole) => match hay.label(name) {
                    Some(have) => have == value.as_str() || hay.has(name, &|have| have == value),
                    // `level=error` may stand in the text of a line that has no such label.
                    None if !term.inverse => whole.is_in(&hay.text()),
                    None => value.is_empty(),
                },
                Test::Anywhere(expression) => hay.reads(&|text| expression.is_match(text)),
                Test::Expression(name, expression) => {
                    expression.is_match(hay.label(name).as_deref().unwrap_or_default())
                        || hay.has(name, &|have| expression.is_match(have))
                }
                Test::Span(name, longer, than) => {
                    hay.span(name).is_some_and(|have| if *longer { have > *than } else { have < *than })
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

        fn has(&self, name: &str, test: &dyn Fn(&str) -> bool) -> bool {
            name == "job" && test("second")
        }

        fn span(&self, name: &str) -> Option<TimeDelta> {
            (name == "age").then(|| TimeDelta::minutes(14))
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
            ("job!=node", false),
            ("job!=pve", true),
            ("job!~n.*", false),
            ("job!~x.*", true),
            ("host!=vm102", true),
            ("job=second", true),
            ("job=~\"sec.*\"", true),
            ("\"node exporter\"", true),
            ("\"exporter node\"", false),
            ("job=\"node exporter\"", false),
            ("age>10m", true),
            ("age>1h", false),
            ("age<1h30m", true),
            ("took>1s", false),
            ("age>", true),
            ("a>b", false),
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
        assert!(Filter::new("age>10x").fault().is_some_and(|fault| fault.contains("10m")));
    }

    #[test]
    fn marks_stand_between_characters() {
        let marks = Filter::new("é a").marks("é A a");
        assert_eq!(marks, [0..2, 3..4, 5..6]);
    }
}
