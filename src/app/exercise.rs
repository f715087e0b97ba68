//! A drill: what the operator does is held against what was to be done, and the line that says that this is
//! the demo lab tells how far they are.

use std::sync::Arc;

use super::App;
use crate::border::Effect;
use crate::clock::Now;
use crate::domain::exercise::{self, Step};
use crate::domain::subject::Subject;
use crate::ui::describe::find_alert;
use crate::ui::theme::Role;

impl App {
    /// Looks at what is done by now; once a second.
    pub(super) fn follow_exercise(&mut self, now: Now) -> Option<Effect> {
        self.course.as_ref()?;
        let (is_acknowledged, is_found) = (self.is_taken(), self.is_cause_shown());
        for (step, is_done) in [(Step::Acknowledged, is_acknowledged), (Step::Found, is_found)] {
            if is_done {
                self.note_step(step, now);
            }
        }
        self.look.banner = self.course.as_ref().map(|course| course.line(now.wall));
        self.end_exercise(now)
    }

    /// Tells of a drill that is over, once, and has it written down if that was asked for.
    fn end_exercise(&mut self, now: Now) -> Option<Effect> {
        let course = self.course.as_mut().filter(|course| !course.is_told)?;
        let done = course.kept(Arc::clone(&self.look.operator), now.wall)?;
        course.is_told = true;
        let is_for_keeps = course.is_for_keeps;
        let before = exercise::best(&self.known.store.exercised, &done.scenario).map(|best| best.score);
        let told = match before {
            Some(best) if best >= done.score => format!("{} of 100 points; the best was {best}", done.score),
            Some(best) => format!("{} of 100 points: better than {best} before", done.score),
            None => format!("{} of 100 points", done.score),
        };
        let kept = if is_for_keeps { "`wardroom drills` lists it" } else { "not kept: that asks for --keep" };
        self.notify(format!("the drill is over: {told}; {kept}"), Role::Ok, now);
        self.known.store.exercised.push(done.clone());
        is_for_keeps.then_some(Effect::KeepExercise(done))
    }

    /// A command was confirmed. In the lab nothing is run: whether it would have helped counts. `true` when
    /// it would.
    pub(super) fn would_mend(&mut self, command: &str, now: Now) -> bool {
        let mends = self.course.as_ref().is_some_and(|course| course.exercise.mends(command));
        if mends {
            self.note_step(Step::Mended, now);
            self.look.banner = self.course.as_ref().map(|course| course.line(now.wall));
        }
        mends
    }

    fn note_step(&mut self, step: Step, now: Now) {
        let Some(course) = &mut self.course else { return };
        if !course.note(step, now.wall) {
            return;
        }
        let told = match step {
            Step::Acknowledged if course.exercise.is_deaf => "drill: an incident is kept".to_owned(),
            Step::Acknowledged => "drill: acknowledged".to_owned(),
            Step::Found => "drill: this is the cause".to_owned(),
            Step::Mended => "drill: that mends it".to_owned(),
        };
        self.notify(told, Role::Ok, now);
    }

    /// Whether somebody has said that they are on it.
    fn is_taken(&self) -> bool {
        let Some(course) = &self.course else { return false };
        if course.exercise.is_deaf {
            return self.known.records.values().any(|entries| !entries.is_empty());
        }
        let mut alerts = self.known.store.alerts().iter().map(|listed| &listed.alert);
        alerts.any(|alert| course.exercise.is_cause(alert) && alert.acked_by.is_some())
    }

    /// Whether the detail of the cause is open, or its runbook.
    fn is_cause_shown(&self) -> bool {
        let Some(course) = &self.course else { return false };
        let opened = self.layers.last().and_then(|layer| layer.subject());
        let followed = self.known.desk.session().and_then(|session| session.cause.subject.as_ref());
        opened.into_iter().chain(followed).any(|subject| match subject {
            Subject::Alert { fingerprint, .. } => {
                let alert = find_alert(&self.known.store, fingerprint);
                alert.is_some_and(|alert| course.exercise.is_cause(alert))
            }
            _ => false,
        })
    }
}
