//! Values in every context of quoting, read by real shells: each arrives byte for byte as one word,
//! or is refused; none is ever run.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use wardroom::runbooks::fill::{self, Value};
use wardroom::runbooks::placeholder::Kind;
use wardroom::runbooks::shell;
use wardroom::runbooks::spot::spots;

/// A template, and what it prints around the value: one `[...]` for each word.
const TEMPLATES: [(&str, &str); 14] = [
    ("printf '[%s]' <V>", "[V]"),
    ("printf '[%s]' \"<V>\"", "[V]"),
    ("printf '[%s]' '<V>'", "[V]"),
    ("printf '[%s]' a<V>b", "[aVb]"),
    ("printf '[%s]' \"a <V> b\"", "[a V b]"),
    ("printf '[%s]' 'a <V> b'", "[a V b]"),
    ("printf '[%s]' <V>\"<V>\"'<V>'", "[VVV]"),
    ("printf '[%s]' x --y=<V> z", "[x][--y=V][z]"),
    ("printf '[%s]' \"$(printf %s <V>)\"", "[V]"),
    ("printf '[%s]' \"`printf %s <V>`\"", "[V]"),
    ("sh -c 'printf \"[%s]\" <V>'", "[V]"),
    ("eval printf \"'[%s]'\" <V>", "[V]"),
    ("X=<V>; printf '[%s]' $X", "[V]"),
    ("cat <<EOF\n[<V>]\nEOF", "[V]\n"),
];

const VALUES: [&str; 40] = [
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
    "$HOME",
    "${HOME}",
    "$(touch canary)",
    "`touch canary`",
    "; touch canary;",
    "& touch canary &",
    "| touch canary",
    "\"; touch canary; \"",
    "'; touch canary; '",
    "*",
    "?",
    "[a-z]*",
    "~",
    "~root",
    "{a,b}",
    "!x",
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
];

fn printed(program: &str, script: &str, directory: &std::path::Path) -> Option<String> {
    let mut command = Command::new(program);
    if program == "bash" {
        command.args(["--noprofile", "--norc"]);
    }
    command.args(["-c", script]).current_dir(directory).stdin(Stdio::null()).env("HOME", "/home/of/nobody");
    let output = command.output().ok()?;
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).expect("text"))
}

#[test]
fn real_shells_read_exactly_the_value() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("file"), "").expect("written");
    let mut seen = BTreeMap::new();
    for (template, expected) in TEMPLATES {
        let script = shell::lex(template);
        let spots = spots(&script, template);
        assert!(!spots.is_empty(), "{template}");
        for value in VALUES {
            let values: BTreeMap<String, Value> =
                [("V".to_owned(), Value { text: value.to_owned(), kind: Kind::Any })].into();
            let Ok(filled) = fill::shell(template, &script, &spots, &values) else { continue };
            *seen.entry(template).or_insert(0) += 1;
            for program in ["bash", "dash"] {
                // A machine without one of them still has the other.
                let Some(printed) = printed(program, &filled, directory.path()) else { continue };
                assert_eq!(printed, expected.replace('V', value), "{program}: {filled}");
            }
        }
    }
    assert_eq!(seen.len(), TEMPLATES.len(), "each template takes some values: {seen:?}");
    assert!(seen.iter().filter(|(_, count)| **count == VALUES.len()).count() >= 8, "{seen:?}");
    let left: Vec<_> = std::fs::read_dir(directory.path()).expect("a directory").collect();
    assert_eq!(left.len(), 1, "nothing was run: {left:?}");
}

#[test]
fn our_own_quotes_survive_a_login_shell() {
    let directory = tempfile::tempdir().expect("a directory");
    for value in VALUES {
        let script = format!("printf '[%s]' {}", wardroom::runbooks::quote::single(value));
        let sent = format!("exec bash -c {}", wardroom::runbooks::quote::single(&script));
        for login in ["bash", "dash"] {
            if let Some(printed) = printed(login, &sent, directory.path()) {
                assert_eq!(printed, format!("[{value}]"), "{login}: {sent}");
            }
        }
    }
}
