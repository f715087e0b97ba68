//! The command line, and nothing else: what can be said, not what is done.

pub mod runbook;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::domain::verdict::Scope;

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

/// `wardroom check`
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Exit status: 0 ok, 1 warning, 2 critical, 3 unknown, or wrong usage, wrong config, own failure.

Examples:
  wardroom check                                 what is wrong, in words
  wardroom check --format json | jq .verdict     for scripts (schema 1)
  wardroom check --format nagios --only backups  one line with performance data
  wardroom check --on-change critical --exec notify-send -u critical 'homelab' '{text}'
  wardroom check --on-change ~/.cache/homelab.state --exec ~/bin/tell '{before}' '{state}' '{text}'")]
pub struct Check {
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub format: Format,
    /// Ask for and judge only these: alerts, targets, logs, backups, hosts, chain.
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    pub only: Vec<Part>,
    /// Where there is nobody else to tell: run --exec when the state is another than before. STATE is ok,
    /// warning, critical or unknown (run when it becomes that, and what it was is kept in the state
    /// directory), or a file in which what it was is kept (run at every change).
    #[arg(long, value_name = "STATE", requires = "exec")]
    pub on_change: Option<String>,
    /// What to run then, once per change, without a shell: a program and its arguments, to the end of the
    /// line. {state}, {before} and {text} in it are filled in; the text report is on its stdin.
    #[arg(long, value_name = "CMD", requires = "on_change", num_args = 1.., allow_hyphen_values = true)]
    pub exec: Vec<String>,
    /// What is run is run at most so often; a change in between is told by the next check.
    #[arg(long, default_value = "1m", value_parser = humantime::parse_duration, value_name = "TIME")]
    pub rate: Duration,
    /// How long to wait for the servers in all, such as 15s or 1m.
    #[arg(long, default_value = "15s", value_parser = humantime::parse_duration, value_name = "TIME")]
    pub timeout: Duration,
}

/// A part of what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Alerts, rules and silences.
    Alerts,
    /// Scrape targets.
    Targets,
    /// Log tails.
    Logs,
    /// Backups and datastores.
    Backups,
    /// What is measured of hosts.
    Hosts,
    /// The chain that carries alerts.
    Chain,
    /// Objectives and their error budgets.
    Slo,
    /// Services, and the layers in which the lab boots.
    Services,
}

impl Check {
    /// What the verdict may rest on: everything when nothing is named.
    pub fn scope(&self) -> Scope {
        let has = |part| self.only.is_empty() || self.only.contains(&part);
        Scope {
            alerts: has(Part::Alerts),
            targets: has(Part::Targets),
            logs: has(Part::Logs),
            backups: has(Part::Backups),
            hosts: has(Part::Hosts),
            chain: has(Part::Chain),
            slo: has(Part::Slo),
            services: has(Part::Services),
        }
    }
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs: documented, versioned.
    Json,
    /// One line with performance data, for Nagios, Icinga and their like.
    Nagios,
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

/// `wardroom shot`
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
The frame is drawn when every server has answered once. The view is chosen with --view.

Examples:
  wardroom shot --demo=host-down --size 80x24                the bridge as text
  wardroom shot --demo --view alerts --keys \"j<enter>\"       after two keys
  wardroom shot --demo --format svg --out bridge.svg         a picture")]
pub struct Shot {
    /// Columns and rows.
    #[arg(long, default_value = "120x40", value_name = "COLSxROWS")]
    pub size: Size,
    /// Plain text, text with colours, or a picture.
    #[arg(long, value_enum, default_value_t = Picture::Text, value_name = "FORMAT")]
    pub format: Picture,
    /// Keys to press before: each character is one, `<enter>` `<ctrl-d>` `<lt>` name others,
    /// `<wait>` waits until all is settled.
    #[arg(long, default_value = "", value_name = "KEYS", hide_default_value = true)]
    pub keys: String,
    /// Write here instead of to stdout.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// How a frame is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Picture {
    /// Characters only.
    Text,
    /// With the terminal's colour sequences.
    Ansi,
    /// A picture for a web page.
    Svg,
}

mod alerts;
mod digest;
mod drills;
mod due;
mod inventory;
mod lab;
mod maintenance;
mod names;
mod record;
mod routine;
mod setup;
mod size;
mod status;

pub use alerts::{Add, Alerts, ListFormat, OfAlerts, Open, Route, Silences, Test};
pub use digest::{Digest, Telling};
pub use drills::Drills;
pub use due::Due;
pub use inventory::{Inventory, Paper};
pub use lab::Lab;
pub use maintenance::{Maintenance, Planned};
pub use names::{Kind, Names};
pub use record::Record;
pub use routine::Routine;
pub use setup::{Config, Doctor, Init};
pub use size::Size;
pub use status::{Line, Status};

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

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
