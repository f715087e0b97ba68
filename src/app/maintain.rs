//! Maintenance as it goes by: what it comes to is written down line by line, it is ended when all is back
//! after its time, and what is not back then is rung for.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::App;
use crate::border::{Effect, Notify};
use crate::clock::Now;
use crate::domain::health::Health;
use crate::domain::maintenance::{self, Maintenance, Phase};
use crate::incident::{self, Entry, Event};

/// What was last written down of every maintenance that goes on.
#[derive(Debug, Default)]
pub(super) struct Followed(BTreeMap<Arc<str>, Last>);

/// How a maintenance stood.
#[derive(Clone, Debug)]
struct Last {
    incident: String,
    name: Arc<str>,
    phase: Phase,
    checks: BTreeMap<String, Health>,
}

impl App {
    /// A second has passed: what of a maintenance is another than before is written down.
    pub(super) fn follow_maintenance(&mut self, now: Now) -> Vec<Effect> {
        let all = maintenance::all(&self.known.store);
        let mut entries = Vec::new();
        let mut effects = Vec::new();
        for one in all.iter().filter(|one| one.phase(now.wall) != Phase::Planned) {
            let rings = self.note(one, now, &mut entries);
            if rings && self.look.notify != Notify::Off {
                let text = one.words(now.wall);
                effects.push(Effect::Ring { text, how: self.look.notify });
            }
        }
        // What an Alertmanager that is down had is still there: what is gone was ended.
        self.followed.0.retain(|id, last| {
            let stays = all.iter().any(|one| one.id == *id);
            if !stays {
                entries.push(line(last, format!("maintenance {} was ended", last.name), now));
            }
            stays
        });
        for window in maintenance::finished(&self.known.store, now.wall) {
            self.known.store.maintained.push(window);
            effects.push(Effect::KeepMaintained(window));
        }
        if !entries.is_empty() {
            effects.push(Effect::Record(entries));
        }
        effects
    }

    /// Notes what is new of a maintenance; whether it is over time only now and something is not back.
    fn note(&mut self, one: &Maintenance, now: Now, entries: &mut Vec<Entry>) -> bool {
        let checks = one.checks(&self.known.store, now.wall);
        let states: BTreeMap<String, Health> =
            checks.iter().map(|check| (check.what.clone(), check.state)).collect();
        let phase = one.phase(now.wall);
        let fresh = Last {
            incident: incident::name(one.window.from, "Maintenance", &one.name),
            name: Arc::clone(&one.name),
            phase,
            checks: states,
        };
        let before = self.followed.0.insert(Arc::clone(&one.id), fresh.clone());
        if before.is_none() {
            let until = one.window.to.format("%Y-%m-%d %H:%M:%S UTC");
            let down = if one.down.is_empty() { "nothing".to_owned() } else { one.down.join(", ") };
            let text = format!(
                "maintenance {} by {}, until {until}; expected to be down: {down}; {}",
                one.name, one.by, one.text
            );
            entries.push(line(&fresh, text, now));
        }
        for check in &checks {
            let was = before.as_ref().and_then(|before| before.checks.get(&check.what));
            if was != Some(&check.state) {
                let text = format!("{}: {} ({})", check.what, check.state, check.evidence);
                entries.push(line(&fresh, text, now));
            }
        }
        let is_new = phase == Phase::Overrun && before.is_none_or(|before| before.phase != Phase::Overrun);
        let is_back = checks.iter().all(|check| check.state == Health::Ok);
        if is_new {
            let word = if is_back { "all is back" } else { "NOT all is back" };
            entries.push(line(&fresh, format!("its time is over: {word}"), now));
        }
        is_new && !is_back
    }
}

fn line(of: &Last, text: String, now: Now) -> Entry {
    Entry {
        schema: incident::SCHEMA,
        incident: of.incident.clone(),
        at: now.wall,
        by: String::new(),
        event: Event::Noted { line: None, text },
    }
}
