//! What can be done on a backup server to what is selected: a snapshot verified or protected, a job
//! run. Each is confirmed, and a prune shows before what it would take away.

use chrono::{DateTime, Utc};

use super::deeds::Opened;
use super::dialogue::{Dialogue, Purpose};
use super::menu::{Choice, Menu};
use crate::domain::backup::{BackupGroup, GroupId, Snapshot, Verification};
use crate::domain::chore::Chore;
use crate::domain::deed::{Deed, What};
use crate::domain::drill;
use crate::domain::feed::{SourceId, SourceKind};
use crate::domain::job::{Job, JobKind};
use crate::domain::store::SourceState;
use crate::domain::subject::Subject;
use crate::text;
use crate::ui::describe::dry_run;
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::form::Field;
use crate::ui::widgets::prose::Prose;

/// So many snapshots are offered one by one.
const MOST: usize = 8;

/// The menu of what can be done to what is meant.
///
/// # Errors
/// When nothing can be; the text says so.
pub(super) fn open(meant: &[Subject], operator: &str, scene: &Scene<'_>) -> Opened {
    let [subject] = meant else {
        return Err("choose one row: actions are on one thing".to_owned());
    };
    let (title, choices) = match subject {
        Subject::Backup { source, group } => {
            let Ok(source) = server(source, scene) else {
                let title = format!("Actions on {group}");
                return Ok(Box::new(Menu::new(title, vec![drill(source, group, operator, scene)])));
            };
            let group = source.data.groups.iter().find(|one| one.id == *group);
            let group = group.ok_or("the backup is no longer there")?;
            let mut choices = of_snapshots(source, group, scene);
            let jobs = source.data.jobs.iter().filter(|job| job.covers(&group.id));
            let jobs = jobs.map(|job| of_job(source, job, scene));
            let at = choices.len().min(2);
            choices.splice(at..at, jobs.chain([drill(&source.id, &group.id, operator, scene)]));
            (format!("Actions on {}", group.id), choices)
        }
        Subject::Datastore { source, name } => {
            let source = server(source, scene)?;
            let jobs = source.data.jobs.iter().filter(|job| job.datastore == *name);
            let choices = jobs.map(|job| of_job(source, job, scene)).collect();
            (format!("Actions on datastore {name}"), choices)
        }
        Subject::Source(id) if id.kind == SourceKind::Prometheus => {
            (format!("Actions on {id}"), vec![reload(id, scene)])
        }
        _ => return Err("nothing can be done to this from here".to_owned()),
    };
    if choices.is_empty() {
        return Err("it has no snapshot and no job that the token sees".to_owned());
    }
    Ok(Box::new(Menu::new(title, choices)))
}

/// That a Prometheus reads its config again.
fn reload(id: &SourceId, scene: &Scene<'_>) -> Choice {
    let about = vec![
        Prose::pair("server", id.to_string()),
        Prose::pair("request", "POST /-/reload"),
        Prose::Blank,
        Prose::plain(
            "It reads its config and rules again. When they are wrong it says so and goes on with the old. Enter \
             does it.",
        ),
    ];
    let purpose = Purpose::Do(vec![Deed { source: id.clone(), what: What::Reload }]);
    Choice {
        name: "reload its config and rules".to_owned(),
        note: "needs --web.enable-lifecycle".to_owned(),
        dialogue: Some(Dialogue::new("Reload Prometheus", about, Vec::new(), purpose, scene)),
    }
}

/// The backup server of a subject.
fn server<'s>(id: &SourceId, scene: &Scene<'s>) -> Result<&'s SourceState, String> {
    let source = scene.store.source(id).filter(|source| source.id.kind == SourceKind::Pbs);
    source.ok_or_else(|| "only what a backup server keeps can be acted on from here".to_owned())
}

fn deed(source: &SourceState, chore: Chore) -> Purpose {
    Purpose::Do(vec![Deed { source: source.id.clone(), what: What::Chore(chore) }])
}

/// The newest snapshots, each to be verified or protected.
fn of_snapshots(source: &SourceState, group: &BackupGroup, scene: &Scene<'_>) -> Vec<Choice> {
    let newest = group.snapshots.iter().rev().take(MOST);
    newest.flat_map(|one| [verify(source, group, *one, scene), protect(source, group, *one, scene)]).collect()
}

fn verify(source: &SourceState, group: &BackupGroup, snapshot: Snapshot, scene: &Scene<'_>) -> Choice {
    let (at, now) = (snapshot.at, scene.wall());
    let chore = Chore::Verify { group: group.id.clone(), at };
    let about = vec![
        Prose::pair("snapshot", format!("{} of {}", scene.times.full(at), named(group))),
        Prose::pair("datastore", place(group)),
        Prose::pair("size", text::bytes(snapshot.size)),
        Prose::Blank,
        Prose::plain("The server reads all of it again, also if it was verified before. Enter starts it."),
    ];
    let note = match snapshot.verification {
        Some(Verification::Ok(at)) => format!("verified {}", scene.times.since(at, now)),
        Some(Verification::Failed(at)) => format!("found broken {}", scene.times.since(at, now)),
        None => "never verified".to_owned(),
    };
    Choice {
        name: format!("verify the snapshot of {}", scene.times.short(at, now)),
        note,
        dialogue: Some(Dialogue::new("Verify a snapshot", about, Vec::new(), deed(source, chore), scene)),
    }
}

