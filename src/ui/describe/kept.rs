//! The datastores that keep backups, and the tasks that make them.

use std::sync::Arc;

use super::room::{growth, prunes, tonight};
use super::{Description, when};
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::health::Health;
use crate::domain::job::{Job, JobKind};
use crate::domain::question::{Answer, Ask, Known, Question};
use crate::domain::store::SourceState;
use crate::domain::task::{Outcome, Task};
use crate::text;
use crate::ui::panes::datastores::outlook;
use crate::ui::panes::tasks::{sign_of, sign_of_outcome, words};
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::gauge::gauge;
use crate::ui::widgets::prose::Prose;
use crate::ui::widgets::sign;

pub(super) fn tasks<'t>(
    head: &str,
    tasks: impl Iterator<Item = &'t Task>,
    scene: &Scene<'_>,
    to: &mut Vec<Prose>,
) {
    let mut shown = tasks.take(10).peekable();
    if shown.peek().is_some() {
        to.push(Prose::Blank);
        to.push(Prose::Head(head.to_owned()));
    }
    for task in shown {
        let sign = sign_of(task);
        let done = task.progress.map(|share| format!(" {:.0} %", share * 100.0)).unwrap_or_default();
        let mut pieces: Vec<Piece> = vec![piece(format!("{} {}{done}", sign.glyph, sign.word), sign.role)];
        if let Outcome::Failed(error) = &task.outcome {
            pieces.push(piece(format!(": {error}"), Role::Text));
        }
        pieces.push(piece(format!("  {}", task.id), Role::Muted));
        to.push(Prose::Pair(
            format!("{} {}", scene.times.short(task.started, scene.wall()), words(&task.kind)),
            pieces,
        ));
    }
}

/// What garbage collection found, and when it frees it.
fn garbage(name: &str, source: &SourceState, to: &mut Vec<Prose>) {
    let mut jobs = source.data.jobs.iter().filter(|job| &*job.datastore == name);
    let Some(garbage) = jobs.find_map(|job| job.garbage) else { return };
    if let Some(factor) = garbage.dedup() {
        let (logical, disk) = (text::bytes(garbage.logical), text::bytes(garbage.disk));
        to.push(Prose::pair("deduplication", format!("{factor:.1}: {logical} on {disk}")));
    }
    if garbage.pending > 0 {
        let pending = text::bytes(garbage.pending);
        to.push(Prose::pair("pending", format!("{pending}, no longer in use and too young to be freed")));
    }
    if garbage.bad > 0 {
        let bad = format!("{} chunks were found broken and are still there", garbage.bad);
        to.push(Prose::Pair("broken".into(), vec![piece(bad, Role::Critical)]));
    }
}

/// Jobs, each with its last result and its next run.
pub(super) fn jobs<'j>(
    head: &str,
    jobs: impl Iterator<Item = &'j Job>,
    scene: &Scene<'_>,
    to: &mut Vec<Prose>,
) {
    let now = scene.wall();
    let mut shown = jobs.peekable();
    if shown.peek().is_some() {
        to.extend([Prose::Blank, Prose::Head(head.to_owned())]);
    }
    for job in shown {
        let name =
            if job.kind == JobKind::Gc { job.kind.to_string() } else { format!("{} {}", job.kind, job.id) };
        let last = match job.last.as_ref().map(|run| (sign_of_outcome(&run.outcome), run)) {
            None => vec![piece("never ran", Role::Muted)],
            Some((sign, run)) => {
                let ago = run.ended.map(|at| format!(" {} ago", text::age(now - at))).unwrap_or_default();
                let mut pieces = vec![piece(format!("{} {}{ago}", sign.glyph, sign.word), sign.role)];
                if let Outcome::Failed(error) = &run.outcome {
                    pieces.push(piece(format!(": {error}"), Role::Text));
                }
                pieces
            }
        };
        let next = match job.next {
            _ if job.disabled => piece(", disabled", Role::Warning),
            _ if job.is_overdue(now) => piece(", overdue", Role::Warning),
            Some(at) => piece(format!(", next {}", scene.times.short(at, now)), Role::Muted),
            None => piece(", not scheduled", Role::Muted),
        };
        to.push(Prose::Pair(name, [last, vec![next]].concat()));
    }
}

