//! What the dashboard hears, taken down while it is seen: the feeds, and what details asked for.

use std::collections::HashMap;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use chrono::{DateTime, Utc};

use crate::border::Msg;
use crate::domain::question::Ask;
use crate::replay::{Moment, Recorder};

/// So many moments may wait for the disk; when it hangs, what comes then is not in the recording.
const QUEUE: usize = 4096;

/// Questions that nobody answered are forgotten beyond so many.
const OPEN: usize = 1000;

/// A recording that is being made.
#[derive(Debug)]
pub struct Tape {
    open: HashMap<u64, Ask>,
    to: SyncSender<Moment>,
    written: Receiver<io::Result<u64>>,
    missed: u64,
}

impl Tape {
    /// Takes down into `recorder`, on a thread of its own: a disk may hang.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(recorder: Recorder) -> io::Result<Self> {
        let (to, moments) = sync_channel(QUEUE);
        let (told, written) = sync_channel(1);
        thread::Builder::new().name("tape".to_owned()).spawn(move || {
            // Whoever ended without waiting does not want to know.
            let _unheard = told.send(write(recorder, &moments));
        })?;
        Ok(Self { open: HashMap::new(), to, written, missed: 0 })
    }

    /// Notes what was asked: an answer alone does not say to what.
    pub fn asked(&mut self, id: u64, ask: &Ask) {
        if self.open.len() >= OPEN {
            self.open.clear();
        }
        self.open.insert(id, ask.clone());
    }

    /// Takes down what came, if it is something that servers said. What is typed is never among it.
    pub fn take(&mut self, msg: &Msg, at: DateTime<Utc>) {
        let asked = match msg {
            Msg::Observed { .. } => None,
            Msg::Answered { id, .. } => match self.open.remove(id) {
                Some(ask) => Some(ask),
                None => return,
            },
            _ => return,
        };
        if self.to.try_send(Moment { at, msg: msg.clone(), asked }).is_err() {
            self.missed += 1;
        }
    }

    /// Ends it: how many moments are in it, and how many the disk was too slow for.
    ///
    /// # Errors
    /// When it could not be written.
    pub fn end(self) -> io::Result<(u64, u64)> {
        drop(self.to);
        let count = self.written.recv().map_err(io::Error::other)??;
        Ok((count, self.missed))
    }
}

fn write(mut recorder: Recorder, moments: &Receiver<Moment>) -> io::Result<u64> {
    let mut count = 0;
    while let Ok(moment) = moments.recv() {
        count += 1;
        if !recorder.take(&moment)? {
            tracing::info!("the recording is as large as it may be, and goes on in a new file");
            recorder = recorder.turn(moment.at)?;
        }
    }
    recorder.finish()?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::feed::{SourceId, SourceKind};
    use crate::domain::question::{Answer, Question};
    use crate::replay::Recording;

    /// A text that packs badly, another for each number.
    fn noise(number: u64) -> String {
        let mut state = number;
        let digits = (0..40).map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            format!("{:x}", state >> 33)
        });
        digits.collect()
    }

    #[test]
    fn of_a_long_recording_the_newest_is_kept() {
        const MOST: u64 = 200_000;
        const COUNT: u64 = 10_000;
        let home = tempfile::tempdir().expect("a directory");
        let file = home.path().join("x.wardroom");
        let recorder = Recorder::start(&file, &[], DateTime::UNIX_EPOCH, MOST).expect("a file");
        let tape = Tape::start(recorder).expect("a thread");
        let source = SourceId::new(SourceKind::Prometheus, "main");
        for number in 0..COUNT {
            let at = DateTime::from_timestamp(number.cast_signed(), 0).expect("a time");
            let text: std::sync::Arc<str> = noise(number).into();
            let failure = crate::domain::feed::Failure {
                kind: crate::domain::feed::FailureKind::Other,
                short: std::sync::Arc::clone(&text),
                text,
            };
            let feed = crate::domain::feed::Feed::Targets;
            let seen = Msg::Observed { source: source.clone(), feed, result: Err(failure), took: 0.1 };
            while tape.to.try_send(Moment::new(at, seen.clone())).is_err() {
                thread::yield_now();
            }
        }
        assert_eq!(tape.end().expect("written"), (COUNT, 0));
        let read = |name: &str| Recording::read(&home.path().join(name)).expect("a recording");
        let (before, now) = (read("x.1.wardroom"), read("x.wardroom"));
        let newest = now.moments.last().or(before.moments.last()).expect("the newest is there");
        assert_eq!(newest.at.timestamp().cast_unsigned(), COUNT - 1);
        assert!(before.moments.len() < 5_000 && now.moments.len() < 5_000, "no more than the newest");
        for name in ["x.wardroom", "x.1.wardroom"] {
            let size = std::fs::metadata(home.path().join(name)).expect("it is there").len();
            assert!(size < MOST + MOST / 2, "{name}: {size}");
        }
        assert_eq!(std::fs::read_dir(home.path()).expect("a directory").count(), 2);
    }

    #[test]
    fn answers_are_taken_down_with_their_questions_and_keys_never() {
        let home = tempfile::tempdir().expect("a directory");
        let file = home.path().join("x.wardroom");
        let recorder = Recorder::start(&file, &[], DateTime::UNIX_EPOCH, 1 << 20).expect("a file");
        let mut tape = Tape::start(recorder).expect("a thread");
        let source = SourceId::new(SourceKind::Prometheus, "main");
        let question = Question::Value { query: "up".into(), at: None };
        let ask = Ask { slot: "detail".into(), source, question };
        tape.asked(3, &ask);
        let answer = |id| Msg::Answered { slot: "detail".into(), id, result: Ok(Answer::Series(Vec::new())) };
        for msg in [answer(2), Msg::Paste("a secret".into()), answer(3), Msg::Tick] {
            tape.take(&msg, DateTime::UNIX_EPOCH);
        }
        assert_eq!(tape.end().expect("written"), (1, 0));
        let read = Recording::read(&file).expect("a recording");
        assert_eq!(read.moments, [Moment { at: DateTime::UNIX_EPOCH, msg: answer(3), asked: Some(ask) }]);
    }
}
