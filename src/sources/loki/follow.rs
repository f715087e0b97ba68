//! What follows the logs: the websocket as long as that works, queries else, and queries beside the
//! websocket that prove that nothing is missing.
//!
//! One time tells what is proven: up to it every line was found by a query. Whatever is lost after
//! it (a cut, a burst, a stall) is found by the next query from there; what can never be found is a
//! gap.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::ask::{API, Filled, is_too_far_back, now};
use super::check::{Check, SOONER, answer};
use super::outlet::Outlet;
use super::seen::{OVERLAP, Seen, nanoseconds};
use super::socket::{Closed, Heard, Opening, Socket};
use super::tail::Setup;
use super::wire::{self, Row};
use crate::domain::log::{Entry, TailState};
use crate::net::decode;
use crate::sources::SourceError;
use crate::sources::wire::Wrong;

/// Lines that a websocket repeats when it is opened again.
pub(super) const REPEATED: u32 = 1000;

/// Pages of one query for what was missed.
pub(super) const PAGES: usize = 7;

/// Further back nothing is filled.
pub(super) const FARTHEST: Duration = Duration::from_hours(12);

/// From one look at the server by query to the next.
const POLL: Duration = Duration::from_secs(2);

/// A line older than this should have come live.
const LATE: Duration = Duration::from_secs(3);

/// How long a websocket that was refused is not tried again.
const REFUSED: Duration = Duration::from_mins(5);

/// And one that lags.
const LAGGED: Duration = Duration::from_mins(1);

/// After a connection that was cut at once.
const BREATH: Duration = Duration::from_millis(300);

/// An answer with more lines than this is a flood: what was just read is not read again.
const FLOOD: usize = 5_000;

/// How far back is asked again in a flood, in nanoseconds.
const BRIEF: i64 = 1_000_000_000;

/// However quiet it is, what was asked for is proven up to so long ago, in nanoseconds. The server's
/// clock may be this far behind ours.
const LAG: i64 = 3_600_000_000_000;

/// So many queries in a row may fail before what they were for is called a gap.
const PATIENCE: u32 = 5;

/// What to do after a connection.
enum Turn {
    /// Connect again.
    Again,
    /// Ask by queries for a while, and why.
    Poll(Arc<str>, Duration),
}

/// The task that follows the logs.
pub(super) struct Follower {
    pub setup: Setup,
    pub outlet: Outlet,
    pub seen: Seen,
    /// Up to this nanosecond nothing is missing.
    proven: Option<i64>,
    /// Before this nanosecond it is no longer known which lines came.
    known: i64,
    /// So far back from there a line may still come late, in nanoseconds.
    overlap: i64,
    /// Queries in a row that failed.
    failed: u32,
    /// Connections in a row that ended before anything came.
    cuts: u32,
}

impl Follower {
    /// One that has nothing yet.
    pub fn new(setup: Setup, outlet: Outlet) -> Self {
        let (seen, overlap, from) = (Seen::default(), OVERLAP, setup.from);
        let mut follower =
            Self { setup, outlet, seen, proven: None, known: i64::MIN, overlap, failed: 0, cuts: 0 };
        if let Some(from) = from {
            follower.prove(from);
        }
        follower
    }

