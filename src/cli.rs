//! The command line, and nothing else: what can be said, not what is done.

pub mod runbook;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// A terminal war room for a homelab: targets, alerts, logs and backups in one look.
///
/// Without a command the dashboard starts. With no config anywhere it shows the demo lab.
#[derive(Debug, Parser)]
#[command(name = "wardroom", version, max_term_width = 100, after_long_help = EXAMPLES)]
#[command(args_conflicts_with_subcommands = false, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do; the dashboard when nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Take down what the dashboard hears, and what its details asked for, in this new file.
    ///
    /// A file of 256 MB is put aside as NAME.1.wardroom, in the place of an older one, and a new one begun: of
    /// weeks the newest is kept.
    /// Example: wardroom --record storm.wardroom
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Flags that every command knows.
    #[command(flatten)]
    pub global: Global,
}

const EXAMPLES: &str = "\
Examples:
  wardroom                                  the dashboard on your servers
  wardroom --demo=host-down                 the dashboard on the demo lab
  wardroom --view alerts --theme mono       start in another view, without colours
  wardroom check --format nagios            one line for a monitoring system
  wardroom alerts --filter 'severity=critical'
  wardroom silences add --matcher alertname=HostDown --duration 1h --comment \"new disks\"
  wardroom status --format tmux             one line for the status bar
  wardroom open HostDown instance=10.0.0.21:9100
  wardroom backups                          is every guest recoverable, and if not, why
  wardroom config example > config.toml     a config to start from, every key explained

Exit status of check, status and backups: 0 ok, 1 warning, 2 critical, 3 unknown or own failure; of due: 0
nothing, 1 something comes due, 2 is overdue, 3 unknown or own failure.
Of every other command: 0 done, 1 failed, 2 wrong usage, wrong config or no terminal.";

/// Flags that stand before or after the command.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub struct Global {
    /// Show the embedded demo lab instead of your servers.
    ///
    /// Scenarios: calm, host-down, backup-late, storm, chain-broken, cold-boot, nfs-hang.
    /// Example: wardroom check --demo=backup-late
    #[arg(long, global = true, value_name = "SCENARIO", num_args = 0..=1, require_equals = true)]
    pub demo: Option<Option<String>>,
    /// A drill on the demo lab: a clock, a goal, and points for acknowledging, finding and mending it.
    ///
    /// Example: wardroom --demo=host-down --drill
    #[arg(long, global = true, requires = "demo")]
    pub drill: bool,
    /// Keep the points of the drill in your state directory, where `wardroom drills` finds them; without this
    /// a lab writes nothing there.
    ///
    /// Example: wardroom --demo=host-down --drill --keep
    #[arg(long, global = true, requires = "drill")]
    pub keep: bool,
    /// Show a recording instead of your servers: what `wardroom record` took down.
    ///
    /// Example: wardroom shot --replay storm.wardroom --size 120x40
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "demo")]
    pub replay: Option<PathBuf>,
    /// Read this config instead of the one in the config directory.
    ///
    /// Example: wardroom --config ./wardroom.toml check
    #[arg(long, global = true, value_name = "FILE", env = "WARDROOM_CONFIG")]
    pub config: Option<PathBuf>,
    /// Only the sources of this site (`site = "NAME"` in the config).
    ///
    /// Example: wardroom --site cabin
    #[arg(long, global = true, value_name = "NAME")]
    pub site: Option<String>,
    /// Colours: `wardroom themes` lists them.
    ///
    /// Example: wardroom --theme high-contrast
    #[arg(long, global = true, value_name = "NAME")]
    pub theme: Option<String>,
    /// Only ASCII characters: for fonts and terminals that know no others.
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Change nothing on any server, whatever key is pressed.
    #[arg(long, global = true)]
    pub read_only: bool,
    /// For a screen that nobody sits at: a large verdict, the worst first, the views in turn, and no
    /// key that changes anything. Writes nothing to any server.
    ///
    /// Example: wardroom --wall --theme wall
    #[arg(long, global = true)]
    pub wall: bool,
    /// The view to start with, such as alerts, logs or hosts; a digit or letter opens each later.
    ///
    /// Example: wardroom --view logs
    #[arg(long, global = true, value_name = "NAME")]
    pub view: Option<String>,
}

