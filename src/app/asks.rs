//! What the screen asks beside the feeds, and what it lets be done on servers.

use chrono::{DateTime, Utc};

use super::{App, scene};
use crate::action::Action;
use crate::border::Effect;
use crate::clock::Now;
use crate::domain::chore::Chore;
use crate::domain::comment::{Comment, Tag};
use crate::domain::deed::{Deed, Receipt, What};
use crate::domain::digest;
use crate::domain::feed::{Failure, FailureKind, SourceKind};
use crate::domain::maintenance;
use crate::domain::question::{Answer, Ask, Slot};
use crate::domain::silence::ACKNOWLEDGED;
use crate::domain::silencing;
use crate::domain::slo::{self, Goal, Ledger, Window};
use crate::ui::layers::deeds::{self, Opened};
use crate::ui::scene::Scene;
use crate::ui::theme::Role;
use crate::ui::times::Times;

impl App {
    /// What the panes and layers on the screen want to know and nobody has asked yet. To be called
    /// after a frame: only then it is known what is shown.
    pub fn asks(&mut self, now: Now) -> Vec<Effect> {
        let mut wants = Vec::new();
        let shown = self.shown();
        let base = scene(&self.known, self.frozen.as_ref(), &self.look, now);
        let mut selected = None;
        for (at, place) in shown.iter().enumerate() {
            let Some(slot) = self.panes.get(place.pane.as_str()) else { continue };
            let scene = Scene { selected: selected.as_ref(), ..base };
            wants.extend(slot.pane.wants(&scene));
            if at == 0 {
                selected = slot.pane.subject(&scene);
            }
        }
        for layer in &self.layers {
            wants.extend(layer.wants(&base));
        }
        wants.extend(self.goals(now));
        let changes = self.known.answers.want(wants);
        let forgotten = changes.forgotten.into_iter().map(Effect::Forget);
        let asked = changes.asked.into_iter().map(|(id, ask)| Effect::Ask { id, ask });
        let looked = self.look_back(now);
        forgotten.chain(asked).chain(looked).collect()
    }

    /// What is to be asked of the objectives, whatever is shown: the verdict rests on them.
    fn goals(&self, now: Now) -> Vec<Ask> {
        let store = &self.known.store;
        let Some(source) = store.of(SourceKind::Prometheus).next() else { return Vec::new() };
        let to = slo::settled(now.wall);
        let nothing = Ledger::default();
        let ask = |goal: &Goal| {
            let ledger = self.known.ledgers.get(&goal.name).unwrap_or(&nothing);
            Some(goal.ask(&source.id, &ledger.lacks(&self.window(goal, to), to)?))
        };
        store.thresholds.goals.iter().filter_map(ask).collect()
    }

    /// The time over which an objective is counted at `to`.
    fn window(&self, goal: &Goal, to: DateTime<Utc>) -> Window {
        goal.window(to, |to| self.look.times.zone.month(to))
    }

    /// Takes an answer.
    pub(super) fn answered(&mut self, slot: &Slot, id: u64, result: Result<Answer, Failure>, now: Now) {
        let goals = &self.known.store.thresholds.goals;
        let goal = slo::goal_of(slot).and_then(|name| goals.iter().find(|goal| &*goal.name == name).cloned());
        let Some(goal) = goal else {
            self.dirty |= self.known.answers.take(slot, id, result);
            if digest::is_asked(slot) {
                self.forget_seen();
            }
            return;
        };
        let piece = self.known.answers.asked(slot).and_then(slo::piece_of);
        // What they come to is kept, the values are not.
        let (series, result) = match result {
            Ok(answer) => (Ok(answer), Ok(Answer::Series(Vec::new()))),
            Err(failure) => (Err(failure.clone()), Err(failure)),
        };
        if let Some(piece) = piece.filter(|_| self.known.answers.take(slot, id, result)) {
            self.count(&goal, piece, series, now);
        }
    }

    /// Takes what was answered about a piece of an objective's window, and counts when all of it is known.
    fn count(&mut self, goal: &Goal, piece: Window, answer: Result<Answer, Failure>, now: Now) {
        let to = slo::settled(now.wall);
        let window = self.window(goal, to);
        let planned = maintenance::windows(&self.known.store, to);
        let counted = answer.map(|answer| {
            let ledger = self.known.ledgers.entry(goal.name.clone()).or_default();
            ledger.take(piece, answer.series(), window.from);
            ledger.lacks(&window, to).is_none().then(|| ledger.account(goal, window, to, &planned))
        });
        // The next piece is asked for after a frame.
        self.dirty = true;
        if let Some(account) = counted.transpose() {
            self.known.store.take_account(&goal.name, account);
            self.forget_seen();
        }
    }

