//! What was seen before and is no longer shown. To free ten thousand targets takes milliseconds,
//! which a key should not wait for.

use std::any::Any;
use std::collections::HashMap;

use tokio::runtime::Handle;

use crate::domain::feed::{Feed, SourceId};
use crate::domain::log::Entry;
use crate::domain::observation::Observation;
use crate::domain::store::Related;

/// Fewer things than this are freed where they are.
const MANY: usize = 2_000;

/// The newest look at each large feed, and those before it that are still to be freed.
#[derive(Debug, Default)]
pub struct Retired {
    newest: HashMap<(SourceId, Feed), Vec<Observation>>,
    related: Related,
    older: Vec<Box<dyn Any + Send>>,
    /// Log lines that nobody keeps any more.
    lines: Vec<Entry>,
}

impl Retired {
    /// Shares what was seen, so that it is not freed when the state and the panes let go of it.
    pub fn keep(&mut self, source: &SourceId, feed: Feed, seen: &[Observation]) {
        let key = (source.clone(), feed);
        let before = if seen.iter().map(Observation::shared).sum::<usize>() < MANY {
            self.newest.remove(&key)
        } else {
            self.newest.insert(key, seen.to_vec())
        };
        self.older.extend(before.map(|before| Box::new(before) as _));
    }

    /// Shares what was found away from the loop.
    pub fn keep_related(&mut self, related: &Related) {
        let before = self.related.renew(related);
        self.older.push(Box::new(before));
    }

    /// Takes log lines that nobody keeps any more.
    pub fn bury(&mut self, lines: Vec<Entry>) {
        if self.lines.is_empty() {
            self.lines = lines;
        } else {
            self.lines.extend(lines);
        }
    }

    /// Frees what was replaced, away from the loop. To be called when it is no longer shown.
    pub fn drop_elsewhere(&mut self, elsewhere: &Handle) {
        if !self.older.is_empty() {
            let older = std::mem::take(&mut self.older);
            elsewhere.spawn_blocking(move || drop(older));
        }
        if self.lines.len() >= MANY {
            let lines = std::mem::take(&mut self.lines);
            elsewhere.spawn_blocking(move || drop(lines));
        }
    }
}
