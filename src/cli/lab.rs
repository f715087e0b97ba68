//! What can be said about the demo lab alone.

use std::path::PathBuf;

use clap::Args;

/// `wardroom lab`
#[derive(Clone, Debug, Args)]
pub struct Lab {
    /// What happens in the lab.
    #[arg(long, default_value = "calm", value_name = "SCENARIO")]
    pub scenario: String,
    /// Where to write the config that reaches the lab, once it listens. `-` is stdout.
    #[arg(long, value_name = "FILE")]
    pub port_file: PathBuf,
    /// What chance starts from: the same seed tells the same story.
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
}
