//! Values in every context of quoting, for the shells that read them: each arrives byte for byte, or
//! is refused; none is ever run.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use wardroom::runbooks::fill::{self, Value};
use wardroom::runbooks::placeholder::Kind;
use wardroom::runbooks::quote;
use wardroom::runbooks::shell;
use wardroom::runbooks::spot::spots;

/// A template, what it prints around the value, and how many of the values it takes: all where the
/// value is read once; the plain ones where it is read again, or may be: a variable is often used
/// without quotes.
pub const TEMPLATES: [(&str, &str, Takes); 21] = [
    ("printf '[%s]' <V>", "[V]", Takes::All),
    ("printf '[%s]' \"<V>\"", "[V]", Takes::All),
    ("printf '[%s]' '<V>'", "[V]", Takes::All),
    ("printf '[%s]' a<V>b", "[aVb]", Takes::All),
    ("printf '[%s]' \"a <V> b\"", "[a V b]", Takes::All),
    ("printf '[%s]' 'a <V> b'", "[a V b]", Takes::All),
    ("printf '[%s]' <V>\"<V>\"'<V>'", "[VVV]", Takes::All),
    ("printf '[%s]' x --y=<V> z", "[x][--y=V][z]", Takes::All),
    ("X=<V>; printf '[%s]' \"$X\"", "[V]", Takes::Plain),
    ("X=\"<V>\" Y='<V>'; printf '[%s]' \"$X\" \"$Y\"", "[V][V]", Takes::Plain),
    ("printf '[%s]' <V> | cat", "[V]", Takes::All),
    ("if true; then printf '[%s]' <V>; fi", "[V]", Takes::All),
    ("for x in <V>; do printf '[%s]' \"$x\"; done", "[V]", Takes::Any),
    ("{ printf '[%s]' <V>; }", "[V]", Takes::All),
    ("( printf '[%s]' \"<V>\" )", "[V]", Takes::All),
    ("printf '[%s]' \"$(printf %s <V>)\"", "[V]", Takes::Plain),
    ("printf '[%s]' \"`printf %s <V>`\"", "[V]", Takes::Plain),
    ("sh -c 'printf \"[%s]\" <V>'", "[V]", Takes::Plain),
    ("eval printf \"'[%s]'\" <V>", "[V]", Takes::Plain),
    ("printf '%s' <V> | xargs printf '[%s]'", "[V]", Takes::Any),
    ("cat <<EOF\n[<V>]\nEOF", "[V]\n", Takes::Plain),
];

/// Which of the values a template takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// All.
    All,
    /// The plain ones.
    Plain,
    /// What the program behind it makes of a value is its own: only that nothing is run counts.
    Any,
}

/// What is tried.
pub const VALUES: [&str; 46] = [
    "plain",
    "10.0.0.25",
    "a b",
    " a",
    "a ",
    "it's",
    "'",
    "''",
    "\"",
    "\\",
    "\\\\",
    "a\\",
    "\\'",
    "\\\"",
    "$HOME",
    "${HOME}",
    "$(touch canary)",
    "`touch canary`",
    "; touch canary;",
    "& touch canary &",
    "| touch canary",
    "\"; touch canary; \"",
    "'; touch canary; '",
    "'\\''; touch canary; '\\''",
    "\\'; touch canary; \\'",
    "*",
    "?",
    "[a-z]*",
    "~",
    "~root",
    "{a,b}",
    "!x",
    "!!",
    "#x",
    "=x",
    "a=b",
    ">canary",
    "<canary",
    "(a)",
    "é ü 磁",
    "%s%n",
    "a;b",
    "&&",
    "$'x'",
    "EOF",
    "-n",
];

/// The template with the value in it; `None` when it is refused.
pub fn filled(template: &str, value: &str) -> Option<String> {
    let script = shell::lex(template);
    let spots = spots(&script, template);
    assert!(!spots.is_empty(), "{template}");
    let values: BTreeMap<String, Value> =
        [("V".to_owned(), Value { text: value.to_owned(), kind: Kind::Any })].into();
    fill::shell(template, &script, &spots, &values).ok()
}

/// Every template with every value that it takes: the script, what it is to print, and whether that
/// counts. Each template takes as many as it should.
pub fn expected() -> Vec<(String, String, Takes)> {
    let mut expected = Vec::new();
    for (template, around, takes) in TEMPLATES {
        let taken = VALUES
            .iter()
            .filter_map(|value| Some((filled(template, value)?, around.replace('V', value), takes)));
        let before = expected.len();
        expected.extend(taken);
        let count = expected.len() - before;
        let is_right = match takes {
            Takes::All => count == VALUES.len(),
            Takes::Plain => (2..VALUES.len() / 2).contains(&count),
            Takes::Any => count > 1,
        };
        assert!(is_right, "{template} takes {count}");
    }
    expected
}

/// What is run at once: a shell has only so much room for words.
pub fn chunks(all: &[(String, String, Takes)]) -> impl Iterator<Item = &[(String, String, Takes)]> {
    all.chunks(100)
}

/// One script that runs each of `scripts` as the plan would, with a line between their answers.
///
/// Hundreds of logins would take minutes; each script still has a shell of its own, and the whole is
/// the one quoted command of a login.
pub fn together(scripts: &[(String, String, Takes)], inner: &str) -> String {
    let runs =
        scripts.iter().map(|(script, ..)| format!("{inner} -c {}; printf '\\036'; ", quote::single(script)));
    format!("exec {inner} -c {}", quote::single(&runs.collect::<String>()))
}

/// Holds what a script of [`together`] printed against what it should.
pub fn check(printed: &[u8], expected: &[(String, String, Takes)], who: &str) {
    let printed = String::from_utf8(printed.to_vec()).expect("text");
    let answers: Vec<&str> = printed.split_terminator('\u{1e}').collect();
    assert_eq!(answers.len(), expected.len(), "{who}");
    for (answer, (script, expected, takes)) in answers.iter().zip(expected) {
        assert!(*takes == Takes::Any || answer == expected, "{who}: {script}\n{answer:?}\n{expected:?}");
    }
}

/// Holds that none of the values was run.
pub fn nothing_was_run(directory: &Path) {
    let left: Vec<_> =
        fs::read_dir(directory).expect("a directory").flatten().map(|one| one.path()).collect();
    assert!(!left.iter().any(|file| file.ends_with("canary")), "something was run: {left:?}");
}
