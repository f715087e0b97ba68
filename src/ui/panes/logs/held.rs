//! What stands on the screen while the tails are paused. They go on, and forget: what somebody reads
//! must not go with it.

use super::Logs;
use crate::domain::feed::SourceId;
use crate::domain::log::{Entry, Tail};
use crate::domain::store::Store;
use crate::domain::subject::Subject;
use crate::ui::panes::stream::tails;

/// So many entries of each tail are held: to take more would be felt.
const MOST: usize = 2_000;

/// The tails as they were.
#[derive(Clone, Debug)]
pub struct Held {
    /// Whose they are, and their newest entries.
    pub tails: Vec<(SourceId, Tail)>,
    /// They stand in for the live ones.
    pub is_shown: bool,
}

impl Held {
    /// The tails as they are now.
    pub fn new(store: &Store) -> Self {
        let copies = tails(store).map(|(source, tail)| (source.id.clone(), tail.newest(MOST)));
        Self { tails: copies.collect(), is_shown: false }
    }
}

impl Logs {
    /// Lets go of what was held. It is freed elsewhere: a key should not wait for thousands of lines.
    pub(super) fn let_go(&mut self) {
        for (_, tail) in self.held.take().into_iter().flat_map(|held| held.tails) {
            self.gone.extend(tail.into_entries());
        }
    }

    /// Shows what was held, as soon as a tail has forgotten something of the screen.
    pub(super) fn hold(&mut self, store: &Store) {
        let Some(Subject::Line { line, .. }) = &self.cursor else { return };
        let top = self.top.unwrap_or(line.at).min(line.at);
        let is_lost = |tail: &Tail| {
            tail.forgotten() > 0 && tail.entries().front().map(Entry::at).is_none_or(|first| first > top)
        };
        let is_lost = tails(store).any(|(_, tail)| is_lost(tail));
        if let Some(held) = self.held.as_mut().filter(|held| is_lost && !held.is_shown) {
            held.is_shown = true;
            // The places of what was found are those of the live tails.
            self.hits.clear();
        }
    }
}