    /// Lets a deed be done; never when nothing may be written.
    pub(super) fn call(&mut self, deed: Deed, now: Now) -> Vec<Effect> {
        if let Some(why) = self.withheld(now) {
            // The dialogue that asked for it hears so, and can be gone on with.
            let (kind, short) = (FailureKind::Other, "nothing is written".into());
            return self.done(&Err(Failure { kind, short, text: why.into() }), now);
        }
        let deed = match (deed.what, self.known.store.source(&deed.source)) {
            // Servers that keep notes get what the comment says as such, too.
            (What::Silence(draft), Some(source)) => silencing::deed(draft, source),
            (what, _) => Deed { what, ..deed },
        };
        self.calls += 1;
        self.doing = told(&deed, self.look.times, now);
        if let What::Silence(draft) = &deed.what {
            self.look.operator.clone_from(&draft.author);
        }
        let noted = self.note_prerequisites(&deed, now);
        noted.into_iter().chain([Effect::Call { id: self.calls, deed }]).collect()
    }

    /// Opens the dialogue of a key that writes; says so when nothing may be written.
    pub(super) fn propose(&mut self, action: Action, now: Now) {
        if self.withholds(now) {
            return;
        }
        let over = self.layers.last().map(|layer| layer.subject().cloned());
        let scene = scene(&self.known, self.frozen.as_ref(), &self.look, now);
        let meant = match over {
            Some(subject) => subject.into_iter().collect(),
            None => self.panes.get(self.pane_name()).map_or_else(Vec::new, |slot| slot.pane.meant(&scene)),
        };
        let opened = deeds::open(action, &meant, &self.look.operator, &scene);
        self.lay(opened, now);
    }

    /// Lays the dialogue of a write over all, or says why there is none.
    pub(super) fn lay(&mut self, opened: Opened, now: Now) {
        match opened {
            Ok(layer) => {
                // What is written is written to the present.
                if self.frozen.take().is_some() {
                    self.forget_seen();
                }
                self.layers.push(layer);
            }
            Err(reason) => self.notify(reason, Role::Muted, now),
        }
    }

    /// Hears what came of a deed. Whoever asked for it is told; and all is looked at again.
    pub(super) fn done(&mut self, result: &Result<Receipt, Failure>, now: Now) -> Vec<Effect> {
        self.dirty = true;
        let waiting = self.layers.iter().rposition(|layer| layer.awaits());
        let mut effects = match (waiting.and_then(|at| Some((at, self.layers.get_mut(at)?))), result) {
            (Some((at, layer)), _) => {
                let outcome = layer.done(result);
                self.settle(at, outcome, now)
            }
            (None, Err(failure)) => {
                self.notify(failure.text.to_string(), Role::Critical, now);
                Vec::new()
            }
            (None, Ok(_)) => Vec::new(),
        };
        if result.is_ok() {
            let doing = std::mem::take(&mut self.doing);
            self.notify(doing, Role::Ok, now);
            if let Some(pane) = self.focused() {
                pane.unmark();
            }
            effects.push(Effect::Refresh(None));
        }
        effects
    }
}

/// A deed that is done, in a few words.
fn told(deed: &Deed, times: Times, now: Now) -> String {
    match &deed.what {
        What::Test(test) => format!("the test alert was sent to {}", test.receiver),
        What::Expire { .. } => "ended".to_owned(),
        What::Reload => "it has read its config and rules again".to_owned(),
        What::Annotate(_) => "annotated: dashboards that ask for one of its tags show it".to_owned(),
        What::Chore(Chore::Protect { on: true, .. }) => "protected: no prune takes it away".to_owned(),
        What::Chore(Chore::Protect { on: false, .. }) => "no longer protected".to_owned(),
        What::Chore(_) => "started: its log is followed to the end".to_owned(),
        What::Silence(draft) => {
            let is_ack = draft.matchers.iter().any(|matcher| &*matcher.name == ACKNOWLEDGED);
            let until = times.short(draft.ends_at, now.wall);
            match Comment::read(&draft.comment).tag {
                Some(Tag::Maintenance { name, until, .. }) => {
                    return format!("planned: {name} until {}", times.short(until, now.wall));
                }
                Some(Tag::Part(name)) => return format!("planned: {name}, with its silences"),
                _ => {}
            }
            match (is_ack, &draft.id) {
                (true, _) => format!("acknowledged until {until}: every wardroom on this cluster shows it"),
                (false, None) => format!("silenced until {until}"),
                (false, Some(_)) => format!("changed: silenced until {until}"),
            }
        }
    }
}
