//! Lints on the Markdown: what did not become what it was meant to be, and what is not finished.

use std::collections::{HashMap, HashSet};

use super::Source;
use crate::runbooks::code::{hidden, holds_fence};
use crate::runbooks::document::{Inline, Node, walk};
use crate::runbooks::model::{Block, Lint, Runbook};
use crate::runbooks::{repair::repair, words};

/// Words that say that something is missing.
const UNFINISHED: [&str; 5] = ["NEEDS LOVE", "TBD", "Coming Soon", "TODO", "FIXME"];

/// What is wrong with the page.
pub(super) fn lint(source: &Source<'_>, runbook: &Runbook) -> Vec<Lint> {
    let mut lints = Vec::new();
    let anchors: HashSet<&str> = runbook.sections.iter().map(|section| section.id.as_str()).collect();
    let mut is_code = vec![false; source.lines.len() + 1];
    for node in runbook.sections.iter().flat_map(|section| walk(&section.body)) {
        match node {
            Node::Code { block, indented } => {
                if let Some(lines) = is_code.get_mut(block.lines.0..block.lines.1 + 1) {
                    lines.fill(true);
                }
                code(source, block, *indented, &mut lints);
            }
            Node::Paragraph { words, lines } => {
                paragraph(source, words, *lines, &anchors, &mut lints);
            }
            Node::Table { header, rows, .. } => {
                let cells = header.iter().chain(rows.iter().flat_map(|row| &row.cells));
                cells.for_each(|words| sentence(source, words, &anchors, &mut lints));
                for row in rows {
                    probe(source, row, &mut lints);
                }
            }
            _ => {}
        }
    }
    misread(source, &is_code, &mut lints);
    twice(source, runbook, &mut lints);
    lints
}

fn code(source: &Source<'_>, block: &Block, indented: bool, lints: &mut Vec<Lint>) {
    let line = block.lines.0;
    if indented && holds_fence(&block.text) {
        let message = "this fence is only indented text: the line above it broke the list, so it belongs to no \
                       step and is not run; indent what stands between as the step's own text";
        lints.push(source.lint(line, "```", "broken-step", message));
        return;
    }
    if block.reasons.iter().any(|reason| reason.contains("never closed")) {
        let message = "this fence is never closed: all that follows is taken for code; close it with ```";
        lints.push(source.lint(line.saturating_sub(1), "```", "unclosed-fence", message));
    }
    if block.reasons.iter().any(|reason| reason.contains("only comments")) {
        let message = "this block has no command, only comments: it is a checklist to follow by hand";
        lints.push(source.lint(line, "#", "no-command", message));
    }
    for (at, column) in hidden(&block.text) {
        let message = "a character here is not shown by a terminal; the block is not run until it is gone";
        lints.push(Lint { line: line + at, column, code: "hidden-character", message: message.to_owned() });
    }
}

fn paragraph(
    source: &Source<'_>,
    words: &[Inline],
    (from, to): (usize, usize),
    anchors: &HashSet<&str>,
    lints: &mut Vec<Lint>,
) {
    if (from..=to).any(|line| is_delimiter(source.line(line))) {
        let message = "this was meant to be a table, but its first row is missing, so it is a paragraph; give it a \
                       row of titles above the dashes";
        lints.push(source.lint(from, "", "torn-table", message));
    }
    sentence(source, words, anchors, lints);
}

/// `----|------|`
fn is_delimiter(line: &str) -> bool {
    let line = line.trim();
    line.contains('|')
        && line.contains("---")
        && line.chars().all(|char| matches!(char, '|' | '-' | ':' | ' '))
}

fn sentence(source: &Source<'_>, words: &[Inline], anchors: &HashSet<&str>, lints: &mut Vec<Lint>) {
    for word in words.iter().filter(|word| !word.code) {
        if let Some(link) = &word.link {
            let dead =
                word.text == "Coming Soon" || link.strip_prefix('#').is_some_and(|to| !anchors.contains(to));
            if dead {
                let message = format!("this link leads nowhere yet: {link}");
                lints.push(source.lint(word.line, link, "dead-link", message));
            }
            continue;
        }
        for (at, line) in word.text.split('\n').enumerate() {
            // Most lines have no such letters: a look at each is cheaper than five searches.
            if !line.bytes().any(|byte| matches!(byte, b'N' | b'T' | b'C' | b'F')) {
                continue;
            }
            for mark in UNFINISHED.iter().filter(|mark| says(line, mark)) {
                let message = format!("`{mark}`: something is missing here");
                lints.push(source.lint(word.line + at, mark, "unfinished", message));
            }
        }
    }
}

/// Whether a line has these words, and not as a part of longer ones.
fn says(line: &str, words: &str) -> bool {
    line.match_indices(words).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        let after = line.get(at + words.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

/// A row that asks PBS with a program of Proxmox VE.
fn probe(source: &Source<'_>, row: &crate::runbooks::document::Row, lints: &mut Vec<Lint>) {
    let first = row.cells.first().map(|cell| words::plain(cell)).unwrap_or_default();
    if !matches!(first.as_str(), "PBS" | "Proxmox Backup Server") {
        return;
    }
    let commands = row.cells.iter().flat_map(|cell| words::commands(cell));
    for command in commands.filter(|command| command.text.starts_with("pvesh ")) {
        let message = "`pvesh` asks Proxmox VE, not PBS: it says nothing about this server; ask \
                       https://HOST:8007/api2/json/version or `proxmox-backup-manager datastore list` there";
        lints.push(source.lint(row.line, &command.text, "wrong-probe", message));
    }
}

/// Text that was read in the wrong encoding.
fn misread(source: &Source<'_>, is_code: &[bool], lints: &mut Vec<Lint>) {
    for (at, line) in source.lines.iter().enumerate().filter(|(_, line)| !line.is_ascii()) {
        let number = at + 1;
        if is_code.get(number).is_some_and(|is_code| *is_code) {
            continue;
        }
        if repair(line) != *line {
            let foreign =
                line.find(|char: char| !char.is_ascii()).and_then(|at| line.get(at..)).unwrap_or_default();
            let message =
                "this line was saved in the wrong encoding; it is shown repaired, the file is as it was";
            lints.push(source.lint(number, foreign, "mojibake", message));
        } else if line.contains('\u{fffd}') {
            let message = "this line is not UTF-8; save the file as UTF-8";
            lints.push(source.lint(number, "\u{fffd}", "not-utf-8", message));
        }
    }
}

/// Two procedures for one alert.
fn twice(source: &Source<'_>, runbook: &Runbook, lints: &mut Vec<Lint>) {
    let mut first: HashMap<&str, usize> = HashMap::new();
    for procedure in &runbook.procedures {
        let line = procedure.source_lines.0;
        for name in &procedure.alert_names {
            if let Some(other) = first.get(name.as_str()) {
                let message =
                    format!("line {other} has a procedure for {name} too: you will be asked which one");
                lints.push(source.lint(line, name, "duplicate-alert", message));
            }
            first.entry(name).or_insert(line);
        }
    }
}
