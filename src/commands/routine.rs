//! `wardroom routine`: what is looked at every day, week and month, and after a change.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use color_eyre::eyre::{Result, eyre};
use serde::Serialize;

use super::{complain, gather, ground, say};
use crate::cli::{Form, Global, Routine as Asked};
use crate::domain::health::Health;
use crate::domain::horizon::When;
use crate::domain::maintenance;
use crate::domain::routine::{self, Cadence, Done};
use crate::domain::store::Store;
use crate::domain::verdict::Scope;
use crate::report::SCHEMA;
use crate::runtime::network;
use crate::state;
use crate::text::sanitise;

/// What the lines rest on: everything but logs and budgets.
const SCOPE: Scope = Scope { logs: false, slo: false, ..Scope::ALL };

/// What is told, as programs read it.
#[derive(Debug, Serialize)]
struct Told {
    schema: u32,
    at: DateTime<Utc>,
    routines: Vec<Row>,
}

/// A routine.
#[derive(Debug, Serialize)]
struct Row {
    routine: Cadence,
    /// When it is due; null when nobody can say, or nothing makes it due.
    due: Option<DateTime<Utc>>,
    /// Why nobody can say.
    unknown: Option<Arc<str>>,
    /// How often it was worked through here.
    times: usize,
    last: Option<Done>,
    /// Its lines as they are now; only when it was asked for.
    lines: Vec<LineRow>,
}

#[derive(Debug, Serialize)]
struct LineRow {
    text: &'static str,
    /// `ok`, `critical`, `unknown`; null where only a person can say.
    state: Option<Health>,
    evidence: String,
}

/// Runs it.
///
/// # Errors
/// Wrong usage, a wrong config, a state directory that cannot be written, or stdout that cannot.
pub fn run(global: &Global, asked: &Asked) -> Result<ExitCode> {
    let network = network()?;
    let done = network.block_on(async {
        let ground = ground(global, false).await?;
        let mut store = match asked.routine {
            Some(_) => gather(&ground, SCOPE, asked.timeout).await,
            // Dates alone need no server, but that of a change does.
            None => gather(&ground, Scope { alerts: true, ..Scope::NONE }, asked.timeout).await,
        };
        let now = ground.clock.now().wall;
        store.maintained = maintenance::windows(&store, now);
        let told = Told { schema: SCHEMA, at: now, routines: rows(asked.routine, &store, now) };
        let is_well = told
            .routines
            .iter()
            .flat_map(|row| &row.lines)
            .all(|line| line.state.is_none_or(|state| state == Health::Ok));
        say(&match asked.format {
            Form::Text => text(&told),
            Form::Json => serde_json::to_string_pretty(&told)? + "\n",
        })?;
        if let (Some(routine), true) = (asked.routine, asked.done) {
            if !is_well && !asked.yes {
                complain(
                    "some line is not so, or not known, so nothing was noted. --yes notes it all the same",
                );
                return Ok(ExitCode::FAILURE);
            }
            let place = ground.kept_state()?.ok_or_else(|| eyre!("the demo lab keeps no state"))?;
            state::keep_routine(place.path(), &noted(routine, asked, &told, ground.operator()))?;
            return Ok(ExitCode::SUCCESS);
        }
        Ok::<_, color_eyre::eyre::Report>(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    });
    // Who still waits for a server that hangs is not waited for.
    network.shutdown_background();
    done
}

fn noted(routine: Cadence, asked: &Asked, told: &Told, by: String) -> Done {
    let word = |state: Option<Health>| state.map_or_else(|| "by hand".to_owned(), |state| state.to_string());
    let lines = told.routines.iter().flat_map(|row| &row.lines);
    Done {
        routine,
        at: told.at,
        by: by.into(),
        note: sanitise(asked.note.trim()).as_ref().into(),
        lines: lines.map(|line| (Arc::from(line.text), Arc::from(word(line.state)))).collect(),
    }
}

fn rows(only: Option<Cadence>, store: &Store, now: DateTime<Utc>) -> Vec<Row> {
    let wanted = Cadence::ALL.into_iter().filter(|one| only.is_none_or(|only| only == *one));
    let row = |routine: Cadence| {
        let (due, unknown) = match routine::due(routine, &store.routines, &store.maintained) {
            Some(When::At(at)) => (Some(at), None),
            Some(When::Now(_)) => (Some(now), None),
            Some(When::Unknown(why)) => (None, Some(why)),
            None => (None, None),
        };
        let lines = routine.lines().iter().filter(|_| only.is_some()).map(|line| {
            let outcome = routine::look(line, store, now);
            LineRow { text: line.text, state: outcome.state, evidence: outcome.evidence }
        });
        Row {
            routine,
            due,
            unknown,
            times: store.routines.iter().filter(|one| one.routine == routine).count(),
            last: routine::last(&store.routines, routine).cloned(),
            lines: lines.collect(),
        }
    };
    wanted.map(row).collect()
}

fn text(told: &Told) -> String {
    let mut out = String::new();
    let day = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M UTC").to_string();
    for row in &told.routines {
        let last = row.last.as_ref().map_or_else(
            || "never worked through here".to_owned(),
            |last| format!("last {} by {}, {} times in all", day(last.at), last.by, row.times),
        );
        let due = match (row.due, &row.unknown) {
            (Some(at), _) if at == told.at => "due now".to_owned(),
            (Some(at), _) if at <= told.at => format!("overdue since {}", day(at)),
            (Some(at), _) => format!("due {}", day(at)),
            (None, Some(_)) => "due: unknown".to_owned(),
            (None, None) => "nothing was changed since".to_owned(),
        };
        // Writing to a text cannot fail.
        let _written = writeln!(out, "{:<8} {due}; {last}", row.routine.as_ref());
        for line in &row.lines {
            let state = line.state.map_or_else(
                || "by hand".to_owned(),
                |state| match state {
                    Health::Critical => "not so".to_owned(),
                    other => other.to_string(),
                },
            );
            let _written = writeln!(out, "  {state:<8} {}: {}", line.text, line.evidence);
        }
    }
    out
}
