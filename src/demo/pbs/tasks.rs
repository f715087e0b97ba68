//! Tasks, their logs, and the jobs that start them.

use axum::http::StatusCode;
use chrono::{DateTime, SecondsFormat};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::super::script::backups::{Backups, Store};
use super::super::script::tasks::{JOBS, Job, PID, PSTART, Task};
use super::super::serve::{Answer, Ask};
use super::{JSON, Seconds, accepts, data, flag, parameter, stores, text};

/// What the task list takes for a status.
const STATUS: [&str; 4] = ["ok", "warning", "error", "unknown"];

/// `/nodes/NODE/tasks`.
pub fn list(backups: &Backups, ask: &Ask, now: Seconds) -> Result<Answer, Answer> {
    accepts(
        ask,
        &[
            "start",
            "limit",
            "running",
            "errors",
            "userfilter",
            "typefilter",
            "statusfilter",
            "since",
            "until",
            "store",
        ],
    )?;
    if let Some(strange) = ask.all("statusfilter").find(|status| !STATUS.contains(status)) {
        return Err(parameter(
            "statusfilter",
            &format!("value '{strange}' is not defined in the enumeration."),
        ));
    }
    let number = |name, default: i64| match ask.get(name) {
        None => Ok(default),
        Some(text) => text.parse::<i64>().map_err(|_| parameter(name, "invalid digit found in string")),
    };
    let (start, limit) = (number("start", 0)?, number("limit", 50)?);
    let (since, until) = (number("since", i64::MIN)?, number("until", i64::MAX)?);
    let statuses: Vec<&str> = ask.all("statusfilter").collect();
    let wanted = |task: &Task| {
        let running = task.is_running(now);
        let status = if task.status == "OK" { "ok" } else { "error" };
        (since..=until).contains(&task.start)
            && (!flag(ask, "running") || running)
            && (!flag(ask, "errors") || running || status == "error")
            && (statuses.is_empty() || !running && statuses.contains(&status))
            && ask.get("userfilter").is_none_or(|user| task.user.contains(user))
            && ask.get("typefilter").is_none_or(|kind| task.kind.contains(kind))
            && ask.get("store").is_none_or(|store| task.store() == store)
    };
    let start = usize::try_from(start).unwrap_or(0);
    let most = usize::try_from(limit).ok().filter(|limit| *limit > 0).unwrap_or(usize::MAX);
    let tasks = backups.tasks(now);
    let page: Vec<_> =
        tasks.iter().filter(|task| wanted(task)).skip(start).take(most).map(|task| item(task, now)).collect();
    // The server does not count: it says that there is one more when the page is full.
    let total = start + page.len() + usize::from(page.len() == most);
    Ok(Answer::json(JSON, &List { total, data: page }))
}

#[derive(Serialize)]
struct List {
    total: usize,
    data: Vec<Item>,
}

#[derive(Serialize)]
struct Item {
    upid: String,
    node: &'static str,
    pid: u32,
    pstart: u32,
    starttime: i64,
    worker_type: &'static str,
    worker_id: String,
    user: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    endtime: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
}

fn item(task: &Task, now: Seconds) -> Item {
    let ended = !task.is_running(now);
    Item {
        upid: task.upid(),
        node: "localhost",
        pid: PID,
        pstart: PSTART,
        starttime: task.start,
        worker_type: task.kind,
        worker_id: task.id.clone(),
        user: task.user,
        endtime: ended.then_some(task.end),
        status: ended.then_some(task.status),
    }
}

/// Checks a UPID: nine fields behind its mark.
fn parts(upid: &str) -> Result<Vec<&str>, Answer> {
    if upid.len() < 36 {
        return Err(parameter("upid", "value must be at least 36 characters long"));
    }
    let parts: Vec<&str> = upid.split(':').collect();
    if parts.len() == 10 && parts.first() == Some(&"UPID") {
        Ok(parts)
    } else {
        Err(parameter("upid", "value does not match the regex pattern"))
    }
}

fn find(backups: &Backups, upid: &str, now: Seconds) -> Option<Task> {
    backups.tasks(now).into_iter().find(|task| task.upid() == upid)
}

