//! Alertmanager, alone or as a group of peers. Every peer is asked: each has all silences, but
//! only the alerts that were sent to it.

mod routes;
mod split;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use crate::domain::alert::Alert;
use crate::domain::feed::{Feed, SourceId};
use crate::domain::observation::{Observation, Peer};
use crate::net::{Client, Endpoint, NetError, Token};
use crate::settings::Table;
use crate::sources::wire::{Wrong, ask, interval, site};
use crate::sources::{Looking, Plan, Source, SourceError};
use chrono::{DateTime, Utc};

const WHAT: &str = "Alertmanager's API";

/// Alertmanager answers eight at once; the ninth is asked to come back.
const BUSY_PAUSE: Duration = Duration::from_millis(250);

/// A group of Alertmanagers that share their silences.
#[derive(Debug)]
pub struct Alertmanager {
    id: SourceId,
    site: Arc<str>,
    peers: Vec<Arc<Client>>,
    interval: Duration,
}

/// Reads `[sources.alertmanager.NAME]`.
pub fn read(id: SourceId, table: &Table<'_>) -> Option<Arc<dyn Source>> {
    let site = site(table);
    let interval = interval(table, Duration::from_secs(5));
    let peers = Endpoint::read_group(table, Token::Bearer)?
        .into_iter()
        .map(|peer| Arc::new(Client::new(peer)))
        .collect();
    Some(Arc::new(Alertmanager { id, site, peers, interval }))
}

impl Source for Alertmanager {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn site(&self) -> &Arc<str> {
        &self.site
    }

    fn feeds(&self) -> Vec<Plan> {
        let patience = self.peers.iter().map(|peer| peer.endpoint().patience(2)).max();
        let feeds = [(Feed::Alerts, 1), (Feed::Silences, 1), (Feed::Status, 3)];
        let plan = |(feed, slower)| Plan {
            feed,
            interval: self.interval * slower,
            timeout: patience.unwrap_or(self.interval),
        };
        feeds.map(plan).into()
    }

    fn observe(&self, feed: Feed, _now: DateTime<Utc>) -> Looking<'_> {
        Box::pin(async move {
            let seen = match feed {
                Feed::Alerts => {
                    let answers = self.ask_all("alerts", wire::alerts).await;
                    let splits = self.splits(&answers);
                    return Ok(vec![wire::merge_alerts(any(answers)?), splits]);
                }
                Feed::Silences => wire::merge_silences(any(self.ask_all("silences", wire::silences).await)?),
                Feed::Status => {
                    let peers = self.status().await?;
                    // Who gets an alert is worth less than that the cluster is whole.
                    let routes = any(self.ask_all("alerts/groups", routes::routes).await).ok();
                    return Ok([peers].into_iter().chain(routes.map(routes::merge)).collect());
                }
                _ => return Ok(Vec::new()),
            };
            Ok(vec![seen])
        })
    }

    fn doors(&self) -> &[Arc<Client>] {
        &self.peers
    }
}

impl Alertmanager {
    /// The answer of every peer, in the order of the config.
    async fn ask_all<T: Send + 'static>(
        &self,
        path: &str,
        parse: fn(&str) -> Result<T, Wrong>,
    ) -> Vec<Result<T, SourceError>> {
        let path = format!("/api/v2/{path}");
        join_all(self.peers.iter().map(|peer| ask_patiently(peer, &path, parse))).await
    }

    /// The alerts on which the peers that answered disagree.
    fn splits(&self, answers: &[Result<Vec<Alert>, SourceError>]) -> Observation {
        let heard = self.peers.iter().zip(answers);
        let heard: Vec<(Arc<str>, &[Alert])> = heard
            .filter_map(|(peer, answer)| Some((peer.endpoint().url().into(), answer.as_deref().ok()?)))
            .collect();
        Observation::Splits(split::splits(&heard).into())
    }

    async fn status(&self) -> Result<Observation, SourceError> {
        let answers = self.ask_all("status", wire::status).await;
        if answers.iter().all(Result::is_err) {
            any(answers)?;
            return Ok(Observation::Peers(Arc::default()));
        }
        let peers = self.peers.iter().zip(answers).map(|(peer, answer)| {
            let url = peer.endpoint().url().into();
            match answer {
                Ok(status) => Peer { url, failure: None, cluster: status.cluster, version: status.version },
                Err(error) => {
                    Peer { url, failure: Some(error.failure().short), cluster: "".into(), version: "".into() }
                }
            }
        });
        Ok(Observation::Peers(peers.collect()))
    }
}

/// What the peers that answered say; the first one's error when none did.
fn any<T>(answers: Vec<Result<T, SourceError>>) -> Result<Vec<T>, SourceError> {
    let mut good = Vec::new();
    let mut error = None;
    for answer in answers {
        match answer {
            Ok(answer) => good.push(answer),
            Err(failed) => error = error.or(Some(failed)),
        }
    }
    match error {
        Some(error) if good.is_empty() => Err(error),
        _ => Ok(good),
    }
}

/// Asks once more when the server is busy: that is no outage.
async fn ask_patiently<T: Send + 'static>(
    peer: &Client,
    path: &str,
    parse: fn(&str) -> Result<T, Wrong>,
) -> Result<T, SourceError> {
    match ask(peer, WHAT, path, &[], parse).await {
        Err(SourceError::Net(NetError::Status { status: 503, .. })) => {
            tokio::time::sleep(BUSY_PAUSE).await;
            ask(peer, WHAT, path, &[], parse).await
        }
        answer => answer,
    }
}
