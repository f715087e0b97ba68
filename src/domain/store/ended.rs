//! What is no longer there: alerts that ended, log lines that were forgotten.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Listed, Store};
use crate::domain::alert::{Alert, AlertState};
use crate::domain::log::{Entry, Tail};
use crate::domain::sites;

/// So many alerts that ended are remembered.
const RESOLVED: usize = 200;

/// An alert that ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// As it was last.
    pub alert: Alert,
    /// When it was no longer there.
    pub at: DateTime<Utc>,
}

impl Store {
    /// What the tails have forgotten, to be freed away from the loop.
    pub fn take_gone(&mut self) -> Vec<Entry> {
        let tails = self.sources.iter_mut().flat_map(|source| &mut source.data.tails);
        // Nearly always of one tail: nothing is moved then.
        tails
            .map(Tail::take_gone)
            .reduce(|mut all, more| {
                all.extend(more);
                all
            })
            .unwrap_or_default()
    }

    /// Notes which of these alerts are no longer there.
    pub(super) fn note_resolved(&mut self, earlier: &[Listed], now: DateTime<Utc>) {
        let there = &self.joined.places;
        let is_loud = |alert: &Alert| matches!(alert.state, AlertState::Firing | AlertState::Acknowledged);
        let gone = earlier.iter().map(|listed| &listed.alert).filter(|alert| is_loud(alert));
        // What vanished unheard may still be true.
        let is_ghost = |alert: &Alert| self.vanished.iter().any(|ghost| ghost.alert.key() == alert.key());
        let gone = gone.filter(|alert| !there.contains_key(alert.key()) && !is_ghost(alert));
        let mut gone: Vec<Resolved> = gone.map(|alert| Resolved { alert: alert.clone(), at: now }).collect();
        if gone.is_empty() {
            return;
        }
        // An alert that a second server tells of as well gets another fingerprint, and goes on.
        let name = |alert: &Alert| (Arc::clone(&alert.name), alert.plain_subject().to_owned());
        let mut names: HashMap<_, Vec<&str>> = HashMap::new();
        for alert in self.joined.alerts.iter().map(|listed| &listed.alert) {
            let sites = names.entry(name(alert)).or_default();
            if !sites.contains(&alert.site()) {
                sites.push(alert.site());
            }
        }
        gone.retain(|resolved| {
            let mut sites = names.get(&name(&resolved.alert)).into_iter().flatten();
            !sites.any(|site| sites::meet(site, resolved.alert.site()))
        });
        self.resolved.extend(gone);
        let over = self.resolved.len().saturating_sub(RESOLVED);
        self.resolved.drain(..over);
    }
}
