//! What can be said about routines.

use std::time::Duration;

use clap::Args;

use super::Form;
use crate::domain::routine::Cadence;

/// `wardroom routine`
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
The lists of a homelab's maintenance: daily, weekly, monthly, and after a major change. A line that data at hand
can answer ticks itself: ok, not so, or unknown; the others are for a person. Without ROUTINE: when each was last
worked through, by whom, and when it is due. `wardroom due` and the view H list them too.

Exit status: 0 shown or noted, 1 some line is not so or not known (with --done, then nothing is noted), 2 wrong
usage or config.

Examples:
  wardroom routine                          what is due
  wardroom routine weekly                   the list, as it is now
  wardroom routine weekly --done --note \"scrub on sunday\"")]
pub struct Routine {
    /// Which: daily, weekly, monthly or change.
    pub routine: Option<Cadence>,
    /// Note that it was worked through: every line that ticks itself is so, the others you have done.
    #[arg(long, requires = "routine")]
    pub done: bool,
    /// Note it although a line is not so, or not known.
    #[arg(long, short = 'y', requires = "done")]
    pub yes: bool,
    /// What is to be noted with it.
    #[arg(long, default_value = "", value_name = "TEXT", hide_default_value = true)]
    pub note: String,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Form::Text, value_name = "FORMAT")]
    pub format: Form,
    /// How long to wait for the servers in all, such as 30s or 1m.
    #[arg(long, default_value = "30s", value_parser = humantime::parse_duration, value_name = "TIME")]
    pub timeout: Duration,
}
