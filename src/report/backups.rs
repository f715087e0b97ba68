//! The report on backups: is every guest recoverable, and if not, why.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{BackupRow, DatastoreRow, Judgement, SCHEMA, SourceRow, kept, morning};
use crate::domain::feed::SourceKind;
use crate::domain::job::{Job, JobKind};
use crate::domain::store::{SourceState, Store};
use crate::domain::task::{Outcome, Task};
use crate::domain::verdict::{self, Scope};

/// What `wardroom backups` reports. Serialised it is schema 1, like that of `check`.
#[derive(Clone, Debug, Serialize)]
pub struct BackupReport {
    /// [`SCHEMA`].
    pub schema: u32,
    /// When it was measured.
    pub at: DateTime<Utc>,
    /// What it comes to.
    pub verdict: Judgement,
    /// The servers that were asked.
    pub sources: Vec<SourceRow>,
    /// Backup groups, the riskiest first.
    pub backups: Vec<BackupRow>,
    /// Datastores.
    pub datastores: Vec<DatastoreRow>,
    /// Jobs of the servers.
    pub jobs: Vec<JobRow>,
    /// Running tasks, and those that ended lately.
    pub tasks: Vec<TaskRow>,
    #[serde(skip)]
    text: String,
}

/// A task.
#[derive(Clone, Debug, Serialize)]
pub struct TaskRow {
    /// The name of its server.
    pub source: Arc<str>,
    /// Its identity there.
    pub upid: Arc<str>,
    /// `backup`, `verificationjob`, ...
    #[serde(rename = "type")]
    pub kind: Arc<str>,
    /// What it works on.
    pub id: Arc<str>,
    /// When it began.
    pub started: DateTime<Utc>,
    /// When it ended.
    pub ended: Option<DateTime<Utc>>,
    /// `running`, `ok`, `warnings`, `failed` or `unknown`.
    pub status: &'static str,
    /// The error's text when it failed.
    pub error: Option<Arc<str>>,
    /// How much of it is done, 0 to 1, where that is known.
    pub progress: Option<f64>,
}

/// A job of a server.
#[derive(Clone, Debug, Serialize)]
pub struct JobRow {
    /// The name of its server.
    pub source: Arc<str>,
    /// What it does.
    #[serde(rename = "type")]
    pub kind: JobKind,
    /// Its name.
    pub id: Arc<str>,
    /// The datastore it works on.
    pub datastore: Arc<str>,
    /// The namespace it begins at.
    pub namespace: Arc<str>,
    /// When it runs, in the server's words.
    pub schedule: Arc<str>,
    /// Whether somebody switched it off.
    pub disabled: bool,
    /// When its last run ended.
    pub last_run: Option<DateTime<Utc>>,
    /// How its last run ended, or that it goes on; `None` when it never ran.
    pub status: Option<&'static str>,
    /// The error's text when it failed.
    pub error: Option<Arc<str>>,
    /// When it is to run next.
    pub next: Option<DateTime<Utc>>,
}

fn error(outcome: &Outcome) -> Option<Arc<str>> {
    match outcome {
        Outcome::Failed(text) => Some(Arc::clone(text)),
        _ => None,
    }
}

impl TaskRow {
    fn of(source: &SourceState, task: &Task) -> Self {
        Self {
            source: Arc::clone(&source.id.name),
            upid: Arc::clone(&task.upid),
            kind: Arc::clone(&task.kind),
            id: Arc::clone(&task.id),
            started: task.started,
            ended: task.ended,
            status: task.outcome.word(),
            error: error(&task.outcome),
            progress: task.progress,
        }
    }
}

impl JobRow {
    fn of(source: &SourceState, job: &Job) -> Self {
        let run = job.last.as_ref();
        Self {
            source: Arc::clone(&source.id.name),
            kind: job.kind,
            id: Arc::clone(&job.id),
            datastore: Arc::clone(&job.datastore),
            namespace: Arc::clone(&job.namespace),
            schedule: Arc::clone(&job.schedule),
            disabled: job.disabled,
            last_run: run.and_then(|run| run.ended),
            status: run.map(|run| run.outcome.word()),
            error: run.and_then(|run| error(&run.outcome)),
            next: job.next,
        }
    }
}

impl BackupReport {
    /// Writes down what `store` knows at `now` of backups.
    pub fn of(store: &Store, now: DateTime<Utc>) -> Self {
        let scope = Scope { backups: true, ..Scope::NONE };
        let verdict = verdict::judge(store, scope, now);
        let servers = || store.of(SourceKind::Pbs);
        let judged = verdict::judged_backups(store, now);
        let stores = servers().flat_map(|source| {
            let all = source.data.datastores.iter();
            all.map(move |datastore| DatastoreRow::of(source, datastore, store, now))
        });
        let tasks =
            servers().flat_map(|source| source.data.tasks.iter().map(move |task| TaskRow::of(source, task)));
        let jobs =
            servers().flat_map(|source| source.data.jobs.iter().map(move |job| JobRow::of(source, job)));
        Self {
            schema: SCHEMA,
            at: now,
            text: morning::text(store, &judged, &verdict, now),
            sources: store.sources.iter().filter_map(|source| SourceRow::of(source, scope, now)).collect(),
            backups: kept::backups(store, &judged, now),
            datastores: stores.collect(),
            jobs: jobs.collect(),
            tasks: tasks.collect(),
            verdict: Judgement { state: verdict.state, reasons: verdict.reasons(), text: verdict.text },
        }
    }

    /// For programs.
    pub fn json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// For people: connectivity, the last backup of each guest, integrity, capacity, jobs, and a
    /// sentence that sums it up.
    pub fn text(&self) -> String {
        self.text.clone()
    }
}