/// `/nodes/NODE/tasks/UPID/status`. A task that nobody knows is said to have stopped.
pub fn status(backups: &Backups, upid: &str, now: Seconds) -> Result<Answer, Answer> {
    let parts = parts(upid)?;
    let number = |at: usize| parts.get(at).and_then(|hex| i64::from_str_radix(hex, 16).ok()).unwrap_or(0);
    let part = |at: usize| parts.get(at).copied().unwrap_or("");
    let task = find(backups, upid, now);
    let running = task.as_ref().is_some_and(|task| task.is_running(now));
    let (user, token) = part(8).split_once('!').map_or((part(8), None), |(user, token)| (user, Some(token)));
    let mut status = json!({
        "id": task.as_ref().map_or_else(|| part(7).to_owned(), |task| task.id.clone()),
        "node": part(1), "pid": number(2), "pstart": number(3), "starttime": number(5),
        "status": if running { "running" } else { "stopped" },
        "type": part(6), "upid": upid, "user": user,
    });
    if let Some(status) = status.as_object_mut() {
        if let Some(token) = token {
            status.insert("tokenid".to_owned(), token.into());
        }
        if !running {
            let end = task.map_or("unknown", |task| task.status);
            status.insert("exitstatus".to_owned(), end.into());
        }
    }
    Ok(data(&status))
}

/// `/nodes/NODE/tasks/UPID/log`.
pub fn log(backups: &Backups, upid: &str, ask: &Ask, now: Seconds) -> Result<Answer, Answer> {
    accepts(ask, &["start", "limit", "test-status", "download"])?;
    parts(upid)?;
    let missing = || text(StatusCode::BAD_REQUEST, "No such file or directory (os error 2)");
    let task = find(backups, upid, now).ok_or_else(missing)?;
    let lines = lines(&task, now);
    let number = |name, default| ask.get(name).and_then(|text| text.parse::<usize>().ok()).unwrap_or(default);
    // A start of 0 and of 1 is the first line; a limit of 0 is none.
    let start = number("start", 0).saturating_sub(1);
    let limit = Some(number("limit", 50)).filter(|limit| *limit > 0).unwrap_or(usize::MAX);
    let page =
        lines.iter().enumerate().skip(start).take(limit).map(|(at, line)| LogLine { n: at + 1, t: line });
    let log = Log {
        active: flag(ask, "test-status").then(|| task.is_running(now)),
        data: page.collect(),
        success: 1,
        total: lines.len(),
    };
    Ok(Answer::json("application/json", &log))
}

#[derive(Serialize)]
struct Log<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<bool>,
    data: Vec<LogLine<'a>>,
    success: u32,
    total: usize,
}

#[derive(Serialize)]
struct LogLine<'a> {
    n: usize,
    t: &'a str,
}

/// What a task wrote until `now`.
fn lines(task: &Task, now: Seconds) -> Vec<String> {
    let stamped = |at: i64, text: &str| {
        let time = DateTime::from_timestamp(at, 0).unwrap_or_default();
        format!("{}: {text}", time.to_rfc3339_opts(SecondsFormat::Secs, false))
    };
    let (store, name) = task.id.split_once(':').unwrap_or((&task.id, ""));
    let time = DateTime::from_timestamp(task.start, 0).unwrap_or_default();
    let time = time.to_rfc3339_opts(SecondsFormat::Secs, true);
    let mut lines = match task.kind {
        "backup" => vec![
            stamped(
                task.start,
                &format!("starting new backup on datastore '{store}' from 10.0.0.10: \"{name}/{time}\""),
            ),
            stamped(task.start, "protocol upgrade done"),
            stamped(task.start, "GET /previous_backup_time"),
            stamped(task.start, "POST /fixed_index"),
        ],
        "verificationjob" => vec![
            stamped(task.start, &format!("Starting datastore verify job '{}'", task.id)),
            stamped(task.start, &format!("verify datastore {store}")),
        ],
        "garbage_collection" => vec![
            stamped(task.start, &format!("starting garbage collection on store {store}")),
            stamped(task.start, "Start GC phase1 (mark used chunks)"),
        ],
        _ => vec![stamped(task.start, &format!("starting task on {}", task.id))],
    };
    let span = (task.end - task.start).max(1);
    let done = |percent: i64| task.start + span * percent / 100;
    let ready = if task.status == "OK" { 100 } else { 40 };
    for percent in (1..=ready).filter(|percent| done(*percent) <= now) {
        lines.push(stamped(done(percent), &format!("percentage done: {percent}.00%")));
    }
    if !task.is_running(now) {
        let end =
            if task.status == "OK" { "TASK OK".to_owned() } else { format!("TASK ERROR: {}", task.status) };
        lines.push(stamped(task.end, &end));
    }
    lines
}

