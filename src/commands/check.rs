//! `wardroom check`: every server is asked once; the answer is judged, written down, and said by
//! the exit status.

use std::process::ExitCode;

use color_eyre::eyre::Result;

use super::{gather, ground, say};
use crate::cli::{Check, Format, Global};
use crate::report::Report;

/// Runs it.
///
/// # Errors
/// Wrong usage, a wrong config, or stdout that cannot be written.
pub fn run(global: &Global, check: &Check) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let report = runtime.block_on(async {
        let ground = ground(global, false).await?;
        let store = gather(&ground, check.scope(), check.timeout).await;
        let now = ground.clock.now().wall;
        Ok::<_, color_eyre::eyre::Report>(Report::of(&store, check.scope(), now))
    });
    // Who still waits for a server that hangs is not waited for.
    runtime.shutdown_background();
    let report = report?;
    say(&match check.format {
        Format::Text => report.text(),
        Format::Json => report.json()?,
        Format::Nagios => report.nagios(),
    })?;
    Ok(ExitCode::from(report.verdict.state.exit_code()))
}
