//! Alertmanager: two peers that share alerts and silences. The shapes are those of 0.25.

mod filter;
mod posted;
mod silences;
mod wire;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::header::{ACCEPT, ALLOW, CONTENT_TYPE, VARY};
use axum::http::{Method, StatusCode};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::Serialize;

use super::Scenario;
use super::script::alerts::{RECEIVERS, Raised};
use super::script::{DAY, Script};
use super::serve::{Answer, Api, Ask};
use filter::{Wanted, filters};
use posted::Refusal;
use silences::Silences;
use wire::{Alert, Group, Name, Status};

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// How often Prometheus sends an alert that it has sent before, in seconds.
const RESENT: i64 = 60;

/// The peers: the name each gave itself, and where the others reach it.
const PEERS: [(&str, &str); 2] =
    [("01KA1B7Z0F3Q8W5T2Y6N4M9XCE", "10.0.0.11:9094"), ("01KA1B84MHR7D2V0J5P3S8K6QG", "10.0.0.15:9094")];

/// What the peers share.
#[derive(Debug)]
pub struct Cluster {
    script: Arc<Script>,
    silences: Mutex<Silences>,
}

/// One of the peers.
#[derive(Debug)]
pub struct Peer {
    cluster: Arc<Cluster>,
    /// Its place in [`PEERS`].
    which: usize,
}

impl Cluster {
    pub fn new(script: Arc<Script>) -> Self {
        let silences = Mutex::new(Silences::planned(&script));
        Self { script, silences }
    }

    /// Whether the second peer is gone.
    pub fn has_lost_a_peer(&self) -> bool {
        self.script.scenario == Scenario::ChainBroken
    }

    /// A peer of it.
    pub const fn peer(self: Arc<Self>, which: usize) -> Peer {
        Peer { cluster: self, which }
    }

    /// What Prometheus told it. With the chain broken it has heard nothing for longer than an
    /// alert lives without being sent again.
    fn alerts(&self, now: DateTime<Utc>) -> impl Iterator<Item = &Raised> {
        let offset = (now - self.script.anchor).num_seconds();
        let deaf = self.has_lost_a_peer();
        self.script.raised.iter().filter(move |raised| !deaf && raised.fires <= offset)
    }

    /// The alerts as they stand, sorted by their fingerprint.
    fn listed(&self, ask: &Ask, now: DateTime<Utc>) -> Result<Vec<Alert<'_>>, Answer> {
        let wanted = Wanted::read(ask)?;
        let silences = self.silences.lock().unwrap_or_else(PoisonError::into_inner);
        let pushed = now - TimeDelta::seconds(now.timestamp().rem_euclid(RESENT));
        let mut alerts: Vec<Alert<'_>> = self
            .alerts(now)
            .filter(|raised| wanted.matchers.iter().all(|matcher| matcher.matches(&raised.routed)))
            .filter(|raised| wanted.receiver.as_ref().is_none_or(|regex| regex.is_match(raised.receiver())))
            .map(|raised| {
                let silenced_by = silences.hiding(&raised.routed, now);
                let inhibited_by: Vec<&str> = raised.inhibited_by.as_deref().into_iter().collect();
                let hidden = !silenced_by.is_empty() || !inhibited_by.is_empty();
                Alert {
                    annotations: &raised.annotations,
                    ends_at: millis(pushed.max(self.script.at(raised.fires)) + TimeDelta::minutes(4)),
                    fingerprint: &raised.fingerprint,
                    receivers: [Name { name: raised.receiver() }],
                    starts_at: millis(self.script.at(raised.fires)),
                    status: wire::AlertStatus {
                        state: if hidden { "suppressed" } else { "active" },
                        inhibited_by,
                        silenced_by,
                    },
                    updated_at: millis(pushed.max(self.script.at(raised.fires))),
                    generator_url: generator(raised.rule.query),
                    labels: &raised.routed,
                }
            })
            .filter(|alert| wanted.takes(alert))
            .collect();
        alerts.sort_by_key(|alert| alert.fingerprint);
        Ok(alerts)
    }

    fn groups(&self, ask: &Ask, now: DateTime<Utc>) -> Result<Answer, Answer> {
        let mut groups: BTreeMap<(String, &str), Vec<Alert<'_>>> = BTreeMap::new();
        for alert in self.listed(ask, now)? {
            let name = alert.labels.get("alertname").unwrap_or("").to_owned();
            groups.entry((name, alert.receivers[0].name)).or_default().push(alert);
        }
        let groups: Vec<_> = groups
            .into_iter()
            .map(|((name, receiver), alerts)| Group {
                alerts,
                labels: [("alertname", name)].into_iter().collect(),
                receiver: Name { name: receiver },
            })
            .collect();
        Ok(json(&groups))
    }
}

