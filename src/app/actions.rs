//! The actions of the config: offered where they fit, asked for by a key or by name, and what would
//! run of them.

use crokey::KeyCombination;

use super::App;
use crate::action::Action;
use crate::border::Effect;
use crate::clock::Now;
use crate::domain::alert::Alert;
use crate::domain::log::journal::Journal;
use crate::domain::run::Order;
use crate::domain::subject::Subject;
use crate::keymap;
use crate::runbooks::actions::Configured;
use crate::runbooks::desk::{self, Desk};
use crate::runbooks::mode::Mode;
use crate::runbooks::model::Runbook;
use crate::runbooks::plan::Planned;
use crate::runbooks::session::{Cause, Session};
use crate::ui::describe::find_alert;
use crate::ui::layers::choose::{Choice, Choose};
use crate::ui::layers::journal::Offer;
use crate::ui::palette;
use crate::ui::panes::runbook::about;
use crate::ui::theme::Role;

impl App {
    /// Offers the actions of the config for what is selected. The one that is chosen stands there like
    /// a procedure of one command.
    pub(super) fn offer_actions(&mut self, now: Now) -> Vec<Effect> {
        let subject = self.subject_over(now);
        if subject.as_ref().is_none_or(Subject::has_actions) {
            // What a server itself can be told to do.
            self.propose(Action::Actions, now);
            return Vec::new();
        }
        self.offer(subject.as_ref(), |_| true, now)
    }

    /// Opens the action that has this key.
    pub(super) fn own_key(&mut self, key: KeyCombination, now: Now) -> Vec<Effect> {
        if self.go_by_key(key, now) {
            return Vec::new();
        }
        let has = |action: &Configured| action.keys.contains(&key);
        if !self.known.desk.lore.actions.iter().any(has) {
            return Vec::new();
        }
        let subject = self.subject_over(now);
        self.offer(subject.as_ref(), has, now)
    }

    /// Opens the action of this name.
    pub(super) fn run_named(&mut self, name: &str, now: Now) -> Vec<Effect> {
        let subject = self.subject_over(now);
        self.offer(subject.as_ref(), |action| action.name == name, now)
    }

    /// Opens the one of the wanted actions that is for what is selected, or asks which.
    fn offer(
        &mut self,
        subject: Option<&Subject>,
        is_wanted: impl Fn(&Configured) -> bool,
        now: Now,
    ) -> Vec<Effect> {
        let (cause, alert) = self.cause_of(subject);
        let (pane, desk) = (self.pane_name(), &self.known.desk);
        let labels = &cause.about.labels;
        let found = desk.actions_for(|action| is_wanted(action) && action.is_for(pane, &alert, labels));
        let choices: Vec<Choice> =
            found.into_iter().map(|(book, one)| Choice::new(book, one, "your config")).collect();
        match choices.as_slice() {
            [] => {
                let none = if desk.lore.actions.is_empty() {
                    "no action is configured: [[actions]]"
                } else {
                    "no action of the config is for this"
                };
                self.notify(none, Role::Muted, now);
                Vec::new()
            }
            [one] => self.follow_procedure(&one.file.clone(), &one.procedure.clone(), cause, now),
            _ => {
                self.layers.push(Box::new(Choose::new("Which action", choices, cause)));
                Vec::new()
            }
        }
    }

    /// Offers the journal of an alert's host, in place of a Loki that does not answer.
    pub(super) fn offer_journal(&mut self, subject: &Subject, alert: &Alert, why: &str, now: Now) {
        let hosts = &self.known.store.thresholds.hosts;
        let journal = Journal::of(&alert.labels, alert.starts_at, now.wall, hosts);
        let laid = journal.and_then(|journal| Some((self.known.desk.lay_journal(&journal)?, journal)));
        let Some((procedure, journal)) = laid else {
            let told = format!("Loki does not answer, and this alert names no host: {why}");
            return self.notify(told, Role::Warning, now);
        };
        let (cause, _) = self.cause_of(Some(subject));
        self.layers.push(Box::new(Offer::new(&journal, why, procedure, cause)));
    }

    /// What something would be done for, and the name of its alert.
    fn cause_of(&self, subject: Option<&Subject>) -> (Cause, String) {
        let Some(subject) = subject else { return (Cause::default(), String::new()) };
        let store = &self.known.store;
        let alert = match subject {
            Subject::Alert { fingerprint, .. } => find_alert(store, fingerprint),
            _ => about::alert_of(subject, store),
        };
        if let Some(alert) = alert {
            return (desk::cause_of(alert, subject.clone(), store), alert.name.to_string());
        }
        let (labels, _) = about::of_subject(subject, store);
        (desk::cause_with(Some(subject.clone()), labels), String::new())
    }

    /// The actions of the config, with their keys and what they would run.
    pub(super) fn own_actions(&self) -> impl Iterator<Item = (&str, Vec<String>, String)> {
        let actions = self.known.desk.lore.actions.iter();
        actions.map(|one| {
            let keys = one.keys.iter().map(|key| keymap::show(*key)).collect();
            (one.name.as_str(), keys, one.argv.join(" "))
        })
    }

    /// The same as choices of the palette.
    pub(super) fn named_actions(&self) -> Vec<palette::Choice> {
        let mut all: Vec<palette::Choice> = self
            .own_actions()
            .map(|(name, keys, about)| {
                let run = palette::Order::Run(name.to_owned());
                palette::Choice { keys, ..palette::Choice::new(format!("run {name}"), about, run) }
            })
            .collect();
        if !all.is_empty() {
            all.insert(0, palette::Choice::stem("run", "Run an action of your config"));
        }
        all
    }
}

/// A value of a few, as the plan prints it.
fn said(value: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

/// What would run, as it is confirmed.
pub(super) fn order(
    group: &Planned,
    book: &Runbook,
    session: &Session,
    desk: &Desk,
    operator: &str,
) -> Option<Order> {
    let (argv, confirmed) = (group.argv.clone()?, group.sha256.clone()?);
    let text = group.filled.clone()?;
    let level = group.danger.level.name().to_owned();
    let values = group.placeholders.iter().map(|one| {
        let origin = one.origin.map(|origin| said(&origin)).unwrap_or_default();
        (one.name.clone(), one.value.clone().unwrap_or_default(), origin)
    });
    let first = text.lines().next().unwrap_or_default();
    let title = if group.title.is_empty() { first } else { &group.title };
    let own = desk.action_of(session);
    Some(Order {
        title: crate::text::truncate(title, 60).into_owned(),
        limit: own
            .and_then(|own| own.timeout)
            .or_else(|| crate::runbooks::mode::limit(group.danger.level, group.mode, &text)),
        requires: own.map(|own| own.requires.clone()).unwrap_or_default(),
        refresh: own.map(|own| own.refresh.clone()).unwrap_or_default(),
        is_follow: group.mode == Mode::Follow,
        is_handed: group.mode == Mode::Handoff,
        values: values.collect(),
        template: group.template.clone(),
        host: group.host.resolved.clone()?,
        provenance: said(&group.host.provenance),
        hints: group.causes.iter().map(|hint| (hint.message.clone(), hint.cause.clone())).collect(),
        operator: operator.to_owned(),
        subject: session.cause.fingerprint.as_deref().unwrap_or_default().to_owned(),
        document: Some((book.path.clone(), book.sha256.clone(), group.lines)),
        argv,
        confirmed,
        text,
        level,
        how: String::new(),
        is_unrecorded: false,
    })
}
