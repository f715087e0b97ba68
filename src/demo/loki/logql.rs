//! The part of LogQL that the lab evaluates: a selector with line filters, and lines counted over
//! a span.

use std::fmt::Write as _;

use regex::Regex;

use super::super::matcher::{Fault, Matcher, Reader, compile};
use crate::domain::labels::Labels;

/// A query.
#[derive(Debug)]
pub enum Query {
    /// Lines.
    Lines(Selection),
    /// How many there are.
    Count(Count),
}

/// Which lines.
#[derive(Debug)]
pub struct Selection {
    matchers: Vec<Matcher>,
    filters: Vec<Filter>,
}

/// Lines counted over a span.
#[derive(Debug)]
pub struct Count {
    pub of: Selection,
    /// The span, in seconds.
    pub span: f64,
    /// Divided by the span.
    pub is_rate: bool,
    /// The labels that are kept when counts are summed; `None` when they are not summed.
    pub by: Option<Vec<String>>,
}

/// A condition on the text of a line.
#[derive(Debug)]
struct Filter {
    operator: &'static str,
    text: String,
    regex: Option<Regex>,
}

impl Filter {
    fn passes(&self, line: &str) -> bool {
        let has = self.regex.as_ref().map_or_else(|| line.contains(&self.text), |regex| regex.is_match(line));
        has == self.operator.starts_with('|')
    }
}

impl Selection {
    /// Whether a stream is selected.
    pub fn selects(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| matcher.matches(labels))
    }

    /// Whether a line passes.
    pub fn passes(&self, line: &str) -> bool {
        self.filters.iter().all(|filter| filter.passes(line))
    }

    fn write(&self, to: &mut String) {
        to.push('{');
        for (at, matcher) in self.matchers.iter().enumerate() {
            let operator = match (matcher.is_equal(), matcher.is_regex()) {
                (true, false) => "=",
                (false, false) => "!=",
                (true, true) => "=~",
                (false, true) => "!~",
            };
            let comma = if at == 0 { "" } else { ", " };
            let _infallible = write!(to, "{comma}{}{operator}{:?}", matcher.name, matcher.value);
        }
        to.push('}');
        for filter in &self.filters {
            let _infallible = write!(to, " {} {:?}", filter.operator, filter.text);
        }
    }
}

/// The query as `format_query` writes it.
pub fn pretty(query: &Query) -> String {
    let mut text = String::new();
    match query {
        Query::Lines(selection) => selection.write(&mut text),
        Query::Count(count) => {
            if let Some(by) = &count.by {
                let _infallible = write!(text, "sum by ({})(", by.join(","));
            }
            text.push_str(if count.is_rate { "rate(" } else { "count_over_time(" });
            count.of.write(&mut text);
            let _infallible = write!(text, "[{}s])", count.span);
            if count.by.is_some() {
                text.push(')');
            }
        }
    }
    text
}

/// Reads a query; the error is Loki's text.
pub fn parse(text: &str) -> Result<Query, String> {
    if text.trim().is_empty() {
        return Err("parse error : syntax error: unexpected $end".to_owned());
    }
    let mut reader = Reader::new(text);
    let is_metric = ["sum", "count_over_time", "rate"].iter().any(|word| {
        let rest = text.trim_start().strip_prefix(word).map(str::trim_start);
        rest.is_some_and(|rest| rest.starts_with('(') || rest.starts_with("by"))
    });
    let query =
        if is_metric { Query::Count(count(&mut reader)?) } else { Query::Lines(selection(&mut reader)?) };
    reader.skip_blanks();
    if !reader.rest().is_empty() {
        return Err(beyond(&mut reader));
    }
    let selection = match &query {
        Query::Lines(selection) => selection,
        Query::Count(count) => &count.of,
    };
    if selection.matchers.iter().all(|matcher| matcher.fits("")) {
        return Err("parse error : queries require at least one regexp or equality matcher that does not have an \
             empty-compatible value. For instance, app=~\".*\" does not meet this requirement, but app=~\".+\" will"
            .to_owned());
    }
    Ok(query)
}

