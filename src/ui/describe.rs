//! All that is known of one thing, as a text: for the detail.

mod activity;
mod alert;
mod chain;
mod dashboards;
mod host;
mod kept;
mod line;
mod probe;
mod ran;
mod room;
pub mod routine;
mod service;
mod silence;
mod source;
mod story;

use chrono::{DateTime, Utc};

use alert::of_alert;
use kept::{log_of, of_begun, of_datastore, of_task};
pub use room::dry_run;
use source::of_source;
use story::of_backup;

use super::panes::targets::{NEARLY_LATE, sign_of};
use super::scene::{Scene, piece};
use super::theme::Role;
use super::widgets::frame::Title;
use super::widgets::prose::Prose;
use super::widgets::sign::{self, Sign};
use crate::domain::alert::Alert;
use crate::domain::correlate;
use crate::domain::feed::Feed;
use crate::domain::labels::Labels;
use crate::domain::question::{Ask, Slot};
use crate::domain::store::{SourceState, Store};
use crate::domain::subject::Subject;
use crate::domain::target::{Target, samples};
use crate::domain::task::Outcome;
use crate::text;

/// A description.
#[derive(Clone, Debug, Default)]
pub struct Description {
    /// How it is.
    pub sign: Option<Sign>,
    /// What it is, in a word or two.
    pub name: String,
    /// The rest.
    pub text: Vec<Prose>,
}

impl Description {
    /// Its title.
    pub fn title(&self) -> Title {
        let counts = self.sign.map(|sign| vec![piece(format!("{} {}", sign.glyph, sign.word), sign.role)]);
        let counts = counts.unwrap_or_default();
        Title { short: counts.clone(), counts, ..Title::new(self.name.clone()) }
    }
}

/// Where a description stands: what it asks for is answered to that place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the pane beside the list.
    Pane,
    /// In a sheet over the panes.
    Sheet,
}

impl Place {
    /// The name of a slot for `what` at this place.
    fn slot(self, what: &str) -> Slot {
        match self {
            Self::Pane => format!("pane/{what}").into(),
            Self::Sheet => format!("sheet/{what}").into(),
        }
    }
}

