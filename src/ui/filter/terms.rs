//! How the words of a filter are read.

use chrono::TimeDelta;
use regex::Regex;

use super::{Needle, Term, Test};

/// The words of a text; what stands in quotes is one word, without them.
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for char in text.chars() {
        match char {
            '"' => quoted = !quoted,
            char if char.is_whitespace() && !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            char => word.push(char),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Reads one word; `None` while it says nothing yet.
pub fn term(word: &str) -> Result<Option<Term>, String> {
    let (inverse, word) = word.strip_prefix('!').map_or((false, word), |rest| (true, rest));
    if word.is_empty() {
        return Ok(None);
    }
    if let Some(expression) = word.strip_prefix('~').filter(|expression| !expression.is_empty()) {
        let expression =
            Regex::new(expression).map_err(|_| format!("`{expression}` is not a regular expression"))?;
        return Ok(Some(Term { inverse, test: Test::Anywhere(expression) }));
    }
    if let Some(test) = span(word) {
        return Ok(test?.map(|test| Term { inverse, test }));
    }
    let Some((name, operator, value)) = split(word) else {
        return Ok(Some(Term { inverse, test: Test::Plain(Needle::new(word)) }));
    };
    if value.is_empty() {
        return Ok(None);
    }
    let test = if operator.ends_with('~') {
        let expression = Regex::new(&format!("^(?:{value})$"))
            .map_err(|_| format!("`{value}` is not a regular expression"))?;
        Test::Expression(name.to_owned(), expression)
    } else {
        Test::Label(name.to_owned(), value.to_owned(), Needle::new(word))
    };
    Ok(Some(Term { inverse: inverse != operator.starts_with('!'), test }))
}

/// `job=~n.*` as name, operator and value; `None` when the word is none of a label.
pub fn split(word: &str) -> Option<(&str, &str, &str)> {
    let end = word.find(['=', '!'])?;
    let (name, rest) = word.split_at_checked(end).filter(|(name, _)| is_name(name))?;
    let operator = ["=~", "!~", "!=", "="].into_iter().find(|operator| rest.starts_with(operator))?;
    Some((name, operator, rest.strip_prefix(operator)?))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|char| char.is_ascii_alphanumeric() || "_-.".contains(char))
}

/// `age>10m`; `None` when it is no such word, and nothing inside while it says nothing yet.
fn span(word: &str) -> Option<Result<Option<Test>, String>> {
    let (name, rest) = word.split_at_checked(word.find(['<', '>'])?)?;
    if !matches!(name, "age" | "took") {
        return None;
    }
    let (longer, value) = (rest.starts_with('>'), rest.trim_start_matches(['<', '>']));
    if value.is_empty() {
        return Some(Ok(None));
    }
    let read = duration(value).ok_or_else(|| format!("`{value}` is no time such as 10m or 1h30m"));
    Some(read.map(|read| Some(Test::Span(name.to_owned(), longer, read))))
}

/// A time as it is typed: `10m`, `1h30m`, `2d`, `500ms`.
pub fn duration(text: &str) -> Option<TimeDelta> {
    let mut rest = text.trim();
    let mut sum = TimeDelta::zero();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|char: char| !char.is_ascii_digit())?;
        let (number, after) = rest.split_at_checked(digits)?;
        let letters = after.find(|char: char| !char.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(letters)?;
        let number: i64 = number.parse().ok()?;
        let span = match unit {
            "ms" => TimeDelta::try_milliseconds(number),
            "s" => TimeDelta::try_seconds(number),
            "m" => TimeDelta::try_minutes(number),
            "h" => TimeDelta::try_hours(number),
            "d" => TimeDelta::try_days(number),
            "w" => TimeDelta::try_weeks(number),
            _ => None,
        };
        sum = sum.checked_add(&span?)?;
        rest = after;
    }
    Some(sum)
}
