//! The backups: one row per guest, the riskiest first, with the reason when one is late.

use std::borrow::Cow;

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Listing, Pane, Standing, draw_lines, nothing_matches};
use crate::domain::backup::{BackupGroup, BackupState, GroupId, Verification};
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::health::Health;
use crate::domain::store::Store;
use crate::domain::subject::Subject;
use crate::domain::verdict::judged_backups;
use crate::text;
use crate::ui::filter::Hay;
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::columns::{Column, EXTRA};
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::sign::{self, Sign};
use crate::ui::widgets::table::{Item, Row, Table};

const COLUMNS: [Column; 9] = [
    Column::text("group", 0, 6, 16),
    Column::text("guest", 1, 6, 22),
    Column::number("age / RPO", 1, 11),
    Column::word("state", 3, 10),
    Column::text("reason", 2, 16, 40),
    Column::number("last good", EXTRA, 12),
    Column::word("verified", EXTRA + 1, 19),
    Column::number("size", EXTRA + 2, 5),
    Column::text("kept on", EXTRA + 3, 7, 24),
];

/// A guest's row, or what could not be read.
#[derive(Debug)]
struct Entry {
    subject: Subject,
    /// `vm/102`, or the datastore that cannot be read.
    name: String,
    group: Option<BackupGroup>,
    sign: Sign,
    health: Health,
    reason: String,
    rpo: TimeDelta,
    place: String,
    stale: bool,
}

impl Hay for Entry {
    fn text(&self) -> Cow<'_, str> {
        let guest = self.group.as_ref().map_or("", |group| &*group.guest);
        format!("{} {guest} {} {} {}", self.name, self.sign.word, self.reason, self.place).into()
    }

    fn label(&self, name: &str) -> Option<Cow<'_, str>> {
        let group = self.group.as_ref()?;
        match name {
            "guest" => Some(Cow::from(&*group.guest)),
            "datastore" => Some(Cow::from(&*group.id.datastore)),
            "namespace" => Some(Cow::from(&*group.id.namespace)),
            "type" => Some(Cow::from(&*group.id.kind)),
            "id" => Some(Cow::from(&*group.id.id)),
            "owner" => Some(Cow::from(&*group.owner)),
            "state" => Some(self.sign.word.into()),
            _ => None,
        }
    }
}

impl Item for Entry {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> Sign {
        self.sign
    }
}

/// The pane.
#[derive(Debug, Default)]
pub struct Backups {
    table: Table<Entry>,
}

impl Pane for Backups {
    fn title(&self, scene: &Scene<'_>) -> Title {
        let counts = scene.verdict.counts;
        let (good, all) = (counts.backups_ok, counts.backups);
        let mut title = Title::new("Backups");
        if all > 0 {
            title.counts = vec![piece(format!("{good} of {all} good"), Role::Muted)];
            title.short = vec![piece(format!("{good}/{all}"), Role::Muted)];
        }
        title.right = self.table.notes();
        let badge = standing(scene).badge();
        if !title.right.is_empty() && !badge.is_empty() {
            title.right.push(piece("  ", Role::Muted));
        }
        title.right.extend(badge);
        title
    }

    fn made_of(&self) -> &'static [SourceKind] {
        &[SourceKind::Pbs, SourceKind::Pve]
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
                    .explain(SourceKind::Pbs, super::nothing("no backup group is readable with this token"))
            } else {
                nothing_matches(filter)
            };
            return draw_lines(&lines, area, buffer, scene);
        }
        self.table.draw(&COLUMNS, |entry| row(entry, scene), area, buffer, scene);
    }
}

fn standing(scene: &Scene<'_>) -> Standing {
    Standing::of(scene, SourceKind::Pbs, Feed::Snapshots)
}

fn place(id: &GroupId) -> String {
    if id.namespace.is_empty() {
        id.datastore.to_string()
    } else {
        format!("{}:{}", id.datastore, id.namespace)
    }
}

fn entries(store: &Store, now: DateTime<Utc>) -> Vec<Entry> {
    let judged = judged_backups(store, now).into_iter().map(|judged| Entry {
        subject: Subject::Backup { source: judged.source.id.clone(), group: judged.group.id.clone() },
        name: judged.group.id.to_string(),
        group: Some(judged.group.clone()),
        sign: sign::of_backup(judged.assessment.state, judged.assessment.health),
        health: judged.assessment.health,
        reason: judged.assessment.reason.to_string(),
        rpo: judged.expect.rpo,
        place: place(&judged.group.id),
        stale: !judged.source.knows_backups(now),
    });
    let unreadable = store.of(SourceKind::Pbs).flat_map(|source| {
        source.data.unreadable.iter().map(|denied| Entry {
            subject: Subject::Datastore { source: source.id.clone(), name: denied.datastore.clone() },
            name: if denied.namespace.is_empty() {
                denied.datastore.to_string()
            } else {
                format!("{}:{}", denied.datastore, denied.namespace)
            },
            group: None,
            sign: sign::of_backup(BackupState::Unknown, Health::Unknown),
            health: Health::Unknown,
            reason: format!("not readable: {}", denied.reason),
            rpo: TimeDelta::zero(),
            place: denied.datastore.to_string(),
            stale: false,
        })
    });
    let mut all: Vec<Entry> = judged.chain(unreadable).collect();
    // Stable. Exempt guests are fine, and nobody looks for them: they come last.
    all.sort_by_key(|entry| (std::cmp::Reverse(entry.health), entry.sign.word == "exempt"));
    all
}

fn row(entry: &Entry, scene: &Scene<'_>) -> Row {
    let now = scene.wall();
    let quiet = entry.sign.role == Role::Muted;
    let plain = if quiet { Role::Muted } else { Role::Text };
    let group = entry.group.as_ref();
    let good = group.and_then(BackupGroup::last_good);
    let age = match (good, group) {
        _ if quiet => String::new(),
        (Some(good), _) => format!("{} / {}", text::age(now - good.at), text::age(entry.rpo)),
        (None, Some(_)) => format!("– / {}", text::age(entry.rpo)),
        (None, None) => String::new(),
    };
    let newest = group.and_then(BackupGroup::newest);
    let verified = match newest.and_then(|newest| newest.verification) {
        Some(Verification::Ok(at)) => piece(format!("ok {}", scene.times.since(at, now)), Role::Muted),
        Some(Verification::Failed(at)) => {
            piece(format!("failed {}", scene.times.since(at, now)), Role::Critical)
        }
        None => piece(if newest.is_some() { "never" } else { "" }, Role::Muted),
    };
    let whole = |text: String| piece(if scene.whole { text } else { String::new() }, Role::Muted);
    Row {
        sign: entry.sign,
        cells: vec![
            piece(entry.name.clone(), plain),
            piece(group.map_or("", |group| &*group.guest), plain),
            piece(age, plain),
            piece(entry.sign.word, entry.sign.role),
            piece(entry.reason.clone(), plain),
            whole(good.map_or_else(String::new, |good| scene.times.short(good.at, now))),
            if scene.whole { verified } else { piece("", Role::Muted) },
            whole(good.map_or_else(String::new, |good| text::bytes(good.size))),
            whole(entry.place.clone()),
        ],
        stale: entry.stale,
    }
}
