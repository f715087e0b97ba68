//! R5 and R6: how a value is written where its placeholder stands, so that the shell reads exactly
//! the value there and nothing else. Where that cannot be had, the value is refused.

use super::placeholder::{Kind, is_ipv6, is_plain, is_safeword, visible};

/// Where a value is to stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// The quotes around it.
    pub quote: Quote,
    /// How often and by whom it is read.
    pub reading: Reading,
    /// It stands in an address of the web.
    pub url: Option<Url>,
    /// `:9100` follows: an IPv6 address needs its brackets.
    pub has_port: bool,
    /// As it stands it might mean more than itself: a program's name, a number before `>`, an item
    /// between braces.
    pub is_exposed: bool,
    /// The line that ends the here-document in which it stands.
    pub delimiter: Option<String>,
}

/// The quotes around a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quote {
    /// None.
    #[default]
    Bare,
    /// `"..."`
    Double,
    /// `'...'`
    Single,
}

/// How often a value is read, and by whom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// Once, by the shell.
    #[default]
    Once,
    /// Again, by another shell or by the same one: only what means nothing to any shell may pass.
    Again,
    /// By a program with a language of its own: awk, sed, jq.
    Program,
    /// As a number.
    Number,
    /// No value may stand there; why.
    Never(&'static str),
}

/// The part of an address of the web.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Url {
    /// Host and port.
    Authority,
    /// Path, query and fragment.
    Path,
}

/// The value as it has to be written there.
///
/// # Errors
/// Why it cannot stand there.
pub fn encode(value: &str, kind: Kind, context: &Context) -> Result<String, String> {
    let value = in_url(value, kind, context)?;
    let shown = visible(&value);
    match context.reading {
        Reading::Never(why) => return Err(format!("R5: {why}")),
        Reading::Again if !is_plain(&value) => {
            return Err(format!(
                "R6: {shown} stands where it is read twice: only letters, digits and _.:@%+/=,- may"
            ));
        }
        Reading::Program
            if !value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.:@-".contains(&byte)) =>
        {
            return Err(format!("R6: {shown} stands in a program: only letters, digits and _.:@- may"));
        }
        Reading::Number if !value.bytes().all(|byte| byte.is_ascii_digit()) => {
            return Err(format!("R6: {shown} stands where a number is computed"));
        }
        Reading::Again if context.is_exposed && (value.contains(',') || value.contains("..")) => {
            return Err(format!("R6: {shown} stands between braces"));
        }
        _ => {}
    }
    if context.delimiter.as_deref().is_some_and(|delimiter| delimiter.contains(&value)) {
        return Err(format!("R5: {shown} could end the here-document in which it stands"));
    }
    Ok(match context.quote {
        Quote::Single => value.replace('\'', r"'\''"),
        Quote::Double => escaped(&value, &['$', '`', '"', '\\']),
        Quote::Bare if is_safeword(&value) && !context.is_exposed => value,
        Quote::Bare => single(&value),
    })
}

/// A value in an address of the web is a host, a port, or percent-encoded.
fn in_url(value: &str, kind: Kind, context: &Context) -> Result<String, String> {
    match context.url {
        Some(Url::Path) => Ok(percent(value)),
        Some(Url::Authority) if !matches!(kind, Kind::Host | Kind::Port) => {
            Err(format!("R5: {} stands where an address has its host, and is none", visible(value)))
        }
        _ if kind == Kind::Host && is_ipv6(value) && (context.url.is_some() || context.has_port) => {
            Ok(format!("[{value}]"))
        }
        _ => Ok(value.to_owned()),
    }
}

/// A word that every POSIX shell reads as exactly this text. (`printf %q` writes `$'..'`, which
/// only some know.)
pub fn single(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// A word that every POSIX shell reads as exactly this text, quoted only if it has to be.
pub fn word(value: &str) -> String {
    if is_safeword(value) { value.to_owned() } else { single(value) }
}

/// The text with a backslash before each of `special`.
fn escaped(value: &str, special: &[char]) -> String {
    let mut text = String::with_capacity(value.len());
    for char in value.chars() {
        if special.contains(&char) {
            text.push('\\');
        }
        text.push(char);
    }
    text
}

/// All but unreserved characters as `%XX`.
pub fn percent(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.extend(format!("%{byte:02X}").chars());
        }
    }
    text
}

/// Where a value is to stand in PromQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promql {
    /// Outside every string.
    Bare,
    /// In a string between these.
    Text {
        /// `"`, `'` or `` ` ``
        quote: char,
        /// The string is a regular expression (`=~`, `!~`).
        is_regex: bool,
    },
}

/// The value as it has to be written there in PromQL: a string stays that string, a regular
/// expression matches exactly the value.
///
/// # Errors
/// Outside a string anything but a number; in a raw string a back quote.
pub fn promql(value: &str, place: Promql) -> Result<String, String> {
    let shown = visible(value);
    match place {
        Promql::Bare if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(value.to_owned())
        }
        Promql::Bare => {
            Err(format!("R5: {shown} stands outside a string of the query, where only a number may"))
        }
        Promql::Text { quote, is_regex } => {
            let value = if is_regex { regex::escape(value) } else { value.to_owned() };
            match quote {
                '`' if value.contains('`') => Err(format!("R5: {shown} cannot stand between back quotes")),
                '`' => Ok(value),
                quote => Ok(escaped(&value, &['\\', quote])),
            }
        }
    }
}

#[cfg(test)]
#[path = "quote_tests.rs"]
mod tests;
