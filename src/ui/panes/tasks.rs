//! The tasks of the backup servers: running ones first, then the newest.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Listing, Pane, STALE, Standing, draw_lines, nothing_matches};
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::store::Store;
use crate::domain::subject::Subject;
use crate::domain::task::{Outcome, Task};
use crate::text;
use crate::ui::filter::Hay;
use crate::ui::glyphs;
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::columns::{Column, EXTRA};
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::sign::{Sign, sign};
use crate::ui::widgets::table::{Item, Row, Table};

const COLUMNS: [Column; 5] = [
    Column::text("task", 0, 8, 20),
    Column::text("on", 1, 6, 28),
    Column::number("begun", 2, 12),
    Column::text("outcome", 1, 8, 32),
    Column::number("took", EXTRA, 5),
];

/// A task's row.
#[derive(Debug)]
struct Entry {
    subject: Subject,
    task: Task,
    stale: bool,
}

impl Hay for Entry {
    fn text(&self) -> Cow<'_, str> {
        format!("{} {} {} {}", self.task.kind, self.task.id, self.task.user, self.task.outcome.word()).into()
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
    match task.outcome {
        Outcome::Running => sign(glyphs::RUNNING, Role::Info, "running"),
        Outcome::Ok => sign(glyphs::OK, Role::Ok, "ok"),
        Outcome::Warnings => sign(glyphs::WARNING, Role::Warning, "warnings"),
        Outcome::Unknown => sign(glyphs::UNKNOWN, Role::Unknown, "unknown"),
        Outcome::Failed(_) => sign(glyphs::FAILED, Role::Critical, "failed"),
    }
}

/// The pane.
#[derive(Debug, Default)]
pub struct Tasks {
    table: Table<Entry>,
}

impl Pane for Tasks {
    fn title(&self, scene: &Scene<'_>) -> Title {
        let of = |word: &str| self.table.items().iter().filter(|entry| entry.state().word == word).count();
        let running = sign(glyphs::RUNNING, Role::Info, "running");
        let failed = sign(glyphs::FAILED, Role::Critical, "failed");
        let (counts, short) = super::count(&[running, failed].map(|sign| (sign, of(sign.word))));
        let mut right = self.table.notes();
        right.extend(standing(scene).badge());
        Title { counts, short, right, ..Title::new("Tasks") }
    }

    fn made_of(&self) -> &'static [SourceKind] {
        &[SourceKind::Pbs]
    }

    fn refresh(&mut self, scene: &Scene<'_>) {
        self.table.offer(entries(scene.store, scene.wall()), scene.held);
    }

    fn list(&self) -> Option<&dyn Listing> {
        Some(&self.table)
    }

    fn list_mut(&mut self) -> Option<&mut dyn Listing> {
        Some(&mut self.table)
    }

    fn subject(&self, scene: &Scene<'_>) -> Option<Subject> {
        self.table.selected().map(|entry| entry.subject.clone()).or_else(|| standing(scene).culprit())
    }

    fn draw(&mut self, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
        if self.table.is_empty() {
            let (filter, _) = Listing::filter(&self.table);
            let lines = if filter.is_empty() {
                standing(scene)
                    .explain(SourceKind::Pbs, super::nothing("no task is running, and none ended lately"))
            } else {
                nothing_matches(filter)
            };
            return draw_lines(&lines, area, buffer, scene);
        }
        self.table.draw(&COLUMNS, |entry| row(entry, scene), area, buffer, scene);
    }
}

fn standing(scene: &Scene<'_>) -> Standing {
    Standing::of(scene, SourceKind::Pbs, Feed::Tasks)
}

fn entries(store: &Store, now: DateTime<Utc>) -> Vec<Entry> {
    let all = store.of(SourceKind::Pbs).flat_map(|source| {
        let stale = !source.is_fresh(Feed::Tasks, now);
        source.data.tasks.iter().map(move |task| Entry {
            subject: Subject::Task { source: source.id.clone(), upid: task.upid.clone() },
            task: task.clone(),
            stale,
        })
    });
    let mut all: Vec<Entry> = all.collect();
    all.sort_by_key(|entry| (entry.task.outcome != Outcome::Running, std::cmp::Reverse(entry.task.started)));
    all
}

fn row(entry: &Entry, scene: &Scene<'_>) -> Row {
    let task = &entry.task;
    let now = scene.wall();
    let sign = entry.state();
    let outcome = match &task.outcome {
        Outcome::Failed(error) => format!("failed: {error}"),
        outcome => outcome.word().to_owned(),
    };
    Row {
        sign,
        cells: vec![
            piece(task.kind.replace('_', " "), Role::Text),
            piece(&*task.id, Role::Text),
            piece(scene.times.since(task.started, now), Role::Muted),
            piece(outcome, sign.role),
            piece(text::age(task.ended.unwrap_or(now) - task.started), Role::Muted),
        ],
        stale: entry.stale,
    }
}
