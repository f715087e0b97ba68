//! What can be said to be told the names of things: completions of shells ask for them.

use clap::{Args, ValueEnum};

/// `wardroom names`
#[derive(Clone, Debug, Args)]
pub struct Names {
    /// Of what.
    pub kind: Kind,
}

/// What has names that a shell can complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Views, the config's own among them.
    Views,
    /// Themes, the operator's own among them.
    Themes,
    /// Scenarios of the demo lab.
    Scenarios,
    /// Sources of the config.
    Sources,
    /// Sites of the config.
    Sites,
}
