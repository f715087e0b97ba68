//! Which procedure is meant: by an alert, or by words that somebody types.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use serde::Serialize;

use super::document::{Node, walk};
use super::model::{Procedure, ProcedureKind, Runbook};
use super::{slug, words};
use crate::domain::labels::Labels;

/// More suggestions than this are no help.
const MOST_SUGGESTED: usize = 5;

/// How a procedure was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchKind {
    /// The alert's `runbook_url` or `runbook` ends in the anchor of its heading.
    Annotation,
    /// Its heading names the alert.
    Exact,
    /// The config says so.
    Alias,
    /// Its trigger asks for the metric that the alert's rule asks for.
    Trigger,
    /// It has words in common: only to be offered.
    Suggested,
}

/// What an alert says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its annotations.
    pub annotations: &'a Labels,
    /// The expression of its rule, where it is known.
    pub query: Option<&'a str>,
}

/// A procedure that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match<'a> {
    /// The runbook.
    pub runbook: &'a Runbook,
    /// The procedure.
    pub procedure: &'a Procedure,
    /// How it was found.
    pub kind: MatchKind,
}

/// A way to find a procedure, and whether one is found so.
type Way<'a> = (MatchKind, &'a dyn Fn(&Procedure) -> bool);

/// The procedures for an alert, all found in the same, best way. One is opened, several are asked
/// about, [`MatchKind::Suggested`] is only offered. A `runbook_url` is a hint, never fetched.
pub fn find<'a>(
    wanted: Wanted<'_>,
    runbooks: &'a [Runbook],
    aliases: &BTreeMap<String, String>,
) -> Vec<Match<'a>> {
    let fragments = fragments(wanted.annotations);
    let name = folded(wanted.name);
    let alias = aliases.iter().find(|(alert, _)| folded(alert) == name).map(|(_, to)| to.as_str());
    let metrics = wanted.query.map(metrics).unwrap_or_default();
    let ways: [Way<'_>; 4] = [
        (MatchKind::Annotation, &|one| fragments.contains(&one.id)),
        (MatchKind::Exact, &|one| one.alert_names.iter().any(|alert| folded(alert) == name)),
        (MatchKind::Alias, &|one| alias.is_some_and(|to| is_meant(one, to))),
        (MatchKind::Trigger, &|one| {
            let query = one.trigger.as_ref().and_then(|trigger| trigger.promql.as_deref());
            query.is_some_and(|query| self::metrics(query).iter().any(|metric| metrics.contains(metric)))
        }),
    ];
    for (kind, is_it) in ways {
        let found: Vec<Match<'a>> = all(runbooks)
            .filter(|(_, procedure)| procedure.kind != ProcedureKind::Suggested && is_it(procedure))
            .map(|(runbook, procedure)| Match { runbook, procedure, kind })
            .collect();
        if !found.is_empty() {
            return found;
        }
    }
    suggested(wanted.name, runbooks)
}

fn all(runbooks: &[Runbook]) -> impl Iterator<Item = (&Runbook, &Procedure)> {
    runbooks.iter().flat_map(|runbook| runbook.procedures.iter().map(move |procedure| (runbook, procedure)))
}

/// A name without case, spaces, `-` and `_`.
fn folded(name: &str) -> String {
    name.chars().filter(|char| !matches!(char, ' ' | '-' | '_')).flat_map(char::to_lowercase).collect()
}

/// What stands behind `#` in the annotations that name a runbook.
fn fragments(annotations: &Labels) -> Vec<String> {
    let named = ["runbook", "runbook_url"].iter().filter_map(|name| annotations.get(name));
    let fragments = named.filter_map(|address| address.rsplit_once('#')).map(|(_, fragment)| slug(fragment));
    fragments.filter(|fragment| !fragment.is_empty()).collect()
}

/// Whether an alias means this procedure: its anchor, its heading, or the heading's beginning.
pub fn is_meant(procedure: &Procedure, to: &str) -> bool {
    let to = to.trim().trim_start_matches('#');
    let begins = procedure.title.strip_prefix(to);
    !to.is_empty()
        && (procedure.id == to || begins.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric)))
}

