//! Several tails as one stream in order of time, read in both directions from any place. Nothing
//! is copied: ten thousand lines cost what is on the screen.

use chrono::{DateTime, Utc};

use crate::domain::alert::AlertState;
use crate::domain::feed::SourceKind;
use crate::domain::log::{Entry, Line, Tail};
use crate::domain::store::{SourceState, Store};
use crate::domain::subject::Subject;
use crate::ui::widgets::sign::{self, Sign};

/// An alert that begins while lines come in.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// When, in nanoseconds.
    pub at: i64,
    /// Its sign.
    pub sign: Sign,
    /// `HostDown vm102`.
    pub name: String,
}

/// What stands at a place of the stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shown<'s> {
    /// An entry, and which tail it is of.
    Entry(usize, &'s Entry),
    /// An alert begins here.
    Mark(&'s Mark),
}

/// The tails, and the marks between their lines.
#[derive(Debug)]
pub struct Stream<'s> {
    tails: Vec<(&'s SourceState, &'s Tail)>,
    marks: &'s [Mark],
}

/// A place between two entries: how many of each tail, and of the marks, lie before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(Vec<usize>);

impl Place {
    /// How much lies before it.
    pub fn passed(&self) -> usize {
        self.0.iter().sum()
    }
}

/// All tails of the store, in their order.
pub fn tails(store: &Store) -> impl Iterator<Item = (&SourceState, &Tail)> {
    store.of(SourceKind::Loki).flat_map(|source| source.data.tails.iter().map(move |tail| (source, tail)))
}

/// When the alerts that are true now began, the oldest first.
pub fn marks(store: &Store) -> Vec<Mark> {
    let loud = store
        .alerts()
        .iter()
        .map(|listed| &listed.alert)
        .filter(|alert| matches!(alert.state, AlertState::Firing | AlertState::Acknowledged));
    let mut marks: Vec<Mark> = loud
        .map(|alert| Mark {
            at: alert.starts_at.timestamp_nanos_opt().unwrap_or(i64::MAX),
            sign: sign::of_alert(alert),
            name: format!("{} {}", alert.name, alert.subject()),
        })
        .collect();
    marks.sort_by(|one, other| (one.at, &one.name).cmp(&(other.at, &other.name)));
    marks
}

impl<'s> Stream<'s> {
    /// The tails of a store: all of them, or only the one that `only` names by its place.
    pub fn new(store: &'s Store, only: Option<usize>, marks: &'s [Mark]) -> Self {
        let all = tails(store).enumerate();
        let tails: Vec<(&SourceState, &Tail)> =
            all.filter(|(at, _)| only.is_none_or(|only| only == *at)).map(|(_, tail)| tail).collect();
        // A mark before the first line that is kept stands between no lines.
        let first = tails.iter().filter_map(|(_, tail)| tail.entries().front()).map(Entry::at).min();
        let early = first.map_or(marks.len(), |first| marks.partition_point(|mark| mark.at < first));
        Self { tails, marks: marks.get(early..).unwrap_or_default() }
    }

    /// The tails in it.
    pub fn tails(&self) -> &[(&'s SourceState, &'s Tail)] {
        &self.tails
    }

    /// The place before everything.
    pub fn start(&self) -> Place {
        Place(vec![0; self.tails.len() + 1])
    }

    /// The place after everything.
    pub fn end(&self) -> Place {
        let lengths = self.tails.iter().map(|(_, tail)| tail.entries().len());
        Place(lengths.chain([self.marks.len()]).collect())
    }

    /// The place right after a line, or where it would stand.
    pub fn after(&self, line: &Subject) -> Place {
        let Subject::Line { source, tail, at, text } = line else { return self.end() };
        let own = self.tails.iter().position(|(have, named)| have.id == *source && named.name == *tail);
        let own = own.unwrap_or(usize::MAX);
        let places = self.tails.iter().enumerate().map(|(index, (_, tail))| {
            let entries = tail.entries();
            if index != own {
                return entries.partition_point(|entry| (entry.at(), index) <= (*at, own));
            }
            let first = entries.partition_point(|entry| entry.at() < *at);
            let same = entries.iter().skip(first).take_while(|entry| entry.at() == *at);
            let found =
                same.clone().position(|entry| matches!(entry, Entry::Line(line) if line.text == *text));
            found.map_or_else(|| first + same.count(), |found| first + found + 1)
        });
        let marks = self.marks.partition_point(|mark| mark.at < *at);
        Place(places.chain([marks]).collect())
    }

    /// What stands before the place, which moves before it.
    pub fn back(&self, place: &mut Place) -> Option<Shown<'s>> {
        let before = |index: usize, count: usize| {
            let at = count.checked_sub(1)?;
            Some((self.time(index, at)?, index))
        };
        let all = place.0.iter().enumerate().filter_map(|(index, count)| before(index, *count));
        let (_, index) = all.max()?;
        let count = place.0.get_mut(index)?;
        *count -= 1;
        self.shown(index, *count)
    }

    /// What stands after the place, which moves behind it.
    pub fn forth(&self, place: &mut Place) -> Option<Shown<'s>> {
        let all =
            place.0.iter().enumerate().filter_map(|(index, count)| Some((self.time(index, *count)?, index)));
        let (_, index) = all.min()?;
        let count = place.0.get_mut(index)?;
        *count += 1;
        self.shown(index, *count - 1)
    }

    fn time(&self, index: usize, at: usize) -> Option<i64> {
        match self.tails.get(index) {
            Some((_, tail)) => tail.entries().get(at).map(Entry::at),
            None => self.marks.get(at).map(|mark| mark.at),
        }
    }

    fn shown(&self, index: usize, at: usize) -> Option<Shown<'s>> {
        match self.tails.get(index) {
            Some((_, tail)) => tail.entries().get(at).map(|entry| Shown::Entry(index, entry)),
            None => self.marks.get(at).map(Shown::Mark),
        }
    }

    /// The identity of a line of the tail `index`.
    pub fn subject(&self, index: usize, line: &Line) -> Option<Subject> {
        let (source, tail) = self.tails.get(index)?;
        Some(Subject::Line {
            source: source.id.clone(),
            tail: tail.name.clone(),
            at: line.at,
            text: line.text.clone(),
        })
    }

    /// Lines received since the start.
    pub fn received(&self) -> u64 {
        self.tails.iter().map(|(_, tail)| tail.lines).sum()
    }

    /// Lines a second over the last minute.
    pub fn rate(&self, now: DateTime<Utc>) -> f64 {
        self.tails.iter().map(|(_, tail)| tail.rate(now)).sum()
    }
}
