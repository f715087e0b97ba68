//! `wardroom completions SHELL`.

use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::Shell;
use color_eyre::eyre::Result;

use crate::cli::Cli;

/// Runs it.
///
/// # Errors
/// When stdout cannot be written.
pub fn run(shell: Shell) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "wardroom", &mut script);
    super::say_as_it_is(&String::from_utf8(script)?)?;
    Ok(ExitCode::SUCCESS)
}
