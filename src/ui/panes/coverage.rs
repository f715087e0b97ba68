//! Who watches each guest: a row per guest, those that most watches lack first.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::listed::Rows;
use crate::domain::coverage::{Cover, Covered, WATCHES, coverage};
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::health::Health;
use crate::domain::store::Store;
use crate::domain::subject::Subject;
use crate::ui::filter::Hay;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::columns::Column;
use crate::ui::widgets::sign::{self, Sign};
use crate::ui::widgets::table::{Item, Row};

const COLUMNS: [Column; 8] = [
    Column::text("guest", 0, 6, 8),
    Column::text("name", 2, 6, 20),
    Column::word("scraped", 1, 7),
    Column::word("logs", 4, 4),
    Column::word("rules", 3, 5),
    Column::word("backup", 1, 6),
    Column::word("off-site", 3, 8),
    Column::word("probe", 4, 5),
];

/// A guest's row.
#[derive(Debug)]
pub struct Entry {
    row: Covered,
    stale: bool,
}

impl Hay for Entry {
    fn text(&self) -> Cow<'_, str> {
        let guest = &self.row.guest;
        let lacks = WATCHES.iter().zip(self.row.covers).filter(|(_, cover)| *cover == Cover::No);
        let lacks: Vec<&str> = lacks.map(|(watch, _)| *watch).collect();
        format!("{} {} {} no {}", guest.id, guest.name, guest.tags.join(" "), lacks.join(" no ")).into()
    }

    fn label(&self, name: &str) -> Option<Cow<'_, str>> {
        if let Some(at) = WATCHES.iter().position(|watch| *watch == name) {
            return self.row.covers.get(at).map(|cover| cover.as_ref().into());
        }
        match name {
            "guest" => Some(Cow::from(&*self.row.guest.name)),
            "node" => Some(Cow::from(&*self.row.guest.node)),
            "type" => Some(self.row.guest.id.kind.as_ref().into()),
            "id" => Some(self.row.guest.id.vmid.to_string().into()),
            _ => None,
        }
    }
}

impl Item for Entry {
    fn subject(&self) -> &Subject {
        &self.row.subject
    }

    fn state(&self) -> Sign {
        if self.stale {
            super::STALE
        } else if self.row.gaps() > 0 {
            sign::of_health(Health::Warning)
        } else {
            sign::of_health(Health::Ok)
        }
    }
}

/// The pane's rows.
#[derive(Debug)]
pub struct Coverage;

impl Rows for Coverage {
    type Entry = Entry;

    const TITLE: &'static str = "Coverage";
    const KIND: SourceKind = SourceKind::Pve;
    // The log of every host would be asked for with every line: it is looked at with the rest.
    const MADE_OF: &'static [SourceKind] = &[SourceKind::Pve, SourceKind::Pbs, SourceKind::Prometheus];
    const FEED: Feed = Feed::Guests;
    const COLUMNS: &'static [Column] = &COLUMNS;
    const NOTHING: &'static str = "no guest is readable with this token";

    fn entries(store: &Store, now: DateTime<Utc>) -> Vec<Entry> {
        let stale =
            |row: &Covered| !store.source(&row.source).is_some_and(|pve| pve.is_fresh(Feed::Guests, now));
        let rows = coverage(store, now).into_iter();
        rows.map(|row| Entry { stale: stale(&row), row }).collect()
    }

    fn row(entry: &Entry, _scene: &Scene<'_>) -> Row {
        let guest = &entry.row.guest;
        let role = if entry.row.quiet { Role::Muted } else { Role::Text };
        let mut cells = vec![piece(guest.id.to_string(), role), piece(&*guest.name, role)];
        cells.extend(entry.row.covers.iter().map(|cover| word(*cover, entry.row.quiet)));
        Row { sign: entry.state(), cells, stale: entry.stale }
    }

    fn counts(entries: &[Entry], _scene: &Scene<'_>) -> (Vec<Piece>, Vec<Piece>) {
        let gaps = entries.iter().filter(|entry| entry.row.gaps() > 0).count();
        if gaps == 0 {
            return (Vec::new(), Vec::new());
        }
        let words = format!("{gaps} of {} with gaps", entries.len());
        (vec![piece(words, Role::Warning)], vec![piece(format!("{gaps}/{}", entries.len()), Role::Warning)])
    }
}

fn word(cover: Cover, quiet: bool) -> Piece {
    let role = match cover {
        _ if quiet => Role::Muted,
        Cover::Yes => Role::Ok,
        Cover::Weak => Role::Warning,
        Cover::No => Role::Critical,
        Cover::Unknown => Role::Unknown,
        Cover::Unasked => Role::Muted,
    };
    piece(cover.as_ref().to_owned(), role)
}
