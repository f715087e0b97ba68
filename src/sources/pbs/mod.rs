//! Proxmox Backup Server: backup groups, datastores and tasks.
//!
//! `[sources.pbs.NAME]`: `url`, `token = "user@realm!name:secret"` (or `token_file`, ...),
//! `fingerprint` or `ca_file`, `site`, `interval`, `timeout`, `datastores`, `namespaces`, and a table
//! `clusters` that says which hypervisor's guests a namespace holds.
//!
//! The work per look, at most four requests at a time:
//!
//! | feed | every | requests |
//! | --- | --- | --- |
//! | tasks | `interval` (10 s) | 2 lists of at most 500, and 2 small pieces of log for each of at most 4 running tasks |
//! | datastores | 1 min | 2, or 1 per datastore more when a broken one spoils the list |
//! | snapshots | 1 min | 1, 1 per datastore, 1 per namespace, and 1 per group that changed, that is being written, or that was read over half an hour ago |
//! | jobs | 5 min | 4, and 1 list of at most 1000 backup runs |
//! | server | 15 min | 4 |
//!
//! No look asks for all snapshots of a datastore at once, nor for SMART values, which wake disks.

mod api;
mod groups;
mod jobs;
mod log;
mod server;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::{join, join_all};
use tokio::sync::OnceCell;

use super::wire::{interval, site};
use super::{Answering, Looking, Plan, Source, SourceError};
use crate::domain::datastore::Datastore;
use crate::domain::feed::{Feed, SourceId};
use crate::domain::observation::Observation;
use crate::domain::question::{Answer, Question};
use crate::net::{Client, Endpoint, NetError, Token};
use crate::settings::Table;
use api::{Api, local_reason};
use groups::{Groups, Scope};
use jobs::Jobs;
use wire::{Permissions, Usage};

/// How often tasks are looked at.
const INTERVAL: Duration = Duration::from_secs(10);

/// How often groups and datastores are looked at, at most: the server walks directories for it.
const SLOW: Duration = Duration::from_mins(1);

/// How often jobs are looked at, at most: their schedules are of hours.
const JOBS: Duration = Duration::from_mins(5);

/// How often the server itself is looked at, at most: it asks its system about every service.
const SERVER: Duration = Duration::from_mins(15);

/// How far back backup runs tell how long they take.
const RUNS: TimeDelta = TimeDelta::days(8);

/// The server takes three seconds to say that a token is wrong.
const SHORTEST_TIMEOUT: Duration = Duration::from_secs(4);

/// Ended tasks are shown this far back.
const RECENT: TimeDelta = TimeDelta::hours(48);

/// A Proxmox Backup Server.
#[derive(Debug)]
struct Pbs {
    id: SourceId,
    site: Arc<str>,
    interval: Duration,
    api: Api,
    scope: Scope,
    groups: Groups,
    jobs: Jobs,
    permissions: OnceCell<Permissions>,
    clusters: Vec<(Arc<str>, Arc<str>)>,
}

/// Reads `[sources.pbs.NAME]`.
pub fn read(id: SourceId, table: &Table<'_>) -> Option<Arc<dyn Source>> {
    let (site, interval) = (site(table), interval(table, INTERVAL));
    let list = |key| table.get::<Vec<String>>(key).unwrap_or_default();
    let scope = Scope { datastores: list("datastores"), namespaces: list("namespaces") };
    let clusters = table.table("clusters").map(|table| table.entries::<String>()).unwrap_or_default();
    let clusters = clusters.into_iter().map(|(namespace, name)| (namespace.into(), name.into())).collect();
    if table.get::<Duration>("timeout").is_some_and(|timeout| timeout < SHORTEST_TIMEOUT) {
        table.fault("timeout", "expected 4s or more: the server takes 3 s to say that a token is wrong");
    }
    let keys = ["token", "token_file", "token_env", "token_command"];
    if !keys.iter().any(|key| table.has(key)) {
        table.fault("token", "is missing, expected an API token such as \"user@realm!name:secret\"");
    }
    if table.get::<String>("token").is_some_and(|token| !is_token(&token)) {
        table.fault("token", "expected \"user@realm!name:secret\", with a colon before the secret");
    }
    let endpoint = Endpoint::read(table, Token::Pbs)?;
    if !endpoint.is_https() && table.get::<bool>("insecure_http") == Some(true) {
        table.fault("url", "expected https://: Proxmox Backup Server speaks nothing else on its port");
    }
    let api = Api { client: Arc::new(Client::new(endpoint)) };
    let (groups, jobs, permissions) = (Groups::default(), Jobs::default(), OnceCell::new());
    Some(Arc::new(Pbs { id, site, interval, api, scope, groups, jobs, permissions, clusters }))
}

fn is_token(text: &str) -> bool {
    let Some((name, secret)) = text.split_once(':') else { return false };
    name.contains('@') && name.contains('!') && !secret.is_empty()
}

impl Pbs {
    /// What the token may do, asked once: without rights the lists are empty, not refused.
    async fn permissions(&self) -> Result<&Permissions, SourceError> {
        self.permissions.get_or_try_init(|| self.api.permissions()).await
    }

    async fn may(&self, sees: fn(&Permissions) -> bool, lacking: &str) -> Result<(), SourceError> {
        if sees(self.permissions().await?) {
            return Ok(());
        }
        // Rights may have been given since.
        if sees(&self.api.permissions().await?) {
            return Ok(());
        }
        let url = self.api.client.endpoint().url().to_owned();
        Err(NetError::Unauthorised { url, status: 403, text: lacking.to_owned() }.into())
    }