/// The garbage collection of a datastore without its schedule.
pub fn collection(backups: &Backups, store: &Store, now: Seconds) -> Map<String, Value> {
    let job = JOBS.iter().find(|job| job.kind == "garbage_collection" && job.store == store.name);
    let disk = store.total / 1000 * store.share.1;
    let status = json!({
        "disk-bytes": disk, "disk-chunks": disk / 2_097_152, "index-data-bytes": store.logical,
        "index-file-count": 126, "pending-bytes": 0, "pending-chunks": 0, "removed-bad": 0,
        "removed-bytes": 4_831_838_208_u64, "removed-chunks": 2_304, "still-bad": 0,
        "upid": job.and_then(|job| backups.last(job, now)).map(|task| task.upid()),
    });
    match status {
        Value::Object(status) => status,
        _ => Map::new(),
    }
}

/// The same with its schedule and its last run.
fn scheduled(backups: &Backups, job: &Job, now: Seconds) -> Value {
    let mut status = stores::find(job.store).map(|store| collection(backups, store, now)).unwrap_or_default();
    status.insert("store".to_owned(), job.store.into());
    status.insert("schedule".to_owned(), job.schedule.into());
    status.insert("next-run".to_owned(), backups.next(job, now).into());
    if let Some(task) = backups.last(job, now).filter(|task| !task.is_running(now)) {
        status.insert("duration".to_owned(), (task.end - task.start).into());
        status.insert("last-run-endtime".to_owned(), task.end.into());
        status.insert("last-run-state".to_owned(), task.status.into());
    }
    Value::Object(status)
}

/// The jobs of a kind, of one store if one is named.
fn of<'a>(kind: &'a str, ask: &'a Ask) -> impl Iterator<Item = &'static Job> + 'a {
    let named = move |job: &&Job| ask.get("store").is_none_or(|store| store == job.store);
    JOBS.iter().filter(move |job| job.kind == kind).filter(named)
}

/// `/admin/gc`.
pub fn collections(backups: &Backups, ask: &Ask, now: Seconds) -> Answer {
    data(&of("garbage_collection", ask).map(|job| scheduled(backups, job, now)).collect::<Vec<_>>())
}

/// `/admin/datastore/STORE/gc`.
pub fn collected(backups: &Backups, store: &str, now: Seconds) -> Result<Answer, Answer> {
    let store = stores::find(store)?;
    let job = JOBS.iter().find(|job| job.kind == "garbage_collection" && job.store == store.name);
    Ok(data(&job.map(|job| scheduled(backups, job, now))))
}

/// `/admin/verify`, `/admin/prune`, `/admin/sync`.
pub fn jobs(backups: &Backups, kind: &str, ask: &Ask, now: Seconds) -> Answer {
    let (kind, digest) = match kind {
        "verify" => ("verificationjob", "32babe51f2fd9bb7aa685cf5faafff2846b71c99ae54d9f6be46e435061c5258"),
        "prune" => ("prunejob", "0caa434798b00943535c00cf6de6a4fae62036f28bcf93a3d780372c22a18793"),
        _ => ("syncjob", "787b9420a270bbf2a9f7e5ae551093fa951a7ceb848461c6b3396b4144962a75"),
    };
    let jobs: Vec<Value> = of(kind, ask)
        .map(|job| {
            let mut item = match kind {
                "verificationjob" => json!({ "ignore-verified": true, "outdated-after": 30 }),
                "prunejob" => json!({ "keep-last": 3, "keep-daily": 14, "keep-weekly": 4 }),
                _ => json!({ "owner": "root@pam", "remote-store": "main", "group-filter": ["group:ct/230"] }),
            };
            if let Some(item) = item.as_object_mut() {
                item.insert("id".to_owned(), job.name.into());
                item.insert("store".to_owned(), job.store.into());
                item.insert("schedule".to_owned(), job.schedule.into());
                item.insert("next-run".to_owned(), backups.next(job, now).into());
                if let Some(task) = backups.last(job, now) {
                    item.insert("last-run-upid".to_owned(), task.upid().into());
                    if !task.is_running(now) {
                        item.insert("last-run-endtime".to_owned(), task.end.into());
                        item.insert("last-run-state".to_owned(), task.status.into());
                    }
                }
            }
            item
        })
        .collect();
    Answer::json(JSON, &json!({ "data": jobs, "digest": digest }))
}
