//! What can be chosen beside each other: all tails, each of them, and the queries that have a name.

use super::Logs;
use super::look::Look;
use crate::domain::store::Store;
use crate::ui::panes::stream::tails;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;

impl Logs {
    /// Goes to the next of them, after the last to all tails.
    pub(super) fn change_tab(&mut self, forward: bool, scene: &Scene<'_>) {
        let store = scene.store;
        let (own, named) = (tails(store).count(), &store.thresholds.log_queries);
        // One tail alone is all of them.
        let places: Vec<usize> = (0..own + named.len()).filter(|place| own > 1 || *place >= own).collect();
        let at = self.tab.and_then(|tab| places.iter().position(|place| *place == tab));
        let next = match (at, forward) {
            (None, true) => Some(0),
            (None, false) => places.len().checked_sub(1),
            (Some(at), true) => Some(at + 1),
            (Some(at), false) => at.checked_sub(1),
        };
        let next = next.and_then(|at| places.get(at).copied());
        let query = next.and_then(|tab| named.get(tab.checked_sub(own)?));
        let look = query
            .zip(self.source(scene))
            .map(|((name, query), source)| Look::of_query(source, query, scene.wall()).named(name));
        self.show(look);
        self.tab = next;
        self.select(None, store);
    }

    /// Their names, with the one that is shown; nothing when no query has a name.
    pub(super) fn tabs(&self, store: &Store) -> Vec<Piece> {
        let named = &store.thresholds.log_queries;
        if named.is_empty() || self.look.as_ref().is_some_and(|look| !look.is_named) {
            return Vec::new();
        }
        let own: Vec<&str> = tails(store).map(|(_, tail)| &*tail.name).collect();
        let first = if own.len() > 1 { 0 } else { own.len() };
        let words = own.iter().copied().chain(named.iter().map(|(name, _)| &**name));
        let all = std::iter::once((None, "all")).chain(words.enumerate().map(|(at, name)| (Some(at), name)));
        let listed = all.filter(|(at, _)| at.is_none_or(|at| at >= first));
        listed
            .map(|(at, name)| {
                let role = if at == self.tab { Role::Accent } else { Role::Muted };
                piece(format!("{name} "), role)
            })
            .collect()
    }
}
