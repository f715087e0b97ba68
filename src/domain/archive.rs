//! Backups that no backup server holds: files on a disk, what a program tells of a repository of its
//! own, and git repositories. They are judged by the same rules as a group of snapshots.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::backup::{
    Assessment, BackupGroup, BackupState, Evidence, Expectation, GroupId, LastRun, Plan, Reason, Snapshot,
    Unread, assess,
};
use super::health::Health;
use crate::text;

/// One thing that is kept. Its group has the kind `file`, `command` or `git`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Archive {
    /// What there is of it, in the form of a backup group.
    pub group: BackupGroup,
    /// The recovery point objective, where it has one of its own.
    pub rpo: Option<TimeDelta>,
    /// Why it cannot be read, sanitised.
    pub error: Option<Arc<str>>,
    /// What is not as it should be although there is a recent one: in words, sanitised.
    pub faults: Vec<Arc<str>>,
    /// Since when something waits to be saved, and what. Where this is told, a backup is not late
    /// by its own age: it is made when something changes.
    pub unsaved: Unsaved,
    /// How the last run failed, in words, sanitised.
    pub failed: Option<Arc<str>>,
    /// No job makes it.
    pub unplanned: bool,
}

/// Whether a backup that is made on a change has all changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unsaved {
    /// It is made by the clock, not on a change.
    #[default]
    Dated,
    /// Everything is saved.
    Nothing,
    /// This waits since then.
    Since(DateTime<Utc>, Arc<str>),
}

/// A backup of less than this share of the usual size lacks something.
const SHRUNK: f64 = 0.5;

impl Archive {
    /// An archive of which nothing is known yet.
    pub fn new(kind: &str, place: &str, name: &str, rpo: Option<TimeDelta>) -> Self {
        Self {
            group: BackupGroup {
                id: GroupId {
                    datastore: place.into(),
                    namespace: Arc::default(),
                    kind: kind.into(),
                    id: name.into(),
                },
                guest: Arc::default(),
                comment: Arc::default(),
                owner: Arc::default(),
                other_owner: None,
                snapshots: Arc::default(),
                unfinished: None,
            },
            rpo,
            error: None,
            faults: Vec::new(),
            unsaved: Unsaved::Dated,
            failed: None,
            unplanned: false,
        }
    }

    /// The same with copies, the oldest first; each has a time and a size in bytes.
    #[must_use]
    pub fn with_copies(mut self, copies: impl IntoIterator<Item = (DateTime<Utc>, u64)>) -> Self {
        let snapshot =
            |(at, size)| Snapshot { at, size, verification: None, protected: false, encrypted: false };
        self.group.snapshots = copies.into_iter().map(snapshot).collect();
        self
    }

    /// The same, not readable.
    #[must_use]
    pub fn with_error(mut self, error: impl Into<Arc<str>>) -> Self {
        self.error = Some(error.into());
        self
    }

    /// Judges it; `fresh` tells whether it was looked at lately.
    pub fn assess(&self, expect: Expectation, fresh: bool, now: DateTime<Utc>) -> Assessment {
        let is = |state, health, reason| Assessment { state, health, reason };
        // Nobody verifies a file: that it was never verified says nothing.
        let never = self.group.last_verified().is_none();
        let limit = if never { TimeDelta::days(36_500) } else { expect.verify_max_age };
        let expect = Expectation { verify_max_age: limit, ..expect };
        let unread = match &self.error {
            _ if !fresh => Some(Unread::Refused("it was not looked at lately".into())),
            Some(error) => Some(Unread::Refused(Arc::clone(error))),
            None => None,
        };
        let last_run =
            self.failed.as_ref().map(|error| LastRun { ended: now, error: Some(Arc::clone(error)) });
        let plan = if self.unplanned { Plan::NoJob } else { Plan::Unknown };
        let evidence = Evidence { unread, last_run, plan, ..Evidence::default() };
        let dated = matches!(self.unsaved, Unsaved::Dated);
        let by_age = Expectation { rpo: if dated { expect.rpo } else { TimeDelta::days(36_500) }, ..expect };
        let found = assess(&self.group, by_age, &evidence, now);
        if found.health != Health::Ok || found.state == BackupState::Exempt {
            return found;
        }
        if let Unsaved::Since(since, what) = &self.unsaved {
            let waits = now - *since;
            let told = Reason::Fault(format!("{what} for {}", text::age(waits)).into());
            if waits > expect.rpo {
                let health = if waits > expect.rpo * 2 { Health::Critical } else { Health::Warning };
                return is(BackupState::Late, health, told);
            }
        }
        match self.fault() {
            Some(fault) => is(BackupState::Unverified, Health::Warning, Reason::Fault(fault)),
            None => found,
        }
    }

    /// What is not as it should be: the first of it.
    fn fault(&self) -> Option<Arc<str>> {
        if let Some(fault) = self.faults.first() {
            return Some(Arc::clone(fault));
        }
        let newest = self.group.newest()?.size;
        let share = self.group.growth().filter(|share| *share < SHRUNK)?;
        Some(format!("the newest has {}, {:.0} % of the usual", text::bytes(newest), share * 100.0).into())
    }
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
