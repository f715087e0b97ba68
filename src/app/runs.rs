//! Commands on the screen: confirmed, run, heard, stopped.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::App;
use super::actions::order;
use super::announce::Announced;
use crate::border::Effect;
use crate::clock::Now;
use crate::domain::run::{Order, Run, Runs, Told};
use crate::incident::Event;
use crate::runbooks::login::handed;
use crate::runbooks::session::{Key, Mark, Session, State};
use crate::runbooks::shelf::Standing;
use crate::ui::describe::find_alert;
use crate::ui::layers::Layer;
use crate::ui::layers::confirm::Confirm;
use crate::ui::layers::output::Output;
use crate::ui::layers::preview::Preview;
use crate::ui::theme::Role;

/// Whoever asks to leave while something runs is asked again within this time.
const AGAIN: Duration = Duration::from_secs(2);

/// What runs, and what it is for.
#[derive(Debug, Default)]
pub(super) struct Going {
    pub(super) runs: Runs,
    /// The line of the procedure that each run is for.
    of: BTreeMap<u64, Key>,
    last: u64,
    asked_to_leave: Option<Duration>,
    /// What others were told of what runs.
    pub(super) announced: Announced,
}

impl App {
    /// The command at the focus, to be confirmed; where nothing may be run it is only shown. `again`:
    /// it was shown before, and has become another.
    pub(super) fn confirm(&mut self, again: bool, now: Now) {
        let desk = &self.known.desk;
        let Some((session, (book, _, _))) = desk.session().zip(desk.document()) else { return };
        let (Some(group), Some(stop)) = (session.focused(), session.stop()) else { return };
        let preview = || Preview::new(group, book, &session.before(stop));
        let is_unrecorded = desk.unrecorded.is_some();
        let writes = self.look.writes;
        // To look is no write: that needs no arming.
        let may = |order: &Order| !writes.read_only && (!order.changes() || !writes.is_unarmed(now));
        let order = order(group, book, session, desk, &self.look.operator).filter(may);
        let preview = || match &order {
            Some(order) => preview().bounded(order),
            None => preview(),
        };
        let make = if again { Confirm::renewed } else { Confirm::new };
        let confirm =
            order.clone().and_then(|order| make(preview(), order, group.danger.level, is_unrecorded, now));
        let layer: Box<dyn Layer> = match confirm {
            Some(confirm) => Box::new(confirm.because(self.standing(session))),
            None => Box::new(preview()),
        };
        let is_shown_only = order.is_none();
        self.layers.push(layer);
        if is_shown_only && self.look.writes.is_unarmed(now) {
            self.withholds(now);
        }
    }

    /// Shows anew what is to be confirmed and has changed, or whose alert has.
    pub(super) fn renew_confirmation(&mut self, now: Now) {
        let Some((shown, cause)) = self.layers.last().and_then(|layer| layer.shows()) else { return };
        let session = self.known.desk.session();
        let planned = session.and_then(Session::focused).and_then(|group| group.sha256.as_deref());
        let is_same = planned == Some(shown) && session.is_some_and(|one| self.standing(one) == cause);
        if !is_same {
            self.layers.pop();
            self.confirm(true, now);
        }
    }

    /// How the alert stands that a procedure is followed for.
    fn standing(&self, session: &Session) -> String {
        let Some(fingerprint) = &session.cause.fingerprint else { return String::new() };
        find_alert(&self.known.store, fingerprint).map_or_else(
            || "it is over".to_owned(),
            |alert| format!("{} since {}", alert.state, alert.starts_at),
        )
    }

    /// Runs what was confirmed, if it is still what stands there, in a file that is still trusted.
    pub(super) fn begin(&mut self, order: Order, now: Now) -> Vec<Effect> {
        let desk = &self.known.desk;
        let planned = desk.session().and_then(Session::focused).and_then(|one| one.sha256.as_ref());
        let is_trusted = desk.document().is_some_and(|(_, _, page)| page.standing == Standing::Trusted);
        if planned != Some(&order.confirmed) || !is_trusted {
            self.notify("it has changed since it was shown: look again", Role::Warning, now);
            return Vec::new();
        }
        self.launch(order, now)
    }

    pub(super) fn launch(&mut self, order: Order, now: Now) -> Vec<Effect> {
        let why = if self.look.writes.read_only {
            Some("nothing is run under --read-only".to_owned())
        } else if order.changes() && self.look.writes.is_unarmed(now) {
            Some("it is not armed any more: nothing that changes something is run".to_owned())
        } else if self.look.banner.is_some() {
            if self.would_mend(&order.text, now) {
                return Vec::new();
            }
            Some("the demo lab has no hosts: nothing is run".to_owned())
        } else {
            self.known.going.runs.conflict(&order)
        };
        if let Some(why) = why {
            self.notify(why, Role::Warning, now);
            return Vec::new();
        }
        self.known.going.last += 1;
        let (id, order) = (self.known.going.last, Arc::new(order));
        if let Some(stop) = self.known.desk.session().and_then(Session::stop) {
            self.known.going.of.insert(id, stop.key.clone());
        }
        self.known.going.runs.add(Run::new(id, Arc::clone(&order), now.mono));
        self.layers.push(Box::new(Output::new(id)));
        let mut effects = self.announce(id, &order, now);
        effects.push(if order.is_handed {
            Effect::HandOver { id, order }
        } else {
            Effect::Run { id, order }
        });
        effects
    }

