//! The whole story of a guest's backups: how it stands and why, what is kept, who makes and verifies
//! it, where else it is, and the log of what went wrong.

use chrono::TimeDelta;

use super::kept::{jobs, log, log_of, tasks};
use super::{Description, Place, when};
use crate::domain::backup::{BackupGroup, GroupId, Plan, Snapshot, Verification};
use crate::domain::correlate;
use crate::domain::drill;
use crate::domain::feed::{SourceId, SourceKind, seconds};
use crate::domain::job::JobKind;
use crate::domain::question::{Answer, Ask, Known, Question};
use crate::domain::store::{SourceState, Store};
use crate::domain::task::{Outcome, Task};
use crate::domain::verdict::{JudgedBackup, judged_backups};
use crate::text;
use crate::ui::glyphs;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::prose::Prose;
use crate::ui::widgets::sign;
use crate::ui::widgets::spark::spark;

/// So many days are on the time line.
const DAYS: u16 = 30;

/// So many snapshots are listed one by one.
const LISTED: usize = 12;

pub(super) fn of_backup(
    source: &SourceId,
    id: &GroupId,
    place: Place,
    scene: &Scene<'_>,
) -> Option<Description> {
    let judged = judged_backups(scene.store, scene.wall());
    let judged = judged.into_iter().find(|judged| judged.source.id == *source && judged.group.id == *id)?;
    let (group, found) = (judged.group, &judged.assessment);
    let sign = sign::of_backup(found.state, found.health);
    let mut told =
        vec![Prose::Pair("state".into(), vec![piece(format!("{} {}", sign.glyph, sign.word), sign.role)])];
    if !found.reason.is_empty() {
        told.push(Prose::pair("why", found.reason.to_string()));
    }
    told.push(Prose::pair("RPO", text::age(judged.expect.rpo)));
    freshness(&judged, scene, &mut told);
    let (guest, namespace) = (&*group.guest, &*group.id.namespace);
    told.push(Prose::pair("guest", if guest.is_empty() { "not named" } else { guest }));
    if !group.owner.is_empty() {
        told.push(Prose::pair("owner", &*group.owner));
    }
    if !group.comment.is_empty() && group.comment != group.guest {
        told.push(Prose::pair("note", &*group.comment));
    }
    // A guest that nobody backs up is in none.
    if !group.id.datastore.is_empty() {
        told.push(Prose::pair("datastore", &*group.id.datastore));
        told.push(Prose::pair("namespace", if namespace.is_empty() { "the root" } else { namespace }));
    }
    told.push(Prose::pair("source", judged.source.id.to_string()));
    readable(source, id, place, scene, &mut told);
    drilled(&judged, scene, &mut told);
    alerts(judged.source, group, scene, &mut told);
    elsewhere(&judged, scene, &mut told);
    tasks("Tasks", of_group(judged.source, id), scene, &mut told);
    snapshots(group, scene, &mut told);
    let all = judged.source.data.jobs.iter();
    let verify = all.filter(|job| job.kind == JobKind::Verify && job.covers(&group.id));
    jobs("Verified by", verify, scene, &mut told);
    if let Some(task) = telling(judged.source, id) {
        log(judged.source, task, scene, &mut told);
    }
    Some(Description { sign: Some(sign), name: format!("{} {guest}", group.id), text: told })
}

/// What the story wants to know beside the feeds: the log of the run that tells most.
pub(super) fn wants(source: &SourceId, id: &GroupId, place: Place, store: &Store) -> Vec<Ask> {
    let test = test_of(source, id, place);
    let source = store.source(source);
    let ask = source.and_then(|source| {
        let task = telling(source, id)?;
        log_of(source, &task.upid, task.outcome == Outcome::Running)
    });
    ask.into_iter().chain(test).collect()
}

fn of_group<'s>(source: &'s SourceState, id: &GroupId) -> impl Iterator<Item = &'s Task> {
    let key = format!("{}:{id}", id.datastore);
    source.data.tasks.iter().filter(move |task| *task.id == *key)
}

/// The newest run, if it is under way or went wrong.
fn telling<'s>(source: &'s SourceState, id: &GroupId) -> Option<&'s Task> {
    of_group(source, id).next().filter(|task| matches!(task.outcome, Outcome::Running | Outcome::Failed(_)))
}

