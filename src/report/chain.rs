//! The chain of a report.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::domain::chain::{self, Link};
use crate::domain::health::Health;
use crate::domain::store::Store;

/// A link of the chain.
#[derive(Clone, Debug, Serialize)]
pub struct LinkRow {
    /// Where from.
    pub from: Arc<str>,
    /// Where to.
    pub to: Arc<str>,
    /// How it is.
    pub state: Health,
    /// Since when, as far as is known.
    pub since: Option<DateTime<Utc>>,
    /// What is wrong, or what was measured.
    pub text: String,
}

pub(super) fn rows(store: &Store, now: DateTime<Utc>) -> Vec<LinkRow> {
    let row = |Link { from, to, state, since, text, .. }| LinkRow { from, to, state, since, text };
    chain::links(store, now).into_iter().map(row).collect()
}
