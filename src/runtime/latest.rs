//! The last that each feed said, kept on disk: so that the next start has something to show at once,
//! with its age, before any server has answered.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::border::Msg;
use crate::domain::feed::{Feed, SourceId};
use crate::domain::observation::Observation;
use crate::domain::store::Expected;
use crate::replay::{Moment, Recorder, Recording};

/// What was seen is on the disk after this time at the latest.
const EVERY: Duration = Duration::from_mins(5);

/// Nobody who leaves waits longer for the disk.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is older says nothing of now.
const OLDEST: TimeDelta = TimeDelta::days(7);

/// A larger file is not kept: to read it would be no instant.
const LARGEST: u64 = 16 << 20;

/// More measured values than this are sooner asked for again than read from a disk.
const MANY: usize = 20_000;

/// The newest good look at every feed.
type Known = BTreeMap<(SourceId, Feed), Moment>;

/// The newest look at every feed, on its way to the disk.
#[derive(Debug)]
pub struct Latest {
    known: Arc<Mutex<Known>>,
    /// Dropped when the program ends.
    over: Sender<()>,
    ended: Receiver<()>,
}

impl Latest {
    /// Keeps what `sources` say in `file` and beside it, on a thread of its own: a disk may hang.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(file: PathBuf, sources: Vec<Expected>) -> io::Result<Self> {
        let known: Arc<Mutex<Known>> = Arc::default();
        let (over, is_over) = channel();
        let (end, ended) = channel();
        let shared = Arc::clone(&known);
        thread::Builder::new().name("latest".to_owned()).spawn(move || {
            keep(&file, &sources, &shared, &is_over);
            let _gone = end.send(());
        })?;
        Ok(Self { known, over, ended })
    }

    /// Takes what was kept before: it stays until something newer is heard.
    pub fn know(&self, kept: &[Moment]) {
        let kept = kept.iter().filter_map(|moment| Some((of(&moment.msg)?, moment.clone())));
        held(&self.known).extend(kept);
    }

    /// Takes what came, if it is a good look at a feed.
    pub fn take(&self, msg: &Msg, at: DateTime<Utc>) {
        if let Some(feed) = of(msg) {
            held(&self.known).insert(feed, Moment::new(at, msg.clone()));
        }
    }

    /// Brings it to the disk, if that takes no time.
    pub fn end(self) {
        drop(self.over);
        if self.ended.recv_timeout(PATIENCE).is_err() {
            tracing::warn!("what was seen last was not kept in time");
        }
    }
}

/// Which feed this is a look at that is worth keeping.
fn of(msg: &Msg) -> Option<(SourceId, Feed)> {
    let Msg::Observed { source, feed, result: Ok(seen), .. } = msg else { return None };
    let is_kept = match feed {
        Feed::Tail => false,
        Feed::Measures => seen.iter().map(Observation::shared).sum::<usize>() <= MANY,
        _ => true,
    };
    is_kept.then(|| (source.clone(), *feed))
}

/// Each look is put in whole: what a panic elsewhere left is as good.
fn held(known: &Mutex<Known>) -> std::sync::MutexGuard<'_, Known> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep(file: &Path, sources: &[Expected], known: &Mutex<Known>, over: &Receiver<()>) {
    loop {
        let is_over = over.recv_timeout(EVERY) != Err(RecvTimeoutError::Timeout);
        // The loop does not wait for the disk.
        let (measures, others): (Vec<_>, Vec<_>) =
            held(known).clone().into_iter().partition(|((_, feed), _)| *feed == Feed::Measures);
        for (file, known) in [(file, others), (&values(file), measures)] {
            let moments = known.into_iter().map(|(_, moment)| moment).collect();
            if let Err(error) = write(file, sources, moments) {
                tracing::warn!(%error, "what was seen last was not kept");
            }
        }
        if is_over {
            return;
        }
    }
}

/// Where the values of the measures stand: they are most of all that is kept, and are read when the rest is on
/// the screen.
pub fn values(file: &Path) -> PathBuf {
    file.with_extension("values.wardroom")
}

/// Writes it whole, or leaves what was there; nothing seen is nothing written.
fn write(file: &Path, sources: &[Expected], mut moments: Vec<Moment>) -> io::Result<()> {
    moments.sort_by_key(|moment| moment.at);
    let Some(first) = moments.first().map(|moment| moment.at) else { return Ok(()) };
    let fresh = file.with_extension(format!("{}.new", std::process::id()));
    // Left by one that died; of that number there is no other.
    let _none = fs::remove_file(&fresh);
    let mut recorder = Recorder::start(&fresh, sources, first, LARGEST)?;
    for moment in &moments {
        if !recorder.take(moment)? {
            drop(recorder);
            return fs::remove_file(&fresh);
        }
    }
    recorder.finish()?;
    fs::rename(fresh, file)
}

