//! What keys do: layers first, from the top down, then the screen, then the pane with the focus.

use std::time::Duration;

use crokey::KeyCombination;

use super::{App, Frozen, HINTS, HOLD, scene};
use crate::action::Action;
use crate::border::Effect;
use crate::clock::Now;
use crate::domain::feed::SourceKind;
use crate::domain::store::Store;
use crate::domain::subject::Subject;
use crate::keymap::Context;
use crate::ui::census::Census;
use crate::ui::describe::{copied, link};
use crate::ui::layers::Outcome;
use crate::ui::layers::deeds;
use crate::ui::layers::entry::Purpose;
use crate::ui::layers::help::Help;
use crate::ui::layers::overview::Overview;
use crate::ui::layers::prompt::Prompt;
use crate::ui::layers::sheet::{Matter, Sheet};
use crate::ui::panes::Entered;
use crate::ui::scene::Scene;
use crate::ui::theme::Role;
use crate::ui::view;

impl App {
    /// What a key does.
    pub(super) fn key(&mut self, key: KeyCombination, now: Now) -> Vec<Effect> {
        let effects = self.pressed(key, now);
        self.confirmable.press();
        effects
    }

    /// Layers first, from the top down; then the panes.
    fn pressed(&mut self, key: KeyCombination, now: Now) -> Vec<Effect> {
        self.dirty = true;
        self.notice = None;
        let hinted = self.hints.take().is_some_and(|until| now.mono < until);
        if self.is_wall() {
            return self.wall_key(self.look.keymap.action(Context::List, key), now);
        }
        let here = self.layers.last().map_or_else(|| self.context(), |layer| layer.context());
        let ends = [Action::Close, Action::Hints].map(Some);
        if hinted && ends.contains(&self.look.keymap.action(here, key)) {
            return Vec::new();
        }
        // What is pressed is meant for what is shown: that must still be so.
        self.renew_confirmation(now);
        let count = self.layers.len();
        for at in (0..count).rev() {
            let Some(layer) = self.layers.get_mut(at) else { continue };
            let context = layer.context();
            let action = self.look.keymap.action(context, key);
            if self.confirmable.is_blind(count, context, action) {
                return Vec::new();
            }
            layer.at(now);
            let outcome = layer.key(key, action);
            if outcome != Outcome::Pass {
                return self.settle(at, outcome, now);
            }
            if let Some(action) = action {
                return self.act(action, now);
            }
        }
        if !self.layers.is_empty() {
            return Vec::new();
        }
        match self.look.keymap.action(self.context(), key) {
            Some(action) => self.act(action, now),
            None => self.own_key(key, now),
        }
    }

    /// Does what a layer asks for.
    pub(super) fn settle(&mut self, at: usize, outcome: Outcome, now: Now) -> Vec<Effect> {
        self.dirty = true;
        // First, for what is done may lay another one over all.
        if outcome.ends_layer() {
            self.layers.remove(at);
        }
        match outcome {
            Outcome::Pass | Outcome::Stay | Outcome::Close => {}
            Outcome::Entered(purpose, text) if purpose.is_of_incidents() => {
                return self.followed(&purpose, &text, now);
            }
            Outcome::Entered(purpose, text) => return self.entered(&purpose, &text, now),
            Outcome::Chosen { file, procedure, cause } => {
                return self.follow_procedure(&file, &procedure, *cause, now);
            }
            Outcome::Trusted { file, sha256 } => return self.trust(file, sha256, now),
            Outcome::Ordered(line, order) => return self.order(&line, order, now),
            Outcome::Incident(step, meant) => return self.step_incident(step, &meant, now),
            Outcome::Call(deed) => return self.call(deed, now),
            Outcome::Typed(text) => self.set_filter(at, &text),
            Outcome::GivenUp => self.set_filter(at, ""),
            Outcome::Filtered(text) => self.filter(&text),
            Outcome::Grouped(label) => self.group_by(&label, now),
            Outcome::Drilled(drill) => return self.drilled(drill, now),
            Outcome::Worked(done) => return self.worked(done, now),
            Outcome::Look => return self.look_again(now),
            Outcome::Show(subject) => self.layers.push(Box::new(Sheet::new(Matter::Detail(subject)))),
            Outcome::Copy(text) => return self.copy_text(text, now),
            Outcome::Run(order) => return self.begin(*order, now),
            Outcome::Again(order) => return self.launch(*order, now),
            Outcome::Stop(id) => return vec![Effect::Stop(id)],
            Outcome::HandOver(id) => return self.hand_over(id, now),
            Outcome::Place(id) => return self.place(id, now),
            Outcome::Annotate(id) => self.annotate_run(id, now),
        }
        Vec::new()
    }

