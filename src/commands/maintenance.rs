//! `wardroom maintenance`: planned, listed, ended.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use color_eyre::eyre::{Result, WrapErr as _};

use super::silences::{carry_out, router};
use super::{Ground, Usage, complain, gather, ground, say, unheard};
use crate::cli::{Form, Global, Maintenance, Planned};
use crate::config::Runbooks;
use crate::domain::feed::Feed;
use crate::domain::health::Health;
use crate::domain::maintenance::{Check, Plan, all};
use crate::domain::matcher::read_all;
use crate::domain::silencing::deed;
use crate::domain::slo::Window;
use crate::domain::verdict::Scope;
use crate::incident::{self, Entry, Event};
use crate::report;
use crate::runbooks;
use crate::runtime::network;
use crate::state::{Room, record};

/// What tells whether all is back: everything but logs and budgets.
const SCOPE: Scope = Scope { logs: false, slo: false, ..Scope::ALL };

/// Runs it.
///
/// # Errors
/// Wrong usage, a wrong config, `--read-only`, or a server that refuses or is not reached.
pub fn run(global: &Global, what: &Maintenance) -> Result<ExitCode> {
    if global.read_only && !matches!(what, Maintenance::List { .. }) {
        return Err(Usage("nothing is written under --read-only".into()).into());
    }
    let network = network()?;
    let done = network.block_on(async {
        match what {
            Maintenance::Plan(planned) => plan(global, planned).await,
            Maintenance::List { format, timeout } => list(global, *format, *timeout).await,
            Maintenance::End { name, yes, timeout } => end(global, name, *yes, *timeout).await,
        }
    });
    // Who still waits for a server that hangs is not waited for.
    network.shutdown_background();
    done
}

async fn plan(global: &Global, asked: &Planned) -> Result<ExitCode> {
    let ground = ground(global, false).await?;
    let source = router(&ground, asked.alertmanager.as_deref())?;
    let now = ground.clock.now().wall;
    let span = TimeDelta::from_std(asked.span).ok().filter(|span| *span <= TimeDelta::days(7));
    let span = span.ok_or_else(|| Usage("--for is longer than 7 days".into()))?;
    let from = asked.at.unwrap_or(now);
    let subjects = asked.matcher.iter().map(|text| read_all(text).map_err(|error| Usage(error.to_string())));
    let plan = Plan {
        name: asked.name.trim().into(),
        window: Window { from, to: from + span },
        down: asked.down.iter().map(|name| Arc::from(name.trim())).collect(),
        subjects: subjects.collect::<Result<_, _>>()?,
        by: asked.author.clone().unwrap_or_else(|| ground.operator()).trim().into(),
        text: if asked.comment.trim().is_empty() { "maintenance" } else { asked.comment.trim() }.into(),
    };
    let needs = prerequisites(&ground.config.runbooks, &plan.name);
    if !needs.is_empty() && !asked.yes {
        let needs = needs.join("\n  - ");
        let told =
            format!("{} needs:\n  - {needs}\nnothing was written. --yes says that they are met", plan.name);
        return Err(Usage(told).into());
    }
    let store = gather(&ground, Scope { alerts: true, ..Scope::NONE }, asked.timeout).await;
    let faults = plan.faults(&store, now);
    if !faults.is_empty() {
        let faults: Vec<String> = faults.into_iter().map(|(_, text)| text).collect();
        return Err(Usage(format!("{}; nothing was written", faults.join("; "))).into());
    }
    let known =
        store.source(source.id()).filter(|source| source.is_fresh(Feed::Silences, ground.clock.now().wall));
    let known =
        known.ok_or_else(|| color_eyre::eyre::eyre!("{} is not heard; nothing was written", source.id()))?;
    for draft in plan.drafts() {
        carry_out(&ground, &deed(draft, known))
            .await
            .wrap_err("not all of it was written; end it by its name")?;
    }
    for need in &needs {
        say(&format!("said to be met: {need}\n"))?;
    }
    let until = plan.window.to.format("%Y-%m-%d %H:%M UTC");
    let down = if plan.down.is_empty() { "nothing".to_owned() } else { plan.down.join(", ") };
    let planned =
        format!("planned by {}, until {until}; expected to be down: {down}; {}", plan.by, plan.text);
    let needs = needs.iter().map(|need| format!("said to be met: {need}"));
    write_down(&ground, (&plan.name, from), std::iter::once(planned).chain(needs));
    say(&format!("planned: {} from {} to {until}\n", plan.name, from.format("%Y-%m-%d %H:%M")))?;
    Ok(ExitCode::SUCCESS)
}

