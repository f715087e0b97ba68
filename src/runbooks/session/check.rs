//! A box of a checklist: what answers it, and what the answer was.

use chrono::{DateTime, TimeDelta, Utc};

use super::Key;
use crate::domain::store::Store;
use crate::runbooks::model::{CheckItem, Procedure};
use crate::runbooks::verify::{self, About, Outcome, Probe};

/// A box, and what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// What is ticked.
    pub key: Key,
    /// What must be so.
    pub text: String,
    /// Where it stands.
    pub line: usize,
    /// Where to look.
    pub probe: Probe,
    /// It stands before the steps.
    pub is_prerequisite: bool,
    /// What the look came to, and when it last did.
    pub seen: Option<(Outcome, DateTime<Utc>)>,
    /// Since when the look passes.
    pub passing: Option<DateTime<Utc>>,
    /// It has passed before, whatever it does now.
    pub passed: bool,
}

impl Check {
    /// Whether it is so, as far as was measured.
    pub fn passes(&self) -> bool {
        matches!(self.seen, Some((Outcome::Pass(_), _)))
    }

    /// Whether it was so and is so no more.
    pub const fn is_lost(&self) -> bool {
        self.passed && matches!(self.seen, Some((Outcome::Fail(_), _)))
    }

    /// Takes what a look came to. A look that must hold for some time passes only then. Gives `true`
    /// when it is another outcome than before.
    pub fn hear(&mut self, outcome: Outcome, now: DateTime<Utc>) -> bool {
        let outcome = self.held(outcome, now);
        self.passed |= matches!(outcome, Outcome::Pass(_));
        let kind = |seen: &Option<(Outcome, DateTime<Utc>)>| {
            seen.as_ref().map(|(outcome, _)| std::mem::discriminant(outcome))
        };
        let before = kind(&self.seen);
        self.seen = Some((outcome, now));
        before != kind(&self.seen)
    }

    fn held(&mut self, outcome: Outcome, now: DateTime<Utc>) -> Outcome {
        if !matches!(outcome, Outcome::Pass(_)) {
            self.passing = None;
            return outcome;
        }
        let since = *self.passing.get_or_insert(now);
        let Probe::Query { hold, .. } = &self.probe else { return outcome };
        let hold = TimeDelta::seconds(i64::try_from(*hold).unwrap_or(i64::MAX / 1_000));
        let left = hold - (now - since);
        if left > TimeDelta::zero() {
            return Outcome::Unknown(format!("it is so, and must be for {} more", crate::text::age(left)));
        }
        outcome
    }

    /// Looks at what is known already. Gives `true` when it is another outcome than before.
    pub fn look(&mut self, about: &About, store: &Store, now: DateTime<Utc>) -> bool {
        verify::judge(&self.probe, about, store, now).is_some_and(|outcome| self.hear(outcome, now))
    }

    /// The query that answers it, when one does.
    pub fn query(&self) -> Option<&str> {
        match &self.probe {
            Probe::Truth { query, .. } | Probe::Query { query, .. } => Some(query),
            _ => None,
        }
    }
}

/// The boxes of a procedure. What was known of one stays known as long as it asks for the same.
pub(super) fn checks(procedure: &Procedure, about: &About, before: &[Check]) -> Vec<Check> {
    let of = |item: &CheckItem, is_prerequisite: bool| {
        let part = if is_prerequisite { "prerequisites" } else { "verification" };
        let key =
            Key { procedure: procedure.id.clone(), part: part.to_owned(), text: item.text.clone(), nth: 0 };
        let probe = verify::probe(item, about);
        let known = before.iter().find(|check| check.key == key && check.probe == probe);
        let fresh = Check {
            key,
            text: item.text.clone(),
            line: item.line,
            probe,
            is_prerequisite,
            seen: None,
            passing: None,
            passed: false,
        };
        known.map_or(fresh, |known| Check { line: item.line, ..known.clone() })
    };
    let before_steps = procedure.prerequisites.items.iter().map(|item| of(item, true));
    let after = procedure.verification.items.iter().map(|item| of(item, false));
    let mut all: Vec<Check> = before_steps.chain(after).collect();
    for at in 1..all.len() {
        let (earlier, rest) = all.split_at_mut(at);
        if let Some(check) = rest.first_mut() {
            check.key.nth = earlier
                .iter()
                .filter(|one| one.key.text == check.key.text && one.key.part == check.key.part)
                .count();
        }
    }
    all
}
