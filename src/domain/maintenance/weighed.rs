//! What a verdict says when some of what was found is planned.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Maintenance, Phase, all, going};
use crate::domain::chain;
use crate::domain::feed::SourceId;
use crate::domain::health::Health;
use crate::domain::matcher::Matchers;
use crate::domain::silence::Matcher;
use crate::domain::store::{SourceState, Store};
use crate::domain::subject::Subject;
use crate::domain::verdict::{Condition, Finding, weigh};

/// Whether it is expected that alerts do not arrive.
pub fn expects_no_watchdog(store: &Store, now: DateTime<Utc>) -> bool {
    let going = going(store, now);
    store
        .sources
        .iter()
        .any(|source| source.id.kind.watches() && going.iter().any(|one| one.expects(&source.id)))
}

/// What a verdict says when some of what was found is planned: it is listed, and changes nothing; what is
/// over time and not back is critical.
pub fn weighed(findings: Vec<Finding>, store: &Store, now: DateTime<Utc>) -> Vec<Finding> {
    let all = all(store);
    let going: Vec<&Maintenance> = all.iter().filter(|one| one.phase(now) == Phase::Going).collect();
    let mut found: Vec<Finding> = if going.is_empty() {
        findings
    } else {
        findings.into_iter().map(|finding| planned(finding, &going, store)).collect()
    };
    for one in all.iter().filter(|one| one.phase(now) == Phase::Overrun) {
        found.push(overrun(one, store, now));
    }
    found
}

/// What is not back after the planned end; when all is, it only waits to be ended.
fn overrun(one: &Maintenance, store: &Store, now: DateTime<Utc>) -> Finding {
    let checks = one.checks(store, now);
    let open: Vec<String> = checks
        .iter()
        .filter(|check| check.state != Health::Ok)
        .map(|check| format!("{}: {}", check.what, check.evidence))
        .collect();
    let words = one.words(now);
    let (health, text) = match open.first() {
        None => (None, format!("{words}: all is back, it is to be ended")),
        Some(first) => (weigh(Condition::Overrun), format!("{words}: not so: {first}")),
    };
    let subject = Some(Subject::Silence { source: one.source.clone(), id: Arc::clone(&one.id) });
    Finding { health, text, subject }
}

/// A finding in the light of what is planned.
fn planned(finding: Finding, going: &[&Maintenance], store: &Store) -> Finding {
    if finding.health.is_none() {
        return finding;
    }
    let expects = |id: &SourceId| going.iter().find(|one| one.expects(id)).copied();
    let silent = || {
        let mut watchers = store.sources.iter().filter(|source| source.id.kind.watches());
        watchers.find_map(|source| expects(&source.id))
    };
    let reason = match &finding.subject {
        Some(Subject::Source(id)) => expects(id),
        // What nobody confirms now is what it was when it was last heard.
        Some(Subject::Alert { fingerprint, .. }) if finding.health == Some(Health::Unknown) => {
            let Some(reason) = silent() else { return finding };
            let listed = store.listed(fingerprint).map(|listed| &listed.alert);
            let health = listed.and_then(|alert| weigh(Condition::Alert(alert.rank, alert.state)));
            return Finding { health, text: format!("{}, {}", finding.text, because(reason)), ..finding };
        }
        Some(Subject::Objective(_) | Subject::Service(_) | Subject::Host(_))
            if finding.health == Some(Health::Unknown) =>
        {
            silent()
        }
        Some(Subject::Target { source, pool, instance }) => {
            expects(source).filter(|_| finding.health == Some(Health::Unknown)).or_else(|| {
                let targets = store.source(source).into_iter().flat_map(|source| source.data.targets.iter());
                let mut own = targets.filter(|target| target.pool == *pool && target.instance == *instance);
                let labels = &own.next()?.labels;
                let covers = |matchers: &Vec<Matcher>| {
                    Matchers::new(matchers).is_ok_and(|ready| ready.matches(labels))
                };
                going.iter().find(|one| one.subjects.iter().any(covers)).copied()
            })
        }
        Some(Subject::Link { from, to }) => {
            let named = |source: &&SourceState| {
                let word = chain::name_of(source, store);
                word == *from || word == *to
            };
            store.sources.iter().filter(named).find_map(|source| expects(&source.id)).or_else(|| {
                // What alerts go through is one chain: with one of its servers gone no link of it is whole.
                let of_chain = |name: &Arc<str>| ["rules", "exporters", "receivers"].contains(&&**name);
                if of_chain(from) || of_chain(to) { silent() } else { None }
            })
        }
        Some(
            Subject::Rule { source, .. }
            | Subject::Backup { source, .. }
            | Subject::Datastore { source, .. }
            | Subject::Probe { source, .. },
        ) if finding.health == Some(Health::Unknown) => expects(source),
        _ => None,
    };
    match reason {
        None => finding,
        Some(reason) => {
            Finding { health: None, text: format!("{}, {}", finding.text, because(reason)), ..finding }
        }
    }
}

fn because(reason: &Maintenance) -> String {
    format!("planned: {}", reason.name)
}
