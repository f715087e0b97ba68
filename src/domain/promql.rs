//! As much of PromQL as is needed to see of which metrics an expression is made.

/// Words of the language that are no metrics where they stand alone.
const WORDS: [&str; 26] = [
    "and",
    "or",
    "unless",
    "bool",
    "offset",
    "inf",
    "nan",
    "atan2",
    "start",
    "end",
    "sum",
    "min",
    "max",
    "avg",
    "group",
    "stddev",
    "stdvar",
    "count",
    "count_values",
    "bottomk",
    "topk",
    "quantile",
    "limitk",
    "limit_ratio",
    "anchored",
    "smoothed",
];

/// Words after which a list of labels stands.
const LISTS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];

/// The metrics of an expression, each once, in their order. Those that are named by `__name__` with an
/// expression are not among them.
pub fn metrics(query: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = query;
    while let Some(char) = rest.chars().next() {
        match char {
            '"' | '\'' | '`' => rest = after_text(rest, char),
            '{' => rest = after(rest, '}'),
            '[' => rest = after(rest, ']'),
            '#' => rest = rest.split_once('\n').map_or("", |(_, rest)| rest),
            _ if is_first(char) => {
                let end =
                    rest.find(|char: char| !is_first(char) && !char.is_ascii_digit()).unwrap_or(rest.len());
                let (word, left) = rest.split_at_checked(end).unwrap_or((rest, ""));
                let next = left.trim_start();
                let small = word.to_ascii_lowercase();
                rest = left;
                if LISTS.contains(&small.as_str()) {
                    if next.starts_with('(') {
                        rest = after(next, ')');
                    }
                } else if !next.starts_with('(') && !WORDS.contains(&small.as_str()) && !found.contains(&word)
                {
                    found.push(word);
                }
            }
            _ if char.is_ascii_digit() => {
                // A number may end in letters: `5m`, `1e9`.
                let end = rest
                    .find(|char: char| !char.is_ascii_alphanumeric() && char != '.')
                    .unwrap_or(rest.len());
                rest = rest.get(end..).unwrap_or("");
            }
            _ => rest = rest.get(char.len_utf8()..).unwrap_or(""),
        }
    }
    found
}

const fn is_first(char: char) -> bool {
    char.is_ascii_alphabetic() || matches!(char, '_' | ':')
}

/// What stands after the next `end` that is not in a text.
fn after(text: &str, end: char) -> &str {
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        rest = match char {
            '"' | '\'' | '`' => after_text(rest, char),
            _ => rest.get(char.len_utf8()..).unwrap_or(""),
        };
        if char == end {
            return rest;
        }
    }
    rest
}

/// What stands after the text that begins here.
fn after_text(text: &str, quote: char) -> &str {
    let mut escaped = false;
    for (at, char) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if char == '\\' && quote != '`' {
            escaped = true;
        } else if char == quote {
            return text.get(at + 1..).unwrap_or("");
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::metrics;

    #[test]
    fn functions_labels_and_texts_are_no_metrics() {
        for (query, found) in [
            ("up == 0", &["up"][..]),
            (r#"up{job!~"node|snmp", x="}"} == 0"#, &["up"]),
            ("vector(1)", &[]),
            (
                r#"100 - avg by (host, instance) (rate(node_cpu_seconds_total{mode="idle"}[5m])) * 100 > 80"#,
                &["node_cpu_seconds_total"],
            ),
            ("a / on (instance) group_left (x) b unless c offset 5m", &["a", "b", "c"]),
            ("sum(rate(x[1h])) / sum (rate(x[1h] offset 1d))", &["x"]),
            ("job:errors:ratio > bool 1e3 # up", &["job:errors:ratio"]),
            ("label_replace(up, \"a\", '$1', `b`, \"(.*)\")", &["up"]),
            ("absent(up{job=\"x\"}) and on() vector(time()) > 5", &["up"]),
            (
                "snapraid_errors > on (host) group_left snapraid_errors_known",
                &["snapraid_errors", "snapraid_errors_known"],
            ),
            ("", &[]),
            ("{__name__=~\"a|b\"} > \"", &[]),
        ] {
            assert_eq!(metrics(query), found, "{query}");
        }
    }
}
