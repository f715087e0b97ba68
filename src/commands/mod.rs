//! What can be done beside the dashboard, one file each. Only here anything is printed.

pub mod alerts;
pub mod backups;
mod change;
pub mod check;
pub mod completions;
pub mod config;
pub mod dashboard;
pub mod digest;
pub mod doctor;
pub mod drills;
pub mod due;
mod gather;
mod ground;
pub mod init;
pub mod inventory;
pub mod journal;
pub mod keys;
#[cfg(feature = "demo")]
pub mod lab;
pub mod logs;
pub mod maintenance;
pub mod man;
pub mod names;
mod promises;
pub mod record;
mod routes;
pub mod routine;
pub mod runbook;
pub mod shot;
pub mod silences;
pub mod status;
pub mod themes;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::CommandFactory as _;
use color_eyre::eyre::{Report, Result};

pub use gather::{gather, unheard};
pub use ground::{Ground, expected, ground, is_mono, own_config, read, setup, setup_on};

use crate::cli::{Cli, Command, Global};
use crate::config::ThemeError;
use crate::domain::health::Health;
use crate::text::harmless;

/// There is no lab to show: none was asked for where there was no config either.
#[cfg(not(feature = "demo"))]
const WITHOUT_LAB: &str =
    "this wardroom was built without the demo lab; `wardroom init` sets up your own servers";

/// The command line asks for something that there is not.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// Does what the command line says. Errors are told on stderr.
pub fn run(cli: &Cli) -> ExitCode {
    let done = match &cli.command {
        Some(_) if cli.record.is_some() => {
            Err(Usage("--record is for the dashboard; `wardroom record FILE` needs none".into()).into())
        }
        None => dashboard::run(&cli.global, cli.record.as_deref()),
        Some(Command::Shot(shot)) => shot::run(&cli.global, shot),
        Some(Command::Status(status)) => status::run(&cli.global, status),
        Some(Command::Logs(logs)) => logs::run(&cli.global, logs),
        Some(Command::Check(check)) => check::run(&cli.global, check),
        Some(Command::Alerts(alerts)) => alerts::run(&cli.global, alerts),
        Some(Command::Silences { what }) => silences::run(&cli.global, what),
        Some(Command::Routine(asked)) => routine::run(&cli.global, asked),
        Some(Command::Maintenance { what }) => maintenance::run(&cli.global, what),
        Some(Command::Open(open)) => dashboard::open(&cli.global, open),
        Some(Command::Backups(backups)) => backups::run(&cli.global, backups),
        Some(Command::Drills(asked)) => drills::run(asked),
        Some(Command::Due(due)) => due::run(&cli.global, due),
        Some(Command::Digest(asked)) => digest::run(&cli.global, asked),
        Some(Command::Inventory(asked)) => inventory::run(&cli.global, asked),
        Some(Command::Runbook { what }) => runbook::run(&cli.global, what),
        #[cfg(feature = "demo")]
        Some(Command::Lab(lab)) => lab::run(lab),
        #[cfg(not(feature = "demo"))]
        Some(Command::Lab(_)) => Err(Usage(WITHOUT_LAB.to_owned()).into()),
        Some(Command::Config { what }) => config::run(&cli.global, what),
        Some(Command::Journal(asked)) => journal::run(asked),
        Some(Command::Record(record)) => record::run(&cli.global, record),
        Some(Command::Replay { file }) => dashboard::replay(&cli.global, file),
        Some(Command::Init(init)) => only_real(&cli.global, "`wardroom init` writes your config")
            .map_err(Report::from)
            .and_then(|()| init::run(&cli.global, init)),
        Some(Command::Doctor(doctor)) => doctor::run(&cli.global, doctor),
        Some(Command::Keys) => keys::run(&cli.global),
        Some(Command::Themes) => themes::run(),
        Some(Command::Completions { shell }) => completions::run(*shell),
        Some(Command::Names(asked)) => names::run(&cli.global, asked),
        Some(Command::Man) => man::run(),
    };
    done.unwrap_or_else(|error| {
        complain(&format!("{error:#}"));
        ExitCode::from(status(cli, &error))
    })
}

/// Refuses what writes under the user's directories while the demo lab or a recording is shown, which must not.
fn only_real(global: &Global, what: &str) -> Result<(), Usage> {
    let flag = match (&global.demo, &global.replay) {
        (Some(_), _) => "--demo",
        (_, Some(_)) => "--replay",
        _ => return Ok(()),
    };
    Err(Usage(format!("{what}, and under {flag} nothing of yours is written: leave {flag} out")))
}

/// Makes a panic say what happened and where, without the environment, which may hold secrets.
/// The terminal's guard comes before it.
pub fn install_report() {
    let report = color_eyre::config::HookBuilder::default().display_env_section(false);
    if let Err(error) = report.install() {
        complain(&format!("{error:#}"));
    }
}

/// Tells what was wrong with the command line, or the help that was asked for.
pub fn misused(error: &clap::Error) -> ExitCode {
    let told = error.render().to_string();
    if harmless(&told) == told {
        // A reader that has gone away is no failure.
        let _unread = error.print();
    } else {
        complain(&told);
    }
    // The line is wrong, so it can only be guessed which command was meant: the first one named.
    let names = Cli::command();
    let mut words = std::env::args_os().skip(1);
    let meant = words.find(|word| names.get_subcommands().any(|command| command.get_name() == word));
    let is_check =
        meant.is_some_and(|name| ["check", "status", "backups", "due"].iter().any(|own| name == *own));
    match error.exit_code() {
        0 => ExitCode::SUCCESS,
        _ if is_check => ExitCode::from(Health::Unknown.exit_code()),
        _ => ExitCode::from(2),
    }
}

/// The exit status of a failure: `check`, `status`, `backups` and `due` have their own, since 1 and 2 say something there.
fn status(cli: &Cli, error: &Report) -> u8 {
    let is_ours = error.is::<Usage>()
        || error.is::<crate::config::Error>()
        || error.is::<ThemeError>()
        || error.is::<crate::terminal::Unusable>();
    match (&cli.command, is_ours) {
        (Some(Command::Check(_) | Command::Status(_) | Command::Backups(_) | Command::Due(_)), _) => {
            Health::Unknown.exit_code()
        }
        (_, true) => 2,
        (_, false) => 1,
    }
}

/// Writes a text to stdout, without anything that a terminal would act on. A reader that has gone away
/// (`| head`) is no failure.
///
/// # Errors
/// When stdout cannot be written for another reason, such as a full disk.
pub fn say(text: &str) -> Result<()> {
    say_as_it_is(&harmless(text))
}

/// The same for what is ours to the last byte, colours and all.
///
/// # Errors
/// When stdout cannot be written for another reason, such as a full disk.
pub fn say_as_it_is(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// Writes a paragraph to stderr.
pub fn complain(text: &str) {
    // When even that fails nobody is left to tell.
    let _untold = writeln!(io::stderr(), "wardroom: {}", harmless(text));
}
