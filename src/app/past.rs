//! The view of what happened: when it is opened the operator has looked, and the journal is read.

use std::time::Duration;

use super::App;
use crate::border::Effect;
use crate::clock::Now;
use crate::domain::digest::Looked;
use crate::domain::ran::Ran;

/// How often the journal is read while the view is open: others may write into it.
const EVERY: Duration = Duration::from_secs(30);

impl App {
    /// What is to be done when the digest is on the screen.
    pub(super) fn look_back(&mut self, now: Now) -> Vec<Effect> {
        let is_shown = self.look.views.get(self.view).is_some_and(|view| view.name == "digest");
        if !is_shown || self.is_wall() {
            self.looking = None;
            return Vec::new();
        }
        let is_first = self.looking.is_none();
        if self.looking.is_some_and(|read| now.mono.saturating_sub(read) < EVERY) {
            return Vec::new();
        }
        self.looking = Some(now.mono);
        if !is_first {
            return vec![Effect::ReadPast];
        }
        let looked = Looked::again(self.known.store.looked, now.wall);
        self.known.store.looked = Some(looked);
        self.forget_seen();
        vec![Effect::KeepLooked(looked), Effect::ReadPast]
    }

    /// Takes what the journal tells.
    pub(super) fn take_past(&mut self, ran: Vec<Ran>) {
        if self.known.store.ran != ran {
            self.known.store.ran = ran;
            self.forget_seen();
        }
    }
}
