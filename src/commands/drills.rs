//! `wardroom drills`: the restores that were tried, and the drills on the demo lab.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use color_eyre::eyre::Result;
use serde::Serialize;

use super::say;
use crate::cli::{Drills as Asked, Form};
use crate::domain::drill::Drill;
use crate::domain::exercise::Exercised;
use crate::report::SCHEMA;
use crate::state::{self, Place};
use crate::text::{age, sanitise};

/// All of them, as programs read it, the oldest first.
#[derive(Debug, Serialize)]
struct Told {
    schema: u32,
    restores: Vec<Restore>,
    exercises: Vec<Exercised>,
}

/// A restore that was tried.
#[derive(Debug, Serialize)]
struct Restore {
    at: DateTime<Utc>,
    /// The server that it was restored from.
    source: String,
    /// Which backups.
    backup: String,
    by: Arc<str>,
    /// In seconds; null where nobody measured it.
    took: Option<u64>,
    note: Arc<str>,
}

impl Restore {
    fn of(drill: &Drill) -> Self {
        let (by, note) = (Arc::clone(&drill.by), Arc::clone(&drill.note));
        let (source, backup) = (drill.source.to_string(), drill.group.to_string());
        Self { at: drill.at, source, backup, by, took: drill.took, note }
    }
}

/// Runs it.
///
/// # Errors
/// A state directory that cannot be found, or stdout that cannot be written.
pub fn run(asked: &Asked) -> Result<ExitCode> {
    let place = Place::of_user_if_there()?;
    let root = place.as_ref().map(Place::path);
    let mut told = Told {
        schema: SCHEMA,
        restores: root.map(state::drills).unwrap_or_default().iter().map(Restore::of).collect(),
        exercises: root.map(state::exercises).unwrap_or_default(),
    };
    told.restores.sort_by_key(|one| one.at);
    told.exercises.sort_by_key(|one| one.at);
    say(&match asked.format {
        Form::Json => serde_json::to_string_pretty(&told)? + "\n",
        Form::Text => text(&told),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn text(told: &Told) -> String {
    let day = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M UTC").to_string();
    let mut out = String::new();
    for one in &told.restores {
        let took = one.took.and_then(|took| TimeDelta::try_seconds(i64::try_from(took).ok()?));
        let took = took.map_or_else(|| "not measured".to_owned(), age);
        let (backup, by, note) = (sanitise(&one.backup), sanitise(&one.by), sanitise(&one.note));
        // Writing to a text cannot fail.
        let _written = writeln!(
            out,
            "{}  restore of {backup} from {}, took {took}, by {by}  {note}",
            day(one.at),
            one.source
        );
    }
    for one in &told.exercises {
        let (scenario, by, words) = (sanitise(&one.scenario), sanitise(&one.by), one.words());
        let _written =
            writeln!(out, "{}  drill {scenario}: {} of 100 points, by {by}  {words}", day(one.at), one.score);
    }
    if out.is_empty() { "no restore was tried here, and no drill done\n".to_owned() } else { out }
}
