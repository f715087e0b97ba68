//! The runbooks on the screen: what was read, what is followed, and what is searched for.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::actions::{self, Configured, Input};
use super::diagnosis;
use super::facts::{Facts, instance_of};
use super::find::{self, Hit, Match, Wanted, find};
use super::lore::Lore;
use super::model::{Procedure, Runbook};
use super::session::{Cause, Session};
use super::shelf::{Page, Shelf};
use crate::domain::alert::Alert;
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::host::Inventory;
use crate::domain::labels::Labels;
use crate::domain::log::Entry;
use crate::domain::log::journal::Journal;
use crate::domain::store::Store;

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Desk {
    /// What the config says about runbooks.
    pub lore: Lore,
    /// The operator's hosts.
    pub hosts: Inventory,
    /// What was read; `None` as long as nobody has.
    pub shelf: Option<Shelf>,
    /// What is searched for among the procedures.
    pub typed: String,
    /// Which of those that were found is selected.
    pub selected: usize,
    /// Something could not be written down, and why.
    pub unrecorded: Option<String>,
    /// What reads the journal of a host, once somebody wanted to.
    journal: Option<Page>,
    sessions: Vec<Session>,
    /// Which of them is on the screen.
    open: Option<usize>,
    /// Hosts that Prometheus scrapes.
    scraped: BTreeSet<String>,
}

impl Desk {
    /// A desk with nothing on it.
    pub fn new(lore: Lore, hosts: Inventory) -> Self {
        let own = actions::page(&lore.actions);
        let shelf = own.filter(|_| lore.files.is_empty()).map(|page| Shelf::new(vec![page], Vec::new()));
        Self { lore, hosts, shelf, ..Self::default() }
    }

    /// Whether files are still to be read.
    pub fn is_waiting(&self) -> bool {
        self.shelf.is_none() && !self.lore.files.is_empty()
    }

    /// The runbooks.
    pub fn books(&self) -> &[Runbook] {
        self.shelf.as_ref().map_or(&[], |shelf| &shelf.books)
    }

    /// The procedure on the screen.
    pub fn session(&self) -> Option<&Session> {
        self.sessions.get(self.open?)
    }

    /// The procedure on the screen.
    pub fn session_mut(&mut self) -> Option<&mut Session> {
        self.sessions.get_mut(self.open?)
    }

    /// All procedures that are followed.
    pub fn sessions_mut(&mut self) -> impl Iterator<Item = &mut Session> {
        self.sessions.iter_mut()
    }

    /// What the procedure on the screen says, and the file that it stands in.
    pub fn document(&self) -> Option<(&Runbook, &Procedure, &Page)> {
        let session = self.session()?;
        let (runbook, page) = self.shelf.as_ref()?.find(&session.file)?;
        Some((runbook, runbook.procedure(&session.procedure)?, page))
    }

