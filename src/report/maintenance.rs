//! What `wardroom maintenance list` says.

use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::SCHEMA;
use crate::domain::health::Health;
use crate::domain::maintenance::{self, Maintenance as Known, Phase};
use crate::domain::store::Store;

/// Every maintenance that is planned, goes on or is over time. Serialised it is schema 1.
#[derive(Clone, Debug, Serialize)]
pub struct Maintenance {
    /// [`SCHEMA`].
    pub schema: u32,
    /// When it was looked.
    pub at: DateTime<Utc>,
    /// Each, by its beginning.
    pub maintenance: Vec<MaintenanceRow>,
}

/// One of them.
#[derive(Clone, Debug, Serialize)]
pub struct MaintenanceRow {
    /// What it is called.
    pub name: Arc<str>,
    /// `planned`, `going` or `overrun`.
    pub state: String,
    /// When it begins.
    pub from: DateTime<Utc>,
    /// When it is to be over.
    pub to: DateTime<Utc>,
    /// Who planned it.
    pub by: Arc<str>,
    /// Why.
    pub text: Arc<str>,
    /// The sources that are expected to be down.
    pub down: Vec<Arc<str>>,
    /// Whose alerts are hidden.
    pub subjects: Vec<String>,
    /// What has to be so for it to be over.
    pub checks: Vec<CheckRow>,
    /// What it says of itself.
    #[serde(skip)]
    words: String,
}

/// A line of the list by which it is seen that all is back.
#[derive(Clone, Debug, Serialize)]
pub struct CheckRow {
    /// What has to be so.
    pub what: String,
    /// Whether it is.
    pub state: Health,
    /// What that rests on.
    pub evidence: String,
}

fn row(one: &Known, store: &Store, now: DateTime<Utc>) -> MaintenanceRow {
    let said = |matchers: &Vec<crate::domain::silence::Matcher>| {
        matchers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    };
    let checks = one.checks(store, now).into_iter();
    MaintenanceRow {
        name: Arc::clone(&one.name),
        state: one.phase(now).to_string(),
        from: one.window.from,
        to: one.window.to,
        by: Arc::clone(&one.by),
        text: Arc::clone(&one.text),
        down: one.down.clone(),
        subjects: one.subjects.iter().map(said).collect(),
        checks: checks
            .map(|check| CheckRow { what: check.what, state: check.state, evidence: check.evidence })
            .collect(),
        words: one.words(now),
    }
}

impl Maintenance {
    /// What `store` knows at `now`.
    pub fn of(store: &Store, now: DateTime<Utc>) -> Self {
        let rows = maintenance::all(store).iter().map(|one| row(one, store, now)).collect();
        Self { schema: SCHEMA, at: now, maintenance: rows }
    }

    /// Whether something is over time.
    pub fn is_over_time(&self) -> bool {
        let overrun = Phase::Overrun.to_string();
        self.maintenance.iter().any(|row| row.state == overrun)
    }

    /// For programs.
    pub fn json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut told = String::new();
        for row in &self.maintenance {
            let _infallible = writeln!(told, "{} (by {})", row.words, row.by);
            for check in &row.checks {
                let CheckRow { what, state, evidence } = check;
                let _infallible = writeln!(told, "  {:<9} {what}: {evidence}", state.as_ref());
            }
        }
        if told.is_empty() { "no maintenance is planned\n".to_owned() } else { told }
    }
}
