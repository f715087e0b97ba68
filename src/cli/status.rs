//! What can be said about the one line.

use std::time::Duration;

use clap::{Args, ValueEnum};

/// `wardroom status`
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
The line of the last time is said again while it is younger than --max-age; then no server is asked.
What has not answered within --timeout is pending, never down.

Exit status: 0 ok, 1 warning, 2 critical, 3 unknown, or wrong usage, wrong config, own failure.

Examples:
  set -g status-right '#(wardroom status --format tmux --width 60)'   in tmux.conf
  PS1='$(wardroom status --width 40)\\n$ '                             in a prompt
  wardroom status --format json | jq -r .verdict.state               for scripts (schema 1)")]
pub struct Status {
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Line::Text, value_name = "FORMAT")]
    pub format: Line,
    /// Say again what is no older than this.
    #[arg(long, default_value = "10s", value_parser = humantime::parse_duration, value_name = "TIME")]
    pub max_age: Duration,
    /// How long to wait for the servers in all.
    #[arg(long, default_value = "2s", value_parser = humantime::parse_duration, value_name = "TIME")]
    pub timeout: Duration,
    /// No more than so many cells.
    #[arg(long, value_name = "CELLS")]
    pub width: Option<u16>,
}

/// How the line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Line {
    /// Plain.
    Text,
    /// With tmux's marks for colours.
    Tmux,
    /// For programs: documented, versioned.
    Json,
}
