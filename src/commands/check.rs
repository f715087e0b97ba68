//! `wardroom check`: every server is asked once; the answer is judged, written down, and said by
//! the exit status.

use std::process::ExitCode;
use std::time::Duration;

use chrono::{DateTime, Utc};
use color_eyre::eyre::Result;

use super::{change, gather, ground, say};
use crate::cli::{Check, Format, Global};
use crate::domain::store::Store;
use crate::domain::verdict::Scope;
use crate::report::Report;
use crate::runtime::network;

/// Runs it.
///
/// # Errors
/// Wrong usage, a wrong config, or stdout that cannot be written.
pub fn run(global: &Global, check: &Check) -> Result<ExitCode> {
    let scope = check.scope();
    let place = check.on_change.as_deref().map(|state| change::Watched::new(state, check, global));
    let place = place.transpose()?;
    let (store, now) = ask(global, scope, check.timeout)?;
    let report = Report::of(&store, scope, now);
    if let Some(watched) = place {
        watched.tell(&report, now);
    }
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
    let runtime = network()?;
    let known = runtime.block_on(async {
        let ground = ground(global, false).await?;
        let store = gather(&ground, scope, timeout).await;
        Ok::<_, color_eyre::eyre::Report>((store, ground.clock.now().wall))
    });
    // Who still waits for a server that hangs is not waited for.
    runtime.shutdown_background();
    known
}