fn freshness(judged: &JudgedBackup<'_>, scene: &Scene<'_>, to: &mut Vec<Prose>) {
    let group = judged.group;
    let told = |snapshot: Option<Snapshot>| {
        snapshot.map_or_else(
            || "none".to_owned(),
            |snapshot| format!("{}, {}", when(snapshot.at, scene), text::bytes(snapshot.size)),
        )
    };
    to.push(Prose::pair("last good", told(group.last_good())));
    if group.newest() != group.last_good() {
        to.push(Prose::pair("newest", told(group.newest())));
    }
    let verified = group.last_verified().and_then(|snapshot| Some((snapshot, snapshot.verified()?)));
    to.push(match (group.newest().and_then(|newest| newest.verification), verified) {
        (Some(Verification::Failed(at)), _) => {
            Prose::Pair("verified".into(), vec![piece(format!("failed {}", when(at, scene)), Role::Critical)])
        }
        (_, Some((_, at))) => Prose::pair("verified", format!("ok {}", when(at, scene))),
        (_, None) => Prose::pair("verified", "never"),
    });
    if let Some((snapshot, _)) = verified.filter(|(snapshot, _)| Some(*snapshot) != group.newest()) {
        to.push(Prose::pair("known good", told(Some(snapshot))));
    }
    if let Some(at) = group.unfinished {
        to.push(Prose::pair("unfinished", format!("begun {}", when(at, scene))));
    }
    let job = match &judged.plan {
        Plan::Scheduled(job, Some(next)) => Some(format!("{job}, next {}", when(*next, scene))),
        Plan::Scheduled(job, None) | Plan::Skipped(job) => Some(job.to_string()),
        Plan::Disabled(job) => Some(format!("{job}, disabled")),
        Plan::NoJob => Some("none".to_owned()),
        Plan::Unknown => None,
    };
    to.extend(job.map(|job| Prose::pair("job", job)));
    if let Some(took) = judged.took() {
        let against = took.growth.map(|factor| format!(", {factor:.1} times the usual")).unwrap_or_default();
        to.push(Prose::pair("took", format!("{}{against}", text::age_of(Some(took.last)))));
    }
    if let Some(factor) = group.growth() {
        let sizes: Vec<f64> = group.sizes(14).map(|size| size as f64).collect();
        to.push(Prose::pair("size", format!("{}  {factor:.2} times the usual", spark(&sizes))));
    }
}

/// The alerts that speak of the guest, each with its runbook.
fn alerts(source: &SourceState, group: &BackupGroup, scene: &Scene<'_>, to: &mut Vec<Prose>) {
    let all = scene.store.alerts().iter().map(|listed| &listed.alert);
    for alert in all.filter(|alert| correlate::speaks_of(alert, source, group)) {
        let sign = sign::of_alert(alert);
        let since = scene.times.since(alert.starts_at, scene.wall());
        let mut pieces = vec![
            piece(format!("{} ", sign.glyph), sign.role),
            piece(&*alert.name, Role::Text),
            piece(format!(" {} {since}", sign.word), Role::Muted),
        ];
        let runbook = ["runbook_url", "runbook"].iter().find_map(|name| alert.annotations.get(name));
        pieces.extend(runbook.map(|runbook| piece(format!("  runbook {runbook}"), Role::Muted)));
        to.push(Prose::Pair("alert".into(), pieces));
    }
}

/// The question whether the newest file can be read. It reads all of it: it is asked by who opens the
/// sheet, not by a selection that runs through rows.
fn test_of(source: &SourceId, id: &GroupId, place: Place) -> Option<Ask> {
    let is_file = source.kind == SourceKind::Files && &*id.kind == "file" && place == Place::Sheet;
    is_file.then(|| Ask {
        slot: format!("readable {source} {id}").into(),
        source: source.clone(),
        question: Question::Readable(id.clone()),
    })
}

fn readable(source: &SourceId, id: &GroupId, place: Place, scene: &Scene<'_>, to: &mut Vec<Prose>) {
    let Some(ask) = test_of(source, id, place) else { return };
    let told = match scene.answers.get(&ask) {
        Known::Answer(Answer::Readable(Ok(what))) => piece(format!("{} {what}", glyphs::OK), Role::Ok),
        Known::Answer(Answer::Readable(Err(why))) => {
            piece(format!("{} {why}", glyphs::FAILED), Role::Critical)
        }
        Known::Failed(failure) => piece(format!("not tested: {}", failure.text), Role::Unknown),
        _ => piece("being read to its end", Role::Muted),
    };
    to.push(Prose::Pair("readable".into(), vec![told]));
}

