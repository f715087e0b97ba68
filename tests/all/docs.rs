//! Pages that are made of the program: `docs/keys.md` of its keys, `docs/configuration.md` of the example,
//! which other tests hold to the code. After a change: `WARDROOM_DOCS=write cargo test --test all docs::`.

use std::fmt::Write as _;
use std::path::Path;

use wardroom::config::EXAMPLE;

use super::check::{home, run, said};

/// Holds a page to what it would be made of now, or makes it anew.
fn is_current(name: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    if std::env::var_os("WARDROOM_DOCS").is_some_and(|wish| wish == "write") {
        std::fs::write(&file, text).expect("the page is written");
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == text, "docs/{name} is old: WARDROOM_DOCS=write cargo test --test all docs::");
}

/// A text in a cell of a table.
fn cell(text: &str) -> String {
    text.trim().replace('|', "\\|")
}

/// The same as code.
fn code(text: &str) -> String {
    let text = cell(text);
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

#[test]
fn the_page_of_keys_is_current() {
    let list = said(&run(home().path(), &["keys"]));
    let mut page = String::from(
        "# Keys\n\nMade from the program: `wardroom keys` lists the same, with your changes. `?` shows those of the \
         place that you are in, `:` finds every action by its name.\n\nTo change one, name the place and the action in \
         the config; `[]` takes a key away. Two actions on one key of a place are told as a fault.\n\n\
         ```toml\n[keys.alerts]\nsilence = [\"s\", \"ctrl-s\"]\n```\n",
    );
    for line in list.lines() {
        if let Some(place) = line.strip_prefix("[keys.").and_then(|rest| rest.strip_suffix(']')) {
            let _infallible =
                write!(page, "\n## {place}\n\n| key | action | what it does |\n|---|---|---|\n");
        } else if let Some((keys, rest)) = line.trim_start().split_once("  ") {
            let (action, about) = rest.trim_start().split_once(' ').expect("an action and what it does");
            let keys: Vec<String> = keys.split(' ').map(code).collect();
            let _infallible = writeln!(page, "| {} | {} | {} |", keys.join(" "), code(action), cell(about));
        }
    }
    assert!(page.matches("\n## ").count() > 5, "{page}");
    is_current("keys.md", &page);
}

/// What a line of the example is.
enum Line<'a> {
    Blank,
    /// `# ------ sources`
    Part(&'a str),
    Prose(&'a str),
    /// `[table]`, perhaps behind a `#`.
    Table(&'a str),
    /// A key with its value and what is said beside it.
    Key(&'a str, &'a str, &'a str),
    /// More of what was said beside the key above.
    More(&'a str),
}

fn read(line: &str) -> Line<'_> {
    let is_live =
        |text: &str| text.starts_with(|char: char| char.is_ascii_lowercase() || "[\"".contains(char));
    let bare = line.strip_prefix('#').filter(|rest| is_live(rest));
    let text = bare.unwrap_or(line);
    if line.trim().is_empty() || line.trim() == "#" {
        Line::Blank
    } else if let Some(rest) = line.strip_prefix("# ----") {
        Line::Part(rest.trim_start_matches('-').trim())
    } else if bare.is_none() && line.starts_with('#') {
        Line::Prose(line.trim_start_matches('#').trim_end())
    } else if text.trim_start().starts_with('#') {
        Line::More(text.trim_start().trim_start_matches('#'))
    } else if text.starts_with('[') {
        Line::Table(text.split(" #").next().unwrap_or(text).trim())
    } else if let Some((key, rest)) = text.split_once(" = ") {
        let (value, about) = beside(rest);
        Line::Key(key, value, about)
    } else {
        Line::More(text)
    }
}

/// The value, and the remark after it.
fn beside(text: &str) -> (&str, &str) {
    let mut quote = None;
    for (at, char) in text.char_indices() {
        match (quote, char) {
            (None, '#') => {
                return (text.get(..at).unwrap_or(text).trim(), text.get(at + 1..).unwrap_or_default());
            }
            (None, '"' | '\'') => quote = Some(char),
            (Some(open), _) if open == char => quote = None,
            _ => {}
        }
    }
    (text.trim(), "")
}

/// The page, as far as it is written.
struct Page {
    text: String,
    /// Prose that waits for what it stands above.
    prose: Vec<String>,
    /// Rows of keys: key, value, what is said.
    rows: Vec<(String, String, String)>,
}

impl Page {
    fn end_rows(&mut self) {
        if !self.rows.is_empty() {
            self.text.push_str("\n| key | value | |\n|---|---|---|\n");
        }
        for (key, value, about) in self.rows.drain(..) {
            let _infallible = writeln!(self.text, "| {} | {} | {} |", code(&key), code(&value), cell(&about));
        }
    }

    fn end_prose(&mut self) {
        if self.prose.is_empty() {
            return;
        }
        self.end_rows();
        // What stands further in is an example of its own.
        let is_code = self.prose.iter().all(|line| line.starts_with("   "));
        let lines: Vec<&str> = self.prose.iter().map(|line| line.trim()).collect();
        let _infallible = if is_code {
            write!(self.text, "\n```\n{}\n```\n", lines.join("\n"))
        } else {
            write!(self.text, "\n{}\n", lines.join("\n"))
        };
        self.prose.clear();
    }
}

#[test]
fn the_page_of_the_configuration_is_current() {
    let head = "# Configuration\n\nMade from `config.example.toml` (`wardroom config example`), which the tests hold to \
                the code: every key there is, and no other.\n"
        .to_owned();
    let mut page = Page { text: head, prose: Vec::new(), rows: Vec::new() };
    for line in EXAMPLE.lines() {
        match read(line) {
            Line::Blank => page.end_prose(),
            Line::Prose(text) => page.prose.push(text.to_owned()),
            Line::Part(name) => {
                page.end_prose();
                page.end_rows();
                let _infallible = write!(page.text, "\n## {name}\n");
            }
            Line::Table(name) => {
                let prose = std::mem::take(&mut page.prose);
                page.end_rows();
                let _infallible = write!(page.text, "\n### `{name}`\n");
                page.prose = prose;
                page.end_prose();
            }
            Line::Key(key, value, about) => {
                let prose: Vec<String> = page.prose.drain(..).collect();
                let prose = prose.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
                let about = [prose.as_str(), about.trim()].into_iter().filter(|part| !part.is_empty());
                let about = about.collect::<Vec<_>>().join(" ");
                page.rows.push((key.to_owned(), value.to_owned(), about));
            }
            Line::More(text) => {
                if let Some((_, value, about)) = page.rows.last_mut() {
                    let more = if value.ends_with(['[', ',', '{']) || text.starts_with([']', '}']) {
                        value
                    } else {
                        about
                    };
                    let _infallible = write!(more, " {}", text.trim());
                }
            }
        }
    }
    page.end_prose();
    page.end_rows();
    assert!(page.text.matches("\n### ").count() > 20, "{}", page.text);
    is_current("configuration.md", &page.text);
}