/// What was measured of a maintenance, a line each.
pub(super) fn measured(checks: &[Check]) -> impl Iterator<Item = String> {
    checks.iter().map(|check| format!("{}: {} ({})", check.what, check.state, check.evidence))
}

/// Writes into the record of a maintenance, by its name and beginning; it stands with those of incidents.
/// What cannot be written down is told, and what was done stays done.
pub(super) fn write_down(
    ground: &Ground,
    (name, from): (&str, DateTime<Utc>),
    lines: impl Iterator<Item = String>,
) {
    let place = match ground.kept_state() {
        Ok(Some(place)) => place,
        Ok(None) => return,
        Err(error) => return complain(&format!("it was not written down: {error}")),
    };
    let shared = ground.config.incidents.as_deref().map(Room::shared);
    let room = shared.unwrap_or_else(|| Room::own(&place));
    let (operator, at) = (ground.operator(), ground.clock.now().wall);
    let line = |text: String| Entry {
        schema: incident::SCHEMA,
        incident: incident::name(from, "Maintenance", name),
        at,
        by: operator.clone(),
        event: Event::Noted { line: None, text },
    };
    if let Err(error) = record(&room, &lines.map(line).collect::<Vec<_>>(), &operator) {
        complain(&format!("it was not written down: {error}"));
    }
}

/// What the procedure of this heading says must be so before.
fn prerequisites(config: &Runbooks, name: &str) -> Vec<String> {
    let mut needs = Vec::new();
    for path in &config.files {
        let Ok(bytes) = std::fs::read(path) else {
            complain(&format!("{} cannot be read: its prerequisites are not known", path.display()));
            continue;
        };
        let file = runbooks::read(&path.display().to_string(), &bytes);
        let own = file.procedures.iter().filter(|procedure| procedure.title.eq_ignore_ascii_case(name));
        needs.extend(own.flat_map(|one| one.prerequisites.items.iter().map(|item| item.text.clone())));
    }
    needs
}

async fn list(global: &Global, format: Form, timeout: Duration) -> Result<ExitCode> {
    let ground = ground(global, false).await?;
    let store = gather(&ground, SCOPE, timeout).await;
    let now = ground.clock.now().wall;
    let list = report::Maintenance::of(&store, now);
    say(&match format {
        Form::Text => list.text(),
        Form::Json => list.json()?,
    })?;
    let unheard = unheard(&store, &[Feed::Silences], now);
    for source in &unheard {
        complain(&format!("not heard: {source}"));
    }
    let is_bad = list.is_over_time() || !unheard.is_empty();
    Ok(if is_bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn end(global: &Global, name: &str, yes: bool, timeout: Duration) -> Result<ExitCode> {
    let ground: Ground = ground(global, false).await?;
    let store = gather(&ground, SCOPE, timeout).await;
    let now = ground.clock.now().wall;
    let known = all(&store).into_iter().find(|one| &*one.name == name);
    let one = known.ok_or_else(|| Usage(format!("there is no maintenance {name:?}")))?;
    let mut is_back = true;
    let checks = one.checks(&store, now);
    for check in &checks {
        is_back &= check.state == Health::Ok;
        say(&format!("{:<9} {}: {}\n", check.state.as_ref(), check.what, check.evidence))?;
    }
    if !is_back && !yes {
        complain("not all is back, so it was not ended. --yes ends it all the same");
        return Ok(ExitCode::FAILURE);
    }
    for deed in one.ends() {
        carry_out(&ground, &deed).await?;
    }
    let word = if is_back { "ended: all is back" } else { "ended although not all is back" };
    write_down(&ground, (name, one.window.from), measured(&checks).chain([word.to_owned()]));
    say(&format!("ended: {name}\n"))?;
    Ok(ExitCode::SUCCESS)
}