    /// The procedures that were searched for.
    pub fn hits(&self) -> Vec<Hit<'_>> {
        find::search(&self.typed, self.books())
    }

    /// The procedures of an alert.
    pub fn of_alert(&self, alert: &Alert, store: &Store) -> Vec<Match<'_>> {
        let mut rules = store.of(SourceKind::Prometheus).flat_map(|source| source.data.rules.iter());
        let rule = rules.find(|rule| rule.name == alert.name);
        let query = rule.map(|rule| &*rule.query);
        let wanted = Wanted { name: &alert.name, annotations: &alert.annotations, query };
        find(wanted, self.books(), &self.lore.aliases)
    }

    /// The procedures that the config names for what is no alert: by the first of its names that the
    /// config knows.
    pub fn of_names(&self, names: &[String]) -> Vec<(&Runbook, &Procedure)> {
        let known = names.iter().find_map(|name| self.lore.subjects.get(name));
        let Some(wanted) = known else { return Vec::new() };
        let all = || self.books().iter().flat_map(|book| book.procedures.iter().map(move |one| (book, one)));
        wanted.iter().flat_map(|to| all().filter(|(_, one)| find::is_meant(one, to))).collect()
    }

    /// The action of the config that a procedure is, if it is one.
    pub fn action_of(&self, session: &Session) -> Option<&Configured> {
        if session.file != actions::FILE {
            return None;
        }
        let (book, _) = self.shelf.as_ref()?.find(&session.file)?;
        let title = &book.procedure(&session.procedure)?.title;
        self.lore.actions.iter().find(|action| action.name == *title)
    }

    /// What may stand for a placeholder, where the config says so for this procedure alone.
    pub fn input(&self, session: &Session, name: &str) -> Option<&Input> {
        self.action_of(session)?.inputs.get(name)
    }

    /// The actions of the config that are wanted, as procedures.
    pub fn actions_for(&self, is_wanted: impl Fn(&Configured) -> bool) -> Vec<(&Runbook, &Procedure)> {
        let Some((book, _)) = self.shelf.as_ref().and_then(|shelf| shelf.find(actions::FILE)) else {
            return Vec::new();
        };
        let fit = self.lore.actions.iter().filter(|action| is_wanted(action));
        fit.filter_map(|action| Some((book, book.procedures.iter().find(|one| one.title == action.name)?)))
            .collect()
    }

    /// The procedures whose titles are like a word.
    pub fn suggested(&self, word: &str) -> Vec<Match<'_>> {
        find::suggested(word, self.books())
    }

    /// Puts a procedure on the screen. One that is followed for the same thing already is gone on with.
    /// `true` when it is a new one.
    pub fn open(&mut self, file: &str, procedure: &str, cause: Cause, now: DateTime<Utc>) -> bool {
        let same = |session: &Session| {
            session.file == file
                && session.procedure == procedure
                && session.cause.subject == cause.subject
                && session.cause.about.since == cause.about.since
        };
        if let Some(at) = self.sessions.iter().position(same) {
            self.open = Some(at);
            self.replan();
            return false;
        }
        let Some((runbook, _)) = self.shelf.as_ref().and_then(|shelf| shelf.find(file)) else { return false };
        let Some(procedure) = runbook.procedure(procedure) else { return false };
        let session = Session::new(runbook, procedure, cause, now);
        self.sessions.push(session);
        self.open = Some(self.sessions.len() - 1);
        self.replan();
        true
    }

    /// Takes the procedure off the screen; what was done in it stays.
    pub const fn close(&mut self) {
        self.open = None;
    }

    /// Lays what reads the journal of a host beside the runbooks, in place of another host's, and gives
    /// the anchor of its procedure.
    pub fn lay_journal(&mut self, journal: &Journal) -> Option<String> {
        let page = actions::journal(journal);
        self.journal = Some(page.clone());
        let read = self.shelf.take().unwrap_or_default().without(actions::JOURNAL).with(page);
        let book = read.find(actions::JOURNAL).map(|(book, _)| book);
        let procedure = book.and_then(|book| book.procedures.first()).map(|one| one.id.clone());
        self.shelf = Some(read);
        procedure
    }

    /// Takes what was read anew. What is ticked stays.
    pub fn take(&mut self, read: Shelf) {
        let own = actions::page(&self.lore.actions).into_iter().chain(self.journal.clone());
        self.shelf = Some(own.fold(read, Shelf::with));
        self.selected = self.selected.min(self.hits().len().saturating_sub(1));
        let open = self.open;
        for at in 0..self.sessions.len() {
            self.open = Some(at);
            self.replan();
        }
        self.open = open;
    }

    /// What is known beside the document for a procedure that is followed.
    pub fn facts(&self, session: &Session) -> Facts {
        let mut declared = self.lore.placeholders.clone();
        let own = self.action_of(session).into_iter().flat_map(|action| &action.inputs);
        declared.extend(own.map(|(name, input)| (name.clone(), input.declared.clone())));
        Facts {
            labels: session.cause.about.labels.clone(),
            set: session.set.clone(),
            host_map: session.swapped.clone(),
            mapped: self.lore.hosts.clone(),
            hosts: self.hosts.clone(),
            scraped: self.scraped.clone(),
            declared,
        }
    }

    /// Plans the procedure on the screen anew.
    pub fn replan(&mut self) {
        let Some(facts) = self.session().map(|session| self.facts(session)) else { return };
        let Some(session) = self.open.and_then(|at| self.sessions.get_mut(at)) else { return };
        let found = self.shelf.as_ref().and_then(|shelf| shelf.find(&session.file));
        let found = found.and_then(|(book, _)| Some((book, book.procedure(&session.procedure)?)));
        match found {
            Some((runbook, procedure)) => session.replan(runbook, procedure, &facts),
            None => session.gone = true,
        }
    }

    /// What the data and the logs say of the procedure on the screen.
    pub fn diagnose(&mut self, store: &Store, now: DateTime<Utc>) {
        let Some((_, procedure, _)) = self.document() else { return };
        let Some(session) = self.session() else { return };
        let found = diagnosis::diagnose(procedure, &session.cause.about, store, now);
        let heard = diagnosis::heard(procedure, lines(store));
        if let Some(session) = self.session_mut() {
            (session.diagnosis, session.heard) = (found, heard);
        }
    }

    /// Hears which hosts are scraped: an alert's host must be one of those that are known.
    pub fn hear_hosts(&mut self, store: &Store) {
        if self.open.is_none() {
            return;
        }
        let scraped = scraped(store);
        if scraped != self.scraped {
            self.scraped = scraped;
            self.replan();
        }
    }

    /// Looks at what is known: since when the alert is quiet, which boxes are ticked by what is
    /// measured. Gives the boxes of the procedure on the screen that are otherwise than before.
    pub fn look(&mut self, store: &Store, now: DateTime<Utc>) -> Vec<usize> {
        if self.sessions.is_empty() {
            return Vec::new();
        }
        let is_heard = is_heard(store, now);
        let mut changed = Vec::new();
        let open = self.open;
        for (at, session) in self.sessions.iter_mut().enumerate() {
            let about = &mut session.cause.about;
            if !about.alertname.is_empty() && is_heard {
                let there = store.alerts().iter().any(|listed| {
                    *listed.alert.name == *about.alertname
                        && Some(listed.alert.key()) == session.cause.fingerprint.as_ref()
                });
                about.quiet_since = if there { None } else { about.quiet_since.or(Some(now)) };
            }
            let about = &session.cause.about;
            for (box_at, check) in session.checks.iter_mut().enumerate() {
                if check.look(about, store, now) && open == Some(at) {
                    changed.push(box_at);
                }
            }
        }
        changed
    }
}

