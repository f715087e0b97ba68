//! What the dashboard does unasked, as time goes by: it ends and renews what is bound to a
//! condition, has the response clocks written down, and opens what it was started for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::App;
use crate::border::Effect;
use crate::clock::Now;
use crate::domain::deed::Receipt;
use crate::domain::feed::{Failure, Feed, SourceKind};
use crate::domain::maintenance;
use crate::domain::reaping;
use crate::domain::store::{Related, Relating};
use crate::domain::verdict::judge_ahead;
use crate::domain::wanted::Wanted;
use crate::ui::layers::sheet::{Matter, Sheet};
use crate::ui::theme::Role;

/// How often it is looked what is due.
const EVERY: Duration = Duration::from_secs(10);

/// What was tried is not tried again before.
const AGAIN: Duration = Duration::from_mins(1);

/// How long is waited for the alert that the dashboard was started for.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is under way unasked.
#[derive(Debug, Default)]
pub(super) struct Upkeep {
    /// The alert that is to be opened, and up to when it is waited for.
    wanted: Option<(Wanted, Option<Duration>)>,
    looked: Option<Duration>,
    /// When which silence was last touched.
    tried: BTreeMap<Arc<str>, Duration>,
    /// The calls that nobody at the keyboard asked for.
    calls: BTreeSet<u64>,
    /// A note is to be taken as soon as the incidents are known.
    pub noting: bool,
}

impl Upkeep {
    pub(super) fn new(wanted: Option<Wanted>) -> Self {
        Self { wanted: wanted.map(|wanted| (wanted, None)), ..Self::default() }
    }
}

impl App {
    /// Judges again what is known, if something new is known. A large lab is judged away from the loop.
    pub(super) fn judge(&mut self, now: Now) {
        let known = &mut self.known;
        if known.unjudged && !(known.is_judged_elsewhere && known.store.is_large()) {
            known.verdict = judge_ahead(&known.store, now.wall);
        }
        known.unjudged = false;
    }

    /// Takes what was found away from the loop; `None` when it was not.
    pub(super) fn take_related(
        &mut self,
        number: u64,
        related: Option<&Related>,
        now: Now,
    ) -> Option<Relating> {
        let Some(related) = related else {
            self.known.store.forget_relating(number);
            self.known.is_judged_elsewhere = false;
            self.notify("the alerts were not joined: a fault in wardroom", Role::Critical, now);
            return None;
        };
        if !self.known.store.awaits(number) {
            return None;
        }
        let next = self.known.store.take_related(number, related, now.wall);
        if related.hosts.is_some() {
            self.hear(SourceKind::Prometheus);
        }
        if related.joined.is_some() {
            self.hear(SourceKind::Alertmanager);
        }
        self.dirty |= self.known.verdict != related.verdict;
        self.known.verdict = related.verdict.clone();
        self.known.is_judged_elsewhere = true;
        next
    }

    /// A second has passed.
    pub(super) fn keep_up(&mut self, now: Now) -> Vec<Effect> {
        self.open_wanted(now);
        let mut seen = self.follow_maintenance(now);
        seen.extend(self.follow_boot(now));
        if self.upkeep.looked.is_some_and(|looked| now.mono.saturating_sub(looked) < EVERY) {
            return seen;
        }
        self.upkeep.looked = Some(now.mono);
        seen.push(Effect::KeepClocks(self.known.store.clocks().clone()));
        seen.extend(self.reap(now));
        seen
    }

    fn reap(&mut self, now: Now) -> Vec<Effect> {
        if self.look.writes.are_withheld(now) {
            return Vec::new();
        }
        let Upkeep { tried, calls, .. } = &mut self.upkeep;
        tried.retain(|_, at| now.mono.saturating_sub(*at) < AGAIN);
        let mut effects = Vec::new();
        for due in reaping::due(&self.known.store, now.wall) {
            if tried.insert(Arc::clone(&due.id), now.mono).is_none() {
                self.calls += 1;
                calls.insert(self.calls);
                effects.push(Effect::Call { id: self.calls, deed: due.deed });
            }
        }
        for (one, deeds) in maintenance::over(&self.known.store, now.wall) {
            if tried.insert(Arc::clone(&one.id), now.mono).is_none() {
                for deed in deeds {
                    self.calls += 1;
                    calls.insert(self.calls);
                    effects.push(Effect::Call { id: self.calls, deed });
                }
            }
        }
        effects
    }

    /// Whether nobody at the keyboard asked for this call; then it is heard here.
    pub(super) fn kept_up(
        &mut self,
        id: u64,
        result: &Result<Receipt, Failure>,
        now: Now,
    ) -> Option<Vec<Effect>> {
        if !self.upkeep.calls.remove(&id) {
            return self.announced(id, result, now);
        }
        if let Err(failure) = result {
            self.notify(format!("a silence was not ended or renewed: {}", failure.text), Role::Warning, now);
            return Some(Vec::new());
        }
        Some(vec![Effect::Refresh(None)])
    }

    /// Opens the alert that the dashboard was started for, as soon as it is there.
    pub(super) fn open_wanted(&mut self, now: Now) {
        let Some((wanted, until)) = &mut self.upkeep.wanted else { return };
        let until = *until.get_or_insert(now.mono + PATIENCE);
        let found = wanted.find(&self.known.store);
        // What Prometheus raised is known by another identity once Alertmanager has told of it.
        let is_early = self.known.store.of(SourceKind::Alertmanager).any(|source| {
            let alerts = source.feeds.get(&Feed::Alerts);
            alerts.is_some_and(|alerts| alerts.at.is_none() && alerts.failure.is_none())
        });
        if (found.is_none() || is_early) && !self.is_settled() && now.mono < until {
            return;
        }
        let Some((wanted, _)) = self.upkeep.wanted.take() else { return };
        let Some(subject) = found else {
            let wanted = crate::text::sanitise(&wanted.to_string()).into_owned();
            return self.notify(format!("there is no alert {wanted} now"), Role::Warning, now);
        };
        self.open_view("alerts");
        self.layers.push(Box::new(Sheet::new(Matter::Detail(subject))));
        self.dirty = true;
    }

    /// Whoever presses a key has found something to do.
    pub(super) fn want_no_more(&mut self) {
        self.upkeep.wanted = None;
    }
}
