//! The question beside the live tail: what the server has since the time up to which all is proven.

use std::pin::Pin;
use std::sync::Arc;

use tokio::time::{Duration, Instant};

use super::ask::{Filled, now};
use super::follow::PAGES;
use super::tail::Setup;
use crate::sources::SourceError;

/// A query under way.
type Answering = Pin<Box<dyn Future<Output = Result<Filled, SourceError>> + Send>>;

/// A question that failed, or was too much for one go, is asked again after this part of the usual time.
pub(super) const SOONER: u32 = 15;

/// Checks of one connection.
pub(super) struct Check {
    /// The query that is under way.
    pub answer: Option<Answering>,
    /// When it was asked, in nanoseconds.
    pub asked: i64,
    /// How many lines came live, or as a repetition.
    pub heard: usize,
    /// How many checks in a row found lines that should have come live.
    pub late: u32,
    /// When to ask next.
    next: Instant,
    /// Not sooner than this, however much the server drops.
    not_before: Instant,
    /// The tail was opened again, and what it missed was not filled yet.
    resumed: bool,
}

impl Check {
    /// Checks of a tail that was just opened, for the first time or again.
    pub fn new(resumed: bool, setup: &Setup) -> Self {
        let now = Instant::now();
        let next = if resumed { now } else { now + setup.check };
        Self { answer: None, asked: 0, heard: 0, late: 0, next, not_before: now, resumed }
    }

    /// When to ask; never, while an answer is under way.
    pub fn due(&self) -> Option<Instant> {
        self.answer.is_none().then_some(self.next.max(self.not_before))
    }

    /// The server says that it dropped lines: they are asked for soon.
    pub fn hurry(&mut self) {
        self.next = Instant::now();
    }

    /// More comes than queries can follow: the next one has time.
    pub fn rest(&mut self, setup: &Setup) {
        self.next = Instant::now() + setup.check;
        self.not_before = self.next;
    }

    /// Asks for what there is since `from`, in nanoseconds.
    pub fn ask(&mut self, setup: &Setup, query: &Arc<str>, from: i64) {
        self.asked = now(&setup.clock);
        let (asker, query) = (setup.asker.clone(), Arc::clone(query));
        self.next = Instant::now() + setup.check;
        self.answer = Some(Box::pin(async move { asker.since(&query, from, PAGES).await }));
    }

    /// Whether what is asked for was missed while there was no connection.
    pub const fn is_repetition(&self) -> bool {
        self.resumed
    }

    /// It was answered; with `has_rest` the next question is due soon. Whether it was about what
    /// was missed while there was no connection.
    pub fn answered(&mut self, setup: &Setup, has_rest: bool) -> bool {
        // Drops may come a hundred times a second: once in a while is enough.
        self.not_before = Instant::now() + setup.check / SOONER;
        if has_rest {
            self.next = self.not_before;
        }
        if has_rest { self.resumed } else { std::mem::take(&mut self.resumed) }
    }

    /// It was not answered for the `times`th time in a row, and is asked again soon; without a number
    /// it can wait.
    pub fn failed(&mut self, setup: &Setup, times: Option<u32>) {
        let wait: Duration = times.map_or(setup.check, |times| setup.check / SOONER * times);
        self.next = Instant::now() + wait;
        self.not_before = self.next;
    }
}

/// Waits for the answer that is under way; for ever, if none is.
pub(super) async fn answer(under_way: &mut Option<Answering>) -> Result<Filled, SourceError> {
    match under_way {
        Some(future) => {
            let answer = future.await;
            *under_way = None;
            answer
        }
        None => std::future::pending().await,
    }
}
