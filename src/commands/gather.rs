//! One look at the servers: for the commands that answer and end.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::{Ground, expected};
use crate::border::Msg;
use crate::domain::clocks::Clocks;
use crate::domain::feed::{Failure, FailureKind, Feed, FeedState, SourceId, SourceKind};
use crate::domain::maintenance;
use crate::domain::question::Question;
use crate::domain::slo::{self, Goal, Ledger, Window};
use crate::domain::store::Store;
use crate::domain::verdict::Scope;
use crate::net::{Client, Tunnel};
use crate::replay::Recording;
use crate::sources::watch::Watch;
use crate::sources::{Answering, Looking, Plan, Source, SourceError, Tail};
use crate::state;

/// Asks until every feed in `scope` has answered once, or the time is up.
pub async fn gather(ground: &Ground, scope: Scope, timeout: Duration) -> Store {
    if let Some(recording) = &ground.recording {
        return replayed(ground, recording);
    }
    let config = &ground.config;
    let narrow = |source: &Arc<dyn Source>| Arc::new(Narrow { source: Arc::clone(source), scope }) as _;
    let sources: Vec<Arc<dyn Source>> = config.sources.iter().map(narrow).collect();
    let mut store = Store::new(expected(&sources), config.thresholds.clone(), config.ring);
    if let Some(place) = ground.own_state() {
        store.take_clocks(Clocks::of(state::clocks(place.path())));
        store.drills = state::drills(place.path());
        store.maintained = state::maintained(place.path());
    }
    let (sender, mut events) = mpsc::channel(64);
    let _watch = Watch::start(&sources, &ground.clock, &sender);
    let end = Instant::now() + timeout;
    let mut counting = if scope.slo { goals(ground) } else { JoinSet::new() };
    let deadline = sleep_until(end);
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
    for goal in &config.thresholds.goals {
        store.take_account(&goal.name, Err(late()));
    }
    let planned = maintenance::windows(&store, ground.clock.now().wall);
    while let Ok(Some(Ok((goal, window, to, read)))) = timeout_at(end, counting.join_next()).await {
        let counted = read.map(|ledger| ledger.account(&goal, window, to, &planned));
        store.take_account(&goal.name, counted);
    }
    store
}

/// What was answered about an objective, over which time and up to when.
type Counted = (Goal, Window, DateTime<Utc>, Result<Ledger, Failure>);

/// Asks for the objectives, each in a task of its own.
fn goals(ground: &Ground) -> JoinSet<Counted> {
    let config = &ground.config;
    let now = ground.clock.now().wall;
    let to = slo::settled(now);
    let mut all = JoinSet::new();
    let prometheus = config.sources.iter().find(|source| source.id().kind == SourceKind::Prometheus);
    for goal in config.thresholds.goals.iter().cloned() {
        let Some(source) = prometheus.map(Arc::clone) else { break };
        let window = goal.window(to, |to| config.ui.zone.month(to));
        all.spawn(async move {
            let read = read(&goal, &*source, window, to).await;
            (goal, window, to, read.map_err(|error| error.failure()))
        });
    }
    all
}

/// Reads the samples of an objective.
async fn read(
    goal: &Goal,
    source: &dyn Source,
    window: Window,
    to: DateTime<Utc>,
) -> Result<Ledger, SourceError> {
    let mut ledger = Ledger::default();
    while let Some(piece) = ledger.lacks(&window, to) {
        let answer = source.answer(goal.ask(source.id(), &piece).question, to).await?;
        ledger.take(piece, answer.series(), window.from);
    }
    Ok(ledger)
}

fn late() -> Failure {
    let short = "no answer in time";
    Failure { kind: FailureKind::Timeout, short: short.into(), text: short.into() }
}

/// What a recording comes to at its end, where its clock then stands.
fn replayed(ground: &Ground, recording: &Recording) -> Store {
    let config = &ground.config;
    let mut store = Store::new(recording.sources.clone(), config.thresholds.clone(), config.ring);
    for moment in &recording.moments {
        if let Msg::Observed { source, feed, result, took } = &moment.msg {
            store.apply(source, *feed, result.clone(), *took, moment.at);
        }
    }
    ground.clock.advance(recording.ended() - ground.clock.now().wall);
    store
}

/// Why the sources of these feeds are not heard, a line each; empty when all are.
pub fn unheard(store: &Store, feeds: &[Feed], now: DateTime<Utc>) -> Vec<String> {
    let mut told = Vec::new();
    for source in &store.sources {
        let silent = source.feeds.iter().filter(|(feed, _)| feeds.contains(*feed));
        let mut silent = silent.filter(|(feed, state)| !state.is_fresh(now) && !source.lacks(**feed));
        if let Some((_, freshness)) = silent.next() {
            let why = freshness.failure.as_ref().map_or("no answer in time", |(failure, _)| &*failure.text);
            told.push(format!("{}: {why}", source.id));
        }
    }
    told
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

    fn doors(&self) -> &[Arc<Client>] {
        self.source.doors()
    }

    fn tunnels(&self) -> Vec<Arc<Tunnel>> {
        self.source.tunnels()
    }

    fn tails(&self) -> Vec<Box<dyn Tail>> {
        if self.scope.covers(self.id().kind, Feed::Tail) { self.source.tails() } else { Vec::new() }
    }
}
