//! What Proxmox Backup Server says, turned into domain values. Lists come in random order, an
//! optional field is absent or null, and new words appear with every release.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::domain::backup::{BackupGroup, GroupId, Snapshot, Verification};
use crate::domain::datastore::Datastore;
use crate::domain::instant;
use crate::domain::room::Climbs;
use crate::domain::task::{Outcome, Task};
use crate::sources::wire::Wrong;
use crate::text::sanitise;

/// So far back the days tell what a night takes.
const FORTNIGHT: TimeDelta = TimeDelta::days(14);

#[derive(Deserialize)]
struct Answer<T> {
    data: T,
}

/// An entry of `/status/datastore-usage`, and the numbers of `/admin/datastore/STORE/status`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Usage {
    #[serde(default)]
    pub store: String,
    // Version 2 says -1 for "cannot tell".
    pub used: Option<i64>,
    pub avail: Option<i64>,
    pub estimated_full_date: Option<i64>,
    /// The used share of the last month, the oldest first.
    #[serde(default)]
    pub history: Option<Vec<Option<f64>>>,
    pub history_delta: Option<i64>,
    pub error: Option<String>,
}

/// An entry of `/admin/datastore`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Store {
    #[serde(rename = "store")]
    pub name: String,
    maintenance: Option<String>,
    mount_status: Option<String>,
}

/// An entry of `/admin/datastore/STORE/namespace`.
#[derive(Debug, Deserialize)]
pub(super) struct Namespace {
    pub ns: String,
}

/// An entry of `/admin/datastore/STORE/groups`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Group {
    pub backup_type: String,
    pub backup_id: String,
    pub last_backup: i64,
    pub backup_count: u64,
    owner: Option<String>,
    comment: Option<String>,
}

/// An entry of `/admin/datastore/STORE/snapshots`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct SnapshotItem {
    backup_time: i64,
    #[serde(default)]
    files: Vec<File>,
    size: Option<u64>,
    verification: Option<VerificationItem>,
    comment: Option<String>,
    owner: Option<String>,
    #[serde(default)]
    protected: bool,
    fingerprint: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    filename: String,
    crypt_mode: Option<String>,
}

#[derive(Debug, Deserialize)]
struct VerificationItem {
    state: String,
    upid: String,
}

/// An entry of `/nodes/localhost/tasks`.
#[derive(Debug, Deserialize)]
pub(super) struct TaskItem {
    upid: String,
    worker_type: String,
    worker_id: Option<String>,
    user: String,
    starttime: i64,
    endtime: Option<i64>,
    status: Option<String>,
}

/// Privileges by path, as `/access/permissions` tells them.
pub(super) type Permissions = BTreeMap<String, BTreeMap<String, bool>>;

/// Reads the `data` of an answer.
pub(super) fn data<T: DeserializeOwned>(body: &str) -> Result<T, Wrong> {
    let answer: Result<Answer<T>, _> = serde_json::from_str(body);
    answer.map(|answer| answer.data).map_err(Wrong::strange)
}

/// Whether the token may see any datastore, or a part of one.
pub(super) fn sees_datastores(permissions: &Permissions) -> bool {
    let sees = |privileges: &BTreeMap<String, bool>| {
        ["Datastore.Audit", "Datastore.Backup"].iter().any(|name| privileges.contains_key(*name))
    };
    permissions.iter().any(|(path, privileges)| {
        (path == "/" || path == "/datastore" || path.starts_with("/datastore/")) && sees(privileges)
    })
}

/// Whether the token sees the tasks of everybody.
pub(super) fn sees_tasks(permissions: &Permissions) -> bool {
    // The closest path decides: a right given there replaces what came from above.
    let closest = ["/system/tasks", "/system", "/"].iter().find_map(|path| permissions.get(*path));
    closest.is_some_and(|privileges| privileges.contains_key("Sys.Audit"))
}

/// Whether the token sees the jobs that copy from or to another server.
pub(super) fn sees_remotes(permissions: &Permissions) -> bool {
    let closest = ["/remote", "/"].iter().find_map(|path| permissions.get(*path));
    closest.is_some_and(|privileges| privileges.contains_key("Remote.Audit"))
}

impl Store {
    /// Why it does not work as usual, if somebody wanted that.
    pub fn maintenance(&self) -> Option<Arc<str>> {
        match &self.maintenance {
            Some(text) => Some(maintenance(text).into()),
            None if self.mount_status.as_deref() == Some("notmounted") => Some("not mounted".into()),
            None => None,
        }
    }
}

