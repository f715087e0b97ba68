//! `wardroom lab`: the demo lab alone, for tests and other programs.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::ExitCode;

use color_eyre::eyre::{Result, WrapErr as _};
use tokio::signal::unix::{SignalKind, signal};

use super::{Usage, say};
use crate::cli;
use crate::clock::Clock;
use crate::demo::{Lab, Scenario, UnknownScenario};
use crate::runtime::network;

/// Runs it until the process is asked to end.
///
/// # Errors
/// An unknown scenario, no free port, or a file that cannot be written.
pub fn run(lab: &cli::Lab) -> Result<ExitCode> {
    let scenario: Scenario =
        lab.scenario.parse().map_err(|unknown: UnknownScenario| Usage(unknown.to_string()))?;
    let runtime = network()?;
    runtime.block_on(async {
        // Listening for the end comes first: who has read the file may end us.
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let running = Lab::start(scenario, lab.seed, Clock::system()).await?;
        announce(&running.config(), &lab.port_file)?;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// Writes the config that reaches the lab. The file appears at once and whole.
fn announce(config: &str, file: &Path) -> Result<()> {
    if file == Path::new("-") {
        return say(config);
    }
    let mut unfinished = file.as_os_str().to_owned();
    unfinished.push(".part");
    // Ours alone, as a config with a token should be.
    let private = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished);
    private
        .and_then(|mut private| private.write_all(config.as_bytes()))
        .and_then(|()| fs::rename(&unfinished, file))
        .wrap_err_with(|| format!("cannot write {}", file.display()))
}
