//! The list by which it is seen that all is back.

use chrono::{DateTime, Utc};

use super::Check;
use crate::domain::alert::AlertState;
use crate::domain::feed::{Feed, SourceId, SourceKind};
use crate::domain::health::Health;
use crate::domain::matcher::Matchers;
use crate::domain::silence::Matcher;
use crate::domain::silencing;
use crate::domain::store::Store;
use crate::domain::target::{Target, TargetHealth};
use crate::domain::verdict::watchdog_missing;

/// Whether a source is heard again, all of it.
pub(super) fn answers(name: &str, store: &Store, now: DateTime<Utc>) -> Check {
    let what = format!("{name} answers");
    let Some(source) = store.sources.iter().find(|source| source.id.to_string() == name) else {
        return Check { what, state: Health::Unknown, evidence: "it is not configured here".to_owned() };
    };
    let slow = |feed: &Feed| matches!(feed, Feed::Status | Feed::Server);
    let mut feeds = source.feeds.iter().filter(|(feed, _)| !slow(feed) && !source.lacks(**feed)).peekable();
    if feeds.peek().is_none() {
        return Check { what, state: Health::Unknown, evidence: "nothing of it was asked".to_owned() };
    }
    match feeds.find(|(_, feed)| !feed.is_fresh(now)) {
        None => Check { what, state: Health::Ok, evidence: "all its feeds are fresh".to_owned() },
        Some((feed, freshness)) => {
            let failure = freshness.failure.as_ref();
            let evidence =
                failure.map_or_else(|| format!("{feed} is not fresh"), |(one, _)| one.short.to_string());
            let state = if failure.is_some() { Health::Critical } else { Health::Unknown };
            Check { what, state, evidence }
        }
    }
}

/// Whether nothing fires any more that the maintenance hides.
pub(super) fn fires(matchers: &[Matcher], source: &SourceId, is_heard: bool, store: &Store) -> Check {
    let what = format!("no alert of {}", said(matchers));
    if !is_heard {
        return Check { what, state: Health::Unknown, evidence: format!("{source} is not heard") };
    }
    let covered = silencing::covered(matchers, source, store);
    // What somebody is on is no part of it.
    let firing = covered
        .iter()
        .filter(|listed| listed.alert.state != AlertState::Pending && listed.alert.acked_by.is_none());
    let names: Vec<String> =
        firing.map(|listed| format!("{} {}", listed.alert.name, listed.alert.subject())).collect();
    match names.first() {
        None => Check { what, state: Health::Ok, evidence: "none fires".to_owned() },
        Some(first) => {
            let more = names.len() - 1;
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            Check { what, state: Health::Critical, evidence: format!("{first}{more}") }
        }
    }
}

/// Whether the targets of a subject answer; nothing where it has none.
pub(super) fn scraped(matchers: &[Matcher], store: &Store, now: DateTime<Utc>) -> Option<Check> {
    let ready = Matchers::new(matchers).ok()?;
    let sources = store.of(SourceKind::Prometheus);
    let mut own = Vec::new();
    let mut is_heard = true;
    for source in sources {
        is_heard &= source.is_fresh(Feed::Targets, now);
        own.extend(source.data.targets.iter().filter(|target| ready.matches(&target.labels)));
    }
    if own.is_empty() {
        return None;
    }
    let what = format!("{} targets of {} answer", own.len(), said(matchers));
    let down: Vec<&&Target> = own.iter().filter(|target| target.health != TargetHealth::Up).collect();
    Some(match down.first() {
        _ if !is_heard => {
            Check { what, state: Health::Unknown, evidence: "Prometheus is not heard".to_owned() }
        }
        None => Check { what, state: Health::Ok, evidence: "all are up".to_owned() },
        Some(first) => {
            Check { what, state: Health::Critical, evidence: format!("{} is not up", first.instance) }
        }
    })
}

/// Whether the alert that always fires reaches Alertmanager.
pub(super) fn arrives(store: &Store, is_heard: bool, now: DateTime<Utc>) -> Check {
    let what = format!("{} arrives", store.thresholds.watchdog);
    let (state, evidence) =
        if !is_heard || store.of(SourceKind::Prometheus).any(|one| !one.is_fresh(Feed::Rules, now)) {
            (Health::Unknown, "the chain is not heard")
        } else if watchdog_missing(store, now) {
            (Health::Critical, "it does not arrive at Alertmanager")
        } else {
            (Health::Ok, "nothing is missing on the way to Alertmanager")
        };
    Check { what, state, evidence: evidence.to_owned() }
}

fn said(matchers: &[Matcher]) -> String {
    matchers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
