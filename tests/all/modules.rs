//! The rooms of the house, and who may enter which: every `crate::` path of every file is read.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A room, and the rooms whose doors are open to it. What stands here with `*` may enter all.
const RULES: [(&str, &[&str]); 36] = [
    ("text", &[]),
    ("zone", &[]),
    ("action", &[]),
    ("settings", &[]),
    ("clock", &[]),
    ("mask", &[]),
    ("ledger", &[]),
    ("link", &[]),
    ("child", &[]),
    ("secret", &["settings", "text"]),
    ("net", &["settings", "secret", "text", "child"]),
    ("domain", &["text"]),
    ("actions", &["domain", "text", "net", "sources"]),
    ("keymap", &["action", "settings"]),
    ("sources", &["domain", "text", "net", "secret", "settings", "clock"]),
    ("runbooks", &["domain", "text"]),
    ("runner", &["domain", "runbooks", "mask", "text", "child"]),
    ("journal", &["domain", "mask", "ledger"]),
    ("incident", &["domain", "runbooks", "text"]),
    ("border", &["domain", "runbooks", "incident", "action", "clock"]),
    (
        "ui",
        &[
            "domain", "runbooks", "incident", "action", "keymap", "text", "border", "settings", "clock",
            "zone", "link",
        ],
    ),
    (
        "app",
        &[
            "ui", "domain", "runbooks", "incident", "action", "keymap", "border", "text", "clock", "mask",
            "link",
        ],
    ),
    ("demo", &["domain", "text", "clock"]),
    ("replay", &["border", "domain", "clock", "text"]),
    ("report", &["domain", "text"]),
    ("picture", &["text"]),
    ("state", &["domain", "runbooks", "incident", "ledger"]),
    (
        "config",
        &[
            "sources", "domain", "runbooks", "net", "secret", "settings", "text", "action", "keymap", "ui",
            "border",
        ],
    ),
    ("setup", &["config", "sources", "domain", "net", "secret", "settings", "text"]),
    ("terminal", &["border", "text", "clock"]),
    ("backend", &["border", "text", "clock", "link"]),
    ("runtime", &["*"]),
    ("commands", &["*"]),
    ("cli", &["domain", "action"]),
    ("main", &["runtime", "commands", "config", "cli"]),
    ("lib", &["*"]),
];

/// Files of tests may look anywhere: they prove that rooms fit together.
fn is_test(file: &Path) -> bool {
    file.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("tests"))
}

/// The rooms that a source text names, outside its comments and its tests.
fn named(text: &str) -> BTreeSet<String> {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    let code: String = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| [line, "\n"])
        .collect();
    let mut rooms = BTreeSet::new();
    for root in ["crate::", "wardroom::"] {
        for (at, _) in code.match_indices(root) {
            let before = code.get(..at).and_then(|before| before.chars().next_back());
            if before.is_some_and(|char| char.is_alphanumeric() || char == '_' || char == '$') {
                continue;
            }
            let rest = code.get(at + root.len()..).unwrap_or_default();
            match rest.strip_prefix('{') {
                Some(group) => rooms.extend(heads(group)),
                None => rooms.extend([word(rest)]),
            }
        }
    }
    rooms
}

/// The first names of a group `a, b::{c, d}, e}`.
fn heads(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut start = 0;
    let mut heads = Vec::new();
    for (at, char) in group.char_indices() {
        match char {
            '{' => depth += 1,
            '}' | ',' if depth == 0 => {
                heads.push(word(group.get(start..at).unwrap_or_default().trim_start()));
                start = at + 1;
                if char == '}' {
                    break;
                }
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    heads.retain(|head| !head.is_empty());
    heads
}

fn word(text: &str) -> String {
    if text.starts_with('*') {
        return "*".to_owned();
    }
    text.chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect()
}

/// What a file of `room` must not name, and does.
fn trespasses(room: &str, text: &str) -> Vec<String> {
    let Some((_, open)) = RULES.iter().find(|(name, _)| *name == room) else {
        return vec![format!("{room} is no room of the house: give it a line in the rules")];
    };
    let is_open = |other: &str| other == room || open.contains(&other) || open.contains(&"*");
    let named = named(text);
    named
        .iter()
        .filter(|other| *other == "*" || !is_open(other))
        .map(|other| format!("{room} must not use {other}"))
        .collect()
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every file of the program, with its room and its text.
fn files() -> Vec<(PathBuf, String, String)> {
    let mut found = Vec::new();
    let mut open = vec![source()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).expect("a directory of the program") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let inner = path.strip_prefix(source()).expect("below src");
                let room = inner.iter().next().expect("a name").to_string_lossy();
                let room = room.trim_end_matches(".rs").to_owned();
                let text = fs::read_to_string(&path).expect("a source file");
                found.push((inner.to_owned(), room, text));
            }
        }
    }
    found
}

#[test]
fn nobody_enters_a_room_that_is_closed_to_them() {
    let files = files();
    assert!(files.len() > 20, "the files are found: {}", files.len());
    let all = files.iter().filter(|(file, ..)| !is_test(file));
    let wrong: Vec<String> = all
        .flat_map(|(file, room, text)| {
            let told = trespasses(room, text);
            told.into_iter().map(move |told| format!("src/{}: {told}", file.display()))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_planted_import_is_found() {
    for (room, text, found) in [
        ("ui", "use crate::sources::Source;\n", true),
        ("ui", "use crate::{text, app::App};\n", true),
        ("ui", "use crate::{\n    text,\n    domain::{alert, app},\n};\n", false),
        ("ui", "fn f() { crate::runtime::run() }\n", true),
        ("domain", "use crate::clock::Clock;\n", true),
        ("domain", "use crate::text;\nuse super::health;\n", false),
        ("sources", "use crate::ui::theme;\n", true),
        ("sources", "pub(crate) use crate::domain::feed::Feed;\n", false),
        ("text", "// crate::ui is no import\nfn f() {}\n", false),
        ("text", "fn f() {}\n\n#[cfg(test)]\nmod tests {\n    use crate::ui;\n}\n", false),
        ("commands", "use crate::*;\n", true),
        ("main", "use wardroom::app::App;\n", true),
        ("main", "use wardroom::{cli, commands};\n", false),
        ("pantry", "fn f() {}\n", true),
    ] {
        assert_eq!(!trespasses(room, text).is_empty(), found, "{room}: {text}");
    }
}

#[test]
fn the_domain_waits_for_nothing_and_asks_no_clock() {
    for (file, _, text) in files().iter().filter(|(_, room, _)| room == "domain") {
        for word in ["tokio", "reqwest", "ratatui", "async fn", ".await", "Utc::now", "Instant::now"] {
            assert!(!text.contains(word), "src/{}: {word}", file.display());
        }
    }
}

#[test]
fn no_file_outgrows_its_room() {
    let files = files();
    let grown: Vec<String> = files
        .iter()
        .filter_map(|(file, _, text)| {
            let most = if file == Path::new("main.rs") { 40 } else { 450 };
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
            let lines = code.lines().count();
            (lines > most).then(|| format!("src/{}: {lines} lines, at most {most}", file.display()))
        })
        .collect();
    assert!(grown.is_empty(), "{grown:#?}");
}
