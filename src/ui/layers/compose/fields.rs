//! The fields of a silence: a line per matcher and a blank one for the next, how long, until what,
//! who and why.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::alert::Alert;
use crate::domain::amtool::duration;
use crate::domain::burden;
use crate::domain::comment::{Comment, Condition, Tag};
use crate::domain::deed::Draft;
use crate::domain::silence::Matcher;
use crate::domain::silencing::{self, QUICK, prefilled, refusals};
use crate::domain::store::Store;
use crate::ui::filter;
use crate::ui::widgets::form::{Field, Form};

/// How many fields stand after the matchers.
const AFTER: usize = 4;

/// The condition that is offered first.
const UNTIL_RESOLVED: &str = "resolved";

/// The fields.
#[derive(Debug)]
pub struct Fields {
    pub form: Form,
}

/// A matcher and the field that it was typed in.
type Typed = Vec<(usize, Matcher)>;

impl Fields {
    /// The fields of a draft.
    pub fn of(draft: &Draft, meant: &[&Alert], store: &Store, now: DateTime<Utc>) -> Self {
        let comment = Comment::read(&draft.comment);
        let until = comment.condition().map_or_else(String::new, ToString::to_string);
        let span = (draft.ends_at - now).max(TimeDelta::minutes(1));
        let matchers = draft.matchers.iter().map(|matcher| Field::new("match", matcher.to_string()));
        let mut fields: Vec<Field> = matchers.collect();
        fields.extend([
            blank(),
            Field::new("for", duration(span)).hint("30m, 1h30m, 2d").offers(QUICK.map(duration)),
            Field::new("until", until)
                .hint("nothing but time; Ctrl-n: resolved, host-up:NAME")
                .offers(conditions(meant, store, now)),
            Field::new("by", &*draft.author),
            Field::new("why", &*comment.text),
        ]);
        let mut form = Form::new(fields);
        let last = form.fields.len() - 1;
        let author = last - 1;
        let is_empty = |at: usize| form.fields.get(at).is_some_and(|field| field.value().is_empty());
        // What is missing has the cursor; nothing is: the reason, which is most often changed.
        let start = if is_empty(author) { author } else { last };
        form.go(start);
        Self { form }
    }

    fn matchers(&self) -> usize {
        self.form.fields.len().saturating_sub(AFTER)
    }

    fn value(&self, after: usize) -> &str {
        self.form.fields.get(self.matchers() + after).map_or("", |field| field.value().trim())
    }

    /// Whether the cursor is in the field that says how long.
    pub fn is_at_span(&self) -> bool {
        self.form.at() == self.matchers()
    }

    /// The next longer of the usual spans, or the next shorter.
    pub fn step_span(&mut self, longer: bool) {
        let have = filter::duration(self.value(0)).unwrap_or(TimeDelta::zero());
        let next = if longer {
            QUICK.iter().find(|span| **span > have)
        } else {
            QUICK.iter().rev().find(|span| **span < have)
        };
        let at = self.matchers();
        if let (Some(span), Some(field)) = (next, self.form.fields.get_mut(at)) {
            field.set(duration(*span));
        }
    }

    /// Keeps a blank line below the matchers.
    pub fn keep_a_blank(&mut self) {
        let after = self.matchers();
        let is_full = after.checked_sub(1).and_then(|last| self.form.fields.get(last));
        if is_full.is_some_and(|last| !last.value().trim().is_empty()) {
            self.form.fields.insert(after, blank());
            if self.form.at() >= after {
                self.form.go(self.form.at() + 1);
            }
        }
    }

    /// The matchers that can be read, and what is wrong with the others.
    fn typed(&self) -> (Typed, Vec<(usize, String)>) {
        let (mut typed, mut faults) = (Vec::new(), Vec::new());
        for (at, field) in self.form.fields.iter().take(self.matchers()).enumerate() {
            if field.value().trim().is_empty() {
                continue;
            }
            match field.value().parse::<Matcher>() {
                Ok(matcher) => typed.push((at, matcher)),
                Err(error) => faults.push((at, error.to_string())),
            }
        }
        (typed, faults)
    }

