//! `wardroom check`: what is asked for, how it is said, who is told.

use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::domain::verdict::Scope;

/// `wardroom check`
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Exit status: 0 ok, 1 warning, 2 critical, 3 unknown, or wrong usage, wrong config, own failure.

Examples:
  wardroom check                                 what is wrong, in words
  wardroom check --format json | jq .verdict     for scripts (schema 1)
  wardroom check --format nagios --only backups  one line with performance data
  wardroom check --on-change critical --exec notify-send -u critical 'homelab' '{text}'
  wardroom check --on-change ~/.cache/homelab.state --exec ~/bin/tell '{before}' '{state}' '{text}'")]
pub struct Check {
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub format: Format,
    /// Ask for and judge only these, with commas between.
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    pub only: Vec<Part>,
    /// Where there is nobody else to tell: run --exec when the state is another than before. STATE is ok,
    /// warning, critical or unknown (run when it becomes that, and what it was is kept in the state
    /// directory), or a file in which what it was is kept (run at every change).
    #[arg(long, value_name = "STATE", requires = "exec")]
    pub on_change: Option<String>,
    /// What to run then, once per change, without a shell: a program and its arguments, to the end of the
    /// line. {state}, {before} and {text} in it are filled in; the text report is on its stdin.
    #[arg(long, value_name = "CMD", requires = "on_change", num_args = 1.., allow_hyphen_values = true)]
    pub exec: Vec<String>,
    /// What is run is run at most so often; a change in between is told by the next check.
    #[arg(long, default_value = "1m", value_parser = humantime::parse_duration, value_name = "TIME")]
    pub rate: Duration,
    /// How long to wait for the servers in all, such as 15s or 1m.
    #[arg(long, default_value = "15s", value_parser = humantime::parse_duration, value_name = "TIME")]
    pub timeout: Duration,
}

/// A part of what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Alerts, rules and silences.
    Alerts,
    /// Scrape targets.
    Targets,
    /// Log tails.
    Logs,
    /// Backups and datastores.
    Backups,
    /// What is measured of hosts.
    Hosts,
    /// The chain that carries alerts.
    Chain,
    /// Objectives and their error budgets.
    Slo,
    /// Services, and the layers in which the lab boots.
    Services,
}

impl Check {
    /// What the verdict may rest on: everything when nothing is named.
    pub fn scope(&self) -> Scope {
        let has = |part| self.only.is_empty() || self.only.contains(&part);
        Scope {
            alerts: has(Part::Alerts),
            targets: has(Part::Targets),
            logs: has(Part::Logs),
            backups: has(Part::Backups),
            hosts: has(Part::Hosts),
            chain: has(Part::Chain),
            slo: has(Part::Slo),
            services: has(Part::Services),
        }
    }
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs: documented, versioned.
    Json,
    /// One line with performance data, for Nagios, Icinga and their like.
    Nagios,
}
