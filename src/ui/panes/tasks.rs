//! The tasks of the backup servers: running ones first, then the newest.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::STALE;
use super::listed::Rows;
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::sites;
use crate::domain::store::{SourceState, Store};
use crate::domain::subject::Subject;
use crate::domain::task::{Outcome, Task};
use crate::text;
use crate::ui::filter::Hay;
use crate::ui::glyphs;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::columns::{Column, EXTRA};
use crate::ui::widgets::sign::{Sign, sign};
use crate::ui::widgets::table::{Item, Row};

const COLUMNS: [Column; 5] = [
    Column::text("task", 0, 8, 20),
    Column::text("on", 1, 6, 28),
    Column::number("begun", 2, 12),
    Column::text("outcome", 1, 8, 32),
    Column::number("took", EXTRA, 5),
];

/// A task's row.
#[derive(Debug)]
pub struct Entry {
    subject: Subject,
    task: Task,
    /// What it works on, with its site where another has a task of the same.
    place: String,
    stale: bool,
}

impl Hay for Entry {
    fn text(&self) -> Cow<'_, str> {
        let Task { kind, id, user, outcome, .. } = &self.task;
        format!("{kind} {} {id} {} {user} {}", words(kind), self.place, outcome.word()).into()
    }

    fn label(&self, name: &str) -> Option<Cow<'_, str>> {
        match name {
            "type" => Some((*self.task.kind).into()),
            "id" => Some((*self.task.id).into()),
            "status" => Some(self.task.outcome.word().into()),
            _ => None,
        }
    }
}

impl Item for Entry {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> Sign {
        if self.stale { STALE } else { sign_of(&self.task) }
    }
}

/// How a task ended.
pub const fn sign_of(task: &Task) -> Sign {
    sign_of_outcome(&task.outcome)
}

/// How a task or a job ended.
pub const fn sign_of_outcome(outcome: &Outcome) -> Sign {
    match outcome {
        Outcome::Running => sign(glyphs::RUNNING, Role::Info, "running"),
        Outcome::Ok => sign(glyphs::OK, Role::Ok, "ok"),
        Outcome::Warnings => sign(glyphs::WARNING, Role::Warning, "warnings"),
        Outcome::Unknown => sign(glyphs::UNKNOWN, Role::Unknown, "unknown"),
        Outcome::Failed(_) => sign(glyphs::FAILED, Role::Critical, "failed"),
    }
}

/// The pane's rows.
#[derive(Debug)]
pub struct Tasks;

impl Rows for Tasks {
    type Entry = Entry;

    const TITLE: &'static str = "Tasks";
    const KIND: SourceKind = SourceKind::Pbs;
    const FEED: Feed = Feed::Tasks;
    const COLUMNS: &'static [Column] = &COLUMNS;
    const NOTHING: &'static str = "no task is running, and none ended lately";

    fn entries(store: &Store, now: DateTime<Utc>) -> Vec<Entry> {
        entries(store, now)
    }

    fn row(entry: &Entry, scene: &Scene<'_>) -> Row {
        row(entry, scene)
    }

    fn counts(entries: &[Entry], _scene: &Scene<'_>) -> (Vec<Piece>, Vec<Piece>) {
        let of = |word: &str| entries.iter().filter(|entry| entry.state().word == word).count();
        let running = sign(glyphs::RUNNING, Role::Info, "running");
        let failed = sign(glyphs::FAILED, Role::Critical, "failed");
        super::count(&[running, failed].map(|sign| (sign, of(sign.word))))
    }
}

fn entries(store: &Store, now: DateTime<Utc>) -> Vec<Entry> {
    let tasks = || store.of(SourceKind::Pbs).flat_map(|of| of.data.tasks.iter().map(move |task| (of, task)));
    let named: Vec<(Cow<'_, str>, &str)> = tasks().map(|(of, task)| (place(task), &*of.apart)).collect();
    let shared = sites::shared(named.iter().map(|(place, site)| (&**place, *site)));
    let entry = |((source, task), (place, site)): ((&SourceState, &Task), &(Cow<'_, str>, &str))| Entry {
        subject: Subject::Task { source: source.id.clone(), upid: task.upid.clone() },
        task: task.clone(),
        place: if shared.contains(&**place) { sites::beside(place, site) } else { place.to_string() },
        stale: !source.is_fresh(Feed::Tasks, now),
    };
    let mut all: Vec<Entry> = tasks().zip(&named).map(entry).collect();
    all.sort_by_key(|entry| (entry.task.outcome != Outcome::Running, std::cmp::Reverse(entry.task.started)));
    all
}

/// What a kind of task does, in words: `garbage collection`, `sync`, `verification`.
pub fn words(kind: &str) -> String {
    kind.strip_suffix("job").unwrap_or(kind).replace('_', " ")
}

/// What a task works on. That of a sync job is told by where it takes from and where it writes to; its
/// server says `REMOTE:THEIR-STORE:OUR-STORE:NAMESPACE:JOB`, with a dash for a remote that is itself.
fn place(task: &Task) -> Cow<'_, str> {
    let parts: Vec<&str> = task.id.split(':').collect();
    match parts[..] {
        ["-", from, to, _, _] if &*task.kind == "syncjob" => format!("{from} to {to}").into(),
        [remote, _, to, _, _] if &*task.kind == "syncjob" => format!("{remote} to {to}").into(),
        _ => (&*task.id).into(),
    }
}

fn row(entry: &Entry, scene: &Scene<'_>) -> Row {
    let task = &entry.task;
    let now = scene.wall();
    let sign = entry.state();
    let outcome = match &task.outcome {
        Outcome::Failed(error) => format!("failed: {error}"),
        Outcome::Running => task
            .progress
            .map_or_else(|| "running".to_owned(), |share| format!("running {:.0} %", share * 100.0)),
        outcome => outcome.word().to_owned(),
    };
    Row {
        sign,
        cells: vec![
            piece(words(&task.kind), Role::Text),
            piece(entry.place.clone(), Role::Text),
            piece(scene.times.since(task.started, now), Role::Muted),
            piece(outcome, sign.role),
            piece(text::age(task.ended.unwrap_or(now) - task.started), Role::Muted),
        ],
        stale: entry.stale,
    }
}