/// The metrics of a PromQL expression: names that are neither functions, nor keywords, nor labels.
fn metrics(query: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut depth = 0_usize;
    let mut grouping = false;
    let mut rest = query;
    while let Some(first) = rest.chars().next() {
        let tail = rest.get(first.len_utf8()..).unwrap_or_default();
        match first {
            '"' | '\'' | '`' => {
                rest = after_string(tail, first);
                continue;
            }
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            ')' => grouping = false,
            _ if first.is_ascii_alphabetic() || first == '_' => {
                let end = rest.find(|char: char| !char.is_ascii_alphanumeric() && char != '_' && char != ':');
                let (word, tail) = rest.split_at(end.unwrap_or(rest.len()));
                let next = tail.trim_start();
                // `sum by (job) (…)`: what groups is called as well.
                let is_call =
                    ["(", "by ", "by(", "without ", "without("].iter().any(|call| next.starts_with(call));
                if KEYWORDS.contains(&word) {
                    grouping |= is_call && GROUPING.contains(&word);
                } else if depth == 0 && !is_call && !grouping {
                    found.insert(word.to_owned());
                }
                rest = tail;
                continue;
            }
            _ if first.is_ascii_digit() => {
                // `5m` is no name.
                rest = tail.trim_start_matches(|char: char| char.is_ascii_alphanumeric() || char == '.');
                continue;
            }
            _ => {}
        }
        rest = tail;
    }
    found
}

const GROUPING: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];
const KEYWORDS: [&str; 13] = [
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "and",
    "or",
    "unless",
    "bool",
    "offset",
    "inf",
    "nan",
];

fn after_string(text: &str, quote: char) -> &str {
    let mut escaped = false;
    for (at, char) in text.char_indices() {
        if char == quote && !escaped {
            return text.get(at + 1..).unwrap_or_default();
        }
        escaped = char == '\\' && !escaped && quote != '`';
    }
    ""
}

/// Procedures whose titles have the most words in common with an alert's name.
pub fn suggested<'a>(name: &str, runbooks: &'a [Runbook]) -> Vec<Match<'a>> {
    let wanted = tokens(name);
    let mut scored: Vec<(usize, Match<'a>)> = all(runbooks)
        .filter_map(|(runbook, procedure)| {
            let score = tokens(&procedure.title).intersection(&wanted).count();
            (score > 0).then_some((score, Match { runbook, procedure, kind: MatchKind::Suggested }))
        })
        .collect();
    scored.sort_by_key(|(score, _)| Reverse(*score));
    let best = scored.first().map_or(0, |(score, _)| *score);
    let good = scored.into_iter().filter(|(score, _)| *score == best || *score > 1).map(|(_, found)| found);
    good.take(MOST_SUGGESTED).collect()
}

/// The words of a title or a name, in lower case: `BackupJobFailed` is `backup job fail`. Words that
/// stand in every title say nothing.
pub(super) fn tokens(title: &str) -> BTreeSet<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut before_was_lower = false;
    for char in title.chars() {
        if !char.is_alphanumeric() || (char.is_uppercase() && before_was_lower) {
            words.push(String::new());
        }
        if char.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(char.to_lowercase());
        }
        before_was_lower = char.is_lowercase();
    }
    let stems = words.into_iter().map(|word| stem(&word).to_owned());
    stems.filter(|word| word.len() > 2 && !NOISE.contains(&word.as_str())).collect()
}

const NOISE: [&str; 9] = ["alert", "the", "and", "for", "not", "from", "with", "high", "low"];

/// A word without its commonest endings: `failure` and `failed` are both `fail`.
fn stem(word: &str) -> &str {
    let endings = ["ures", "ure", "ing", "ed", "s"];
    let stems = endings.iter().filter_map(|ending| word.strip_suffix(ending));
    stems.filter(|stem| stem.len() > 2).min_by_key(|stem| stem.len()).unwrap_or(word)
}

/// A procedure that was searched for.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit<'a> {
    /// The runbook.
    pub runbook: &'a Runbook,
    /// The procedure.
    pub procedure: &'a Procedure,
    /// The line of its text that has the words; the heading's when the title matched.
    pub line: usize,
}

