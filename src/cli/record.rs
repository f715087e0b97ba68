//! What can be said about recordings.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

/// `wardroom record`
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Everything that the servers say is taken down, with its time, until Ctrl-C, the time or the size. A file that
was cut short can be played up to there. It holds labels, log lines and names, and no credentials: give it
away with that in mind.

Exit status: 0 recorded, 1 the file cannot be written, 2 wrong usage or config.

Examples:
  wardroom record storm.wardroom --for 10m
  wardroom replay storm.wardroom                      play it in the dashboard
  wardroom shot --replay storm.wardroom --view alerts  how it ended, as a picture
  wardroom check --replay storm.wardroom               and what it came to")]
pub struct Record {
    /// Where to: a new file.
    pub file: PathBuf,
    /// For how long, such as 10m; without it until Ctrl-C.
    #[arg(long = "for", value_parser = humantime::parse_duration, value_name = "TIME")]
    pub span: Option<Duration>,
    /// The largest that the file may become, in MiB.
    #[arg(long, default_value_t = 64, value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..=4096))]
    pub max_size: u64,
}
