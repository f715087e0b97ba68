//! What was found by looking from this machine: a row per door, those that are not as they should be first.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::STALE;
use super::listed::Rows;
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::health::{Health, worst};
use crate::domain::probe::Probe;
use crate::domain::store::Store;
use crate::domain::subject::Subject;
use crate::text;
use crate::ui::filter::Hay;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::columns::{Column, EXTRA};
use crate::ui::widgets::sign::{self, Sign};
use crate::ui::widgets::table::{Item, Row};

const COLUMNS: [Column; 5] = [
    Column::text("probe", 0, 10, 28),
    Column::text("found", 1, 14, 44),
    Column::number("since", 2, 6),
    Column::text("where", 3, 12, 48),
    Column::text("certificate", EXTRA, 8, 16),
];

/// A door's row.
#[derive(Debug)]
pub struct Entry {
    subject: Subject,
    probe: Probe,
    health: Health,
    stale: bool,
}

impl Hay for Entry {
    fn text(&self) -> Cow<'_, str> {
        format!("{} {} {} {}", self.probe.name, self.probe.address, self.probe.word(), self.probe.text).into()
    }

    fn label(&self, name: &str) -> Option<Cow<'_, str>> {
        match name {
            "name" => Some((*self.probe.name).into()),
            "kind" => Some(self.probe.kind.as_ref().into()),
            _ => None,
        }
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
pub struct Probes;

impl Rows for Probes {
    type Entry = Entry;

    const TITLE: &'static str = "Probes";
    const KIND: SourceKind = SourceKind::Probe;
    const FEED: Feed = Feed::Probes;
    const COLUMNS: &'static [Column] = &COLUMNS;
    const NOTHING: &'static str = "nothing is looked at: [[sources.probe.NAME.item]] in the config";

    fn entries(store: &Store, now: DateTime<Utc>) -> Vec<Entry> {
        let all = store.of(SourceKind::Probe).flat_map(|source| {
            let stale = !source.is_fresh(Feed::Probes, now);
            source.data.probes.iter().map(move |probe| Entry {
                subject: Subject::Probe { source: source.id.clone(), name: probe.name.clone() },
                health: probe.door().max(probe.certificate(now)),
                probe: probe.clone(),
                stale,
            })
        });
        let mut all: Vec<Entry> = all.collect();
        all.sort_by_key(|entry| std::cmp::Reverse(entry.health));
        all
    }

    fn row(entry: &Entry, scene: &Scene<'_>) -> Row {
        let (probe, now) = (&entry.probe, scene.wall());
        let sign = entry.state();
        let role = if probe.door() == Health::Ok { Role::Text } else { sign.role };
        let end = probe.certificate_end.map(|end| text::age(end - now)).unwrap_or_default();
        let ends = sign::of_health(probe.certificate(now));
        let ends = if probe.certificate(now) == Health::Ok { Role::Muted } else { ends.role };
        Row {
            sign,
            cells: vec![
                piece(&*probe.name, Role::Text),
                piece(found(probe), role),
                piece(scene.times.since(probe.since, now), Role::Muted),
                piece(&*probe.address, Role::Muted),
                piece(end, ends),
            ],
            stale: entry.stale,
        }
    }

    fn counts(entries: &[Entry], _scene: &Scene<'_>) -> (Vec<Piece>, Vec<Piece>) {
        let bad = entries.iter().filter(|entry| entry.health != Health::Ok).count();
        if bad == 0 {
            return (Vec::new(), Vec::new());
        }
        let role = sign::of_health(worst(entries.iter().map(|entry| entry.health))).role;
        let words = format!("{bad} of {} not as they should be", entries.len());
        (vec![piece(words, role)], vec![piece(format!("{bad}/{}", entries.len()), role)])
    }
}

/// What was found, in a few words.
fn found(probe: &Probe) -> String {
    match (probe.wanted, probe.answers) {
        (true, _) => probe.text.to_string(),
        _ if !probe.known => probe.text.to_string(),
        (false, true) => "open, and must not be".to_owned(),
        (false, false) => "closed, as it must be".to_owned(),
    }
}
