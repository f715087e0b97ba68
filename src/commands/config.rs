//! `wardroom config check|example|path`.

use std::process::ExitCode;

use color_eyre::eyre::Result;

use super::{complain, own_config, say};
use crate::cli::{self, Global};
use crate::config::{Config, EXAMPLE, exposed};

/// Runs it.
///
/// # Errors
/// A config that is missing or wrong.
pub fn run(global: &Global, what: &cli::Config) -> Result<ExitCode> {
    match what {
        cli::Config::Check { file } => {
            let file = file.clone().map_or_else(|| own_config(global), Ok)?;
            let config = Config::load(&file)?;
            let shown = file.display();
            for file in exposed(&config, &file) {
                let file = file.display();
                complain(&format!("{file} holds a secret and others may read it; run: chmod 600 {file}"));
            }
            let sources: Vec<String> = config.sources.iter().map(|source| source.id().to_string()).collect();
            say(&format!("{shown}: ok, {} sources: {}\n", sources.len(), sources.join(", ")))?;
        }
        cli::Config::Example => say(EXAMPLE)?,
        cli::Config::Path => say(&format!("{}\n", own_config(global)?.display()))?,
    }
    Ok(ExitCode::SUCCESS)
}
