//! What has a row among the alerts: every alert that is true or may be, and every rule that cannot
//! be evaluated, which is as blind as an alert is loud.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use memchr::memmem::Finder;

use crate::domain::alert::{Alert, AlertState, Severity};
use crate::domain::burden;
use crate::domain::correlate::{self, Listed};
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
    /// An alert of the list: thousands are not copied for their rows.
    Listed(Arc<[Listed]>, usize),
    /// An alert that is gone.
    Gone(Box<Alert>),
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
    /// Its source was not heard lately.
    pub stale: bool,
    /// The row above hides it, and says so.
    pub follows: bool,
    /// The alerts that this row stands for beside its own: those that follow from the one above.
    pub folded: Vec<Subject>,
    /// The identity of the fall of a host that it follows from.
    pub cause: Option<Arc<str>>,
    /// The work that burdens its host and explains it.
    pub during: Option<Arc<str>>,
    /// The group it belongs to.
    pub group: Option<Arc<str>>,
    /// When the row was made.
    now: DateTime<Utc>,
}

impl Entry {
    /// Its alert.
    pub fn alert(&self) -> Option<&Alert> {
        match &self.matter {
            Matter::Listed(..) => self.listed().map(|listed| &listed.alert),
            Matter::Gone(alert) => Some(alert),
            Matter::Rule(_) => None,
        }
    }

    /// Its alert and what is known of it from elsewhere.
    pub fn listed(&self) -> Option<&Listed> {
        match &self.matter {
            Matter::Listed(all, at) => all.get(*at),
            Matter::Gone(_) | Matter::Rule(_) => None,
        }
    }

    /// The rule behind it, when that is what it is about.
    pub const fn rule(&self) -> Option<&Rule> {
        match &self.matter {
            Matter::Rule(rule) => Some(rule),
            Matter::Listed(..) | Matter::Gone(_) => None,
        }
    }

