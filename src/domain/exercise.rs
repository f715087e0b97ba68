//! A drill on the demo lab: what is to be found and mended, how long each step took, and what that is worth.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::alert::Alert;
use crate::text;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exercise {
    /// The scenario that is played.
    pub scenario: Arc<str>,
    /// In a sentence.
    pub goal: Arc<str>,
    /// The alert that all others follow from: its name.
    pub alert: Arc<str>,
    /// What the alert is of, as a label of it says: `host` or `guest` and its value.
    pub of: (Arc<str>, Arc<str>),
    /// A command that holds one of these mends it.
    pub fixes: Vec<Arc<str>>,
    /// No Alertmanager hears of it, so that nobody can acknowledge it: who is on it keeps an incident.
    pub is_deaf: bool,
}

/// A step of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Somebody says that they are on it.
    Acknowledged,
    /// The cause is on the screen.
    Found,
    /// The command that mends it was confirmed.
    Mended,
}

/// The steps: what they are called, within which time they are worth all their points, and how many.
const STEPS: [(Step, &str, TimeDelta, u32); 3] = [
    (Step::Acknowledged, "acknowledged", TimeDelta::minutes(2), 20),
    (Step::Found, "cause", TimeDelta::minutes(4), 40),
    (Step::Mended, "fix", TimeDelta::minutes(10), 40),
];

impl Exercise {
    /// Whether this alert is the cause.
    pub fn is_cause(&self, alert: &Alert) -> bool {
        let (label, value) = &self.of;
        alert.name == self.alert && alert.labels.get(label) == Some(&**value)
    }

    /// The steps by name.
    fn steps(&self) -> [&'static str; 3] {
        let [(_, first, ..), (_, second, ..), (_, third, ..)] = STEPS;
        [if self.is_deaf { "incident" } else { first }, second, third]
    }

    /// Whether a command would mend it.
    pub fn mends(&self, command: &str) -> bool {
        self.fixes.iter().any(|fix| command.contains(&**fix))
    }
}

/// A drill that was done to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exercised {
    /// The scenario that was played.
    pub scenario: Arc<str>,
    /// When it ended.
    pub at: DateTime<Utc>,
    /// Who did it.
    pub by: Arc<str>,
    /// What it was worth, of 100.
    pub score: u32,
    /// How long after its beginning each step was done, in seconds: acknowledged, cause, fix.
    pub took: [Option<u64>; 3],
}

impl Exercised {
    /// How long each step took, in words.
    pub fn words(&self) -> String {
        let step = |((_, name, ..), took): (&(Step, &str, TimeDelta, u32), Option<u64>)| {
            let took = took.and_then(|seconds| TimeDelta::try_seconds(i64::try_from(seconds).ok()?));
            format!("{name} {}", took.map_or_else(|| "–".to_owned(), text::age))
        };
        STEPS.iter().zip(self.took).map(step).collect::<Vec<_>>().join(", ")
    }
}

/// The best of the drills of a scenario; the earlier of two that are alike.
pub fn best<'d>(all: &'d [Exercised], scenario: &str) -> Option<&'d Exercised> {
    let own = all.iter().filter(|one| &*one.scenario == scenario);
    own.min_by_key(|one| (std::cmp::Reverse(one.score), one.at))
}

/// How far somebody has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// What is to be done.
    pub exercise: Exercise,
    started: DateTime<Utc>,
    /// How long each step took; `None` while it is not done.
    done: [Option<TimeDelta>; 3],
    /// It is to be written down in the end: whoever began it asked for that.
    pub is_for_keeps: bool,
    /// Its end was told.
    pub is_told: bool,
}

impl Course {
    /// It begins.
    pub const fn new(exercise: Exercise, now: DateTime<Utc>) -> Self {
        Self { exercise, started: now, done: [None; 3], is_for_keeps: false, is_told: false }
    }

    /// The same, to be written down in the end or not.
    #[must_use]
    pub fn for_keeps(self, is_for_keeps: bool) -> Self {
        Self { is_for_keeps, ..self }
    }

    /// Notes a step; `true` when it was not done before.
    pub fn note(&mut self, step: Step, now: DateTime<Utc>) -> bool {
        let took = now - self.started;
        let mut slots = STEPS.iter().zip(&mut self.done);
        let slot = slots.find(|((have, ..), _)| *have == step).map(|(_, slot)| slot);
        slot.is_some_and(|slot| {
            let is_new = slot.is_none();
            slot.get_or_insert(took);
            is_new
        })
    }

    /// Whether every step is done.
    pub fn is_over(&self) -> bool {
        self.done.iter().all(Option::is_some)
    }

