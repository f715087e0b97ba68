//! What is selected: the thing that keys act on.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::backup::GroupId;
use super::digest;
use super::feed::SourceId;
use super::horizon::Kind;
use super::log::Line;
use super::routine::Cadence;

/// The identity of what a key acts on. It stays the same while rows move.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// An alert, by fingerprint.
    Alert {
        /// The source that has it.
        source: SourceId,
        /// Its identity.
        fingerprint: Arc<str>,
    },
    /// A scrape target.
    Target {
        /// The Prometheus that scrapes it.
        source: SourceId,
        /// Its scrape pool.
        pool: Arc<str>,
        /// Its `instance`.
        instance: Arc<str>,
    },
    /// A rule, by file, group and name.
    Rule {
        /// The Prometheus that evaluates it.
        source: SourceId,
        /// Its file and group.
        group: (Arc<str>, Arc<str>),
        /// Its name.
        name: Arc<str>,
    },
    /// A line of a tail.
    Line {
        /// The source.
        source: SourceId,
        /// The tail's name.
        tail: Arc<str>,
        /// The line itself: several may share a time.
        line: Box<Line>,
    },
    /// A backup group.
    Backup {
        /// The server that holds it.
        source: SourceId,
        /// Which group.
        group: GroupId,
    },
    /// A datastore.
    Datastore {
        /// The server that holds it.
        source: SourceId,
        /// Its name.
        name: Arc<str>,
    },
    /// A task of a backup server.
    Task {
        /// The server that runs it.
        source: SourceId,
        /// Its identity there.
        upid: Arc<str>,
    },
    /// A silence.
    Silence {
        /// The Alertmanager that has it.
        source: SourceId,
        /// Its identity there.
        id: Arc<str>,
    },
    /// A link of the chain.
    Link {
        /// Where from.
        from: Arc<str>,
        /// Where to.
        to: Arc<str>,
    },
    /// An objective, by name.
    Objective(Arc<str>),
    /// A host, by name.
    Host(Arc<str>),
    /// A door that is looked at.
    Probe {
        /// Who looks.
        source: SourceId,
        /// The operator's name for it.
        name: Arc<str>,
    },
    /// A service, by name.
    Service(Arc<str>),
    /// What several failing things share, by name.
    Suspect(Arc<str>),
    /// A boot layer, by its place.
    Layer(usize),
    /// A tier, by name.
    Tier(Arc<str>),
    /// A source itself.
    Source(SourceId),
    /// A list that is worked through again and again.
    Routine(Cadence),
    /// Something that comes due: what tells its row from the others.
    Due {
        /// What kind of end.
        kind: Kind,
        /// Of what.
        what: Arc<str>,
        /// What happens then.
        then: Arc<str>,
    },
    /// Something that happened: what tells its row from the others.
    Past {
        /// What kind of thing.
        kind: digest::Kind,
        /// Of what.
        what: Arc<str>,
        /// When.
        at: DateTime<Utc>,
    },
}

impl Subject {
    /// Whether there is something that a backup server can be told to do to it.
    pub const fn has_actions(&self) -> bool {
        matches!(self, Self::Backup { .. } | Self::Datastore { .. })
    }

    /// Whether it is an alert.
    pub const fn is_alert(&self) -> bool {
        matches!(self, Self::Alert { .. })
    }
}