/// The question for the end of a task's log; again with every look at the tasks while it runs.
pub(super) fn log_of(source: &SourceState, upid: &Arc<str>, runs: bool) -> Option<Ask> {
    let looked = source.feeds.get(&Feed::Tasks).and_then(|feed| feed.at);
    (source.id.kind == SourceKind::Pbs).then(|| Ask {
        slot: format!("log {} {upid}", source.id).into(),
        source: source.id.clone(),
        question: Question::Log { upid: Arc::clone(upid), from: None, seen: looked.filter(|_| runs) },
    })
}

/// The end of a task's log, as far as it has been read.
pub(super) fn log(source: &SourceState, task: &Task, scene: &Scene<'_>, to: &mut Vec<Prose>) {
    let ask = log_of(source, &task.upid, task.outcome == Outcome::Running);
    to.extend(ask.iter().flat_map(|ask| read(ask, scene)));
}

fn read(ask: &Ask, scene: &Scene<'_>) -> Vec<Prose> {
    let mut to = Vec::new();
    to.extend([Prose::Blank, Prose::Head("Log".into())]);
    if let Known::Failed(failure) = scene.answers.get(ask) {
        to.push(Prose::Line(vec![piece(format!("not readable: {}", failure.text), Role::Unknown)]));
    }
    match scene.answers.latest(ask) {
        Some(Answer::Log(log)) => {
            if log.from > 1 {
                let text = format!("{} lines before", log.from - 1);
                to.push(Prose::Line(vec![piece(text, Role::Muted)]));
            }
            to.extend(log.lines.iter().map(|line| Prose::Line(vec![piece(&**line, of_line(line))])));
        }
        _ => to.push(Prose::Line(vec![piece("reading", Role::Muted)])),
    }
    to
}

/// A task that was started and is not in the list of tasks yet.
pub(super) fn of_begun(upid: &Arc<str>, source: &SourceState, scene: &Scene<'_>) -> Description {
    let sign = sign_of_outcome(&Outcome::Running);
    let mut told = vec![
        Prose::Pair(
            "state".into(),
            vec![piece("started; the list of tasks does not have it yet", sign.role)],
        ),
        Prose::pair("source", source.id.to_string()),
        Prose::pair("UPID", &**upid),
    ];
    told.extend(log_of(source, upid, true).iter().flat_map(|ask| read(ask, scene)));
    let kind = upid.split(':').nth(6).unwrap_or_default();
    Description { sign: Some(sign), name: format!("Task {}", words(kind)), text: told }
}

/// How a line of a log looks: what went wrong stands out.
fn of_line(line: &str) -> Role {
    if line.contains("TASK ERROR") || line.contains(" ERROR:") {
        Role::Critical
    } else if line.contains("WARN") {
        Role::Warning
    } else {
        Role::Text
    }
}

pub(super) fn of_datastore(name: &str, source: &SourceState, scene: &Scene<'_>) -> Description {
    let now = scene.wall();
    let mut told = Vec::new();
    let mut sign = sign::UNKNOWN;
    if let Some(store) = source.data.datastores.iter().find(|store| &*store.name == name) {
        if source.is_fresh(Feed::Datastores, now) {
            sign = sign::of_health(store.health(&scene.store.thresholds.fill, now));
        }
        told.push(Prose::Pair(
            "state".into(),
            vec![piece(format!("{} {}", sign.glyph, sign.word), sign.role)],
        ));
        if let (Some(share), Some((used, total))) = (store.share(), store.used.zip(store.total)) {
            let (used, total) = (text::bytes(used), text::bytes(total));
            told.push(Prose::pair(
                "used",
                format!("{}  {:.0} %  {used} of {total}", gauge(share, 10), share * 100.0),
            ));
        }
        let outlook = outlook(store, scene);
        if !outlook.0.is_empty() {
            told.push(Prose::Pair("outlook".into(), vec![outlook]));
        }
        if let Some(at) = store.full_at {
            told.push(Prose::pair("full at", when(at, scene)));
        }
        tonight(store, &mut told);
    }
    for denied in source.data.unreadable.iter().filter(|denied| &*denied.datastore == name) {
        let namespace = if denied.namespace.is_empty() { "the root" } else { &*denied.namespace };
        told.push(Prose::pair("not readable", format!("namespace {namespace}: {}", denied.reason)));
    }
    let groups = source.data.groups.iter().filter(|group| &*group.id.datastore == name);
    told.push(Prose::pair("groups", groups.count().to_string()));
    told.push(Prose::pair("source", source.id.to_string()));
    garbage(name, source, &mut told);
    let own = source.data.jobs.iter().filter(|job| &*job.datastore == name);
    jobs("Jobs", own, scene, &mut told);
    prunes(name, source, scene, &mut told);
    let groups = source.data.groups.iter().filter(|group| &*group.id.datastore == name);
    growth(groups, now, &mut told);
    behind(scene, &mut told);
    for hidden in &*source.data.hidden_jobs {
        told.push(Prose::pair("not readable", &**hidden));
    }
    let prefix = format!("{name}:");
    let own = source.data.tasks.iter().filter(|task| &*task.id == name || task.id.starts_with(&prefix));
    tasks("Tasks", own, scene, &mut told);
    Description { sign: Some(sign), name: format!("Datastore {name}"), text: told }
}