    /// What is kept of it once every step is done.
    pub fn kept(&self, by: Arc<str>, now: DateTime<Utc>) -> Option<Exercised> {
        let seconds = |took: Option<TimeDelta>| u64::try_from(took?.num_seconds()).ok();
        self.is_over().then(|| Exercised {
            scenario: Arc::clone(&self.exercise.scenario),
            at: now,
            by,
            score: self.score(),
            took: self.done.map(seconds),
        })
    }

    /// What it is worth so far, of 100: half when a step took too long, a quarter when it took more than
    /// twice as long, nothing while it is not done.
    pub fn score(&self) -> u32 {
        let points = STEPS.iter().zip(self.done).map(|((_, _, within, points), took)| match took {
            None => 0,
            Some(took) if took <= *within => *points,
            Some(took) if took <= *within * 2 => points / 2,
            Some(_) => points / 4,
        });
        points.sum()
    }

    /// One line for the screen: the clock, the goal and the steps, or what it came to.
    pub fn line(&self, now: DateTime<Utc>) -> String {
        let steps: Vec<String> = self
            .exercise
            .steps()
            .into_iter()
            .zip(self.done)
            .map(|(name, took)| match took {
                Some(took) => format!("{name} {}", text::age(took)),
                None => format!("{name} –"),
            })
            .collect();
        let steps = steps.join(", ");
        if self.is_over() {
            return format!("drill over: {} of 100 points. {steps}. q leaves", self.score());
        }
        format!("drill {}. {}. {steps}", text::age(now - self.started), self.exercise.goal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exercise() -> Exercise {
        Exercise {
            scenario: "host-down".into(),
            goal: "Find what broke, and start it".into(),
            alert: "HostDown".into(),
            of: ("host".into(), "vm102".into()),
            fixes: vec!["qm start 102".into()],
            is_deaf: false,
        }
    }

    #[test]
    fn a_quick_drill_is_worth_all_and_a_slow_one_less() {
        let start: DateTime<Utc> = "2026-11-13T14:00:00Z".parse().expect("a time");
        let at = |minutes| start + TimeDelta::minutes(minutes);
        for (times, points) in
            [([1, 3, 9], 100), ([3, 3, 9], 90), ([1, 9, 9], 70), ([1, 3, 60], 70), ([60, 60, 60], 25)]
        {
            let mut course = Course::new(exercise(), start);
            for ((step, ..), minutes) in STEPS.iter().zip(times) {
                assert!(course.note(*step, at(minutes)));
                assert!(!course.note(*step, at(90)), "the first time counts");
            }
            assert_eq!((course.is_over(), course.score()), (true, points), "{times:?}");
            let kept = course.kept("kim".into(), at(91)).expect("it is over");
            assert_eq!((kept.score, kept.took[0]), (points, Some(times[0].unsigned_abs() * 60)), "{times:?}");
            assert!(course.line(at(91)).contains(&format!("{points} of 100")), "{}", course.line(at(91)));
        }
    }

    #[test]
    fn the_clock_and_what_is_open_are_told() {
        let start: DateTime<Utc> = "2026-11-13T14:00:00Z".parse().expect("a time");
        let mut course = Course::new(exercise(), start);
        course.note(Step::Found, start + TimeDelta::seconds(42));
        let line = course.line(start + TimeDelta::seconds(60));
        assert_eq!(line, "drill 1m. Find what broke, and start it. acknowledged –, cause 42s, fix –");
        assert_eq!(course.score(), 40);
        assert_eq!(course.kept("kim".into(), start), None, "what is not over counts for nothing");
        let deaf = Course::new(Exercise { is_deaf: true, ..exercise() }, start);
        assert!(deaf.line(start).ends_with("incident –, cause –, fix –"), "{}", deaf.line(start));
        assert!(exercise().mends("sudo qm start 102") && !exercise().mends("qm stop 102"));
    }

    #[test]
    fn the_best_of_a_scenario_is_the_first_with_the_most_points() {
        let done = |scenario: &str, score, seconds| Exercised {
            scenario: scenario.into(),
            at: DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds),
            by: "kim".into(),
            score,
            took: [Some(42), Some(130), None],
        };
        let all = [done("a", 70, 9), done("a", 90, 5), done("a", 90, 2), done("b", 100, 1)];
        assert_eq!(best(&all, "a"), Some(&all[2]));
        assert_eq!(best(&all, "c"), None);
        assert_eq!(all[0].words(), "acknowledged 42s, cause 2m, fix –");
    }
}
