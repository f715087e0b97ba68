//! What the silence of a source means.

use chrono::{DateTime, Utc};

use super::{Condition, Finding, Scope, weigh};
use crate::domain::feed::{Feed, FeedState, Freshness, SourceKind, seconds};
use crate::domain::health::Health;
use crate::domain::sites;
use crate::domain::store::{SourceState, Store};
use crate::domain::subject::Subject;
use crate::text;

pub(super) fn sources(store: &Store, scope: Scope, now: DateTime<Utc>) -> Vec<Finding> {
    let lost = sites::lost(store, now);
    let is_lost = |source: &SourceState| lost.iter().position(|lost| lost.site == source.site);
    let mut found: Vec<Finding> = Vec::new();
    let mut away: Vec<Option<Finding>> = lost.iter().map(|_| None).collect();
    for source in &store.sources {
        let Some(silence) = silence(source, store, scope, now) else { continue };
        match is_lost(source).and_then(|at| Some((lost.get(at)?, away.get_mut(at)?))) {
            Some((lost, slot)) => {
                let health = slot.as_ref().and_then(|one| one.health).max(silence.health);
                let text = format!(
                    "site {} cannot be reached for {}: none of its {} sources answers, {}",
                    lost.site,
                    text::age(now - lost.since),
                    lost.count,
                    lost.why
                );
                *slot = Some(Finding { health, text, subject: silence.subject });
            }
            None => found.push(silence),
        }
    }
    found.extend(away.into_iter().flatten());
    if !store.sources.iter().any(|source| is_asked(source, scope)) {
        let asked = if scope == Scope::ALL { "" } else { " for what is asked" };
        found.push(Finding {
            health: weigh(Condition::Unmeasured),
            text: format!("no source is configured{asked}"),
            subject: None,
        });
    }
    found
}

fn is_asked(source: &SourceState, scope: Scope) -> bool {
    source.feeds.keys().any(|feed| scope.covers(source.id.kind, *feed))
}

/// What a source's worst feed means; nothing while all are fresh.
fn silence(source: &SourceState, store: &Store, scope: Scope, now: DateTime<Utc>) -> Option<Finding> {
    let kind = source.id.kind;
    let feeds = source.feeds.iter().filter(|(feed, _)| scope.covers(kind, **feed));
    let telling = feeds.filter(|(feed, freshness)| {
        // Nothing rests on a status page: without it the join is by superset, and says so. But
        // wrong credentials are wrong everywhere.
        let unauthorised = freshness.state(now) == FeedState::Unauthorised;
        unauthorised
            || (!matches!(feed, Feed::Status | Feed::Server) && !is_beyond_it(source, **feed, store, now))
    });
    let (feed, freshness) = telling.max_by_key(|(_, freshness)| freshness.state(now))?;
    let state = freshness.state(now);
    let own = match state {
        FeedState::Fresh => return None,
        FeedState::Unauthorised => weigh(Condition::Unauthorised),
        FeedState::Down => weigh(Condition::SourceDown { kind, intervals: missed(freshness, now) }),
        FeedState::Pending | FeedState::Stale => None,
    };
    // Why a run failed, and what is planned, only explains; whether a node or a storage is there is
    // a rule of its own.
    let explains = kind == SourceKind::Pve && source.is_fresh(Feed::Guests, now);
    let starved = if matches!(kind, SourceKind::Loki | SourceKind::Grafana) || explains {
        Condition::LogsNotFresh
    } else {
        Condition::NotFresh
    };
    let health: Option<Health> = own.max(weigh(starved));
    let name = &source.id;
    let short = freshness.failure.as_ref().map_or("", |(failure, _)| &*failure.short);
    let text = match state {
        FeedState::Down if source.lacks(*feed) && source.is_fresh(Feed::Rules, now) => {
            format!("{name} does not offer {feed}, and no other source does")
        }
        FeedState::Down => {
            let since = freshness.failure.as_ref().map_or(now, |(_, since)| *since);
            format!("{name} is down for {}: {short}", text::age(now - since))
        }
        FeedState::Unauthorised => format!("{name} refuses our credentials: {short}"),
        FeedState::Stale => format!("{name} was last heard {} ago", text::age_of(freshness.age(now))),
        _ => format!("{name} has not answered yet ({feed})"),
    };
    Some(Finding { health, text, subject: Some(Subject::Source(source.id.clone())) })
}

/// Whether a Prometheus lacks the ability behind a feed, as an agent lacks rules and alerts: its
/// targets are heard, so that it is neither down nor the wrong server. What only evaluates rules, as
/// vmalert does, is one of several: another tells of the targets.
fn is_beyond_it(source: &SourceState, feed: Feed, store: &Store, now: DateTime<Utc>) -> bool {
    let tells = |one: &SourceState| one.is_fresh(Feed::Targets, now);
    let evaluates = || source.is_fresh(Feed::Rules, now) && store.of(SourceKind::Prometheus).any(tells);
    source.id.kind == SourceKind::Prometheus && source.lacks(feed) && (tells(source) || evaluates())
}

/// How many polls in a row brought nothing.
fn missed(freshness: &Freshness, now: DateTime<Utc>) -> f64 {
    let since = freshness.failure.as_ref().map_or(now, |(_, since)| *since);
    seconds(now - since) / freshness.interval.max(1.0)
}
