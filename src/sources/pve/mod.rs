//! Proxmox VE: guests, nodes, storages, backup jobs and what the last backup runs came to.
//!
//! `[sources.pve.NAME]`: `url`, `token = "user@realm!name=secret"` (or `token_file`, ...),
//! `fingerprint` or `ca_file`, `site`, `interval`, `timeout`. Any node of a cluster speaks for all.
//!
//! | feed | questions per look | how often |
//! |---|---|---|
//! | guests | 1, and the token's rights until they suffice | `interval`, 10 s |
//! | dumps | 1, per node 1 and the logs that are new | 30 s |
//! | schedules | 2 | 60 s |
//! | status | 2 | 5 min |
//! | configs | 1, and 1 per guest | 10 min |

mod api;
mod dumps;
mod inventory;
mod wire;
mod work;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::{join, join_all};
use tokio::sync::Mutex;

use super::wire::{interval, site};
use super::{Looking, Plan, Source, SourceError};
use crate::domain::feed::{Feed, SourceId};
use crate::domain::guest::Config;
use crate::domain::observation::Observation;
use crate::net::{Client, Endpoint, NetError, Token};
use crate::settings::Table;
use api::{Api, local_reason};
use dumps::Logs;
use wire::{Permissions, has};

/// How often guests, nodes and storages are looked at: the server answers from a cache.
const INTERVAL: Duration = Duration::from_secs(10);

/// How often the other feeds are looked at, at most.
const DUMPS: Duration = Duration::from_secs(30);
const SCHEDULES: Duration = Duration::from_mins(1);
const STATUS: Duration = Duration::from_mins(5);
const CONFIGS: Duration = Duration::from_mins(10);

/// The server takes three seconds to say that a token is wrong.
const SHORTEST_TIMEOUT: Duration = Duration::from_secs(4);

/// What the token needs to see everything: where, and which privilege.
const NEEDS: [(&str, &str); 3] =
    [("/vms", "VM.Audit"), ("/storage", "Datastore.Audit"), ("/nodes", "Sys.Audit")];

/// What to do about a token that sees too little.
const ADVICE: &str = "give the role PVEAuditor on / to the token and to its user";

/// A Proxmox VE.
#[derive(Debug)]
struct Pve {
    id: SourceId,
    site: Arc<str>,
    interval: Duration,
    api: Api,
    logs: Logs,
    permissions: Mutex<Option<Arc<Permissions>>>,
}

/// Reads `[sources.pve.NAME]`.
pub fn read(id: SourceId, table: &Table<'_>) -> Option<Arc<dyn Source>> {
    let (site, interval) = (site(table), interval(table, INTERVAL));
    if table.get::<Duration>("timeout").is_some_and(|timeout| timeout < SHORTEST_TIMEOUT) {
        table.fault("timeout", "expected 4s or more: the server takes 3 s to say that a token is wrong");
    }
    let keys = ["token", "token_file", "token_env", "token_command"];
    if !keys.iter().any(|key| table.has(key)) {
        table.fault("token", "is missing, expected an API token such as \"user@realm!name=secret\"");
    }
    if table.get::<String>("token").is_some_and(|token| !is_token(&token)) {
        table.fault("token", "expected \"user@realm!name=secret\", with an equals sign before the secret");
    }
    let endpoint = Endpoint::read(table, Token::Pve)?;
    if !endpoint.is_https() && table.get::<bool>("insecure_http") == Some(true) {
        table.fault("url", "expected https://: Proxmox VE speaks nothing else on its port");
    }
    let api = Api { client: Arc::new(Client::new(endpoint)) };
    let (logs, permissions) = (Logs::default(), Mutex::default());
    Some(Arc::new(Pve { id, site, interval, api, logs, permissions }))
}

fn is_token(text: &str) -> bool {
    let Some((name, secret)) = text.split_once('=') else { return false };
    name.contains('@') && name.contains('!') && !secret.is_empty()
}

impl Pve {
    /// What the token may do. Without rights the lists are short or empty, not refused; so it is
    /// asked for again as long as something is missing, since rights may have been given.
    async fn permissions(&self) -> Result<Arc<Permissions>, SourceError> {
        let mut kept = self.permissions.lock().await;
        if let Some(known) = &*kept
            && lacking(known).is_empty()
        {
            return Ok(Arc::clone(known));
        }
        let read = Arc::new(self.api.permissions().await?);
        *kept = Some(Arc::clone(&read));
        Ok(read)
    }

    fn unauthorised(&self, what: &str) -> SourceError {
        let url = self.api.client.endpoint().url().to_owned();
        NetError::Unauthorised { url, status: 403, text: format!("{what}; {ADVICE}") }.into()
    }

