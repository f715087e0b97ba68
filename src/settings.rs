//! A TOML file read key by key, so that every fault is told, not the first only, and each at its
//! line: what was found, what was expected, and the nearest name that would have been valid.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file, as it was named.
    pub file: String,
    /// Line and column, both from 1; `None` when the whole file is at fault.
    pub place: Option<(usize, usize)>,
    /// What is wrong, what was expected, and what to do.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.file)?;
        if let Some((line, column)) = self.place {
            write!(to, ":{line}:{column}")?;
        }
        write!(to, ": {}", self.message)
    }
}

/// A file's text and the faults found in it so far.
#[derive(Debug)]
pub struct Document {
    file: String,
    text: String,
    faults: RefCell<Vec<(Option<usize>, String)>>,
    known: RefCell<Vec<String>>,
}

impl Document {
    /// The file `file`, which reads `text`.
    pub fn new(file: impl Into<String>, text: impl Into<String>) -> Self {
        Self { file: file.into(), text: text.into(), faults: RefCell::default(), known: RefCell::default() }
    }

    /// Reads the file's tables with `read`. The answer is worth something only if
    /// [`Document::faults`] then finds none.
    pub fn read<T>(&self, read: impl FnOnce(&Table<'_>) -> T) -> Option<T> {
        let (root, errors) = DeTable::parse_recoverable(&self.text);
        for error in &errors {
            let mut message = error.message().lines().collect::<Vec<_>>().join(", ");
            if message == "duplicate key" {
                let key = error.span().and_then(|span| self.text.get(span)).unwrap_or_default();
                message = format!("{key}: stands here twice, expected once; take one of them away");
            }
            self.fault(error.span().map(|span| span.start), message);
        }
        errors.is_empty().then(|| read(&Table::new(String::new(), root.get_ref(), root.span(), self)))
    }

    /// All faults, in the order of the file.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = self.faults.borrow().clone();
        faults.sort();
        faults.dedup();
        let told = faults.into_iter().map(|(at, message)| Fault {
            file: self.file.clone(),
            place: at.map(|at| self.place(at)),
            // It may quote the file, and is a line.
            message: message.replace(char::is_control, "\u{b7}"),
        });
        told.collect()
    }

    /// Every key that was asked for, as `table.key`.
    pub fn known_keys(&self) -> Vec<String> {
        let mut known = self.known.borrow().clone();
        known.sort();
        known.dedup();
        known
    }

    fn place(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at.min(self.text.len())).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(line_start..).map_or(0, |line| line.chars().count());
        (before.matches('\n').count() + 1, column + 1)
    }

    fn fault(&self, at: Option<usize>, message: String) {
        self.faults.borrow_mut().push((at, message));
    }
}

/// One table of a document. When it is dropped, keys that nobody asked for are faults.
#[derive(Debug)]
pub struct Table<'a> {
    path: String,
    content: &'a DeTable<'a>,
    span: Range<usize>,
    document: &'a Document,
    asked: RefCell<Vec<String>>,
    /// Keys are names that the operator chose: none of them is unknown.
    open: std::cell::Cell<bool>,
    /// Another table, and the keys that are taken from it where they do not stand here.
    below: std::cell::Cell<Option<(&'a DeTable<'a>, &'static [&'static str])>>,
}

impl<'a> Table<'a> {
    fn new(path: String, content: &'a DeTable<'a>, span: Range<usize>, document: &'a Document) -> Self {
        let (asked, open, below) = Default::default();
        Self { path, content, span, document, asked, open, below }
    }

    /// Where the table stands: `sources.prometheus.main`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether `key` stands there, whatever its value.
    pub fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// Whether `key` stands in this very table, and not in the one that it leans on.
    pub fn is_own(&self, key: &str) -> bool {
        self.content.iter().any(|(name, _)| name.get_ref() == key)
    }

