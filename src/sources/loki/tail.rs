//! A live tail: over the websocket as long as that works, by queries else, and never a line twice.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

use super::ask::Asker;
use super::follow::Follower;
use super::outlet::{Outlet, Said};
use crate::clock::Clock;
use crate::net::NetError;
use crate::sources::{Next, Tail};

/// Messages on their way to the reader.
pub(super) const ON_THE_WAY: usize = 2;

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
    /// How many lines from before the start at the most.
    pub history: u32,
    /// From this nanosecond on every line is wanted, instead of a history.
    pub from: Option<i64>,
    /// Seconds by which the server holds lines back, to send them in order; at most five.
    pub delay: u64,
    /// How often the live tail is held against a query: a burst makes it lose lines, and one line
    /// from the future stalls it for minutes while its pings go on.
    pub check: Duration,
    /// By what it tells how long ago something was.
    pub clock: Clock,
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
    fn keep_time(&mut self, clock: &Clock) {
        self.setup.clock = clock.clone();
    }

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
        let follower = Follower::new(setup, outlet);
        Self { said, go, has_failed: false, task: tokio::spawn(follower.run()) }
    }
}

#[cfg(test)]
#[path = "tail_tests.rs"]
mod tests;
