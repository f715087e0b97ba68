//! Datastores, and the groups and snapshots in them.

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::super::script::backups::{Backups, Group, STORES, Snapshot, Store};
use super::super::script::{DAY, Script, mix};
use super::super::serve::{Answer, Ask};
use super::{Seconds, data, flag, parameter, tasks, text};

/// The usage of 30 days, every half an hour.
const HISTORY: i64 = 1_440;
const HALF_AN_HOUR: i64 = 1_800;

/// The datastore of that name.
pub fn find(name: &str) -> Result<&'static Store, Answer> {
    if name.len() < 3 {
        return Err(parameter("store", "value must be at least 3 characters long"));
    }
    let missing = || text(StatusCode::BAD_REQUEST, &format!("no such datastore '{name}'"));
    STORES.iter().find(|store| store.name == name).ok_or_else(missing)
}

/// The root namespace is the only one.
fn in_root(ask: &Ask) -> Result<(), Answer> {
    match ask.get("ns") {
        None | Some("") => Ok(()),
        Some(_) => Err(text(StatusCode::BAD_REQUEST, "ENOENT: No such file or directory")),
    }
}

/// `/admin/datastore`.
pub fn list() -> Answer {
    let stores: Vec<_> =
        STORES.iter().map(|store| json!({ "comment": store.comment, "store": store.name })).collect();
    data(&stores)
}

/// `/admin/datastore/STORE/namespace`.
pub fn namespaces(store: &str) -> Result<Answer, Answer> {
    find(store).map(|_| data(&[json!({ "ns": "" })]))
}

/// Bytes used at a time: it grows steadily.
fn used(store: &Store, script: &Script, now: Seconds) -> u64 {
    const MONTH: u64 = (30 * DAY).unsigned_abs();
    let (then, today) = store.share;
    let since = (now - script.anchor.timestamp() + 30 * DAY).max(0).unsigned_abs();
    let millionths = then * 1_000 + (today - then) * 1_000 * since / MONTH;
    store.total / 1_000_000 * millionths.min(990_000)
}

/// `/admin/datastore/STORE/status`.
pub fn status(script: &Script, store: &str, ask: &Ask, now: Seconds) -> Result<Answer, Answer> {
    let store = find(store)?;
    let used = used(store, script, now);
    let mut status = json!({ "avail": store.total - used, "total": store.total, "used": used });
    if flag(ask, "verbose")
        && let Some(status) = status.as_object_mut()
    {
        let backups = &script.backups;
        let count = |kind: &str| {
            let groups =
                backups.groups.iter().filter(|group| group.store == store.name && group.kind == kind);
            let counts: Vec<usize> = groups.map(|group| backups.snapshots(group, now).len()).collect();
            match counts.len() {
                0 => Value::Null,
                groups => json!({ "groups": groups, "snapshots": counts.iter().sum::<usize>() }),
            }
        };
        let counts = json!({ "ct": count("ct"), "host": count("host"), "other": null, "vm": count("vm") });
        status.insert("counts".to_owned(), counts);
        status.insert("gc-status".to_owned(), Value::Object(tasks::collection(backups, store, now)));
    }
    Ok(data(&status))
}