    /// Filters or searches what lies below the layer `at`.
    fn set_filter(&mut self, at: usize, text: &str) {
        let below = at.checked_sub(1).and_then(|below| self.layers.get_mut(below));
        if let Some(scroll) = below.and_then(|layer| layer.text()) {
            scroll.set_search(text);
            if !text.is_empty() {
                scroll.seek = true;
            }
        } else {
            self.filter(text);
        }
    }

    /// Filters the pane with the focus.
    pub(super) fn filter(&mut self, text: &str) {
        self.search_list(text);
        let (name, whole) = (self.pane_name(), self.is_whole());
        if let Some(slot) = self.panes.get_mut(name) {
            slot.pane.set_filter(text);
            // What a pane folds away where it is brief it brings out for a filter.
            slot.seen = slot.seen.filter(|_| whole);
            self.held_until = Duration::ZERO;
        }
    }

    /// Groups the rows of the pane with the focus.
    pub(super) fn group_by(&mut self, label: &str, now: Now) {
        let (name, whole) = (self.pane_name(), self.is_whole());
        let scene = Scene { whole, ..scene(&self.known, self.frozen.as_ref(), &self.look, now) };
        if let Some(slot) = self.panes.get_mut(name) {
            slot.pane.group_by(label, &scene);
        }
    }

    pub(super) fn act(&mut self, action: Action, now: Now) -> Vec<Effect> {
        if let Some((view, _)) = view::NAMES.iter().find(|(_, open)| *open == action) {
            self.open_view(view);
            return Vec::new();
        }
        if self.layers.is_empty()
            && let Some(effects) = self.follow(action, now)
        {
            return effects;
        }
        match action {
            Action::Quit => return self.leave(now),
            Action::Suspend => return vec![Effect::Suspend],
            Action::Reload => return vec![Effect::Reload],
            Action::Refresh => {
                self.notify("asking every source again", Role::Info, now);
                self.known.answers.renew();
                return vec![Effect::Refresh(None)];
            }
            Action::Freeze => self.freeze(now),
            Action::Times => {
                self.look.times.absolute = !self.look.times.absolute;
                self.forget_seen();
            }
            Action::Mute => self.mute(now),
            Action::Arm => self.arm(now),
            Action::Why => self.layers.push(Box::new(Sheet::new(Matter::Why))),
            Action::Help => self.help(),
            Action::Hints => self.hints = Some(now.mono + HINTS),
            Action::Mouse => return self.heed_mouse(now),
            Action::Palette => self.palette(),
            Action::Filter => self.prompt(),
            Action::Copy => return self.copy(now),
            Action::Export if self.saving => return self.stop_saving(now),
            Action::Link => return self.link(now),
            Action::Actions => return self.offer_actions(now),
            action if deeds::is_one(action) => self.propose(action, now),
            Action::ShowLogs => self.show_logs(now),
            Action::ShowBackups => self.show_backups(now),
            Action::Note => return self.note_about(),
            Action::Output => self.show_output(now),
            Action::Journal => return vec![Effect::ReadJournal],
            Action::Incident => return vec![Effect::RecallAll],
            Action::Maintenance => self.open_maintenance(now),
            Action::Routines => self.open_routines(None),
            Action::Runbook => return self.open_runbook(now),
            _ if !self.layers.is_empty() => {}
            Action::Overview => self.overview(),
            Action::NextPane => self.move_focus(1),
            Action::PreviousPane => self.move_focus(-1),
            Action::Expand => {
                self.zoomed = !self.zoomed;
                self.forget_seen();
            }
            Action::Wider | Action::Narrower | Action::Taller | Action::Lower => self.resize(action, now),
            Action::Open => self.open(now),
            Action::Close => self.close(now),
            action => {
                self.move_in_pane(action, now);
            }
        }
        Vec::new()
    }

