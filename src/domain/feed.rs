//! Where data comes from, and how fresh it is. Freshness is kept per feed: one endpoint of one
//! source, with its own interval, so that a hung task list does not age the snapshots beside it.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The kinds of servers that Wardroom reads.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::AsRefStr,
    strum::EnumIter,
    strum::EnumString,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum SourceKind {
    /// Prometheus or a server with the same API.
    Prometheus,
    /// Alertmanager, alone or as a group of peers.
    Alertmanager,
    /// Loki.
    Loki,
    /// Proxmox Backup Server.
    Pbs,
    /// Proxmox VE.
    Pve,
    /// Grafana.
    Grafana,
    /// Files, repositories and programs of this machine.
    Files,
    /// This machine, as a place to look from.
    Probe,
}

impl SourceKind {
    /// Every kind, in the order in which they are shown.
    pub const ALL: &[Self] = &[
        Self::Prometheus,
        Self::Alertmanager,
        Self::Loki,
        Self::Pbs,
        Self::Pve,
        Self::Grafana,
        Self::Files,
        Self::Probe,
    ];

    /// The short name on the badge line.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Prometheus => "prom",
            Self::Alertmanager => "am",
            Self::Loki => "loki",
            Self::Pbs => "pbs",
            Self::Pve => "pve",
            Self::Grafana => "graf",
            Self::Files => "files",
            Self::Probe => "probe",
        }
    }

    /// The feed that says which backups there are, where it is one.
    pub const fn backups(self) -> Option<Feed> {
        match self {
            Self::Pbs => Some(Feed::Snapshots),
            Self::Pve => Some(Feed::Guests),
            Self::Prometheus
            | Self::Alertmanager
            | Self::Loki
            | Self::Grafana
            | Self::Files
            | Self::Probe => None,
        }
    }

    /// Whether nobody would be told of a failure while this kind of server is down.
    pub const fn watches(self) -> bool {
        matches!(self, Self::Prometheus | Self::Alertmanager)
    }
}

/// A configured server: its kind and the name the operator gave it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourceId {
    /// What it speaks.
    pub kind: SourceKind,
    /// The NAME of `[sources.KIND.NAME]`.
    pub name: Arc<str>,
}

impl SourceId {
    /// The server `name` of `kind`.
    pub fn new(kind: SourceKind, name: impl Into<Arc<str>>) -> Self {
        Self { kind, name: name.into() }
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}.{}", self.kind, self.name)
    }
}

/// One endpoint that is polled on its own, or one tail.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::AsRefStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Feed {
    /// Prometheus: active targets.
    Targets,
    /// Prometheus: what the scrapes brought (samples, last success).
    Scrapes,
    /// Prometheus: rules and their health.
    Rules,
    /// Prometheus: what is measured of hosts and of the chain.
    Measures,
    /// Prometheus: pending and firing alerts. Alertmanager: alerts as routed.
    Alerts,
    /// Prometheus and Alertmanager: configuration and cluster.
    Status,
    /// Alertmanager: silences.
    Silences,
    /// Loki: the live tail.
    Tail,
    /// Loki and Grafana: whether it is ready, and its build.
    Ready,
    /// PBS: groups and snapshots.
    Snapshots,
    /// PBS: usage of the datastores.
    Datastores,
    /// PBS: running and recent tasks.
    Tasks,
    /// PVE: guests, nodes and storages.
    Guests,
    /// PVE: backup jobs, and the guests that none of them covers.
    Schedules,
    /// PVE: what the last backup run of each guest came to.
    Dumps,
    /// PVE: what the guests' own configs say.
    Configs,
    /// Files: what lies on the disk.
    Files,
    /// Files: what programs print, and how repositories stand.
    Programs,
    /// Prometheus: what metrics tell of backups.
    Kept,
    /// PBS: verify, prune, sync and garbage collection jobs.
    Jobs,
    /// PBS: the server itself, its services and its certificate.
    Server,
    /// Probe: what was found at each door.
    Probes,
    /// Whatever is reached through ssh: the way there.
    Tunnel,
}

