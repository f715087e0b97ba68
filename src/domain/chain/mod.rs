//! The chain from the exporters to somebody's pocket, link by link, and beside it those of the logs and
//! of the backups: where is it broken first?

mod alerting;
mod kept;
mod metrics;
mod rules;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::feed::{Feed, FeedState, SourceKind};
use super::health::Health;
use super::measure::Reading;
use super::store::{SourceState, Store};
use super::verdict::{Condition, weigh};
use crate::text;

pub use rules::{blind, uncovered};

/// One link: what goes from one place to the next, and whether it does.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Where from.
    pub from: Arc<str>,
    /// Where to.
    pub to: Arc<str>,
    /// How it is: the worst of its checks.
    pub state: Health,
    /// Since when, as far as is known.
    pub since: Option<DateTime<Utc>>,
    /// In a few words: what is wrong, or what was measured.
    pub text: String,
    /// All that was checked, the worst first.
    pub checks: Vec<Check>,
}

/// One thing that was checked of a link.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// How it is.
    pub state: Health,
    /// In words.
    pub text: String,
    /// Since when, as far as is known.
    pub since: Option<DateTime<Utc>>,
    /// What the verdict calls it, where no other of its rules says so already.
    pub condition: Option<Condition>,
}

impl Check {
    fn ok(text: impl Into<String>) -> Self {
        Self { state: Health::Ok, text: text.into(), since: None, condition: None }
    }

    fn bad(state: Health, text: impl Into<String>) -> Self {
        Self { state, text: text.into(), since: None, condition: None }
    }

    /// A check that the verdict hears of.
    fn judged(condition: Condition, text: impl Into<String>) -> Self {
        let state = weigh(condition).unwrap_or(Health::Ok);
        Self { state, text: text.into(), since: None, condition: Some(condition) }
    }
}

/// All links in the order in which an alert goes through them, then the logs, then the backups.
/// Links for which no server is configured are left out.
pub fn links(store: &Store, now: DateTime<Utc>) -> Vec<Link> {
    let mut all = metrics::links(store, now);
    all.extend(rules::links(store, now));
    all.extend(alerting::links(store, now));
    all.extend(kept::links(store, now));
    all
}

/// The first link that is broken; without one the first that is weak. What lies behind a broken link
/// is unknown by its fault.
pub fn first_broken(links: &[Link]) -> Option<&Link> {
    let broken = |link: &&Link| link.state >= Health::Unknown;
    let weak = |link: &&Link| link.state == Health::Warning;
    links.iter().find(broken).or_else(|| links.iter().find(weak))
}

/// Where the chain is broken, in one sentence.
pub fn sentence(links: &[Link]) -> String {
    match first_broken(links) {
        None if links.is_empty() => "no server of the chain is configured".to_owned(),
        None => "the chain is whole".to_owned(),
        Some(link) => {
            let word = if link.state >= Health::Unknown { "broken" } else { "weak" };
            format!("{word} at {} > {}: {}", link.from, link.to, link.text)
        }
    }
}

/// A link from its checks: the worst of them speaks for it.
fn link(from: impl Into<Arc<str>>, to: impl Into<Arc<str>>, mut checks: Vec<Check>) -> Link {
    checks.sort_by_key(|check| std::cmp::Reverse(check.state));
    let worst = checks.first();
    Link {
        from: from.into(),
        to: to.into(),
        state: worst.map_or(Health::Unknown, |check| check.state),
        since: worst.and_then(|check| check.since),
        text: worst.map_or_else(|| "nothing is measured".to_owned(), |check| check.text.clone()),
        checks,
    }
}

/// Whether a feed is heard; nothing to be said while it is.
fn unheard(source: &SourceState, feed: Feed, now: DateTime<Utc>) -> Option<Check> {
    let freshness = source.feeds.get(&feed)?;
    let name = &source.id;
    let kind = source.id.kind;
    let since = freshness.failure.as_ref().map(|(_, since)| *since).or(freshness.at);
    let starved = if kind.watches() { Condition::NotFresh } else { Condition::LogsNotFresh };
    let short = freshness.failure.as_ref().map_or("", |(failure, _)| &*failure.short);
    let (own, text) = match freshness.state(now) {
        FeedState::Fresh => return None,
        _ if source.lacks(feed) => return None,
        FeedState::Pending => (None, format!("{name} has not answered yet ({feed})")),
        FeedState::Stale => {
            (None, format!("{name} was last heard {} ago ({feed})", text::age_of(freshness.age(now))))
        }
        FeedState::Unauthorised => {
            (weigh(Condition::Unauthorised), format!("{name} refuses our credentials ({feed}): {short}"))
        }
        FeedState::Down => {
            let lost =
                since.map_or(0.0, |since| super::feed::seconds(now - since)) / freshness.interval.max(1.0);
            (
                weigh(Condition::SourceDown { kind, intervals: lost }),
                format!("{name} does not answer ({feed}): {short}"),
            )
        }
    };
    let state = own.max(weigh(starved)).unwrap_or(Health::Unknown);
    Some(Check { state, text, since, condition: None })
}

/// What a measure of the chain brought, if its server was heard lately.
pub(super) fn readings<'s>(source: &'s SourceState, measure: &str, now: DateTime<Utc>) -> &'s [Reading] {
    let fresh = source.is_fresh(Feed::Measures, now);
    let mut all = source.data.measured.iter().filter(|_| fresh);
    all.find(|measured| &*measured.measure.name == measure).map_or(&[], |measured| &*measured.readings)
}

/// The name of a source where there are several of its kind; else what such servers are called.
pub(super) fn name_of(source: &SourceState, store: &Store) -> Arc<str> {
    let word = match source.id.kind {
        SourceKind::Prometheus => "Prometheus",
        SourceKind::Alertmanager => "Alertmanager",
        SourceKind::Loki => "Loki",
        SourceKind::Pbs => "PBS",
        SourceKind::Pve => "PVE",
        SourceKind::Grafana => "Grafana",
        SourceKind::Files => "files",
        SourceKind::Probe => "probe",
    };
    if store.of(source.id.kind).count() > 1 {
        format!("{word} {}", source.id.name).into()
    } else {
        word.into()
    }
}
