//! What can be said about the first config, and about what is wrong with the present one.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::Form;

/// `wardroom init`
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Without a HOST this machine is looked at, the names prometheus, alertmanager, loki, pbs, pve and grafana, and, if you
like, the machines of your tailnet. Each server is tested as the dashboard will ask it; a certificate of its
own is shown before it is trusted. Secrets go to files of their own, and all that is written is yours alone.
An existing config is never written over. Where nobody can answer (no terminal) every question has its
default: what is found and needs no login is taken.

Examples:
  wardroom init                                  look, ask, write, start
  wardroom init nas 10.0.0.15 https://pbs:8007    look there
  wardroom init --add pbs.lan                    add servers to the config that is there
  wardroom init ssh:lxc200                       servers that listen on the loopback of that host only
  wardroom init --example                        write the example, every key explained, and ask nothing")]
pub struct Init {
    /// Where to look: hosts, HOST:PORT, addresses, or ssh:HOST for what listens on that host only.
    pub hosts: Vec<String>,
    /// Add to the config that is there.
    #[arg(long, conflicts_with = "example")]
    pub add: bool,
    /// Write the example, every key explained, and ask nothing.
    #[arg(long)]
    pub example: bool,
}

/// `wardroom doctor`
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Exit status: 0 nothing is in the way, 1 something is, 2 wrong usage or no config.

Examples:
  wardroom doctor                                what is in the way, and what to do about it
  wardroom doctor --hosts                        and whether commands could be run on your hosts
  wardroom doctor --format json | jq .findings   for scripts (schema 1)")]
pub struct Doctor {
    /// Log in to every host of [hosts] as well, as a command would be run there: host key, login, shell,
    /// `sudo -n`, and the programs that actions need.
    #[arg(long)]
    pub hosts: bool,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Form::Text, value_name = "FORMAT")]
    pub format: Form,
    /// How long to wait for the servers in all.
    #[arg(long, default_value = "20s", value_parser = humantime::parse_duration, value_name = "TIME")]
    pub timeout: Duration,
}

/// `wardroom config`
#[derive(Clone, Debug, Subcommand)]
pub enum Config {
    /// Read the config and tell all that is wrong with it, at once.
    ///
    /// Example: wardroom config check ./wardroom.toml
    Check {
        /// The file; without it, the one that the dashboard would read.
        file: Option<PathBuf>,
    },
    /// Print a config in which every key is explained.
    ///
    /// Example: wardroom config example > ~/.config/wardroom/config.toml
    Example,
    /// Print where the config is looked for.
    ///
    /// Example: $EDITOR "$(wardroom config path)"
    Path,
}