/// Searches all procedures: first those with every word in the title, then those with every word in
/// the text, then titles that are merely like it. Titles are told the best first.
pub fn search<'a>(typed: &str, runbooks: &'a [Runbook]) -> Vec<Hit<'a>> {
    let typed = typed.trim();
    if typed.is_empty() {
        let every = all(runbooks);
        return every.map(|(runbook, procedure)| hit(runbook, procedure, procedure.source_lines.0)).collect();
    }
    let pattern = Pattern::parse(typed, CaseMatching::Smart, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let needles: Vec<String> = typed.split_whitespace().map(str::to_lowercase).collect();
    let mut titled: Vec<(u32, Hit<'a>)> = Vec::new();
    let mut said: Vec<Hit<'a>> = Vec::new();
    let mut alike: Vec<(u32, Hit<'a>)> = Vec::new();
    for (runbook, procedure) in all(runbooks) {
        let score = pattern.score(Utf32Str::new(&procedure.title, &mut buffer), &mut matcher);
        let title = procedure.title.to_lowercase();
        let heading = hit(runbook, procedure, procedure.source_lines.0);
        if needles.iter().all(|needle| title.contains(needle)) {
            titled.push((score.unwrap_or(0), heading));
        } else if let Some(line) = says(runbook, procedure, &needles) {
            said.push(hit(runbook, procedure, line));
        } else if let Some(score) = score {
            alike.push((score, heading));
        }
    }
    titled.sort_by_key(|(score, _)| Reverse(*score));
    alike.sort_by_key(|(score, _)| Reverse(*score));
    let heads = |scored: Vec<(u32, Hit<'a>)>| scored.into_iter().map(|(_, hit)| hit);
    heads(titled).chain(said).chain(heads(alike)).collect()
}

const fn hit<'a>(runbook: &'a Runbook, procedure: &'a Procedure, line: usize) -> Hit<'a> {
    Hit { runbook, procedure, line }
}

/// The first line of a procedure that has the first word, if its text has every word.
fn says(runbook: &Runbook, procedure: &Procedure, needles: &[String]) -> Option<usize> {
    let (from, to) = procedure.source_lines;
    let inside = runbook.sections.iter().filter(|section| (from..=to).contains(&section.lines.0));
    let mut text: Vec<(usize, String)> = Vec::new();
    for section in inside {
        text.push((section.lines.0, section.title.to_lowercase()));
        text.extend(walk(&section.body).into_iter().flat_map(spoken));
    }
    let line = |needle: &String| text.iter().find(|(_, words)| words.contains(needle)).map(|(line, _)| *line);
    let lines: Option<Vec<usize>> = needles.iter().map(line).collect();
    lines?.first().copied()
}

/// What a node says, line by line, in lower case.
fn spoken(node: &Node) -> Vec<(usize, String)> {
    match node {
        Node::Paragraph { words, .. } => words::by_line(words)
            .into_iter()
            .map(|(line, words)| (line, words::plain(&words).to_lowercase()))
            .collect(),
        Node::Code { block, .. } => {
            let lines = block.text.lines().enumerate();
            lines.map(|(at, line)| (block.lines.0 + at, line.to_lowercase())).collect()
        }
        Node::Table { rows, .. } => {
            let cells = |row: &super::document::Row| {
                let cells: Vec<String> = row.cells.iter().map(|cell| words::plain(cell)).collect();
                (row.line, cells.join(" ").to_lowercase())
            };
            rows.iter().map(cells).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metrics_of_an_expression() {
        for (query, names) in [
            ("up == 0", vec!["up"]),
            ("proxmox_backup_job_last_status != 0", vec!["proxmox_backup_job_last_status"]),
            (
                "100 - (avg by(instance, cpu) (irate(node_cpu_seconds_total{mode=\"idle\"}[5m])) * 100) > 80",
                vec!["node_cpu_seconds_total"],
            ),
            ("a{x=\"} b\"} / on (job) group_left(team) c offset 5m", vec!["a", "c"]),
            ("sum(rate(job:ratio[1h])) or vector(1)", vec!["job:ratio"]),
            ("", vec![]),
            ("\"never closed", vec![]),
        ] {
            assert_eq!(metrics(query).into_iter().collect::<Vec<_>>(), names, "{query}");
        }
    }

    #[test]
    fn words_of_names_and_titles() {
        let told = |title: &str| tokens(title).into_iter().collect::<Vec<_>>();
        assert_eq!(told("BackupJobFailed"), ["backup", "fail", "job"]);
        assert_eq!(told("4.2 Parity Disk Failure"), ["disk", "fail", "parity"]);
        assert_eq!(told("HighCPUUsage"), ["cpuusage"]);
    }
}
