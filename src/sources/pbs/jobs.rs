//! What the server does by itself: verify, prune, sync and garbage collection jobs, and how long
//! its backups took lately.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::{join, join4};
use serde::Deserialize;

use super::api::{Api, local_reason};
use super::groups::Scope;
use super::wire::{self, Permissions, began};
use crate::domain::instant;
use crate::domain::job::{Garbage, Job, JobKind, JobRun};
use crate::domain::prune::Keep;
use crate::domain::task::Outcome;
use crate::sources::SourceError;
use crate::text::sanitise;

/// What is remembered of a server: whether it knows that a sync job can push.
#[derive(Debug, Default)]
pub(super) struct Jobs {
    pulls_only: AtomicBool,
}

/// An entry of `/admin/verify`, `/admin/prune`, `/admin/sync` or `/admin/gc`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct JobItem {
    id: Option<String>,
    store: String,
    ns: Option<String>,
    max_depth: Option<u8>,
    schedule: Option<String>,
    comment: Option<String>,
    #[serde(default)]
    disable: bool,
    // Absent before 3.3, which knows no other than "pull".
    sync_direction: Option<String>,
    last_run_upid: Option<String>,
    last_run_state: Option<String>,
    last_run_endtime: Option<i64>,
    next_run: Option<i64>,
    // Garbage collection only.
    upid: Option<String>,
    #[serde(default)]
    pending_bytes: u64,
    #[serde(default)]
    removed_bytes: u64,
    #[serde(default)]
    still_bad: u64,
    #[serde(default)]
    disk_bytes: u64,
    #[serde(default)]
    index_data_bytes: u64,
    // Pruning only.
    #[serde(default)]
    keep_last: u64,
    #[serde(default)]
    keep_hourly: u64,
    #[serde(default)]
    keep_daily: u64,
    #[serde(default)]
    keep_weekly: u64,
    #[serde(default)]
    keep_monthly: u64,
    #[serde(default)]
    keep_yearly: u64,
}

type Answer = Result<Vec<JobItem>, SourceError>;

impl Jobs {
    /// The jobs of the datastores in scope, and what of them may not be read.
    pub async fn read(
        &self,
        api: &Api,
        scope: &Scope,
        permissions: &Permissions,
    ) -> Result<(Vec<Job>, Vec<Arc<str>>), SourceError> {
        let (verify, prune, sync, gc) =
            join4(api.jobs("verify", &[]), api.jobs("prune", &[]), self.sync(api), api.jobs("gc", &[])).await;
        let answers =
            [(JobKind::Verify, verify), (JobKind::Prune, prune), (JobKind::Sync, sync), (JobKind::Gc, gc)];
        let (mut jobs, mut hidden) = (Vec::new(), Vec::new());
        let mut last = None;
        let asked = answers.len();
        for (kind, answer) in answers {
            match answer {
                Ok(items) => {
                    let own = items.into_iter().filter(|item| scope.has(&item.store));
                    jobs.extend(own.map(|item| item.job(kind)));
                }
                Err(error) => {
                    let reason = local_reason(&error).ok_or_else(|| error.clone())?;
                    hidden.push(sanitise(&format!("{kind} jobs: {reason}")).into());
                    last = Some(error);
                }
            }
        }
        if let Some(error) = last.filter(|_| hidden.len() == asked) {
            return Err(error);
        }
        if !wire::sees_remotes(permissions) {
            hidden.push("sync jobs of a remote: the token lacks Remote.Audit on /remote".into());
        }
        jobs.sort_by(|one, other| {
            (one.kind, &one.datastore, &one.id).cmp(&(other.kind, &other.datastore, &other.id))
        });
        Ok((jobs, hidden))
    }

    /// Sync jobs that pull and, where the server knows them, those that push.
    async fn sync(&self, api: &Api) -> Answer {
        const EVERY: &[(&str, &str)] = &[("sync-direction", "all")];
        if self.pulls_only.load(Ordering::Relaxed) {
            return api.jobs("sync", &[]).await;
        }
        let answer = api.jobs("sync", EVERY).await;
        let unknown = |error: &SourceError| {
            local_reason(error).is_some_and(|reason| reason.contains("does not allow additional properties"))
        };
        match answer {
            Err(error) if unknown(&error) => {
                self.pulls_only.store(true, Ordering::Relaxed);
                api.jobs("sync", &[]).await
            }
            answer => answer,
        }
    }
}

impl JobItem {
    fn job(self, kind: JobKind) -> Job {
        let clean = |text: Option<&str>| Arc::<str>::from(sanitise(text.unwrap_or_default()));
        let time = |seconds: Option<i64>| instant::of_seconds(seconds?);
        let garbage = (kind == JobKind::Gc).then_some(Garbage {
            pending: self.pending_bytes,
            removed: self.removed_bytes,
            bad: self.still_bad,
            disk: self.disk_bytes,
            logical: self.index_data_bytes,
        });
        let keep = (kind == JobKind::Prune).then_some(Keep {
            last: self.keep_last,
            hourly: self.keep_hourly,
            daily: self.keep_daily,
            weekly: self.keep_weekly,
            monthly: self.keep_monthly,
            yearly: self.keep_yearly,
        });
        let comment = self.comment.as_deref().and_then(|comment| comment.lines().next());
        Job {
            kind,
            id: clean(self.id.as_deref().or(Some(&self.store))),
            datastore: clean(Some(&self.store)),
            namespace: clean(self.ns.as_deref()),
            depth: self.max_depth,
            schedule: clean(self.schedule.as_deref()),
            disabled: self.disable,
            pushes: self.sync_direction.as_deref() == Some("push"),
            comment: clean(comment),
            last: self.run(),
            next: time(self.next_run),
            garbage,
            keep,
        }
    }

    /// Its last run: one without an end goes on.
    fn run(&self) -> Option<JobRun> {
        let upid = self.last_run_upid.as_deref().or(self.upid.as_deref())?;
        let ended = self.last_run_endtime.and_then(instant::of_seconds);
        let state = self.last_run_state.as_deref().map(sanitise);
        Some(JobRun {
            upid: sanitise(upid).into(),
            began: began(upid),
            ended,
            outcome: Outcome::of(state.as_deref()),
        })
    }
}

/// The jobs, and the finished backup runs of the last days.
pub(super) async fn with_runs(
    jobs: impl Future<Output = Result<(Vec<Job>, Vec<Arc<str>>), SourceError>>,
    api: &Api,
    since: i64,
) -> Result<(Vec<Job>, Vec<Arc<str>>, Vec<wire::TaskItem>), SourceError> {
    let since = since.to_string();
    let query = [("typefilter", "backup"), ("since", &*since), ("limit", "1000")];
    let (jobs, runs) = join(jobs, api.tasks(&query)).await;
    let (jobs, hidden) = jobs?;
    Ok((jobs, hidden, runs?))
}
