//! The bell: rung once when something new is critical, and not again at once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::App;
use crate::border::{Effect, Notify};
use crate::clock::Now;
use crate::domain::health::Health;
use crate::domain::verdict::{Condition, weigh};
use crate::ui::theme::Role;

/// It is not rung again before.
const AGAIN: Duration = Duration::from_secs(30);

/// What was rung for.
#[derive(Debug, Default)]
pub(super) struct Bell {
    /// The critical alerts that somebody was told of; `None` before all have answered once.
    told: Option<BTreeSet<Arc<str>>>,
    rung: Option<Duration>,
    muted: bool,
}

impl Bell {
    /// Other sources are heard: what is critical at their first word is no news.
    pub(super) fn begin_anew(&mut self) {
        self.told = None;
    }
}

impl App {
    /// Rings for what has become critical since the last look. What was so at the start is no news.
    pub(super) fn ring(&mut self, now: Now) -> Vec<Effect> {
        if self.look.notify == Notify::Off {
            return Vec::new();
        }
        let settled = self.bell.told.is_some() || self.is_settled();
        let critical = |alert: &crate::domain::alert::Alert| {
            weigh(Condition::Alert(alert.rank, alert.state)) == Some(Health::Critical)
                // A cause and what follows from it ring once.
                && !self.known.store.causes().contains_key(alert.key())
        };
        let alerts = self.known.store.alerts().iter().map(|listed| &listed.alert);
        let present: Vec<_> = alerts.filter(|alert| critical(alert)).collect();
        let names: BTreeSet<Arc<str>> = present.iter().map(|alert| Arc::clone(alert.key())).collect();
        let Bell { told, rung, muted } = &mut self.bell;
        let Some(told) = told else {
            self.bell.told = settled.then_some(names);
            return Vec::new();
        };
        told.retain(|name| names.contains(name));
        let fresh: Vec<_> = present.iter().filter(|alert| !told.contains(alert.key())).collect();
        let Some(first) = fresh.first() else { return Vec::new() };
        // What comes within the pause is told after it, all at once.
        if rung.is_some_and(|rung| now.mono.saturating_sub(rung) < AGAIN) {
            return Vec::new();
        }
        let mut text = format!("{} {}", first.name, first.subject());
        if fresh.len() > 1 {
            text = format!("{text} and {} more", fresh.len() - 1);
        }
        *told = names;
        *rung = Some(now.mono);
        let how = self.look.notify;
        if *muted { Vec::new() } else { vec![Effect::Ring { text, how }] }
    }

    /// Lets the bell rest, or ring again.
    pub(super) fn mute(&mut self, now: Now) {
        self.bell.muted = !self.bell.muted;
        let words = match (self.look.notify, self.bell.muted) {
            (Notify::Off, _) => "there is no bell: notify = \"off\" in [ui]",
            (_, true) => "the bell is muted until you leave",
            (_, false) => "the bell rings again",
        };
        self.notify(words, Role::Info, now);
    }
}
