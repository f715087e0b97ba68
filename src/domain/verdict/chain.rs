//! What is wrong with the chain and no other rule of the verdict says.

use chrono::{DateTime, Utc};

use super::{Finding, weigh};
use crate::domain::chain;
use crate::domain::store::Store;
use crate::domain::subject::Subject;

pub(super) fn chain(store: &Store, now: DateTime<Utc>) -> Vec<Finding> {
    let mut found = Vec::new();
    for link in chain::links(store, now) {
        let subject = Subject::Link { from: link.from, to: link.to };
        let judged = link.checks.into_iter().filter_map(|check| Some((check.condition?, check.text)));
        found.extend(judged.filter_map(|(condition, text)| {
            let health = weigh(condition).filter(|health| *health != crate::domain::health::Health::Ok)?;
            Some(Finding { health: Some(health), text, subject: Some(subject.clone()) })
        }));
    }
    found
}
