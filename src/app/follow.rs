//! The runbooks on the screen: opened for what is selected, followed step by step, written down as
//! an incident when they were opened at an alert.

use super::App;
use crate::action::Action;
use crate::border::Effect;
use crate::clock::Now;
use crate::domain::subject::Subject;
use crate::incident::Event;
use crate::keymap::Context;
use crate::runbooks::desk;
use crate::runbooks::find::MatchKind;
use crate::runbooks::session::{Cause, Session, State, What};
use crate::runbooks::shelf::{Shelf, Standing};
use crate::ui::describe::find_alert;
use crate::ui::layers::choose::{Choice, Choose};
use crate::ui::layers::entry::{Entry as Line, Purpose};
use crate::ui::layers::trust::Trust;
use crate::ui::panes::runbook::about;
use crate::ui::theme::Role;

impl App {
    /// Takes the runbooks that were read.
    pub(super) fn shelved(&mut self, read: Shelf, now: Now) {
        let was_there = self.known.desk.shelf.is_some();
        if let Some(fault) = read.faults.first() {
            self.notify(fault.clone(), Role::Warning, now);
        } else if was_there {
            self.notify("the runbooks were read again: what is ticked stays", Role::Info, now);
        }
        self.known.desk.take(read);
        self.known.desk.diagnose(&self.known.store, now.wall);
        self.forget_seen();
    }

    /// Opens the procedure for what is selected; asks where there are several, and offers a search
    /// where there is none.
    pub(super) fn open_runbook(&mut self, now: Now) -> Vec<Effect> {
        let Some(subject) = self.subject_over(now) else {
            // A text over the panes that is about nothing.
            return if self.layers.is_empty() { self.search_runbooks("", now) } else { Vec::new() };
        };
        if self.known.desk.is_waiting() {
            self.notify("the runbooks are still being read", Role::Muted, now);
            return Vec::new();
        }
        if self.known.desk.books().is_empty() {
            let none = "no runbook is configured: [runbooks] files = [\"FILE\"]";
            self.notify(none, Role::Warning, now);
            return Vec::new();
        }
        let (cause, named, choices) = self.meant_by(&subject);
        let is_sure = choices.iter().all(|choice| choice.how != "suggested");
        match choices.as_slice() {
            [] => self.search_runbooks(&named, now),
            [one] if is_sure => self.follow_procedure(&one.file.clone(), &one.procedure.clone(), cause, now),
            _ => {
                let head = if is_sure { "Which procedure" } else { "No procedure names it; these may fit" };
                self.layers.push(Box::new(Choose::new(head, choices, cause)));
                Vec::new()
            }
        }
    }

    /// What a procedure would be opened for, its name, and the procedures that are meant.
    fn meant_by(&self, subject: &Subject) -> (Cause, String, Vec<Choice>) {
        let (store, desk) = (&self.known.store, &self.known.desk);
        let (labels, names) = about::of_subject(subject, store);
        let alert = match subject {
            Subject::Alert { fingerprint, .. } => find_alert(store, fingerprint),
            _ => about::alert_of(subject, store),
        };
        if let Some(alert) = alert {
            let cause = desk::cause_of(alert, subject.clone(), store);
            let found = desk.of_alert(alert, store);
            let choices = found.iter().map(|one| Choice::new(one.runbook, one.procedure, how(one.kind)));
            let choices: Vec<Choice> = choices.collect();
            if subject.is_alert() || choices.iter().any(|choice| choice.how != "suggested") {
                return (cause, alert.name.to_string(), choices);
            }
        }
        let found = desk.of_names(&names).into_iter();
        let mut choices: Vec<Choice> =
            found.map(|(book, one)| Choice::new(book, one, "configured")).collect();
        let name = names.last().cloned().unwrap_or_default();
        if choices.is_empty() {
            let alike = desk.suggested(&name).into_iter();
            choices =
                alike.map(|one| Choice::new(one.runbook, one.procedure, how(MatchKind::Suggested))).collect();
        }
        (desk::cause_with(Some(subject.clone()), labels), name, choices)
    }

    /// Shows the procedures that were searched for.
    fn search_runbooks(&mut self, named: &str, now: Now) -> Vec<Effect> {
        self.known.desk.close();
        self.known.desk.typed = String::new();
        self.show_runbooks();
        if !named.is_empty() {
            self.notify(format!("no procedure is for {named}: search with /"), Role::Muted, now);
        }
        Vec::new()
    }

