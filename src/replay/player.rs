//! Plays a recording on a clock of its own: each message at its time, and a tick for each second
//! between.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};

use super::{Moment, Recording};
pub use crate::border::Control;
use crate::border::Msg;
use crate::clock::Clock;

/// The speeds, the usual one among them.
const SPEEDS: [f64; 7] = [0.5, 1.0, 2.0, 5.0, 20.0, 60.0, 600.0];

/// A recording that is played.
#[derive(Debug)]
pub struct Player {
    clock: Clock,
    left: VecDeque<Moment>,
    ends: DateTime<Utc>,
    speed: usize,
    paused: bool,
    /// When the last step was made.
    stepped: Instant,
}

impl Player {
    /// Plays from the beginning, on a clock that stands at it.
    pub fn new(recording: Recording, clock: Clock) -> Self {
        let ends = recording.ended();
        let left = recording.moments.into();
        Self { clock, left, ends, speed: 1, paused: false, stepped: Instant::now() }
    }

    /// When the next step is due; `None` when there is none or it is paused.
    pub fn due(&self) -> Option<Instant> {
        if self.paused || self.is_over() {
            return None;
        }
        let span = self.next_time() - self.clock.now().wall;
        let seconds = span.as_seconds_f64().max(0.0) / SPEEDS.get(self.speed).copied().unwrap_or(1.0);
        Some(self.stepped + Duration::from_secs_f64(seconds))
    }

    /// Whether all was played.
    pub fn is_over(&self) -> bool {
        self.left.is_empty() && self.clock.now().wall >= self.ends
    }

    /// Moves the clock to the next message or second, whichever comes first, and gives what is then.
    pub fn step(&mut self) -> Option<Msg> {
        if self.is_over() {
            return None;
        }
        let now = self.clock.now().wall;
        let next = self.next_time();
        // The clock knows whole milliseconds: a piece of one counts as one, or it would never arrive.
        let micros = (next - now).num_microseconds().unwrap_or(0).max(0);
        self.clock.advance(TimeDelta::milliseconds((micros + 999) / 1000));
        self.stepped = Instant::now();
        match self.left.front() {
            Some(moment) if moment.at <= next => self.left.pop_front().map(|moment| moment.msg),
            _ => Some(Msg::Tick),
        }
    }

    /// Obeys, and says how it goes on.
    pub fn obey(&mut self, control: Control) -> String {
        match control {
            Control::Pause => self.paused = !self.paused,
            Control::Faster => self.speed = (self.speed + 1).min(SPEEDS.len() - 1),
            Control::Slower => self.speed = self.speed.saturating_sub(1),
            Control::NextAlert => {}
        }
        self.stepped = Instant::now();
        let speed = SPEEDS.get(self.speed).copied().unwrap_or(1.0);
        match (self.is_over(), self.paused) {
            (true, _) => "the recording is over".to_owned(),
            (false, true) => "the recording is paused".to_owned(),
            (false, false) => format!("the recording goes on, {speed} times as fast"),
        }
    }

    fn next_time(&self) -> DateTime<Utc> {
        let now = self.clock.now().wall;
        let second = TimeDelta::seconds(1);
        let tick = now.duration_trunc(second).map_or(now, |whole| whole) + second;
        match self.left.front() {
            Some(moment) => moment.at.clamp(now, tick.max(now)),
            None => tick.min(self.ends.max(now)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_comes_at_its_time_with_the_seconds_between() {
        let start = DateTime::UNIX_EPOCH;
        let at = |millis: i64| Moment { at: start + TimeDelta::milliseconds(millis), msg: Msg::Focus(true) };
        let recording =
            Recording { started: start, sources: Vec::new(), moments: vec![at(300), at(300), at(2100)] };
        let clock = Clock::fixed(start);
        let mut player = Player::new(recording, clock.clone());
        let mut seen = Vec::new();
        while let Some(msg) = player.step() {
            seen.push(((clock.now().wall - start).num_milliseconds(), msg == Msg::Tick));
        }
        assert_eq!(seen, [(300, false), (300, false), (1000, true), (2000, true), (2100, false)]);
        assert!(player.is_over() && player.due().is_none());
    }

    #[test]
    fn it_is_paused_and_hurried() {
        let start = DateTime::UNIX_EPOCH;
        let moments = vec![Moment { at: start + TimeDelta::seconds(60), msg: Msg::Tick }];
        let recording = Recording { started: start, sources: Vec::new(), moments };
        let mut player = Player::new(recording, Clock::fixed(start));
        let slow = player.due().expect("a step") - player.stepped;
        assert!(player.obey(Control::Faster).contains("2 times"));
        assert!(player.due().expect("a step") - player.stepped < slow);
        assert!(player.obey(Control::Pause).contains("paused") && player.due().is_none());
        assert!(player.obey(Control::Pause).contains("goes on"));
    }
}
