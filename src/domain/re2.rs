//! The expressions of Alertmanager and Prometheus. They are Go's, which differ in small things from
//! those of the `regex` crate: what means the same in both passes, the rest is written over.

use regex::Regex;

/// The expression, anchored at both ends as Alertmanager and Prometheus do it.
///
/// # Errors
/// When it is no expression; in plain words.
pub fn anchored(text: &str) -> Result<Regex, String> {
    let ours = translate(text);
    Regex::new(&format!("^(?:{ours})$")).map_err(|error| plain(text, &error))
}

/// A text as an expression that matches it and nothing else, as Go's `QuoteMeta` writes it.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for char in text.chars() {
        if r"\.+*?()|[]{}^$".contains(char) {
            quoted.push('\\');
        }
        quoted.push(char);
    }
    quoted
}

/// What is wrong, in a line.
fn plain(text: &str, error: &regex::Error) -> String {
    let reason = match error {
        regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
        error => {
            let told = error.to_string();
            let last = told.lines().last().unwrap_or_default();
            last.strip_prefix("error: ").unwrap_or(last).to_owned()
        }
    };
    format!("{text:?} is no regular expression: {reason}")
}

/// Go's expression in the words of the `regex` crate.
fn translate(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    let mut class = false;
    while let Some(char) = rest.chars().next() {
        let after = rest.get(char.len_utf8()..).unwrap_or_default();
        rest = match char {
            '\\' => escape(after, &mut out),
            '[' if !class => {
                class = true;
                open(after, &mut out)
            }
            ']' if class => {
                class = false;
                out.push(']');
                after
            }
            '[' if after.starts_with(':') && after.contains(":]") => {
                let (name, after) = after.split_once(":]").unwrap_or((after, ""));
                out.extend(["[", name, ":]"]);
                after
            }
            // Within a class these have a meaning here that they do not have there.
            '[' | '&' | '~' if class => {
                out.extend(['\\', char]);
                after
            }
            '-' if class && after.starts_with('-') => {
                out.push_str("\\-");
                after
            }
            '{' if !class && !is_count(after) => {
                out.push_str("\\{");
                after
            }
            _ => {
                out.push(char);
                after
            }
        };
    }
    out
}

/// The beginning of a class: a `]` that stands first is one of its characters.
fn open<'a>(after: &'a str, out: &mut String) -> &'a str {
    out.push('[');
    let (after, negated) = after.strip_prefix('^').map_or((after, false), |after| (after, true));
    if negated {
        out.push('^');
    }
    after.strip_prefix(']').map_or(after, |after| {
        out.push_str("\\]");
        after
    })
}

/// What follows a backslash. The classes of Go know ASCII only.
fn escape<'a>(after: &'a str, out: &mut String) -> &'a str {
    let Some(char) = after.chars().next() else {
        out.push('\\');
        return after;
    };
    let rest = after.get(char.len_utf8()..).unwrap_or_default();
    match char {
        'd' => out.push_str("[0-9]"),
        'D' => out.push_str("[^0-9]"),
        'w' => out.push_str("[0-9A-Za-z_]"),
        'W' => out.push_str("[^0-9A-Za-z_]"),
        's' => out.push_str(r"[\t\n\f\r ]"),
        'S' => out.push_str(r"[^\t\n\f\r ]"),
        'b' => out.push_str(r"(?-u:\b)"),
        'Q' => {
            let (literal, rest) = rest.split_once(r"\E").unwrap_or((rest, ""));
            out.push_str(&quote(literal));
            return rest;
        }
        '<' | '>' => out.push(char),
        _ => out.extend(['\\', char]),
    }
    rest
}

/// Whether a `{` before this begins a count such as `{2,3}`; else Go takes it for itself.
fn is_count(after: &str) -> bool {
    let Some((count, _)) = after.split_once('}') else { return false };
    let (least, most) = count.split_once(',').unwrap_or((count, "0"));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && is_number(least) && is_number(most)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn goes_expressions_mean_here_what_they_mean_there() {
        for (expression, text, yes) in [
            ("a|b", "b", true),
            ("a|b", "ab", false),
            (r"10\.0\.0\.\d+:9100", "10.0.0.21:9100", true),
            (r"\d", "٣", false),
            (r"\w+", "é", false),
            (r"[\w.-]+", "a.b-c_d", true),
            ("[[]x", "[x", true),
            ("[a&&b]", "&", true),
            ("[]x]", "]", true),
            ("[^]x]", "y", true),
            ("[[:alpha:]]+", "abc", true),
            ("a{", "a{", true),
            ("a{2}", "aa", true),
            ("x{a}", "x{a}", true),
            (r"\Qa.b\E+", "a.bb", true),
            (r"\Qa.b\E", "axb", false),
            (".*", "a\nb", false),
            ("(?s).*", "a\nb", true),
            ("(?i)HOST", "host", true),
            ("磁.", "磁盘", true),
        ] {
            let ready = anchored(expression).expect(expression);
            assert_eq!(ready.is_match(text), yes, "{expression} on {text:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_in_a_line() {
        let told = anchored("a(").expect_err("unclosed");
        assert_eq!(told, "\"a(\" is no regular expression: unclosed group");
        assert!(anchored("a\\").is_err());
        assert!(anchored("[a").is_err());
    }

    proptest! {
        #[test]
        fn a_quoted_text_matches_itself_only(text in "(?s).{0,20}", other in "(?s).{0,20}") {
            let ready = anchored(&quote(&text)).expect("a quoted text is an expression");
            prop_assert!(ready.is_match(&text));
            prop_assert_eq!(ready.is_match(&other), text == other);
        }

        #[test]
        fn no_expression_makes_it_panic(text in "[\\[\\]{}()\\\\^$.*+?|a-z0-9,:&~-]{0,30}") {
            let _ = anchored(&text);
        }
    }
}
