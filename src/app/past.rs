//! The views of what happened: when they are opened the journal is read, and who opens the digest has
//! looked.

use std::time::Duration;

use super::App;
use crate::border::Effect;
use crate::clock::Now;
use crate::domain::digest::Looked;
use crate::domain::ran::Ran;
use crate::ui::view::View;

/// How often the journal is read while the view is open: others may write into it.
const EVERY: Duration = Duration::from_secs(30);

impl App {
    /// What is to be done when the digest or the journal is on the screen.
    pub(super) fn look_back(&mut self, now: Now) -> Vec<Effect> {
        let shown = self.current().map(View::panes).unwrap_or_default();
        let open = ["digest", "journal"].into_iter().find(|pane| shown.contains(pane));
        let Some(open) = open.filter(|_| !self.is_wall()) else {
            self.looking = None;
            return Vec::new();
        };
        let read = self.looking.filter(|(view, _)| *view == open).map(|(_, read)| read);
        if read.is_some_and(|read| now.mono.saturating_sub(read) < EVERY) {
            return Vec::new();
        }
        self.looking = Some((open, now.mono));
        if read.is_some() || open == "journal" {
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
