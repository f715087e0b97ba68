//! The way of a tail's lines to whoever reads it: in batches, never in the way of the reading.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use crate::domain::log::{Entry, TailState};
use crate::domain::observation::Observation;
use crate::sources::SourceError;

/// Lines are handed over in batches, at most this often: more is not seen.
const BATCH: Duration = Duration::from_millis(250);

/// A tail without lines says that it lives this often.
const HEARTBEAT: Duration = Duration::from_secs(2);

/// What waits for a reader that does not read; older lines give way.
const WAITING: usize = 60_000;

/// And so many bytes of text.
const WAITING_BYTES: usize = 32 << 20;

/// What a tail hands over.
pub(super) type Said = Result<Observation, SourceError>;

/// The writing end.
#[derive(Debug)]
pub(super) struct Outlet {
    tail: Arc<str>,
    state: TailState,
    is_told: bool,
    waiting: Vec<Entry>,
    /// Bytes of text that wait.
    bytes: usize,
    sent: Instant,
    to: mpsc::Sender<Said>,
    go: Arc<Notify>,
}

impl Outlet {
    /// An outlet of the tail `tail` into `to`; after an error it waits for `go`.
    pub fn new(tail: Arc<str>, to: mpsc::Sender<Said>, go: Arc<Notify>) -> Self {
        Self {
            tail,
            state: TailState::Connecting,
            is_told: true,
            waiting: Vec::new(),
            bytes: 0,
            sent: Instant::now(),
            to,
            go,
        }
    }

    /// Takes entries to be handed over soon.
    pub fn take(&mut self, entries: impl IntoIterator<Item = Entry>) {
        let first = self.waiting.len();
        self.waiting.extend(entries);
        self.bytes += self.waiting.get(first..).unwrap_or_default().iter().map(size).sum::<usize>();
        let mut over = self.waiting.len().saturating_sub(WAITING);
        if self.bytes > WAITING_BYTES {
            // To the half of it, lest every line that comes goes through all that wait.
            let mut left = self.bytes;
            let fits = |entry: &Entry| {
                left -= size(entry);
                left <= WAITING_BYTES / 2
            };
            over = over.max(self.waiting.iter().position(fits).unwrap_or(0));
        }
        if over > 0 {
            let mut marks = Vec::new();
            let (mut first, mut last, mut skipped) = (i64::MAX, i64::MIN, 0);
            for entry in self.waiting.drain(..=over) {
                self.bytes -= size(&entry);
                let (from, to, count) = match entry {
                    Entry::Line(line) => (line.at, line.at, 1),
                    Entry::Skipped { from, to, count } => (from, to, count),
                    // What says that lines are missing is not lost with them.
                    mark => {
                        marks.push(mark);
                        continue;
                    }
                };
                (first, last, skipped) = (first.min(from), last.max(to), skipped + count);
            }
            marks.push(Entry::Skipped { from: first, to: last, count: skipped });
            self.waiting.splice(0..0, marks);
        }
    }

    /// The state from now on.
    pub fn set(&mut self, state: TailState) {
        if self.state != state {
            self.state = state;
            self.is_told = false;
        }
    }

    /// When there is next something to hand over; never, if nothing waits.
    pub fn due(&self) -> Option<Instant> {
        (!self.waiting.is_empty() || !self.is_told).then(|| self.sent + BATCH)
    }

    /// Hands over what waits. A reader that is behind gets it later.
    pub fn flush(&mut self) {
        self.sent = Instant::now();
        let to = self.to.clone();
        if let Ok(place) = to.try_reserve() {
            place.send(Ok(self.batch()));
        }
    }

    /// Says that the tail lives, if nothing else said so lately.
    pub fn live(&mut self) {
        if self.sent.elapsed() >= HEARTBEAT {
            self.flush();
        }
    }

    /// Hands over what waits and then the error, and goes on when the reader says so.
    pub async fn fail(&mut self, error: SourceError) {
        self.set(match &error {
            SourceError::Refused { reason, .. } => TailState::Stopped(reason.as_str().into()),
            _ => TailState::Connecting,
        });
        if self.due().is_some() {
            let batch = self.batch();
            // Without a reader the tail is about to be dropped.
            let _ = self.to.send(Ok(batch)).await;
        }
        let _ = self.to.send(Err(error)).await;
        self.go.notified().await;
    }

    fn batch(&mut self) -> Observation {
        self.is_told = true;
        self.bytes = 0;
        Observation::Tail {
            tail: Arc::clone(&self.tail),
            state: self.state.clone(),
            entries: std::mem::take(&mut self.waiting),
        }
    }
}

/// Bytes of its text.
fn size(entry: &Entry) -> usize {
    if let Entry::Line(line) = entry { line.text.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::labels::Labels;
    use crate::domain::log::{Level, Line};

    fn lines(from: i64, to: i64) -> impl Iterator<Item = Entry> {
        (from..to).map(|at| Entry::Line(Line::new(at, Labels::default(), "x", Level::Unknown)))
    }

    #[tokio::test]
    async fn a_reader_that_is_behind_is_told_what_it_lost() {
        let (to, mut from) = mpsc::channel(1);
        let mut outlet = Outlet::new("all".into(), to, Arc::default());
        outlet.set(TailState::Live);
        outlet.flush();
        outlet.take(lines(0, 45_000));
        outlet.flush();
        outlet.take(lines(45_000, 90_000));
        assert!(
            matches!(from.recv().await, Some(Ok(Observation::Tail { entries, .. })) if entries.is_empty())
        );
        outlet.flush();
        let Some(Ok(Observation::Tail { entries, state: TailState::Live, .. })) = from.recv().await else {
            panic!("a batch");
        };
        let lost: u64 = entries
            .iter()
            .map(|entry| if let Entry::Skipped { count, .. } = entry { *count } else { 0 })
            .sum();
        let kept = entries.iter().filter(|entry| matches!(entry, Entry::Line(_))).count();
        assert_eq!(lost + kept as u64, 90_000);
        assert_eq!(entries.len(), WAITING);
    }

    #[tokio::test]
    async fn long_lines_wait_in_bounds() {
        let (to, mut from) = mpsc::channel(1);
        let mut outlet = Outlet::new("all".into(), to, Arc::default());
        let long: Arc<str> = "x".repeat(60_000).into();
        for at in 0..5_000 {
            outlet.take([Entry::Line(Line::new(at, Labels::default(), Arc::clone(&long), Level::Unknown))]);
            assert!(outlet.bytes <= WAITING_BYTES);
        }
        outlet.flush();
        let Some(Ok(Observation::Tail { entries, .. })) = from.recv().await else { panic!("a batch") };
        let count = |entry: &Entry| if let Entry::Skipped { count, .. } = entry { *count } else { 1 };
        assert_eq!(entries.iter().map(count).sum::<u64>(), 5_000);
        assert_eq!(entries.last().map(Entry::at), Some(4_999));
    }
}
