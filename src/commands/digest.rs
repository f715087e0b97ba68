//! `wardroom digest`: what happened since somebody last looked.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use color_eyre::eyre::Result;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::{Ground, Usage, complain, gather, ground, say};
use crate::cli::{Digest as Asked, Global, Telling};
use crate::domain::digest::{self, LONGEST, Looked};
use crate::domain::feed::{Failure, FailureKind};
use crate::domain::question::{Answer, Ask, Known, Slot};
use crate::domain::ran::Ran;
use crate::domain::slo::Window;
use crate::domain::store::Store;
use crate::domain::verdict::Scope;
use crate::journal::{Journal, refuge, told};
use crate::report::Digest;
use crate::runtime::network;
use crate::state;

/// What tells of the past: backups, silences, and what names hosts.
const SCOPE: Scope = Scope { backups: true, alerts: true, ..Scope::NONE };

/// Runs it.
///
/// # Errors
/// Wrong usage, a wrong config, or stdout that cannot be written.
pub fn run(global: &Global, asked: &Asked) -> Result<ExitCode> {
    let since = asked.since.map(|since| match TimeDelta::from_std(since) {
        Ok(since) if since <= LONGEST && since >= TimeDelta::minutes(1) => Ok(since),
        _ => Err(Usage("--since takes a time from 1m to 31d".to_owned())),
    });
    let since = since.transpose()?;
    let network = network()?;
    let looked = network.block_on(async {
        let ground = ground(global, false).await?;
        let now = ground.clock.now().wall;
        let looked = look(&ground, since, now);
        let window = Window { from: looked.from, to: now };
        let end = Instant::now() + asked.timeout;
        let store = gather(&ground, SCOPE, asked.timeout).await;
        let answers = answers(&ground, &store, window, end).await;
        let known = |ask: &Ask| match answers.get(&ask.slot) {
            Some(Ok(answer)) => Known::Answer(answer),
            Some(Err(failure)) => Known::Failed(failure),
            None => Known::Waiting,
        };
        let heard = ground.clock.now().wall;
        let told = digest::digest(&store, window, &known, &ran(&ground), heard);
        if since.is_none() {
            keep(&ground, looked);
        }
        Ok::<_, color_eyre::eyre::Report>(Digest::of(&told, now))
    });
    // Who still waits for a server that hangs is not waited for.
    network.shutdown_background();
    let digest = looked?;
    say(&match asked.format {
        Telling::Text => digest.text(),
        Telling::Markdown => digest.markdown(),
        Telling::Json => digest.json()?,
    })?;
    Ok(if digest.unknown.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// From when on is looked: as asked, or since the last look.
fn look(ground: &Ground, since: Option<TimeDelta>, now: DateTime<Utc>) -> Looked {
    match since {
        Some(since) => Looked { from: now - since, at: now },
        None => Looked::again(ground.own_state().and_then(|place| state::looked(place.path())), now),
    }
}

fn keep(ground: &Ground, looked: Looked) {
    match ground.kept_state() {
        Ok(Some(place)) => {
            if let Err(error) = state::keep_looked(place.path(), &looked) {
                complain(&format!("that you looked was not written down: {error}"));
            }
        }
        Ok(None) => {}
        Err(error) => complain(&format!("that you looked was not written down: {error}")),
    }
}

/// What the journal tells; a journal that cannot be read is said.
fn ran(ground: &Ground) -> Vec<Ran> {
    let Some(place) = ground.own_state() else { return Vec::new() };
    match Journal::new(place.path().join("journal"), refuge()).read() {
        Ok((entries, _)) => told(&entries),
        Err(error) => {
            complain(&format!("the journal cannot be read, so no action is told: {error}"));
            Vec::new()
        }
    }
}

type Answered = BTreeMap<Slot, Result<Answer, Failure>>;

/// Asks what the feeds do not bring, up to `end`.
pub(super) async fn answers(ground: &Ground, store: &Store, window: Window, end: Instant) -> Answered {
    let mut asked = JoinSet::new();
    let mut all = Answered::new();
    for ask in digest::asks(store, window) {
        let source = ground.config.sources.iter().find(|source| *source.id() == ask.source).map(Arc::clone);
        let Some(source) = source else { continue };
        all.insert(ask.slot.clone(), Err(late()));
        let now = ground.clock.now().wall;
        asked.spawn(async move {
            let answer = source.answer(ask.question, now).await;
            (ask.slot, answer.map_err(|error| error.failure()))
        });
    }
    // The servers were already waited for: a little more is left for the past.
    let end = end.max(Instant::now() + Duration::from_secs(5));
    while let Ok(Some(Ok((slot, answer)))) = timeout_at(end, asked.join_next()).await {
        all.insert(slot, answer);
    }
    all
}

fn late() -> Failure {
    let short = "no answer in time";
    Failure { kind: FailureKind::Timeout, short: short.into(), text: short.into() }
}