    /// Takes these keys from another table where they do not stand here.
    pub fn lean_on(&self, other: &Self, keys: &'static [&'static str]) {
        self.below.set(Some((other.content, keys)));
    }

    /// Takes a key for known that somebody else reads.
    pub fn allow(&self, key: &str) {
        self.note(key);
    }

    /// The text that stands at `key`, if one does; who reads the key tells its faults.
    pub fn peek(&self, key: &str) -> Option<&'a str> {
        let (_, value) = self.find(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value of `key`, if it stands there and is one.
    pub fn get<T: Value>(&self, key: &str) -> Option<T> {
        self.take(key, |value| T::read(value.get_ref()))
    }

    /// The value of `key` read by `read`; its error is told as a fault at the value.
    pub fn get_with<T: Value, U>(&self, key: &str, read: impl FnOnce(T) -> Result<U, String>) -> Option<U> {
        self.take(key, |value| T::read(value.get_ref()).and_then(read))
    }

    /// The value of `key`, which must stand there.
    pub fn require<T: Value>(&self, key: &str) -> Option<T> {
        if self.find(key).is_none() {
            self.note(key);
            let message = format!("{}{key}: is missing, expected {}", self.prefix(), T::EXPECTED);
            self.document.fault(Some(self.span.start), message);
            return None;
        }
        self.get(key)
    }

    /// The table `key`.
    pub fn table(&self, key: &str) -> Option<Self> {
        self.note(key);
        let (_, value) = self.find(key)?;
        self.as_table(self.join(key), value)
    }

    /// The tables `key.NAME`, with their names.
    pub fn named(&self, key: &str) -> Vec<(String, Self)> {
        let Some(parent) = self.table(key) else { return Vec::new() };
        parent.open.set(true);
        let named = parent.content.iter().filter_map(|(name, value)| {
            let path = format!("{}.{}", parent.path, name.get_ref());
            Some((name.get_ref().to_string(), self.as_table(path, value)?))
        });
        named.collect()
    }

    /// The tables of the list `[[key]]`.
    pub fn list(&self, key: &str) -> Vec<Self> {
        self.note(key);
        let Some((_, value)) = self.find(key) else { return Vec::new() };
        let DeValue::Array(array) = value.get_ref() else {
            self.wrong(key, value, "a list of tables");
            return Vec::new();
        };
        array.iter().filter_map(|item| self.as_table(self.join(key), item)).collect()
    }

    /// All keys of the table with their values: for tables whose keys the operator chooses.
    pub fn entries<T: Value>(&self) -> Vec<(String, T)> {
        self.open.set(true);
        let entries = self.content.iter().filter_map(|(key, value)| {
            let read = self.take(key.get_ref(), |value| T::read(value.get_ref()));
            let _ = value;
            Some((key.get_ref().to_string(), read?))
        });
        entries.collect()
    }

    /// Tells a fault at `key`, or at the table when the key is not there.
    pub fn fault(&self, key: &str, message: impl fmt::Display) {
        let at = self.find(key).map_or(self.span.start, |(_, value)| value.span().start);
        self.document.fault(Some(at), format!("{}{key}: {message}", self.prefix()));
    }

    /// Tells a fault of the table itself.
    pub fn fault_of_all(&self, message: impl fmt::Display) {
        self.document.fault(Some(self.span.start), format!("{}: {message}", self.path));
    }

    fn take<T>(&self, key: &str, read: impl FnOnce(&Spanned<DeValue<'a>>) -> Result<T, String>) -> Option<T> {
        self.note(key);
        let (_, value) = self.find(key)?;
        match read(value) {
            Ok(read) => Some(read),
            Err(expected) => {
                self.wrong(key, value, &expected);
                None
            }
        }
    }

    fn find(&self, key: &str) -> Option<(&'a Spanned<std::borrow::Cow<'a, str>>, &'a Spanned<DeValue<'a>>)> {
        let own = self.content.iter().find(|(name, _)| name.get_ref() == key);
        own.or_else(|| {
            let (below, _) = self.below.get().filter(|(_, keys)| keys.contains(&key))?;
            below.iter().find(|(name, _)| name.get_ref() == key)
        })
    }

    fn as_table(&self, path: String, value: &'a Spanned<DeValue<'a>>) -> Option<Self> {
        match value.get_ref() {
            DeValue::Table(table) => Some(Self::new(path, table, value.span(), self.document)),
            other => {
                let message = format!("{path}: expected a table, found {}", kind(other));
                self.document.fault(Some(value.span().start), message);
                None
            }
        }
    }

    fn wrong(&self, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) {
        let message = format!("{}{key}: expected {expected}, found {}", self.prefix(), kind(value.get_ref()));
        self.document.fault(Some(value.span().start), message);
    }

    fn note(&self, key: &str) {
        self.asked.borrow_mut().push(key.to_owned());
        self.document.known.borrow_mut().push(self.join(key));
    }

    fn join(&self, key: &str) -> String {
        format!("{}{key}", self.prefix())
    }

    fn prefix(&self) -> String {
        if self.path.is_empty() { String::new() } else { format!("{}.", self.path) }
    }
}

impl Drop for Table<'_> {
    fn drop(&mut self) {
        if self.open.get() {
            return;
        }
        let asked = self.asked.borrow();
        for (key, _) in self.content {
            if !asked.iter().any(|name| name == key.get_ref()) {
                let near = nearest(key.get_ref(), asked.iter().map(String::as_str));
                let hint = near.map_or_else(
                    || {
                        let mut names = asked.clone();
                        names.sort();
                        names.dedup();
                        format!("valid here: {}", names.join(", "))
                    },
                    |name| format!("did you mean `{name}`?"),
                );
                let message = format!("{}{}: unknown key, {hint}", self.prefix(), key.get_ref());
                self.document.fault(Some(key.span().start), message);
            }
        }
    }
}

/// The name that was probably meant.
pub fn nearest<'n>(typed: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let most = (typed.chars().count() / 3).max(1);
    names
        .map(|name| (distance(typed, name), name))
        .filter(|(distance, name)| *distance <= most || name.starts_with(typed))
        .min()
        .map(|(_, name)| name)
}

