//! Backup jobs, backup tasks and their logs.

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};

use super::super::script::guests::{EXCLUDED, JOB, NODE, Run, STORAGE, Turn, runs};
use super::super::script::tasks::NIGHT;
use super::super::script::{DAY, Script};
use super::super::serve::{Answer, Ask};
use super::{JSON, Seconds, accepts, data, error, parameter};

/// What a failed turn says at the end.
const FAILED: &str = "backup write data failed: command error: write_data upload error: pipelined request failed: \
                      connection reset by peer";

/// `/cluster/backup`.
pub fn jobs(script: &Script, now: Seconds) -> Answer {
    let first = script.anchor.timestamp() + NIGHT;
    let next = first + ((now - first).div_euclid(DAY) + 1) * DAY;
    data(&json!([{
        "id": JOB, "type": "vzdump", "enabled": 1, "schedule": "02:00", "next-run": next, "storage": STORAGE,
        "mode": "snapshot", "all": 1, "exclude": EXCLUDED, "mailnotification": "failure", "comment": "nightly",
        "notes-template": "{{guestname}}", "prune-backups": { "keep-daily": "7", "keep-weekly": "4" },
    }]))
}

/// `/nodes/NODE/tasks`.
pub fn list(script: &Script, ask: &Ask, now: Seconds) -> Result<Answer, Answer> {
    accepts(
        ask,
        &[
            "start",
            "limit",
            "userfilter",
            "typefilter",
            "vmid",
            "errors",
            "source",
            "since",
            "until",
            "statusfilter",
        ],
    )?;
    let number = |name, default: i64| match ask.get(name) {
        None => Ok(default),
        Some(text) => text
            .parse::<i64>()
            .map_err(|_| parameter(name, "type check ('integer') failed - got something else")),
    };
    let (start, limit) = (number("start", 0)?, number("limit", 50)?);
    let (since, until) = (number("since", i64::MIN)?, number("until", i64::MAX)?);
    let source = ask.get("source").unwrap_or("archive");
    let wanted = |run: &Run| {
        let running = run.is_running(now);
        (since..=until).contains(&run.start())
            && (source == "all" || (source == "active") == running)
            && (ask.get("errors") != Some("1") || run.status() != "OK")
            && ask.get("typefilter").is_none_or(|kind| kind == "vzdump")
            && ask.get("vmid").is_none_or(|vmid| vmid == run.id())
    };
    let all: Vec<Value> =
        runs(script, now).iter().filter(|run| wanted(run)).map(|run| item(run, now)).collect();
    let (start, limit) = (usize::try_from(start).unwrap_or(0), usize::try_from(limit).unwrap_or(50));
    let total = all.len();
    let page: Vec<Value> = all.into_iter().skip(start).take(limit).collect();
    Ok(Answer::json(JSON, &json!({ "data": page, "total": total })))
}

fn item(run: &Run, now: Seconds) -> Value {
    let mut item = json!({
        "upid": run.upid(), "node": NODE, "pid": 1_234_567, "pstart": 77_705_923, "starttime": run.start(),
        "type": "vzdump", "id": run.id(), "user": "root@pam",
    });
    if let Some(item) = item.as_object_mut() {
        if run.is_running(now) {
            item.insert("status".to_owned(), "RUNNING".into());
        } else {
            item.insert("status".to_owned(), run.status().into());
            item.insert("endtime".to_owned(), run.end().into());
        }
    }
    item
}

fn find(script: &Script, upid: &str, now: Seconds) -> Result<Run, Answer> {
    if !upid.starts_with("UPID:") || upid.split(':').count() != 9 {
        return Err(parameter("upid", &format!("unable to parse worker upid '{upid}'")));
    }
    let missing =
        || error(StatusCode::INTERNAL_SERVER_ERROR, &format!("unable to open file - no such task '{upid}'"));
    runs(script, now).into_iter().find(|run| run.upid() == upid).ok_or_else(missing)
}

