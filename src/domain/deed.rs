//! What is written to a server: always something that the operator saw and confirmed.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::chore::Chore;
use super::feed::SourceId;
use super::labels::Labels;
use super::silence::Matcher;

/// Something to be done on a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// On which.
    pub source: SourceId,
    /// What.
    pub what: What,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// Make a silence, or change the one that is named.
    Silence(Draft),
    /// End a silence now.
    Expire {
        /// Its identity.
        id: Arc<str>,
    },
    /// Let a backup server do something.
    Chore(Chore),
    /// Let a Prometheus read its config and rules again.
    Reload,
    /// Send a marked alert to a receiver.
    Test(TestAlert),
    /// Leave a mark in a Grafana.
    Annotate(Annotation),
}

/// A mark on the time line of those dashboards that ask for one of its tags.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotation {
    /// What happened.
    pub text: Arc<str>,
    /// Words by which it is found again.
    pub tags: Vec<Arc<str>>,
    /// When it began.
    pub from: DateTime<Utc>,
    /// When it was over; `None` marks the moment when it began.
    pub to: Option<DateTime<Utc>>,
}

/// An alert that tells that it is a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestAlert {
    /// The receiver that is to get it.
    pub receiver: Arc<str>,
    /// Its labels: one of them marks it, the others lead it to the receiver.
    pub labels: Labels,
    /// What it says.
    pub summary: Arc<str>,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it is over.
    pub ends_at: DateTime<Utc>,
}

/// A silence as it is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The silence that it takes the place of; `None` makes a new one.
    pub id: Option<Arc<str>>,
    /// An alert is covered when all of them match.
    pub matchers: Vec<Matcher>,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// Who makes it.
    pub author: Arc<str>,
    /// Why.
    pub comment: Arc<str>,
    /// Notes beside the comment, for servers that keep them; none for those that do not.
    pub annotations: Labels,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The identity of what was made, or of what was changed; of a task its UPID; empty where there is none.
    pub id: Arc<str>,
}
