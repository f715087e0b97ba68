//! What can be said about the papers.

use std::time::Duration;

use clap::{Args, ValueEnum};

/// `wardroom inventory`
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
A paper is Markdown on stdout, from what the servers say now; the same data give the same bytes, so it can be
kept beside the runbooks and compared.

Exit status: 0 written, 1 some server was not heard (it is named on stderr and in the paper), 2 wrong usage or
config.

Examples:
  wardroom inventory alerts > alert-catalog.md
  wardroom inventory dashboards > dashboard-inventory.md
  wardroom inventory backups > backup-validation.md
  wardroom inventory slo > slo-error-budget.md")]
pub struct Inventory {
    /// Which paper.
    #[arg(value_enum, value_name = "PAPER")]
    pub paper: Paper,
    /// How long to wait for the servers in all, such as 30s or 1m.
    #[arg(long, default_value = "30s", value_parser = humantime::parse_duration, value_name = "TIME")]
    pub timeout: Duration,
}

/// A paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Paper {
    /// Every alerting rule: severity, receiver, runbook; rules without a runbook, runbooks without a rule.
    Alerts,
    /// Grafana's dashboards: owner, golden signals, thresholds, links, alerts about the same.
    Dashboards,
    /// The chain from the exporters to the receivers, with a mermaid diagram.
    Architecture,
    /// What is kept where, verified and tried when, by which jobs.
    Backups,
    /// Objectives and error budgets: what was promised, how it is judged, what became of it.
    Slo,
    /// The checklist of infrastructure as code: repositories, secrets, validation.
    Iac,
}
