//! The backup runs of a hypervisor: who started each, and those of which no backup server has a word.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Happening, Kind, contains};
use crate::domain::correlate;
use crate::domain::dump::Dump;
use crate::domain::feed::Feed;
use crate::domain::guest::Guest;
use crate::domain::health::Health;
use crate::domain::slo::Window;
use crate::domain::store::{SourceState, Store};
use crate::domain::subject::Subject;
use crate::domain::task::Outcome;
use crate::text;

/// What a backup server and a hypervisor tell of the same guest within this time of each other is one run.
const SAME_RUN: TimeDelta = TimeDelta::minutes(5);

/// Tells the runs of a hypervisor in `window`: as more of what a backup server told, or by themselves.
pub(super) fn tell(
    store: &Store,
    pve: &SourceState,
    window: Window,
    now: DateTime<Utc>,
    happened: &mut Vec<Happening>,
    unknown: &mut Vec<Arc<str>>,
) {
    if !pve.is_fresh(Feed::Dumps, now) {
        return unknown.push(format!("backup runs: {} was not heard", pve.id).into());
    }
    let cluster = &pve.data.cluster;
    unknown.extend(
        cluster.unread.iter().map(|(node, why)| format!("backup runs: {node} of {}: {why}", pve.id).into()),
    );
    for dump in cluster.runs.iter().filter(|dump| contains(window, dump.started)) {
        let guest = cluster.guests.iter().find(|guest| guest.id.vmid == dump.guest);
        let told = guest.and_then(|guest| {
            happened.iter().position(|one| is_same(one, dump) && is_of(one, store, pve, guest, now))
        });
        match told.and_then(|at| happened.get_mut(at)) {
            Some(told) => add(told, dump),
            None => happened.push(alone(dump, guest, pve)),
        }
    }
}

/// Whether something that a backup server told was at the time of a run.
fn is_same(one: &Happening, dump: &Dump) -> bool {
    let ended = dump.ended.unwrap_or(DateTime::<Utc>::MAX_UTC - SAME_RUN);
    one.kind == Kind::Backup && one.at >= dump.started - SAME_RUN && one.at <= ended + SAME_RUN
}

fn is_of(one: &Happening, store: &Store, pve: &SourceState, guest: &Guest, now: DateTime<Utc>) -> bool {
    let Some(Subject::Backup { source, group }) = &one.subject else { return false };
    let server = store.source(source);
    server.is_some_and(|server| correlate::owner(store, server, group, now).may_be(pve, guest.id))
}

/// What a run came to, in words.
fn words(dump: &Dump) -> (String, Health) {
    let node = &dump.node;
    match &dump.outcome {
        Outcome::Failed(why) => (format!("vzdump on {node} failed: {why}"), Health::Warning),
        Outcome::Running => (format!("vzdump on {node} runs"), Health::Ok),
        other => {
            let took = dump.ended.map(|ended| format!(", in {}", text::age(ended - dump.started)));
            (format!("vzdump on {node}: {}{}", other.word(), took.unwrap_or_default()), Health::Ok)
        }
    }
}

/// The backup server knows who wrote to it; the hypervisor, who wanted it.
fn add(told: &mut Happening, dump: &Dump) {
    let (words, health) = words(dump);
    told.came_to = format!("{}; {words}", told.came_to).into();
    told.health = told.health.max(health);
    if !dump.by.is_empty() {
        told.by = Arc::clone(&dump.by);
    }
}

fn alone(dump: &Dump, guest: Option<&Guest>, pve: &SourceState) -> Happening {
    let (came_to, health) = words(dump);
    let what = guest.map_or_else(
        || format!("guest {}", dump.guest),
        |guest| format!("{} {}", guest.id, guest.name).trim_end().to_owned(),
    );
    Happening {
        at: dump.started,
        until: dump.ended,
        kind: Kind::Backup,
        what: what.into(),
        came_to: came_to.into(),
        by: Arc::clone(&dump.by),
        health,
        subject: Some(Subject::Source(pve.id.clone())),
    }
}
