//! The alert catalogue.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::Page;
use crate::domain::alert::AlertState;
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::rule::{Rule, RuleHealth, RuleKind};
use crate::domain::store::{SourceState, Store};
use crate::text;

/// A procedure of a runbook that is for an alert.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Covering {
    /// The name of the alert.
    pub alert: String,
    /// The file.
    pub file: String,
    /// The title of the procedure.
    pub procedure: String,
}

/// What is known of the past of alerts, by name.
#[derive(Clone, Debug)]
pub struct History {
    /// When each fired last, within 30 days; or why that is not known.
    pub fired: Result<BTreeMap<String, DateTime<Utc>>, String>,
    /// When somebody last opened its procedure at it, here.
    pub opened: BTreeMap<String, DateTime<Utc>>,
}

impl History {
    /// When an alert fired last, in words; what fires now says so.
    fn fired(&self, name: &str, store: &Store) -> String {
        let is_loud = |listed: &crate::domain::store::Listed| {
            *listed.alert.name == *name && listed.alert.state != AlertState::Pending
        };
        if store.alerts().iter().chain(store.heartbeats()).any(is_loud) {
            return "fires now".to_owned();
        }
        match &self.fired {
            Err(why) => format!("unknown: {why}"),
            Ok(days) => days
                .get(name)
                .map_or_else(|| "not in 30 days".to_owned(), |at| at.format("%Y-%m-%d").to_string()),
        }
    }
}

pub(super) fn page(store: &Store, runbooks: &[Covering], history: &History, now: DateTime<Utc>) -> Page {
    let mut page = Page::new("Alert catalogue");
    let receivers = receivers(store);
    let mut known = BTreeSet::new();
    let mut unheard = false;
    for source in store.of(SourceKind::Prometheus) {
        page.head(2, &format!("Rules of {}", source.id));
        if !source.is_fresh(Feed::Rules, now) {
            unheard = true;
            page.say("Its rules were not heard: nothing is known of them.");
            continue;
        }
        let rules: Vec<&Rule> = alerting(source).collect();
        known.extend(rules.iter().map(|rule| Arc::clone(&rule.name)));
        let rows: Vec<Vec<String>> = rules
            .iter()
            .map(|rule| row(rule, source, runbooks, &receivers))
            .zip(&rules)
            .map(|(mut cells, rule)| {
                cells.push(history.fired(&rule.name, store));
                let opened = history.opened.get(&*rule.name);
                cells.push(opened.map_or_else(|| "never".to_owned(), |at| at.format("%Y-%m-%d").to_string()));
                cells
            })
            .collect();
        let heads = [
            "alert",
            "severity",
            "for",
            "group",
            "evaluated",
            "receiver now",
            "runbook",
            "last fired",
            "last tested",
        ];
        page.table(&heads, &rows);
        for rule in &rules {
            page.head(3, &rule.name);
            page.code("promql", &rule.query);
        }
    }
    page.say("An alert counts as tested when its procedure was opened at it, here.");
    lints(&known, runbooks, unheard, &mut page);
    page
}

fn alerting(source: &SourceState) -> impl Iterator<Item = &Rule> {
    source.data.rules.iter().filter(|rule| rule.kind == RuleKind::Alerting)
}

fn row(
    rule: &Rule,
    source: &SourceState,
    runbooks: &[Covering],
    receivers: &BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
) -> Vec<String> {
    let blind = source.data.blind.iter().find(|(name, _)| *name == rule.name);
    let evaluated = match (&rule.health, blind) {
        (RuleHealth::Err, _) => format!("no: {}", rule.error),
        (_, Some((_, metric))) => format!("blind: nobody exports {metric}"),
        (RuleHealth::Unknown, None) => "not yet".to_owned(),
        (RuleHealth::Ok, None) => "yes".to_owned(),
    };
    let severity = rule.labels.get("severity").unwrap_or("none");
    #[expect(clippy::cast_possible_truncation, reason = "a duration in seconds")]
    let hold = text::age(TimeDelta::seconds(rule.hold as i64));
    let sent =
        receivers.get(&rule.name).map(|all| all.iter().map(|one| &**one).collect::<Vec<_>>().join(", "));
    let procedures = runbooks.iter().filter(|one| *one.alert == *rule.name);
    let procedures: Vec<String> = procedures.map(|one| format!("{} ({})", one.procedure, one.file)).collect();
    let runbook = if procedures.is_empty() { "none".to_owned() } else { procedures.join(", ") };
    vec![
        rule.name.to_string(),
        severity.to_owned(),
        hold,
        rule.group.to_string(),
        evaluated,
        sent.unwrap_or_else(|| "not routed now".to_owned()),
        runbook,
    ]
}

/// Who gets the alerts that are there, by name.
fn receivers(store: &Store) -> BTreeMap<Arc<str>, BTreeSet<Arc<str>>> {
    let mut all: BTreeMap<Arc<str>, BTreeSet<Arc<str>>> = BTreeMap::new();
    for listed in store.alerts().iter().chain(store.heartbeats()) {
        let alert = &listed.alert;
        if !alert.receivers.is_empty() {
            all.entry(Arc::clone(&alert.name)).or_default().extend(alert.receivers.iter().cloned());
        }
    }
    all
}

/// What lacks its other half.
fn lints(known: &BTreeSet<Arc<str>>, runbooks: &[Covering], unheard: bool, page: &mut Page) {
    let covered: BTreeSet<&str> = runbooks.iter().map(|one| &*one.alert).collect();
    let lacking: Vec<String> =
        known.iter().filter(|name| !covered.contains(&***name)).map(ToString::to_string).collect();
    page.head(2, "Rules without a runbook");
    match lacking.is_empty() {
        true if known.is_empty() => page.say("No rule is known."),
        true => page.say("Every rule has one."),
        false => page.list(lacking.into_iter()),
    }
    page.head(2, "Runbooks without a rule");
    let orphans = runbooks.iter().filter(|one| !known.contains(&*one.alert));
    let orphans: Vec<String> =
        orphans.map(|one| format!("{}: {} ({})", one.alert, one.procedure, one.file)).collect();
    if unheard && !orphans.is_empty() {
        page.say("Not every Prometheus was heard: some of these may have a rule.");
    }
    if orphans.is_empty() {
        page.say(if runbooks.is_empty() { "No runbook is configured." } else { "Every one has a rule." });
    } else {
        page.list(orphans.into_iter());
    }
}
