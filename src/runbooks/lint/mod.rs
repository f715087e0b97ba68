//! What is broken or doubtful in a runbook. Nothing is run, nothing is guessed: each lint says what
//! stands there and what to do about it.

mod hosts;
mod known;
mod logical;
mod page;
mod shell;

pub use known::{KNOWN_WRONG, KnownWrong, known_wrong};

use super::model::{Lint, Runbook};

/// The text of a runbook by lines, to find columns.
pub(super) struct Source<'t> {
    lines: Vec<&'t str>,
}

impl<'t> Source<'t> {
    fn new(text: &'t str) -> Self {
        // As in the line index: `\r` alone ends a line too.
        let lines = text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'));
        Self { lines: lines.collect() }
    }

    /// A line of the file, from 1.
    fn line(&self, number: usize) -> &'t str {
        self.lines.get(number.wrapping_sub(1)).copied().unwrap_or_default()
    }

    /// A lint at the first place on a line where `needle` stands; at its beginning when it does not.
    fn lint(&self, line: usize, needle: &str, code: &'static str, message: impl Into<String>) -> Lint {
        let text = self.line(line);
        let at = text.find(needle).or_else(|| text.find(|char: char| !char.is_whitespace())).unwrap_or(0);
        let column = text.get(..at).map_or(0, |before| before.chars().count()) + 1;
        Lint { line, column, code, message: message.into() }
    }
}

/// Everything that is wrong or doubtful, in the order of the file.
pub(super) fn lint(text: &str, runbook: &Runbook) -> Vec<Lint> {
    let source = Source::new(text);
    let mut lints = page::lint(&source, runbook);
    lints.extend(shell::lint(&source, runbook));
    lints.extend(hosts::lint(&source, runbook));
    lints.sort();
    lints.dedup();
    lints
}
