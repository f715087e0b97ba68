//! A procedure that somebody follows: where they are, what is ticked, what each command of it comes
//! to with what is known. Nothing is run here, and no clock is asked.

mod check;
mod stop;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use check::Check;
pub use stop::{Stop, What};

use super::diagnosis::{Diagnosis, Heard};
use super::document::{Node, walk};
use super::facts::Facts;
use super::model::{Procedure, Runbook};
use super::plan::{Plan, Planned, plan};
use super::verify::About;
use crate::domain::subject::Subject;

/// What can be ticked. It is known by its words, not by its place: a file that changes around it
/// takes no tick away.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The anchor of its procedure.
    pub procedure: String,
    /// The number of its step, the letter of its scenario, or what list it is of.
    pub part: String,
    /// Its words.
    pub text: String,
    /// The how manieth of the same words in that part it is, from 0.
    pub nth: usize,
}

/// How far something is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is to be done.
    #[default]
    Todo,
    /// It was run, and it is good.
    Ok,
    /// It was run, and it is not.
    Failed,
    /// Somebody left it out.
    Skipped,
    /// Somebody has done it.
    ByHand,
}

/// What was made of something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// How far it is.
    pub state: State,
    /// Who said so.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// What they noted.
    pub note: String,
}

/// What a procedure is opened for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cause {
    /// The thing that was selected, if it was one.
    pub subject: Option<Subject>,
    /// The alert's identity, when it is one.
    pub fingerprint: Option<std::sync::Arc<str>>,
    /// What its checklists are worked through for.
    pub about: About,
    /// Its severity as written.
    pub severity: String,
}

/// A procedure that is followed.
#[derive(Clone, Debug)]
pub struct Session {
    /// The file of its runbook.
    pub file: String,
    /// The anchor of the procedure.
    pub procedure: String,
    /// What it was opened for.
    pub cause: Cause,
    /// When it was opened.
    pub opened: DateTime<Utc>,
    /// The chosen scenario.
    pub scenario: Option<String>,
    /// What was said for placeholders.
    pub set: BTreeMap<String, String>,
    /// Hosts of the document, and what stands for them here.
    pub swapped: BTreeMap<String, String>,
    /// What was made of each line.
    pub marks: BTreeMap<Key, Mark>,
    /// Every command as it would run.
    pub plan: Plan,
    /// Where one can stand, in the order of the page.
    pub stops: Vec<Stop>,
    /// Where one stands.
    pub at: usize,
    /// Its checklists.
    pub checks: Vec<Check>,
    /// What the data say of its decision tree.
    pub diagnosis: Diagnosis,
    /// Causes that the logs give away.
    pub heard: Vec<Heard>,
    /// Queries that somebody let be asked.
    pub asked: BTreeSet<Key>,
    /// Parts that were unfolded, by their line.
    pub unfolded: BTreeSet<usize>,
    /// The identity of its incident, if one is kept.
    pub incident: Option<String>,
    /// Somebody was called.
    pub escalated: Option<DateTime<Utc>>,
    /// It was noted as a restore that was tried.
    pub drilled: bool,
    /// The file no longer has the procedure.
    pub gone: bool,
}

impl Session {
    /// Opens a procedure.
    pub fn new(runbook: &Runbook, procedure: &Procedure, cause: Cause, at: DateTime<Utc>) -> Self {
        Self {
            file: runbook.path.clone(),
            procedure: procedure.id.clone(),
            cause,
            opened: at,
            scenario: None,
            set: BTreeMap::new(),
            swapped: BTreeMap::new(),
            marks: BTreeMap::new(),
            plan: Plan { schema: 1, procedure: String::new(), alert: String::new(), groups: Vec::new() },
            stops: Vec::new(),
            at: 0,
            checks: Vec::new(),
            diagnosis: Diagnosis::default(),
            heard: Vec::new(),
            asked: BTreeSet::new(),
            unfolded: BTreeSet::new(),
            incident: None,
            escalated: None,
            drilled: false,
            gone: false,
        }
    }

    /// Plans the procedure with what is known now. Where one stands, and what is ticked, stays.
    pub fn replan(&mut self, runbook: &Runbook, procedure: &Procedure, facts: &Facts) {
        let stood = self.stop().map(|stop| stop.key.clone());
        self.cause.about.vmid = facts.value("VMID").ok().flatten().map(|found| found.text);
        self.plan = plan(runbook, procedure, &self.cause.about.alertname, facts, self.scenario.as_deref());
        self.checks = check::checks(procedure, &self.cause.about, &self.checks);
        self.stops = stop::stops(procedure, &self.plan, &self.checks, &folds(runbook, procedure));
        let same = stood.and_then(|key| self.stops.iter().position(|stop| stop.key == key));
        self.at = same.unwrap_or(self.at).min(self.stops.len().saturating_sub(1));
        self.gone = false;
    }

    /// Where one stands.
    pub fn stop(&self) -> Option<&Stop> {
        self.stops.get(self.at)
    }

    /// The command at which one stands.
    pub fn focused(&self) -> Option<&Planned> {
        match self.stop()?.what {
            What::Group(at) => self.plan.groups.get(at),
            _ => None,
        }
    }

    /// Goes on by so many stops.
    pub fn step(&mut self, by: isize) {
        self.at = self.at.saturating_add_signed(by).min(self.stops.len().saturating_sub(1));
    }

