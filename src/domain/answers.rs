//! What was asked for the screen, and what came of it: one question per place, the newest.

use std::collections::BTreeMap;

use super::feed::Failure;
use super::question::{Answer, Ask, Known, Slot};

/// The questions under way and their answers. What is shown says again and again what it wants to
/// know; only what is new is asked.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    places: BTreeMap<Slot, Place>,
    asked: u64,
}

#[derive(Clone, Debug)]
struct Place {
    id: u64,
    ask: Ask,
    result: Option<Result<Answer, Failure>>,
    /// What was last answered here, to this question or to one before it.
    latest: Option<Answer>,
}

/// What is to be asked, and what no more.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// New questions, each with its number.
    pub asked: Vec<(u64, Ask)>,
    /// Places in which nobody is interested any more although an answer is under way.
    pub forgotten: Vec<Slot>,
}

impl Answers {
    /// What is known of a question.
    pub fn get(&self, ask: &Ask) -> Known<'_> {
        let place = self.places.get(&ask.slot).filter(|place| place.ask == *ask);
        match place.and_then(|place| place.result.as_ref()) {
            Some(Ok(answer)) => Known::Answer(answer),
            Some(Err(failure)) => Known::Failed(failure),
            None => Known::Waiting,
        }
    }

    /// The newest answer in the place of a question: to itself, or to the one before it.
    pub fn latest(&self, ask: &Ask) -> Option<&Answer> {
        self.places.get(&ask.slot)?.latest.as_ref()
    }

    /// What was last asked for this place.
    pub fn asked(&self, slot: &Slot) -> Option<&Ask> {
        self.places.get(slot).map(|place| &place.ask)
    }

    /// Whether an answer is under way.
    pub fn is_waiting(&self) -> bool {
        self.places.values().any(|place| place.result.is_none())
    }

    /// Takes what is wanted now. What is wanted no more is forgotten.
    pub fn want(&mut self, wants: Vec<Ask>) -> Changes {
        let mut changes = Changes::default();
        self.places.retain(|slot, place| {
            let wanted = wants.iter().any(|ask| ask.slot == *slot);
            if !wanted && place.result.is_none() {
                changes.forgotten.push(slot.clone());
            }
            wanted
        });
        for ask in wants {
            if self.places.get(&ask.slot).is_some_and(|place| place.ask == ask) {
                continue;
            }
            self.asked += 1;
            let latest = self.places.remove(&ask.slot).and_then(|place| place.latest);
            let place = Place { id: self.asked, ask: ask.clone(), result: None, latest };
            self.places.insert(ask.slot.clone(), place);
            changes.asked.push((self.asked, ask));
        }
        changes
    }

    /// Takes an answer; `false` when nobody wants it any more.
    pub fn take(&mut self, slot: &Slot, id: u64, result: Result<Answer, Failure>) -> bool {
        match self.places.get_mut(slot) {
            Some(place) if place.id == id => {
                if let Ok(answer) = &result {
                    place.latest = Some(answer.clone());
                }
                place.result = Some(result);
                true
            }
            _ => false,
        }
    }

    /// Asks again what failed or is old: everything that is still wanted.
    pub fn renew(&mut self) {
        self.places.retain(|_, place| place.result.is_none());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::feed::{SourceId, SourceKind};
    use crate::domain::question::Question;

    fn ask(slot: &'static str, query: &str) -> Ask {
        Ask {
            slot: slot.into(),
            source: SourceId::new(SourceKind::Prometheus, "main"),
            question: Question::Value { query: query.into(), at: None },
        }
    }

    #[test]
    fn only_what_is_new_is_asked_and_only_the_newest_answer_counts() {
        let mut answers = Answers::default();
        let first = answers.want(vec![ask("a", "up"), ask("b", "up")]);
        assert_eq!(first.asked.len(), 2);
        assert_eq!(answers.want(vec![ask("a", "up"), ask("b", "up")]), Changes::default());
        let second = answers.want(vec![ask("a", "down")]);
        assert_eq!(second.forgotten, ["b"]);
        let [(old, _), _] = first.asked.as_slice() else { panic!("two were asked") };
        let [(new, _)] = second.asked.as_slice() else { panic!("one was asked") };
        assert!(!answers.take(&"a".into(), *old, Ok(Answer::Series(Vec::new()))));
        assert_eq!(answers.get(&ask("a", "down")), Known::Waiting);
        assert!(answers.is_waiting());
        assert!(answers.take(&"a".into(), *new, Ok(Answer::Series(Vec::new()))));
        assert_eq!(answers.get(&ask("a", "down")), Known::Answer(&Answer::Series(Vec::new())));
        assert_eq!(answers.get(&ask("a", "up")), Known::Waiting);
        let first_answer = Answer::Series(Vec::new());
        assert_eq!(answers.latest(&ask("a", "down")), Some(&first_answer));
        answers.want(vec![ask("a", "again")]);
        assert_eq!(answers.get(&ask("a", "again")), Known::Waiting);
        assert_eq!(answers.latest(&ask("a", "again")), Some(&first_answer), "until the newer comes");
        let third = answers.want(vec![ask("a", "down")]);
        let [(id, _)] = third.asked.as_slice() else { panic!("one was asked") };
        assert!(answers.take(&"a".into(), *id, Ok(first_answer)));
        answers.renew();
        assert_eq!(answers.want(vec![ask("a", "down")]).asked.len(), 1);
    }
}
