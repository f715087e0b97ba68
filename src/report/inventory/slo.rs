//! The policy of objectives and error budgets: what was promised, by which rule it is judged, and what
//! became of it.

use chrono::{DateTime, TimeDelta, Utc};

use super::Page;
use crate::domain::alert::Severity;
use crate::domain::health::Health;
use crate::domain::slo::Goal;
use crate::domain::store::Store;
use crate::domain::verdict::judged_backups;
use crate::report::slo;
use crate::text;

pub(super) fn page(store: &Store, now: DateTime<Utc>) -> Page {
    let mut page = Page::new("SLO and error budget policy");
    objectives(store, now, &mut page);
    page.head(2, "How a budget is judged");
    page.list(
        [
            "What nobody measured is unknown: neither good nor bad, and told beside the budget.",
            "Time of a maintenance that was planned counts for nothing: neither good nor bad nor unknown.",
            "A budget that burns 14.4 times too fast over the last hour and the last 5 minutes is critical.",
            "One that burns 6 times too fast over the last 6 hours and the last 30 minutes is a warning.",
            "A budget that is spent is a warning until its window is over.",
        ]
        .into_iter()
        .map(str::to_owned),
    );
    response(store, &mut page);
    recovery(store, now, &mut page);
    page
}

fn objectives(store: &Store, now: DateTime<Utc>, page: &mut Page) {
    page.head(2, "Objectives");
    let goals = &store.thresholds.goals;
    if goals.is_empty() {
        return page.say("No objective is configured: [slo.NAME] in the config.");
    }
    let percent = |share: Option<f64>| {
        share.map_or_else(|| "unknown".to_owned(), |share| format!("{:.2} %", share * 100.0))
    };
    let rows: Vec<Vec<String>> = slo::rows(store, now)
        .into_iter()
        .map(|row| {
            vec![
                row.name.to_string(),
                percent(Some(row.objective)),
                row.window,
                percent(row.good),
                percent(row.budget_left),
                percent(Some(row.unknown)),
                text::span(row.planned),
                row.error.map_or_else(|| row.state.to_string(), |error| format!("not known: {error}")),
            ]
        })
        .collect();
    let heads = ["objective", "wanted", "window", "was", "budget left", "not measured", "planned", "state"];
    page.table(&heads, &rows);
    for Goal { name, query, .. } in goals {
        page.head(3, name);
        page.say("The share that is good at an instant:");
        page.code("promql", query);
    }
}

fn response(store: &Store, page: &mut Page) {
    page.head(2, "Response");
    let thresholds = &store.thresholds;
    let by_severity = [Severity::Critical, Severity::Warning, Severity::Info].into_iter().filter_map(|one| {
        let within = thresholds.response.get(&one)?;
        Some(vec![format!("{one:?}").to_lowercase(), text::age(*within), "its severity".to_owned()])
    });
    let by_name = thresholds
        .promised
        .iter()
        .map(|(name, within)| vec![name.to_string(), text::age(*within), "its runbook".to_owned()]);
    let rows: Vec<Vec<String>> = by_severity.chain(by_name).collect();
    page.table(&["alert", "somebody is on it within", "as says"], &rows);
}

fn recovery(store: &Store, now: DateTime<Utc>, page: &mut Page) {
    page.head(2, "Recovery");
    let thresholds = &store.thresholds;
    let judged = judged_backups(store, now);
    let expected = judged.iter().filter(|one| !one.expect.exempt);
    let (good, all) = expected
        .fold((0, 0), |(good, all), one| (good + usize::from(one.assessment.health == Health::Ok), all + 1));
    page.list(
        [
            format!(
                "A backup may be {} old (RPO) unless a rule says otherwise.",
                text::age(thresholds.backups.rpo)
            ),
            format!("A restore of each is tried every {}.", text::age(thresholds.drill_every)),
            format!("{good} of {all} backups are as they should be."),
        ]
        .into_iter(),
    );
    let mut drills: Vec<Vec<String>> = store
        .drills
        .iter()
        .map(|drill| {
            let took = drill.took.map_or_else(|| "not measured".to_owned(), span);
            let day = drill.at.format("%Y-%m-%d").to_string();
            vec![drill.group.to_string(), day, took, drill.by.to_string(), drill.note.to_string()]
        })
        .collect();
    drills.sort();
    if drills.is_empty() {
        page.say("No restore was tried: how long one takes (RTO) is not known.");
    } else {
        page.table(&["restored", "on", "took (RTO)", "by", "note"], &drills);
        if let Some(longest) = store.drills.iter().filter_map(|drill| drill.took).max() {
            page.say(&format!("The longest took {}.", span(longest)));
        }
    }
}

/// A span in seconds, for people.
fn span(seconds: u64) -> String {
    i64::try_from(seconds)
        .map_or_else(|_| "for ever".to_owned(), |seconds| text::age(TimeDelta::seconds(seconds)))
}
