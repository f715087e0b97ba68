//! A maintenance in the making.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{MAINTENANCE, REMEMBERED, all};
use crate::domain::comment::{Comment, Tag};
use crate::domain::deed::Draft;
use crate::domain::silence::Matcher;
use crate::domain::slo::Window;
use crate::domain::store::Store;

/// What of a plan is to blame for a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What it is called.
    Name,
    /// When it is.
    Window,
    /// What is expected to be down.
    Down,
}

/// What is planned: its name, when, what is expected to be down, and whose alerts are hidden meanwhile.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What it is called.
    pub name: Arc<str>,
    /// When.
    pub window: Window,
    /// The sources that are expected to be down, as `kind.name`.
    pub down: Vec<Arc<str>>,
    /// Whose alerts are hidden: each set of matchers is a silence.
    pub subjects: Vec<Vec<Matcher>>,
    /// Who plans it.
    pub by: Arc<str>,
    /// Why.
    pub text: Arc<str>,
}

impl Plan {
    /// The silences that make it: that which carries it, and one for each subject.
    pub fn drafts(&self) -> Vec<Draft> {
        let draft = |matchers: Vec<Matcher>, tag: Tag, ends_at: DateTime<Utc>| Draft {
            matchers,
            author: Arc::clone(&self.by),
            comment: Comment { tag: Some(tag), text: Arc::clone(&self.text) }.to_string().into(),
            ..Draft::empty(self.window.from, ends_at)
        };
        let carrier = Matcher {
            name: MAINTENANCE.into(),
            value: Arc::clone(&self.name),
            is_regex: false,
            is_equal: true,
        };
        let tag =
            Tag::Maintenance { name: Arc::clone(&self.name), until: self.window.to, down: self.down.clone() };
        let mut all = vec![draft(vec![carrier], tag, self.window.to + REMEMBERED)];
        let part = |matchers: &Vec<Matcher>| {
            draft(matchers.clone(), Tag::Part(Arc::clone(&self.name)), self.window.to)
        };
        all.extend(self.subjects.iter().map(part));
        all
    }

    /// Why it cannot be: a word for each fault, and what of it is to blame.
    pub fn faults(&self, store: &Store, now: DateTime<Utc>) -> Vec<(Part, String)> {
        let mut faults = Vec::new();
        if self.name.is_empty() || self.name.contains(['|', '\n', '"', '\\', ';']) {
            faults.push((Part::Name, "its name must not be empty, and have none of | \" \\ ;".to_owned()));
        }
        if self.window.to <= now.max(self.window.from) {
            faults.push((Part::Window, "it ends before it begins, or is over".to_owned()));
        }
        if self.down.is_empty() && self.subjects.is_empty() {
            let text = "it says neither what is expected to be down nor whose alerts are hidden";
            faults.push((Part::Down, text.to_owned()));
        }
        let known = |name: &&Arc<str>| store.sources.iter().any(|source| source.id.to_string() == ***name);
        let strange = self.down.iter().filter(|name| !known(name));
        faults.extend(strange.map(|name| (Part::Down, format!("no source is called {name}"))));
        if all(store).iter().any(|one| one.name == self.name) {
            faults.push((Part::Name, format!("there is a maintenance {} already", self.name)));
        }
        faults
    }
}
