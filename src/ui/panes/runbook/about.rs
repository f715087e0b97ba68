//! What a procedure is about, taken from what is known: labels, names, alerts and backups of a
//! thing, the questions of its checklists, the values that may stand for its placeholders.

use std::sync::Arc;

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};

use crate::domain::alert::Alert;
use crate::domain::backup::{BackupGroup, GroupId};
use crate::domain::correlate;
use crate::domain::feed::{SourceId, SourceKind};
use crate::domain::labels::Labels;
use crate::domain::question::{Ask, Known, Question};
use crate::domain::sites;
use crate::domain::store::Store;
use crate::domain::subject::Subject;
use crate::incident::Event;
use crate::runbooks::facts::instance_of;
use crate::runbooks::placeholder::Kind;
use crate::runbooks::plan::Placeholder;
use crate::runbooks::session::{Check, Session};
use crate::runbooks::verify::Outcome;

/// Queries are asked again after this time.
const EVERY: TimeDelta = TimeDelta::seconds(15);

/// The labels of a thing, as an alert about it would have them, and its names in the config, the most
/// special first; the last is a word for what it is.
pub fn of_subject(subject: &Subject, store: &Store) -> (Labels, Vec<String>) {
    match subject {
        Subject::Alert { fingerprint, .. } => {
            let alert = crate::ui::describe::find_alert(store, fingerprint);
            alert.map_or_else(Default::default, |alert| (alert.labels.clone(), vec![alert.name.to_string()]))
        }
        Subject::Target { source, pool, instance } => {
            let mut targets = store.source(source).into_iter().flat_map(|source| source.data.targets.iter());
            let target = targets.find(|one| one.pool == *pool && one.instance == *instance);
            let labels = target.map(|target| target.labels.clone()).unwrap_or_default();
            let host = instance_of(instance).map(|target| target.host).ok();
            let label = labels.get("host").map(str::to_owned);
            let names =
                [Some(instance.to_string()), label, host, Some(pool.to_string()), Some("target".into())];
            (labels, names.into_iter().flatten().collect())
        }
        Subject::Backup { group, .. } => {
            let guest = format!("{}/{}", group.kind, group.id);
            let labels = [("vmid", &*group.id), ("guest", guest.as_str()), ("datastore", &*group.datastore)];
            (
                labels.into_iter().collect(),
                vec![guest.clone(), group.id.to_string(), group.datastore.to_string(), "backup".into()],
            )
        }
        Subject::Datastore { source, name } => {
            let labels = [("datastore", &**name)].into_iter().collect();
            (labels, vec![name.to_string(), source.to_string(), "datastore".into()])
        }
        Subject::Task { source, .. } => (Labels::default(), vec![source.to_string(), "task".into()]),
        Subject::Rule { name, .. } => (Labels::default(), vec![name.to_string()]),
        Subject::Line { line, source, .. } => (line.stream.clone(), vec![source.to_string(), "logs".into()]),
        Subject::Silence { .. } => (Labels::default(), vec!["silence".into()]),
        Subject::Link { from, to } => (
            Labels::default(),
            vec![format!("{from} {to}"), from.to_string(), to.to_string(), "chain".into()],
        ),
        Subject::Objective(name) => (Labels::default(), vec![name.to_string(), "objective".into()]),
        Subject::Due { what, .. } | Subject::Past { what, .. } => (Labels::default(), vec![what.to_string()]),
        Subject::Probe { name, .. } => (Labels::default(), vec![name.to_string(), "probe".into()]),
        Subject::Host(name) => {
            let name = store.host(name).map_or(name, |host| &host.known_as);
            ([("host", &**name)].into_iter().collect(), vec![name.to_string(), "host".into()])
        }
        Subject::Service(name) | Subject::Suspect(name) => {
            (Labels::default(), vec![name.to_string(), "service".into()])
        }
        Subject::Routine(routine) => {
            (Labels::default(), vec![format!("routine {routine}"), "routine".into()])
        }
        Subject::Layer(number) => (Labels::default(), vec![format!("layer {number}"), "layer".into()]),
        Subject::Tier(name) => (Labels::default(), vec![name.to_string(), "tier".into()]),
        Subject::Source(id) => {
            (Labels::default(), vec![id.to_string(), id.name.to_string(), id.kind.to_string()])
        }
    }
}

