//! The dashboard inventory: which dashboards there are, who keeps each, which golden signals it shows,
//! where its thresholds lie, and which alerts look at the same.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Page;
use crate::domain::board::{Board, Link, Panel, Signal};
use crate::domain::feed::SourceId;
use crate::domain::promql;
use crate::domain::rule::{Rule, RuleKind};
use crate::domain::store::Store;

/// What each Grafana said: its dashboards, or why they are not known.
pub type Said = Vec<(SourceId, Result<Arc<[Board]>, String>)>;

pub(super) fn page(store: &Store, said: &Said) -> Page {
    let mut page = Page::new("Dashboard inventory");
    if said.is_empty() {
        page.say("No Grafana is configured: [sources.grafana.NAME] in the config.");
        return page;
    }
    let rules: Vec<&Rule> = alerting(store);
    let mut shown = BTreeSet::new();
    for (id, boards) in said {
        page.head(2, &format!("Dashboards of {id}"));
        match boards {
            Err(why) => page.say(&format!("Its dashboards were not heard: {why}.")),
            Ok(boards) if boards.is_empty() => page.say("It has none that the token may see."),
            Ok(boards) => {
                list(boards, &mut page);
                for board in boards.iter() {
                    shown.extend(board.metrics());
                    one(board, &rules, &mut page);
                }
            }
        }
    }
    unseen(&rules, &shown, said.iter().all(|(_, boards)| boards.is_ok()), &mut page);
    page.say("A panel that nobody gave thresholds has those of Grafana: red from 80.");
    page
}

fn alerting(store: &Store) -> Vec<&Rule> {
    let rules = store.sources.iter().flat_map(|source| source.data.rules.iter());
    rules.filter(|rule| rule.kind == RuleKind::Alerting).collect()
}

/// What is told of a text that may be empty.
fn or<'t>(text: &'t str, none: &'t str) -> String {
    if text.is_empty() { none } else { text }.to_owned()
}

fn list(boards: &[Board], page: &mut Page) {
    let row = |board: &Board| {
        let signals: BTreeSet<Signal> = board.known().iter().flat_map(Panel::signals).collect();
        vec![
            board.dashboard.title.to_string(),
            or(&board.dashboard.folder, "none"),
            or(&board.owner, "nobody is named"),
            board.dashboard.tags.join(", "),
            named(&signals),
            match &board.panels {
                Ok(panels) => panels.len().to_string(),
                Err(_) => "unknown".to_owned(),
            },
            board.dashboard.url.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = boards.iter().map(row).collect();
    page.table(&["dashboard", "folder", "owner", "tags", "signals", "panels", "link"], &rows);
}

fn named(signals: &BTreeSet<Signal>) -> String {
    signals.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ")
}

fn one(board: &Board, rules: &[&Rule], page: &mut Page) {
    let folder = or(&board.dashboard.folder, "no folder");
    page.head(3, &format!("{} ({folder})", board.dashboard.title));
    let panels = match &board.panels {
        Ok(panels) => panels,
        Err(why) => return page.say(&format!("Nothing is known of what it shows: {why}.")),
    };
    if !board.links.is_empty() {
        page.list(board.links.iter().map(|link| format!("leads to {}", leads(link))));
    }
    let row = |panel: &Panel| {
        vec![
            or(&panel.title, "without a title"),
            panel.kind.to_string(),
            named(&panel.signals()),
            panel.metrics().into_iter().collect::<Vec<_>>().join(", "),
            panel.unit.to_string(),
            panel.thresholds.join(", "),
            panel.links.iter().map(leads).collect::<Vec<_>>().join(", "),
        ]
    };
    let rows: Vec<Vec<String>> = panels.iter().map(row).collect();
    page.table(&["panel", "kind", "signals", "metrics", "unit", "thresholds", "links"], &rows);
    let metrics = board.metrics();
    let same =
        rules.iter().filter(|rule| promql::metrics(&rule.query).iter().any(|one| metrics.contains(one)));
    let same: BTreeSet<&str> = same.map(|rule| &*rule.name).collect();
    if same.is_empty() {
        page.say("No alert looks at what it shows.");
    } else {
        let names = same.into_iter().collect::<Vec<_>>().join(", ");
        page.say(&format!("Alerts that look at what it shows: {names}."));
    }
}

fn leads(link: &Link) -> String {
    format!("{} {}", link.title, link.url).trim().to_owned()
}

/// The alerts about which no dashboard shows anything.
fn unseen(rules: &[&Rule], shown: &BTreeSet<&str>, is_whole: bool, page: &mut Page) {
    page.head(2, "Alerts without a dashboard");
    let is_seen = |rule: &&&Rule| promql::metrics(&rule.query).iter().any(|one| shown.contains(one));
    let unseen: BTreeSet<&str> = rules.iter().filter(|rule| !is_seen(rule)).map(|rule| &*rule.name).collect();
    if rules.is_empty() {
        page.say("No rule is known.");
    } else if unseen.is_empty() {
        page.say("Every alert looks at something that a dashboard shows.");
    } else {
        page.list(unseen.into_iter().map(str::to_owned));
    }
    if !is_whole {
        page.say("Not every Grafana was heard: some of these may be shown.");
    }
}
