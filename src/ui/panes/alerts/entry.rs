//! What has a row among the alerts: every alert that is true or may be, and every rule that cannot
//! be evaluated, which is as blind as an alert is loud.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::alert::{Alert, AlertState, Severity};
use crate::domain::correlate;
use crate::domain::feed::{Feed, SourceId, SourceKind};
use crate::domain::rule::{Rule, RuleHealth};
use crate::domain::store::Store;
use crate::domain::subject::Subject;
use crate::domain::verdict::response_due;
use crate::ui::census::Census;
use crate::ui::filter::Hay;
use crate::ui::glyphs;
use crate::ui::panes::STALE;
use crate::ui::theme::Role;
use crate::ui::widgets::sign::{self, Sign};
use crate::ui::widgets::table::Item;

/// What a row is about.
#[derive(Debug)]
pub enum Matter {
    /// An alert.
    Alert(Alert),
    /// A rule that cannot be evaluated.
    Rule(Rule),
}

/// A row.
#[derive(Debug)]
pub struct Entry {
    pub subject: Subject,
    pub matter: Matter,
    pub sign: Sign,
    /// Since when.
    pub since: DateTime<Utc>,
    /// It is gone, and nobody can have seen it resolved.
    pub vanished: bool,
    /// Until when somebody must have responded.
    pub due: Option<DateTime<Utc>>,
    /// Who or what hides it, and until when.
    pub hidden: Option<(String, Option<DateTime<Utc>>)>,
    /// Its source was not heard lately.
    pub stale: bool,
    /// Its peers do not see it alike.
    pub split: bool,
    /// The alerts that this row stands for beside its own: those that follow from the one above.
    pub folded: Vec<Subject>,
    /// The fingerprint of the alert that it follows from.
    pub cause: Option<Arc<str>>,
    /// The group it belongs to.
    pub group: Option<Arc<str>>,
    /// When the row was made.
    now: DateTime<Utc>,
}

impl Entry {
    /// Its alert.
    pub const fn alert(&self) -> Option<&Alert> {
        match &self.matter {
            Matter::Alert(alert) => Some(alert),
            Matter::Rule(_) => None,
        }
    }

    /// Whether somebody should see to it.
    pub fn is_trouble(&self) -> bool {
        self.vanished
            || self
                .alert()
                .is_none_or(|alert| alert.state == AlertState::Firing && alert.rank != Severity::Info)
    }

    /// Counts its labels.
    pub fn count(&self, census: &mut Census) {
        census.row();
        census.label("state", self.state_word());
        let Some(alert) = self.alert() else { return };
        for (name, value) in alert.labels.iter().filter(|(_, value)| !value.is_empty()) {
            census.label(name, value);
        }
        for receiver in &alert.receivers {
            census.label("receiver", receiver);
        }
    }

    /// The group it belongs to when grouped by a label.
    pub fn group_by(&self, label: &str) -> Arc<str> {
        match self.label(label) {
            Some(value) => value.as_ref().into(),
            None => format!("no {label}").into(),
        }
    }

    fn state_word(&self) -> &str {
        match &self.matter {
            Matter::Alert(_) if self.vanished => "unknown",
            Matter::Alert(alert) => alert.state.as_ref(),
            Matter::Rule(_) => "broken",
        }
    }

    /// What wants somebody first.
    const fn class(&self) -> u8 {
        let Matter::Alert(alert) = &self.matter else { return 2 };
        match (self.vanished, alert.state, alert.rank) {
            (true, ..) => 1,
            (_, AlertState::Firing, Severity::Critical) => 0,
            (_, AlertState::Firing, Severity::Warning) => 3,
            (_, AlertState::Firing, Severity::Info) => 4,
            (_, AlertState::Acknowledged, _) => 5,
            (_, AlertState::Pending, _) => 6,
            (_, AlertState::Inhibited | AlertState::Silenced, _) => 7,
        }
    }
}