/// `/nodes/NODE/tasks/UPID/status`.
pub fn status(script: &Script, upid: &str, now: Seconds) -> Result<Answer, Answer> {
    let run = find(script, upid, now)?;
    let mut status = json!({
        "upid": upid, "node": NODE, "pid": 1_234_567, "pstart": 77_705_923, "starttime": run.start(),
        "type": "vzdump", "id": run.id(), "user": "root@pam",
        "status": if run.is_running(now) { "running" } else { "stopped" },
    });
    if let Some(status) = status.as_object_mut().filter(|_| !run.is_running(now)) {
        status.insert("exitstatus".to_owned(), run.status().into());
    }
    Ok(data(&status))
}

/// `/nodes/NODE/tasks/UPID/log`.
pub fn log(script: &Script, upid: &str, ask: &Ask, now: Seconds) -> Result<Answer, Answer> {
    #[derive(Serialize)]
    struct Line<'a> {
        n: usize,
        t: &'a str,
    }
    accepts(ask, &["start", "limit", "download"])?;
    let lines = lines(&find(script, upid, now)?, now);
    let number = |name, default| ask.get(name).and_then(|text| text.parse::<usize>().ok()).unwrap_or(default);
    let (start, limit) = (number("start", 0), number("limit", 50));
    let page = lines.iter().enumerate().skip(start).take(limit);
    let mut page: Vec<Line<'_>> = page.map(|(at, line)| Line { n: at + 1, t: line }).collect();
    if page.is_empty() {
        page.push(Line { n: 1, t: "no content" });
    }
    Ok(Answer::json(JSON, &json!({ "data": page, "total": lines.len() })))
}

/// What a run wrote until `now`.
fn lines(run: &Run, now: Seconds) -> Vec<String> {
    let guests: Vec<&str> = run.turns.iter().map(|turn| turn.vmid.as_str()).collect();
    let mut lines = vec![if run.nightly {
        format!(
            "INFO: starting new backup job: vzdump --all 1 --exclude {EXCLUDED} --storage {STORAGE} --mode snapshot"
        )
    } else {
        format!(
            "INFO: starting new backup job: vzdump {} --storage {STORAGE} --mode snapshot",
            guests.join(" ")
        )
    }];
    run.turns.iter().filter(|turn| turn.start <= now).for_each(|turn| say(turn, now, &mut lines));
    if !run.is_running(now) {
        if run.status() == "OK" {
            lines.extend(["INFO: Backup job finished successfully", "TASK OK"].map(str::to_owned));
        } else {
            lines.extend(
                ["INFO: Backup job finished with errors", "TASK ERROR: job errors"].map(str::to_owned),
            );
        }
    }
    lines
}

fn say(turn: &Turn, now: Seconds, lines: &mut Vec<String>) {
    let Turn { kind, vmid, start, end, good } = turn;
    lines.push(format!("INFO: Starting Backup of VM {vmid} ({kind})"));
    lines.push("INFO: status = running".to_owned());
    let span = (end - start).max(1);
    let most = if *good { 100 } else { 40 };
    if *kind == "qemu" {
        for percent in (2..=most).step_by(6).filter(|percent| start + span * percent / 100 <= now) {
            let seconds = span * percent / 100;
            lines.push(format!("INFO: {percent:>3}% in {seconds}s, read: 96.2 MiB/s, write: 11.4 MiB/s"));
        }
    }
    if *end > now {
        return;
    }
    let (hours, minutes, seconds) = (span / 3600, span / 60 % 60, span % 60);
    if *good {
        lines.push(format!("INFO: Finished Backup of VM {vmid} ({hours:02}:{minutes:02}:{seconds:02})"));
    } else {
        lines.push(format!("ERROR: {FAILED}"));
        lines.push("INFO: aborting backup job".to_owned());
        lines.push(format!("ERROR: Backup of VM {vmid} failed - {FAILED}"));
    }
}