    /// Follows until it is dropped.
    pub async fn run(mut self) {
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

    fn now(&self) -> i64 {
        now(&self.setup.clock)
    }

    /// From where to ask so that nothing is missed, in nanoseconds; none while nothing was seen.
    /// What is too long ago to be filled is a gap.
    pub(super) fn resume(&mut self) -> Option<i64> {
        let proven = self.proven?;
        let farthest = self.now().saturating_sub(nanoseconds(FARTHEST));
        if proven < farthest {
            self.give_up(proven, farthest);
            return Some(farthest);
        }
        Some(proven.saturating_sub(self.overlap).max(self.known))
    }

    fn give_up(&mut self, from: i64, to: i64) {
        self.outlet.take([Entry::Gap { from, to }]);
        self.prove(to);
    }

    /// Up to this time nothing is missing, or it is said what is.
    fn prove(&mut self, to: i64) {
        let to = self.proven.map_or(to, |proven| proven.max(to));
        self.proven = Some(to);
        self.seen.hold(Some(to.saturating_sub(OVERLAP)));
    }

    async fn live(&mut self, query: &Arc<str>) -> Result<Turn, SourceError> {
        let start = self.resume();
        let opening = Opening {
            query,
            start,
            limit: if start.is_some() { REPEATED } else { self.setup.history },
            delay: self.setup.delay,
        };
        let mut socket = match Socket::open(self.setup.asker.client(), &opening).await {
            Ok(socket) => socket,
            Err(closed) => return self.closed(closed, false).await,
        };
        self.outlet.set(TailState::Live);
        let mut check = Check::new(start.is_some(), &self.setup);
        loop {
            let due = self.outlet.due();
            let next = check.due();
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
                    let from = self.resume().unwrap_or_else(|| self.now().saturating_sub(OVERLAP));
                    check.ask(&self.setup, query, from);
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
        let parse = |body: &[u8]| wire::frame(&String::from_utf8_lossy(body));
        let batch = decode(body, parse).await.map_err(|wrong: Wrong| {
            let url = self.setup.asker.client().endpoint().join("/loki/api/v1/tail");
            wrong.at(url, API)
        })?;
        check.heard += batch.rows.len();
        let known = self.known;
        self.take(batch.rows, i64::MIN);
        if self.known > known {
            check.rest(&self.setup);
        }
        if let Some((at, count)) = batch.dropped {
            self.outlet.take([Entry::Dropped { at, count }]);
            check.hurry();
        }
        Ok(())
    }

    /// Takes in the lines that are new; how many of them are older than `before`.
    pub(super) fn take(&mut self, rows: Vec<Row>, before: i64) -> usize {
        let now = self.now();
        if let (None, Some(oldest)) = (self.proven, rows.iter().map(|row| row.line.at).min()) {
            // What lies before the first line that is seen is not of interest.
            self.prove(oldest.min(now));
        }
        let fresh: Vec<Row> = rows.into_iter().filter(|row| self.seen.note(row.key, now)).collect();
        let late = fresh.iter().filter(|row| row.line.at < before).count();
        self.outlet.take(fresh.into_iter().map(|row| Entry::Line(row.line)));
        if let Some(known) = self.seen.forget_over() {
            // So much came since a query was answered in full that the next would bring lines twice.
            self.known = known;
            self.give_up(self.proven.unwrap_or(known), known);
        }
        late
    }

    /// Takes in what a query found from what is proven on; how many lines of it should have come
    /// live before `asked`.
    fn fill(&mut self, filled: Filled, asked: i64) -> usize {
        let Filled { rows, rest, crowded } = filled;
        self.failed = 0;
        self.overlap = match rest {
            // Amid what was missed: on from where the answer ended.
            Some(_) => 0,
            None if rows.len() > FLOOD => BRIEF,
            None => OVERLAP,
        };
        // By the clock of the lines: ours may be ahead of it.
        let newest = rows.iter().map(|row| row.line.at).max();
        let before = newest.unwrap_or(asked).min(asked).saturating_sub(nanoseconds(LATE));
        let late = self.take(rows, before);
        self.outlet.take(crowded.into_iter().map(|at| Entry::Gap { from: at, to: at + 1 }));
        let quiet = asked.saturating_sub(LAG);
        self.prove(rest.unwrap_or_else(|| newest.map_or(quiet, |at| at.min(self.now()).max(quiet))));
        late
    }

    /// Takes in the answer to a check; whether the live tail is no longer worth its name.
    pub(super) fn checked(&mut self, check: &mut Check, answer: Result<Filled, SourceError>) -> bool {
        match answer {
            Ok(filled) => {
                let has_rest = filled.rest.is_some();
                let late = self.fill(filled, check.asked);
                let was_repetition = check.answered(&self.setup, has_rest);
                check.late = if was_repetition || late == 0 { 0 } else { check.late + 1 };
                check.late >= 2 && !has_rest
            }
            Err(error) if is_too_far_back(&error) => {
                self.give_up(self.proven.unwrap_or(check.asked), check.asked);
                check.answered(&self.setup, false);
                false
            }
            Err(error) => {
                tracing::debug!(tail = %self.setup.name, %error, "the live tail was not checked");
                self.failed += 1;
                // A tail that repeated everything by itself has no hole.
                let has_hole = check.is_repetition() && check.heard >= REPEATED as usize;
                if has_hole && self.failed >= PATIENCE {
                    self.give_up(self.proven.unwrap_or(check.asked), check.asked);
                    check.answered(&self.setup, false);
                } else {
                    check.failed(&self.setup, has_hole.then_some(self.failed));
                }
                false
            }
        }
    }

    /// Asks by queries until `until`.
    async fn poll(&mut self, query: &str, reason: &Arc<str>, until: Instant) -> Result<(), SourceError> {
        while Instant::now() < until {
            let (began, asked) = (Instant::now(), self.now());
            let start = self.resume();
            let loki = &self.setup.asker;
            let answer = match start {
                Some(start) => loki.since(query, start, PAGES).await,
                None => loki.newest(query, self.setup.history).await,
            };
            let mut has_rest = false;
            match answer {
                Ok(filled) => {
                    has_rest = filled.rest.is_some();
                    self.fill(filled, asked);
                }
                Err(error) if is_too_far_back(&error) && start.is_some() => {
                    self.give_up(self.proven.unwrap_or(asked), asked);
                }
                Err(error) => return Err(error),
            }
            self.outlet.set(TailState::Polling(Arc::clone(reason)));
            self.outlet.flush();
            let pause = if has_rest { self.setup.check / SOONER } else { POLL.min(self.setup.check) };
            // A server that answers slowly is asked less often.
            sleep(pause.max(began.elapsed())).await;
        }
        Ok(())
    }
}