fn protect(source: &SourceState, group: &BackupGroup, snapshot: Snapshot, scene: &Scene<'_>) -> Choice {
    let (at, now, on) = (snapshot.at, scene.wall(), !snapshot.protected);
    let chore = Chore::Protect { group: group.id.clone(), at, on };
    let (name, title, told) = if on {
        ("protect", "Protect a snapshot", "No prune takes it away then, until somebody unprotects it.")
    } else {
        ("unprotect", "Unprotect a snapshot", "The next prune may take it away then.")
    };
    let about = vec![
        Prose::pair("snapshot", format!("{} of {}", scene.times.full(at), named(group))),
        Prose::pair("datastore", place(group)),
        Prose::Blank,
        Prose::plain(format!("{told} Enter does it.")),
    ];
    Choice {
        name: format!("{name} the snapshot of {}", scene.times.short(at, now)),
        note: if on { String::new() } else { "protected".to_owned() },
        dialogue: Some(Dialogue::new(title, about, Vec::new(), deed(source, chore), scene)),
    }
}

/// That somebody tried to restore it.
fn drill(source: &SourceId, group: &GroupId, operator: &str, scene: &Scene<'_>) -> Choice {
    let now = scene.wall();
    let last = drill::last(&scene.store.drills, source, group);
    let about = vec![
        Prose::pair("backup", format!("{group} of {source}")),
        Prose::Blank,
        Prose::plain(
            "A backup counts as recoverable when somebody recovered it. Nothing is done on a server.",
        ),
    ];
    let fields =
        vec![Field::new("by", operator), Field::new("note", "").hint("restored as vm 902, booted, 14 min")];
    let purpose = Purpose::Drill(source.clone(), group.clone());
    Choice {
        name: "note that a restore was tried".to_owned(),
        note: last.map_or_else(
            || "never tried".to_owned(),
            |last| format!("tried {} ago", text::age(now - last.at)),
        ),
        dialogue: Some(Dialogue::new("A restore was tried", about, fields, purpose, scene)),
    }
}

fn of_job(source: &SourceState, job: &Job, scene: &Scene<'_>) -> Choice {
    let now = scene.wall();
    let (name, title, told) = match job.kind {
        JobKind::Gc => (
            format!("collect garbage in {}", job.datastore),
            "Collect garbage",
            "Frees what no snapshot has referred to for a day.",
        ),
        JobKind::Prune => {
            (format!("run prune job {}", job.id), "Run a prune job", "Snapshots are gone for good.")
        }
        JobKind::Verify => (
            format!("run verify job {}", job.id),
            "Run a verify job",
            "Reads the snapshots that the job covers; those it verified before it may pass over.",
        ),
        JobKind::Sync => (
            format!("run sync job {}", job.id),
            "Run a sync job",
            if job.pushes {
                "Copies snapshots out of the datastore."
            } else {
                "Copies snapshots into the datastore."
            },
        ),
    };
    let mut about = vec![
        Prose::pair("job", format!("{} {}", job.kind, job.id)),
        Prose::pair("datastore", job.datastore.to_string()),
    ];
    about.extend(dry_run(job, source, scene));
    let role = if job.kind == JobKind::Prune { Role::Warning } else { Role::Text };
    about.extend([Prose::Blank, Prose::Line(vec![piece(told, role)]), Prose::plain("Enter starts it.")]);
    // The server would wait, and may then start it a second time.
    let note = if job.is_running() { "running now".to_owned() } else { ran(job, now) };
    let dialogue = (!job.is_running())
        .then(|| Dialogue::new(title, about, Vec::new(), deed(source, Chore::run(job)), scene));
    Choice { name, note, dialogue }
}

fn ran(job: &Job, now: DateTime<Utc>) -> String {
    let ended = job.last.as_ref().and_then(|run| Some((run.ended?, run.outcome.word())));
    ended.map_or_else(|| "never ran".to_owned(), |(at, word)| format!("{word} {} ago", text::age(now - at)))
}

fn named(group: &BackupGroup) -> String {
    if group.guest.is_empty() { group.id.to_string() } else { format!("{} {}", group.id, group.guest) }
}

fn place(group: &BackupGroup) -> String {
    let (store, namespace) = (&group.id.datastore, &group.id.namespace);
    if namespace.is_empty() { store.to_string() } else { format!("{store}, namespace {namespace}") }
}
