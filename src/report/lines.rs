//! A report for people.

use std::fmt::Write as _;

use super::{Report, SourceRow};
use crate::domain::feed::FeedState;
use crate::text;

pub(super) fn text(report: &Report) -> String {
    let mut lines = String::new();
    let verdict = &report.verdict;
    let _infallible = writeln!(lines, "{}  {}", verdict.state.as_ref().to_uppercase(), verdict.text);
    for reason in &verdict.reasons {
        let _infallible = writeln!(lines, "  - {reason}");
    }
    let widest = report.sources.iter().map(|source| name(source).len()).max().unwrap_or(0);
    for source in &report.sources {
        let _infallible = writeln!(lines, "{:widest$}  {}", name(source), state(source));
    }
    lines
}

fn name(source: &SourceRow) -> String {
    format!("{}.{}", source.kind, source.name)
}

fn state(source: &SourceRow) -> String {
    match (source.state, &source.error) {
        (FeedState::Fresh, _) => {
            format!("fresh  {} old, took {}", text::age_of(source.age), text::took(source.took))
        }
        (state, Some(error)) => format!("{state}  {error}"),
        (state, None) => {
            let waiting: Vec<&str> = source
                .feeds
                .iter()
                .filter(|feed| feed.state != FeedState::Fresh)
                .map(|feed| feed.name.as_ref())
                .collect();
            format!("{state}  no answer on: {}", waiting.join(", "))
        }
    }
}
