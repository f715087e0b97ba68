//! The boot layers, the lowest first: what each waits for, how long it took, and how long it usually takes.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::listed::Rows;
use crate::domain::feed::{Feed, SourceKind, seconds};
use crate::domain::health::{Health, worst};
use crate::domain::layer::{self, Standing};
use crate::domain::store::Store;
use crate::domain::subject::Subject;
use crate::text;
use crate::ui::filter::Hay;
use crate::ui::glyphs;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::columns::Column;
use crate::ui::widgets::sign::{self, Sign, sign};
use crate::ui::widgets::table::{Item, Row};

const COLUMNS: [Column; 5] = [
    Column::text("layer", 0, 8, 16),
    Column::word("has", 1, 8),
    Column::text("what it needs", 0, 14, 80),
    Column::number("took", 2, 6),
    Column::number("usually", 3, 8),
];

/// A layer's row.
#[derive(Debug)]
pub struct Entry {
    subject: Subject,
    layer: Standing,
    /// It waits for a layer below, and the lab boots.
    is_behind: bool,
    /// How long it took in the start that is going on, or was last; and usually.
    took: Option<f64>,
    usual: Option<f64>,
    /// The lab boots, and this is the layer at which it stands: since when.
    stands: Option<DateTime<Utc>>,
}

impl Hay for Entry {
    fn text(&self) -> Cow<'_, str> {
        format!("{} {} {}", self.layer.name, self.state().word, self.layer.waits_for().join(" ")).into()
    }

    fn label(&self, name: &str) -> Option<Cow<'_, str>> {
        (name == "layer").then(|| (*self.layer.name).into())
    }
}

impl Item for Entry {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> Sign {
        match self.layer.state() {
            Health::Ok => Sign { word: "up", ..sign::of_health(Health::Ok) },
            _ if self.is_behind => sign(glyphs::PENDING, Role::Muted, "behind"),
            _ if self.stands.is_some() => sign(glyphs::RUNNING, Role::Warning, "booting"),
            health => Sign { word: "not up", ..sign::of_health(health) },
        }
    }
}

/// The pane's rows.
#[derive(Debug)]
pub struct Layers;

impl Rows for Layers {
    type Entry = Entry;

    const TITLE: &'static str = "Boot layers";
    const KIND: SourceKind = SourceKind::Prometheus;
    const MADE_OF: &'static [SourceKind] = &[SourceKind::Prometheus, SourceKind::Probe, SourceKind::Pve];
    const FEED: Feed = Feed::Measures;
    const COLUMNS: &'static [Column] = &COLUMNS;
    const NOTHING: &'static str = "no layer is named: [[layers]] in the config";

    fn entries(store: &Store, now: DateTime<Utc>) -> Vec<Entry> {
        let started = layer::started(store, now);
        let (last, earlier) = match store.boots.split_last() {
            Some((last, earlier)) => (Some(last), earlier),
            None => (None, &[][..]),
        };
        let mut below = true;
        let entry = |layer: Standing| {
            let is_up = layer.is_up();
            let stands = started.filter(|_| below && !is_up);
            let is_behind = started.is_some() && !below && !is_up;
            below &= is_up;
            Entry {
                subject: Subject::Layer(layer.number),
                took: last.and_then(|boot| *boot.took.get(layer.number)?),
                usual: layer::usual(earlier, layer.number),
                layer,
                is_behind,
                stands,
            }
        };
        layer::layers(store, now).into_iter().map(entry).collect()
    }

    fn row(entry: &Entry, scene: &Scene<'_>) -> Row {
        let sign = entry.state();
        let layer = &entry.layer;
        let there = layer.needs.len() - layer.missing().count();
        let took = match (entry.took, entry.stands) {
            (Some(took), _) => text::age_of(Some(took)),
            (None, Some(at)) => format!("{}…", text::age_of(Some(seconds(scene.wall() - at)))),
            (None, None) => String::new(),
        };
        let late = entry.took.or(entry.stands.map(|at| seconds(scene.wall() - at)));
        let is_late = late.zip(entry.usual).is_some_and(|(took, usual)| took > usual * 1.5);
        // What is there is worth a look only when nothing is missing.
        let needs = if layer.is_up() {
            let all: Vec<&str> = layer.needs.iter().map(|(what, _)| &**what).collect();
            piece(all.join(", "), Role::Muted)
        } else {
            let waits = format!("waits for {}", layer.waits_for().join(", "));
            piece(waits, if entry.is_behind { Role::Muted } else { Role::Text })
        };
        Row {
            sign,
            cells: vec![
                piece(format!("{} {}", layer.number, layer.name), Role::Text),
                piece(format!("{there}/{}", layer.needs.len()), Role::Muted),
                needs,
                piece(took, if is_late { Role::Warning } else { Role::Muted }),
                piece(entry.usual.map_or_else(String::new, |usual| text::age_of(Some(usual))), Role::Muted),
            ],
            stale: false,
        }
    }

    fn counts(entries: &[Entry], _scene: &Scene<'_>) -> (Vec<Piece>, Vec<Piece>) {
        let up = entries.iter().filter(|entry| entry.layer.is_up()).count();
        if entries.is_empty() {
            return (Vec::new(), Vec::new());
        }
        let is_booting = entries.iter().any(|entry| entry.stands.is_some());
        let words = if is_booting { "booting, " } else { "" };
        let role = match worst(entries.iter().map(|entry| entry.layer.state())) {
            Health::Ok => Role::Muted,
            // While the lab boots it is expected that not all is up.
            _ if is_booting => Role::Warning,
            health => sign::of_health(health).role,
        };
        let words = piece(format!("{words}{up} of {} up", entries.len()), role);
        (vec![words.clone()], vec![words])
    }
}
