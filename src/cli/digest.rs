//! What can be said about the digest.

use std::time::Duration;

use clap::{Args, ValueEnum};

/// `wardroom digest`
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Alerts that fired and ended (Prometheus' own ALERTS series, to a point in 1440 of the time), times in which nothing
was measured, reboots, backup runs with how long they took and how much larger they are, silences,
acknowledgements, and what was run and done from here, by whom. What nobody can say is named as unknown.

Without --since: since you last looked, here or in the dashboard; who looks again within an hour sees the same.

Exit status: 0 told, 1 some of it is not known (it is named), 2 wrong usage or config.

Examples:
  wardroom digest                                      since I last looked
  wardroom digest --since 24h                          the last day
  wardroom digest --since 7d --format markdown > week.md
  wardroom digest --since 24h --format json | jq .happened   for scripts (schema 1)")]
pub struct Digest {
    /// How far to look back, such as 24h or 7d, at most 31d.
    #[arg(long, value_parser = humantime::parse_duration, value_name = "TIME")]
    pub since: Option<Duration>,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Telling::Text, value_name = "FORMAT")]
    pub format: Telling,
    /// How long to wait for the servers in all, such as 30s or 1m.
    #[arg(long, default_value = "30s", value_parser = humantime::parse_duration, value_name = "TIME")]
    pub timeout: Duration,
}

/// How a digest is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Telling {
    /// A line for each.
    Text,
    /// A page with a table for each kind.
    Markdown,
    /// For programs: documented, versioned.
    Json,
}