/// `offline,message=replacing disk sdc`, `type=offline,message="a%2C b"`.
fn maintenance(text: &str) -> String {
    let mut kind = "";
    let mut message = String::new();
    for part in parts(text) {
        match part.split_once('=') {
            None => kind = part,
            Some(("type", value)) => kind = value,
            Some(("message", value)) => message = decoded(value.trim_matches('"')),
            Some(_) => {}
        }
    }
    let told = if message.is_empty() { kind.to_owned() } else { format!("{kind}: {message}") };
    sanitise(&told).into_owned()
}

/// The parts between commas; a comma between quotes is none.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    text.split(move |char| {
        is_quoted ^= char == '"';
        char == ',' && !is_quoted
    })
}

/// `%2C` is a comma.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        if let Some(byte) = after.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(byte);
            rest = after.get(2..).unwrap_or_default();
        } else {
            bytes.push(b'%');
            rest = after;
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A datastore from its place in the list and its numbers.
pub(super) fn datastore(store: &Store, usage: Option<&Usage>, now: DateTime<Utc>) -> Datastore {
    let bytes = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok());
    let numbers = usage.and_then(|usage| Some((bytes(usage.used)?, bytes(usage.avail)?)));
    // Who may read a namespace only is told that everything is zero.
    let (used, total) = match numbers {
        // What the file system keeps for root is of no use to a backup: as the server reckons.
        Some((used, avail)) if used + avail > 0 => (Some(used), Some(used + avail)),
        _ => (None, None),
    };
    // A date in the past means that it shrinks, or stays as it is.
    let full_at =
        usage.and_then(|usage| instant::of_seconds(usage.estimated_full_date?)).filter(|at| *at > now);
    let climbs = usage.zip(total).and_then(|(usage, total)| {
        let step = TimeDelta::try_seconds(usage.history_delta?)?;
        let shares = usage.history.as_deref()?;
        let days = usize::try_from(FORTNIGHT.num_seconds() / step.num_seconds().max(1)).ok()?;
        Climbs::of(shares.get(shares.len().saturating_sub(days)..)?, step, total)
    });
    Datastore {
        name: sanitise(&store.name).into(),
        used,
        total,
        climbs,
        full_at,
        maintenance: store.maintenance(),
        error: usage.and_then(|usage| Some(sanitise(usage.error.as_deref()?).into())),
    }
}

impl Group {
    /// What changes when a snapshot comes or goes.
    pub const fn mark(&self) -> (u64, i64) {
        (self.backup_count, self.last_backup)
    }

    /// Its identity in the lists.
    pub fn id(&self, datastore: &str, namespace: &str) -> GroupId {
        GroupId {
            datastore: sanitise(datastore).into(),
            namespace: sanitise(namespace).into(),
            kind: sanitise(&self.backup_type).into(),
            id: sanitise(&self.backup_id).into(),
        }
    }

    /// The group with its snapshots.
    pub fn judge(&self, id: GroupId, mut items: Vec<SnapshotItem>) -> BackupGroup {
        items.sort_by_key(|item| item.backup_time);
        let begun = |item: &SnapshotItem| instant::of_seconds(item.backup_time);
        let comments = items.iter().rev().filter_map(|item| item.comment.as_deref()?.lines().next());
        let guest = comments.map(str::trim).find(|comment| !comment.is_empty()).unwrap_or_default();
        let owner = self.owner.as_deref().unwrap_or_default();
        let others = items.iter().filter_map(|item| item.owner.as_deref());
        let other = others.filter(|other| !owner.is_empty() && *other != owner).max();
        let note = self.comment.as_deref().and_then(|comment| comment.lines().next()).unwrap_or_default();
        BackupGroup {
            id,
            guest: sanitise(guest).into(),
            comment: sanitise(note.trim()).into(),
            owner: sanitise(owner).into(),
            other_owner: other.map(|other| sanitise(other).into()),
            snapshots: items.iter().filter_map(SnapshotItem::finished).collect(),
            unfinished: items.iter().rev().filter(|item| !item.is_finished()).find_map(begun),
        }
    }
}

impl SnapshotItem {
    /// Whether the backup came to its end: the list of its files is written last.
    fn is_finished(&self) -> bool {
        self.files.iter().any(|file| file.filename == "index.json.blob")
    }

