//! What can be said about drills.

use clap::Args;

use super::Form;

/// `wardroom drills`
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Restore drills are noted at the backup (x), or by a restore that is followed in the runbook to its passed
verification; how long that took is the recovery time (RTO). Drills on the demo lab are `wardroom
--demo=SCENARIO --drill`; those that were done to their end are kept with their points.

Exit status: 0 listed, 1 the state directory cannot be read, 2 wrong usage.

Examples:
  wardroom drills                            when, what, by whom, how long
  wardroom drills --format json | jq .restores")]
pub struct Drills {
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Form::Text, value_name = "FORMAT")]
    pub format: Form,
}