    fn show_runbooks(&mut self) {
        self.open_view("runbooks");
    }

    /// Opens a procedure. At an alert a record of the incident begins, or goes on.
    pub(super) fn follow_procedure(
        &mut self,
        file: &str,
        procedure: &str,
        cause: Cause,
        now: Now,
    ) -> Vec<Effect> {
        let is_new = self.known.desk.open(file, procedure, cause, now.wall);
        self.known.desk.hear_hosts(&self.known.store);
        self.show_runbooks();
        // What was searched for among the procedures is not what is searched for in this one.
        self.filter("");
        self.known.desk.diagnose(&self.known.store, now.wall);
        let mut effects = if is_new { self.begin_incident(now) } else { Vec::new() };
        effects.extend(self.look_at_runbook(now));
        effects
    }

    /// Looks at what is known, and takes what the queries of the checklists were answered.
    pub(super) fn look_at_runbook(&mut self, now: Now) -> Vec<Effect> {
        let known = &mut self.known;
        let mut changed = known.desk.look(&known.store, now.wall);
        let asks = known.desk.session().map(|session| about::check_asks(session, &known.store, now.wall));
        if let Some(session) = known.desk.session_mut() {
            for (at, ask) in asks.unwrap_or_default() {
                let Some(samples) = about::samples(&known.answers.get(&ask)) else { continue };
                let about = &session.cause.about;
                let Some(check) = session.checks.get_mut(at) else { continue };
                let outcome = samples.map_or_else(crate::runbooks::verify::Outcome::Unknown, |samples| {
                    crate::runbooks::verify::judge_answer(&check.probe, about, &samples, now.wall)
                });
                if check.hear(outcome, now.wall) {
                    changed.push(at);
                }
            }
        }
        self.renew_confirmation(now);
        let Some(session) = self.known.desk.session() else { return Vec::new() };
        let events = changed.into_iter().filter_map(|at| session.checks.get(at)).flat_map(about::measured);
        let events: Vec<(String, Event)> = events.map(|event| (String::new(), event)).collect();
        let mut effects = if events.is_empty() { Vec::new() } else { self.write_down(events, now) };
        effects.extend(self.note_drill(now));
        effects
    }

    /// Does what a key asks for in the runbook; `None` when that is none of its business.
    pub(super) fn follow(&mut self, action: Action, now: Now) -> Option<Vec<Effect>> {
        if self.context() != Context::Runbook {
            return None;
        }
        if self.known.desk.session().is_none() {
            return self.follow_list(action, now);
        }
        self.dirty = true;
        Some(match action {
            Action::Close if self.is_at_rest() => self.back_to_list(),
            Action::NextStep => self.go(1),
            Action::PreviousStep => self.go(-1),
            Action::Open => self.enter(now),
            Action::Done => self.mark(State::ByHand, now),
            Action::Skip => self.mark(State::Skipped, now),
            Action::Note => self.type_in(Purpose::Note, Vec::new()),
            Action::Value => self.type_value(now),
            Action::Verify => {
                self.notify("looking again", Role::Info, now);
                self.known.answers.renew();
                vec![Effect::Refresh(None)]
            }
            Action::SwapHost => self.swap_host(now),
            Action::Escalate => self.escalate(now),
            Action::Report => self.report(now),
            Action::Copy => self.copy_command(now),
            action => self.choose_scenario(action, now)?,
        })
    }

    /// Shows the procedures again that were searched for, as they were left.
    fn back_to_list(&mut self) -> Vec<Effect> {
        let desk = &mut self.known.desk;
        desk.close();
        let (typed, selected) = (desk.typed.clone(), desk.selected);
        self.filter(&typed);
        self.known.desk.selected = selected;
        self.forget_seen();
        Vec::new()
    }

    /// Whether nothing is searched for in the text, and nothing is zoomed.
    fn is_at_rest(&self) -> bool {
        let pane = self.panes.get(self.pane_name());
        !self.zoomed && pane.is_none_or(|slot| slot.pane.filter().0.is_empty())
    }

