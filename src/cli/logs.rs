//! `wardroom logs`: a tail on stdout.

use std::time::Duration;

use clap::{Args, ValueEnum};

/// `wardroom logs`
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Lines come once and in order of time; with --follow a late line comes when it is known. Where lines are
missing that is told on stderr, or as a line of its own with --format jsonl (kind gap, dropped or skipped).

Exit status: 0 when all was printed, 1 when the server does not answer or refuses the query, 2 wrong usage.

Examples:
  wardroom logs '{unit=\"nginx.service\"}'                        the last hour
  wardroom logs --follow --since 5m '{host=\"nas\"} |= \"error\"'   and what comes
  wardroom logs --format jsonl '{job=~\".+\"}' | jq .text         for programs (schema 1)")]
pub struct Logs {
    /// Which lines, in LogQL.
    pub query: String,
    /// Go on with the lines that come.
    #[arg(long, short)]
    pub follow: bool,
    /// How far back to begin, such as 15m or 1h.
    #[arg(long, default_value = "1h", value_parser = humantime::parse_duration, value_name = "TIME")]
    pub since: Duration,
    /// Print no more than so many lines of the past, the oldest.
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// How to write a line.
    #[arg(long, value_enum, default_value_t = LineFormat::Text, value_name = "FORMAT")]
    pub format: LineFormat,
    /// Which Loki of the config; the first when none is named.
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
}

/// How a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LineFormat {
    /// Time, level, labels and text.
    Text,
    /// A JSON object for each.
    Jsonl,
}
