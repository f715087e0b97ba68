//! What can be said about the horizon.

use std::time::Duration;

use clap::Args;

use super::Form;

/// `wardroom due`
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
One list by date: datastores and disks that will be full, certificates, restore drills, verifications that will
be too old, scrubs, failing disks, silences that end, and the dates of [due] in the config. What should
have a date and cannot be measured is unknown, never fine.

Exit status: 0 nothing comes due, 1 something does, or is due now (a routine that was never worked through), 2
something is overdue, 3 something cannot be said, or own failure.

Examples:
  wardroom due                           the next 14 days
  wardroom due --within 90d              this quarter
  wardroom due --format json | jq .due   for scripts (schema 1)")]
pub struct Due {
    /// How far to look, such as 14d or 12h.
    #[arg(long, default_value = "14d", value_parser = humantime::parse_duration, value_name = "TIME")]
    pub within: Duration,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Form::Text, value_name = "FORMAT")]
    pub format: Form,
    /// How long to wait for the servers in all, such as 30s or 1m.
    #[arg(long, default_value = "30s", value_parser = humantime::parse_duration, value_name = "TIME")]
    pub timeout: Duration,
}
