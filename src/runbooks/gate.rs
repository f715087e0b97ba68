//! Between a command that is shown and one that runs: what has to be pressed, and what does not count.
//! Pure: time is handed in.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::danger::Level;

/// A key, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// Enter.
    Enter,
    /// It takes a typed character away.
    Backspace,
    /// It gives up.
    Escape,
    /// A character.
    Char(char),
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demand {
    /// This key.
    Press(Key),
    /// This word, and Enter.
    Type(String),
}

/// What a key came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// More is to be pressed.
    Wait,
    /// It may run. What was pressed.
    Go(String),
    /// It does not run.
    GiveUp,
}

/// A key counts when it was not seen for so long before: one that is held down comes again and again.
const QUIET: Duration = Duration::from_millis(250);

/// The key that opened this may still be held down, and comes again only after so long.
const HELD: Duration = Duration::from_millis(700);

/// So many characters within so short a time were not typed by a hand.
const PASTE: (usize, Duration) = (4, Duration::from_millis(20));

/// What is said of a paste.
const PASTED: &str = "pasted text does not count: type it";

/// The gate.
#[derive(Clone, Debug)]
pub struct Gate {
    level: Level,
    demands: VecDeque<Demand>,
    first: VecDeque<Demand>,
    since: Duration,
    typed: String,
    seen: BTreeMap<Key, Duration>,
    opened_by: Option<Key>,
    typed_at: VecDeque<Duration>,
    pressed: Vec<String>,
    /// It became another while it was shown.
    is_renewed: bool,
    /// Why the last key did not count.
    pub reason: Option<&'static str>,
}

impl Gate {
    /// The gate of a level on a host, shown since `now`; `opened_by` is the key that showed it. When
    /// nothing can be written down, what changes something asks for a word first. `None`: it is never
    /// run.
    pub fn new(
        level: Level,
        host: &str,
        is_unrecorded: bool,
        opened_by: Option<Key>,
        now: Duration,
    ) -> Option<Self> {
        let demand = match level {
            Level::L0 => Demand::Press(Key::Enter),
            Level::L1 => Demand::Press(Key::Char('y')),
            Level::L2 => Demand::Press(Key::Char('Y')),
            Level::L3 => Demand::Type(host.to_owned()),
            Level::X => return None,
        };
        let is_told = is_unrecorded && level > Level::L0;
        let word = is_told.then(|| Demand::Type("unrecorded".to_owned()));
        let demands: VecDeque<Demand> = word.into_iter().chain([demand]).collect();
        let mut gate = Self {
            level,
            first: demands.clone(),
            demands,
            since: now,
            typed: String::new(),
            seen: BTreeMap::new(),
            opened_by,
            typed_at: VecDeque::new(),
            pressed: Vec::new(),
            is_renewed: false,
            reason: None,
        };
        gate.renew(now);
        gate.is_renewed = false;
        gate.reason = None;
        Some(gate)
    }

    /// What is shown has changed: nothing that was pressed counts any more.
    pub fn renew(&mut self, now: Duration) {
        self.demands.clone_from(&self.first);
        self.since = now;
        self.typed.clear();
        self.typed_at.clear();
        self.pressed.clear();
        if let Some(key) = self.opened_by {
            self.seen.insert(key, now);
        }
        self.is_renewed = true;
        self.reason = Some("it has changed: look again");
    }

    /// What is said to whoever presses before a key counts.
    const fn too_soon(&self) -> &'static str {
        if self.is_renewed { "it has changed: look again" } else { "too soon: read it first" }
    }

    /// What is asked for now.
    pub fn demand(&self) -> Option<&Demand> {
        self.demands.front()
    }

    /// What was typed so far.
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// Whether a key counts already.
    pub fn is_armed(&self, now: Duration) -> bool {
        now.saturating_sub(self.since) >= self.arm()
    }

    /// The time before a key counts.
    const fn arm(&self) -> Duration {
        match self.level {
            Level::L0 | Level::L1 => QUIET,
            _ => HELD,
        }
    }

    /// A key was pressed.
    pub fn press(&mut self, key: Key, now: Duration) -> Step {
        self.reason = None;
        let before = self.seen.insert(key, now);
        let quiet = if self.opened_by == Some(key) && before == Some(self.since) { HELD } else { QUIET };
        let is_fresh = before.is_none_or(|before| now.saturating_sub(before) >= quiet);
        match (self.demand().cloned(), key) {
            (_, Key::Escape) => Step::GiveUp,
            (Some(Demand::Type(word)), _) => self.type_one(&word, key, is_fresh, now),
            (Some(Demand::Press(wanted)), _) if wanted == key => {
                if !self.is_armed(now) {
                    self.reason = Some(self.too_soon());
                    Step::Wait
                } else if is_fresh {
                    self.pressed.push(name(key));
                    self.next()
                } else {
                    self.reason = Some("a key that is held down does not count");
                    Step::Wait
                }
            }
            // No is what is meant when nothing is said.
            (Some(Demand::Press(_)), Key::Char('n' | 'N')) => Step::GiveUp,
            (Some(Demand::Press(_)), Key::Enter) if is_fresh && self.is_armed(now) => Step::GiveUp,
            (Some(Demand::Press(Key::Char('Y'))), Key::Char('y')) => {
                self.reason = Some("a capital Y");
                Step::Wait
            }
            _ => Step::Wait,
        }
    }

    fn type_one(&mut self, word: &str, key: Key, is_fresh: bool, now: Duration) -> Step {
        match key {
            Key::Char(char) => {
                self.typed_at.push_back(now);
                while self.typed_at.front().is_some_and(|at| now.saturating_sub(*at) > PASTE.1) {
                    self.typed_at.pop_front();
                }
                if self.typed_at.len() >= PASTE.0 {
                    // What is still to come of it does not count either.
                    self.typed.clear();
                    self.reason = Some(PASTED);
                } else if self.typed.len() < 256 {
                    self.typed.push(char);
                }
            }
            Key::Backspace => {
                self.typed.pop();
            }
            Key::Enter if self.typed.is_empty() => {}
            Key::Enter if self.typed != word => {
                self.typed.clear();
                self.reason = Some("that is not the word: type it again");
            }
            Key::Enter if !self.is_armed(now) || !is_fresh => {
                self.reason = Some(self.too_soon());
            }
            Key::Enter => {
                self.pressed.push(format!("typed {word}"));
                return self.next();
            }
            Key::Escape => return Step::GiveUp,
        }
        Step::Wait
    }

    fn next(&mut self) -> Step {
        self.demands.pop_front();
        self.typed.clear();
        if self.demands.is_empty() { Step::Go(self.pressed.join(", ")) } else { Step::Wait }
    }

    /// A text was pasted: it never counts.
    pub fn pasted(&mut self) {
        self.typed.clear();
        self.typed_at.clear();
        self.reason = Some(PASTED);
    }
}

fn name(key: Key) -> String {
    match key {
        Key::Enter => "enter".to_owned(),
        Key::Backspace => "backspace".to_owned(),
        Key::Escape => "esc".to_owned(),
        Key::Char(char) => char.to_string(),
    }
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