    fn follow_list(&mut self, action: Action, now: Now) -> Option<Vec<Effect>> {
        let desk = &mut self.known.desk;
        let last = desk.hits().len().saturating_sub(1);
        let at = desk.selected.min(last);
        desk.selected = match action {
            Action::Down => (at + 1).min(last),
            Action::Up => at.saturating_sub(1),
            Action::PageDown | Action::HalfDown => (at + 10).min(last),
            Action::PageUp | Action::HalfUp => at.saturating_sub(10),
            Action::Top => 0,
            Action::Bottom => last,
            Action::Open => {
                let hits = desk.hits();
                let hit = hits.get(at)?;
                let (file, procedure) = (hit.runbook.path.clone(), hit.procedure.id.clone());
                return Some(self.follow_procedure(&file, &procedure, Cause::default(), now));
            }
            _ => return None,
        };
        self.dirty = true;
        Some(Vec::new())
    }

    fn go(&mut self, by: isize) -> Vec<Effect> {
        if let Some(session) = self.known.desk.session_mut() {
            session.step(by);
        }
        Vec::new()
    }

    /// Does what stands at the focus: asks a query, or shows a command to its last byte before anything
    /// else is done with it. Whoever runs commands begins here.
    fn enter(&mut self, now: Now) -> Vec<Effect> {
        let desk = &mut self.known.desk;
        let Some(session) = desk.session_mut() else { return Vec::new() };
        let Some(stop) = session.stop().cloned() else { return Vec::new() };
        let is_query = session.focused().is_some_and(|group| group.lang == "promql");
        match stop.what {
            What::Group(_) if is_query => {
                if !session.asked.remove(&stop.key) {
                    session.asked.insert(stop.key);
                }
                Vec::new()
            }
            What::Group(_) => self.preview(now),
            What::Check(_) => self.follow(Action::Verify, now).unwrap_or_default(),
            What::Step => self.mark(State::ByHand, now),
            What::Fold => {
                if !session.unfolded.remove(&stop.line) {
                    session.unfolded.insert(stop.line);
                }
                Vec::new()
            }
        }
    }

    /// Shows the command at the focus as it would run. Its file must be trusted: that is asked first.
    fn preview(&mut self, now: Now) -> Vec<Effect> {
        let desk = &self.known.desk;
        let Some((_, _, page)) = desk.document() else {
            return Vec::new();
        };
        match &page.standing {
            Standing::Exposed => {
                let told = format!("others may write {}: run chmod go-w on it, and read it again", page.file);
                self.notify(told, Role::Warning, now);
            }
            Standing::New | Standing::Changed { .. } => {
                self.layers.push(Box::new(Trust::new(page)));
            }
            Standing::Trusted => {
                self.confirm(false, now);
            }
        }
        Vec::new()
    }

    fn mark(&mut self, state: State, now: Now) -> Vec<Effect> {
        let operator = self.look.operator.to_string();
        let Some(session) = self.known.desk.session_mut() else { return Vec::new() };
        let Some((line, mark)) = session.mark(state, &operator, now.wall) else { return Vec::new() };
        if mark.state != State::Todo {
            session.step(1);
        }
        self.record(Event::Ticked { line, state: mark.state }, now)
    }

    fn type_in(&mut self, purpose: Purpose, offered: Vec<std::sync::Arc<str>>) -> Vec<Effect> {
        self.layers.push(Box::new(Line::new(purpose, "", Vec::new()).offering(offered)));
        Vec::new()
    }

    fn type_value(&mut self, now: Now) -> Vec<Effect> {
        let known = &self.known;
        let Some(session) = known.desk.session() else { return Vec::new() };
        let Some(wanted) = session.open_placeholder() else {
            self.notify("this command has no placeholder", Role::Muted, now);
            return Vec::new();
        };
        let input = known.desk.input(session, &wanted.name);
        let offered = match input.map(|input| &input.choices).filter(|choices| !choices.is_empty()) {
            Some(choices) => choices.iter().map(|choice| choice.as_str().into()).collect(),
            None => about::offered(wanted, session, &known.store),
        };
        let expects = input.map_or_else(|| wanted.kind.expects().to_owned(), |input| input.expects.clone());
        let purpose = Purpose::Value { name: wanted.name.clone(), expects };
        self.type_in(purpose, offered)
    }

