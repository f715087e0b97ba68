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
    /// Show every command of a procedure as it would run: host, words, danger, what is open. Runs
    /// nothing.
    ///
    /// A command that refuses has no final text and says why.
    ///
    /// Example: wardroom runbook plan --file homelab.md --alert HostDown --label instance=10.0.0.25:9100
    Plan(Plan),
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

/// `wardroom runbook plan`
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Exit status: 0 planned, 1 no such procedure or file, 2 wrong usage or config.

Examples:
  wardroom runbook plan --file homelab.md --alert HostDown --label instance=10.0.0.25:9100
  wardroom runbook plan --alert HostDown --host-map 10.0.0.21={target} --set VMID=102 --scenario A
  wardroom runbook plan --alert DiskSpaceLow --format json | jq '.groups[] | .refusals'")]
pub struct Plan {
    /// The runbook; without it, those that the config names under [runbooks].
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The alert whose procedure is planned, or a procedure's title or anchor.
    #[arg(long, value_name = "NAME")]
    pub alert: String,
    /// A label of the alert; may be given more than once.
    #[arg(long = "label", value_name = "NAME=VALUE", value_parser = pair)]
    pub labels: Vec<(String, String)>,
    /// The value of a placeholder; may be given more than once.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = pair)]
    pub set: Vec<(String, String)>,
    /// A host of the document and yours that stands for it, or {target} for the alert's.
    #[arg(long = "host-map", value_name = "HOST=HOST", value_parser = pair)]
    pub host_map: Vec<(String, String)>,
    /// Only this one of the procedure's scenarios.
    #[arg(long, value_name = "LETTER")]
    pub scenario: Option<String>,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Form::Text, value_name = "FORMAT")]
    pub format: Form,
}

/// A name and what follows its first `=`.
fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
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
