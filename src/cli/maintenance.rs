//! What can be said about maintenance.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::Form;

/// `wardroom maintenance`
#[derive(Clone, Debug, Subcommand)]
pub enum Maintenance {
    /// Plan one: what is expected to be down, and whose alerts are hidden meanwhile.
    Plan(Planned),
    /// List what is planned, what goes on and what is over time, with what has to be so for it to be over.
    ///
    /// Exit status: 0 nothing is over time, 1 something is, 2 wrong usage or config.
    ///
    /// Example: wardroom maintenance list --format json | jq '.maintenance[].checks'
    List {
        /// How to say it.
        #[arg(long, value_enum, default_value_t = Form::Text, value_name = "FORMAT")]
        format: Form,
        /// How long to wait for the servers in all.
        #[arg(long, default_value = "15s", value_parser = humantime::parse_duration, value_name = "TIME")]
        timeout: Duration,
    },
    /// End one now, when everything is measured to be back.
    ///
    /// Exit status: 0 ended, 1 not all is back (nothing was written), 2 wrong usage or config.
    ///
    /// Example: wardroom maintenance end 'Updating Prometheus'
    End {
        /// What it is called.
        name: String,
        /// End it although not all is back: what is down is an alarm from now on.
        #[arg(long, short = 'y')]
        yes: bool,
        /// How long to wait for the servers in all.
        #[arg(long, default_value = "15s", value_parser = humantime::parse_duration, value_name = "TIME")]
        timeout: Duration,
    },
}

/// `wardroom maintenance plan`
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
It is kept in Alertmanager: a silence that hides nothing carries it, so that every Wardroom on the cluster knows
of it; one silence for each --matcher hides alerts, for its time alone. What is expected to be down changes no
verdict and burns no error budget meanwhile. When its time is over it is ended by whoever looks (an open
dashboard, or `silences reap`) once all is measured to be back; until then it is critical.

If NAME is the heading of a procedure of your runbooks, its prerequisites are shown; --yes says that they are met.

Exit status: 0 planned, 1 the server refused or cannot be reached, 2 wrong usage or config, --read-only, or
prerequisites that nobody said are met. Then nothing was written.

Examples:
  wardroom maintenance plan 'Updating Prometheus' --for 20m --down prometheus.main --yes
  wardroom maintenance plan 'new disks' --at 2026-11-29T02:00:00Z --for 2h --matcher host=nas --down pbs.main")]
pub struct Planned {
    /// What it is called: its own words, or the heading of a procedure.
    pub name: String,
    /// When it begins, in RFC 3339; without it, now.
    #[arg(long, value_name = "TIME")]
    pub at: Option<chrono::DateTime<chrono::Utc>>,
    /// How long it may take.
    #[arg(long = "for", value_parser = humantime::parse_duration, value_name = "TIME")]
    pub span: Duration,
    /// A source that is expected to be down, as kind.name; several by several of these.
    #[arg(long, value_name = "SOURCE")]
    pub down: Vec<String>,
    /// Whose alerts are hidden: label matchers, joined by commas; several by several of these.
    #[arg(long, short = 'm', value_name = "MATCHERS")]
    pub matcher: Vec<String>,
    /// Why.
    #[arg(long, short = 'c', default_value = "", value_name = "TEXT", hide_default_value = true)]
    pub comment: String,
    /// Who plans it; without it, what the config says or the dashboard was told, else USER@host.
    #[arg(long, short = 'a', value_name = "NAME")]
    pub author: Option<String>,
    /// The prerequisites of the procedure are met.
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// On which Alertmanager: its NAME in the config. Needed when there are several.
    #[arg(long, value_name = "NAME")]
    pub alertmanager: Option<String>,
    /// How long to wait for the servers in all.
    #[arg(long, default_value = "15s", value_parser = humantime::parse_duration, value_name = "TIME")]
    pub timeout: Duration,
}