/// How many letters must change, be added or left out to make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, from) in one.chars().enumerate() {
        let mut diagonal = at;
        let mut left = at + 1;
        for (to, cell) in other.iter().zip(row.iter_mut().skip(1)) {
            let change = diagonal + usize::from(from != *to);
            diagonal = *cell;
            left = change.min(left + 1).min(diagonal + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = at + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

fn kind(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("{text:?}"),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(yes) => yes.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

/// A type that a key may have.
pub trait Value: Sized {
    /// What to write, in words: `a text in quotes`.
    const EXPECTED: &'static str;

    /// Reads the value; the error is what was expected.
    fn read(value: &DeValue<'_>) -> Result<Self, String>;
}

impl Value for String {
    const EXPECTED: &'static str = "a text in quotes";
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        match value {
            DeValue::String(text) => Ok(text.to_string()),
            _ => Err(Self::EXPECTED.to_owned()),
        }
    }
}

impl Value for bool {
    const EXPECTED: &'static str = "true or false";
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        match value {
            DeValue::Boolean(yes) => Ok(*yes),
            _ => Err(Self::EXPECTED.to_owned()),
        }
    }
}

impl Value for u64 {
    const EXPECTED: &'static str = "a whole number, 0 or more";
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        match value {
            DeValue::Integer(number) => {
                Self::from_str_radix(&number.as_str().replace('_', ""), number.radix())
                    .map_err(|_| Self::EXPECTED.to_owned())
            }
            _ => Err(Self::EXPECTED.to_owned()),
        }
    }
}

impl Value for f64 {
    const EXPECTED: &'static str = "a number";
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let text = match value {
            DeValue::Integer(number) => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            _ => return Err(Self::EXPECTED.to_owned()),
        };
        text.replace('_', "").parse().map_err(|_| Self::EXPECTED.to_owned())
    }
}

impl Value for Duration {
    const EXPECTED: &'static str = "a duration such as \"30s\", \"15m\" or \"24h\"";
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        match value {
            DeValue::String(text) => humantime::parse_duration(text).map_err(|_| Self::EXPECTED.to_owned()),
            _ => Err(Self::EXPECTED.to_owned()),
        }
    }
}

impl<T: Value> Value for Vec<T> {
    const EXPECTED: &'static str = "a list";
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        match value {
            DeValue::Array(array) => array
                .iter()
                .map(|item| {
                    T::read(item.get_ref()).map_err(|expected| format!("a list, each item {expected}"))
                })
                .collect(),
            _ => Err(format!("a list, each item {}", T::EXPECTED)),
        }
    }
}

impl<T: Value> Value for BTreeMap<String, T> {
    const EXPECTED: &'static str = "a table";
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        match value {
            DeValue::Table(table) => table
                .iter()
                .map(|(key, item)| {
                    let read =
                        T::read(item.get_ref()).map_err(|expected| format!("a table, each value {expected}"));
                    Ok((key.get_ref().to_string(), read?))
                })
                .collect(),
            _ => Err(format!("a table, each value {}", T::EXPECTED)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_one_line_whatever_the_file_holds() {
        let document = Document::new("w.toml", "\"a\u{7f}\" = 1\n\"a\u{7f}\" = 2\n");
        assert!(document.read(|_| ()).is_none());
        let faults = document.faults();
        assert!(faults.iter().any(|fault| fault.message.contains("stands here twice")), "{faults:?}");
        assert!(!faults.iter().any(|fault| fault.message.contains(char::is_control)), "{faults:?}");
    }

    #[test]
    fn all_faults_are_told_at_their_places() {
        let text =
            "[ui]\nthem = \"dark\"\nmouse = 3\n\n[sources.prometheus.main]\ninterval = \"5 parsecs\"\n";
        let document = Document::new("wardroom.toml", text);
        document.read(|root| {
            if let Some(ui) = root.table("ui") {
                let _: Option<String> = ui.get("theme");
                let _: Option<bool> = ui.get("mouse");
            }
            if let Some(sources) = root.table("sources") {
                for (_, table) in sources.named("prometheus") {
                    let _: Option<String> = table.require("url");
                    let _: Option<Duration> = table.get("interval");
                }
            }
        });
        let told: Vec<String> = document.faults().iter().map(Fault::to_string).collect();
        assert_eq!(
            told,
            [
                "wardroom.toml:2:1: ui.them: unknown key, did you mean `theme`?",
                "wardroom.toml:3:9: ui.mouse: expected true or false, found 3",
                "wardroom.toml:5:1: sources.prometheus.main.url: is missing, expected a text in quotes",
                "wardroom.toml:6:12: sources.prometheus.main.interval: expected a duration such as \"30s\", \"15m\" or \"24h\", found \"5 parsecs\"",
            ]
        );
    }

    #[test]
    fn a_file_that_is_no_toml_names_its_line() {
        let document = Document::new("x.toml", "a = \n");
        assert!(document.read(|_| ()).is_none());
        assert_eq!(document.faults().first().and_then(|fault| fault.place), Some((1, 5)));
    }

    #[test]
    fn the_nearest_name() {
        assert_eq!(nearest("urll", ["url", "interval"].into_iter()), Some("url"));
        assert_eq!(nearest("colour", ["url", "interval"].into_iter()), None);
    }
}
