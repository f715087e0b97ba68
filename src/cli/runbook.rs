//! `wardroom runbook`: what can be asked of the owner's Markdown.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// `wardroom runbook`
#[derive(Clone, Debug, Subcommand)]
pub enum Runbook {
    /// List the procedures of runbooks.
    ///
    /// Example: wardroom runbook list ~/runbooks/homelab.md
    List(Files),
    /// Show what was read of runbooks: procedures, steps, code, checklists.
    ///
    /// Example: wardroom runbook show --format json homelab.md | jq '.runbooks[0].procedures[0].steps'
    Show(Files),
    /// Tell what is broken or doubtful in runbooks; nothing is run.
    ///
    /// Exit status 0; with --strict 1 when anything is told.
    ///
    /// Example: wardroom runbook lint --strict ~/runbooks/homelab.md
    Lint {
        /// Which runbooks, and how to say it.
        #[command(flatten)]
        files: Files,
        /// Exit with 1 when anything is told.
        #[arg(long)]
        strict: bool,
    },
    /// Trust runbooks as they are now, so that their commands may be run.
    ///
    /// What changed since they were trusted last is shown. Reading needs no trust.
    ///
    /// Example: wardroom runbook trust ~/runbooks/homelab.md
    Trust {
        /// The files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

/// Which runbooks.
#[derive(Clone, Debug, Args)]
pub struct Files {
    /// Markdown files; without any, those that the config names under [runbooks].
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Form::Text, value_name = "FORMAT")]
    pub format: Form,
}

/// How what a runbook says is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// For people.
    Text,
    /// For programs: documented, versioned.
    Json,
}