/// What may lie behind a datastore: the ZFS pools and the mounts of other machines that exporters
/// tell of. The server does not say which of them a datastore is on.
fn behind(scene: &Scene<'_>, to: &mut Vec<Prose>) {
    let mut lines = Vec::new();
    for host in scene.store.hosts() {
        for pool in host.values.get("zpool").into_iter().flatten() {
            let (health, word) = match pool.value {
                whole if whole < 1.0 => (Health::Ok, "whole"),
                degraded if degraded < 2.0 => (Health::Warning, "lacks a disk"),
                _ => (Health::Critical, "cannot be used"),
            };
            lines.push((health, (format!("zpool {}", pool.thing), &*host.name), word));
        }
        let mounts = host.values.get("mount-error").into_iter().flatten();
        let is_remote = |kind: &str| ["nfs", "cifs", "smb"].iter().any(|name| kind.starts_with(name));
        for mount in mounts.filter(|mount| mount.labels.get("fstype").is_some_and(is_remote)) {
            let (health, word) = if mount.value < 1.0 {
                (Health::Ok, "answers")
            } else {
                (Health::Critical, "does not answer")
            };
            lines.push((health, (format!("mount {}", mount.thing), &*host.name), word));
        }
    }
    if lines.is_empty() {
        return;
    }
    lines.sort_by(|one, other| (other.0, &one.1).cmp(&(one.0, &other.1)));
    to.extend([Prose::Blank, Prose::Head("Storage that may lie behind it".into())]);
    to.extend(lines.into_iter().map(|(health, (what, host), word)| {
        let sign = sign::of_health(health);
        let place = piece(format!(", on {host}"), Role::Muted);
        Prose::Pair(what, vec![piece(format!("{} {word}", sign.glyph), sign.role), place])
    }));
}

pub(super) fn of_task(task: &Task, source: &SourceState, scene: &Scene<'_>) -> Description {
    let sign = sign_of(task);
    let mut told =
        vec![Prose::Pair("state".into(), vec![piece(format!("{} {}", sign.glyph, sign.word), sign.role)])];
    if let Outcome::Failed(error) = &task.outcome {
        told.push(Prose::pair("error", &**error));
    }
    told.push(Prose::pair("on", &*task.id));
    told.push(Prose::pair("begun", when(task.started, scene)));
    if let Some(at) = task.ended {
        told.push(Prose::pair(
            "ended",
            format!("{}, took {}", when(at, scene), text::age(at - task.started)),
        ));
    }
    if let Some(share) = task.progress {
        told.push(Prose::pair("done", format!("{}  {:.0} %", gauge(share, 10), share * 100.0)));
    }
    told.push(Prose::pair("user", &*task.user));
    told.push(Prose::pair("source", source.id.to_string()));
    told.push(Prose::pair("UPID", &*task.upid));
    log(source, task, scene, &mut told);
    Description { sign: Some(sign), name: format!("Task {}", words(&task.kind)), text: told }
}
