//! `wardroom due`: what will break or come due, by date.

use std::process::ExitCode;

use chrono::TimeDelta;
use color_eyre::eyre::Result;

use super::check::ask;
use super::{Usage, say};
use crate::cli::{Due, Form, Global};
use crate::domain::verdict::Scope;
use crate::report::Horizon;

/// What tells of ends: backups, what is measured of hosts and of the chain, silences, and what doors show.
const SCOPE: Scope =
    Scope { backups: true, hosts: true, chain: true, alerts: true, targets: true, ..Scope::NONE };

/// Runs it.
///
/// # Errors
/// Wrong usage, a wrong config, or stdout that cannot be written.
pub fn run(global: &Global, due: &Due) -> Result<ExitCode> {
    let within = TimeDelta::from_std(due.within).map_err(|_| Usage("--within is too long".to_owned()))?;
    let (store, now) = ask(global, SCOPE, due.timeout)?;
    let list = Horizon::of(&store, within, now);
    say(&match due.format {
        Form::Text => list.text(),
        Form::Json => list.json()?,
    })?;
    Ok(ExitCode::from(list.exit_code()))
}