/// How a feed or a source stands.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::AsRefStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum FeedState {
    /// The last poll succeeded, recently.
    Fresh,
    /// Asked, not answered yet.
    #[default]
    Pending,
    /// The last good answer is too old.
    Stale,
    /// The last poll failed.
    Down,
    /// The server refused our credentials.
    Unauthorised,
}

/// Why a poll failed, in the words of the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What sort of failure.
    pub kind: FailureKind,
    /// A few words for the badge: `connection refused`, `401 unauthorised`.
    pub short: Arc<str>,
    /// What happened, where, and what to do. Sanitised.
    pub text: Arc<str>,
}

/// The sorts of failure that are treated differently.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display, strum::AsRefStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum FailureKind {
    /// Nothing listens there.
    Refused,
    /// The name does not resolve.
    Dns,
    /// No answer in time.
    Timeout,
    /// The certificate or the handshake.
    Tls,
    /// 401, or 403: the credentials or their rights.
    Unauthorised,
    /// Another status of HTTP.
    Http,
    /// The endpoint does not exist on this server: a missing ability, not an outage.
    Missing,
    /// An answer, but not of this API (HTML, half a body, wrong fields).
    Parse,
    /// An answer larger than the cap.
    TooLarge,
    /// The server asks us to come back later.
    Busy,
    /// The connection broke, or anything else.
    Other,
}

/// What is known about a feed's age and trouble.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Freshness {
    /// When the last good answer came.
    pub at: Option<DateTime<Utc>>,
    /// How long that answer took, in seconds.
    pub took: f64,
    /// The failure since, with the time of the first one in a row.
    pub failure: Option<(Failure, DateTime<Utc>)>,
    /// How often the feed is asked, in seconds.
    pub interval: f64,
    /// The machine slept or its clock was set since: the answer's age is not to be trusted.
    pub doubted: bool,
}

impl Freshness {
    /// A feed that is asked every `interval` seconds and has not answered yet.
    pub const fn pending(interval: f64) -> Self {
        Self { at: None, took: 0.0, failure: None, interval, doubted: false }
    }

    /// Seconds since the last good answer; never negative, so that a clock set back makes nothing
    /// look newer than new.
    pub fn age(&self, now: DateTime<Utc>) -> Option<f64> {
        self.at.map(|at| seconds(now - at).max(0.0))
    }

    /// The longest age at which data still counts as fresh: two intervals and a little slack for
    /// jitter and a slow answer.
    pub fn limit(&self) -> f64 {
        self.interval.mul_add(2.0, 2.0)
    }

    /// How the feed stands at `now`.
    pub fn state(&self, now: DateTime<Utc>) -> FeedState {
        match (&self.failure, self.at) {
            (Some((failure, _)), _) if failure.kind == FailureKind::Unauthorised => FeedState::Unauthorised,
            (Some(_), _) => FeedState::Down,
            (None, None) => FeedState::Pending,
            (None, Some(_)) if self.doubted => FeedState::Stale,
            // A good answer from the future means that the clock was set back: it says nothing.
            (None, Some(at)) if at - now > TimeDelta::seconds(5) => FeedState::Stale,
            (None, Some(_)) if self.age(now).is_some_and(|age| age > self.limit()) => FeedState::Stale,
            (None, Some(_)) => FeedState::Fresh,
        }
    }

    /// Whether the data of this feed may count as a measurement.
    pub fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        self.state(now) == FeedState::Fresh
    }
}

/// A span in seconds.
pub fn seconds(span: TimeDelta) -> f64 {
    span.num_milliseconds() as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000 + second, 0).expect("a time")
    }

    #[test]
    fn data_ages_from_fresh_to_stale_and_never_looks_newer() {
        let feed = Freshness { at: Some(at(0)), ..Freshness::pending(5.0) };
        assert_eq!(feed.state(at(12)), FeedState::Fresh);
        assert_eq!(feed.state(at(13)), FeedState::Stale);
        assert_eq!(feed.state(at(-3600)), FeedState::Stale, "the clock was set back");
        assert_eq!(feed.age(at(-2)), Some(0.0));
    }
}