    /// Takes a line that was typed for the runbook.
    pub(super) fn followed(&mut self, purpose: &Purpose, text: &str, now: Now) -> Vec<Effect> {
        if let Purpose::Incident { incident, alerts } = purpose {
            return self.incident_line(incident.as_deref(), alerts, text, now);
        }
        let operator = self.look.operator.to_string();
        let desk = &mut self.known.desk;
        let Some(session) = desk.session_mut() else { return Vec::new() };
        match purpose {
            Purpose::Note if !text.is_empty() => {
                let line = session.note(text, &operator, now.wall);
                self.record(Event::Noted { line, text: text.to_owned() }, now)
            }
            Purpose::Value { name, .. } => {
                if text.is_empty() {
                    session.set.remove(name);
                } else {
                    session.set.insert(name.clone(), text.to_owned());
                }
                desk.replan();
                self.record(Event::Said { name: name.clone(), value: text.to_owned() }, now)
            }
            _ => Vec::new(),
        }
    }

    fn swap_host(&mut self, now: Now) -> Vec<Effect> {
        let Some(session) = self.known.desk.session_mut() else { return Vec::new() };
        let swapped = session.swap();
        self.known.desk.replan();
        if swapped.is_empty() {
            self.notify("this command names no host", Role::Muted, now);
        }
        Vec::new()
    }

    fn escalate(&mut self, now: Now) -> Vec<Effect> {
        let condition =
            self.known.desk.document().and_then(|(_, procedure, _)| procedure.escalation.as_ref());
        let condition = condition.map_or_else(String::new, |escalation| escalation.condition.clone());
        if let Some(session) = self.known.desk.session_mut() {
            session.escalated = Some(now.wall);
        }
        self.notify("noted: help was called", Role::Ok, now);
        self.record(Event::Escalated { condition }, now)
    }

    fn copy_command(&mut self, now: Now) -> Vec<Effect> {
        let group = self.known.desk.session().and_then(Session::focused);
        let Some(group) = group else { return Vec::new() };
        if let Some(text) = &group.filled {
            return self.copy_text(text.clone(), now);
        }
        let why = group.refusals.first().cloned().unwrap_or_default();
        self.notify(format!("there is nothing to copy: {why}"), Role::Warning, now);
        Vec::new()
    }

    fn choose_scenario(&mut self, action: Action, now: Now) -> Option<Vec<Effect>> {
        let label = match action {
            Action::ScenarioA => "A",
            Action::ScenarioB => "B",
            Action::ScenarioC => "C",
            Action::ScenarioD => "D",
            Action::ScenarioE => "E",
            Action::ScenarioF => "F",
            _ => return None,
        };
        let (_, procedure, _) = self.known.desk.document()?;
        let procedure = procedure.clone();
        let session = self.known.desk.session_mut()?;
        if !session.choose(&procedure, label) {
            self.notify(format!("this procedure has no scenario {label}"), Role::Muted, now);
            return Some(Vec::new());
        }
        let chosen = session.scenario.clone();
        self.known.desk.replan();
        let scenario = procedure.scenarios.iter().find(|one| Some(&one.label) == chosen.as_ref());
        if let (Some(scenario), Some(session)) = (scenario, self.known.desk.session_mut())
            && let Some(at) =
                session.stops.iter().position(|stop| stop.scenario.as_ref() == Some(&scenario.label))
        {
            session.at = at;
        }
        let told = scenario.map(|one| format!("{}: {}", one.label, one.title));
        Some(self.record(Event::Chose { scenario: told }, now))
    }

    /// Lets the file be trusted as it was shown.
    pub(super) fn trust(&mut self, file: String, sha256: String, now: Now) -> Vec<Effect> {
        self.notify("trusted as it was shown", Role::Ok, now);
        vec![Effect::Trust { file, sha256 }]
    }

    /// Searches the procedures, while none is open.
    pub(super) fn search_list(&mut self, text: &str) {
        if self.known.desk.session().is_none() && self.context() == Context::Runbook {
            text.clone_into(&mut self.known.desk.typed);
            self.known.desk.selected = 0;
        }
    }
}

const fn how(kind: MatchKind) -> &'static str {
    match kind {
        MatchKind::Annotation => "named by the alert",
        MatchKind::Exact => "of that name",
        MatchKind::Alias => "by alias",
        MatchKind::Trigger => "same metric",
        MatchKind::Suggested => "suggested",
    }
}