    /// A refusal, with what to do about it.
    fn advised(&self, error: SourceError) -> SourceError {
        match error {
            SourceError::Net(NetError::Unauthorised { status: 403, text, .. }) if text.is_empty() => {
                self.unauthorised("permission check failed")
            }
            SourceError::Net(NetError::Unauthorised { status: 403, text, .. }) => self.unauthorised(&text),
            error => error,
        }
    }

    async fn guests(&self) -> Result<Vec<Observation>, SourceError> {
        let (resources, permissions) = join(self.api.resources(), self.permissions()).await;
        let (resources, permissions) = (resources?, permissions?);
        let guests = inventory::guests(&resources);
        if guests.is_empty() && !has(&permissions, "/vms", "VM.Audit") {
            return Err(self.unauthorised("the token sees no guest"));
        }
        let lacking = lacking(&permissions);
        let partial = (!lacking.is_empty()).then(|| {
            format!("the token lacks {}; what it does not see may still be there", lacking.join(", "))
        });
        let nodes = inventory::nodes(&resources);
        let storages = inventory::storages(&resources, &nodes);
        Ok(vec![Observation::Inventory {
            guests: guests.into(),
            nodes: nodes.into(),
            storages: storages.into(),
            partial: partial.map(Into::into),
        }])
    }

    async fn schedules(&self) -> Result<Vec<Observation>, SourceError> {
        let (jobs, uncovered) = join(self.api.jobs(), self.api.uncovered()).await;
        let jobs = work::jobs(&jobs.map_err(|error| self.advised(error))?);
        let uncovered = work::uncovered(&uncovered.map_err(|error| self.advised(error))?);
        Ok(vec![Observation::Schedules { jobs: jobs.into(), uncovered: uncovered.into() }])
    }

    async fn dumps(&self, now: DateTime<Utc>) -> Result<Vec<Observation>, SourceError> {
        if !has(&*self.permissions().await?, "/nodes", "Sys.Audit") {
            return Err(self.unauthorised("the token sees no tasks but its own"));
        }
        let (dumps, unreadable) = self.logs.read(&self.api, now).await?;
        Ok(vec![Observation::Dumps { dumps: dumps.into(), unreadable: unreadable.into() }])
    }

    async fn configs(&self) -> Result<Vec<Observation>, SourceError> {
        let guests = inventory::guests(&self.api.guests().await?);
        let read = guests.iter().map(|guest| async {
            match self.api.config(&guest.node, guest.id).await {
                Ok(item) => Ok(Some(work::config(guest.id, &item))),
                // A guest that is gone since, or whose node is away: nothing is known of it.
                Err(error) if local_reason(&error).is_some() => Ok(None),
                Err(error) => Err(error),
            }
        });
        let read: Result<Vec<Option<Config>>, SourceError> = join_all(read).await.into_iter().collect();
        Ok(vec![Observation::Configs(read?.into_iter().flatten().collect::<Vec<Config>>().into())])
    }

    async fn status(&self) -> Result<Vec<Observation>, SourceError> {
        let (items, version) = join(self.api.status(), self.api.version()).await;
        let items = items.map_err(|error| self.advised(error))?;
        Ok(vec![Observation::Cluster { name: wire::name(&items), version: version?.text() }])
    }
}

/// What the token would need beside what it has.
fn lacking(permissions: &Permissions) -> Vec<String> {
    let missing = NEEDS.iter().filter(|(path, privilege)| !has(permissions, path, privilege));
    missing.map(|(path, privilege)| format!("{privilege} on {path}")).collect()
}

impl Source for Pve {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn site(&self) -> &Arc<str> {
        &self.site
    }

    fn doors(&self) -> &[Arc<Client>] {
        std::slice::from_ref(&self.api.client)
    }

    fn feeds(&self) -> Vec<Plan> {
        let endpoint = self.api.client.endpoint();
        let plan = |feed, interval: Duration, requests| Plan {
            feed,
            interval: interval.max(self.interval),
            timeout: endpoint.patience(requests),
        };
        vec![
            plan(Feed::Guests, self.interval, 2),
            plan(Feed::Dumps, DUMPS, 12),
            plan(Feed::Schedules, SCHEDULES, 2),
            plan(Feed::Status, STATUS, 2),
            plan(Feed::Configs, CONFIGS, 12),
        ]
    }

    fn observe(&self, feed: Feed, now: DateTime<Utc>) -> Looking<'_> {
        match feed {
            Feed::Dumps => Box::pin(self.dumps(now)),
            Feed::Schedules => Box::pin(self.schedules()),
            Feed::Status => Box::pin(self.status()),
            Feed::Configs => Box::pin(self.configs()),
            _ => Box::pin(self.guests()),
        }
    }
}
