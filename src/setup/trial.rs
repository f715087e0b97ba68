//! A server is tested as the dashboard will ask it: by the same source, through the same client.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use futures_util::future::join_all;
use reqwest::header::HeaderMap;

use super::entry::Entry;
use crate::config::Config;
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::observation::Observation;
use crate::net::{Client, Endpoint, NetError, Spent, Token, counted};
use crate::settings::Document;
use crate::sources::{Source, SourceError};

/// What was met at an address.
#[derive(Clone, Debug, PartialEq)]
pub enum Met {
    /// A server that answers: what it is, and what is to be said of it.
    Server(SourceKind, String),
    /// A certificate that nobody known here vouches for: its fingerprint, and why not.
    Untrusted {
        /// The SHA-256.
        found: String,
        /// A few words.
        reason: String,
    },
    /// A server that wants to know who asks; what it is, as far as that shows.
    Locked(Option<SourceKind>, String),
    /// Something answers that is no server of this kind.
    Another(String),
    /// Nothing answers: why, and what to do.
    Nothing(String),
}

/// The kinds that are tried, and where they usually listen.
pub(super) const PORTS: [(SourceKind, u16); 6] = [
    (SourceKind::Prometheus, 9090),
    (SourceKind::Alertmanager, 9093),
    (SourceKind::Loki, 3100),
    (SourceKind::Pbs, 8007),
    (SourceKind::Pve, 8006),
    (SourceKind::Grafana, 3000),
];

/// The feed that tells one kind of server from another.
const fn telling(kind: SourceKind) -> Feed {
    match kind {
        SourceKind::Prometheus => Feed::Targets,
        SourceKind::Alertmanager => Feed::Status,
        SourceKind::Loki | SourceKind::Grafana => Feed::Ready,
        SourceKind::Pbs => Feed::Datastores,
        _ => Feed::Guests,
    }
}