/// Whether the servers that would show an alert all answer.
fn is_heard(store: &Store, now: DateTime<Utc>) -> bool {
    [SourceKind::Prometheus, SourceKind::Alertmanager]
        .iter()
        .flat_map(|kind| store.of(*kind))
        .all(|source| source.is_fresh(Feed::Alerts, now))
}

/// So many of the newest lines of each tail are searched for what gives a cause away.
const NEWEST: usize = 1_000;

/// The newest lines of all tails, the newest first.
fn lines(store: &Store) -> impl Iterator<Item = (&str, Option<DateTime<Utc>>)> {
    let tails = store.of(SourceKind::Loki).flat_map(|source| source.data.tails.iter());
    tails.flat_map(|tail| tail.entries().iter().rev().take(NEWEST)).filter_map(|entry| match entry {
        Entry::Line(line) => Some((&*line.text, Some(line.time()))),
        _ => None,
    })
}

/// The hosts that Prometheus scrapes.
fn scraped(store: &Store) -> BTreeSet<String> {
    let targets = store.of(SourceKind::Prometheus).flat_map(|source| source.data.targets.iter());
    targets.filter_map(|target| instance_of(&target.instance).ok()).map(|target| target.host).collect()
}

/// What a procedure is opened for, when it is an alert.
pub fn cause_of(alert: &Alert, subject: crate::domain::subject::Subject, store: &Store) -> Cause {
    let about = super::verify::About {
        alertname: alert.name.to_string(),
        labels: alert.labels.clone(),
        vmid: None,
        since: Some(store.clocks().since(alert)),
        quiet_since: None,
    };
    Cause {
        subject: Some(subject),
        fingerprint: Some(Arc::clone(alert.key())),
        about,
        severity: alert.severity.to_string(),
    }
}

/// What a procedure is opened for, when it is a thing with labels.
pub fn cause_with(subject: Option<crate::domain::subject::Subject>, labels: Labels) -> Cause {
    let about = super::verify::About { labels, ..super::verify::About::default() };
    Cause { subject, about, ..Cause::default() }
}