    /// Opens the view of this name, if there is one.
    pub(super) fn open_view(&mut self, name: &str) {
        if let Some(at) = self.look.views.iter().position(|view| view.name == name) {
            self.layers.clear();
            self.zoomed = false;
            self.view = at;
            self.lay_filters();
            self.forget_seen();
            // What was not on the screen need not be held still.
            self.held_until = Duration::ZERO;
        }
    }

    fn freeze(&mut self, now: Now) {
        self.judge(now);
        self.frozen = match self.frozen.take() {
            Some(_) => None,
            None => {
                Some(Frozen { store: self.known.store.clone(), verdict: self.known.verdict.clone(), at: now })
            }
        };
        self.forget_seen();
    }

    fn help(&mut self) {
        let (context, name) = match self.layers.last() {
            Some(layer) => (layer.context(), "this text".to_owned()),
            None => (self.context(), format!("the {} pane", self.pane_name())),
        };
        let own = self.own_actions().map(|(name, keys, _)| (keys.join(" "), name.to_owned()));
        let own = own.chain(self.own_places()).collect();
        self.layers.push(Box::new(Help::new(context, name).with(own)));
    }

    fn prompt(&mut self) {
        let (typed, census) = match self.layers.last_mut() {
            Some(layer) => match layer.text() {
                Some(scroll) => (scroll.search.as_str().to_owned(), Census::default()),
                None => return,
            },
            None => match self.focused() {
                Some(pane) => (pane.filter().0.to_owned(), pane.census(true)),
                None => return,
            },
        };
        self.layers.push(Box::new(Prompt::new(&typed, census)));
    }

    /// Where the fire is.
    fn overview(&mut self) {
        let Some(pane) = self.focused() else { return };
        let overview = Overview::new(&pane.census(false), pane.filter().0);
        self.layers.push(Box::new(overview));
    }

    /// Folds the selected group, or opens the detail of the selected row.
    fn open(&mut self, now: Now) {
        if self.move_in_pane(Action::Open, now) {
            return;
        }
        if let Some(subject) = self.subject(now).filter(|subject| !self.open_chore(subject, now)) {
            self.layers.push(Box::new(Sheet::new(Matter::Detail(subject))));
        }
    }

    fn copy(&mut self, now: Now) -> Vec<Effect> {
        if self.layers.is_empty() {
            let scene = scene(&self.known, self.frozen.as_ref(), &self.look, now);
            let selected = self.panes.get(self.pane_name()).and_then(|slot| slot.pane.copied(&scene));
            if let Some(text) = selected {
                let lines = text.lines().count();
                self.notify(format!("copied {lines} lines"), Role::Ok, now);
                return vec![Effect::Copy(text)];
            }
        }
        let Some(subject) = self.subject_over(now) else { return Vec::new() };
        let scene = scene(&self.known, self.frozen.as_ref(), &self.look, now);
        let text = copied(&subject, scene.store);
        if text.is_empty() { Vec::new() } else { self.copy_text(text, now) }
    }

    /// Copies the link of what is selected.
    fn link(&mut self, now: Now) -> Vec<Effect> {
        let Some(subject) = self.subject_over(now) else { return Vec::new() };
        let scene = scene(&self.known, self.frozen.as_ref(), &self.look, now);
        if let Some(text) = link(&subject, &scene) {
            return self.copy_text(text, now);
        }
        self.notify("it has no link", Role::Muted, now);
        Vec::new()
    }

    /// What is selected: in the layer on top, else in the pane with the focus.
    pub(super) fn subject_over(&self, now: Now) -> Option<Subject> {
        let over = self.layers.last().map(|layer| layer.subject().cloned());
        over.unwrap_or_else(|| self.subject(now))
    }

