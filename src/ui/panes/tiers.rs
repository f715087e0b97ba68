//! The golden signals, a row for each tier: latency, traffic, errors, saturation, and where it is worst.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::listed::Rows;
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::measure::Weight;
use crate::domain::store::Store;
use crate::domain::subject::Subject;
use crate::domain::tier::{Level, Tier, tiers};
use crate::ui::filter::Hay;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::columns::{Column, EXTRA};
use crate::ui::widgets::sign::{self, Sign};
use crate::ui::widgets::table::{Item, Row};

const COLUMNS: [Column; 5] = [
    Column::text("tier", 0, 16, 18),
    Column::text("latency", 2, 27, 30),
    Column::text("traffic", EXTRA, 7, 10),
    Column::text("errors", 1, 24, 34),
    Column::text("saturation", 1, 20, 34),
];

/// A tier's row.
#[derive(Debug)]
pub struct Entry {
    subject: Subject,
    tier: Tier,
}

/// A signal with where it is worst; a dash where nobody measures it.
pub fn told(level: Option<&Level>) -> Piece {
    let Some(level) = level else { return piece("–", Role::Muted) };
    let role = match level.weight {
        Some(Weight::Bad(health)) => sign::of_health(health).role,
        Some(Weight::Noted) => Role::Info,
        None if level.of.is_empty() => Role::Muted,
        None => Role::Text,
    };
    let is_said = level.of.is_empty() || level.text.contains(&*level.of);
    let text = if is_said { level.text.clone() } else { format!("{} {}", level.of, level.text) };
    piece(text, role)
}

/// An address without its scheme: in a column every cell counts.
fn in_short((text, role): Piece) -> Piece {
    piece(text.replace("https://", "").replace("http://", ""), role)
}

impl Hay for Entry {
    fn text(&self) -> Cow<'_, str> {
        let signals = self.tier.signals.iter().map(|level| told(level.as_ref()).0);
        [self.tier.name.to_string()].into_iter().chain(signals).collect::<Vec<_>>().join(" ").into()
    }

    fn label(&self, name: &str) -> Option<Cow<'_, str>> {
        (name == "tier").then(|| (*self.tier.name).into())
    }
}

impl Item for Entry {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> Sign {
        sign::of_health(self.tier.state)
    }
}

/// The pane's rows.
#[derive(Debug)]
pub struct Tiers;

impl Rows for Tiers {
    type Entry = Entry;

    const TITLE: &'static str = "Golden signals";
    const KIND: SourceKind = SourceKind::Prometheus;
    const FEED: Feed = Feed::Measures;
    const COLUMNS: &'static [Column] = &COLUMNS;
    const NOTHING: &'static str = "no host is in a tier: [hosts.NAME] tier in the config, or a label tier";
    const AGES: bool = false;

    fn entries(store: &Store, _now: DateTime<Utc>) -> Vec<Entry> {
        let entry = |tier: Tier| Entry { subject: Subject::Tier(tier.name.clone()), tier };
        tiers(store).into_iter().map(entry).collect()
    }

    fn row(entry: &Entry, _scene: &Scene<'_>) -> Row {
        let lost = match entry.tier.hosts {
            (_, 0) => String::new(),
            (_, down) => format!(", {down} down"),
        };
        let name = piece(format!("{}{lost}", entry.tier.name), Role::Text);
        let signals = entry.tier.signals.iter().map(|level| in_short(told(level.as_ref())));
        Row { sign: entry.state(), cells: [name].into_iter().chain(signals).collect(), stale: false }
    }
}
