//! The outside world, turned into domain values: one file (or folder) per kind of server.
//!
//! A new kind is one file with a `read` function and one line in [`KINDS`].

pub mod alertmanager;
pub mod files;
pub mod grafana;
pub mod loki;
pub mod pages;
pub mod pbs;
pub mod probe;
pub mod prometheus;
pub mod pve;
mod shape;
pub mod tunnelled;
pub mod watch;
mod wire;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::OwnedSemaphorePermit;

use crate::clock::Clock;
use crate::domain::feed::{Failure, FailureKind, Feed, SourceId, SourceKind};
use crate::domain::observation::Observation;
use crate::domain::question::{Answer, Question};
use crate::net::{Client, NetError, Tunnel};
use crate::settings::Table;

/// Reads the table `[sources.KIND.NAME]`; faults are told through the table.
pub type Read = fn(SourceId, &Table<'_>) -> Option<Arc<dyn Source>>;

/// Every kind of source: its name in the config, and how its table is read.
pub const KINDS: &[(SourceKind, Read)] = &[
    (SourceKind::Prometheus, prometheus::read),
    (SourceKind::Alertmanager, alertmanager::read),
    (SourceKind::Loki, loki::read),
    (SourceKind::Pbs, pbs::read),
    (SourceKind::Pve, pve::read),
    (SourceKind::Grafana, grafana::read),
    (SourceKind::Files, files::read),
    (SourceKind::Probe, probe::read),
];

/// A look at a feed under way.
pub type Looking<'a> = Pin<Box<dyn Future<Output = Result<Vec<Observation>, SourceError>> + Send + 'a>>;

/// An answer under way.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Answer, SourceError>> + Send + 'a>>;

/// The next piece of a tail under way.
pub type Next<'a> = Pin<Box<dyn Future<Output = Result<Observation, SourceError>> + Send + 'a>>;

/// A server, as its config describes it. Making one opens no connection.
pub trait Source: fmt::Debug + Send + Sync {
    /// Which.
    fn id(&self) -> &SourceId;

    /// The site it belongs to; empty when there is one only.
    fn site(&self) -> &Arc<str>;

    /// What is polled, and how often.
    fn feeds(&self) -> Vec<Plan>;

    /// Looks at one feed; `now` is the time by the dashboard's clock.
    fn observe(&self, feed: Feed, now: DateTime<Utc>) -> Looking<'_>;

    /// Answers a question; `now` is the time by the dashboard's clock.
    fn answer(&self, _question: Question, _now: DateTime<Utc>) -> Answering<'_> {
        let error = SourceError::unasked(self.id());
        Box::pin(async move { Err(error) })
    }

    /// A live tail of a query that stands in no config, from `from` (nanoseconds) on; `None` when it
    /// has no logs.
    fn follow(&self, _query: &str, _from: i64) -> Option<Box<dyn Tail>> {
        None
    }

    /// The servers behind it, to which an action may write; each is as good as the others.
    fn doors(&self) -> &[Arc<Client>] {
        &[]
    }

    /// The ways through ssh on which it is reached.
    fn tunnels(&self) -> Vec<Arc<Tunnel>> {
        self.doors().iter().filter_map(|door| door.endpoint().tunnel().cloned()).collect()
    }

    /// Which cluster's guests its namespaces hold: namespace and the name of the hypervisor.
    fn clusters(&self) -> &[(Arc<str>, Arc<str>)] {
        &[]
    }

    /// Its live tails; each is read by a task of its own.
    fn tails(&self) -> Vec<Box<dyn Tail>> {
        Vec::new()
    }
}

/// A live tail.
pub trait Tail: Send {
    /// The operator's name for it.
    fn name(&self) -> &Arc<str>;

    /// Its query.
    fn query(&self) -> &Arc<str>;

    /// Takes the dashboard's clock, by which it tells how long ago something was. Before it is read.
    fn keep_time(&mut self, _clock: &Clock) {}

    /// Waits for what comes next; an observation without entries is a sign of life, and comes at
    /// least every [`Tail::heartbeat`]. It may be dropped and called again at any time.
    /// After an error the next call connects again, after a pause that grows.
    fn next(&mut self) -> Next<'_>;

    /// The longest silence that is no loss.
    fn heartbeat(&self) -> Duration;
}

