//! The only polling loop: every feed of every source in a task of its own, so that one that hangs
//! holds up no other.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use futures_util::FutureExt as _;
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::{Event, Plan, Source, SourceError, Tail};
use crate::clock::{Clock, Now};
use crate::domain::feed::{Failure, FailureKind, Feed, SourceId};
use crate::domain::observation::Observation;

/// After failures a feed is asked this many times less often, at most.
const SLOWEST: u32 = 8;

/// And nobody waits longer than this for a server that is back, unless the interval is longer.
const LONGEST: Duration = Duration::from_mins(1);

/// Feeds that are asked no oftener than this are asked with a second of the clock: the machine wakes once for
/// all of them, and what they say is drawn together with the time.
const UNHURRIED: Duration = Duration::from_secs(4);

/// The first pause after a tail broke.
const TAIL_PAUSE: Duration = Duration::from_secs(1);

const SECOND: Duration = Duration::from_secs(1);

/// So many batches of lines of a tail wait for the loop.
const UNDER_WAY: usize = 2;

/// All feeds and tails under way. Dropping it stops them.
#[derive(Debug)]
pub struct Watch {
    _tasks: JoinSet<()>,
    nudges: Vec<(SourceId, Arc<Notify>)>,
}

impl Watch {
    /// Looks at every feed at once, and then again and again. To be called inside a runtime.
    ///
    /// What is seen goes to `events`, and nothing is lost there: a full channel makes the feeds
    /// wait. They stop when its receiver is gone.
    pub fn start(sources: &[Arc<dyn Source>], clock: &Clock, events: &mpsc::Sender<Event>) -> Self {
        let mut tasks = JoinSet::new();
        let mut nudges = Vec::new();
        for source in sources {
            let recovered = Arc::new(Notify::new());
            for plan in source.feeds() {
                let wake = Wake { now: Arc::default(), recovered: Arc::clone(&recovered) };
                nudges.push((source.id().clone(), Arc::clone(&wake.now)));
                tasks.spawn(poll(Arc::clone(source), plan, clock.clone(), events.clone(), wake));
            }
            for mut tail in source.tails() {
                tail.keep_time(clock);
                tasks.spawn(follow(source.id().clone(), tail, clock.clone(), events.clone()));
            }
        }
        Self { _tasks: tasks, nudges }
    }

    /// Looks now at every feed of `only`, or of all sources; a pause after failures is over too.
    pub fn refresh(&self, only: Option<&SourceId>) {
        let meant = self.nudges.iter().filter(|(source, _)| only.is_none_or(|only| only == source));
        meant.for_each(|(_, nudge)| nudge.notify_one());
    }
}

/// What ends a pause before its time.
#[derive(Debug)]
struct Wake {
    /// Somebody wants to know now.
    now: Arc<Notify>,
    /// Another feed of the same source answers again: those that failed need not wait longer.
    recovered: Arc<Notify>,
}

async fn poll(source: Arc<dyn Source>, plan: Plan, clock: Clock, events: mpsc::Sender<Event>, wake: Wake) {
    let mut pace = Pace::new(source.id(), plan.feed, plan.interval);
    let mut failed = false;
    let mut before = Vec::new();
    loop {
        let began = Instant::now();
        let mut event = look(&*source, plan, &clock).await;
        if let Ok(seen) = &mut event.result {
            keep_same(&mut before, seen);
        }
        let had_failed = std::mem::replace(&mut failed, event.result.is_err());
        let next = with_a_second(pace.next(began, !failed), plan.interval, &clock);
        if events.send(event).await.is_err() {
            return;
        }
        if had_failed && !failed {
            wake.recovered.notify_waiters();
        }
        tokio::select! {
            () = sleep_until(next) => {}
            () = wake.now.notified() => {}
            () = wake.recovered.notified(), if failed => {}
        }
    }
}

/// Puts what was seen before in the place of what is equal to it: who hears of it knows at a glance
/// that nothing has changed, and need not compare thousands of things.
fn keep_same(before: &mut Vec<Observation>, seen: &mut [Observation]) {
    for new in seen.iter_mut() {
        if let Some(old) = before.iter().find(|old| old == &new) {
            *new = old.clone();
        }
    }
    *before = seen.to_vec();
}

async fn look(source: &dyn Source, plan: Plan, clock: &Clock) -> Event {
    let Now { wall, mono: began } = clock.now();
    let looking = guarded(source.id(), source.observe(plan.feed, wall));
    let result = match timeout(plan.timeout, looking).await {
        Ok(seen) => seen,
        Err(_) => Err(late(source.id(), plan)),
    };
    let took = clock.now().mono.saturating_sub(began).as_secs_f64();
    Event { source: source.id().clone(), feed: plan.feed, result, took, place: None }
}

