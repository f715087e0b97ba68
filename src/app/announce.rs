//! What runs here and changes something is said to the other operators: in an acknowledgement of the
//! alert that it is for, which every dashboard reads, and which is taken back when it is over.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;

use super::App;
use crate::border::Effect;
use crate::clock::Now;
use crate::domain::acking::acknowledge;
use crate::domain::alert::FingerprintSource;
use crate::domain::deed::{Deed, Receipt, What};
use crate::domain::feed::{Failure, SourceId, SourceKind};
use crate::domain::run::Order;
use crate::domain::silencing;
use crate::mask::Mask;
use crate::text;
use crate::ui::describe::find_alert;
use crate::ui::theme::Role;

/// Should nobody be left to take it back, it ends by itself: so long after what runs must have ended.
const AFTER: TimeDelta = TimeDelta::minutes(1);

/// The same for what may run as long as it likes.
const LONGEST: TimeDelta = TimeDelta::hours(4);

/// The command is cut to so many cells.
const COMMAND: usize = 120;

/// How far an announcement is.
#[derive(Debug)]
enum State {
    /// It is being made. What it speaks of may be over already.
    Asked { source: SourceId, is_over: bool },
    /// It is there.
    Made { source: SourceId, id: Arc<str> },
}

/// What was announced, run by run.
#[derive(Debug, Default)]
pub(super) struct Announced {
    /// Which run a call speaks of, and whether it takes the announcement back.
    calls: BTreeMap<u64, (u64, bool)>,
    runs: BTreeMap<u64, State>,
}

impl App {
    /// Says that this run has begun, if it changes something and is for an alert that others see too.
    pub(super) fn announce(&mut self, run: u64, order: &Order, now: Now) -> Vec<Effect> {
        let store = &self.known.store;
        let Some(alert) = find_alert(store, &order.subject).filter(|_| order.changes()) else {
            return Vec::new();
        };
        if alert.fingerprint_source != FingerprintSource::Alertmanager {
            return Vec::new();
        }
        let listed = store.listed(alert.key()).map(|listed| listed.source.clone());
        let listed = listed.filter(|source| source.kind == SourceKind::Alertmanager);
        let router =
            || store.near(SourceKind::Alertmanager, alert.site()).next().map(|source| source.id.clone());
        let Some(source) = listed.or_else(router) else { return Vec::new() };
        let span = order
            .limit
            .and_then(|limit| TimeDelta::from_std(limit).ok())
            .map_or(LONGEST, |limit| limit + AFTER);
        let command = Mask::default().text(order.text.lines().next().unwrap_or_default());
        let command = text::truncate(&text::sanitise(&command), COMMAND).into_owned();
        let since = now.wall.format("%H:%M UTC");
        let words = format!("{} runs {command} on {} since {since}", order.operator, order.host);
        let draft = acknowledge(&[alert], &order.operator, &words, span, now.wall);
        let deed = match store.source(&source) {
            Some(known) => silencing::deed(draft, known),
            None => Deed { source: source.clone(), what: What::Silence(draft) },
        };
        self.known.going.announced.runs.insert(run, State::Asked { source, is_over: false });
        vec![self.say(run, false, deed)]
    }

    /// Takes back what was said of this run, which is over.
    pub(super) fn withdraw(&mut self, run: u64) -> Vec<Effect> {
        match self.known.going.announced.runs.remove(&run) {
            Some(State::Made { source, id }) => {
                vec![self.say(run, true, Deed { source, what: What::Expire { id } })]
            }
            Some(State::Asked { source, .. }) => {
                let state = State::Asked { source, is_over: true };
                self.known.going.announced.runs.insert(run, state);
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    fn say(&mut self, run: u64, is_back: bool, deed: Deed) -> Effect {
        self.calls += 1;
        self.known.going.announced.calls.insert(self.calls, (run, is_back));
        Effect::Call { id: self.calls, deed }
    }

    /// Hears what came of an announcement; `None` when this call was none.
    pub(super) fn announced(
        &mut self,
        call: u64,
        result: &Result<Receipt, Failure>,
        now: Now,
    ) -> Option<Vec<Effect>> {
        let (run, is_back) = self.known.going.announced.calls.remove(&call)?;
        let receipt = match result {
            Ok(receipt) => receipt,
            Err(failure) => {
                // What runs does not wait for it.
                self.known.going.announced.runs.remove(&run);
                let what = if is_back { "still say that it runs" } else { "do not hear that it runs" };
                self.notify(format!("others {what}: {}", failure.text), Role::Warning, now);
                return Some(Vec::new());
            }
        };
        let mut effects = vec![Effect::Refresh(None)];
        if let Some(State::Asked { source, is_over }) = self.known.going.announced.runs.remove(&run) {
            let made = State::Made { source, id: Arc::clone(&receipt.id) };
            self.known.going.announced.runs.insert(run, made);
            if is_over {
                effects.extend(self.withdraw(run));
            }
        }
        Some(effects)
    }
}