/// What stands behind the part that the lab understands.
fn beyond(reader: &mut Reader<'_>) -> String {
    let rest = reader.rest();
    if rest.starts_with('|') {
        return format!("parse error : the demo lab knows selectors, line filters and counts, not {rest:?}");
    }
    reader.unexpected("").to_string()
}

fn selection(reader: &mut Reader<'_>) -> Result<Selection, String> {
    let matchers = reader.selector().map_err(|fault| fault.to_string())?;
    let mut filters = Vec::new();
    while let Some(operator) = ["|=", "|~", "!=", "!~"].into_iter().find(|operator| reader.take(operator)) {
        let text = reader.text().map_err(|fault| fault.to_string())?;
        let stage = |error| Fault::Regex(format!("stage '{operator} {text:?}' : {error}")).to_string();
        let regex = if operator.ends_with('~') { Some(compile(&text).map_err(stage)?) } else { None };
        filters.push(Filter { operator, text, regex });
    }
    Ok(Selection { matchers, filters })
}

fn count(reader: &mut Reader<'_>) -> Result<Count, String> {
    let mut by = None;
    let is_sum = reader.take("sum");
    if is_sum {
        by = Some(names(reader)?);
        expect(reader, "(")?;
    }
    let is_rate = reader.take("rate");
    if !is_rate {
        expect(reader, "count_over_time")?;
    }
    expect(reader, "(")?;
    let of = selection(reader)?;
    expect(reader, "[")?;
    let rest = reader.rest();
    let written = rest.split(']').next().unwrap_or("");
    let span =
        humantime::parse_duration(written.trim()).map_err(|_| reader.unexpected("DURATION").to_string())?;
    reader.take(written);
    expect(reader, "]")?;
    expect(reader, ")")?;
    if is_sum {
        expect(reader, ")")?;
        let after = names(reader)?;
        by = by.map(|before| if before.is_empty() { after } else { before });
    }
    Ok(Count { of, span: span.as_secs_f64().max(0.001), is_rate, by })
}

/// `by (a, b)`; none when it is not there.
fn names(reader: &mut Reader<'_>) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    if reader.take("by") {
        expect(reader, "(")?;
        while !reader.take(")") {
            let name = reader.name().ok_or_else(|| reader.unexpected("IDENTIFIER").to_string())?;
            names.push(name.to_owned());
            reader.take(",");
        }
    }
    Ok(names)
}

fn expect(reader: &mut Reader<'_>, word: &'static str) -> Result<(), String> {
    if reader.take(word) { Ok(()) } else { Err(reader.unexpected(word).to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_understood_is_written_back() {
        for (text, written) in [
            (r#"{job="app"}|=`x`"#, r#"{job="app"} |= "x""#),
            (
                r#"{ host =~ "vm.*" , unit!="x"} !~ "a|b" |= "c""#,
                r#"{host=~"vm.*", unit!="x"} !~ "a|b" |= "c""#,
            ),
            (r#"sum(rate({a="b"}[1m])) by (host)"#, r#"sum by (host)(rate({a="b"}[60s]))"#),
            (r#"count_over_time({a="b"} |= "x" [5m])"#, r#"count_over_time({a="b"} |= "x"[300s])"#),
        ] {
            assert_eq!(pretty(&parse(text).expect(text)), written);
        }
    }

    #[test]
    fn filters_pass_lines() {
        let Query::Lines(lines) = parse(r#"{a="b"} |~ "err|fail" != "harmless""#).expect("a query") else {
            panic!("lines");
        };
        assert!(lines.passes("it failed"));
        assert!(!lines.passes("a harmless error"));
        assert!(!lines.passes("all is well"));
    }

    #[test]
    fn faults_are_told_in_lokis_words() {
        for (text, words) in [
            ("", "parse error : syntax error: unexpected $end"),
            (
                r#"{job="app"} |~ "(""#,
                "parse error : stage '|~ \"(\"' : error parsing regexp: missing closing ): `(`",
            ),
            (r#"rate({job="app"})"#, "parse error at line 1, col 17: syntax error: unexpected )"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.starts_with(words), "{error}");
        }
        assert!(parse(r#"{job=~".*"}"#).expect_err("matches nothing").contains("empty-compatible"));
    }
}
