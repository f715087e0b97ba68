//! Backups, the datastores that keep them, and the tasks that make them.

use super::{Description, when};
use crate::domain::backup::{GroupId, Snapshot, Verification};
use crate::domain::feed::{Feed, SourceId};
use crate::domain::store::SourceState;
use crate::domain::task::{Outcome, Task};
use crate::domain::verdict::judged_backups;
use crate::text;
use crate::ui::panes::datastores::outlook;
use crate::ui::panes::tasks::sign_of;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::gauge::gauge;
use crate::ui::widgets::prose::Prose;
use crate::ui::widgets::sign;

pub(super) fn of_backup(source: &SourceId, id: &GroupId, scene: &Scene<'_>) -> Option<Description> {
    let judged = judged_backups(scene.store, scene.wall());
    let judged = judged.into_iter().find(|judged| judged.source.id == *source && judged.group.id == *id)?;
    let (group, found) = (judged.group, &judged.assessment);
    let sign = sign::of_backup(found.state, found.health);
    let mut told =
        vec![Prose::Pair("state".into(), vec![piece(format!("{} {}", sign.glyph, sign.word), sign.role)])];
    if !found.reason.is_empty() {
        told.push(Prose::pair("why", found.reason.to_string()));
    }
    let snapshot = |snapshot: Option<Snapshot>| {
        snapshot.map_or_else(
            || "none".to_owned(),
            |snapshot| format!("{}, {}", when(snapshot.at, scene), text::bytes(snapshot.size)),
        )
    };
    told.push(Prose::pair("RPO", text::age(judged.expect.rpo)));
    told.push(Prose::pair("last good", snapshot(group.last_good())));
    if group.newest() != group.last_good() {
        told.push(Prose::pair("newest", snapshot(group.newest())));
    }
    told.push(match group.newest().and_then(|newest| newest.verification) {
        Some(Verification::Ok(at)) => Prose::pair("verified", format!("ok {}", when(at, scene))),
        Some(Verification::Failed(at)) => {
            Prose::Pair("verified".into(), vec![piece(format!("failed {}", when(at, scene)), Role::Critical)])
        }
        None => Prose::pair("verified", "never"),
    });
    if let Some(at) = group.unfinished {
        told.push(Prose::pair("unfinished", format!("begun {}", when(at, scene))));
    }
    told.push(Prose::pair("snapshots", group.snapshots.len().to_string()));
    told.push(Prose::pair("guest", if group.guest.is_empty() { "not named" } else { &*group.guest }));
    told.push(Prose::pair("owner", &*group.owner));
    told.push(Prose::pair("datastore", &*group.id.datastore));
    let namespace = if group.id.namespace.is_empty() { "the root" } else { &*group.id.namespace };
    told.push(Prose::pair("namespace", namespace));
    told.push(Prose::pair("source", judged.source.id.to_string()));
    let key = format!("{}:{}", group.id.datastore, group.id);
    tasks("Tasks", judged.source.data.tasks.iter().filter(|task| *task.id == *key), scene, &mut told);
    Some(Description { sign: Some(sign), name: format!("{} {}", group.id, group.guest), text: told })
}

fn tasks<'t>(head: &str, tasks: impl Iterator<Item = &'t Task>, scene: &Scene<'_>, to: &mut Vec<Prose>) {
    let mut shown = tasks.take(10).peekable();
    if shown.peek().is_some() {
        to.push(Prose::Blank);
        to.push(Prose::Head(head.to_owned()));
    }
    for task in shown {
        let sign = sign_of(task);
        let mut pieces: Vec<Piece> = vec![piece(format!("{} {}", sign.glyph, sign.word), sign.role)];
        if let Outcome::Failed(error) = &task.outcome {
            pieces.push(piece(format!(": {error}"), Role::Text));
        }
        to.push(Prose::Pair(
            format!("{} {}", scene.times.short(task.started, scene.wall()), task.kind),
            pieces,
        ));
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
    }
    for denied in source.data.unreadable.iter().filter(|denied| &*denied.datastore == name) {
        let namespace = if denied.namespace.is_empty() { "the root" } else { &*denied.namespace };
        told.push(Prose::pair("not readable", format!("namespace {namespace}: {}", denied.reason)));
    }
    let groups = source.data.groups.iter().filter(|group| &*group.id.datastore == name);
    told.push(Prose::pair("groups", groups.count().to_string()));
    told.push(Prose::pair("source", source.id.to_string()));
    let prefix = format!("{name}:");
    let own = source.data.tasks.iter().filter(|task| &*task.id == name || task.id.starts_with(&prefix));
    tasks("Tasks", own, scene, &mut told);
    Description { sign: Some(sign), name: format!("Datastore {name}"), text: told }
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
    told.push(Prose::pair("user", &*task.user));
    told.push(Prose::pair("source", source.id.to_string()));
    told.push(Prose::pair("UPID", &*task.upid));
    Description { sign: Some(sign), name: format!("Task {}", task.kind.replace('_', " ")), text: told }
}
