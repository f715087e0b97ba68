//! `wardroom backups`: the morning's question whether every guest is recoverable, answered once, for
//! people, programs and cron.

use std::process::ExitCode;

use color_eyre::eyre::Result;

use super::check::ask;
use super::say;
use crate::cli::{Backups, Form, Global};
use crate::domain::verdict::Scope;
use crate::report::BackupReport;

/// Runs it.
///
/// # Errors
/// Wrong usage, a wrong config, or stdout that cannot be written.
pub fn run(global: &Global, backups: &Backups) -> Result<ExitCode> {
    let scope = Scope { backups: true, ..Scope::NONE };
    let (store, now) = ask(global, scope, backups.timeout)?;
    let report = BackupReport::of(&store, now);
    say(&match backups.format {
        Form::Text => report.text(),
        Form::Json => report.json()?,
    })?;
    Ok(ExitCode::from(report.verdict.state.exit_code()))
}
