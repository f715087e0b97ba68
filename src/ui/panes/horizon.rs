//! The horizon: what will break or come due, by date.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::listed::Rows;
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::health::Health;
use crate::domain::horizon::{Due, NEAR, When, horizon};
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
    Column::number("when", 0, 12),
    Column::word("kind", 3, 11),
    Column::text("what", 0, 16, 44),
    Column::text("then", 1, 22, 40),
    // How long it is until then is told already.
    Column::number("date", EXTRA, 12),
];

/// Something that comes due.
#[derive(Debug)]
pub struct Entry {
    due: Due,
    /// What tells it from every other row.
    identity: Subject,
    sign: Sign,
}

impl Hay for Entry {
    fn text(&self) -> Cow<'_, str> {
        format!("{} {} {} {}", self.due.kind, self.due.what, self.due.then, self.sign.word).into()
    }

    fn label(&self, name: &str) -> Option<Cow<'_, str>> {
        match name {
            "kind" => Some(self.due.kind.as_ref().into()),
            "what" => Some(Cow::from(&*self.due.what)),
            _ => None,
        }
    }
}

impl Item for Entry {
    fn subject(&self) -> &Subject {
        &self.identity
    }

    fn state(&self) -> Sign {
        self.sign
    }
}

/// The pane's rows.
#[derive(Debug)]
pub struct Horizon;

impl Rows for Horizon {
    type Entry = Entry;

    const TITLE: &'static str = "Horizon";
    const KIND: SourceKind = SourceKind::Pbs;
    const MADE_OF: &'static [SourceKind] =
        &[SourceKind::Pbs, SourceKind::Pve, SourceKind::Prometheus, SourceKind::Alertmanager];
    const FEED: Feed = Feed::Datastores;
    const COLUMNS: &'static [Column] = &COLUMNS;
    const NOTHING: &'static str = "nothing that is measured here comes due";

    fn entries(store: &Store, now: DateTime<Utc>) -> Vec<Entry> {
        horizon(store, now).into_iter().map(|due| entry(due, now)).collect()
    }

    fn row(entry: &Entry, scene: &Scene<'_>) -> Row {
        row(entry, scene)
    }

    fn opens(entry: &Entry) -> Subject {
        entry.due.subject.clone()
    }

    fn counts(entries: &[Entry], scene: &Scene<'_>) -> (Vec<Piece>, Vec<Piece>) {
        let now = scene.wall();
        let overdue = entries.iter().filter(|entry| entry.due.is_overdue(now)).count();
        let known =
            |entry: &&Entry| matches!(entry.due.at, When::At(_) | When::Now(_)) && !entry.due.is_overdue(now);
        let near = entries.iter().filter(known).filter(|entry| entry.due.is_within(NEAR, now)).count();
        let near = piece(format!("{near} within 14 d"), Role::Muted);
        let mut told = vec![near];
        if overdue > 0 {
            told.insert(0, piece(format!("{overdue} overdue, "), Role::Warning));
        }
        (told.clone(), told)
    }
}

fn entry(due: Due, now: DateTime<Utc>) -> Entry {
    let sign = match due.at {
        When::Unknown(_) => sign::UNKNOWN,
        When::Now(_) => Sign { word: "now", ..sign::of_health(Health::Warning) },
        When::At(at) if at <= now => Sign { word: "overdue", ..sign::of_health(Health::Critical) },
        When::At(at) if at - now <= NEAR => Sign { word: "near", ..sign::of_health(Health::Warning) },
        When::At(_) => Sign { word: "later", ..sign::of_health(Health::Ok) },
    };
    let identity = Subject::Due { kind: due.kind, what: due.what.clone(), then: due.then.clone() };
    Entry { due, identity, sign }
}

fn row(entry: &Entry, scene: &Scene<'_>) -> Row {
    let now = scene.wall();
    let due = &entry.due;
    // What cannot be said needs its reason more than what would happen: the kind tells that.
    let (when, date, then) = match &due.at {
        When::At(at) => {
            let when = if scene.times.absolute {
                scene.times.short(*at, now)
            } else if *at <= now {
                format!("overdue {}", text::age(now - *at))
            } else {
                format!("in {}", text::age(*at - now))
            };
            (when, scene.times.day(*at, now), due.then.to_string())
        }
        When::Now(why) => ("now".to_owned(), String::new(), why.to_string()),
        When::Unknown(why) => ("unknown".to_owned(), String::new(), why.to_string()),
    };
    let near = entry.sign.word != "later";
    let cells = vec![
        piece(when, if near { entry.sign.role } else { Role::Muted }),
        piece(due.kind.as_ref().to_owned(), Role::Muted),
        piece(&*due.what, Role::Text),
        piece(then, Role::Text),
        piece(date, Role::Muted),
    ];
    Row { sign: entry.sign, cells, stale: false }
}