    fn of(subject: Subject, matter: Matter, sign: Sign, since: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        let (vanished, stale, follows) = (false, false, false);
        Self {
            subject,
            matter,
            sign,
            since,
            vanished,
            due: None,
            stale,
            follows,
            folded: Vec::new(),
            cause: None,
            during: None,
            group: None,
            now,
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
        if label == ROUTE {
            let groups = self.listed().map_or(&[][..], |listed| &listed.groups);
            return groups.first().map_or_else(|| "not routed".into(), Arc::clone);
        }
        match self.label(label) {
            Some(value) => value.as_ref().into(),
            None => format!("no {label}").into(),
        }
    }

    fn state_word(&self) -> &str {
        match self.alert() {
            Some(_) if self.vanished => "unknown",
            Some(alert) => alert.state.as_ref(),
            None => "broken",
        }
    }

    /// What wants somebody first.
    fn class(&self) -> u8 {
        let Some(alert) = self.alert() else { return 2 };
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
        match (self.alert(), self.rule()) {
            (Some(alert), _) => format!("{word} {} {} {}", alert.name, alert.labels, alert.summary()).into(),
            (None, Some(rule)) => format!("{word} {} {} {}", rule.name, rule.group, rule.error).into(),
            (None, None) => word.into(),
        }
    }

    fn says(&self, test: &dyn Fn(&str) -> bool) -> bool {
        let Some(alert) = self.alert() else { return test(&self.text()) };
        // The name of the alert is among its labels.
        test(self.sign.word)
            || alert.labels.iter().any(|(name, value)| test(value) || test(name))
            || test(alert.summary())
    }

    fn murmurs(&self, word: &Finder<'_>) -> Option<bool> {
        let words = self.listed()?.words.as_bytes();
        Some(word.find(words).is_some() || word.find(self.sign.word.as_bytes()).is_some())
    }

    fn label(&self, name: &str) -> Option<Cow<'_, str>> {
        match (name, self.alert()) {
            ("state", _) => Some(self.state_word().into()),
            ("receiver", Some(alert)) => alert.receivers.first().map(|first| Cow::from(&**first)),
            (name, Some(alert)) => alert.labels.get(name).map(Cow::from),
            ("alertname", None) => self.rule().map(|rule| Cow::from(&*rule.name)),
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

/// The grouping that Alertmanager's routes make.
pub const ROUTE: &str = "route";

/// A rule that cannot be evaluated: its alert cannot fire.
pub const BROKEN: Sign = sign::sign(glyphs::FAILED, Role::Warning, "broken");

/// Every row, what wants somebody first.
pub fn entries(store: &Store, now: DateTime<Utc>) -> Vec<Entry> {
    let unheard = correlate::unheard(store, now);
    let burdens = burden::burdens(store, now);
    let subject = |source: &SourceId, alert: &Alert| Subject::Alert {
        source: source.clone(),
        fingerprint: Arc::clone(alert.key()),
    };
    let all = store.alerts();
    let listed = all.iter().enumerate().map(|(at, listed)| {
        let Listed { source, alert, due, .. } = listed;
        let matter = Matter::Listed(Arc::clone(all), at);
        Entry {
            due: *due,
            cause: store.causes().get(alert.key()).map(|cause| Arc::clone(&cause.id)),
            during: burden::explains(alert, &burdens, store).map(|burden| burden.text.as_str().into()),
            stale: unheard.contains(alert.key()),
            ..Entry::of(subject(source, alert), matter, sign::of_alert(alert), alert.starts_at, now)
        }
    });
    let vanished = store.vanished.iter().map(|ghost| {
        let matter = Matter::Gone(Box::new(ghost.alert.clone()));
        Entry {
            vanished: true,
            due: response_due(&ghost.alert, store),
            ..Entry::of(subject(&ghost.source, &ghost.alert), matter, sign::UNKNOWN, ghost.since, now)
        }
    });
    let mut rows: Vec<Entry> = listed.chain(vanished).chain(broken(store, now)).collect();
    // Stable: within a class the order stays that of the store.
    rows.sort_by_key(Entry::class);
    rows
}

fn broken(store: &Store, now: DateTime<Utc>) -> impl Iterator<Item = Entry> {
    store.of(SourceKind::Prometheus).flat_map(move |source| {
        let rules = source.data.rules.iter().filter(|rule| rule.health == RuleHealth::Err);
        rules.map(move |rule| {
            let subject = Subject::Rule {
                source: source.id.clone(),
                group: (rule.file.clone(), rule.group.clone()),
                name: rule.name.clone(),
            };
            let since = rule.last_evaluation.unwrap_or(now);
            Entry {
                stale: !source.is_fresh(Feed::Rules, now),
                ..Entry::of(subject, Matter::Rule(rule.clone()), BROKEN, since, now)
            }
        })
    })
}

/// Puts what follows from the fall of a host below it: dimmed, and each in its own row.
pub fn below(entries: Vec<Entry>) -> Vec<Entry> {
    if entries.iter().all(|entry| entry.cause.is_none()) {
        return entries;
    }
    let (follow, kept): (Vec<Entry>, Vec<Entry>) =
        entries.into_iter().partition(|entry| entry.cause.is_some());
    let mut by_cause: HashMap<Arc<str>, Vec<Entry>> = HashMap::new();
    for entry in follow {
        by_cause.entry(entry.cause.clone().unwrap_or_default()).or_default().push(entry);
    }
    let mut sorted = Vec::with_capacity(kept.len());
    for entry in kept {
        let key = entry.alert().map(|alert| Arc::clone(alert.key()));
        sorted.push(entry);
        sorted.extend(key.and_then(|cause| by_cause.remove(&cause)).into_iter().flatten());
    }
    sorted.extend(by_cause.into_values().flatten());
    sorted
}

/// Puts what another alert inhibits or causes below that one, as a single row: trouble stays in sight.
pub fn fold(entries: Vec<Entry>) -> Vec<Entry> {
    let follows = |entry: &Entry| {
        entry.cause.is_some() || entry.alert().is_some_and(|alert| alert.state == AlertState::Inhibited)
    };
    let (follow, kept): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(follows);
    let key = |entry: &Entry| entry.alert().map(|alert| Arc::clone(alert.key()));
    let places: HashMap<Arc<str>, usize> =
        kept.iter().enumerate().filter_map(|(at, entry)| Some((key(entry)?, at))).collect();
    // The first that follows has the row, and stands for the others.
    let mut below: Vec<Option<Entry>> = kept.iter().map(|_| None).collect();
    let mut alone = Vec::new();
    for mut entry in follow {
        let beside = |alert: &Alert| alert.inhibited_by.iter().map(|cause| alert.key_beside(cause)).collect();
        let causes: Vec<Arc<str>> = entry.alert().map_or_else(Vec::new, beside);
        let at = entry.cause.iter().chain(&causes).filter_map(|cause| places.get(cause)).min();
        match at.and_then(|at| below.get_mut(*at)) {
            None => alone.push(entry),
            Some(Some(first)) => first.folded.push(entry.subject),
            Some(place) => {
                entry.follows = true;
                *place = Some(entry);
            }
        }
    }
    let rows = kept.into_iter().zip(below).flat_map(|(entry, below)| [Some(entry), below]);
    rows.flatten().chain(alone).collect()
}