/// `/status/datastore-usage`.
pub fn usage(script: &Script, now: Seconds) -> Answer {
    let last = now.div_euclid(HALF_AN_HOUR) * HALF_AN_HOUR;
    let first = last - (HISTORY - 1) * HALF_AN_HOUR;
    let stores: Vec<Usage> = STORES
        .iter()
        .map(|store| {
            let used_now = used(store, script, now);
            let history = (0..HISTORY).map(|at| {
                let time = first + at * HALF_AN_HOUR;
                // Every fiftieth value was not measured.
                let measured = !mix(&[script.seed, time.unsigned_abs(), store.total]).is_multiple_of(50);
                measured.then(|| used(store, script, time) as f64 / store.total as f64)
            });
            Usage {
                avail: store.total - used_now,
                estimated_full_date: script.at(store.full).timestamp(),
                gc_status: tasks::collection(&script.backups, store, now),
                history: history.collect(),
                history_delta: HALF_AN_HOUR,
                history_start: first,
                store: store.name,
                total: store.total,
                used: used_now,
            }
        })
        .collect();
    data(&stores)
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Usage {
    avail: u64,
    estimated_full_date: i64,
    gc_status: Map<String, Value>,
    history: Vec<Option<f64>>,
    history_delta: i64,
    history_start: i64,
    store: &'static str,
    total: u64,
    used: u64,
}

/// The files of a group's backup, with their sizes.
fn files(group: &Group, snapshot: &Snapshot) -> [(&'static str, u64); 3] {
    match group.kind {
        "vm" => [
            ("drive-scsi0.img.fidx", snapshot.size),
            ("qemu-server.conf.blob", 417),
            ("index.json.blob", 494),
        ],
        _ => [("root.pxar.didx", snapshot.size), ("catalog.pcat1.didx", 1_843_200), ("index.json.blob", 587)],
    }
}

/// `/admin/datastore/STORE/groups`.
pub fn groups(backups: &Backups, store: &str, ask: &Ask, now: Seconds) -> Result<Answer, Answer> {
    let store = find(store)?;
    in_root(ask)?;
    let groups = backups.groups.iter().filter(|group| group.store == store.name);
    let groups: Vec<_> = groups
        .map(|group| {
            let snapshots = backups.snapshots(group, now);
            let newest = snapshots.last();
            let files: Vec<&str> = match newest {
                Some(snapshot) if snapshot.finished => files(group, snapshot).map(|(name, _)| name).into(),
                _ => Vec::new(),
            };
            GroupItem {
                backup_count: snapshots.len(),
                backup_id: &group.id,
                backup_type: group.kind,
                comment: Some(group.guest).filter(|guest| !guest.is_empty()),
                files,
                last_backup: newest.map_or(0, |snapshot| snapshot.at),
                owner: OWNER,
            }
        })
        .collect();
    Ok(data(&groups))
}

/// Who made all backups.
const OWNER: &str = "backup@pbs!pve";

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct GroupItem<'a> {
    backup_count: usize,
    backup_id: &'a str,
    backup_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'static str>,
    files: Vec<&'static str>,
    last_backup: i64,
    owner: &'static str,
}

/// `/admin/datastore/STORE/snapshots`.
pub fn snapshots(backups: &Backups, store: &str, ask: &Ask, now: Seconds) -> Result<Answer, Answer> {
    let store = find(store)?;
    let kind = ask.get("backup-type");
    if let Some(kind) = kind.filter(|kind| !["vm", "ct", "host"].contains(kind)) {
        return Err(parameter("backup-type", &format!("value '{kind}' is not defined in the enumeration.")));
    }
    in_root(ask)?;
    let id = ask.get("backup-id");
    let groups = backups.groups.iter().filter(|group| {
        group.store == store.name
            && kind.is_none_or(|kind| kind == group.kind)
            && id.is_none_or(|id| *id == *group.id)
    });
    let snapshots: Vec<_> = groups
        .flat_map(|group| backups.snapshots(group, now).into_iter().map(|snapshot| item(group, &snapshot)))
        .collect();
    Ok(data(&snapshots))
}

fn item<'a>(group: &'a Group, snapshot: &Snapshot) -> SnapshotItem<'a> {
    let files = if snapshot.finished { &files(group, snapshot)[..] } else { &[] };
    let verification = snapshot.verified.as_ref().map(|task| Verification { upid: task.upid(), state: "ok" });
    SnapshotItem {
        backup_type: group.kind,
        backup_id: &group.id,
        backup_time: snapshot.at,
        comment: Some(group.guest).filter(|guest| snapshot.finished && !guest.is_empty()),
        verification,
        size: snapshot.finished.then(|| files.iter().map(|(_, size)| size).sum()),
        files: files
            .iter()
            .map(|(name, size)| File { filename: name, crypt_mode: "none", size: *size })
            .collect(),
        owner: OWNER,
        protected: false,
    }
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct SnapshotItem<'a> {
    backup_type: &'static str,
    backup_id: &'a str,
    backup_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verification: Option<Verification>,
    files: Vec<File>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    owner: &'static str,
    protected: bool,
}

#[derive(Serialize)]
struct Verification {
    upid: String,
    state: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    filename: &'static str,
    crypt_mode: &'static str,
    size: u64,
}