impl Peer {
    fn status(&self) -> Answer {
        let script = &self.cluster.script;
        let members = if self.cluster.has_lost_a_peer() { &PEERS[..1] } else { &PEERS[..] };
        json(&Status {
            cluster: wire::Members {
                name: PEERS[self.which].0,
                peers: members.iter().map(|(name, address)| wire::Member { address, name }).collect(),
                status: "ready",
            },
            config: wire::Config { original: CONFIG },
            uptime: millis(script.at(-6 * DAY)),
            version_info: wire::VERSION,
        })
    }

    fn silence(&self, id: &str, ask: &Ask, now: DateTime<Utc>) -> Answer {
        if !silences::is_uuid(id) {
            return coded(422, 601, &format!("silenceID in path must be of type uuid: {id:?}"));
        }
        let mut silences = self.cluster.silences.lock().unwrap_or_else(PoisonError::into_inner);
        match (&ask.method, silences.get(id)) {
            (&Method::GET, Some(silence)) => json(&silence.wire(now)),
            (&Method::GET, None) => varied(Answer::new(StatusCode::NOT_FOUND, "", "")),
            (_, Some(_)) => {
                silences.expire(id, now);
                varied(Answer::new(StatusCode::OK, "", ""))
            }
            (_, None) => Answer { status: StatusCode::INTERNAL_SERVER_ERROR, ..refused("silence not found") },
        }
    }

    fn post(&self, ask: &Ask, now: DateTime<Utc>) -> Answer {
        let media = ask.header(CONTENT_TYPE);
        if !media.starts_with(JSON) {
            let media = if media.is_empty() { "application/octet-stream" } else { media };
            return coded(
                415,
                415,
                &format!("unsupported media type {media:?}, only [application/json] are allowed"),
            );
        }
        let mut silences = self.cluster.silences.lock().unwrap_or_else(PoisonError::into_inner);
        match silences.post(&ask.body, now) {
            Ok(id) => json(&wire::Made { silence_id: id }),
            Err(Refusal::Unknown) => Answer { status: StatusCode::NOT_FOUND, ..refused("silence not found") },
            Err(Refusal::Request(status, code, message)) => coded(status, code, &message),
            Err(Refusal::Silence(message)) => refused(&message),
        }
    }

    fn silences(&self, ask: &Ask, now: DateTime<Utc>) -> Answer {
        match filters(ask) {
            Err(refusal) => refusal,
            Ok(filters) => {
                let silences = self.cluster.silences.lock().unwrap_or_else(PoisonError::into_inner);
                json(&silences.listed(&filters, now))
            }
        }
    }

