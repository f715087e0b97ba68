//! Grafana: whether it and its database answer, and which dashboards it has.
//!
//! `[sources.grafana.NAME]`: `url` and what goes with it (a token of a service account that may view),
//! `site`, `interval`.

mod boards;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use reqwest::header::HeaderMap;
use serde::Deserialize;

use super::wire::{interval, site};
use super::{Answering, Looking, Plan, Source, SourceError};
use crate::domain::board::Board;
use crate::domain::dashboard::Dashboard;
use crate::domain::feed::{Feed, SourceId};
use crate::domain::observation::Observation;
use crate::domain::question::{Answer, Question};
use crate::net::{Client, Endpoint, NetError, Token};
use crate::settings::Table;
use crate::text::sanitise;

/// How often it is asked whether it is well.
const INTERVAL: Duration = Duration::from_secs(30);

/// What the answers should have been.
const API: &str = "Grafana's API";

/// So many dashboards are asked for, the most that Grafana gives at once.
const MOST: &str = "5000";

/// So many dashboards are read at once.
const AT_ONCE: usize = 4;

/// A Grafana.
#[derive(Debug)]
struct Grafana {
    id: SourceId,
    site: Arc<str>,
    interval: Duration,
    door: Arc<Client>,
}

#[derive(Deserialize)]
struct Health {
    #[serde(default)]
    version: String,
    #[serde(default)]
    database: String,
}

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    uid: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default, rename = "folderTitle")]
    folder: String,
}

/// Reads `[sources.grafana.NAME]`.
pub fn read(id: SourceId, table: &Table<'_>) -> Option<Arc<dyn Source>> {
    let (site, interval) = (site(table), interval(table, INTERVAL));
    let door = Arc::new(Client::new(Endpoint::read(table, Token::Bearer)?));
    Some(Arc::new(Grafana { id, site, interval, door }))
}

impl Grafana {
    /// Its health needs no credentials; whether they are good a search tells, which asks for nothing.
    async fn look(&self) -> Result<Vec<Observation>, SourceError> {
        let health = match self.door.get("/api/health", &[], HeaderMap::new()).await {
            Ok(answer) => self.decoded::<Health>("/api/health", &answer.body)?,
            // It answers, and its database does not. A proxy that says so answers to no search either.
            Err(NetError::Status { status: 503, .. }) => {
                Health { version: String::new(), database: "failing".to_owned() }
            }
            Err(error) => return Err(error.into()),
        };
        self.door.get("/api/search", &[("type", "dash-db"), ("limit", "1")], HeaderMap::new()).await?;
        let unready = (health.database != "ok")
            .then(|| Arc::from(format!("its database is {}", sanitise(&health.database)).as_str()));
        Ok(vec![Observation::Ready { version: sanitise(&health.version).into(), unready }])
    }

    async fn search(&self) -> Result<Vec<Found>, SourceError> {
        let asked = [("type", "dash-db"), ("limit", MOST)];
        let answer = self.door.get("/api/search", &asked, HeaderMap::new()).await?;
        self.decoded("/api/search", &answer.body)
    }

    fn dashboard(&self, found: &Found) -> Dashboard {
        Dashboard {
            title: sanitise(&found.title).into(),
            folder: sanitise(&found.folder).into(),
            tags: found.tags.iter().map(|tag| sanitise(tag).into()).collect(),
            url: self.door.endpoint().join(&path(found)).into(),
        }
    }

    async fn dashboards(&self) -> Result<Answer, SourceError> {
        let found = self.search().await?;
        Ok(Answer::Dashboards(found.iter().map(|found| self.dashboard(found)).collect()))
    }

    /// Every dashboard with what is in it, by folder and title: the same order every time.
    async fn boards(&self) -> Result<Answer, SourceError> {
        let mut found = self.search().await?;
        found.sort_by(|one, other| {
            (&one.folder, &one.title, &one.uid).cmp(&(&other.folder, &other.title, &other.uid))
        });
        let mut all: Vec<Board> = Vec::with_capacity(found.len());
        for some in found.chunks(AT_ONCE) {
            all.extend(join_all(some.iter().map(|found| self.board(found))).await);
        }
        Ok(Answer::Boards(all.into()))
    }

    /// What is in a dashboard. One that cannot be read is there all the same.
    async fn board(&self, found: &Found) -> Board {
        let dashboard = self.dashboard(found);
        let path = format!("/api/dashboards/uid/{}", plain(&found.uid));
        let read = match self.door.get(&path, &[], HeaderMap::new()).await {
            Ok(answer) => self.decoded::<boards::Read>(&path, &answer.body),
            Err(error) => Err(error.into()),
        };
        match read {
            Ok(read) => read.board(dashboard),
            Err(error) => Board {
                owner: boards::owner(&dashboard.tags, ""),
                dashboard,
                links: Vec::new(),
                panels: Err(error.failure().short),
            },
        }
    }

    fn decoded<T: for<'de> Deserialize<'de>>(&self, path: &str, body: &[u8]) -> Result<T, SourceError> {
        serde_json::from_slice(body)
            .map_err(|error| SourceError::strange(self.door.endpoint().join(path), API, &error))
    }
}

/// Where a dashboard is, below the address of its server. Only characters that a path has are let through.
fn path(found: &Found) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "-_./".contains(char);
    // Behind a prefix Grafana says the whole path; what counts begins with /d/.
    match found.url.find("/d/").and_then(|at| found.url.get(at..)) {
        Some(path) if path.chars().all(is_plain) => path.to_owned(),
        _ => format!("/d/{}", plain(&found.uid)),
    }
}

/// What of an identity a path has.
fn plain(uid: &str) -> String {
    uid.chars().filter(|char| char.is_ascii_alphanumeric() || "-_".contains(*char)).collect()
}

impl Source for Grafana {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn site(&self) -> &Arc<str> {
        &self.site
    }

    fn doors(&self) -> &[Arc<Client>] {
        std::slice::from_ref(&self.door)
    }

    fn feeds(&self) -> Vec<Plan> {
        let timeout = self.door.endpoint().patience(2);
        vec![Plan { feed: Feed::Ready, interval: self.interval, timeout }]
    }

    fn observe(&self, _: Feed, _: DateTime<Utc>) -> Looking<'_> {
        Box::pin(self.look())
    }

    fn answer(&self, question: Question, _now: DateTime<Utc>) -> Answering<'_> {
        Box::pin(async move {
            match question {
                Question::Dashboards => self.dashboards().await,
                Question::Boards => self.boards().await,
                _ => Err(SourceError::unasked(&self.id)),
            }
        })
    }
}
