//! The level of a line: what its labels say, else what its text says.

use std::collections::BTreeMap;

use crate::domain::log::Level;

/// Names under which shippers and Loki itself keep the level.
const NAMES: [&str; 5] = ["level", "detected_level", "level_extracted", "severity", "severity_text"];

/// A level stands near the start of a line; further on it is only a word.
const NEAR: usize = 256;

/// The first level that labels name: those of a stream, or of one line.
pub(super) fn labelled(labels: &BTreeMap<String, String>) -> Option<Level> {
    NAMES.iter().find_map(|name| {
        let level = Level::of(labels.get(*name)?);
        Some(level).filter(|level| *level != Level::Unknown)
    })
}

/// The level that a text without escape sequences gives itself.
pub(super) fn in_text(text: &str) -> Level {
    let start = crate::text::bounded(text, NEAR);
    field(start).or_else(|| klog(start)).or_else(|| word(start)).unwrap_or(Level::Unknown)
}

/// `level=error`, `lvl="warn"`, `"level": "info"`, `"severity":"ERROR"`.
fn field(text: &str) -> Option<Level> {
    ["level", "lvl", "severity"].iter().find_map(|key| {
        text.match_indices(key).find_map(|(at, key)| {
            let before = text.get(..at)?.chars().next_back();
            if before.is_some_and(|before| before.is_alphanumeric() || matches!(before, '_' | '.' | '-')) {
                return None;
            }
            let rest = text.get(at + key.len()..)?.trim_start_matches('"').trim_start();
            let value = rest.strip_prefix(['=', ':'])?.trim_start().trim_start_matches('"');
            let end = value.find(|char: char| !char.is_ascii_alphabetic()).unwrap_or(value.len());
            Some(Level::of(value.get(..end)?)).filter(|level| *level != Level::Unknown)
        })
    })
}

/// `E1121 12:00:00.000000`, as Kubernetes' programs begin their lines.
fn klog(text: &str) -> Option<Level> {
    let (head, _) = text.split_once(' ')?;
    let level = match head.chars().next()? {
        'F' => Level::Critical,
        'E' => Level::Error,
        'W' => Level::Warning,
        'I' => Level::Info,
        _ => return None,
    };
    let digits = head.get(1..)?;
    (digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(level)
}

/// The first word that is written as a level: `ERROR`, `[warn]`, `error: ...`. A bare `error` in
/// a sentence is none: "0 errors", "no error".
fn word(text: &str) -> Option<Level> {
    let mut rest = text;
    while let Some(begin) = rest.find(|char: char| char.is_ascii_alphabetic()) {
        let before = rest.get(..begin)?.chars().next_back();
        let from = rest.get(begin..)?;
        let end = from.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(from.len());
        let (word, after) = (from.get(..end)?, from.get(end..)?);
        let level = Level::of(word);
        let is_shouted = word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_uppercase());
        let is_bracketed =
            matches!(before, Some('[' | '<' | '(' | '|')) && after.starts_with([']', '>', ')', '|']);
        if level != Level::Unknown && (is_shouted || is_bracketed || after.starts_with(':')) {
            return Some(level);
        }
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_tells_its_level() {
        for (text, level) in [
            (r#"ts=1 level=error msg="x""#, Level::Error),
            (r#"{"ts":1,"level": "warn","msg":"level=info"}"#, Level::Warning),
            (r#"{"severity":"CRITICAL"}"#, Level::Critical),
            ("lvl=dbug x=1 lvl=debug", Level::Debug),
            ("2026-11-20 12:00:00 ERROR disk is gone", Level::Error),
            ("[warn] upstream slow", Level::Warning),
            ("panic: runtime error: index out of range", Level::Critical),
            ("error: cannot open", Level::Error),
            ("E1121 12:00:00.000001 1 x.go:1] gone", Level::Error),
            ("INFO finished, ERROR count 0", Level::Info),
            ("accepted, no error found", Level::Unknown),
            ("toplevel=error", Level::Unknown),
            ("IT is ON", Level::Unknown),
            ("", Level::Unknown),
        ] {
            assert_eq!(in_text(text), level, "{text}");
        }
    }

    #[test]
    fn labels_come_in_their_order() {
        let level = |pairs: &[(&str, &str)]| {
            labelled(&pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
        };
        assert_eq!(level(&[("detected_level", "warn"), ("level", "error")]), Some(Level::Error));
        assert_eq!(level(&[("detected_level", "unknown")]), None);
        assert_eq!(level(&[("severity_text", "INFO")]), Some(Level::Info));
    }
}
