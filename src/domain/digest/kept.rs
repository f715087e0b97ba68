//! The backup runs of a server: how long each took, and how much larger it is than the one before.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Happening, Kind, contains};
use crate::domain::backup::{BackupGroup, Snapshot};
use crate::domain::correlate::History;
use crate::domain::health::Health;
use crate::domain::slo::Window;
use crate::domain::store::SourceState;
use crate::domain::subject::Subject;
use crate::domain::task::{Outcome, Task};
use crate::text;

/// A snapshot and the run that made it begin within this time.
const SAME_RUN: TimeDelta = TimeDelta::minutes(2);

/// The backups that a server took in `window`, and the runs that brought none.
pub(super) fn runs(source: &SourceState, window: Window) -> Vec<Happening> {
    let history = History::of(&source.data);
    source.data.groups.iter().flat_map(|group| of_group(source, group, &history, window)).collect()
}

fn of_group(
    source: &SourceState,
    group: &BackupGroup,
    history: &History<'_>,
    window: Window,
) -> Vec<Happening> {
    let tasks = history.all(group);
    let is_of = |task: &Task, at: DateTime<Utc>| (task.started - at).abs() <= SAME_RUN;
    let subject = Subject::Backup { source: source.id.clone(), group: group.id.clone() };
    let what: Arc<str> = format!("{} {}", group.id, group.guest).trim_end().into();
    let one = |at, until, came_to: String, by: &str, health| Happening {
        at,
        until,
        kind: Kind::Backup,
        what: Arc::clone(&what),
        came_to: came_to.into(),
        by: by.into(),
        health,
        subject: Some(subject.clone()),
    };
    let mut all = Vec::new();
    let mut before: Option<&Snapshot> = None;
    for snapshot in group.snapshots.iter() {
        let older = before.replace(snapshot);
        if !contains(window, snapshot.at) {
            continue;
        }
        let task = tasks.iter().find(|task| is_of(task, snapshot.at));
        let ended = task.and_then(|task| task.ended);
        let mut words = vec![text::bytes(snapshot.size)];
        words.extend(older.map(|older| change(older.size, snapshot.size)));
        words.extend(ended.map(|ended| format!("in {}", text::age(ended - snapshot.at))));
        let health = if snapshot.is_good() { Health::Ok } else { Health::Critical };
        words.extend((!snapshot.is_good()).then(|| "its verification failed".to_owned()));
        let by = task.map_or("", |task| &*task.user);
        all.push(one(snapshot.at, ended, words.join(", "), by, health));
    }
    let has_snapshot = |task: &Task| group.snapshots.iter().any(|snapshot| is_of(task, snapshot.at));
    for task in tasks.iter().filter(|task| contains(window, task.started) && !has_snapshot(task)) {
        let (words, health) = match &task.outcome {
            Outcome::Failed(why) => (format!("failed: {why}"), Health::Warning),
            Outcome::Running => ("runs".to_owned(), Health::Ok),
            // Its snapshot was pruned since, or is not readable.
            other => (other.word().to_owned(), Health::Ok),
        };
        all.push(one(task.started, task.ended, words, &task.user, health));
    }
    all
}

/// How much larger or smaller the second is.
fn change(before: u64, after: u64) -> String {
    match after.cmp(&before) {
        std::cmp::Ordering::Equal => "as large as before".to_owned(),
        std::cmp::Ordering::Greater => format!("{} more", text::bytes(after - before)),
        std::cmp::Ordering::Less => format!("{} less", text::bytes(before - after)),
    }
}
