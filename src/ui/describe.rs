//! All that is known of one thing, as a text: for the detail.

mod kept;
mod source;
mod story;

use chrono::{DateTime, Utc};

use kept::{log_of, of_datastore, of_task};
use source::of_source;
use story::of_backup;

use super::panes::targets::{short, sign_of};
use super::scene::{Scene, piece};
use super::theme::Role;
use super::widgets::frame::Title;
use super::widgets::prose::Prose;
use super::widgets::sign::{self, Sign};
use crate::domain::alert::{Alert, FingerprintSource};
use crate::domain::correlate;
use crate::domain::feed::Feed;
use crate::domain::labels::Labels;
use crate::domain::question::Ask;
use crate::domain::store::{SourceState, Store};
use crate::domain::subject::Subject;
use crate::domain::target::Target;
use crate::domain::verdict::response_due;
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

/// Describes a thing; one that is gone is said to be gone.
pub fn describe(subject: &Subject, scene: &Scene<'_>) -> Description {
    let store = scene.store;
    let told = match subject {
        Subject::Alert { fingerprint, .. } => {
            find_alert(store, fingerprint).map(|alert| of_alert(alert, scene))
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
        Subject::Line { at, text, source, tail } => Some(of_line(*at, text, store, (source, tail), scene)),
        Subject::Backup { source, group } => of_backup(source, group, scene),
        Subject::Datastore { source, name } => {
            store.source(source).map(|source| of_datastore(name, source, scene))
        }
        Subject::Task { source, upid } => store.source(source).and_then(|source| {
            source.data.tasks.iter().find(|task| task.upid == *upid).map(|task| of_task(task, source, scene))
        }),
        Subject::Source(id) => store.source(id).map(|source| of_source(source, scene)),
    };
    told.unwrap_or_else(|| Description {
        sign: None,
        name: "Gone".into(),
        text: vec![Prose::plain("It is no longer there: the newest answer does not have it.")],
    })
}

/// What a description wants to know beside the feeds.
pub fn wants(subject: &Subject, store: &Store) -> Vec<Ask> {
    match subject {
        Subject::Backup { source, group } => story::wants(source, group, store),
        Subject::Task { source, upid } => {
            let ask = store
                .source(source)
                .and_then(|source| log_of(source, source.data.tasks.iter().find(|task| task.upid == *upid)?));
            ask.into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// What is worth copying of a thing: what one would paste into a query or a message.
pub fn copied(subject: &Subject, store: &Store) -> String {
    match subject {
        Subject::Alert { fingerprint, .. } => {
            find_alert(store, fingerprint).map_or_else(String::new, |alert| alert.labels.to_string())
        }
        Subject::Target { instance, .. } => instance.to_string(),
        Subject::Rule { name, .. } | Subject::Datastore { name, .. } => name.to_string(),
        Subject::Line { text, .. } => text.to_string(),
        Subject::Backup { group, .. } => group.to_string(),
        Subject::Task { upid, .. } => upid.to_string(),
        Subject::Source(id) => match store.source(id).and_then(|source| source.failure(DateTime::UNIX_EPOCH))
        {
            Some((failure, _)) => format!("{id}: {}", failure.text),
            None => id.to_string(),
        },
    }
}

fn find_alert<'s>(store: &'s Store, fingerprint: &str) -> Option<&'s Alert> {
    let listed = store.alerts().iter().map(|listed| &listed.alert);
    let vanished = store.vanished.iter().map(|ghost| &ghost.alert);
    listed.chain(vanished).find(|alert| &*alert.fingerprint == fingerprint)
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

fn of_alert(alert: &Alert, scene: &Scene<'_>) -> Description {
    let now = scene.wall();
    let vanished = scene.store.vanished.iter().find(|ghost| ghost.alert.fingerprint == alert.fingerprint);
    let sign = if vanished.is_some() { sign::UNKNOWN } else { sign::of_alert(alert) };
    let mut told = Vec::new();
    if !alert.summary().is_empty() {
        told.extend([Prose::plain(alert.summary()), Prose::Blank]);
    }
    let severity = if alert.severity.is_empty() { "none" } else { &*alert.severity };
    told.push(Prose::Pair(
        "state".into(),
        vec![
            piece(format!("{} {}", sign.glyph, alert.state), sign.role),
            piece(format!("  severity {severity}"), Role::Text),
        ],
    ));
    told.push(Prose::pair("since", when(alert.starts_at, scene)));
    if let Some(ghost) = vanished {
        told.push(Prose::Pair(
            "vanished".into(),
            vec![piece(
                format!("{}, while Prometheus was not heard: not resolved", when(ghost.since, scene)),
                Role::Unknown,
            )],
        ));
    }
    if let Some(due) = response_due(alert, scene.store) {
        let role = if due < now { sign.role } else { Role::Text };
        told.push(Prose::Pair("respond by".into(), vec![piece(when(due, scene), role)]));
    }
    if let Some(ack) = &alert.acked_by {
        told.push(Prose::pair(
            "acknowledged",
            format!("by {} until {}", ack.who, scene.times.full(ack.until)),
        ));
    }
    quietened(alert, scene, &mut told);
    if !alert.receivers.is_empty() {
        told.push(Prose::pair("receivers", alert.receivers.join(", ")));
    } else if alert.fingerprint_source == FingerprintSource::Own {
        told.push(Prose::pair("receivers", "none: no Alertmanager has this alert"));
    }
    related(alert, scene, &mut told);
    labels("Labels", &alert.labels, &["alertname"], &mut told);
    labels("Annotations", &alert.annotations, &["summary"], &mut told);
    if let Some(url) = &alert.generator_url {
        told.extend([Prose::Blank, Prose::pair("expression", &**url)]);
    }
    told.push(Prose::pair("fingerprint", &*alert.fingerprint));
    Description { sign: Some(sign), name: alert.name.to_string(), text: told }
}

/// Who or what keeps an alert from being heard.
fn quietened(alert: &Alert, scene: &Scene<'_>, to: &mut Vec<Prose>) {
    let silences = scene.store.sources.iter().flat_map(|source| source.data.silences.iter());
    for silence in silences.filter(|silence| alert.silenced_by.contains(&silence.id)) {
        let until = when(silence.ends_at, scene);
        to.push(Prose::pair(
            "silenced",
            format!("by {} until {until}: {}", silence.created_by, silence.comment),
        ));
    }
    for cause in &alert.inhibited_by {
        let name =
            find_alert(scene.store, cause).map_or_else(|| cause.to_string(), |cause| cause.name.to_string());
        to.push(Prose::pair("inhibited", format!("by {name}")));
    }
    if !alert.muted_by.is_empty() {
        to.push(Prose::pair("muted", format!("by {}", alert.muted_by.join(", "))));
    }
}

/// The target that an alert speaks of.
fn related(alert: &Alert, scene: &Scene<'_>, to: &mut Vec<Prose>) {
    for source in &scene.store.sources {
        let mut targets = source.data.targets.iter();
        if let Some(target) = targets.find(|target| correlate::covers(alert, target)) {
            let sign = sign_of(target, false);
            let words = if target.error.is_empty() { sign.word.into() } else { short(target) };
            let pieces = vec![
                piece(format!("{} ", sign.glyph), sign.role),
                piece(format!("{} {}  {words}", target.job, target.instance), Role::Text),
            ];
            to.push(Prose::Pair("target".into(), pieces));
        }
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
    if let Some(at) = target.last_scrape {
        told.push(Prose::pair(
            "last scrape",
            format!("{}, took {}", when(at, scene), text::took(target.took)),
        ));
    }
    if let Some(at) = scrape.and_then(|scrape| scrape.last_success) {
        told.push(Prose::pair("last success", when(at, scene)));
    }
    let (every, within) = (text::span(target.interval), text::span(target.timeout));
    told.push(Prose::pair("scraped", format!("every {every}, time-out {within}")));
    told.push(Prose::pair("pool", &*target.pool));
    told.push(Prose::pair("source", source.id.to_string()));
    let alerts = scene.store.alerts().iter().filter(|listed| correlate::covers(&listed.alert, target));
    for listed in alerts {
        let sign = sign::of_alert(&listed.alert);
        let pieces =
            vec![piece(format!("{} ", sign.glyph), sign.role), piece(&*listed.alert.name, Role::Text)];
        told.push(Prose::Pair("alert".into(), pieces));
    }
    labels("Labels", &target.labels, &[], &mut told);
    Description { sign: Some(sign), name: format!("{} {}", target.job, target.instance), text: told }
}

fn of_line(
    at: i64,
    line: &str,
    store: &Store,
    (source, tail): (&crate::domain::feed::SourceId, &str),
    scene: &Scene<'_>,
) -> Description {
    let mut told = vec![Prose::plain(line), Prose::Blank];
    told.push(Prose::pair("time", when(DateTime::from_timestamp_nanos(at), scene)));
    told.push(Prose::pair("tail", format!("{tail} of {source}")));
    let tails = store.source(source).into_iter().flat_map(|source| &source.data.tails);
    if let Some(tail) = tails.into_iter().find(|have| &*have.name == tail) {
        told.push(Prose::pair("query", &*tail.query));
        let found = tail.entries().iter().rev().find_map(|entry| match entry {
            crate::domain::log::Entry::Line(have) if have.at == at && &*have.text == line => Some(have),
            _ => None,
        });
        if let Some(found) = found {
            told.push(Prose::Pair(
                "level".into(),
                vec![piece(found.level.as_ref(), sign::of_level(found.level))],
            ));
            labels("Stream", &found.stream, &[], &mut told);
        }
    }
    Description { sign: None, name: "Log line".into(), text: told }
}
