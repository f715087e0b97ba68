//! What it usually is: tables of causes, and comments in code such as
//! `# - "connection refused" → Port closed`.

use super::document::{Inline, Row};
use super::model::{Block, Cause};
use super::words;
use crate::text;

/// The rows of a table whose header names causes or messages; empty when it names neither.
pub(super) fn of_table(header: &[Vec<Inline>], rows: &[Row]) -> Vec<Cause> {
    let names: Vec<String> = header.iter().map(|cell| words::plain(cell).to_lowercase()).collect();
    let column = |known: &[&str]| names.iter().position(|name| known.contains(&name.as_str()));
    let message = column(&["error message", "message", "error", "log message"]);
    let symptom = column(&["symptom", "symptoms"]);
    let cause = column(&["cause", "root cause", "reason"]);
    let resolution = column(&["resolution", "fix", "action", "solution", "what to do"]);
    if cause.is_none() && message.is_none() {
        return Vec::new();
    }
    let read = |row: &Row| {
        let cell = |at: Option<usize>| {
            let words = row.cells.get(at?).map(|cell| words::plain(cell))?;
            (!words.is_empty()).then_some(words)
        };
        Cause {
            message: cell(message),
            symptom: cell(symptom),
            cause: cell(cause).unwrap_or_default(),
            resolution: cell(resolution),
            inline_commands: row.cells.iter().flat_map(|cell| words::commands(cell)).collect(),
            line: row.line,
        }
    };
    rows.iter().map(read).collect()
}

/// The causes that the comments of a block list under `# Common errors:` and its kin.
pub(super) fn of_comments(block: &Block) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut listing = false;
    for (at, line) in block.text.lines().enumerate() {
        let Some(comment) = line.trim_start().strip_prefix('#') else {
            listing = false;
            continue;
        };
        let comment = comment.trim();
        if is_head(comment) {
            listing = true;
        } else if comment.is_empty() {
            listing = false;
        } else if listing {
            causes.extend(cause(comment, block.lines.0 + at));
        }
    }
    causes
}

/// Whether a comment announces a list of causes.
pub(super) fn is_head(comment: &str) -> bool {
    let lower = comment.to_ascii_lowercase();
    let kin = ["common error", "common culprit", "common issue", "common cause", "common problem"];
    lower.ends_with(':') && kin.iter().any(|kin| lower.contains(kin))
}

/// `"msg" → cause`, `path - cause` or `1. cause`.
fn cause(comment: &str, line: usize) -> Option<Cause> {
    let numbered = comment.split_once(". ").filter(|(number, _)| number.parse::<u8>().is_ok());
    let entry = comment.strip_prefix("- ").or(numbered.map(|(_, entry)| entry));
    let is_path = comment.starts_with('/');
    let entry = entry.or(is_path.then_some(comment))?.trim();
    let parts = entry.split_once('→').or_else(|| entry.split_once("->")).or_else(|| entry.split_once(" - "));
    let clean = |words: &str| text::sanitise(words.trim()).into_owned();
    let (shows, cause) = match parts {
        Some((shows, cause)) => (Some(clean(shows)), clean(cause)),
        None => (None, clean(entry)),
    };
    let quoted = shows.as_deref().and_then(|shows| shows.strip_prefix('"')?.strip_suffix('"'));
    let message = quoted.map(str::to_owned);
    let symptom = if message.is_some() { None } else { shows };
    Some(Cause {
        message,
        symptom,
        inline_commands: words::commands_in(&cause, line),
        cause,
        resolution: None,
        line,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_that_list_causes() {
        let code = "df -h\n# Common errors:\n# - \"connection refused\" → Port closed\n# - syslog.1 (10GB) -> Too verbose\n#\n# - not listed\n# Common culprits:\n# /var/log - Log files\n# Check for common issues:\n# 1. Incorrect URL\nls\n# - not listed either\n";
        let block = Block { text: code.to_owned(), lines: (100, 111), ..Block::default() };
        let told: Vec<_> = of_comments(&block)
            .into_iter()
            .map(|cause| (cause.line, cause.message, cause.symptom, cause.cause))
            .collect();
        assert_eq!(
            told,
            [
                (102, Some("connection refused".into()), None, "Port closed".into()),
                (103, None, Some("syslog.1 (10GB)".into()), "Too verbose".into()),
                (107, None, Some("/var/log".into()), "Log files".into()),
                (109, None, None, "Incorrect URL".to_owned()),
            ]
        );
    }
}
