//! `wardroom check`: every server is asked once; the answer is judged, written down, and said by
//! the exit status.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use color_eyre::eyre::Result;
use tokio::sync::mpsc;

use super::{Ground, expected, ground, say};
use crate::cli::{Check, Format, Global};
use crate::domain::feed::{Feed, FeedState, SourceId};
use crate::domain::question::Question;
use crate::domain::store::Store;
use crate::domain::verdict::Scope;
use crate::report::Report;
use crate::sources::watch::Watch;
use crate::sources::{Answering, Looking, Plan, Source, Tail};
use chrono::{DateTime, Utc};

/// Runs it.
///
/// # Errors
/// Wrong usage, a wrong config, or stdout that cannot be written.
pub fn run(global: &Global, check: &Check) -> Result<ExitCode> {
    let scope = check.scope();
    let (store, now) = ask(global, scope, check.timeout)?;
    let report = Report::of(&store, scope, now);
    say(&match check.format {
        Format::Text => report.text(),
        Format::Json => report.json()?,
        Format::Nagios => report.nagios(),
    })?;
    Ok(ExitCode::from(report.verdict.state.exit_code()))
}

/// Asks every server for what is in `scope`, once; what is known after `timeout` at the latest, and
/// when that is.
pub(super) fn ask(global: &Global, scope: Scope, timeout: Duration) -> Result<(Store, DateTime<Utc>)> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let known = runtime.block_on(async {
        let ground = ground(global, false).await?;
        let store = look(&ground, scope, timeout).await;
        Ok::<_, color_eyre::eyre::Report>((store, ground.clock.now().wall))
    });
    // Who still waits for a server that hangs is not waited for.
    runtime.shutdown_background();
    known
}

/// Asks until every feed has answered once, or the time is up.
async fn look(ground: &Ground, scope: Scope, timeout: Duration) -> Store {
    let config = &ground.config;
    let narrow = |source: &Arc<dyn Source>| Arc::new(Narrow { source: Arc::clone(source), scope }) as _;
    let sources: Vec<Arc<dyn Source>> = config.sources.iter().map(narrow).collect();
    let mut store = Store::new(expected(&sources), config.thresholds.clone(), config.ring);
    let (sender, mut events) = mpsc::channel(64);
    let _watch = Watch::start(&sources, &ground.clock, &sender);
    let deadline = tokio::time::sleep(timeout);
    tokio::pin!(deadline);
    while !has_answered(&store, ground) {
        tokio::select! {
            () = &mut deadline => break,
            event = events.recv() => {
                let Some(event) = event else { break };
                store.apply(&event.source, event.feed, event.result, event.took, ground.clock.now().wall);
            }
        }
    }
    store
}

fn has_answered(store: &Store, ground: &Ground) -> bool {
    let now = ground.clock.now().wall;
    let mut feeds = store.sources.iter().flat_map(|source| source.feeds.values());
    feeds.all(|feed| feed.state(now) != FeedState::Pending)
}

/// A source of which only a part is asked for.
#[derive(Debug)]
struct Narrow {
    source: Arc<dyn Source>,
    scope: Scope,
}

impl Source for Narrow {
    fn id(&self) -> &SourceId {
        self.source.id()
    }

    fn site(&self) -> &Arc<str> {
        self.source.site()
    }

    fn feeds(&self) -> Vec<Plan> {
        let mut plans = self.source.feeds();
        plans.retain(|plan| self.scope.covers(self.id().kind, plan.feed));
        plans
    }

    fn observe(&self, feed: Feed, now: DateTime<Utc>) -> Looking<'_> {
        self.source.observe(feed, now)
    }

    fn answer(&self, question: Question, now: DateTime<Utc>) -> Answering<'_> {
        self.source.answer(question, now)
    }

    fn tails(&self) -> Vec<Box<dyn Tail>> {
        if self.scope.covers(self.id().kind, Feed::Tail) { self.source.tails() } else { Vec::new() }
    }
}
