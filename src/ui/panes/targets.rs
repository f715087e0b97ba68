//! The scrape targets: down first, with the reason in a few words.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::listed::Rows;
use super::{STALE, count};
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::store::Store;
use crate::domain::subject::Subject;
use crate::domain::target::{ErrorClass, Target, TargetHealth};
use crate::text;
use crate::ui::filter::Hay;
use crate::ui::glyphs;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::columns::{Column, EXTRA};
use crate::ui::widgets::sign::{self, Sign, sign};
use crate::ui::widgets::table::{Item, Row};

const COLUMNS: [Column; 6] = [
    Column::text("job", 1, 6, 20),
    Column::text("instance", 0, 10, 40),
    Column::text("last scrape", 2, 18, 34),
    Column::number("good", 3, 12),
    Column::number("every", EXTRA, 5),
    Column::text("error", EXTRA + 1, 24, 60),
];

const UP: Sign = sign(glyphs::OK, Role::Ok, "up");
const DOWN: Sign = sign(glyphs::FAILED, Role::Critical, "down");
const HOLLOW: Sign = sign(glyphs::WARNING, Role::Warning, "without samples");
const NEW: Sign = sign(glyphs::UNKNOWN, Role::Unknown, "never scraped");

/// A target's row.
#[derive(Debug)]
pub struct Entry {
    subject: Subject,
    target: Target,
    sign: Sign,
    /// The last scrape that succeeded.
    good: Option<DateTime<Utc>>,
    stale: bool,
}

impl Hay for Entry {
    fn text(&self) -> Cow<'_, str> {
        let target = &self.target;
        format!("{} {} {} {} {}", self.sign.word, target.job, target.instance, target.error, target.labels)
            .into()
    }

    fn label(&self, name: &str) -> Option<Cow<'_, str>> {
        match name {
            "health" => Some(self.target.health.as_ref().into()),
            name => self.target.labels.get(name).map(Cow::from),
        }
    }
}

impl Item for Entry {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> Sign {
        if self.stale { STALE } else { self.sign }
    }
}

/// The pane's rows.
#[derive(Debug)]
pub struct Targets;

impl Rows for Targets {
    type Entry = Entry;

    const TITLE: &'static str = "Targets";
    const KIND: SourceKind = SourceKind::Prometheus;
    const FEED: Feed = Feed::Targets;
    const COLUMNS: &'static [Column] = &COLUMNS;
    const NOTHING: &'static str = "Prometheus has no active target";
    const AGES: bool = false;

    fn entries(store: &Store, now: DateTime<Utc>) -> Vec<Entry> {
        entries(store, now)
    }

    fn row(entry: &Entry, scene: &Scene<'_>) -> Row {
        row(entry, scene)
    }

    fn counts(entries: &[Entry], _scene: &Scene<'_>) -> (Vec<Piece>, Vec<Piece>) {
        let of = |sign: Sign| entries.iter().filter(|entry| entry.state() == sign).count();
        count(&[UP, DOWN, HOLLOW, NEW, STALE].map(|sign| (sign, of(sign))))
    }
}

fn entries(store: &Store, now: DateTime<Utc>) -> Vec<Entry> {
    let mut all = Vec::new();
    for source in store.of(SourceKind::Prometheus) {
        let stale = !source.is_fresh(Feed::Targets, now);
        for target in &*source.data.targets {
            let scrape = source.data.scrape(target);
            let hollow = scrape.is_some_and(|scrape| scrape.hollow);
            let (sign, good) = match target.health {
                TargetHealth::Up if hollow => (HOLLOW, target.last_scrape),
                TargetHealth::Up => (UP, target.last_scrape),
                TargetHealth::Down => (DOWN, scrape.and_then(|scrape| scrape.last_success)),
                TargetHealth::Unknown => (NEW, None),
            };
            let subject = Subject::Target {
                source: source.id.clone(),
                pool: target.pool.clone(),
                instance: target.instance.clone(),
            };
            all.push(Entry { subject, target: target.clone(), sign, good, stale });
        }
    }
    let order = |sign: Sign| [DOWN, NEW, HOLLOW, UP].iter().position(|have| *have == sign);
    // Stable: within a state the order stays that of the source.
    all.sort_by_key(|entry| order(entry.sign));
    all
}

fn row(entry: &Entry, scene: &Scene<'_>) -> Row {
    let target = &entry.target;
    let outcome = match entry.sign {
        // The last error may be over, and nobody knows.
        sign if entry.stale => piece(format!("was {}", sign.word), Role::Muted),
        UP => piece(text::took(target.took), Role::Muted),
        HOLLOW => piece("up, but 0 samples", Role::Warning),
        NEW => piece("not scraped yet", Role::Unknown),
        _ => piece(short(target), Role::Text),
    };
    let good = entry.good.map_or_else(|| "–".to_owned(), |at| scene.times.since(at, scene.wall()));
    // The scheme says little, and takes eight cells.
    let instance = target.instance.split_once("://").map_or(&*target.instance, |(_, rest)| rest);
    let every = if scene.whole { text::span(target.interval) } else { String::new() };
    Row {
        sign: entry.state(),
        cells: vec![
            piece(&*target.job, Role::Text),
            piece(instance, Role::Text),
            outcome,
            piece(good, Role::Muted),
            piece(every, Role::Muted),
            piece(&*target.error, Role::Muted),
        ],
        stale: entry.stale,
    }
}

/// A scrape's error in the two or three words that tell it from the others.
pub fn short(target: &Target) -> Cow<'_, str> {
    let error = &*target.error;
    match target.error_class() {
        None => "down".into(),
        Some(ErrorClass::Refused) => "connection refused".into(),
        Some(ErrorClass::Dns) => "no such host".into(),
        Some(ErrorClass::Timeout) => format!("no answer in {}", text::span(target.timeout)).into(),
        Some(ErrorClass::Tls) => "TLS failed".into(),
        Some(ErrorClass::Http) => match error.split_once("HTTP status ") {
            Some((_, status)) => format!("HTTP {status}").into(),
            None => "HTTP error".into(),
        },
        Some(ErrorClass::Parse) => "no metrics in the answer".into(),
        Some(ErrorClass::Limit) => "over a scrape limit".into(),
        Some(ErrorClass::Other) => error.rsplit(": ").next().unwrap_or(error).into(),
    }
}

/// How well a target is, as its row says.
pub fn sign_of(target: &Target, hollow: bool) -> Sign {
    match target.health {
        TargetHealth::Up if hollow => HOLLOW,
        TargetHealth::Up => UP,
        TargetHealth::Down => DOWN,
        TargetHealth::Unknown => sign::UNKNOWN,
    }
}