impl Hay for Entry {
    fn text(&self) -> Cow<'_, str> {
        let word = self.sign.word;
        match &self.matter {
            Matter::Alert(alert) => {
                format!("{word} {} {} {}", alert.name, alert.labels, alert.summary()).into()
            }
            Matter::Rule(rule) => format!("{word} {} {} {}", rule.name, rule.group, rule.error).into(),
        }
    }

    fn label(&self, name: &str) -> Option<Cow<'_, str>> {
        match (name, &self.matter) {
            ("state", _) => Some(self.state_word().into()),
            ("receiver", Matter::Alert(alert)) => alert.receivers.first().map(|first| Cow::from(&**first)),
            (name, Matter::Alert(alert)) => alert.labels.get(name).map(Cow::from),
            ("alertname", Matter::Rule(rule)) => Some((&*rule.name).into()),
            _ => None,
        }
    }

    fn has(&self, name: &str, test: &dyn Fn(&str) -> bool) -> bool {
        let receivers = self.alert().filter(|_| name == "receiver").map(|alert| &alert.receivers);
        receivers.into_iter().flatten().any(|receiver| test(receiver))
    }

    fn span(&self, name: &str) -> Option<TimeDelta> {
        (name == "age").then(|| self.now - self.since)
    }
}

impl Item for Entry {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> Sign {
        if self.stale { STALE } else { self.sign }
    }

    fn group(&self) -> Option<&Arc<str>> {
        self.group.as_ref()
    }
}

/// A rule that cannot be evaluated: its alert cannot fire.
pub const BROKEN: Sign = sign::sign(glyphs::FAILED, Role::Warning, "broken");

/// Every row, what wants somebody first.
pub fn entries(store: &Store, now: DateTime<Utc>) -> Vec<Entry> {
    let unheard = correlate::unheard(store, now);
    let subject = |source: &SourceId, alert: &Alert| Subject::Alert {
        source: source.clone(),
        fingerprint: alert.fingerprint.clone(),
    };
    let splits: HashSet<&str> = store
        .of(SourceKind::Alertmanager)
        .flat_map(|source| source.data.splits.iter())
        .map(|split| &*split.fingerprint)
        .collect();
    let listed = store.alerts().iter().map(|listed| Entry {
        split: splits.contains(&*listed.alert.fingerprint),
        subject: subject(&listed.source, &listed.alert),
        sign: sign::of_alert(&listed.alert),
        since: listed.alert.starts_at,
        vanished: false,
        due: response_due(&listed.alert, store),
        hidden: hidden(&listed.alert, &listed.source, store),
        stale: unheard.contains(&listed.alert.fingerprint),
        folded: Vec::new(),
        cause: cause(&listed.alert, store),
        group: None,
        now,
        matter: Matter::Alert(listed.alert.clone()),
    });
    let vanished = store.vanished.iter().map(|ghost| Entry {
        split: false,
        subject: subject(&ghost.source, &ghost.alert),
        sign: sign::UNKNOWN,
        since: ghost.since,
        vanished: true,
        due: response_due(&ghost.alert, store),
        hidden: None,
        stale: false,
        folded: Vec::new(),
        cause: None,
        group: None,
        now,
        matter: Matter::Alert(ghost.alert.clone()),
    });
    let mut all: Vec<Entry> = listed.chain(vanished).chain(broken(store, now)).collect();
    // Stable: within a class the order stays that of the store.
    all.sort_by_key(Entry::class);
    all
}

fn broken(store: &Store, now: DateTime<Utc>) -> impl Iterator<Item = Entry> {
    store.of(SourceKind::Prometheus).flat_map(move |source| {
        let rules = source.data.rules.iter().filter(|rule| rule.health == RuleHealth::Err);
        rules.map(move |rule| Entry {
            split: false,
            subject: Subject::Rule {
                source: source.id.clone(),
                group: (rule.file.clone(), rule.group.clone()),
                name: rule.name.clone(),
            },
            sign: BROKEN,
            since: rule.last_evaluation.unwrap_or(now),
            vanished: false,
            due: None,
            hidden: None,
            stale: !source.is_fresh(Feed::Rules, now),
            folded: Vec::new(),
            cause: None,
            group: None,
            now,
            matter: Matter::Rule(rule.clone()),
        })
    })
}

