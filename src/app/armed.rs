//! Whether anything may be written now: never under `--read-only`; where the config asks for it only
//! while writes are armed, which falls back by itself.

use std::time::Duration;

use super::App;
use crate::action::Action;
use crate::clock::Now;
use crate::keymap::Context;
use crate::ui::scene::{Piece, piece};
use crate::ui::theme::Role;

/// What stands in the way of writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Writes {
    /// Nothing is ever written.
    pub(super) read_only: bool,
    /// Writes must be armed first, and are for so long.
    pub(super) arm: Option<Duration>,
    /// Until when they are armed.
    until: Option<Duration>,
}

impl Writes {
    pub(super) const fn new(read_only: bool, arm: Option<Duration>) -> Self {
        Self { read_only, arm, until: None }
    }

    /// What a new config says, armed as it was.
    pub(super) const fn after(self, before: Self) -> Self {
        Self { until: before.until, ..self }
    }

    /// How long writes are armed still; `None` when they are not, or need not be.
    fn left(self, now: Now) -> Option<Duration> {
        self.arm?;
        self.until.map(|until| until.saturating_sub(now.mono)).filter(|left| !left.is_zero())
    }

    /// Whether writes wait to be armed.
    pub(super) fn is_unarmed(self, now: Now) -> bool {
        self.arm.is_some() && self.left(now).is_none()
    }

    /// Whether nothing may be written now.
    pub(super) fn are_withheld(self, now: Now) -> bool {
        self.read_only || self.is_unarmed(now)
    }

    /// They need to be armed again: nobody may have sat here meanwhile.
    pub(super) const fn disarm(&mut self) {
        self.until = None;
    }
}

impl App {
    /// Why nothing may be written now.
    pub(super) fn withheld(&self, now: Now) -> Option<String> {
        if self.look.writes.read_only {
            return Some("nothing is written under --read-only".to_owned());
        }
        let key = || self.look.keymap.hint(Action::Arm, Context::Global).unwrap_or_else(|| ":arm".to_owned());
        let is_unarmed = self.look.writes.is_unarmed(now);
        is_unarmed.then(|| format!("nothing is written until it is armed: {}", key()))
    }

    /// Whether nothing may be written now; then it is said why.
    pub(super) fn withholds(&mut self, now: Now) -> bool {
        let why = self.withheld(now);
        let is_withheld = why.is_some();
        if let Some(why) = why {
            self.notify(why, Role::Warning, now);
        }
        is_withheld
    }

    /// Arms writes for as long as the config says, or takes that back.
    pub(super) fn arm(&mut self, now: Now) {
        let writes = &mut self.look.writes;
        let (text, role) = match writes.arm {
            _ if writes.read_only => (
                "--read-only was asked for: nothing can be armed until you start without it".to_owned(),
                Role::Warning,
            ),
            None => ("writes need no arming: [ui] arm = \"10m\" would ask for it".to_owned(), Role::Muted),
            Some(_) if writes.left(now).is_some() => {
                writes.disarm();
                ("disarmed: nothing is written".to_owned(), Role::Ok)
            }
            Some(span) => {
                writes.until = Some(now.mono + span);
                (format!("writes are armed for {}", crate::text::took(span.as_secs_f64())), Role::Warning)
            }
        };
        self.notify(text, role, now);
    }

    /// What the line of the sources says of it, on the right.
    pub(super) fn writes_word(&self, now: Now) -> Option<Piece> {
        let writes = self.look.writes;
        if writes.read_only {
            return Some(piece("read-only", Role::Muted));
        }
        writes.arm?;
        let Some(left) = writes.left(now) else { return Some(piece("read-only", Role::Muted)) };
        // Rounded up: what is shown is never less than nothing while it is armed.
        let seconds = left.as_millis().div_ceil(1000);
        Some(piece(format!("armed {}:{:02}", seconds / 60, seconds % 60), Role::Warning))
    }
}
