//! When the next frame may go out. On a slow link frames must not queue up behind each other, or
//! every key waits for all of them: so each frame ends with a question, and the next one waits for
//! the answer.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// No eye sees more than 60 frames a second.
const SHORTEST: Duration = Duration::from_nanos(1_000_000_000 / 60);

/// A terminal that does not answer gets this many frames a second at most.
const BLIND: Duration = Duration::from_millis(100);

/// A screen on which nothing happened for so long is calm.
const CALM: Duration = Duration::from_millis(100);

/// What changes a calm screen by itself waits so long for what comes with it, or for the second: with a second
/// that passes come lines and answers, and they share a frame.
const TOGETHER: Duration = Duration::from_millis(50);

/// A frame of so many bytes is soon over on any link.
const SMALL: usize = 512;

/// Where an answer took no longer than this, a frame of any size is soon over.
const QUICK: Duration = Duration::from_millis(20);

/// How long an answer is waited for, until it is known that the link is slower.
const PATIENCE: Duration = Duration::from_millis(250);

/// And no link makes anybody wait longer than this for a frame.
const LONGEST: Duration = Duration::from_secs(2);

/// After so many questions without an answer nothing more is asked.
const UNANSWERED: usize = 3;

/// What a frame is for: what comes later here waits less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// What changed by itself.
    #[default]
    Change,
    /// A second that has passed: what waits need wait no longer.
    Second,
    /// A key.
    Key,
}

/// At most one frame is under way, and behind one that came by itself and is soon over the answer to a key.
#[derive(Debug, Default)]
pub struct Pace {
    last: Option<Instant>,
    /// When the questions that are not answered yet were asked.
    asked: VecDeque<Instant>,
    /// How long the last answer took.
    took: Duration,
    /// What the next frame is for.
    due: Due,
    /// The last one did.
    was_urgent: bool,
    /// The last one was small.
    was_small: bool,
    /// The link answered quickly when it did last.
    is_quick: bool,
}

impl Pace {
    /// The earliest time for the next frame, when the screen is not what it should be since `changed`;
    /// `None` is now.
    pub fn next(&self, changed: Instant) -> Option<Instant> {
        let last = self.last?;
        let urgent = self.due == Due::Key;
        let wait = match self.asked.len() {
            // What changed by itself just before makes no key wait.
            0 if urgent && !self.was_urgent => Duration::ZERO,
            1 if urgent && !self.was_urgent && (self.was_small || self.is_quick) => Duration::ZERO,
            0 => SHORTEST,
            UNANSWERED.. => BLIND,
            _ => self.patience(),
        };
        let is_calm = self.due == Due::Change && changed.saturating_duration_since(last) >= CALM;
        Some((last + wait).max(if is_calm { changed + TOGETHER } else { last }))
    }

    /// A key was pressed: the next frame answers it.
    pub const fn hurry(&mut self) {
        self.due = Due::Key;
    }

    /// A second has passed, and is drawn with all that came shortly before it.
    pub fn ripen(&mut self) {
        self.due = self.due.max(Due::Second);
    }

    /// Whether the next frame ends with the question.
    pub fn asks(&self) -> bool {
        self.asked.len() < UNANSWERED
    }

    /// A frame of so many bytes went out; it asked if [`Pace::asks`] said so.
    pub fn drawn(&mut self, now: Instant, bytes: usize) {
        if self.asks() {
            self.asked.push_back(now);
        }
        self.last = Some(now);
        self.was_urgent = std::mem::take(&mut self.due) == Due::Key;
        self.was_small = bytes <= SMALL;
    }

    /// The terminal answered the oldest question.
    pub fn answered(&mut self, now: Instant) {
        if let Some(asked) = self.asked.pop_front() {
            self.took = now - asked;
            self.is_quick = self.took <= QUICK;
        }
    }

    /// How long an answer that is still to come is worth waiting for; `None` if there is none.
    pub fn outstanding(&self) -> Option<Duration> {
        (1..UNANSWERED).contains(&self.asked.len()).then(|| self.patience())
    }

