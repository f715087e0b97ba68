//! Places that sources stand at. A site nobody of which answers is one thing that is wrong, not as many as it
//! has sources.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::feed::{FailureKind, FeedState};
use super::store::{SourceState, Store};

/// A site nobody of which answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Its name.
    pub site: Arc<str>,
    /// How many sources it has.
    pub count: usize,
    /// Since when nobody has answered.
    pub since: DateTime<Utc>,
    /// What the first of them failed with.
    pub why: Arc<str>,
}

/// Whether something of the one site may be of the other: what has no site is of every one.
pub fn meet(one: &str, other: &str) -> bool {
    one == other || one.is_empty() || other.is_empty()
}

/// The name of something that is called alike at several sites: `nas (cabin)`, or `(cabin)` of what has no
/// name. No host can be called so, and no command takes it for one.
pub fn beside(name: &str, site: &str) -> String {
    if name.is_empty() { format!("({site})") } else { format!("{name} ({site})") }
}

/// The name that [`beside`] was given, if it was given this site.
pub fn without<'n>(name: &'n str, site: &str) -> &'n str {
    let bare = || name.strip_suffix(')')?.strip_suffix(site)?.strip_suffix(" (");
    if site.is_empty() { name } else { bare().unwrap_or(name) }
}

/// The names, each with its site, that stand at several of them: such a name alone does not tell which is meant.
pub fn shared<'n>(names: impl Iterator<Item = (&'n str, &'n str)>) -> HashSet<&'n str> {
    let mut first: HashMap<&str, &str> = HashMap::new();
    let apart = names.filter(|(_, site)| !site.is_empty());
    apart.filter_map(|(name, site)| (*first.entry(name).or_insert(site) != site).then_some(name)).collect()
}

/// The sites, in the order of their first sources; none when all sources are of one.
pub fn sites(store: &Store) -> Vec<Arc<str>> {
    let mut sites: Vec<Arc<str>> = Vec::new();
    for source in &store.sources {
        if !sites.contains(&source.site) {
            sites.push(Arc::clone(&source.site));
        }
    }
    if sites.len() > 1 { sites } else { Vec::new() }
}

/// The sites of several that cannot be reached.
pub fn lost(store: &Store, now: DateTime<Utc>) -> Vec<Lost> {
    let sites = sites(store).into_iter().filter(|site| !site.is_empty());
    sites.filter_map(|site| lost_one(store, site, now)).collect()
}

fn lost_one(store: &Store, site: Arc<str>, now: DateTime<Utc>) -> Option<Lost> {
    let own = store.sources.iter().filter(|source| source.site == site);
    let silent: Vec<(Arc<str>, DateTime<Utc>)> =
        own.map(|source| silence(source, now)).collect::<Option<_>>()?;
    // One source alone is what it is: a server that is down.
    let (why, _) = silent.first().filter(|_| silent.len() > 1)?;
    let since = silent.iter().map(|(_, since)| *since).max()?;
    Some(Lost { count: silent.len(), why: Arc::clone(why), since, site })
}

/// Why and since when nothing gets through to a source; `None` while something does.
fn silence(source: &SourceState, now: DateTime<Utc>) -> Option<(Arc<str>, DateTime<Utc>)> {
    let (failure, since) = source.failure(now).filter(|_| source.state(now) == FeedState::Down)?;
    let is_away = matches!(
        failure.kind,
        FailureKind::Refused | FailureKind::Dns | FailureKind::Timeout | FailureKind::Other
    );
    is_away.then(|| (Arc::clone(&failure.short), since))
}

#[cfg(test)]
#[path = "sites_tests.rs"]
mod apart;

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::domain::feed::{Failure, Feed, SourceId, SourceKind};
    use crate::domain::health::Health;
    use crate::domain::log::RingLimits;
    use crate::domain::observation::Observation;
    use crate::domain::store::Expected;
    use crate::domain::thresholds::Thresholds;
    use crate::domain::verdict::{Scope, judge};

    #[test]
    fn a_name_is_shared_where_two_sites_have_it() {
        let names = [
            ("main", "home"),
            ("main", "home"),
            ("main", "cabin"),
            ("vault", "cabin"),
            ("nas", ""),
            ("nas", "home"),
        ];
        assert_eq!(shared(names.into_iter()), HashSet::from(["main"]));
        assert!(shared([("main", ""), ("main", "")].into_iter()).is_empty(), "there is one site");
    }

    #[test]
    fn a_site_that_nobody_answers_at_is_one_thing_that_is_wrong() {
        let expect = |kind, name: &str, site: &str, feed| Expected {
            id: SourceId::new(kind, name),
            site: site.into(),
            feeds: [(feed, 5.0)].into(),
            tails: Vec::new(),
        };
        let expected = vec![
            expect(SourceKind::Prometheus, "home", "home", Feed::Targets),
            expect(SourceKind::Prometheus, "cabin", "cabin", Feed::Targets),
            expect(SourceKind::Alertmanager, "cabin", "cabin", Feed::Alerts),
        ];
        let start: DateTime<Utc> = "2026-11-13T14:00:00Z".parse().expect("a time");
        let mut store = Store::new(expected, Thresholds::default(), RingLimits::default());
        let away = |kind| Failure { kind, short: "no answer".into(), text: "no answer".into() };
        let mut hear = |name: &str, kind, feed, result: Result<Vec<Observation>, Failure>, now| {
            store.apply(&SourceId::new(kind, name), feed, result, 0.1, now);
        };
        for second in [0, 60, 120] {
            let now = start + TimeDelta::seconds(second);
            hear("home", SourceKind::Prometheus, Feed::Targets, Ok(Vec::new()), now);
            hear("cabin", SourceKind::Prometheus, Feed::Targets, Err(away(FailureKind::Timeout)), now);
            hear("cabin", SourceKind::Alertmanager, Feed::Alerts, Err(away(FailureKind::Dns)), now);
        }
        let now = start + TimeDelta::seconds(121);
        let found = lost(&store, now);
        assert_eq!(found.iter().map(|lost| (&*lost.site, lost.count)).collect::<Vec<_>>(), [("cabin", 2)]);
        let verdict = judge(&store, Scope::ALL, now);
        assert_eq!(verdict.state, Health::Critical);
        let told: Vec<_> = verdict.reasons().into_iter().filter(|reason| reason.contains("cabin")).collect();
        let [reason] = told.as_slice() else { panic!("one reason: {told:?}") };
        assert!(
            reason.contains("site cabin cannot be reached") && reason.contains("none of its 2"),
            "{reason}"
        );
        // One that refuses our credentials is there.
        let refused = away(FailureKind::Unauthorised);
        store.apply(&SourceId::new(SourceKind::Alertmanager, "cabin"), Feed::Alerts, Err(refused), 0.1, now);
        assert!(lost(&store, now).is_empty());
    }
}