/// What to do instead of the dashboard.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Ask every server once, judge, and say so by the exit status.
    Check(Check),
    /// Report on the backups: connectivity, last backups, integrity, capacity, jobs.
    Backups(Backups),
    /// List what will break or come due, by date.
    Due(Due),
    /// List the restores that were tried, and the drills on the demo lab with their points.
    Drills(Drills),
    /// Tell what happened since you last looked, or since a time.
    Digest(Digest),
    /// Write a paper about what there is: alerts, dashboards, architecture, backups, slo, iac.
    Inventory(Inventory),
    /// Tell what was run: by whom, where, how it was confirmed, what came of it.
    ///
    /// Example: wardroom journal --format json
    Journal(Journal),
    /// Print the lines of a LogQL query, and with --follow those to come.
    Logs(Logs),
    /// Say the verdict in one line, for tmux or a prompt.
    Status(Status),
    /// Draw one frame of the dashboard into a file or to stdout.
    Shot(Shot),
    /// Read the owner's runbooks: list, show, lint, trust.
    Runbook {
        /// Which of these.
        #[command(subcommand)]
        what: runbook::Runbook,
    },
    /// Serve the demo lab alone.
    #[command(hide = true)]
    Lab(Lab),
    /// List the alerts that are there.
    Alerts(Alerts),
    /// List, make and end silences.
    Silences {
        /// Which of these.
        #[command(subcommand)]
        what: Silences,
    },
    /// Work through a routine: daily, weekly, monthly, after a change.
    Routine(Routine),
    /// Plan maintenance, list it, end it: what is expected to be down is no alarm meanwhile.
    Maintenance {
        /// Which of these.
        #[command(subcommand)]
        what: Maintenance,
    },
    /// Start the dashboard in the detail of an alert.
    Open(Open),
    /// Take down what the servers say, to be seen again.
    Record(Record),
    /// Play a recording in the dashboard: `:replay` pauses, hurries and jumps to alerts.
    ///
    /// Example: wardroom replay storm.wardroom
    Replay {
        /// The recording.
        file: PathBuf,
    },
    /// Check the config, or show an example or its place.
    Config {
        /// Which of these.
        #[command(subcommand)]
        what: Config,
    },
    /// Find your servers, test them, and write a first config to its place or to --config FILE.
    Init(Init),
    /// Check the config, every server, the credentials' rights, clocks and this terminal.
    Doctor(Doctor),
    /// List every key, its action and where it works, with your changes.
    ///
    /// Example: wardroom keys
    Keys,
    /// List the themes with a sample of each.
    ///
    /// Example: wardroom themes
    Themes,
    /// Print completions for a shell.
    ///
    /// Example: wardroom completions bash > ~/.local/share/bash-completion/completions/wardroom
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// Print names for a shell to complete.
    #[command(hide = true)]
    Names(Names),
    /// Print the manual page of this program and all its commands.
    ///
    /// Example: wardroom man > ~/.local/share/man/man1/wardroom.1
    Man,
}

/// `wardroom backups`
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Exit status: 0 ok, 1 warning, 2 critical, 3 unknown, or wrong usage, wrong config, own failure.

Examples:
  wardroom backups                               is every guest recoverable, and if not, why
  wardroom backups --format json | jq .backups   for scripts (schema 1)
  0 7 * * * wardroom backups > /tmp/b || mail -s backups me < /tmp/b")]
pub struct Backups {
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Form::Text, value_name = "FORMAT")]
    pub format: Form,
    /// How long to wait for the servers in all, such as 30s or 1m.
    #[arg(long, default_value = "30s", value_parser = humantime::parse_duration, value_name = "TIME")]
    pub timeout: Duration,
}

/// How a report without a line for monitoring is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// For people.
    Text,
    /// For programs: documented, versioned.
    Json,
}

/// `wardroom journal`
#[derive(Clone, Debug, Args)]
pub struct Journal {
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Form::Text, value_name = "FORMAT")]
    pub format: Form,
}

mod alerts;
mod check;
mod digest;
mod drills;
mod due;
mod inventory;
mod lab;
mod logs;
mod maintenance;
mod names;
mod record;
mod routine;
mod setup;
mod shot;
mod size;
mod status;

pub use alerts::{Add, Alerts, ListFormat, OfAlerts, Open, Route, Silences, Test};
pub use check::{Check, Format, Part};
pub use digest::{Digest, Telling};
pub use drills::Drills;
pub use due::Due;
pub use inventory::{Inventory, Paper};
pub use lab::Lab;
pub use logs::{LineFormat, Logs};
pub use maintenance::{Maintenance, Planned};
pub use names::{Kind, Names};
pub use record::Record;
pub use routine::Routine;
pub use setup::{Config, Doctor, Init};
pub use shot::{Picture, Shot};
pub use size::Size;
pub use status::{Line, Status};

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::domain::verdict::Scope;

    fn parse(line: &str) -> Cli {
        Cli::try_parse_from(line.split_whitespace()).expect("a command line")
    }

    #[test]
    fn the_tree_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn global_flags_stand_before_or_after_the_command() {
        for line in ["wardroom --demo=storm check", "wardroom check --demo=storm"] {
            assert_eq!(parse(line).global.demo, Some(Some("storm".to_owned())), "{line}");
        }
        assert_eq!(parse("wardroom --demo shot --size 80x24").global.demo, Some(None));
        let both = parse("wardroom --theme mono shot --view alerts --ascii").global;
        assert_eq!(
            (both.theme.as_deref(), both.view.as_deref(), both.ascii),
            (Some("mono"), Some("alerts"), true)
        );
    }

    #[test]
    fn the_scope_is_everything_unless_named() {
        let scope = |line: &str| match parse(line).command {
            Some(Command::Check(check)) => check.scope(),
            other => panic!("not check: {other:?}"),
        };
        assert_eq!(scope("wardroom check"), Scope::ALL);
        let some = Scope { alerts: true, backups: true, ..Scope::NONE };
        assert_eq!(scope("wardroom check --only alerts,backups"), some);
    }

    #[test]
    fn sizes() {
        assert_eq!("80x24".parse(), Ok(Size { width: 80, height: 24 }));
        for wrong in ["", "80", "0x24", "80x0", "80x24x3", "1001x5", "-1x5", "axb"] {
            assert!(wrong.parse::<Size>().is_err(), "{wrong}");
        }
    }
}