    fn finished(&self) -> Option<Snapshot> {
        let at = instant::of_seconds(self.backup_time).filter(|_| self.is_finished())?;
        let verification = self.verification.as_ref().and_then(|verification| {
            let when = began(&verification.upid).unwrap_or(at);
            match verification.state.as_str() {
                "ok" => Some(Verification::Ok(when)),
                "failed" => Some(Verification::Failed(when)),
                _ => None,
            }
        });
        let encrypted = self.fingerprint.is_some()
            || self.files.iter().any(|file| file.crypt_mode.as_deref() == Some("encrypt"));
        Some(Snapshot {
            at,
            size: self.size.unwrap_or(0),
            verification,
            protected: self.protected,
            encrypted,
        })
    }
}

/// When the task of a UPID began: `UPID:node:pid:pstart:task:START:type:id:user:`, in hexadecimal.
pub(super) fn began(upid: &str) -> Option<DateTime<Utc>> {
    let seconds = i64::from_str_radix(upid.split(':').nth(5)?, 16).ok()?;
    instant::of_seconds(seconds)
}

/// Tasks of several answers, each once, the newest first. A task that ended between two answers is
/// in both: what knows its end counts.
pub(super) fn tasks(items: impl IntoIterator<Item = TaskItem>) -> Vec<Task> {
    let mut by_id: BTreeMap<Arc<str>, Task> = BTreeMap::new();
    for task in items.into_iter().filter_map(TaskItem::read) {
        let known = by_id.entry(Arc::clone(&task.upid)).or_insert_with(|| task.clone());
        if known.ended.is_none() {
            *known = task;
        }
    }
    let mut all: Vec<Task> = by_id.into_values().collect();
    all.sort_by(|one, other| other.started.cmp(&one.started).then_with(|| one.upid.cmp(&other.upid)));
    all
}

impl TaskItem {
    fn read(self) -> Option<Task> {
        let clean = |text: &str| Arc::<str>::from(sanitise(text));
        Some(Task {
            upid: clean(&self.upid),
            kind: clean(&self.worker_type),
            id: clean(self.worker_id.as_deref().unwrap_or_default()),
            user: clean(&self.user),
            started: instant::of_seconds(self.starttime)?,
            ended: self.endtime.and_then(instant::of_seconds),
            outcome: Outcome::of(self.status.as_deref().map(sanitise).as_deref()),
            progress: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maintenance_is_told_in_words() {
        for (text, told) in [
            ("offline,message=replacing disk sdc", "offline: replacing disk sdc"),
            ("read-only", "read-only"),
            ("type=offline,message=\"disk, \u{1b}[31mgone%2C100%\"", "offline: disk, gone,100%"),
            ("message=x,type=s3-refresh", "s3-refresh: x"),
        ] {
            assert_eq!(maintenance(text), told);
        }
    }

    #[test]
    fn a_task_that_ended_between_two_answers_has_ended() {
        let running = r#"{"upid":"U","worker_type":"backup","worker_id":null,"user":"u","starttime":5}"#;
        let ended =
            r#"{"upid":"U","worker_type":"backup","user":"u","starttime":5,"endtime":9,"status":"OK"}"#;
        let read = |text: &str| serde_json::from_str::<TaskItem>(text).expect("a task");
        for order in [[running, ended], [ended, running]] {
            let tasks = tasks(order.map(read));
            assert_eq!(tasks.len(), 1);
            assert!(tasks.iter().all(|task| task.outcome == Outcome::Ok && task.ended.is_some()));
        }
    }

    #[test]
    fn the_time_of_a_verification_is_that_of_its_task() {
        let upid = "UPID:vm:00006575:0003AFD7:00000033:6B00AE1C:verify_snapshot:main:monitor@pbs!op:";
        assert_eq!(began(upid).map(|at| at.timestamp()), Some(0x6B00_AE1C));
        assert_eq!(began("UPID:x"), None);
    }

    #[test]
    fn the_closest_path_decides() {
        let read = |text: &str| serde_json::from_str::<Permissions>(text).expect("permissions");
        let all = read(r#"{"/":{"Sys.Audit":true,"Datastore.Audit":true}}"#);
        assert!(sees_tasks(&all) && sees_datastores(&all));
        let less = read(
            r#"{"/":{"Sys.Audit":true},"/system/tasks":{},"/datastore/a/ns":{"Datastore.Backup":true}}"#,
        );
        assert!(!sees_tasks(&less) && sees_datastores(&less));
        assert!(!sees_datastores(&read("{}")) && !sees_tasks(&read("{}")));
    }
}