    /// The draft as far as it can be read, and what is wrong.
    fn draft(&self, now: DateTime<Utc>) -> (Draft, Vec<(usize, String)>) {
        let (typed, mut faults) = self.typed();
        let first = self.matchers();
        let span = filter::duration(self.value(0));
        if span.is_none() {
            faults.push((first, "say how long: 30m, 1h30m, 2d".to_owned()));
        }
        let condition = Some(self.value(1)).filter(|until| !until.is_empty()).map(str::parse::<Condition>);
        let tag = match condition {
            Some(Ok(condition)) => Some(Tag::Until(condition)),
            Some(Err(error)) => {
                faults.push((first + 1, error));
                None
            }
            None => None,
        };
        let comment = Comment { tag, text: self.value(3).into() };
        let (places, matchers): (Vec<usize>, Vec<Matcher>) = typed.into_iter().unzip();
        let draft = Draft {
            matchers,
            comment: comment.to_string().into(),
            ..prefilled(&[], self.value(2), span.unwrap_or(TimeDelta::hours(1)), now)
        };
        for refusal in refusals(&draft, now) {
            let place = match refusal.field {
                silencing::Field::Matcher(at) => places.get(at).copied().unwrap_or(0),
                silencing::Field::End => first,
                silencing::Field::Author => first + 2,
                silencing::Field::Comment => first + 3,
            };
            if !faults.iter().any(|(have, _)| *have == place) {
                faults.push((place, refusal.text));
            }
        }
        (draft, faults)
    }

    /// The draft as far as it can be read, while it is typed; `None` when it says nothing yet.
    pub fn peek(&self, now: DateTime<Utc>) -> Option<Draft> {
        let (draft, _) = self.draft(now);
        Some(draft).filter(|draft| !draft.matchers.is_empty())
    }

    /// The draft; `None` when something is wrong, which the fields then say.
    pub fn read(&mut self, now: DateTime<Utc>) -> Option<Draft> {
        let (draft, faults) = self.draft(now);
        for (at, fault) in &faults {
            if let Some(field) = self.form.fields.get_mut(*at) {
                field.fault = Some(fault.clone());
            }
        }
        faults.is_empty().then_some(draft)
    }

    /// Puts what the server said next to the field that it speaks of; `false` when it speaks of none.
    pub fn blame(&mut self, reason: &str) -> bool {
        let words = reason.to_lowercase();
        let first = self.matchers();
        let speaks = |of: &[&str]| of.iter().any(|word| words.contains(word));
        let at = if let Some((_, rest)) = words.split_once("label matcher ") {
            let number = rest.split(|char: char| !char.is_ascii_digit()).next();
            let number = number.and_then(|digits| digits.parse::<usize>().ok()).unwrap_or(0);
            self.typed().0.get(number).map_or(0, |(at, _)| *at)
        } else if speaks(&["matcher", "regexp", "regular expression"]) {
            0
        } else if speaks(&["end time", "start time", "in the past"]) {
            first
        } else if speaks(&["creat", "author"]) {
            first + 2
        } else if speaks(&["comment"]) {
            first + 3
        } else {
            return false;
        };
        if let Some(field) = self.form.fields.get_mut(at) {
            field.fault = Some(reason.to_owned());
        }
        self.form.go(at);
        true
    }
}

fn blank() -> Field {
    Field::new("match", "").hint("label=\"value\"  != =~ !~")
}

/// What a silence may end with, before its time: the task that burdens its host, the alert, its host.
fn conditions(meant: &[&Alert], store: &Store, now: DateTime<Utc>) -> Vec<String> {
    let burdens = burden::burdens(store, now);
    let over = |alert: &&Alert| burden::explains(alert, &burdens, store)?.over.clone();
    let mut all: Vec<String> = meant.iter().filter_map(over).map(|over| over.to_string()).take(1).collect();
    all.push(UNTIL_RESOLVED.to_owned());
    let mut hosts: Vec<&str> = meant.iter().filter_map(|alert| alert.labels.get("host")).collect();
    hosts.sort_unstable();
    hosts.dedup();
    all.extend(hosts.into_iter().take(3).map(|host| format!("host-up:{host}")));
    all.push(String::new());
    all
}