/// What a description wants to know beside the feeds.
pub fn wants(subject: &Subject, place: Place, scene: &Scene<'_>) -> Vec<Ask> {
    match subject {
        Subject::Alert { fingerprint, .. } => find_alert(scene.store, fingerprint)
            .map_or_else(Vec::new, |found| alert::wants(found, place, scene))
            .into_iter()
            .chain(dashboards::ask(place, scene))
            .collect(),
        Subject::Backup { source, group } => story::wants(source, group, place, scene.store),
        Subject::Host(_) => {
            host::wants(place, scene).into_iter().chain(dashboards::ask(place, scene)).collect()
        }
        Subject::Task { source, upid } => {
            let ask = scene.store.source(source).and_then(|source| {
                let listed = source.data.tasks.iter().find(|task| task.upid == *upid);
                log_of(source, upid, listed.is_none_or(|task| task.outcome == Outcome::Running))
            });
            ask.into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Describes a thing; one that is gone is said to be gone.
pub fn describe(subject: &Subject, place: Place, scene: &Scene<'_>) -> Description {
    let store = scene.store;
    let told = match subject {
        Subject::Alert { fingerprint, .. } => {
            find_alert(store, fingerprint).map(|alert| of_alert(alert, place, scene))
        }
        Subject::Target { source, pool, instance } => store.source(source).and_then(|source| {
            let mut targets = source.data.targets.iter();
            let target = targets.find(|target| target.pool == *pool && target.instance == *instance)?;
            Some(of_target(target, source, scene))
        }),
        Subject::Rule { source, name, .. } => store.source(source).and_then(|source| {
            let rule = source.data.rules.iter().find(|rule| rule.name == *name)?;
            let text = vec![
                Prose::pair("group", &*rule.group),
                Prose::pair("file", &*rule.file),
                Prose::pair("expression", &*rule.query),
                Prose::pair("error", &*rule.error),
            ];
            Some(Description { sign: None, name: rule.name.to_string(), text })
        }),
        Subject::Line { source, tail, line } => Some(line::of_line(line, (source, tail), scene)),
        Subject::Backup { source, group } => of_backup(source, group, place, scene),
        Subject::Datastore { source, name } => {
            store.source(source).map(|source| of_datastore(name, source, scene))
        }
        Subject::Task { source, upid } => store.source(source).map(|source| {
            let listed = source.data.tasks.iter().find(|task| task.upid == *upid);
            listed.map_or_else(|| of_begun(upid, source, scene), |task| of_task(task, source, scene))
        }),
        Subject::Silence { source, id } => silence::of_silence(source, id, scene),
        Subject::Objective(name) => chain::of_goal(name, scene),
        Subject::Link { from, to } => chain::of_link(from, to, scene),
        Subject::Host(name) => host::of_host(name, place, scene),
        Subject::Probe { source, name } => probe::of_probe(source, name, scene),
        Subject::Service(name) => service::of_service(name, scene),
        Subject::Suspect(name) => service::of_suspect(name, scene),
        Subject::Layer(number) => service::of_layer(*number, scene),
        Subject::Tier(name) => service::of_tier(name, scene),
        Subject::Source(id) => store.source(id).map(|source| of_source(source, scene)),
        Subject::Routine(routine) => Some(routine::of_routine(*routine, scene)),
        Subject::Past { what, at, .. } => ran::of_past(what, *at, scene),
        // It only tells a row from the others.
        Subject::Due { .. } => None,
    };
    let told = told.map(|mut told| {
        dashboards::tell(subject, scene, &mut told.text);
        told
    });
    told.unwrap_or_else(|| Description {
        sign: None,
        name: "Gone".into(),
        text: vec![Prose::plain("It is no longer there: the newest answer does not have it.")],
    })
}

/// What is worth copying of a thing: what one would paste into a query or a message.
pub fn copied(subject: &Subject, store: &Store) -> String {
    match subject {
        Subject::Alert { fingerprint, .. } => {
            find_alert(store, fingerprint).map_or_else(String::new, |alert| alert.labels.to_string())
        }
        Subject::Target { instance, .. } => instance.to_string(),
        Subject::Rule { name, .. }
        | Subject::Datastore { name, .. }
        | Subject::Probe { name, .. }
        | Subject::Host(name)
        | Subject::Service(name)
        | Subject::Suspect(name)
        | Subject::Tier(name)
        | Subject::Objective(name) => name.to_string(),
        Subject::Layer(number) => format!("layer {number}"),
        Subject::Routine(routine) => format!("routine {routine}"),
        Subject::Line { line, .. } => line.text.to_string(),
        Subject::Backup { group, .. } => group.to_string(),
        Subject::Due { what, .. } | Subject::Past { what, .. } => what.to_string(),
        Subject::Task { upid, .. } => upid.to_string(),
        Subject::Silence { id, .. } => id.to_string(),
        Subject::Link { from, to } => format!("{from} > {to}"),
        Subject::Source(id) => match store.source(id).and_then(|source| source.failure(DateTime::UNIX_EPOCH))
        {
            Some((failure, _)) => format!("{id}: {}", failure.text),
            None => id.to_string(),
        },
    }
}

/// Where a browser goes for a thing: an alert's runbook, else its dashboard, else the page of its expression.
pub fn link(subject: &Subject, scene: &Scene<'_>) -> Option<String> {
    let store = scene.store;
    let dashboard = || dashboards::of(subject, scene).into_iter().next().map(|(_, link)| link);
    match subject {
        Subject::Alert { fingerprint, .. } => {
            let alert = find_alert(store, fingerprint)?;
            let noted = ["runbook_url", "runbook", "dashboard_url", "dashboard"];
            let noted = noted.iter().find_map(|name| alert.annotations.get(name));
            let noted = noted.map(str::to_owned).or_else(dashboard);
            noted.or_else(|| alert.generator_url.as_deref().map(str::to_owned))
        }
        Subject::Target { instance, .. } if instance.contains("://") => Some(instance.to_string()),
        Subject::Target { instance, .. } => Some(format!("http://{instance}/metrics")),
        Subject::Host(_) => dashboard(),
        _ => None,
    }
}

/// An alert by its identity, [`Alert::key`], also one that vanished unheard.
pub fn find_alert<'s>(store: &'s Store, key: &str) -> Option<&'s Alert> {
    let vanished = || store.vanished.iter().map(|ghost| &ghost.alert);
    let listed = store.listed(key).map(|listed| &listed.alert);
    listed.or_else(|| vanished().find(|alert| **alert.key() == *key))
}

fn when(at: DateTime<Utc>, scene: &Scene<'_>) -> String {
    let now = scene.wall();
    if at <= now {
        format!("{}  {} ago", scene.times.full(at), text::age(now - at))
    } else {
        format!("{}  in {}", scene.times.full(at), text::age(at - now))
    }
}

fn labels(head: &str, labels: &Labels, without: &[&str], to: &mut Vec<Prose>) {
    let mut shown = labels.iter().filter(|(name, _)| !without.contains(name)).peekable();
    if shown.peek().is_some() {
        to.push(Prose::Blank);
        to.push(Prose::Head(head.to_owned()));
        to.extend(shown.map(|(name, value)| Prose::pair(name, value)));
    }
}

fn of_target(target: &Target, source: &SourceState, scene: &Scene<'_>) -> Description {
    let scrape = source.data.scrape(target);
    let hollow = scrape.is_some_and(|scrape| scrape.hollow);
    let fresh = source.is_fresh(Feed::Targets, scene.wall());
    let sign = if fresh { sign_of(target, hollow) } else { super::panes::STALE };
    let mut told =
        vec![Prose::Pair("health".into(), vec![piece(format!("{} {}", sign.glyph, sign.word), sign.role)])];
    if !target.error.is_empty() {
        told.push(Prose::pair("error", &*target.error));
    }
    if let Some(class) = target.error_class() {
        told.push(Prose::pair("which is", class.hint()));
    }
    if let Some(scrape) = scrape.filter(|scrape| scrape.flaps()) {
        let words = format!("up or down {} times within the last hour", scrape.changes);
        told.push(Prose::Pair("flapping".into(), vec![piece(words, Role::Warning)]));
    }
    if hollow {
        let words = "the last scrape brought no sample: nothing is measured behind it";
        told.push(Prose::Pair("samples".into(), vec![piece(words, Role::Warning)]));
    }
    if let Some(at) = target.last_scrape {
        told.push(Prose::pair(
            "last scrape",
            format!("{}, took {}", when(at, scene), text::took(target.took)),
        ));
    }
    if let Some(at) = scrape.and_then(|scrape| scrape.last_success) {
        told.push(Prose::pair("last success", when(at, scene)));
    }
    if let Some(count) = samples(&source.data.samples, target).filter(|_| !hollow) {
        told.push(Prose::pair("samples", format!("{count:.0}")));
    }
    let (every, within) = (text::span(target.interval), text::span(target.timeout));
    told.push(Prose::pair("scraped", format!("every {every}, time-out {within}")));
    let late = target.timeout > 0.0 && target.took >= target.timeout * NEARLY_LATE;
    if late {
        let share = target.took / target.timeout * 100.0;
        let words = format!("the last scrape took {share:.0} % of its time-out: it will soon fail");
        told.push(Prose::Pair("slow".into(), vec![piece(words, Role::Warning)]));
    }
    let dropped = source.data.dropped(&target.pool);
    let dropped = dropped.map_or_else(String::new, |count| format!("  {count} more found there and dropped"));
    told.push(Prose::pair("pool", format!("{}{dropped}", target.pool)));
    told.push(Prose::pair("source", source.id.to_string()));
    let alerts =
        scene.store.alerts().iter().filter(|listed| correlate::covers(&listed.alert, source, target));
    for listed in alerts {
        let sign = sign::of_alert(&listed.alert);
        // Many alerts of a target may have one name.
        let summary = format!("  {}", listed.alert.summary());
        let pieces = vec![
            piece(format!("{} ", sign.glyph), sign.role),
            piece(&*listed.alert.name, Role::Text),
            piece(summary, Role::Muted),
        ];
        told.push(Prose::Pair("alert".into(), pieces));
    }
    labels("Labels", &target.labels, &[], &mut told);
    Description { sign: Some(sign), name: format!("{} {}", target.job, target.instance), text: told }
}
