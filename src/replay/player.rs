//! Plays a recording on a clock of its own: each message at its time, and a tick for each second
//! between.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};

use super::{Moment, Recording};
pub use crate::border::Control;
use crate::border::Msg;
use crate::clock::Clock;
use crate::domain::feed::{Failure, FailureKind};
use crate::domain::question::{Ask, Question};

/// The speeds, the usual one among them.
const SPEEDS: [f64; 7] = [0.5, 1.0, 2.0, 5.0, 20.0, 60.0, 600.0];

/// An answer that is so far off was to another question.
const SOON: TimeDelta = TimeDelta::seconds(15);

/// A recording that is played.
#[derive(Debug)]
pub struct Player {
    clock: Clock,
    left: VecDeque<Moment>,
    /// What was answered when somebody looked: played only when it is asked for again.
    answers: Vec<Moment>,
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
        let (answers, left): (Vec<_>, VecDeque<_>) = {
            let (answers, left): (Vec<_>, Vec<_>) =
                recording.moments.into_iter().partition(|moment| moment.asked.is_some());
            (answers, left.into())
        };
        Self { clock, left, answers, ends, speed: 1, paused: false, stepped: Instant::now() }
    }

    /// What was answered to this: at once when its time is over, else it comes at its time. A question
    /// that nobody asked then has no answer.
    pub fn answer(&mut self, id: u64, ask: &Ask) -> Option<Msg> {
        let now = self.clock.now().wall;
        let Some((at, result)) = self.known(ask, now) else {
            let failure = Failure {
                kind: FailureKind::Other,
                short: "not in the recording".into(),
                text: "nobody asked for this while the recording was made, so it holds no answer".into(),
            };
            return Some(Msg::Answered { slot: ask.slot.clone(), id, result: Err(failure) });
        };
        let msg = Msg::Answered { slot: ask.slot.clone(), id, result };
        if at <= now {
            return Some(msg);
        }
        let place = self.left.partition_point(|moment| moment.at <= at);
        self.left.insert(place, Moment::new(at, msg));
        None
    }

    /// The answer to this, and when it came: the next one if it is near, else the last, of those to the
    /// very question; else of those to the same question of another time.
    fn known(&self, ask: &Ask, now: DateTime<Utc>) -> Option<(DateTime<Utc>, Answered)> {
        let mut best: Option<((bool, bool, TimeDelta), &Moment)> = None;
        for moment in &self.answers {
            let Some(asked) = moment.asked.as_ref().filter(|asked| asked.source == ask.source) else {
                continue;
            };
            let exact = asked.question == ask.question;
            let off = moment.at - now;
            if off > SOON || !(exact || is_alike(&asked.question, &ask.question)) {
                continue;
            }
            let rank = (!exact, off < TimeDelta::zero(), off.abs());
            if best.as_ref().is_none_or(|(have, _)| rank < *have) {
                best = Some((rank, moment));
            }
        }
        let (_, moment) = best?;
        match &moment.msg {
            Msg::Answered { result, .. } => Some((moment.at, result.clone())),
            _ => None,
        }
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

/// What an answer holds.
type Answered = Result<crate::domain::question::Answer, Failure>;

/// Whether two questions differ in the time alone that they ask about.
fn is_alike(one: &Question, other: &Question) -> bool {
    match (one, other) {
        (Question::Value { query: one, .. }, Question::Value { query: other, .. })
        | (Question::Series { query: one, .. }, Question::Series { query: other, .. })
        | (Question::Volume { query: one, .. }, Question::Volume { query: other, .. })
        | (Question::Log { upid: one, .. }, Question::Log { upid: other, .. }) => one == other,
        (Question::Lines(one), Question::Lines(other)) => one.query == other.query,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::feed::{SourceId, SourceKind};
    use crate::domain::question::{Answer, Question};

    fn ask(query: &str) -> Ask {
        let source = SourceId::new(SourceKind::Prometheus, "main");
        Ask { slot: "slot".into(), source, question: Question::Value { query: query.into(), at: None } }
    }

    #[test]
    fn an_answer_comes_at_its_time_and_later_at_once() {
        let start = DateTime::UNIX_EPOCH;
        let msg = Msg::Answered { slot: "other".into(), id: 7, result: Ok(Answer::Series(Vec::new())) };
        let answer = Moment { at: start + TimeDelta::milliseconds(1400), msg, asked: Some(ask("up")) };
        let recording = Recording { started: start, sources: Vec::new(), moments: vec![answer] };
        let clock = Clock::fixed(start);
        let mut player = Player::new(recording, clock.clone());
        assert_eq!(player.step(), Some(Msg::Tick), "nobody has asked yet");
        assert_eq!(player.answer(1, &ask("up")), None, "it is on its way");
        let here = Msg::Answered { slot: "slot".into(), id: 1, result: Ok(Answer::Series(Vec::new())) };
        assert_eq!(player.step(), Some(here));
        assert_eq!((clock.now().wall - start).num_milliseconds(), 1400);
        assert!(matches!(player.answer(2, &ask("up")), Some(Msg::Answered { id: 2, result: Ok(_), .. })));
        let none = player.answer(3, &ask("down"));
        assert!(matches!(none, Some(Msg::Answered { id: 3, result: Err(_), .. })), "{none:?}");
    }

    #[test]
    fn every_message_comes_at_its_time_with_the_seconds_between() {
        let start = DateTime::UNIX_EPOCH;
        let at = |millis: i64| Moment::new(start + TimeDelta::milliseconds(millis), Msg::Focus(true));
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
        let moments = vec![Moment::new(start + TimeDelta::seconds(60), Msg::Tick)];
        let recording = Recording { started: start, sources: Vec::new(), moments };
        let mut player = Player::new(recording, Clock::fixed(start));
        let slow = player.due().expect("a step") - player.stepped;
        assert!(player.obey(Control::Faster).contains("2 times"));
        assert!(player.due().expect("a step") - player.stepped < slow);
        assert!(player.obey(Control::Pause).contains("paused") && player.due().is_none());
        assert!(player.obey(Control::Pause).contains("goes on"));
    }
}
