//! Backup validation: what is kept where, verified and tried when, by which jobs.

use chrono::{DateTime, Utc};

use super::Page;
use crate::domain::backup::Plan;
use crate::domain::drill;
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::job::Job;
use crate::domain::off_site::Copies;
use crate::domain::store::{SourceState, Store};
use crate::domain::verdict::{JudgedBackup, judged_backups};
use crate::text;

pub(super) fn page(store: &Store, now: DateTime<Utc>) -> Page {
    let mut page = Page::new("Backup validation");
    let judged = judged_backups(store, now);
    let copies = Copies::of(&judged, store, now);
    page.head(2, "Backups");
    let mut rows: Vec<Vec<String>> = judged.iter().map(|one| row(one, &copies, store)).collect();
    // By name: how bad each is changes from day to day.
    rows.sort();
    page.table(
        &[
            "backup",
            "guest",
            "kept on",
            "RPO",
            "last good",
            "verified",
            "off-site",
            "restore tried",
            "made by",
            "state",
        ],
        &rows,
    );
    for source in store.of(SourceKind::Pbs) {
        server(source, store, now, &mut page);
    }
    let never = judged.iter().filter(|one| last(one, store).is_none()).count();
    page.head(2, "Restore drills");
    let every = text::age(store.thresholds.drill_every);
    page.say(&format!(
        "A restore of each backup is to be tried every {every}; {never} of {} were never tried.",
        judged.len()
    ));
    page
}

fn last<'s>(one: &JudgedBackup<'_>, store: &'s Store) -> Option<&'s drill::Drill> {
    drill::last(&store.drills, &one.source.id, &one.group.id)
}

/// A time to the minute: papers have no ages.
fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

fn row(one: &JudgedBackup<'_>, copies: &Copies<'_>, store: &Store) -> Vec<String> {
    let group = one.group;
    let at = |time: Option<DateTime<Utc>>, none: &str| time.map_or_else(|| none.to_owned(), minute);
    let place = match (&*group.id.datastore, &*group.id.namespace) {
        (datastore, "") => datastore.to_owned(),
        (datastore, namespace) => format!("{datastore}:{namespace}"),
    };
    let made = match &one.plan {
        Plan::Scheduled(job, _) => job.to_string(),
        Plan::Disabled(job) => format!("{job}, disabled"),
        Plan::Skipped(job) => format!("{job}, which skips it"),
        Plan::NoJob => "no job".to_owned(),
        Plan::Unknown => "unknown".to_owned(),
    };
    let tried = last(one, store);
    let tried =
        tried.map_or_else(|| "never".to_owned(), |drill| format!("{} by {}", minute(drill.at), drill.by));
    vec![
        group.id.to_string(),
        group.guest.to_string(),
        format!("{} {place}", one.source.id),
        text::age(one.expect.rpo),
        at(group.last_good().map(|good| good.at), "none"),
        at(group.last_verified().and_then(|good| good.verified()), "never"),
        at(copies.newest(one).map(|copy| copy.at), "none"),
        tried,
        made,
        one.assessment.state.to_string(),
    ]
}

/// The jobs of a server, and how full its datastores may get.
fn server(source: &SourceState, store: &Store, now: DateTime<Utc>, page: &mut Page) {
    page.head(2, &format!("Jobs of {}", source.id));
    if !source.is_fresh(Feed::Jobs, now) {
        page.say("Its jobs were not heard: nothing is known of them.");
        return;
    }
    let row = |job: &Job| {
        let run = job.last.as_ref();
        let schedule =
            if job.disabled { format!("{}, disabled", job.schedule) } else { job.schedule.to_string() };
        vec![
            job.kind.to_string(),
            job.id.to_string(),
            job.datastore.to_string(),
            schedule,
            run.and_then(|run| run.ended).map_or_else(|| "never".to_owned(), minute),
            run.map_or_else(|| "-".to_owned(), |run| run.outcome.word().to_owned()),
            job.keep.map(crate::domain::prune::Keep::words).unwrap_or_default(),
        ]
    };
    let rows: Vec<Vec<String>> = source.data.jobs.iter().map(row).collect();
    page.table(&["kind", "job", "datastore", "schedule", "last run", "result", "keeps"], &rows);
    let hidden = &source.data.hidden_jobs;
    if !hidden.is_empty() {
        page.list(hidden.iter().map(|what| format!("not readable: {what}")));
    }
    let fill = &store.thresholds.fill;
    page.say(&format!(
        "A datastore is a warning over {:.0} % and critical over {:.0} %.",
        fill.warn_used * 100.0,
        fill.critical_used * 100.0
    ));
}
