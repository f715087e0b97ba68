//! A live tail: over the websocket as long as that works, by queries else, and never a line twice.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

use super::ask::{API, Asker, Filled, ago, is_too_far_back, now};
use super::outlet::{Outlet, Said};
use super::seen::{OVERLAP, Seen, nanoseconds};
use super::socket::{Closed, Heard, Socket};
use super::wire::{self, Row};
use crate::domain::log::{Entry, TailState};
use crate::net::{NetError, decode};
use crate::sources::wire::Wrong;
use crate::sources::{Next, SourceError, Tail};

/// Lines from before the start.
const HISTORY: u32 = 200;

/// Lines that a websocket repeats when it is opened again.
const REPEATED: u32 = 1000;

/// Pages of a query that fill what was missed.
const PAGES: usize = 10;

/// Further back nothing is filled.
const FARTHEST: Duration = Duration::from_hours(12);

/// From one look at the server by query to the next.
const POLL: Duration = Duration::from_secs(2);

/// How often the live tail is held against a query: a burst makes it lose lines, and one line
/// from the future stalls it for minutes while its pings go on.
const CHECK: Duration = Duration::from_secs(15);

/// A line older than this should have come live.
const LATE: Duration = Duration::from_secs(3);

/// How long a websocket that was refused is not tried again.
const REFUSED: Duration = Duration::from_mins(5);

/// And one that lags.
const LAGGED: Duration = Duration::from_mins(1);

/// After a connection that was cut at once.
const BREATH: Duration = Duration::from_millis(300);

/// Messages on their way to the reader.
const ON_THE_WAY: usize = 8;

/// What a tail is made of.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    pub asker: Asker,
    /// The operator's name for it.
    pub name: Arc<str>,
    /// Its query; without one, everything.
    pub query: Option<Arc<str>>,
    /// Why there is no websocket, if that is known before.
    pub polls: Option<Arc<str>>,
}

/// A tail of Loki.
pub(super) struct LiveTail {
    setup: Setup,
    query: Arc<str>,
    follower: Option<Running>,
}

/// The task that follows the logs, whether anybody waits for them or not.
struct Running {
    said: mpsc::Receiver<Said>,
    go: Arc<Notify>,
    has_failed: bool,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for LiveTail {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("LiveTail").field("setup", &self.setup).finish_non_exhaustive()
    }
}

impl LiveTail {
    /// A tail that opens nothing before it is read.
    pub fn new(setup: Setup) -> Self {
        let query = setup.query.clone().unwrap_or_default();
        Self { setup, query, follower: None }
    }

    async fn read(&mut self) -> Said {
        let follower = self.follower.get_or_insert_with(|| Running::start(self.setup.clone()));
        if std::mem::take(&mut follower.has_failed) {
            follower.go.notify_one();
        }
        if let Some(said) = follower.said.recv().await {
            follower.has_failed = said.is_err();
            return said;
        }
        self.follower = None;
        let url = self.setup.asker.client().endpoint().url().to_owned();
        Err(NetError::Broken { url, reason: "the tail broke off".to_owned() }.into())
    }
}

impl Tail for LiveTail {
    fn name(&self) -> &Arc<str> {
        &self.setup.name
    }

    fn query(&self) -> &Arc<str> {
        &self.query
    }

    fn next(&mut self) -> Next<'_> {
        Box::pin(self.read())
    }

    /// An attempt to connect may take as long as the source's time-out.
    fn heartbeat(&self) -> Duration {
        self.setup.asker.client().endpoint().timeout().max(Duration::from_secs(5))
    }
}

impl Running {
    fn start(setup: Setup) -> Self {
        let (to, said) = mpsc::channel(ON_THE_WAY);
        let go = Arc::new(Notify::new());
        let outlet = Outlet::new(Arc::clone(&setup.name), to, Arc::clone(&go));
        let follower = Follower { setup, outlet, seen: Seen::default(), cuts: 0 };
        Self { said, go, has_failed: false, task: tokio::spawn(follower.run()) }
    }
}

/// What to do after a connection.
enum Turn {
    /// Connect again.
    Again,
    /// Ask by queries for a while, and why.
    Poll(Arc<str>, Duration),
}

/// A query under way.
type Answering = Pin<Box<dyn Future<Output = Result<Filled, SourceError>> + Send>>;

/// A question beside the live tail.
struct Check {
    answer: Option<Answering>,
    reason: Reason,
    /// When it was asked, in nanoseconds.
    asked: i64,
    /// When to ask next.
    next: Instant,
    /// From when on a tail that was opened again has to be filled.
    resumed: Option<i64>,
    /// From when on the server says that lines are missing.
    dropped: Option<i64>,
    /// How many lines came live, or as a repetition.
    heard: usize,
    /// How many checks in a row found lines that should have come live.
    late: u32,
}

