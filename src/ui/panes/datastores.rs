//! The datastores: how full, and when they will be.

use std::borrow::Cow;

use chrono::{DateTime, TimeDelta, Utc};

use super::STALE;
use super::listed::Rows;
use crate::domain::datastore::Datastore;
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::health::Health;
use crate::domain::sites;
use crate::domain::store::{SourceState, Store};
use crate::domain::subject::Subject;
use crate::text;
use crate::ui::filter::Hay;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::columns::{Column, EXTRA};
use crate::ui::widgets::gauge::gauge;
use crate::ui::widgets::sign::{self, Sign};
use crate::ui::widgets::table::{Item, Row};

const COLUMNS: [Column; 5] = [
    Column::text("datastore", 0, 16, 24),
    Column::word("", 2, 10),
    Column::number("used", 1, 5),
    Column::text("full", 3, 9, 40),
    Column::number("of", EXTRA, 13),
];

/// A datastore's row.
#[derive(Debug)]
pub struct Entry {
    subject: Subject,
    /// Its name, with its site where another has one of that name too.
    name: String,
    store: Datastore,
    health: Health,
    stale: bool,
}

impl Hay for Entry {
    fn text(&self) -> Cow<'_, str> {
        format!("{} {}", self.name, self.health).into()
    }

    fn label(&self, name: &str) -> Option<Cow<'_, str>> {
        (name == "name").then(|| (*self.store.name).into())
    }
}

impl Item for Entry {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> Sign {
        if self.stale { STALE } else { sign::of_health(self.health) }
    }
}

/// The pane's rows.
#[derive(Debug)]
pub struct Datastores;

impl Rows for Datastores {
    type Entry = Entry;

    const TITLE: &'static str = "Datastores";
    const KIND: SourceKind = SourceKind::Pbs;
    const FEED: Feed = Feed::Datastores;
    const COLUMNS: &'static [Column] = &COLUMNS;
    const NOTHING: &'static str = "no datastore is readable with this token";

    fn entries(store: &Store, now: DateTime<Utc>) -> Vec<Entry> {
        entries(store, now)
    }

    fn row(entry: &Entry, scene: &Scene<'_>) -> Row {
        row(entry, scene)
    }
}

fn entries<'s>(store: &'s Store, now: DateTime<Utc>) -> Vec<Entry> {
    let named = |source: &'s SourceState| {
        source.data.datastores.iter().map(|datastore| (&*datastore.name, &*source.apart))
    };
    let shared = &sites::shared(store.of(SourceKind::Pbs).flat_map(named));
    let all = store.of(SourceKind::Pbs).flat_map(|source| {
        let stale = !source.is_fresh(Feed::Datastores, now);
        source.data.datastores.iter().map(move |datastore| Entry {
            subject: Subject::Datastore { source: source.id.clone(), name: datastore.name.clone() },
            name: if shared.contains(&*datastore.name) {
                sites::beside(&datastore.name, &source.apart)
            } else {
                datastore.name.to_string()
            },
            store: datastore.clone(),
            health: datastore.health(&store.thresholds.fill, now),
            stale,
        })
    });
    let mut all: Vec<Entry> = all.collect();
    all.sort_by_key(|entry| std::cmp::Reverse(entry.health));
    all
}

fn row(entry: &Entry, scene: &Scene<'_>) -> Row {
    let datastore = &entry.store;
    let sign = entry.state();
    let role = if entry.health == Health::Ok { Role::Ok } else { sign::of_health(entry.health).role };
    let share = datastore.share();
    let used = datastore.used.zip(datastore.total);
    Row {
        sign,
        cells: vec![
            piece(entry.name.clone(), Role::Text),
            piece(share.map_or_else(String::new, |share| gauge(share, 10)), role),
            piece(share.map_or_else(String::new, |share| format!("{:.0} %", share * 100.0)), Role::Text),
            outlook(datastore, scene),
            piece(
                used.map_or_else(String::new, |(used, total)| {
                    format!("{} of {}", text::bytes(used), text::bytes(total))
                }),
                Role::Muted,
            ),
        ],
        stale: entry.stale,
    }
}

/// When it will be full, or why that is not known.
pub fn outlook(datastore: &Datastore, scene: &Scene<'_>) -> Piece {
    let now = scene.wall();
    if let Some(message) = &datastore.maintenance {
        return piece(format!("maintenance: {message}"), Role::Info);
    }
    if let Some(error) = &datastore.error {
        return piece(format!("offline: {error}"), Role::Critical);
    }
    match datastore.full_at {
        Some(at) if at - now < TimeDelta::days(90) => {
            let limits = &scene.store.thresholds.fill;
            let role = if at - now < limits.warn_within { Role::Warning } else { Role::Muted };
            piece(format!("full in {}", text::age(at - now)), role)
        }
        Some(at) if at - now < TimeDelta::days(3650) => {
            piece(format!("full {}", scene.times.short(at, now)), Role::Muted)
        }
        _ => piece("", Role::Muted),
    }
}
