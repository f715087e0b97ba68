//! The rows of a report, as schema 1 has them.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::domain::alert::{Alert, AlertState, FingerprintSource};
use crate::domain::burden::{self, Burden};
use crate::domain::cause::Cause;
use crate::domain::feed::{Feed, FeedState, SourceKind};
use crate::domain::labels::Labels;
use crate::domain::log::{Tail, TailState};
use crate::domain::silence::Acknowledgement;
use crate::domain::store::{Listed, SourceState, Store};
use crate::domain::target::{ErrorClass, Target, TargetHealth};
use crate::domain::verdict::{Scope, response_due};

/// A server, as badly off as its worst feed.
#[derive(Clone, Debug, Serialize)]
pub struct SourceRow {
    /// What it speaks.
    pub kind: SourceKind,
    /// Its name in the config.
    pub name: Arc<str>,
    /// Its site; empty when it has none.
    pub site: Arc<str>,
    /// How it stands.
    pub state: FeedState,
    /// Seconds since the oldest of its feeds was good.
    pub age: Option<f64>,
    /// How long its slowest answer took, in seconds.
    pub took: f64,
    /// What is wrong with it.
    pub error: Option<Arc<str>>,
    /// Its feeds.
    pub feeds: Vec<FeedRow>,
}

/// One endpoint of a server.
#[derive(Clone, Debug, Serialize)]
pub struct FeedRow {
    /// Which.
    pub name: Feed,
    /// How it stands.
    pub state: FeedState,
    /// Seconds since its last good answer.
    pub age: Option<f64>,
    /// What is wrong with it.
    pub error: Option<Arc<str>>,
}

impl SourceRow {
    /// The source with those of its feeds that are asked for; nothing when none is.
    pub(super) fn of(source: &SourceState, scope: Scope, now: DateTime<Utc>) -> Option<Self> {
        let asked = source.feeds.iter().filter(|(feed, _)| scope.covers(source.id.kind, **feed));
        let feeds: Vec<_> = asked
            .map(|(feed, freshness)| FeedRow {
                name: *feed,
                state: freshness.state(now),
                age: freshness.age(now).map(round),
                error: freshness.failure.as_ref().map(|(failure, _)| Arc::clone(&failure.text)),
            })
            .collect();
        // What it does not offer says nothing of it, unless it offers nothing.
        let worst = feeds.iter().max_by_key(|feed| (!source.lacks(feed.name), feed.state))?;
        let took = source.feeds.iter().filter(|(feed, _)| scope.covers(source.id.kind, **feed));
        Some(Self {
            kind: source.id.kind,
            name: Arc::clone(&source.id.name),
            site: Arc::clone(&source.site),
            state: worst.state,
            age: feeds.iter().map(|feed| feed.age).try_fold(0.0, |oldest: f64, age| Some(oldest.max(age?))),
            took: round(took.map(|(_, freshness)| freshness.took).fold(0.0, f64::max)),
            error: worst.error.clone(),
            feeds,
        })
    }
}

/// A scrape target.
#[derive(Clone, Debug, Serialize)]
pub struct TargetRow {
    /// The name of its Prometheus.
    pub source: Arc<str>,
    /// Its job.
    pub job: Arc<str>,
    /// Its instance.
    pub instance: Arc<str>,
    /// Up or down; unknown when it was never scraped, or when its Prometheus is not heard.
    pub health: TargetHealth,
    /// The scrape's error; empty when there is none.
    pub error: Arc<str>,
    /// What sort of error.
    pub error_class: Option<ErrorClass>,
    /// Seconds since the last attempt.
    pub last_scrape_age: Option<f64>,
    /// All labels.
    pub labels: Labels,
}

impl TargetRow {
    pub(super) fn of(source: &SourceState, target: &Target, now: DateTime<Utc>) -> Self {
        let heard = source.is_fresh(Feed::Targets, now);
        Self {
            source: Arc::clone(&source.id.name),
            job: Arc::clone(&target.job),
            instance: Arc::clone(&target.instance),
            health: if heard { target.health } else { TargetHealth::Unknown },
            error: Arc::clone(&target.error),
            error_class: target.error_class(),
            last_scrape_age: target.last_scrape_age(now).map(round),
            labels: target.labels.clone(),
        }
    }
}

