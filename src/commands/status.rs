//! `wardroom status`: the verdict in one line. What was said a moment ago is said again, so that a
//! status bar that asks all the time costs the servers nothing.

use std::process::ExitCode;
use std::time::Duration;

use chrono::{DateTime, Utc};
use color_eyre::eyre::Result;

use super::{check, complain, own_config, say};
use crate::cli::{Global, Line, Status};
use crate::domain::verdict::Scope;
use crate::report;
use crate::state::Seen;
use crate::ui::glyphs::Glyphs;
use crate::ui::widgets::sign;

/// Runs it.
///
/// # Errors
/// Wrong usage, a wrong config, or stdout that cannot be written.
pub fn run(global: &Global, status: &Status) -> Result<ExitCode> {
    let seen = place(global);
    let kept = seen.as_ref().and_then(|seen| last(seen, status.max_age));
    let said = match kept {
        Some(said) => said,
        None => measure(global, status.timeout, seen.as_ref())?,
    };
    let glyphs = if global.ascii { Glyphs::Ascii } else { Glyphs::Unicode };
    let sign = sign::of_health(said.verdict.state).glyph;
    let cells = status.width.map_or(usize::MAX, usize::from);
    say(&match status.format {
        Line::Text => glyphs.line(&said.line(sign, cells)) + "\n",
        Line::Tmux => glyphs.line(&said.tmux(sign, cells)) + "\n",
        Line::Json => said.json()?,
    })?;
    Ok(ExitCode::from(said.verdict.state.exit_code()))
}

/// Where the last line is kept; the demo lab and a recording keep none.
fn place(global: &Global) -> Option<Seen> {
    if global.demo.is_some() || global.replay.is_some() {
        return None;
    }
    Seen::of("status", &own_config(global).ok()?, global.site.as_deref().unwrap_or_default())
}

/// What was said last, if that is young enough.
fn last(seen: &Seen, max_age: Duration) -> Option<report::Status> {
    let mut said: report::Status = serde_json::from_slice(&seen.read()?).ok()?;
    said.age = age(said.at, Utc::now())?;
    (said.schema == report::SCHEMA && said.age <= max_age.as_secs_f64()).then_some(said)
}

/// In seconds; `None` for what comes from the future, because the clock was set.
fn age(at: DateTime<Utc>, now: DateTime<Utc>) -> Option<f64> {
    (now - at).to_std().ok().map(|age| age.as_secs_f64())
}

fn measure(global: &Global, timeout: Duration, seen: Option<&Seen>) -> Result<report::Status> {
    let (store, now) = check::ask(global, Scope::ALL, timeout)?;
    let said = report::Status::of(&store, now);
    if let Some(Err(error)) = seen.map(|seen| seen.keep(said.json().unwrap_or_default().as_bytes())) {
        complain(&format!("the line is not kept for the next time: {error}"));
    }
    Ok(said)
}