    /// Runs the same command with the terminal handed over to it. What may have changed something
    /// before it asked is confirmed once more, for all of it runs again.
    pub(super) fn hand_over(&mut self, id: u64, now: Now) -> Vec<Effect> {
        let Some(run) = self.known.going.runs.get(id) else { return Vec::new() };
        let argv = handed(&run.order.argv);
        let confirmed = crate::runbooks::login::digest(&argv);
        // The same bytes run on the same host, in the same way but for the terminal.
        let how = format!("{}, terminal handed over", run.order.how);
        let order = Order { argv, confirmed, how, is_handed: true, ..(*run.order).clone() };
        let is_unrecorded = self.known.desk.unrecorded.is_some();
        if order.changes() {
            let Some(confirm) = Confirm::again(order, is_unrecorded, now) else { return Vec::new() };
            self.layers.push(Box::new(confirm));
            return Vec::new();
        }
        self.layers.pop();
        self.launch(order, now)
    }

    /// Has the command put on a prompt in tmux. Nothing runs by that.
    pub(super) fn place(&mut self, id: u64, now: Now) -> Vec<Effect> {
        let Some(run) = self.known.going.runs.get(id) else { return Vec::new() };
        let order = Order { how: "placed in tmux".to_owned(), ..(*run.order).clone() };
        if order.changes() && self.withholds(now) {
            return Vec::new();
        }
        // The end of a line would run it.
        if order.text.trim().contains(char::is_control) {
            self.notify("it has more than one line: hand the terminal over instead", Role::Warning, now);
            return Vec::new();
        }
        vec![Effect::Place(Arc::new(order))]
    }

    /// Hears where a command was put.
    pub(super) fn placed(&mut self, placed: Result<String, String>, now: Now) {
        match placed {
            Ok(where_it_is) => self.notify(where_it_is, Role::Ok, now),
            Err(why) => self.notify(why, Role::Warning, now),
        }
    }

    /// Hears of a run.
    pub(super) fn ran(&mut self, id: u64, told: Told, now: Now) -> Vec<Effect> {
        self.dirty = true;
        let Some(run) = self.known.going.runs.get_mut(id) else { return Vec::new() };
        run.hear(told, now.mono);
        let Some(end) = run.end.clone() else { return Vec::new() };
        let order = Arc::clone(&run.order);
        let is_well = end.is_well(order.is_follow);
        if self.layers.is_empty() {
            let role = if is_well { Role::Ok } else { Role::Critical };
            self.notify(format!("{} on {}: {}", order.title, order.host, end.words()), role, now);
        }
        let mut effects = self.withdraw(id);
        if let Some(line) = self.known.going.of.remove(&id) {
            let state = if is_well { State::Ok } else { State::Failed };
            let mark = Mark { state, by: order.operator.clone(), at: now.wall, note: String::new() };
            let followed = self.known.desk.sessions_mut().find(|one| one.procedure == line.procedure);
            if let Some(session) = followed {
                let note = session.marks.get(&line).map(|mark| mark.note.clone()).unwrap_or_default();
                session.marks.insert(line.clone(), Mark { note, ..mark });
            }
            let outcome = [Some(end.words()), end.trouble, end.left].into_iter().flatten();
            let ran = Event::Ran {
                line: line.clone(),
                command: order.text.clone(),
                host: order.host.clone(),
                level: order.level.clone(),
                confirmed: order.how.clone(),
                outcome: outcome.collect::<Vec<_>>().join("; "),
                output_sha256: end.sha256,
            };
            effects.extend(self.record(ran, now));
            effects.extend(self.record(Event::Ticked { line, state }, now));
        }
        // What it changed is to be seen at once.
        if order.changes() {
            effects.push(Effect::Refresh(None));
        } else {
            effects.extend(order.refresh.iter().map(|source| Effect::Refresh(Some(source.clone()))));
        }
        effects
    }

    /// Leaves; when something runs, only if it is asked for twice.
    pub(super) fn leave(&mut self, now: Now) -> Vec<Effect> {
        let live = self.known.going.runs.live().count();
        let is_again = self.known.going.asked_to_leave.is_some_and(|at| now.mono.saturating_sub(at) < AGAIN);
        if live == 0 || is_again {
            return vec![Effect::Quit];
        }
        self.known.going.asked_to_leave = Some(now.mono);
        let runs =
            if live == 1 { "a command still runs".to_owned() } else { format!("{live} commands still run") };
        self.notify(format!("{runs}: once more within 2 s stops all and leaves"), Role::Warning, now);
        Vec::new()
    }

    /// Whether something runs.
    pub(super) fn is_running(&self) -> bool {
        self.known.going.runs.live().next().is_some()
    }

    /// Whether a run has asked for a terminal and got none.
    pub(super) fn is_asked_for_terminal(&self) -> bool {
        self.known.going.runs.iter().filter_map(|run| run.end.as_ref()).any(|end| end.asks_terminal)
    }

    /// Shows what the last run said.
    pub(super) fn show_output(&mut self, now: Now) {
        let last = self.known.going.runs.live().last().or_else(|| self.known.going.runs.iter().last());
        match last.map(|run| run.id) {
            Some(id) => self.layers.push(Box::new(Output::new(id))),
            None => self.notify("nothing was run yet", Role::Muted, now),
        }
    }
}