    /// How far a stop is.
    pub fn state(&self, stop: &Stop) -> State {
        self.marks.get(&stop.key).map_or(State::Todo, |mark| mark.state)
    }

    /// Marks where one stands; the same mark again takes it away. Gives the mark that is there now.
    pub fn mark(&mut self, state: State, by: &str, at: DateTime<Utc>) -> Option<(Key, Mark)> {
        let key = self.stop()?.key.clone();
        let before = self.marks.get(&key).cloned().unwrap_or_default();
        let state = if before.state == state { State::Todo } else { state };
        let mark = Mark { state, by: by.to_owned(), at, note: before.note };
        self.marks.insert(key.clone(), mark.clone());
        Some((key, mark))
    }

    /// Notes something where one stands.
    pub fn note(&mut self, text: &str, by: &str, at: DateTime<Utc>) -> Option<Key> {
        let key = self.stop()?.key.clone();
        let mark = self.marks.entry(key.clone()).or_default();
        text.clone_into(&mut mark.note);
        if mark.by.is_empty() {
            by.clone_into(&mut mark.by);
            mark.at = at;
        }
        Some(key)
    }

    /// What is to be done before a stop and is not: prerequisites, and the steps before its own where
    /// they are worked off in order. It is told before anything is confirmed.
    pub fn before(&self, stop: &Stop) -> Vec<String> {
        if stop.is_prerequisite {
            return Vec::new();
        }
        let is_open = |one: &&Stop| !self.is_done(one);
        let needed = self.stops.iter().filter(|one| one.is_prerequisite && one.line < stop.line);
        let open = needed.filter(is_open).count();
        let mut told = Vec::new();
        if open > 0 {
            told.push(format!("{open} of the prerequisites are not ticked yet"));
        }
        if let Some(turn) = stop.turn {
            let earlier = self.stops.iter().filter(|one| one.turn.is_some_and(|other| other < turn));
            let left: BTreeSet<u64> = earlier.filter(is_open).filter_map(|one| one.turn).collect();
            told.extend(left.into_iter().map(|left| format!("step {left} is not done yet")));
        }
        told
    }

    /// Whether a stop is behind one: marked, or measured to be so.
    pub fn is_done(&self, stop: &Stop) -> bool {
        match (self.state(stop), stop.what) {
            (State::Failed, _) => false,
            (State::Todo, What::Check(at)) => self.checks.get(at).is_some_and(Check::passes),
            (state, _) => state != State::Todo,
        }
    }

    /// Whether somebody worked on it, and its list of verification is passed; where it has no such list,
    /// everything in it.
    pub fn is_verified(&self) -> bool {
        let all = || self.stops.iter().filter(|stop| stop.what != What::Fold);
        let mut listed = all().filter(|stop| stop.key.part == "verification").peekable();
        let passed = |stop: &Stop| self.is_done(stop) && self.state(stop) != State::Skipped;
        let worked = all().any(|stop| matches!(self.state(stop), State::Ok | State::ByHand));
        let is_listed = listed.peek().is_some();
        worked && if is_listed { listed.all(passed) } else { all().all(passed) }
    }

    /// How many of its commands and boxes are done, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        let counted = self.stops.iter().filter(|stop| stop.what != What::Fold);
        (counted.clone().filter(|stop| self.is_done(stop)).count(), counted.count())
    }

    /// Chooses a scenario by its letter; the same again takes the choice away. `false` when there is
    /// none of that letter.
    pub fn choose(&mut self, procedure: &Procedure, label: &str) -> bool {
        let Some(scenario) = procedure.scenarios.iter().find(|one| one.label.eq_ignore_ascii_case(label))
        else {
            return false;
        };
        let same = self.scenario.as_deref() == Some(scenario.label.as_str());
        self.scenario = (!same).then(|| scenario.label.clone());
        true
    }

    /// Lets the alert's host stand for the hosts that the focused command names, or takes that back.
    /// Gives the hosts.
    pub fn swap(&mut self) -> Vec<String> {
        let Some(group) = self.focused() else { return Vec::new() };
        let named = group.host.literal.iter().chain(group.literals.iter().map(|one| &one.literal));
        let named: BTreeSet<String> = named.filter(|name| !name.starts_with('<')).cloned().collect();
        let is_back = named.iter().all(|name| self.swapped.contains_key(name));
        for name in &named {
            if is_back {
                self.swapped.remove(name);
            } else {
                self.swapped.insert(name.clone(), "{target}".to_owned());
            }
        }
        named.into_iter().collect()
    }

    /// The first placeholder of the focused command for which a value is to be said: an open one,
    /// else the first.
    pub fn open_placeholder(&self) -> Option<&super::plan::Placeholder> {
        let group = self.focused()?;
        let open = group.placeholders.iter().find(|one| one.value.is_none());
        open.or_else(|| group.placeholders.first())
    }
}

/// The parts of a procedure that fold: their lines and titles.
fn folds(runbook: &Runbook, procedure: &Procedure) -> Vec<(usize, String)> {
    let (from, to) = procedure.source_lines;
    let inside = runbook.sections.iter().filter(|section| (from..=to).contains(&section.lines.0));
    let nodes = inside.flat_map(|section| walk(&section.body));
    let folds = nodes.filter_map(|node| match node {
        Node::Fold { summary, lines, .. } => Some((lines.0, summary.clone())),
        _ => None,
    });
    folds.collect()
}