#[derive(Clone, Copy)]
enum Reason {
    /// The tail was opened again, and has lines up to this one, in nanoseconds.
    Resumed(i64),
    Dropped,
    Routine,
}

struct Follower {
    setup: Setup,
    outlet: Outlet,
    seen: Seen,
    /// Connections in a row that ended before anything came.
    cuts: u32,
}

impl Follower {
    async fn run(mut self) {
        loop {
            let Err(error) = self.follow().await;
            self.outlet.fail(error).await;
        }
    }

    async fn follow(&mut self) -> Result<Infallible, SourceError> {
        let query = match &self.setup.query {
            Some(query) => Arc::clone(query),
            None => self.setup.asker.everything().await?.into(),
        };
        self.setup.query = Some(Arc::clone(&query));
        loop {
            let turn = match &self.setup.polls {
                Some(reason) => Turn::Poll(Arc::clone(reason), REFUSED),
                None => self.live(&query).await?,
            };
            if let Turn::Poll(reason, span) = turn {
                self.poll(&query, &reason, Instant::now() + span).await?;
            }
        }
    }

    /// Where to go on, in nanoseconds. What is too long ago to be filled is a gap.
    fn resume(&mut self) -> Option<i64> {
        let start = self.seen.resume()?;
        let farthest = ago(FARTHEST);
        if start >= farthest {
            return Some(start);
        }
        self.give_up(start + OVERLAP, farthest);
        Some(farthest)
    }

    fn give_up(&mut self, from: i64, to: i64) {
        self.outlet.take([Entry::Gap { from, to }]);
        self.seen.skip_to(to);
    }

