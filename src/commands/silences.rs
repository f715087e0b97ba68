//! `wardroom silences`: listed, made, ended.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use color_eyre::eyre::{Result, eyre};

use super::alerts::{SCOPE, matchers};
use super::maintenance::{measured, write_down};
use super::{Ground, Usage, complain, gather, ground, say, unheard};
use crate::actions;
use crate::cli::{Add, Global, ListFormat, Silences};
use crate::domain::comment::{Comment, Condition, Tag};
use crate::domain::deed::{Deed, Draft, Receipt, What};
use crate::domain::feed::{Feed, SourceId, SourceKind};
use crate::domain::maintenance;
use crate::domain::reaping::{self, Due};
use crate::domain::silencing::{deed, refusals, review};
use crate::domain::store::Store;
use crate::domain::verdict::Scope;
use crate::journal::{Journal, refuge};
use crate::report;
use crate::runtime::{Pen, network};
use crate::sources::Source;
use crate::state;

/// A silence begins this long before it is made: the server's clock may be behind.
const HEAD_START: TimeDelta = TimeDelta::seconds(30);

/// Runs it.
///
/// # Errors
/// Wrong usage, a wrong config, `--read-only`, or a server that refuses or is not reached.
pub fn run(global: &Global, what: &Silences) -> Result<ExitCode> {
    if global.read_only && !matches!(what, Silences::List { .. }) {
        return Err(Usage("nothing is written under --read-only".into()).into());
    }
    let network = network()?;
    let done = network.block_on(async {
        match what {
            Silences::List { all, format, timeout } => list(global, *all, *format, *timeout).await,
            Silences::Add(add) => self::add(global, add).await,
            Silences::Expire { id, alertmanager } => expire(global, id, alertmanager.as_deref()).await,
            Silences::Reap { timeout } => reap(global, *timeout).await,
        }
    });
    // Who still waits for a server that hangs is not waited for.
    network.shutdown_background();
    done
}

async fn list(global: &Global, all: bool, format: ListFormat, timeout: Duration) -> Result<ExitCode> {
    let ground = ground(global, false).await?;
    let store = gather(&ground, SCOPE, timeout).await;
    let now = ground.clock.now().wall;
    let list = report::Silences::of(&store, all, now);
    say(&match format {
        ListFormat::Text => list.text(),
        ListFormat::Json => list.json()?,
    })?;
    Ok(tell_unheard(&store, &[Feed::Silences], now))
}

/// A list that may lack something is told as such, and by the exit status.
fn tell_unheard(store: &Store, feeds: &[Feed], now: DateTime<Utc>) -> ExitCode {
    let unheard = unheard(store, feeds, now);
    for source in &unheard {
        complain(&format!("not heard: {source}"));
    }
    if unheard.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn add(global: &Global, add: &Add) -> Result<ExitCode> {
    let asked = matchers(&add.matchers)?;
    let span = TimeDelta::from_std(add.duration).ok().filter(|span| *span <= TimeDelta::days(3650));
    let span = span.ok_or_else(|| Usage("--duration is longer than ten years".into()))?;
    let ground = ground(global, false).await?;
    let source = router(&ground, add.alertmanager.as_deref())?;
    let now = ground.clock.now().wall;
    let comment = Comment {
        tag: add.until.clone().map(|until| Tag::Until(with_server(until, &ground))),
        text: add.comment.trim().into(),
    };
    let author = add.author.clone().unwrap_or_else(|| ground.operator());
    let draft = Draft {
        matchers: asked,
        author: author.trim().into(),
        comment: comment.to_string().into(),
        ..Draft::empty(now - HEAD_START, now + span)
    };
    let wrong: Vec<String> = refusals(&draft, now).into_iter().map(|refusal| refusal.text).collect();
    if !wrong.is_empty() {
        return Err(Usage(format!("{}; nothing was written", wrong.join("; "))).into());
    }
    let store = gather(&ground, SCOPE, add.timeout).await;
    let known = store.source(source.id()).ok_or_else(|| eyre!("{} is not configured", source.id()))?;
    if !known.is_fresh(Feed::Alerts, ground.clock.now().wall) {
        let why = known.failure(now).map_or("no answer in time", |(failure, _)| &*failure.text);
        return Err(eyre!("nothing was written: it cannot be told what it would hide: {why}"));
    }
    let doubts = review(&draft, source.id(), None, &store, now).doubts;
    if !add.yes && !doubts.is_empty() {
        let doubts: Vec<String> = doubts.iter().map(ToString::to_string).collect();
        return Err(Usage(format!(
            "{}; nothing was written. --yes makes it all the same",
            doubts.join("; ")
        ))
        .into());
    }
    let receipt = carry_out(&ground, &deed(draft, known)).await?;
    say(&format!("{}\n", receipt.id))?;
    Ok(ExitCode::SUCCESS)
}

/// A task is looked for on the one backup server that there is.
fn with_server(condition: Condition, ground: &Ground) -> Condition {
    let mut servers = ground.config.sources.iter().filter(|source| source.id().kind == SourceKind::Pbs);
    match (condition, servers.next(), servers.next()) {
        (Condition::Task { source, upid }, Some(only), None) if source.is_empty() => {
            Condition::Task { source: Arc::clone(&only.id().name), upid }
        }
        (condition, ..) => condition,
    }
}

/// The Alertmanagers of the config.
fn routers(ground: &Ground) -> impl Iterator<Item = &Arc<dyn Source>> {
    ground.config.sources.iter().filter(|source| source.id().kind == SourceKind::Alertmanager)
}

/// The Alertmanager of this name, or the only one.
pub(super) fn router<'a>(ground: &'a Ground, name: Option<&str>) -> Result<&'a Arc<dyn Source>, Usage> {
    let names: Vec<&str> = routers(ground).map(|source| &*source.id().name).collect();
    let known = names.join(", ");
    match (name, names.len()) {
        (_, 0) => Err(Usage("there is no [sources.alertmanager.NAME] in the config".into())),
        (None, 2..) => {
            Err(Usage(format!("there are several Alertmanagers; add --alertmanager, one of {known}")))
        }
        (name, _) => routers(ground)
            .find(|source| name.is_none_or(|name| *source.id().name == *name))
            .ok_or_else(|| {
                let name = name.unwrap_or_default();
                Usage(format!("there is no Alertmanager {name:?}; there: {known}"))
            }),
    }
}