/// How a feed is polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Which feed.
    pub feed: Feed,
    /// From one look to the next.
    pub interval: Duration,
    /// How long one look may take.
    pub timeout: Duration,
}

/// Something seen, on its way to the loop.
#[derive(Debug)]
pub struct Event {
    /// By which source.
    pub source: SourceId,
    /// At which feed.
    pub feed: Feed,
    /// What, or why not.
    pub result: Result<Vec<Observation>, Failure>,
    /// How long the answer took, in seconds.
    pub took: f64,
    /// A place among what a tail may have under way; free again when this is dropped.
    pub place: Option<OwnedSemaphorePermit>,
}

/// Why a look brought nothing.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SourceError {
    /// The network, the server, or its credentials.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The server answered, but not in the way of its API.
    #[error("{url} answered something that is not {what}: {reason}")]
    Strange {
        /// Where, without credentials.
        url: String,
        /// What was expected: `Prometheus' API`.
        what: &'static str,
        /// What was wrong with it, sanitised.
        reason: String,
    },
    /// This server does not have what was asked for: a missing ability, not an outage.
    #[error("{url} does not offer this: {reason}")]
    Missing {
        /// Where, without credentials.
        url: String,
        /// The server's own words, sanitised.
        reason: String,
    },
    /// Something on this machine did not work.
    #[error("{place}: {reason}")]
    Local {
        /// Where: a path, or the name of what was tried.
        place: String,
        /// Why, sanitised.
        reason: String,
    },
    /// The server understood the question and refused it.
    #[error("{url} refused: {reason}")]
    Refused {
        /// Where, without credentials.
        url: String,
        /// The server's own words, sanitised.
        reason: String,
    },
}

impl SourceError {
    /// An answer from `url` that is not one of `what`. What was decoded may hold what we told the server.
    pub fn strange(url: String, what: &'static str, error: &impl ToString) -> Self {
        let reason = crate::secret::unsaid(&error.to_string()).into_owned();
        Self::Strange { url, what, reason: crate::text::sanitise(&reason).into_owned() }
    }

    /// A question that is none for this source.
    pub fn unasked(source: &SourceId) -> Self {
        Self::Missing { url: source.to_string(), reason: "this is no question for it".to_owned() }
    }

    /// The error as the badge and the detail tell it.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Net(error) => {
                Failure { kind: kind(error), short: error.short().into(), text: error.to_string().into() }
            }
            Self::Strange { what, reason, .. } => Failure {
                kind: FailureKind::Parse,
                short: if &**reason == wire::WEB_PAGE {
                    "answered HTML".into()
                } else {
                    format!("not {what}").into()
                },
                text: self.to_string().into(),
            },
            Self::Missing { .. } => Failure {
                kind: FailureKind::Missing,
                short: "not offered".into(),
                text: self.to_string().into(),
            },
            Self::Local { reason, .. } => Failure {
                kind: FailureKind::Other,
                short: crate::text::truncate(reason, 40).into(),
                text: self.to_string().into(),
            },
            Self::Refused { reason, .. } => Failure {
                kind: FailureKind::Http,
                short: crate::text::truncate(reason, 40).into(),
                text: self.to_string().into(),
            },
        }
    }
}

/// How the loop treats a failure of the network.
const fn kind(error: &NetError) -> FailureKind {
    match error {
        NetError::Refused { .. } | NetError::Behind { .. } => FailureKind::Refused,
        NetError::Dns { .. } => FailureKind::Dns,
        NetError::Timeout { .. } => FailureKind::Timeout,
        NetError::Changed { .. }
        | NetError::Untrusted { .. }
        | NetError::Trust { .. }
        | NetError::Handshake { .. } => FailureKind::Tls,
        // Without a secret to show we are as unknown there as with a wrong one.
        NetError::Unauthorised { .. } | NetError::Secret { .. } => FailureKind::Unauthorised,
        NetError::Status { status: 404 | 405, .. } => FailureKind::Missing,
        NetError::Status { status: 429 | 503, .. } => FailureKind::Busy,
        NetError::Status { .. } | NetError::Redirect { .. } => FailureKind::Http,
        NetError::TooLarge { .. } => FailureKind::TooLarge,
        NetError::Cut { .. } => FailureKind::Parse,
        NetError::Broken { .. } | NetError::Tunnel { .. } => FailureKind::Other,
    }
}
