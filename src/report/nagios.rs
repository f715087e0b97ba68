//! A report as a monitoring plugin says it: one line, then `|` and performance data.

use std::fmt::Write as _;

use super::Report;
use crate::domain::feed::FeedState;

pub(super) fn line(report: &Report) -> String {
    let verdict = &report.verdict;
    // `|` would begin the performance data; all else is one line already.
    let sentence = verdict.text.replace('|', "/");
    let mut line = format!("WARDROOM {} - {sentence} |", verdict.state.as_ref().to_uppercase());
    let (counts, scope) = (report.counts, report.scope);
    let mut datum = |wanted: bool, name: &str, value: usize, most: Option<usize>| {
        if wanted {
            let most = most.map(|most| most.to_string()).unwrap_or_default();
            let _infallible = write!(line, " {name}={value};;;0;{most}");
        }
    };
    datum(scope.alerts, "critical", counts.critical, None);
    datum(scope.alerts, "warning", counts.warning, None);
    datum(scope.alerts, "hidden", counts.hidden, None);
    datum(scope.targets, "targets_up", counts.targets_up, Some(counts.targets));
    datum(scope.backups, "backups_ok", counts.backups_ok, Some(counts.backups));
    let fresh = report.sources.iter().filter(|source| source.state == FeedState::Fresh).count();
    datum(true, "sources_fresh", fresh, Some(report.sources.len()));
    line.push('\n');
    line
}