/// When it was last tried whether it can be restored. That is no state: it is due some day.
fn drilled(judged: &JudgedBackup<'_>, scene: &Scene<'_>, to: &mut Vec<Prose>) {
    let last = drill::last(&scene.store.drills, &judged.source.id, &judged.group.id);
    let due = drill::due(last, scene.store.thresholds.drill_every, scene.wall());
    let (told, role) = match (last, due) {
        (Some(last), Some(due)) => {
            let late = due < TimeDelta::zero();
            let word = if late {
                format!("overdue for {}", text::age(-due))
            } else {
                format!("due in {}", text::age(due))
            };
            let note = if last.note.is_empty() { String::new() } else { format!(" ({})", last.note) };
            let told = format!("{} by {}{note}, {word}", when(last.at, scene), last.by);
            (told, if late { Role::Warning } else { Role::Text })
        }
        _ => ("never; x notes that it was".to_owned(), Role::Muted),
    };
    to.push(Prose::Pair("restore tried".into(), vec![piece(told, role)]));
}

/// The other copies of the same guest: a synchronised datastore, another server.
fn elsewhere(judged: &JudgedBackup<'_>, scene: &Scene<'_>, to: &mut Vec<Prose>) {
    for source in scene.store.of(SourceKind::Pbs) {
        let same = source.data.groups.iter().filter(|other| {
            (&other.id.kind, &other.id.id) == (&judged.group.id.kind, &judged.group.id.id)
                && (source.id != judged.source.id || other.id != judged.group.id)
        });
        for other in same {
            let age = other.last_good().map_or_else(
                || "no good backup".to_owned(),
                |good| format!("{} old", text::age(scene.wall() - good.at)),
            );
            let place = format!("{} {} {}", source.id, other.id.datastore, other.id.namespace);
            to.push(Prose::pair("also on", format!("{}: {age}, owner {}", place.trim(), other.owner)));
        }
    }
}

/// A line of the last days, and the newest one by one.
fn snapshots(group: &BackupGroup, scene: &Scene<'_>, to: &mut Vec<Prose>) {
    let count = group.snapshots.len();
    to.extend([Prose::Blank, Prose::Head(format!("Snapshots  {count}"))]);
    if count == 0 {
        return;
    }
    // By itself, not beside a name: where the pane is narrow it would not fit in one line.
    let mut days = time_line(group, scene);
    days.push(piece(format!("  {DAYS} days"), Role::Muted));
    to.push(Prose::Line(days));
    for snapshot in group.snapshots.iter().rev().take(LISTED) {
        let (glyph, role, found) = match snapshot.verification {
            Some(Verification::Ok(at)) => {
                (glyphs::OK, Role::Ok, format!("verified {} ago", text::age(scene.wall() - at)))
            }
            Some(Verification::Failed(_)) => (glyphs::FAILED, Role::Critical, "broken".to_owned()),
            None => (glyphs::SILENCED, Role::Muted, "not verified".to_owned()),
        };
        let marks = [(snapshot.protected, ", protected"), (snapshot.encrypted, ", encrypted")];
        let marks: String = marks.iter().filter(|(is_so, _)| *is_so).map(|(_, word)| *word).collect();
        to.push(Prose::Pair(
            scene.times.short(snapshot.at, scene.wall()),
            vec![
                piece(format!("{glyph} "), role),
                piece(format!("{}  {found}{marks}", text::bytes(snapshot.size)), Role::Text),
            ],
        ));
    }
    if count > LISTED {
        to.push(Prose::Line(vec![piece(format!("and {} older", count - LISTED), Role::Muted)]));
    }
}

/// A sign for each of the last days, the newest on the right: the best snapshot that was made in it.
fn time_line(group: &BackupGroup, scene: &Scene<'_>) -> Vec<Piece> {
    let day = |age: u16| {
        let span = f64::from(age) * 86_400.0..f64::from(age + 1) * 86_400.0;
        let made = || group.snapshots.iter().filter(|one| span.contains(&seconds(scene.wall() - one.at)));
        if made().any(|one| one.verified().is_some()) {
            piece(glyphs::OK, Role::Ok)
        } else if made().any(Snapshot::is_good) {
            piece(glyphs::SILENCED, Role::Text)
        } else if made().next().is_some() {
            piece(glyphs::FAILED, Role::Critical)
        } else {
            piece("·", Role::Muted)
        }
    };
    (0..DAYS).rev().map(day).collect()
}
