//! Several tails as one stream in order of time, read in both directions from any place. Nothing
//! is copied: ten thousand lines cost what is on the screen.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};

use crate::domain::alert::AlertState;
use crate::domain::feed::{SourceId, SourceKind};
use crate::domain::health::Health;
use crate::domain::log::{Entry, Line, Tail};
use crate::domain::store::{SourceState, Store};
use crate::domain::subject::Subject;
use crate::ui::theme::Role;
use crate::ui::widgets::sign::{self, Sign};

/// An alert that begins or ends while lines come in.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// When, in nanoseconds.
    pub at: i64,
    /// Its sign.
    pub sign: Sign,
    /// `HostDown vm102`.
    pub name: String,
    /// It ends here.
    pub is_end: bool,
}

/// What stands at a place of the stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shown<'s> {
    /// An entry, and which part it is of.
    Entry(usize, &'s Entry),
    /// An alert begins here.
    Mark(&'s Mark),
}

/// One tail, all of it or what a filter found in it.
#[derive(Clone, Copy, Debug)]
pub struct Part<'s> {
    /// Whose tail it is.
    pub source: &'s SourceId,
    /// The tail.
    pub tail: &'s Tail,
    /// The entries that are shown, by their place among all that ever came; without it, all.
    pub hits: Option<&'s VecDeque<u64>>,
}

impl<'s> Part<'s> {
    /// How many entries are shown.
    pub fn count(&self) -> usize {
        self.hits.map_or_else(|| self.tail.entries().len(), VecDeque::len)
    }

    /// The entry at a place.
    pub fn get(&self, at: usize) -> Option<&'s Entry> {
        let at = match self.hits {
            Some(hits) => usize::try_from(hits.get(at)?.checked_sub(self.tail.forgotten())?).ok()?,
            None => at,
        };
        self.tail.entries().get(at)
    }

    /// How many entries lie before the first that is not `before`; they are in order of time.
    fn partition(&self, before: impl Fn(&Entry) -> bool) -> usize {
        let (mut low, mut high) = (0, self.count());
        while low < high {
            let middle = low.midpoint(high);
            if self.get(middle).is_none_or(&before) { low = middle + 1 } else { high = middle }
        }
        low
    }
}

/// The tails, and the marks between their lines.
#[derive(Debug)]
pub struct Stream<'s> {
    parts: Vec<Part<'s>>,
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

/// When the alerts that are true now began, the oldest first; `with_ends` also those that ended, and
/// when.
pub fn marks(store: &Store, with_ends: bool) -> Vec<Mark> {
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
            is_end: false,
        })
        .collect();
    for resolved in store.resolved.iter().filter(|_| with_ends) {
        let alert = &resolved.alert;
        let name = format!("{} {}", alert.name, alert.subject());
        let nanoseconds = |at: DateTime<Utc>| at.timestamp_nanos_opt().unwrap_or(i64::MAX);
        let mark = |at, sign, is_end| Mark { at: nanoseconds(at), sign, name: name.clone(), is_end };
        marks.push(mark(alert.starts_at, sign::of_alert(alert), false));
        marks.push(mark(resolved.at, Sign { role: Role::Info, ..sign::of_health(Health::Ok) }, true));
    }
    marks.sort_by(|one, other| (one.at, &one.name).cmp(&(other.at, &other.name)));
    marks
}

impl<'s> Stream<'s> {
    /// These tails, with these marks between them.
    pub fn new(parts: Vec<Part<'s>>, marks: &'s [Mark]) -> Self {
        // A mark before the first line that is kept stands between no lines.
        let first = parts.iter().filter_map(|part| part.tail.entries().front()).map(Entry::at).min();
        let early = first.map_or(marks.len(), |first| marks.partition_point(|mark| mark.at < first));
        Self { parts, marks: marks.get(early..).unwrap_or_default() }
    }

    /// The tails in it.
    pub fn parts(&self) -> &[Part<'s>] {
        &self.parts
    }

    /// The place before everything.
    pub fn start(&self) -> Place {
        Place(vec![0; self.parts.len() + 1])
    }

    /// The place after everything.
    pub fn end(&self) -> Place {
        Place(self.parts.iter().map(Part::count).chain([self.marks.len()]).collect())
    }

    /// The place before everything of that time, in nanoseconds.
    pub fn at(&self, time: i64) -> Place {
        let places = self.parts.iter().map(|part| part.partition(|entry| entry.at() < time));
        Place(places.chain([self.marks.partition_point(|mark| mark.at < time)]).collect())
    }

    /// The place right after a line, or where it would stand.
    pub fn after(&self, subject: &Subject) -> Place {
        let Subject::Line { source, tail, line } = subject else { return self.end() };
        let own = self.parts.iter().position(|part| part.source == source && part.tail.name == *tail);
        let (own, at) = (own.unwrap_or(usize::MAX), line.at);
        let places = self.parts.iter().enumerate().map(|(index, part)| {
            if index != own {
                return part.partition(|entry| (entry.at(), index) <= (at, own));
            }
            let first = part.partition(|entry| entry.at() < at);
            let same = part.partition(|entry| entry.at() <= at);
            let is_it =
                |place: &usize| matches!(part.get(*place), Some(Entry::Line(have)) if have == &**line);
            (first..same).find(is_it).map_or(same, |found| found + 1)
        });
        let marks = self.marks.partition_point(|mark| mark.at < at);
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
        match self.parts.get(index) {
            Some(part) => part.get(at).map(Entry::at),
            None => self.marks.get(at).map(|mark| mark.at),
        }
    }

    fn shown(&self, index: usize, at: usize) -> Option<Shown<'s>> {
        match self.parts.get(index) {
            Some(part) => part.get(at).map(|entry| Shown::Entry(index, entry)),
            None => self.marks.get(at).map(Shown::Mark),
        }
    }

    /// The identity of a line of the part `index`.
    pub fn subject(&self, index: usize, line: &Line) -> Option<Subject> {
        let part = self.parts.get(index)?;
        Some(Subject::Line {
            source: part.source.clone(),
            tail: part.tail.name.clone(),
            line: Box::new(line.clone()),
        })
    }

    /// Whether a line of the part `index` is that one.
    pub fn is(&self, index: usize, line: &Line, subject: &Subject) -> bool {
        let Subject::Line { source, tail, line: other } = subject else { return false };
        line.at == other.at
            && *line == **other
            && self.parts.get(index).is_some_and(|part| part.source == source && part.tail.name == *tail)
    }
}