    /// The answer of an API path; `None` if there is no such path.
    fn api(&self, path: &[&str], ask: &Ask, now: DateTime<Utc>) -> Option<Answer> {
        // The methods of each path, in the order in which the server lists them.
        let allowed: &[Method] = match path {
            ["alerts" | "silences"] => &[Method::POST, Method::GET],
            ["alerts", "groups"] | ["receivers" | "status"] => &[Method::GET],
            ["silence", _] => &[Method::DELETE, Method::GET],
            _ => return None,
        };
        if !allowed.contains(&ask.method) {
            let allowed = allowed.iter().map(Method::as_str).collect::<Vec<_>>().join(",");
            let message = format!("method {} is not allowed, but [{allowed}] are", ask.method);
            return Some(coded(405, 405, &message).with(ALLOW, &allowed));
        }
        let accept = ask.header(ACCEPT);
        if !accept.is_empty() && !["*/*", "application/*", JSON].iter().any(|media| accept.contains(media)) {
            let message = "unsupported media type requested, only [application/json] are available";
            return Some(coded(406, 406, message));
        }
        let cluster = &self.cluster;
        Some(match (path, &ask.method) {
            (["alerts"], &Method::GET) => {
                cluster.listed(ask, now).map_or_else(|refusal| refusal, |alerts| json(&alerts))
            }
            // Alerts come from the script alone.
            (["alerts"], _) => varied(Answer::new(StatusCode::OK, "", "")),
            (["alerts", _], _) => cluster.groups(ask, now).unwrap_or_else(|refusal| refusal),
            (["receivers"], _) => json(&RECEIVERS.map(|name| Name { name })),
            (["status"], _) => self.status(),
            (["silences"], &Method::GET) => self.silences(ask, now),
            (["silences"], _) => self.post(ask, now),
            (["silence", id], _) => self.silence(id, ask, now),
            _ => return None,
        })
    }
}

impl Api for Peer {
    fn answer(&self, ask: &Ask, now: DateTime<Utc>) -> Answer {
        let mut parts = ask.parts();
        if parts.last() == Some(&"") && parts.len() > 1 {
            parts.pop();
        }
        match parts.as_slice() {
            ["-", "healthy" | "ready"] => Answer::new(StatusCode::OK, TEXT, "OK"),
            ["api", "v2", path @ ..] => self.api(path, ask, now).unwrap_or_else(|| {
                let path = ask.raw_path.as_str();
                coded(404, 404, &format!("path {path} was not found"))
            }),
            _ => Answer::new(StatusCode::NOT_FOUND, TEXT, "404 page not found\n"),
        }
    }
}

/// The page of an expression in Prometheus.
fn generator(query: &str) -> String {
    use std::fmt::Write as _;
    let mut url = "http://10.0.0.11:9090/graph?g0.expr=".to_owned();
    for byte in query.bytes() {
        match byte {
            b' ' => url.push('+'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.' => url.push(char::from(byte)),
            _ => {
                let _infallible = write!(url, "%{byte:02X}");
            }
        }
    }
    url.push_str("&g0.tab=1");
    url
}

fn varied(answer: Answer) -> Answer {
    answer.with(VARY, "Origin")
}

fn json(value: &impl Serialize) -> Answer {
    let mut answer = Answer::json(JSON, value);
    answer.body.push('\n');
    varied(answer)
}

/// An error of the application: its text as a JSON string.
fn refused(error: &str) -> Answer {
    Answer { status: StatusCode::BAD_REQUEST, ..json(&error) }
}

/// An error of the request's form: a code and a message.
fn coded(status: u16, code: u16, message: &str) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    varied(Answer { status, ..Answer::json(JSON, &wire::Coded { code, message }) })
}

/// As Alertmanager writes a time: always three digits of a second.
fn millis(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The configuration, as far as a reader of it needs it.
const CONFIG: &str = "global:
  resolve_timeout: 5m
route:
  receiver: slack-homelab
  group_by:
  - alertname
  continue: false
  routes:
  - receiver: deadman
    matchers:
    - alertname=\"Watchdog\"
    continue: false
    repeat_interval: 5m
  - receiver: slack-backups
    matchers:
    - job=\"pbs\"
    continue: false
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 4h
inhibit_rules:
- source_matchers:
  - alertname=\"HostDown\"
  - host=\"vm102\"
  target_matchers:
  - alertname=~\"CifsMountFailed|ServiceDown\"
receivers:
- name: slack-homelab
- name: slack-backups
- name: deadman
templates: []
";
