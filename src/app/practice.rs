//! What is done in quiet days, by keys: maintenance planned and ended, routines worked through, drills noted.

use super::{App, scene};
use crate::border::Effect;
use crate::clock::Now;
use crate::domain::comment::{Comment, Tag};
use crate::domain::deed::{Deed, What};
use crate::domain::drill::Drill;
use crate::domain::routine::{Cadence, Done};
use crate::domain::subject::Subject;
use crate::incident::{self, Entry, Event};
use crate::ui::layers::maintenance::Maintenances;
use crate::ui::layers::routines::Routines;
use crate::ui::theme::Role;

impl App {
    /// Shows what is planned, goes on and is over time, and lets one be planned or ended.
    pub(super) fn open_maintenance(&mut self, now: Now) {
        let meant: Vec<Subject> = self.subject_over(now).into_iter().collect();
        self.show_maintenance(&meant, now);
    }

    fn show_maintenance(&mut self, meant: &[Subject], now: Now) {
        // What is written is written to the present.
        if self.frozen.take().is_some() {
            self.forget_seen();
        }
        let withheld = self.withheld(now);
        let scene = scene(&self.known, None, &self.look, now);
        let layer = Maintenances::new(meant, &self.look.operator, withheld, &scene);
        self.layers.push(Box::new(layer));
    }

    /// Shows the routines, or the lines of one.
    pub(super) fn open_routines(&mut self, routine: Option<Cadence>) {
        // Noting one is no write on a server: that needs no arming.
        let withheld = self.look.writes.read_only.then(|| "nothing is written under --read-only".to_owned());
        self.layers.push(Box::new(Routines::new(routine, &self.look.operator, withheld)));
    }

    /// Opens what a row of the horizon stands for, where that is something to be done; `false` when it is
    /// something to be read.
    pub(super) fn open_chore(&mut self, subject: &Subject, now: Now) -> bool {
        match subject {
            Subject::Routine(routine) => self.open_routines(Some(*routine)),
            Subject::Silence { source, id } => {
                let source = self.known.store.source(source);
                let mut silences = source.into_iter().flat_map(|source| source.data.silences.iter());
                if !silences.any(|one| one.id == *id && one.carries_maintenance()) {
                    return false;
                }
                self.show_maintenance(std::slice::from_ref(subject), now);
            }
            _ => return false,
        }
        true
    }

    /// Notes that a restore was tried.
    pub(super) fn drilled(&mut self, drill: Drill, now: Now) -> Vec<Effect> {
        self.known.store.drills.push(drill.clone());
        self.forget_seen();
        self.notify("noted: a restore was tried today", Role::Ok, now);
        vec![Effect::KeepDrill(drill)]
    }

    /// Notes that a routine was worked through.
    pub(super) fn worked(&mut self, done: Done, now: Now) -> Vec<Effect> {
        self.known.store.routines.push(done.clone());
        self.forget_seen();
        self.notify(format!("noted: routine {} was worked through", done.routine), Role::Ok, now);
        vec![Effect::KeepRoutine(done)]
    }

    /// Has everything measured again.
    pub(super) fn look_again(&mut self, now: Now) -> Vec<Effect> {
        self.notify("looking again", Role::Info, now);
        self.known.answers.renew();
        vec![Effect::Refresh(None)]
    }

    /// Writes into the record of a maintenance which prerequisites were said to be met when it was planned.
    pub(super) fn note_prerequisites(&self, deed: &Deed, now: Now) -> Option<Effect> {
        let What::Silence(draft) = &deed.what else { return None };
        let Some(Tag::Maintenance { name, .. }) = Comment::read(&draft.comment).tag else { return None };
        let procedures = self.known.desk.books().iter().flat_map(|book| &book.procedures);
        let own = procedures.filter(|one| one.title.eq_ignore_ascii_case(&name));
        let line = |need: &crate::runbooks::model::CheckItem| Entry {
            schema: incident::SCHEMA,
            incident: incident::name(draft.starts_at, "Maintenance", &name),
            at: now.wall,
            by: draft.author.to_string(),
            event: Event::Noted { line: None, text: format!("said to be met: {}", need.text) },
        };
        let entries: Vec<Entry> = own.flat_map(|one| &one.prerequisites.items).map(line).collect();
        (!entries.is_empty()).then_some(Effect::Record(entries))
    }
}
