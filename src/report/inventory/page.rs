//! A page of Markdown that says what was put into it, whatever characters that has.

use std::fmt::Write as _;

use crate::text;

/// A page that grows.
#[derive(Clone, Debug, Default)]
pub struct Page(String);

impl Page {
    /// A page with a title.
    pub fn new(title: &str) -> Self {
        let mut page = Self::default();
        page.head(1, title);
        page
    }

    /// A heading.
    pub fn head(&mut self, level: usize, text: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        let _infallible = writeln!(self.0, "{} {}", "#".repeat(level), plain(text));
    }

    /// A paragraph.
    pub fn say(&mut self, text: &str) {
        let _infallible = writeln!(self.0, "\n{}", plain(text));
    }

    /// A table; nothing when it has no row.
    pub fn table(&mut self, heads: &[&str], rows: &[Vec<String>]) {
        if rows.is_empty() {
            return;
        }
        let line = |cells: &mut dyn Iterator<Item = String>| {
            cells.fold("|".to_owned(), |line, cell| format!("{line} {cell} |"))
        };
        let _infallible = writeln!(self.0, "\n{}", line(&mut heads.iter().map(|head| plain(head))));
        let _infallible = writeln!(self.0, "{}", line(&mut heads.iter().map(|_| "---".to_owned())));
        for row in rows {
            let _infallible = writeln!(self.0, "{}", line(&mut row.iter().map(|cell| plain(cell))));
        }
    }

    /// A list.
    pub fn list(&mut self, items: impl Iterator<Item = String>) {
        self.0.push('\n');
        for item in items {
            let _infallible = writeln!(self.0, "- {}", plain(&item));
        }
    }

    /// Code, in a fence that the code cannot end.
    pub fn code(&mut self, language: &str, code: &str) {
        let longest = code.split(|char| char != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        let code = text::sanitise_lines(code);
        let _infallible = writeln!(self.0, "\n{fence}{language}\n{}\n{fence}", code.trim_end());
    }

    /// What it says.
    pub fn text(self) -> String {
        self.0
    }
}

/// A text in one line in which no character means anything to Markdown.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text::sanitise(text).chars() {
        match char {
            '\n' | '\r' => out.push(' '),
            char if char.is_ascii_punctuation() && !matches!(char, ',' | ';' | '/' | '%' | '"' | '\'') => {
                // A full stop or a hyphen is a mark only at the beginning of a line, or after a number.
                let marks = !matches!(char, '.' | '-' | ':' | '(' | ')' | '=' | '?' | '@' | '{' | '}' | '^');
                if marks || out.is_empty() {
                    out.push('\\');
                }
                out.push(char);
            }
            char => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

    use super::*;

    /// What a reader of the page sees in its cells.
    fn cells(page: &str) -> Vec<String> {
        let mut all = Vec::new();
        let mut open = false;
        for event in Parser::new_ext(page, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
            match event {
                Event::Start(Tag::TableCell) => {
                    open = true;
                    all.push(String::new());
                }
                Event::End(TagEnd::TableCell) => open = false,
                Event::Text(text) if open => all.last_mut().expect("a cell").push_str(&text),
                Event::Code(_) | Event::Html(_) | Event::InlineHtml(_) => panic!("{event:?}"),
                _ => {}
            }
        }
        all
    }

    #[test]
    fn a_cell_says_what_was_put_into_it() {
        let hostile = [
            "plain",
            "a|b",
            "*a* _b_ `c` ~~d~~",
            "[a](b) <b>x</b> ![c](d)",
            "# a",
            "- a",
            "1. a",
            "a\\|b",
            "&amp;",
            "http://x/y_z?a=b&c=d",
            "vm/102 (web): 12 %",
            "\u{202e}a",
            "\\",
            "a\nb",
            "=",
            "+ x",
            "> x",
            "x^2 {y} @z",
        ];
        let rows: Vec<Vec<String>> =
            hostile.iter().map(|text| vec![(*text).to_owned(), "x".to_owned()]).collect();
        let mut page = Page::new("t");
        page.table(&["a", "b"], &rows);
        let seen = cells(&page.text());
        let expected = hostile.map(|text| text::sanitise(text).replace('\n', " "));
        let shown: Vec<&String> = seen.iter().skip(2).step_by(2).collect();
        assert_eq!(shown, expected.iter().collect::<Vec<_>>());
    }

    #[test]
    fn code_stays_in_its_fence() {
        let mut page = Page::default();
        page.code("promql", "a\n```\n# b\n````\nc");
        let text = page.text();
        let mut blocks = Parser::new(&text).filter(|event| matches!(event, Event::Start(Tag::CodeBlock(_))));
        assert_eq!(blocks.by_ref().count(), 1, "{text}");
        assert!(
            !Parser::new(&text).any(|event| matches!(event, Event::Start(Tag::Heading { .. }))),
            "{text}"
        );
    }
}