/// The fall of a host that an alert follows from.
fn cause(alert: &Alert, store: &Store) -> Option<Arc<str>> {
    store.causes().get(&alert.fingerprint).map(|cause| Arc::clone(&cause.id))
}

/// What an alert follows from: the fall of a host, else the alert that inhibits it.
fn above(entry: &Entry) -> Option<Arc<str>> {
    let inhibited = entry.alert().filter(|alert| alert.state == AlertState::Inhibited);
    entry.cause.clone().or_else(|| inhibited?.inhibited_by.first().cloned())
}

/// Puts what follows from the fall of a host below it: dimmed, and each in its own row.
pub fn below(entries: Vec<Entry>) -> Vec<Entry> {
    under(entries, |entry| entry.cause.clone())
}

fn under(entries: Vec<Entry>, above: fn(&Entry) -> Option<Arc<str>>) -> Vec<Entry> {
    if entries.iter().all(|entry| above(entry).is_none()) {
        return entries;
    }
    let all: HashSet<Arc<str>> =
        entries.iter().filter_map(|entry| Some(Arc::clone(&entry.alert()?.fingerprint))).collect();
    let follows = |entry: &Entry| above(entry).is_some_and(|cause| all.contains(&cause));
    let (follow, kept): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(follows);
    let mut by_cause: HashMap<Arc<str>, Vec<Entry>> = HashMap::new();
    for entry in follow {
        by_cause.entry(above(&entry).unwrap_or_default()).or_default().push(entry);
    }
    let mut sorted = Vec::with_capacity(kept.len());
    for entry in kept {
        let fingerprint = entry.alert().map(|alert| Arc::clone(&alert.fingerprint));
        sorted.push(entry);
        sorted.extend(fingerprint.and_then(|cause| by_cause.remove(&cause)).into_iter().flatten());
    }
    // What follows from something that itself follows.
    sorted.extend(by_cause.into_values().flatten());
    sorted
}

/// The same as a single row for each cause: trouble stays in sight.
pub fn fold(entries: Vec<Entry>) -> Vec<Entry> {
    let mut folded: Vec<Entry> = Vec::with_capacity(entries.len());
    for mut entry in under(entries, above) {
        let cause = above(&entry);
        let is_cause = |other: &Entry| other.alert().map(|alert| &alert.fingerprint) == cause.as_ref();
        match folded.last_mut() {
            Some(last) if cause.is_some() && above(last) == cause => {
                last.folded.push(entry.subject);
            }
            Some(last) if cause.is_some() && is_cause(last) => {
                entry.hidden = None;
                entry.cause = cause;
                folded.push(entry);
            }
            _ => folded.push(entry),
        }
    }
    folded
}

fn hidden(alert: &Alert, source: &SourceId, store: &Store) -> Option<(String, Option<DateTime<Utc>>)> {
    let data = &store.source(source)?.data;
    match alert.state {
        AlertState::Acknowledged => {
            let ack = alert.acked_by.as_ref()?;
            Some((ack.who.to_string(), Some(ack.until)))
        }
        AlertState::Silenced => {
            let id = alert.silenced_by.first();
            let silence = data.silences.iter().find(|silence| Some(&silence.id) == id);
            Some(silence.map_or_else(
                || ("a silence".to_owned(), None),
                |silence| (silence.created_by.to_string(), Some(silence.ends_at)),
            ))
        }
        AlertState::Inhibited => {
            let cause = data.alerts.iter().find(|other| alert.inhibited_by.contains(&other.fingerprint));
            Some((cause.map_or_else(|| "another alert".to_owned(), |cause| cause.name.to_string()), None))
        }
        _ => None,
    }
}
