//! Log lines that leave: those that are written into a file, and those that are forgotten.

use super::App;
use crate::border::Effect;
use crate::clock::Now;
use crate::domain::log::Entry;
use crate::ui::theme::Role;

impl App {
    /// Log lines that are no longer kept, to be freed away from the loop.
    pub fn take_gone(&mut self) -> Vec<Entry> {
        let mut gone = self.known.store.take_gone();
        gone.extend(self.panes.values_mut().flat_map(|slot| slot.pane.take_gone()));
        gone
    }

    /// How far a file is; nothing once it was stopped.
    pub(super) fn hear_saving(&mut self, lines: u64, share: f64, now: Now) {
        if self.saving {
            let percent = (share * 100.0).clamp(0.0, 99.0);
            self.notify(format!("writing: {lines} lines, {percent:.0} %; X stops it"), Role::Accent, now);
        }
    }

    pub(super) fn hear_saved(&mut self, result: Result<String, String>, now: Now) {
        self.saving = false;
        match result {
            Ok(told) => self.notify(told, Role::Ok, now),
            Err(told) => self.notify(told, Role::Critical, now),
        }
    }

    pub(super) fn stop_saving(&mut self, now: Now) -> Vec<Effect> {
        self.saving = false;
        self.notify("stopped; the unfinished file is gone", Role::Info, now);
        vec![Effect::StopSaving]
    }
}
