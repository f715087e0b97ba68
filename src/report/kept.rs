//! The rows of a report that tell of backups and of where they are kept.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::rows::round;
use crate::domain::backup::{BackupState, Verification};
use crate::domain::datastore::Datastore;
use crate::domain::drill;
use crate::domain::feed::{Feed, seconds};
use crate::domain::health::Health;
use crate::domain::off_site::Copies;
use crate::domain::store::{SourceState, Store};
use crate::domain::verdict::JudgedBackup;

/// A backup group, judged.
#[derive(Clone, Debug, Serialize)]
pub struct BackupRow {
    /// The name of its server.
    pub source: Arc<str>,
    /// Its datastore.
    pub datastore: Arc<str>,
    /// Its namespace; empty for the root.
    pub namespace: Arc<str>,
    /// `vm`, `ct` or `host`.
    #[serde(rename = "type")]
    pub kind: Arc<str>,
    /// The VMID, or the host's name.
    pub id: Arc<str>,
    /// The guest's name; empty when nobody wrote it down.
    pub guest: Arc<str>,
    /// The newest finished backup that no verification found broken.
    pub last_good: Option<DateTime<Utc>>,
    /// Its age in seconds.
    pub age: Option<f64>,
    /// The oldest that it may be, in seconds.
    pub rpo: f64,
    /// The state.
    pub state: BackupState,
    /// Why; empty when all is well.
    pub reason: String,
    /// What verification said: `failed` of the newest, else `old` when nothing was verified for too
    /// long, else `ok` or `none` of the newest.
    pub verify: &'static str,
    /// Seconds since the newest verification of the group, or since the newest was found broken.
    pub verify_age: Option<f64>,
    /// Bytes of the newest backup.
    pub size: Option<u64>,
    /// The newest snapshot that a verification found good.
    pub last_verified: Option<DateTime<Utc>>,
    /// The newest size against the median of the seven before it, 1 for no change.
    pub size_change: Option<f64>,
    /// How long the last run took, in seconds.
    pub duration: Option<f64>,
    /// The same against the median of the seven before it, 1 for no change.
    pub duration_change: Option<f64>,
    /// How many finished snapshots there are.
    pub snapshots: usize,
    /// Who owns the group.
    pub owner: Arc<str>,
    /// The newest good copy of the guest that is kept elsewhere.
    pub off_site: Option<OffSite>,
    /// The last restore of it that was tried, and worked; null when nobody ever tried.
    pub drill: Option<DrillRow>,
}

/// A copy that is kept elsewhere.
#[derive(Clone, Debug, Serialize)]
pub struct OffSite {
    /// The name of its server.
    pub source: Arc<str>,
    /// Its datastore.
    pub datastore: Arc<str>,
    /// When the backup was made.
    pub at: DateTime<Utc>,
    /// The same in seconds.
    pub age: f64,
}

/// A restore drill.
#[derive(Clone, Debug, Serialize)]
pub struct DrillRow {
    /// When.
    pub at: DateTime<Utc>,
    /// Who did it.
    pub by: Arc<str>,
    /// In the operator's words.
    pub note: Arc<str>,
    /// When the next is due.
    pub due: DateTime<Utc>,
}

/// Every backup group that is known, judged.
pub(super) fn backups(store: &Store, judged: &[JudgedBackup<'_>], now: DateTime<Utc>) -> Vec<BackupRow> {
    let copies = Copies::of(judged, store, now);
    let row = |one: &JudgedBackup<'_>| {
        let off_site = copies.newest(one).map(|copy| OffSite {
            source: copy.source.name,
            datastore: copy.datastore,
            age: round(seconds(now - copy.at)),
            at: copy.at,
        });
        let drill = drill::last(&store.drills, &one.source.id, &one.group.id).map(|last| DrillRow {
            at: last.at,
            by: Arc::clone(&last.by),
            note: Arc::clone(&last.note),
            due: last.at + store.thresholds.drill_every,
        });
        BackupRow { off_site, drill, ..BackupRow::of(one, now) }
    };
    judged.iter().map(row).collect()
}

impl BackupRow {
    fn of(judged: &JudgedBackup<'_>, now: DateTime<Utc>) -> Self {
        let group = judged.group;
        let limit = judged.expect.verify_max_age;
        let newest = group.newest();
        let last_verified = group.last_verified();
        let verified = last_verified.and_then(|snapshot| snapshot.verified());
        let is_old = verified.is_some_and(|at| now - at > limit);
        let verify = match newest.and_then(|newest| newest.verification) {
            Some(Verification::Failed(_)) => "failed",
            _ if is_old => "old",
            Some(Verification::Ok(_)) => "ok",
            None => "none",
        };
        let verified = match newest.and_then(|newest| newest.verification) {
            Some(Verification::Failed(at)) => Some(at),
            _ => verified,
        };
        Self {
            source: Arc::clone(&judged.source.id.name),
            datastore: Arc::clone(&group.id.datastore),
            namespace: Arc::clone(&group.id.namespace),
            kind: Arc::clone(&group.id.kind),
            id: Arc::clone(&group.id.id),
            guest: Arc::clone(&group.guest),
            last_good: group.last_good().map(|good| good.at),
            age: group.age(now).map(round),
            rpo: seconds(judged.expect.rpo),
            state: judged.assessment.state,
            reason: judged.assessment.reason.to_string(),
            verify,
            verify_age: verified.map(|at| round(seconds(now - at))),
            size: newest.map(|newest| newest.size),
            last_verified: last_verified.map(|snapshot| snapshot.at),
            size_change: group.growth().map(round),
            duration: judged.took().map(|took| took.last),
            duration_change: judged.took().and_then(|took| took.growth).map(round),
            snapshots: group.snapshots.len(),
            owner: Arc::clone(&group.owner),
            off_site: None,
            drill: None,
        }
    }
}

/// A datastore.
#[derive(Clone, Debug, Serialize)]
pub struct DatastoreRow {
    /// The name of its server.
    pub source: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Bytes used.
    pub used: Option<u64>,
    /// Bytes in all.
    pub total: Option<u64>,
    /// When it will be full.
    pub full_at: Option<DateTime<Utc>>,
    /// How bad that is.
    pub state: Health,
    /// Why the server cannot say, or what its maintenance is about.
    pub reason: Option<Arc<str>>,
}

impl DatastoreRow {
    pub(super) fn of(source: &SourceState, datastore: &Datastore, store: &Store, now: DateTime<Utc>) -> Self {
        let heard = source.is_fresh(Feed::Datastores, now);
        Self {
            source: Arc::clone(&source.id.name),
            name: Arc::clone(&datastore.name),
            used: datastore.used,
            total: datastore.total,
            full_at: datastore.full_at,
            state: if heard { datastore.health(&store.thresholds.fill, now) } else { Health::Unknown },
            reason: datastore.maintenance.clone().or_else(|| datastore.error.clone()),
        }
    }
}