    async fn live(&mut self, query: &Arc<str>) -> Result<Turn, SourceError> {
        let start = self.resume();
        // Lines come live before the check of what was missed is answered.
        self.seen.hold(start);
        let limit = if start.is_some() { REPEATED } else { HISTORY };
        let opened = Socket::open(self.setup.asker.client(), query, start, limit).await;
        let mut socket = match opened {
            Ok(socket) => socket,
            Err(closed) => return self.closed(closed, false).await,
        };
        self.outlet.set(TailState::Live);
        let mut check = Check::new(start);
        loop {
            let due = self.outlet.due();
            let next = check.answer.is_none().then(|| check.due());
            tokio::select! {
                heard = socket.hear() => match heard {
                    Ok(Heard::Ping) => self.outlet.live(),
                    Ok(Heard::Frame(body)) => {
                        self.frame(body.to_vec(), &mut check).await?;
                        self.outlet.live();
                    }
                    Err(closed) => return self.closed(closed, socket.is_alive).await,
                },
                answer = answer(&mut check.answer) => {
                    if self.checked(&mut check, answer) {
                        socket.close().await;
                        return Ok(Turn::Poll("the live tail lags behind".into(), LAGGED));
                    }
                }
                () = sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => {
                    check.ask(&self.setup.asker, query, &mut self.seen);
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => self.outlet.flush(),
            }
        }
    }

    async fn closed(&mut self, closed: Closed, was_alive: bool) -> Result<Turn, SourceError> {
        match closed {
            Closed::Net(error) => Err(error.into()),
            Closed::Refused(reason) => Ok(Turn::Poll(reason, REFUSED)),
            Closed::Ended if was_alive => {
                self.cuts = 0;
                Ok(Turn::Again)
            }
            Closed::Ended if self.cuts >= 2 => {
                self.cuts = 0;
                Ok(Turn::Poll("the live connection is cut at once".into(), REFUSED))
            }
            Closed::Ended => {
                self.cuts += 1;
                sleep(BREATH * self.cuts).await;
                Ok(Turn::Again)
            }
        }
    }

    async fn frame(&mut self, body: Vec<u8>, check: &mut Check) -> Result<(), SourceError> {
        let parse = |body: &[u8]| str::from_utf8(body).map_err(Wrong::strange).and_then(wire::frame);
        let batch = decode(body, parse).await.map_err(|wrong| {
            let url = self.setup.asker.client().endpoint().join("/loki/api/v1/tail");
            wrong.at(url, API)
        })?;
        check.heard += batch.rows.len();
        self.take(batch.rows, i64::MIN);
        if let Some((at, count)) = batch.dropped {
            self.outlet.take([Entry::Dropped { at, count }]);
            check.dropped = Some(check.dropped.map_or(at, |earlier| earlier.min(at)));
        }
        Ok(())
    }

    /// Takes in the lines that are new; how many of them are older than `before`.
    fn take(&mut self, rows: Vec<Row>, before: i64) -> usize {
        let now = now();
        let fresh: Vec<Row> = rows.into_iter().filter(|row| self.seen.note(row.key, now)).collect();
        let late = fresh.iter().filter(|row| row.line.at < before).count();
        self.outlet.take(fresh.into_iter().map(|row| Entry::Line(row.line)));
        late
    }

    /// Takes in the answer to a check; whether the live tail is no longer worth its name.
    fn checked(&mut self, check: &mut Check, answer: Result<Filled, SourceError>) -> bool {
        check.next = Instant::now() + CHECK;
        let (rows, missing) = match (answer, check.reason) {
            (Ok(Filled { rows, missing }), _) => (rows, missing),
            // The tail repeated everything by itself.
            (Err(_), Reason::Resumed(_)) if check.heard < REPEATED as usize => (Vec::new(), None),
            (Err(_), Reason::Resumed(last)) => (Vec::new(), Some(last)),
            (Err(error), _) => {
                tracing::debug!(tail = %self.setup.name, %error, "the live tail was not checked");
                return false;
            }
        };
        // By the clock of the lines: ours may be ahead of it.
        let newest = rows.iter().map(|row| row.line.at).max().unwrap_or(check.asked);
        let late = self.take(rows, newest.min(check.asked).saturating_sub(nanoseconds(LATE)));
        self.seen.hold(None);
        match check.reason {
            Reason::Resumed(_) => {
                self.outlet.take(missing.map(|from| Entry::Gap { from, to: check.asked }));
                false
            }
            Reason::Dropped => false,
            Reason::Routine => {
                check.late = if late > 0 { check.late + 1 } else { 0 };
                check.late >= 2
            }
        }
    }

    /// Asks by queries until `until`.
    async fn poll(&mut self, query: &str, reason: &Arc<str>, until: Instant) -> Result<(), SourceError> {
        while Instant::now() < until {
            let began = Instant::now();
            let start = self.resume();
            self.seen.hold(None);
            let answer = match start {
                Some(start) => self.setup.asker.since(query, start, PAGES).await,
                None => self.setup.asker.newest(query, HISTORY).await,
            };
            match answer {
                Ok(Filled { rows, missing }) => {
                    self.take(rows, i64::MIN);
                    if let Some(from) = missing {
                        self.give_up(from, now());
                    }
                }
                Err(error) if is_too_far_back(&error) && start.is_some() => {
                    self.give_up(self.seen.newest().unwrap_or_default(), now());
                }
                Err(error) => return Err(error),
            }
            self.outlet.set(TailState::Polling(Arc::clone(reason)));
            self.outlet.flush();
            // A server that answers slowly is asked less often.
            sleep(POLL.max(began.elapsed())).await;
        }
        Ok(())
    }
}

impl Check {
    /// Checks of a tail that was just opened; `resumed`: from when on it was asked to repeat.
    fn new(resumed: Option<i64>) -> Self {
        let wait = if resumed.is_some() { Duration::ZERO } else { CHECK };
        let next = Instant::now() + wait;
        Self {
            answer: None,
            reason: Reason::Routine,
            asked: now(),
            next,
            resumed,
            dropped: None,
            heard: 0,
            late: 0,
        }
    }

    fn due(&self) -> Instant {
        if self.dropped.is_some() { Instant::now() } else { self.next }
    }

    fn ask(&mut self, asker: &Asker, query: &Arc<str>, seen: &mut Seen) {
        let dropped = self.dropped.take().map(|at| at.max(ago(FARTHEST)));
        let (from, reason) = match (self.resumed.take(), dropped) {
            (Some(from), dropped) => {
                (dropped.map_or(from, |at| at.min(from)), Reason::Resumed(from.saturating_add(OVERLAP)))
            }
            (None, Some(at)) => (at, Reason::Dropped),
            (None, None) => (seen.resume().unwrap_or_else(|| now() - OVERLAP), Reason::Routine),
        };
        seen.hold(Some(from));
        (self.reason, self.asked) = (reason, now());
        let (asker, query) = (asker.clone(), Arc::clone(query));
        self.answer = Some(Box::pin(async move { asker.since(&query, from, PAGES).await }));
    }
}

/// Waits for the answer that is under way; for ever, if none is.
async fn answer(under_way: &mut Option<Answering>) -> Result<Filled, SourceError> {
    match under_way {
        Some(future) => {
            let answer = future.await;
            *under_way = None;
            answer
        }
        None => std::future::pending().await,
    }
}

#[cfg(test)]
#[path = "tail_tests.rs"]
mod tests;