/// Does it at the server that it is meant for, and writes it down.
pub(super) async fn carry_out(ground: &Ground, deed: &Deed) -> Result<Receipt> {
    let source = ground.config.sources.iter().find(|source| *source.id() == deed.source);
    let source = source.ok_or_else(|| eyre!("{} is not configured", deed.source))?;
    let journal = ground
        .kept_state()?
        .map(|place| Arc::new(Mutex::new(Journal::new(place.path().join("journal"), refuge()))));
    let pen = Pen { journal, clock: ground.clock.clone(), operator: operator(ground, deed) };
    let mut error = None;
    let work = async {
        actions::carry_out(deed, source.doors()).await.map_err(|why| {
            let failure = why.failure();
            error = Some(why);
            failure
        })
    };
    let done = pen.record(DEEDS.fetch_add(1, Ordering::Relaxed), deed, work).await;
    done.map_err(|failure| error.map_or_else(|| eyre!("{}", failure.text), Into::into))
}

/// How many deeds were done: each has a name of its own in the journal.
static DEEDS: AtomicU64 = AtomicU64::new(0);

/// Who does it: whoever is said to have made the silence, or is at the keyboard.
fn operator(ground: &Ground, deed: &Deed) -> String {
    match &deed.what {
        What::Silence(draft) => draft.author.to_string(),
        _ => ground.operator(),
    }
}

async fn expire(global: &Global, id: &str, name: Option<&str>) -> Result<ExitCode> {
    let ground = ground(global, false).await?;
    let source = match name {
        None if routers(&ground).count() > 1 => holder(&ground, id).await?,
        name => router(&ground, name)?.id().clone(),
    };
    let receipt = carry_out(&ground, &Deed { source, what: What::Expire { id: id.into() } }).await?;
    say(&format!("{}\n", receipt.id))?;
    Ok(ExitCode::SUCCESS)
}

/// Which of several Alertmanagers has the silence.
async fn holder(ground: &Ground, id: &str) -> Result<SourceId> {
    let store = gather(ground, SCOPE, Duration::from_secs(15)).await;
    let mut sources = store.of(SourceKind::Alertmanager);
    let has = |silences: &[crate::domain::silence::Silence]| silences.iter().any(|one| &*one.id == id);
    let holder = sources.find(|source| has(&source.data.silences));
    holder.map(|source| source.id.clone()).ok_or_else(|| eyre!("no Alertmanager has a silence {id}"))
}

async fn reap(global: &Global, timeout: Duration) -> Result<ExitCode> {
    let ground = ground(global, false).await?;
    // Conditions speak of tasks and hosts too; of logs none does.
    let scope = Scope { logs: false, ..Scope::ALL };
    let mut store = gather(&ground, scope, timeout).await;
    let now = ground.clock.now().wall;
    let mut status = tell_unheard(&store, &[Feed::Silences], now);
    for Due { deed, id, why } in reaping::due(&store, now) {
        let done = match &deed.what {
            What::Expire { .. } | What::Chore(_) | What::Test(_) | What::Reload | What::Annotate(_) => {
                format!("expired {id}: {why}\n")
            }
            What::Silence(draft) => {
                let until = draft.ends_at.to_rfc3339_opts(SecondsFormat::Secs, true);
                format!("renewed {id} until {until}: {why}\n")
            }
        };
        match carry_out(&ground, &deed).await {
            Ok(_) => say(&done)?,
            Err(error) => {
                complain(&format!("{id}: {error:#}"));
                status = ExitCode::FAILURE;
            }
        }
    }
    for (one, deeds) in maintenance::over(&store, now) {
        for deed in &deeds {
            carry_out(&ground, deed).await?;
        }
        let ended = "its time is over, and all is back: ended".to_owned();
        let lines = measured(&one.checks(&store, now)).chain([ended]).collect::<Vec<_>>();
        write_down(&ground, (&one.name, one.window.from), lines.into_iter());
        say(&format!("ended maintenance {}: its time is over, and all is back\n", one.name))?;
    }
    if let Some(place) = ground.own_state() {
        store.maintained = state::maintained(place.path());
        for window in maintenance::finished(&store, now) {
            state::keep_maintained(place.path(), window)?;
        }
    }
    Ok(status)
}