/// An alert.
#[derive(Clone, Debug, Serialize)]
pub struct AlertRow {
    /// The name of the source that has it.
    pub source: Arc<str>,
    /// Its name.
    pub alertname: Arc<str>,
    /// Its severity, as it stands in the label.
    pub severity: Arc<str>,
    /// Its one state.
    pub state: AlertState,
    /// Whether it is measured now; if not, it was so when it was last heard.
    pub fresh: bool,
    /// Its identity.
    pub fingerprint: Arc<str>,
    /// Whose identity that is.
    pub fingerprint_source: FingerprintSource,
    /// Since when.
    pub starts_at: DateTime<Utc>,
    /// All labels.
    pub labels: Labels,
    /// All annotations.
    pub annotations: Labels,
    /// The silences that hide it.
    pub silenced_by: Vec<Arc<str>>,
    /// The alerts that inhibit it.
    pub inhibited_by: Vec<Arc<str>>,
    /// The time intervals that mute it.
    pub muted_by: Vec<Arc<str>>,
    /// Who is on it.
    pub acked_by: Option<Acknowledgement>,
    /// When somebody must have responded.
    pub response_due: Option<DateTime<Utc>>,
    /// Where it was routed.
    pub receivers: Vec<Arc<str>>,
    /// Part of the schema; null.
    pub runbook: (),
    /// What it follows from; null when it stands on its own.
    pub caused_by: Option<Cause>,
    /// The work that burdens its host and explains it: a backup, a verification, the backup window.
    pub during: Option<String>,
}

impl AlertRow {
    pub(super) fn of(
        listed: &Listed,
        unheard: &HashSet<Arc<str>>,
        burdens: &[Burden],
        store: &Store,
    ) -> Self {
        let alert = listed.alert.clone();
        let during = burden::explains(&alert, burdens, store).map(|burden| burden.text.clone());
        let caused_by = cause(&alert, store).or_else(|| inhibitor(&alert, store));
        Self {
            source: Arc::clone(&listed.source.name),
            response_due: response_due(&alert, store),
            fresh: !unheard.contains(alert.key()),
            alertname: alert.name,
            severity: alert.severity,
            state: alert.state,
            fingerprint: alert.fingerprint,
            fingerprint_source: alert.fingerprint_source,
            starts_at: alert.starts_at,
            labels: alert.labels,
            annotations: alert.annotations,
            silenced_by: alert.silenced_by,
            inhibited_by: alert.inhibited_by,
            muted_by: alert.muted_by,
            acked_by: alert.acked_by,
            receivers: alert.receivers,
            runbook: (),
            caused_by,
            during,
        }
    }
}

/// What an alert follows from, by the fingerprint that its Alertmanager knows.
fn cause(alert: &Alert, store: &Store) -> Option<Cause> {
    let mut cause = store.causes().get(alert.key())?.clone();
    if let Some(listed) = store.listed(&cause.id) {
        cause.id = Arc::clone(&listed.alert.fingerprint);
    }
    Some(cause)
}

/// The alert that inhibits another.
fn inhibitor(alert: &Alert, store: &Store) -> Option<Cause> {
    let id = alert.inhibited_by.first().filter(|_| alert.state == AlertState::Inhibited)?;
    let known = store.listed(&alert.key_beside(id)).map(|listed| &listed.alert);
    let text = known.map_or_else(|| id.to_string(), |known| format!("{} {}", known.name, known.subject()));
    Some(Cause { kind: "alert", id: Arc::clone(id), text })
}

/// A log tail.
#[derive(Clone, Debug, Serialize)]
pub struct LogRow {
    /// The name of its Loki.
    pub source: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Its query.
    pub query: Arc<str>,
    /// `live`, `polling` or `stopped`.
    pub state: &'static str,
    /// Why it is not live.
    pub reason: Option<Arc<str>>,
    /// Lines so far.
    pub lines: u64,
    /// Times that lines may be missing.
    pub gaps: u64,
    /// Lines that the server threw away.
    pub dropped: u64,
}

impl LogRow {
    pub(super) fn of(source: &SourceState, tail: &Tail, now: DateTime<Utc>) -> Self {
        let (state, reason) = match &tail.state {
            _ if !source.is_fresh(Feed::Tail, now) => {
                ("stopped", source.failure(now).map(|(failure, _)| Arc::clone(&failure.text)))
            }
            TailState::Live => ("live", None),
            TailState::Polling(reason) => ("polling", Some(Arc::clone(reason))),
            TailState::Stopped(reason) => ("stopped", Some(Arc::clone(reason))),
            TailState::Connecting => ("stopped", Some("connecting".into())),
        };
        Self {
            source: Arc::clone(&source.id.name),
            name: Arc::clone(&tail.name),
            query: Arc::clone(&tail.query),
            state,
            reason,
            lines: tail.lines,
            gaps: tail.gaps,
            dropped: tail.dropped,
        }
    }
}

/// Milliseconds are fine enough for an age.
pub(super) fn round(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}
