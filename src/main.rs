//! Wardroom: arguments in, an exit status out. Everything else is in the library.

use std::process::ExitCode;

use clap::Parser as _;
use wardroom::cli::Cli;
use wardroom::commands;

fn main() -> ExitCode {
    commands::install_report();
    match Cli::try_parse() {
        Ok(cli) => commands::run(&cli),
        Err(error) => commands::misused(&error),
    }
}