/// What was kept in `file` of these sources, in the order in which it came; nothing when there is none,
/// or it says nothing of now.
pub fn kept(file: &Path, sources: &[Expected], now: DateTime<Utc>) -> Vec<Moment> {
    if fs::metadata(file).map_or(u64::MAX, |about| about.len()) > LARGEST {
        return Vec::new();
    }
    let moments = Recording::read(file).map(|recording| recording.moments).unwrap_or_default();
    let is_ours = |moment: &Moment| {
        let known = matches!(&moment.msg, Msg::Observed { source, .. }
            if sources.iter().any(|expected| expected.id == *source));
        known && moment.at <= now && now - moment.at < OLDEST
    };
    moments.into_iter().filter(is_ours).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::feed::{Failure, FailureKind, SourceKind};
    use crate::domain::labels::Labels;
    use crate::domain::measure::{Measured, Reading};

    fn look(source: &str, feed: Feed, good: bool) -> Msg {
        let failure = Failure { kind: FailureKind::Refused, short: "refused".into(), text: "refused".into() };
        Msg::Observed {
            source: SourceId::new(SourceKind::Prometheus, source),
            feed,
            result: if good { Ok(Vec::new()) } else { Err(failure) },
            took: 0.1,
        }
    }

    /// A look at so many measured values.
    fn measured(values: usize) -> Msg {
        let reading = Reading { labels: Labels::default(), value: 1.0 };
        let readings: Arc<[Reading]> = vec![reading; values].into();
        let measured = Measured { measure: Arc::default(), readings, error: None };
        Msg::Observed {
            source: SourceId::new(SourceKind::Prometheus, "main"),
            feed: Feed::Measures,
            result: Ok(vec![Observation::Measures(vec![measured].into())]),
            took: 0.1,
        }
    }

    #[test]
    fn values_that_take_longer_to_read_than_to_ask_for_are_not_kept() {
        let home = tempfile::tempdir().expect("a directory");
        for (values, kept_of) in [(MANY, 1), (MANY + 1, 0)] {
            let file = home.path().join(values.to_string());
            let latest = Latest::start(file.clone(), vec![expected("main")]).expect("a thread");
            latest.take(&measured(values), DateTime::UNIX_EPOCH);
            latest.take(&look("main", Feed::Targets, true), DateTime::UNIX_EPOCH);
            latest.end();
            let count = |file: &Path| kept(file, &[expected("main")], DateTime::UNIX_EPOCH).len();
            assert_eq!((count(&file), count(&super::values(&file))), (1, kept_of), "{values}");
        }
    }

    fn expected(source: &str) -> Expected {
        let id = SourceId::new(SourceKind::Prometheus, source);
        Expected { id, site: "".into(), feeds: Vec::new(), tails: Vec::new() }
    }

    #[test]
    fn the_newest_good_look_at_each_feed_outlives_the_program() {
        let home = tempfile::tempdir().expect("a directory");
        let file = home.path().join("last.wardroom");
        let start = DateTime::UNIX_EPOCH;
        let at = |second: i64| start + TimeDelta::seconds(second);
        let latest = Latest::start(file.clone(), vec![expected("main")]).expect("a thread");
        latest.take(&look("main", Feed::Targets, true), at(1));
        latest.take(&look("main", Feed::Rules, true), at(2));
        latest.take(&look("main", Feed::Targets, true), at(3));
        latest.take(&look("main", Feed::Targets, false), at(4));
        latest.take(&look("main", Feed::Tail, true), at(5));
        latest.take(&Msg::Paste("a secret".into()), at(6));
        latest.end();
        let read = |sources: &[Expected], now| kept(&file, sources, now);
        let wanted = [(at(2), Feed::Rules), (at(3), Feed::Targets)]
            .map(|(at, feed)| Moment::new(at, look("main", feed, true)));
        assert_eq!(read(&[expected("main")], at(60)), wanted);
        assert_eq!(read(&[expected("other")], at(60)), [], "another config");
        assert_eq!(read(&[expected("main")], at(2)), wanted[..1], "nothing of the future");
        assert_eq!(read(&[expected("main")], at(8 * 86_400)), [], "nothing that says nothing");
        assert_eq!(kept(&home.path().join("none"), &[expected("main")], at(9)), []);
        assert_eq!(fs::read_dir(home.path()).expect("the directory").count(), 1, "nothing else is left");
        // A start on which nobody answers takes nothing away.
        let before = read(&[expected("main")], at(60));
        let latest = Latest::start(file.clone(), vec![expected("main")]).expect("a thread");
        latest.know(&before);
        latest.take(&look("main", Feed::Targets, false), at(61));
        latest.take(&look("main", Feed::Rules, true), at(62));
        latest.end();
        let newer = Moment::new(at(62), look("main", Feed::Rules, true));
        assert_eq!(read(&[expected("main")], at(63)), [before[1].clone(), newer]);
    }
}