/// The site that a thing is at, where there are several; else nothing.
pub fn site_of<'s>(subject: &Subject, store: &'s Store) -> &'s str {
    match subject {
        Subject::Alert { source, .. } | Subject::Target { source, .. } | Subject::Backup { source, .. } => {
            store.site_of(source)
        }
        Subject::Host(name) => store.host(name).map_or("", |host| &host.site),
        _ => "",
    }
}

/// The loudest alert about a thing that is none itself.
pub fn alert_of<'s>(subject: &Subject, store: &'s Store) -> Option<&'s Alert> {
    let mut alerts = store.alerts().iter().map(|listed| &listed.alert);
    match subject {
        Subject::Target { source, pool, instance } => {
            let source = store.source(source)?;
            let mut targets = source.data.targets.iter();
            let target = targets.find(|one| one.pool == *pool && one.instance == *instance)?;
            alerts.find(|alert| correlate::covers(alert, source, target))
        }
        Subject::Backup { source, group } => {
            alerts.find(|alert| is_of(alert, group) && is_near(alert, source, store))
        }
        Subject::Datastore { source, name } => alerts.find(|alert| {
            alert.labels.get("datastore") == Some(name)
                && alert.labels.get("vmid").is_none()
                && is_near(alert, source, store)
        }),
        Subject::Rule { source, name, .. } => {
            alerts.find(|alert| alert.name == *name && is_near(alert, source, store))
        }
        Subject::Host(name) => {
            let host = store.host(name);
            let (name, site) = host.map_or((&**name, ""), |host| (&*host.known_as, &*host.site));
            alerts.find(|alert| alert.labels.get("host") == Some(name) && sites::meet(alert.site(), site))
        }
        _ => None,
    }
}

fn is_near(alert: &Alert, source: &SourceId, store: &Store) -> bool {
    sites::meet(alert.site(), store.site_of(source))
}

fn is_of(alert: &Alert, group: &GroupId) -> bool {
    let guest = alert.labels.get("guest").or_else(|| alert.labels.get("vmid"));
    let named =
        guest.is_some_and(|guest| guest == &*group.id || *guest == format!("{}/{}", group.kind, group.id));
    named && alert.name.to_lowercase().contains("backup")
}

/// When a guest was last backed up well.
pub fn last_good(vmid: &str, store: &Store) -> Option<DateTime<Utc>> {
    let groups = store.of(SourceKind::Pbs).flat_map(|source| source.data.groups.iter());
    let own = groups.filter(|group| &*group.id.id == vmid && &*group.id.kind != "host");
    own.filter_map(BackupGroup::last_good).map(|snapshot| snapshot.at).max()
}

/// The Prometheus that is asked.
pub fn prometheus(store: &Store) -> Option<SourceId> {
    store.of(SourceKind::Prometheus).next().map(|source| source.id.clone())
}

/// The time to which a question that is asked again and again belongs.
pub fn beat(now: DateTime<Utc>) -> DateTime<Utc> {
    now.duration_trunc(EVERY).unwrap_or(now)
}

/// The questions of the boxes that a query answers, with the place of each box.
pub fn check_asks(session: &Session, store: &Store, now: DateTime<Utc>) -> Vec<(usize, Ask)> {
    let Some(source) = prometheus(store) else { return Vec::new() };
    let asked = session.checks.iter().enumerate().filter_map(|(at, check)| {
        let question = Question::Value { query: check.query()?.into(), at: Some(beat(now)) };
        Some((at, Ask { slot: format!("runbook/check/{at}").into(), source: source.clone(), question }))
    });
    asked.collect()
}