/// A panic while an answer is read is our fault, and is told like any other failure: a feed that
/// went silent would be taken for a server that hangs.
async fn guarded<T>(
    source: &SourceId,
    looking: impl Future<Output = Result<T, SourceError>>,
) -> Result<T, Failure> {
    match AssertUnwindSafe(looking).catch_unwind().await {
        Ok(seen) => seen.map_err(|error| error.failure()),
        Err(_) => Err(Failure {
            kind: FailureKind::Other,
            short: "a fault in wardroom".into(),
            text: format!("{source}: wardroom broke while it read the answer; the log says where").into(),
        }),
    }
}

fn late(source: &SourceId, plan: Plan) -> Failure {
    let seconds = plan.timeout.as_secs_f64();
    Failure {
        kind: FailureKind::Timeout,
        short: format!("timed out after {seconds} s").into(),
        text: format!(
            "{source}: no answer on {} within {seconds} s; the server hangs or is overloaded",
            plan.feed
        )
        .into(),
    }
}

async fn follow(source: SourceId, mut tail: Box<dyn Tail>, clock: Clock, events: mpsc::Sender<Event>) {
    let mut pace = Pace::new(&source, Feed::Tail, TAIL_PAUSE);
    let room = Arc::new(Semaphore::new(UNDER_WAY));
    loop {
        let began = clock.now().mono;
        let patience = tail.heartbeat() * 2;
        let said = match timeout(patience, guarded(&source, tail.next())).await {
            Ok(seen) => seen,
            Err(_) => Err(silent(&source, tail.name(), patience)),
        };
        let pause = if said.is_ok() { None } else { Some(pace.failed()) };
        // A source may have several tails: the failure is this one's alone.
        let said =
            said.unwrap_or_else(|failure| Observation::Lost { tail: Arc::clone(tail.name()), failure });
        let result = Ok(vec![said]);
        if pause.is_none() {
            pace.succeeded();
        }
        let took = clock.now().mono.saturating_sub(began).as_secs_f64();
        // While the loop is busy the lines wait in the tail, which leaves out the oldest and says so.
        let held = Arc::clone(&room).acquire_owned().await.ok();
        let event = Event { source: source.clone(), feed: Feed::Tail, result, took, place: held };
        if events.send(event).await.is_err() {
            return;
        }
        if let Some(pause) = pause {
            sleep(pause).await;
        }
    }
}

fn silent(source: &SourceId, tail: &str, patience: Duration) -> Failure {
    let seconds = patience.as_secs_f64();
    Failure {
        kind: FailureKind::Timeout,
        short: format!("silent for {seconds} s").into(),
        text: format!("{source}: the tail {tail} gave no sign of life for {seconds} s").into(),
    }
}

/// The second of the clock that is nearest to `next`, for a feed that is not in a hurry; one that stands still
/// has none.
fn with_a_second(next: Instant, interval: Duration, clock: &Clock) -> Instant {
    if interval < UNHURRIED || clock.is_fixed() {
        return next;
    }
    let ahead = next.saturating_duration_since(Instant::now());
    let past = (clock.now().wall + ahead).timestamp_subsec_millis();
    let past = Duration::from_millis(u64::from(past.min(999)));
    if past < SECOND / 2 { next - past } else { next + SECOND.saturating_sub(past) }
}

/// When a feed is looked at next.
#[derive(Debug)]
struct Pace {
    interval: Duration,
    slowest: Duration,
    seed: u64,
    backoff: Option<ExponentialBackoff>,
}

impl Pace {
    /// Each feed strays from its interval in its own way, the same in every run.
    fn new(source: &SourceId, feed: Feed, interval: Duration) -> Self {
        let mut seed = DefaultHasher::new();
        (source, feed).hash(&mut seed);
        let slowest = (interval * SLOWEST).min(LONGEST).max(interval);
        Self { interval, slowest, seed: seed.finish(), backoff: None }
    }

    /// After a look that began at `began` and ends now.
    fn next(&mut self, began: Instant, succeeded: bool) -> Instant {
        let now = Instant::now();
        if succeeded {
            // A server that takes longer than the interval still gets room to breathe.
            self.succeeded();
            (began + self.strayed()).max(now + self.interval / 4)
        } else {
            now + self.failed()
        }
    }

    fn succeeded(&mut self) {
        self.backoff = None;
    }

    fn failed(&mut self) -> Duration {
        let (interval, slowest, seed) = (self.interval, self.slowest, self.seed);
        let backoff = self.backoff.get_or_insert_with(|| {
            let growing = ExponentialBuilder::new().with_min_delay(interval).with_max_delay(slowest);
            growing.without_max_times().with_jitter().with_jitter_seed(seed).build()
        });
        backoff.next().unwrap_or(slowest).min(slowest)
    }

    /// The interval, up to a twentieth shorter: feeds that began together do not all stay
    /// together.
    fn strayed(&mut self) -> Duration {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let share = u32::try_from(self.seed >> 48).unwrap_or(0);
        self.interval.saturating_sub(self.interval / 20 * share / (1 << 16))
    }
}

#[cfg(test)]
#[path = "watch_tests.rs"]
mod tests;
