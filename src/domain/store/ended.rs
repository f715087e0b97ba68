//! What is no longer there: alerts that ended or vanished, log lines that were forgotten.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::{Listed, SourceState, Store};
use crate::domain::alert::{Alert, AlertState};
use crate::domain::feed::{Feed, SourceId, SourceKind};
use crate::domain::log::{Entry, Tail};

/// An alert that vanished while the Prometheus that could have resolved it was not heard.
#[derive(Clone, Debug)]
pub struct Vanished {
    /// The alert as it last was.
    pub alert: Alert,
    /// Which source had it.
    pub source: SourceId,
    /// Since when it is gone.
    pub since: DateTime<Utc>,
}

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
        let there: HashSet<&str> = self.listed.iter().map(|listed| &*listed.alert.fingerprint).collect();
        let is_loud = |alert: &Alert| matches!(alert.state, AlertState::Firing | AlertState::Acknowledged);
        let gone = earlier.iter().map(|listed| &listed.alert).filter(|alert| is_loud(alert));
        // What vanished unheard may still be true.
        let is_ghost =
            |alert: &Alert| self.vanished.iter().any(|ghost| ghost.alert.fingerprint == alert.fingerprint);
        let gone = gone.filter(|alert| !there.contains(&*alert.fingerprint) && !is_ghost(alert));
        let gone: Vec<Resolved> = gone.map(|alert| Resolved { alert: alert.clone(), at: now }).collect();
        self.resolved.extend(gone);
        let over = self.resolved.len().saturating_sub(RESOLVED);
        self.resolved.drain(..over);
    }

    /// An alert that is gone is resolved only if the Prometheus that says so was heard.
    pub(super) fn note_vanished(&mut self, id: &SourceId, before: &[Alert], now: DateTime<Utc>) {
        let is_heard =
            |source: &SourceState| source.lacks(Feed::Alerts) || source.is_fresh(Feed::Alerts, now);
        let heard = self.of(SourceKind::Prometheus).all(is_heard);
        let present = self.alerts_of(id);
        let is_present = |alert: &Alert| present.iter().any(|other| other.fingerprint == alert.fingerprint);
        self.vanished.retain(|ghost| ghost.source != *id || (!heard && !is_present(&ghost.alert)));
        if heard {
            return;
        }
        let gone = before.iter().filter(|alert| !is_present(alert));
        self.vanished.extend(gone.map(|alert| Vanished {
            alert: alert.clone(),
            source: id.clone(),
            since: now,
        }));
    }
}