    pub(super) fn copy_text(&mut self, text: String, now: Now) -> Vec<Effect> {
        self.notify(format!("copied {}", crate::text::truncate(&text, 60)), Role::Ok, now);
        vec![Effect::Copy(text)]
    }

    /// Esc: marks go first, then the filter, then the zoom. It never leaves.
    fn close(&mut self, now: Now) {
        if self.move_in_pane(Action::Close, now) {
            return;
        }
        let zoomed = self.zoomed;
        let Some(pane) = self.focused() else { return };
        if pane.filter().0.is_empty() && pane.go_back() {
            return;
        }
        let Some(pane) = self.focused() else { return };
        if !pane.filter().0.is_empty() {
            self.filter("");
        } else if zoomed {
            self.zoomed = false;
            self.forget_seen();
        }
    }

    /// Lets the pane with the focus act; `false` when the key was none of its business.
    fn move_in_pane(&mut self, action: Action, now: Now) -> bool {
        let (name, whole) = (self.pane_name(), self.is_whole());
        let scene = Scene { whole, ..scene(&self.known, self.frozen.as_ref(), &self.look, now) };
        let Some(slot) = self.panes.get_mut(name) else { return false };
        if let Some(entry) = slot.pane.entry(action, &scene) {
            self.layers.push(Box::new(entry));
            return true;
        }
        let acted = slot.pane.act(action, &scene);
        if acted {
            self.held_until = now.mono + HOLD;
        }
        acted
    }

    /// Opens the logs of the alert that is selected, or that the detail is about.
    fn show_logs(&mut self, now: Now) {
        let over = self.layers.last().and_then(|layer| layer.subject().cloned());
        let Some(subject) = over.or_else(|| self.subject(now)) else { return };
        let Subject::Alert { fingerprint, .. } = &subject else { return };
        let known = &self.known.store;
        let mut alerts = known.alerts().iter().map(|listed| &listed.alert);
        let Some(alert) = alerts.find(|alert| alert.key() == fingerprint).cloned() else { return };
        if let Some(why) = lost_loki(known, now) {
            return self.offer_journal(&subject, &alert, &why, now);
        }
        let scene = scene(&self.known, self.frozen.as_ref(), &self.look, now);
        let shown = self.panes.get_mut("logs").is_some_and(|slot| slot.pane.show_logs_of(&alert, &scene));
        if shown {
            self.open_view("logs");
        } else {
            self.notify("no Loki is configured", Role::Warning, now);
        }
    }

    /// Hands a typed line to the pane with the focus.
    fn entered(&mut self, purpose: &Purpose, text: &str, now: Now) -> Vec<Effect> {
        let name = self.pane_name();
        let scene = scene(&self.known, self.frozen.as_ref(), &self.look, now);
        let Some(slot) = self.panes.get_mut(name) else { return Vec::new() };
        match slot.pane.entered(purpose, text, &scene) {
            Ok(Entered::Taken) => {}
            Ok(Entered::Query(query)) => {
                let queries = &mut self.known.store.queries;
                queries.retain(|have| *have != query);
                queries.push(query.clone());
                return vec![Effect::KeepQuery(query)];
            }
            Ok(Entered::Export(export)) => {
                self.saving = true;
                return vec![Effect::Save(export)];
            }
            Err(wrong) => self.notify(wrong, Role::Warning, now),
        }
        Vec::new()
    }

    fn subject(&self, now: Now) -> Option<Subject> {
        let scene = scene(&self.known, self.frozen.as_ref(), &self.look, now);
        self.panes.get(self.pane_name())?.pane.subject(&scene)
    }
}

/// Why no Loki answers; nothing while one does, or there is none.
fn lost_loki(store: &Store, now: Now) -> Option<String> {
    let mut why = None;
    for source in store.of(SourceKind::Loki) {
        let (failure, _since) = source.failure(now.wall)?;
        why.get_or_insert_with(|| failure.short.to_string());
    }
    why
}
