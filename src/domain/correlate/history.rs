//! What a backup server's lists of tasks tell of its groups, found once for all of them: a server may
//! hold thousands.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::backup::{BackupGroup, GroupId, LastRun, Running, Took};
use crate::domain::store::Data;
use crate::domain::task::{Outcome, Task};

/// The backup runs of every group of a server.
#[derive(Debug)]
pub struct History<'d> {
    /// How many groups have runs of one name.
    twins: HashMap<[&'d str; 3], usize>,
    /// The runs that the server tells of now.
    tasks: HashMap<&'d str, Vec<&'d Task>>,
    /// Those of the last days.
    runs: HashMap<&'d str, Vec<&'d Task>>,
}

impl<'d> History<'d> {
    /// What `data` tells.
    pub fn of(data: &'d Data) -> Self {
        let mut twins: HashMap<[&str; 3], usize> = HashMap::with_capacity(data.groups.len());
        for group in &*data.groups {
            *twins.entry(name(&group.id)).or_default() += 1;
        }
        Self { twins, tasks: by_name(&data.tasks), runs: by_name(&data.runs) }
    }

    /// The newest backup run of a group that ended, and the one that goes on now.
    pub fn newest(&self, group: &BackupGroup) -> (Option<LastRun>, Option<Running>) {
        let mine = || self.tasks_of(group).iter();
        let running = mine().find(|task| task.outcome == Outcome::Running);
        let running = running.map(|task| Running { since: task.started, progress: task.progress });
        let ended = mine().filter_map(|task| Some((task.ended?, &task.outcome)));
        let newest: Option<(DateTime<Utc>, &Outcome)> = ended.max_by_key(|(ended, _)| *ended);
        let last = newest.map(|(ended, outcome)| LastRun {
            ended,
            error: match outcome {
                Outcome::Failed(text) => Some(Arc::clone(text)),
                _ => None,
            },
        });
        (last, running)
    }

    /// How long the backups of a group took lately.
    pub fn took(&self, group: &BackupGroup) -> Option<Took> {
        let good =
            self.runs_of(group).iter().filter(|task| matches!(task.outcome, Outcome::Ok | Outcome::Warnings));
        let mut spans: Vec<(DateTime<Utc>, u64)> = good
            .filter_map(|task| {
                Some((task.started, u64::try_from((task.ended? - task.started).num_seconds()).ok()?))
            })
            .collect();
        spans.sort_unstable();
        let spans: Vec<u64> = spans.into_iter().map(|(_, seconds)| seconds).collect();
        Took::of(&spans)
    }

    /// Every backup run of a group that the server still tells of, each once.
    pub fn all(&self, group: &BackupGroup) -> Vec<&'d Task> {
        let mut all: Vec<&Task> = self.tasks_of(group).iter().chain(self.runs_of(group)).copied().collect();
        all.sort_by(|one, other| one.upid.cmp(&other.upid));
        all.dedup_by(|one, other| one.upid == other.upid);
        all.sort_by_key(|task| task.started);
        all
    }

    fn tasks_of(&self, group: &BackupGroup) -> &[&'d Task] {
        self.find(group, &self.tasks)
    }

    fn runs_of(&self, group: &BackupGroup) -> &[&'d Task] {
        self.find(group, &self.runs)
    }

    /// The tasks of a group.
    ///
    /// Their name has no namespace before PBS 3.3, so a group in a namespace takes a run only if no
    /// other group of the datastore has the same kind and id.
    fn find<'h>(&self, group: &BackupGroup, tasks: &'h HashMap<&'d str, Vec<&'d Task>>) -> &'h [&'d Task] {
        if tasks.is_empty() || self.twins.get(&name(&group.id)).is_some_and(|twins| *twins > 1) {
            return &[];
        }
        let [datastore, kind, id] = name(&group.id);
        tasks.get(format!("{datastore}:{kind}/{id}").as_str()).map_or(&[], Vec::as_slice)
    }
}

fn name(id: &GroupId) -> [&str; 3] {
    [&id.datastore, &id.kind, &id.id]
}

fn by_name(tasks: &[Task]) -> HashMap<&str, Vec<&Task>> {
    let mut all: HashMap<&str, Vec<&Task>> = HashMap::new();
    for task in tasks.iter().filter(|task| &*task.kind == "backup") {
        all.entry(&task.id).or_default().push(task);
    }
    all
}