    async fn see_datastores(&self) -> Result<(), SourceError> {
        let lacking = "the token sees no datastore; give Audit on / to the token and to its user";
        self.may(wire::sees_datastores, lacking).await
    }

    async fn snapshots(&self) -> Result<Vec<Observation>, SourceError> {
        self.see_datastores().await?;
        let (groups, unreadable) = self.groups.read(&self.api, &self.scope).await?;
        Ok(vec![Observation::Backups { groups: groups.into(), unreadable: unreadable.into() }])
    }

    async fn datastores(&self, now: DateTime<Utc>) -> Result<Vec<Observation>, SourceError> {
        self.see_datastores().await?;
        let (stores, usage) = join(self.api.stores(), self.api.usage()).await;
        let mut stores = stores?;
        stores.retain(|store| self.scope.has(&store.name));
        stores.sort_by(|one, other| one.name.cmp(&other.name));
        let usage = match usage {
            Ok(usage) => usage,
            Err(error) if local_reason(&error).is_some() => self.one_by_one(&stores).await?,
            Err(error) => return Err(error),
        };
        let datastores = stores.iter().map(|store| {
            let usage = usage.iter().find(|usage| usage.store == store.name);
            wire::datastore(store, usage, now)
        });
        Ok(vec![Observation::Datastores(datastores.collect::<Vec<Datastore>>().into())])
    }

    /// A datastore that is broken keeps the usage of all of them back: each is asked by itself.
    async fn one_by_one(&self, stores: &[wire::Store]) -> Result<Vec<Usage>, SourceError> {
        let answers = join_all(stores.iter().map(|store| async {
            let usage = match self.api.status(&store.name).await {
                Ok(usage) => usage,
                Err(SourceError::Net(NetError::Unauthorised { status: 403, .. })) => Usage::default(),
                Err(error) => Usage { error: Some(local_reason(&error).ok_or(error)?), ..Usage::default() },
            };
            Ok(Usage { store: store.name.clone(), ..usage })
        }));
        answers.await.into_iter().collect()
    }

    async fn tasks(&self, now: DateTime<Utc>) -> Result<Vec<Observation>, SourceError> {
        let since = (now - RECENT).timestamp().to_string();
        let (running, recent) =
            ([("running", "1"), ("limit", "500")], [("since", &*since), ("limit", "500")]);
        let (running, recent) = join(self.api.tasks(&running), self.api.tasks(&recent)).await;
        let mut tasks = wire::tasks(running?.into_iter().chain(recent?));
        if tasks.is_empty() {
            let lacking = "the token sees no tasks; give Audit on / to the token and to its user";
            self.may(wire::sees_tasks, lacking).await?;
        }
        log::fill_in_progress(&self.api, &mut tasks).await;
        Ok(vec![Observation::Tasks(tasks.into())])
    }

    async fn jobs(&self, now: DateTime<Utc>) -> Result<Vec<Observation>, SourceError> {
        self.see_datastores().await?;
        let permissions = self.permissions().await?;
        let jobs = Box::pin(self.jobs.read(&self.api, &self.scope, permissions));
        let (jobs, hidden, runs) = jobs::with_runs(jobs, &self.api, (now - RUNS).timestamp()).await?;
        let runs = wire::tasks(runs).into();
        Ok(vec![Observation::Jobs { jobs: jobs.into(), hidden: hidden.into(), runs }])
    }

    async fn server(&self) -> Result<Vec<Observation>, SourceError> {
        Ok(vec![Observation::Server(Arc::new(server::read(&self.api).await?))])
    }
}

impl Source for Pbs {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn site(&self) -> &Arc<str> {
        &self.site
    }

    fn clusters(&self) -> &[(Arc<str>, Arc<str>)] {
        &self.clusters
    }

    fn feeds(&self) -> Vec<Plan> {
        let endpoint = self.api.client.endpoint();
        let slow = self.interval.max(SLOW);
        vec![
            // Every question, one after the other, may take its time.
            Plan { feed: Feed::Tasks, interval: self.interval, timeout: endpoint.patience(3) },
            Plan { feed: Feed::Datastores, interval: slow, timeout: endpoint.patience(4) },
            // The first look reads every snapshot there is.
            Plan { feed: Feed::Snapshots, interval: slow, timeout: endpoint.patience(12) },
            Plan { feed: Feed::Jobs, interval: self.interval.max(JOBS), timeout: endpoint.patience(4) },
            Plan { feed: Feed::Server, interval: self.interval.max(SERVER), timeout: endpoint.patience(2) },
        ]
    }

    fn observe(&self, feed: Feed, now: DateTime<Utc>) -> Looking<'_> {
        match feed {
            Feed::Tasks => Box::pin(self.tasks(now)),
            Feed::Datastores => Box::pin(self.datastores(now)),
            Feed::Jobs => Box::pin(self.jobs(now)),
            Feed::Server => Box::pin(self.server()),
            _ => Box::pin(self.snapshots()),
        }
    }

    fn doors(&self) -> &[Arc<Client>] {
        std::slice::from_ref(&self.api.client)
    }

    fn answer(&self, question: Question, _now: DateTime<Utc>) -> Answering<'_> {
        Box::pin(async move {
            match question {
                Question::Log { upid, from, .. } => {
                    log::task_log(&self.api, &upid, from).await.map(Answer::Log)
                }
                _ => Err(SourceError::unasked(&self.id)),
            }
        })
    }
}
