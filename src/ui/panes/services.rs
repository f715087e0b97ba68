//! The services: what people ask about, a row each, those that are down first; above them what is suspected.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::listed::Rows;
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::health::{Health, worst};
use crate::domain::service::{self, Gap, Standing};
use crate::domain::store::Store;
use crate::domain::subject::Subject;
use crate::domain::suspect::{self, Suspect};
use crate::text;
use crate::ui::filter::Hay;
use crate::ui::glyphs;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::columns::Column;
use crate::ui::widgets::sign::{self, Sign, sign};
use crate::ui::widgets::table::{Item, Row};

const COLUMNS: [Column; 6] = [
    Column::text("service", 0, 8, 24),
    Column::word("is", 1, 8),
    Column::number("since", 2, 6),
    Column::number("rto", 3, 8),
    Column::number("rpo", 3, 8),
    Column::text("because", 1, 12, 60),
];

/// A row.
#[derive(Debug)]
pub enum Entry {
    /// A service.
    Service(Subject, Standing),
    /// Something that several failing things share.
    Suspect(Subject, Suspect),
}

impl Hay for Entry {
    fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Service(_, it) => format!("{} {} {}", it.name, it.word(), it.because).into(),
            Self::Suspect(_, it) => it.sentence().into(),
        }
    }

    fn label(&self, name: &str) -> Option<Cow<'_, str>> {
        match self {
            Self::Service(_, it) if name == "name" => Some((*it.name).into()),
            Self::Suspect(_, it) if name == "suspect" => Some((*it.name).into()),
            _ => None,
        }
    }
}

impl Item for Entry {
    fn subject(&self) -> &Subject {
        let (Self::Service(subject, _) | Self::Suspect(subject, _)) = self;
        subject
    }

    fn state(&self) -> Sign {
        match self {
            Self::Service(_, it) => Sign { word: it.word(), ..sign::of_health(it.state) },
            Self::Suspect(..) => sign(glyphs::UNKNOWN, Role::Info, "suspect"),
        }
    }
}

/// The clock of the recovery time: what is left of it, or how far it is overrun.
pub fn clock(due: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Piece {
    match due {
        None => piece("", Role::Muted),
        Some(due) if due < now => piece(format!("over {}", text::age(now - due)), Role::Critical),
        Some(due) => piece(text::age(due - now), Role::Warning),
    }
}

/// The clock of the recovery point: for how long the last good backup is as young as was promised, or
/// how much more would be lost than that.
pub fn gap(gap: Option<Gap>, now: DateTime<Utc>) -> Piece {
    let Some(Gap { good, due }) = gap else { return piece("", Role::Muted) };
    match clock(Some(due), now) {
        (left, Role::Warning) if due - now > (due - good) / 4 => (left, Role::Muted),
        nearly => nearly,
    }
}

/// The pane's rows.
#[derive(Debug)]
pub struct Services;

impl Rows for Services {
    type Entry = Entry;

    const TITLE: &'static str = "Services";
    const KIND: SourceKind = SourceKind::Prometheus;
    const MADE_OF: &'static [SourceKind] = &[
        SourceKind::Prometheus,
        SourceKind::Alertmanager,
        SourceKind::Probe,
        SourceKind::Pve,
        SourceKind::Pbs,
    ];
    const FEED: Feed = Feed::Targets;
    const COLUMNS: &'static [Column] = &COLUMNS;
    const NOTHING: &'static str = "no service is named: [services.NAME] in the config";

    fn entries(store: &Store, now: DateTime<Utc>) -> Vec<Entry> {
        let all = service::services(store, now);
        let suspects = suspect::suspects(store, &all, now).into_iter();
        let suspects = suspects.map(|it| Entry::Suspect(Subject::Suspect(it.name.clone()), it));
        suspects
            .chain(all.into_iter().map(|it| Entry::Service(Subject::Service(it.name.clone()), it)))
            .collect()
    }

    fn row(entry: &Entry, scene: &Scene<'_>) -> Row {
        let now = scene.wall();
        let sign = entry.state();
        let cells = match entry {
            Entry::Service(_, it) => vec![
                piece(&*it.name, Role::Text),
                piece(it.word(), if it.state == Health::Ok { Role::Muted } else { sign.role }),
                piece(it.since.map_or_else(String::new, |at| scene.times.since(at, now)), Role::Muted),
                clock(it.due, now),
                gap(it.gap, now),
                piece(&*it.because, if it.state == Health::Critical { Role::Text } else { Role::Muted }),
            ],
            Entry::Suspect(_, it) => vec![
                piece(&*it.name, Role::Text),
                piece("suspect", sign.role),
                piece(
                    it.failing.first().map_or_else(String::new, |first| scene.times.since(first.since, now)),
                    Role::Muted,
                ),
                piece("", Role::Muted),
                piece("", Role::Muted),
                piece(format!("{} of {} that rest on it fail", it.failing.len(), it.of), sign.role),
            ],
        };
        Row { sign, cells, stale: false }
    }

    fn counts(entries: &[Entry], _scene: &Scene<'_>) -> (Vec<Piece>, Vec<Piece>) {
        let states = entries.iter().filter_map(|entry| match entry {
            Entry::Service(_, it) => Some(it.state),
            Entry::Suspect(..) => None,
        });
        let states: Vec<Health> = states.collect();
        let up = states.iter().filter(|state| **state == Health::Ok).count();
        if states.is_empty() {
            return (Vec::new(), Vec::new());
        }
        let role = if up == states.len() {
            Role::Muted
        } else {
            sign::of_health(worst(states.iter().copied())).role
        };
        let words = piece(format!("{up} of {} up", states.len()), role);
        (vec![words.clone()], vec![words])
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_recovery_point_is_quiet_then_near_then_over() {
        let good = DateTime::UNIX_EPOCH;
        let of = Some(Gap { good, due: good + TimeDelta::hours(24) });
        for (hours, told, role) in [
            (2, "22h", Role::Muted),
            (17, "7h00", Role::Muted),
            (20, "4h00", Role::Warning),
            (27, "over 3h00", Role::Critical),
        ] {
            let (left, as_role) = gap(of, good + TimeDelta::hours(hours));
            assert_eq!((&*left, as_role), (told, role), "after {hours} h");
        }
        assert_eq!(gap(None, good), piece("", Role::Muted));
    }
}