/// Finds out what listens at the entry's first address; `hint` is tried first.
pub async fn identify(entry: &Entry, hint: Option<SourceKind>) -> Met {
    let port = entry.urls.first().and_then(|url| reqwest::Url::parse(url).ok()?.port());
    let usual = PORTS.iter().find(|(_, usual)| Some(*usual) == port).map(|(kind, _)| *kind);
    let all = hint.or(usual).into_iter().chain(PORTS.map(|(kind, _)| kind));
    let mut kinds: Vec<SourceKind> = Vec::new();
    for kind in all {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    let mut said = Vec::new();
    for kind in kinds {
        let met = match kind {
            SourceKind::Pbs | SourceKind::Pve if !has_token(entry) => {
                proxmox(entry, kind, hint.or(usual)).await
            }
            _ => meet(entry, kind).await,
        };
        match met {
            Met::Another(why) => said.push(why),
            Met::Locked(_, why) if hint.is_none() && usual.is_none() && !is_proxmox(kind) => {
                // Every kind would say so: which it is can only be told from inside.
                return Met::Locked(None, why);
            }
            met => return met,
        }
    }
    let first = said.into_iter().next().unwrap_or_default();
    Met::Another(match hint {
        Some(_) => first,
        None => {
            format!("what answers is none of prometheus, alertmanager, loki, pbs, pve and grafana: {first}")
        }
    })
}

const fn is_proxmox(kind: SourceKind) -> bool {
    matches!(kind, SourceKind::Pbs | SourceKind::Pve)
}

const fn has_token(entry: &Entry) -> bool {
    matches!(entry.login, super::Login::Token(_))
}

async fn meet(entry: &Entry, kind: SourceKind) -> Met {
    let source = match source(entry, kind) {
        Ok(source) => source,
        Err(why) => return Met::Nothing(why),
    };
    let start = Instant::now();
    match look(&*source, telling(kind)).await {
        Ok(seen) => Met::Server(kind, summary(&seen, start.elapsed())),
        Err(error) => met(kind, &error),
    }
}

fn met(kind: SourceKind, error: &SourceError) -> Met {
    match error {
        SourceError::Net(NetError::Untrusted { found, reason, .. }) => {
            Met::Untrusted { found: found.clone(), reason: reason.clone() }
        }
        SourceError::Net(NetError::Unauthorised { .. }) => Met::Locked(Some(kind), error.to_string()),
        SourceError::Net(
            NetError::Refused { .. }
            | NetError::Dns { .. }
            | NetError::Timeout { .. }
            | NetError::Trust { .. }
            | NetError::Changed { .. }
            | NetError::Handshake { .. },
        ) => Met::Nothing(error.to_string()),
        error => Met::Another(error.to_string()),
    }
}

/// Whether one of Proxmox' servers listens there: without a token it says at least that it wants one.
async fn proxmox(entry: &Entry, kind: SourceKind, expected: Option<SourceKind>) -> Met {
    let client = match client(entry) {
        Ok(client) => client,
        Err(why) => return Met::Nothing(why),
    };
    if kind == SourceKind::Pbs && client.get("/api2/json/ping", &[], HeaderMap::new()).await.is_ok() {
        return Met::Locked(Some(SourceKind::Pbs), "it wants a token".to_owned());
    }
    match client.get("/api2/json/version", &[], HeaderMap::new()).await {
        Err(NetError::Unauthorised { .. }) => Met::Locked(
            expected.filter(|kind| is_proxmox(*kind)).or(Some(kind)),
            "it wants a token".to_owned(),
        ),
        Err(error) => met(kind, &error.into()),
        Ok(_) => Met::Another(format!("{} answers, but is no server of Proxmox", entry.place())),
    }
}

fn client(entry: &Entry) -> Result<Client, String> {
    let table = entry.for_test(SourceKind::Prometheus);
    // Without its head it is the table itself.
    let body = table.split_once('\n').map_or("", |(_, body)| body);
    let document = Document::new("the address", body);
    let endpoint = document.read(|root| Endpoint::read(root, Token::Bearer)).flatten();
    endpoint.map(Client::new).ok_or_else(|| told(document.faults().iter()))
}

fn told<T: ToString>(faults: impl Iterator<Item = T>) -> String {
    faults.map(|fault| fault.to_string()).collect::<Vec<_>>().join("; ")
}

fn source(entry: &Entry, kind: SourceKind) -> Result<Arc<dyn Source>, String> {
    let config =
        Config::parse("the address", &entry.for_test(kind), None).map_err(|error| error.to_string())?;
    config.sources.into_iter().next().ok_or_else(|| "no server".to_owned())
}

async fn look(source: &dyn Source, feed: Feed) -> Result<Vec<Observation>, SourceError> {
    let plan = source.feeds().into_iter().find(|plan| plan.feed == feed);
    let limit = plan.map_or(Duration::from_secs(15), |plan| plan.timeout);
    let timeout = || NetError::Timeout { url: source.id().to_string(), after: limit };
    tokio::time::timeout(limit, source.observe(feed, Utc::now()))
        .await
        .unwrap_or_else(|_| Err(timeout().into()))
}

/// One look at a feed.
#[derive(Debug)]
pub struct Look {
    /// Which.
    pub feed: Feed,
    /// How long it took.
    pub took: Duration,
    /// What it cost.
    pub spent: Spent,
    /// What was seen, or why nothing was.
    pub seen: Result<Vec<Observation>, SourceError>,
}

/// Looks at every feed of a source once.
pub async fn test(source: &dyn Source) -> Vec<Look> {
    let looks = source.feeds().into_iter().map(|plan| async move {
        let start = Instant::now();
        let (seen, spent) = counted(look(source, plan.feed)).await;
        Look { feed: plan.feed, took: start.elapsed(), spent, seen }
    });
    join_all(looks).await
}

/// What is missing although the server answers: feeds that are refused, a line each.
pub(super) async fn lacking(entry: &Entry, kind: SourceKind) -> Vec<String> {
    let Ok(source) = source(entry, kind) else { return Vec::new() };
    let all = test(&*source).await;
    let refused = |error: &SourceError| matches!(error, SourceError::Net(NetError::Unauthorised { .. }));
    let lines = all.into_iter().filter_map(|look| {
        let error = look.seen.err().filter(refused)?;
        Some(format!("{}: {error}", look.feed))
    });
    lines.collect()
}

/// A few words on what a server showed.
fn summary(seen: &[Observation], took: Duration) -> String {
    let count = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    let words = seen.iter().find_map(|seen| match seen {
        Observation::Targets(all) => Some(count(all.len(), "target")),
        Observation::Datastores(all) => Some(count(all.len(), "datastore")),
        Observation::Inventory { guests, .. } => Some(count(guests.len(), "guest")),
        Observation::Peers(all) if all.len() > 1 => Some(count(all.len(), "peer")),
        _ => None,
    });
    let took = crate::text::took(took.as_secs_f64());
    words.map_or_else(|| format!("answers in {took}"), |words| format!("{words}, answers in {took}"))
}

/// What one feed shows; nothing when it shows nothing.
pub(super) async fn seen(entry: &Entry, kind: SourceKind, feed: Feed) -> Vec<Observation> {
    match source(entry, kind) {
        Ok(source) => look(&*source, feed).await.unwrap_or_default(),
        Err(_) => Vec::new(),
    }
}

/// Where a Prometheus sends its alerts; nothing when it does not say.
pub(super) async fn alertmanagers(entry: &Entry) -> Vec<String> {
    let Ok(client) = client(entry) else { return Vec::new() };
    let Ok(answer) = client.get("/api/v1/alertmanagers", &[], HeaderMap::new()).await else {
        return Vec::new();
    };
    told_alertmanagers(&answer.body)
}

fn told_alertmanagers(body: &[u8]) -> Vec<String> {
    let Ok(answer) = serde_json::from_slice::<serde_json::Value>(body) else { return Vec::new() };
    let active = answer["data"]["activeAlertmanagers"].as_array();
    let urls = active.into_iter().flatten().filter_map(|one| one["url"].as_str());
    let urls = urls.filter_map(|url| reqwest::Url::parse(url).ok());
    let plain = urls.filter(|url| url.username().is_empty() && url.password().is_none());
    plain
        .map(|url| url.as_str().trim_end_matches("/api/v2/alerts").trim_end_matches('/').to_owned())
        .take(8)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alertmanagers_are_named_by_their_address() {
        let body = br#"{"status":"success","data":{"activeAlertmanagers":[
            {"url":"http://10.0.0.15:9093/am/api/v2/alerts"},{"url":"http://x:y@z/api/v2/alerts"},{"url":"no"}]}}"#;
        assert_eq!(told_alertmanagers(body), ["http://10.0.0.15:9093/am"]);
        assert!(told_alertmanagers(b"<html>").is_empty());
    }
}
