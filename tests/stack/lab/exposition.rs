//! The text format in which exporters answer a scrape.

use std::fmt::{Display, Write};

/// The answer to one scrape, growing.
#[derive(Debug, Default)]
pub struct Exposition(String);

impl Exposition {
    /// Begins a family of samples: `kind` is `counter`, `gauge`, `histogram` or `untyped`.
    pub fn family(&mut self, kind: &str, name: &str, help: &str) -> &mut Self {
        self.put(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"))
    }

    /// Adds one sample.
    pub fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) -> &mut Self {
        self.put(format_args!("{name}"));
        for (index, (key, text)) in labels.iter().enumerate() {
            let opening = if index == 0 { '{' } else { ',' };
            self.put(format_args!("{opening}{key}=\"{}\"", escape(text)));
        }
        let closing = if labels.is_empty() { "" } else { "}" };
        self.put(format_args!("{closing} {value}\n"))
    }

    /// A family with one sample for each row.
    pub fn rows<'a, V: Display>(
        &mut self,
        kind: &str,
        name: &str,
        help: &str,
        rows: impl IntoIterator<Item = (Vec<(&'a str, &'a str)>, V)>,
    ) -> &mut Self {
        self.family(kind, name, help);
        for (labels, value) in rows {
            self.sample(name, &labels, value);
        }
        self
    }

    /// The whole answer.
    pub fn into_text(self) -> String {
        self.0
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) -> &mut Self {
        self.0.write_fmt(text).expect("a String takes every text");
        self
    }
}

/// A label's value as it stands between the quotes.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\"")
}