    /// The link is worth twice the time that it took last: a busy one is not taken for a dead one.
    fn patience(&self) -> Duration {
        (self.took * 2).clamp(PATIENCE, LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What happens, at so many milliseconds.
    enum Step {
        Drawn(u64),
        Large(u64),
        Answered(u64),
        Pressed,
    }
    use Step::{Answered, Drawn, Large, Pressed};

    #[test]
    fn one_frame_is_under_way_at_most() {
        for (what, steps, next, asks) in [
            ("nothing was drawn", &[][..], None, true),
            ("no answer yet", &[Drawn(0)], Some(250), true),
            ("answered", &[Drawn(0), Answered(5)], Some(16), true),
            ("a second frame after the time-out", &[Drawn(0), Drawn(250)], Some(500), true),
            ("three unanswered", &[Drawn(0), Drawn(250), Drawn(500)], Some(600), false),
            ("still silent", &[Drawn(0), Drawn(250), Drawn(500), Drawn(600)], Some(700), false),
            ("a late answer", &[Drawn(0), Drawn(250), Drawn(500), Answered(600)], Some(1_700), true),
            ("a slow link is given its time", &[Drawn(0), Answered(400), Drawn(1_000)], Some(1_800), true),
            ("but not for ever", &[Drawn(0), Answered(5_000), Drawn(6_000)], Some(8_000), true),
            ("a key right after a frame", &[Drawn(0), Answered(5), Pressed], Some(0), true),
            (
                "and more keys than frames",
                &[Drawn(0), Answered(1), Pressed, Drawn(2), Answered(3), Pressed],
                Some(18),
                true,
            ),
            ("a key while a large frame is under way", &[Large(0), Pressed], Some(250), true),
            (
                "the same where the link is quick",
                &[Drawn(0), Answered(2), Large(40), Pressed],
                Some(40),
                true,
            ),
            ("and where it is not", &[Drawn(0), Answered(21), Large(40), Pressed], Some(290), true),
            ("a key while a small one is", &[Drawn(0), Pressed], Some(0), true),
            ("a key while the answer to a key is", &[Drawn(0), Pressed, Drawn(5), Pressed], Some(255), true),
            ("an answer to nothing", &[Answered(0), Drawn(10), Answered(20)], Some(26), true),
        ] {
            let start = Instant::now();
            let at = |millisecond| start + Duration::from_millis(millisecond);
            let mut pace = Pace::default();
            for step in steps {
                match step {
                    Drawn(millisecond) => pace.drawn(at(*millisecond), SMALL),
                    Large(millisecond) => pace.drawn(at(*millisecond), SMALL + 1),
                    Answered(millisecond) => pace.answered(at(*millisecond)),
                    Pressed => pace.hurry(),
                }
            }
            let found = pace.next(start).map(|next| (next - start).as_millis());
            assert_eq!(found, next, "{what}");
            assert_eq!(pace.asks(), asks, "{what}");
        }
    }

    #[test]
    fn what_comes_together_shares_a_frame_and_no_key_waits_for_it() {
        let start = Instant::now();
        let at = |millisecond| start + Duration::from_millis(millisecond);
        let mut pace = Pace::default();
        pace.drawn(start, 100);
        pace.answered(at(2));
        assert_eq!(pace.next(at(1_000)), Some(at(1_050)), "a calm screen");
        assert_eq!(pace.next(at(50)), Some(at(16) + Duration::from_nanos(666_666)), "a busy one");
        pace.ripen();
        assert!(pace.next(at(1_000)) < Some(at(1_000)), "at once with the second");
        pace.drawn(at(1_001), 100);
        pace.answered(at(1_002));
        assert_eq!(pace.next(at(2_000)), Some(at(2_050)), "and that second is over");
        pace.hurry();
        assert_eq!(pace.next(at(2_000)), Some(at(1_001)), "a key");
    }

    #[test]
    fn a_silent_terminal_is_not_waited_for_at_the_end() {
        let mut pace = Pace::default();
        assert_eq!(pace.outstanding(), None);
        pace.drawn(Instant::now(), 100);
        assert_eq!(pace.outstanding(), Some(PATIENCE));
        pace.drawn(Instant::now(), 100);
        pace.drawn(Instant::now(), 100);
        assert_eq!(pace.outstanding(), None);
    }
}
