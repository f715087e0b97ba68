//! Several lines that are selected, and lines that are to be written into a file.

use super::Logs;
use crate::domain::log::export::{Export, Wanted};
use crate::domain::log::{Entry, Line};
use crate::domain::store::Store;
use crate::domain::subject::Subject;
use crate::ui::panes::stream::Shown;
use crate::ui::scene::Scene;

/// Lines that are copied at the most: a clipboard takes no more of them.
const COPIED: usize = 5_000;

impl Logs {
    /// Begins a selection at the selected line, or ends it.
    pub(super) fn start_selection(&mut self, store: &Store) {
        if self.anchor.take().is_none() {
            let line = self.cursor.clone().or_else(|| self.newest(store));
            self.anchor.clone_from(&line);
            self.select(line, store);
        }
    }

    /// From when to when lines are selected, in nanoseconds, if several are.
    fn selection(&self) -> Option<(i64, i64)> {
        let at = |subject: &Option<Subject>| match subject {
            Some(Subject::Line { line, .. }) => Some(line.at),
            _ => None,
        };
        let (one, other) = (at(&self.anchor)?, at(&self.cursor)?);
        Some((one.min(other), one.max(other)))
    }

    /// Whether a line is one of several that are selected.
    pub(super) fn is_among(&self, line: &Line) -> bool {
        self.selection().is_some_and(|(from, to)| (from..=to).contains(&line.at))
    }

    /// The texts of the selected lines, if several are.
    pub(super) fn selected_text(&self, scene: &Scene<'_>) -> Option<String> {
        let (from, to) = self.selection()?;
        let stream = self.stream(scene.store, &[]);
        let mut place = stream.at(from);
        let shown = std::iter::from_fn(|| stream.forth(&mut place));
        let lines = shown.filter_map(|shown| match shown {
            Shown::Entry(_, Entry::Line(line)) => Some(line),
            _ => None,
        });
        let texts: Vec<&str> =
            lines.take_while(|line| line.at <= to).take(COPIED).map(|line| &*line.text).collect();
        Some(texts.join("\n"))
    }

    /// What is written into a file: the lines that are shown; of a query that was asked, all that the
    /// server has of its time, unless a filter leaves some of them out.
    pub(super) fn export(&self, path: &str, scene: &Scene<'_>) -> Export {
        let asked = self.look.as_ref().filter(|_| !self.is_filtered());
        if let Some((look, query)) = asked.and_then(|look| Some((look, look.query()?))) {
            let (from, to) = look.range();
            let (source, query) = (look.source().clone(), query.to_owned());
            return Export { path: path.to_owned(), what: Wanted::Range { source, query, from, to } };
        }
        let stream = self.stream(scene.store, &[]);
        let mut place = stream.start();
        let shown = std::iter::from_fn(|| stream.forth(&mut place));
        let entries = shown.filter_map(|shown| match shown {
            Shown::Entry(_, entry) => Some(entry.clone()),
            Shown::Mark(_) => None,
        });
        Export { path: path.to_owned(), what: Wanted::Entries(entries.collect()) }
    }
}