/// The newest values of an answer, or why there is none; `None` as long as it is under way.
pub fn samples(known: &Known<'_>) -> Option<Result<Vec<f64>, String>> {
    match known {
        Known::Waiting => None,
        Known::Failed(failure) => Some(Err(failure.text.to_string())),
        Known::Answer(answer) => {
            let newest = answer.series().iter().filter_map(|series| series.points.last());
            Some(Ok(newest.map(|(_, value)| *value).collect()))
        }
    }
}

/// What is written down of a box that is otherwise than before.
pub fn measured(check: &Check) -> Vec<Event> {
    let Some((outcome, _)) = &check.seen else { return Vec::new() };
    let (word, evidence) = match outcome {
        Outcome::Pass(evidence) => ("pass", evidence),
        Outcome::Fail(evidence) => ("fail", evidence),
        // That nothing is known yet is no news.
        Outcome::Unknown(_) if !check.passed => return Vec::new(),
        Outcome::Unknown(why) => ("unknown", why),
    };
    let told =
        Event::Measured { line: check.key.clone(), outcome: word.to_owned(), evidence: evidence.clone() };
    let is_alert = matches!(check.probe, crate::runbooks::verify::Probe::AlertResolved { .. });
    let more = match outcome {
        Outcome::Pass(_) if is_alert => Some(Event::Resolved),
        Outcome::Fail(_) if is_alert && check.passed => Some(Event::Returned),
        _ => None,
    };
    std::iter::once(told).chain(more).collect()
}

/// The values that may stand for a placeholder, as far as the servers know them.
pub fn offered(wanted: &Placeholder, session: &Session, store: &Store) -> Vec<Arc<str>> {
    let guests = store.of(SourceKind::Pve).flat_map(|source| source.data.cluster.guests.iter());
    let vmid = session.plan.groups.iter().flat_map(|group| &group.placeholders);
    let vmid = vmid.filter(|one| one.name == "VMID").find_map(|one| one.value.clone());
    let vmid = vmid.or_else(|| session.cause.about.vmid.clone());
    let groups = store.of(SourceKind::Pbs).flat_map(|source| source.data.groups.iter());
    let own = groups.filter(|group| vmid.as_deref().is_none_or(|vmid| &*group.id.id == vmid));
    let snapshots = own.flat_map(|group| group.snapshots.iter().rev().map(move |snapshot| (group, snapshot)));
    let mut all: Vec<String> = match wanted.kind {
        Kind::Vmid if wanted.name == "NEW_VMID" => {
            let taken: Vec<u64> = guests.map(|guest| u64::from(guest.id.vmid)).collect();
            let highest = taken.iter().copied().filter(|vmid| *vmid < 900_000).max().unwrap_or(99);
            vec![(highest + 1).to_string()]
        }
        Kind::Vmid => guests.map(|guest| guest.id.vmid.to_string()).collect(),
        Kind::Pbstime => snapshots.map(|(_, one)| one.at.format("%Y-%m-%dT%H:%M:%SZ").to_string()).collect(),
        Kind::Timestamp => snapshots.map(|(_, one)| one.at.format("%Y_%m_%d-%H_%M_%S").to_string()).collect(),
        Kind::Date => snapshots.map(|(_, one)| one.at.format("%Y-%m-%d").to_string()).collect(),
        Kind::Volid => snapshots
            .map(|(group, one)| {
                let at = one.at.format("%Y-%m-%dT%H:%M:%SZ");
                format!("{}:backup/{}/{}/{at}", group.id.datastore, group.id.kind, group.id.id)
            })
            .collect(),
        Kind::Host => {
            let targets = store.of(SourceKind::Prometheus).flat_map(|source| source.data.targets.iter());
            targets
                .filter_map(|target| instance_of(&target.instance).ok())
                .map(|target| target.host)
                .collect()
        }
        Kind::Unit => {
            let labels = &session.cause.about.labels;
            let named = ["name", "service", "unit"].iter().filter_map(|name| labels.get(name));
            named.map(str::to_owned).chain(["node_exporter.service".to_owned()]).collect()
        }
        _ => Vec::new(),
    };
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|value| seen.insert(value.clone()));
    all.into_iter().map(Arc::from).collect()
}
