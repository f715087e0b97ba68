//! Label matchers, as PromQL, LogQL and Alertmanager share them.

use std::fmt;

use regex::Regex;

use crate::domain::labels::Labels;

/// One condition on one label.
#[derive(Clone, Debug)]
pub struct Matcher {
    pub name: String,
    pub value: String,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    Equal,
    NotEqual,
    Like(Regex),
    Unlike(Regex),
}

impl Matcher {
    /// A matcher; the error is that of the expression, in Go's words.
    pub fn new(name: &str, operator: &str, value: &str) -> Result<Self, String> {
        let test = match operator {
            "!=" => Test::NotEqual,
            "=~" => Test::Like(anchored(value)?),
            "!~" => Test::Unlike(anchored(value)?),
            _ => Test::Equal,
        };
        Ok(Self { name: name.to_owned(), value: value.to_owned(), test })
    }

    /// Whether a label's value fits; an absent label is an empty one.
    pub fn fits(&self, value: &str) -> bool {
        match &self.test {
            Test::Equal => value == self.value,
            Test::NotEqual => value != self.value,
            Test::Like(regex) => regex.is_match(value),
            Test::Unlike(regex) => !regex.is_match(value),
        }
    }

    /// Whether the label of a set fits.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.fits(labels.get(&self.name).unwrap_or(""))
    }

    /// `=~` or `!~`.
    pub const fn is_regex(&self) -> bool {
        matches!(self.test, Test::Like(_) | Test::Unlike(_))
    }

    /// `=` or `=~`.
    pub const fn is_equal(&self) -> bool {
        matches!(self.test, Test::Equal | Test::Like(_))
    }
}

/// The expression that must fit the whole value.
pub fn anchored(value: &str) -> Result<Regex, String> {
    compile(&format!("^(?:{value})$"))
}

/// The expression, or what Go would say of it.
pub fn compile(pattern: &str) -> Result<Regex, String> {
    Regex::new(pattern).map_err(|error| {
        let error = error.to_string();
        let fault = if error.contains("unclosed group") {
            "missing closing )"
        } else if error.contains("unclosed character class") {
            "missing closing ]"
        } else {
            "invalid expression"
        };
        format!("error parsing regexp: {fault}: `{pattern}`")
    })
}

/// Where a selector is no selector.
#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    /// Something else stands at this byte than one of the expected words.
    Unexpected { at: usize, found: Option<char>, expecting: &'static str },
    /// The expression of a matcher.
    Regex(String),
}

impl fmt::Display for Fault {
    /// As Loki says it.
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unexpected { at, found, expecting } => {
                write!(to, "parse error at line 1, col {}: syntax error: unexpected ", at + 1)?;
                match found {
                    None => to.write_str("$end")?,
                    Some(char) if char.is_alphabetic() || *char == '_' => to.write_str("IDENTIFIER")?,
                    Some('"' | '`') => to.write_str("STRING")?,
                    Some(char) => write!(to, "{char}")?,
                }
                if !expecting.is_empty() {
                    write!(to, ", expecting {expecting}")?;
                }
                Ok(())
            }
            Self::Regex(error) => write!(to, "parse error : {error}"),
        }
    }
}

/// Reads a query from the left.
#[derive(Debug)]
pub struct Reader<'q> {
    query: &'q str,
    at: usize,
}

impl<'q> Reader<'q> {
    pub const fn new(query: &'q str) -> Self {
        Self { query, at: 0 }
    }

    /// What has not been read.
    pub fn rest(&self) -> &'q str {
        self.query.get(self.at..).unwrap_or("")
    }

    pub fn skip_blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Reads `word` if it is next.
    pub fn take(&mut self, word: &str) -> bool {
        self.skip_blanks();
        let is_next = self.rest().starts_with(word);
        if is_next {
            self.at += word.len();
        }
        is_next
    }

    /// Reads a name; `None` if none is next.
    pub fn name(&mut self) -> Option<&'q str> {
        self.skip_blanks();
        let rest = self.rest();
        let is_part = |char: char| char.is_ascii_alphanumeric() || char == '_' || char == ':';
        let end = rest.find(|char| !is_part(char)).unwrap_or(rest.len());
        let name = rest
            .get(..end)
            .filter(|name| !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()))?;
        self.at += end;
        Some(name)
    }

    /// What is next is not what it should be.
    pub fn unexpected(&mut self, expecting: &'static str) -> Fault {
        self.skip_blanks();
        Fault::Unexpected { at: self.at, found: self.rest().chars().next(), expecting }
    }

    /// Reads a text in quotes or backticks.
    pub fn text(&mut self) -> Result<String, Fault> {
        self.skip_blanks();
        let rest = self.rest();
        let quote = rest.chars().next().filter(|char| matches!(char, '"' | '`'));
        let Some(quote) = quote else { return Err(self.unexpected("STRING")) };
        let mut text = String::new();
        let mut chars = rest.char_indices().skip(1);
        while let Some((at, char)) = chars.next() {
            match char {
                _ if char == quote => {
                    self.at += at + 1;
                    return Ok(text);
                }
                '\\' if quote == '"' => match chars.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, escaped)) => text.push(escaped),
                    None => {}
                },
                _ => text.push(char),
            }
        }
        self.at = self.query.len();
        Err(self.unexpected("STRING"))
    }

    /// Reads `{name="value", ...}`.
    pub fn selector(&mut self) -> Result<Vec<Matcher>, Fault> {
        if !self.take("{") {
            return Err(self.unexpected(""));
        }
        let mut matchers = Vec::new();
        while !self.take("}") {
            let expecting = if matchers.is_empty() { "IDENTIFIER or }" } else { "IDENTIFIER" };
            let Some(name) = self.name() else { return Err(self.unexpected(expecting)) };
            let operator = ["=~", "!~", "!=", "="].into_iter().find(|operator| self.take(operator));
            let Some(operator) = operator else { return Err(self.unexpected("=, !=, =~ or !~")) };
            let value = self.text()?;
            matchers.push(Matcher::new(name, operator, &value).map_err(Fault::Regex)?);
            if !self.take(",") && !self.rest().trim_start().starts_with('}') {
                return Err(self.unexpected("} or ,"));
            }
        }
        Ok(matchers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_in_lokis_words() {
        for (query, words) in [
            (
                r#"{job="app""#,
                "parse error at line 1, col 11: syntax error: unexpected $end, expecting } or ,",
            ),
            ("{", "parse error at line 1, col 2: syntax error: unexpected $end, expecting IDENTIFIER or }"),
            (r#"job="app""#, "parse error at line 1, col 1: syntax error: unexpected IDENTIFIER"),
        ] {
            let fault = Reader::new(query).selector().expect_err(query);
            assert_eq!(fault.to_string(), words);
        }
    }

    #[test]
    fn expressions_are_anchored_and_an_absent_label_is_empty() {
        let labels: Labels = [("host", "vm102")].into_iter().collect();
        let fits = |text: &str| {
            Reader::new(text).selector().expect("a selector").iter().all(|one| one.matches(&labels))
        };
        assert!(fits(r#"{host=~"vm.*", unit=""}"#));
        assert!(!fits(r#"{host=~"vm"}"#));
        assert!(fits(r#"{host!~"lxc.*",unit!="x"}"#));
        assert!(!fits(r"{host!=`vm102`}"));
    }
}
