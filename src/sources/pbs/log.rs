//! The log of a task: read from a line on, or its end, for what it says of the progress.

use std::time::Duration;

use futures_util::future::join_all;
use serde::Deserialize;
use tokio::time::timeout;

use super::api::Api;
use crate::domain::task::{Outcome, Task, TaskLog};
use crate::sources::SourceError;
use crate::text::sanitise;

/// So many lines are read at once.
const PAGE: u64 = 500;

/// So many lines are the end of a log.
const END: u64 = 200;

/// The last lines are enough to find how far a task is.
const TAIL: u64 = 20;

/// So many running tasks are looked into.
const LOOKED_INTO: usize = 4;

/// How far a task is, is nice to know: nobody waits longer for it.
const PATIENCE: Duration = Duration::from_secs(2);

/// `/nodes/localhost/tasks/UPID/log`; its lines count from 1.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    data: Vec<Line>,
    #[serde(default)]
    total: u64,
    #[serde(default)]
    active: bool,
}

#[derive(Debug, Deserialize)]
struct Line {
    n: u64,
    t: String,
}

/// The lines of a task's log from line `from` (the first is 1) on, at most one page of them; its
/// end when no line is named.
///
/// # Errors
/// When the server does not answer, or does not show this task to the token.
pub(super) async fn task_log(api: &Api, upid: &str, from: Option<u64>) -> Result<TaskLog, SourceError> {
    let from = match from {
        Some(from) => from.max(1),
        None => after(total(api, upid).await?, END),
    };
    let (start, limit) = (from.to_string(), PAGE.to_string());
    let query = [("start", &*start), ("limit", &*limit), ("test-status", "1")];
    let page = api.log(upid, &query).await?;
    let lines = page.data.iter().filter(|line| line.n >= from);
    let lines = lines.map(|line| sanitise(&line.t).into()).collect();
    Ok(TaskLog { from, lines, total: page.total, active: page.active })
}

/// How many lines a log has.
async fn total(api: &Api, upid: &str) -> Result<u64, SourceError> {
    Ok(api.log(upid, &[("limit", "1")]).await?.total)
}

/// The line at which the last `most` of `total` begin.
fn after(total: u64, most: u64) -> u64 {
    total.saturating_sub(most) + 1
}

/// Fills in how far the running tasks are, as far as their logs say so soon enough.
pub(super) async fn fill_in_progress(api: &Api, tasks: &mut [Task]) {
    let running = tasks.iter_mut().filter(|task| task.outcome == Outcome::Running).take(LOOKED_INTO);
    join_all(running.map(|task| async {
        let read = timeout(PATIENCE, ending(api, &task.upid)).await;
        if let Ok(Ok(lines)) = read {
            task.progress = lines.iter().rev().find_map(|line| progress(line));
        }
    }))
    .await;
}

/// The last lines of a log.
async fn ending(api: &Api, upid: &str) -> Result<Vec<String>, SourceError> {
    let start = after(total(api, upid).await?, TAIL).to_string();
    let page = api.log(upid, &[("start", &start), ("limit", "100")]).await?;
    Ok(page.data.into_iter().map(|line| line.t).collect())
}

/// What a line says of the progress, 0 to 1. Garbage collection marks first, and sweeps then.
fn progress(line: &str) -> Option<f64> {
    let share = |after: &str| {
        let (_, rest) = line.split_once(after)?;
        let (number, _) = rest.split_once('%')?;
        let percent: f64 = number.trim().parse().ok()?;
        (0.0..=100.0).contains(&percent).then_some(percent / 100.0)
    };
    let marked = share(": marked ").map(|share| share / 2.0);
    let swept = || share(": processed ").map(|share| f64::midpoint(1.0, share));
    share("percentage done: ").or(marked).or_else(swept)
}

#[cfg(test)]
mod tests {
    use super::progress;

    #[test]
    fn a_line_says_how_far_a_task_is() {
        for (line, share) in [
            ("2026-11-20T20:30:39+00:00: percentage done: 11.88% (5/50 groups)", Some(0.1188)),
            ("2026-11-20T20:30:39+00:00: percentage done: 100.00%", Some(1.0)),
            ("2026-11-20T20:30:39+00:00: marked 36% (19 of 52 index files)", Some(0.18)),
            ("2026-11-20T20:30:39+00:00: processed 50% (121 chunks)", Some(0.75)),
            ("2026-11-20T20:30:39+00:00: percentage done: 900%", None),
            ("2026-11-20T20:30:39+00:00: percentage done: soon", None),
            ("2026-11-20T20:30:39+00:00: protocol upgrade done", None),
            ("", None),
        ] {
            assert_eq!(progress(line), share, "{line}");
        }
    }
}
