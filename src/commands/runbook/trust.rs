//! `wardroom runbook trust FILE`: what is accepted is written down, with a copy, so that the next
//! change can be shown.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use color_eyre::eyre::{Result, WrapErr as _, bail};

use crate::clock::Clock;
use crate::commands::say;
use crate::runbooks::sha256;
use crate::runbooks::trust::{Change, Trust, Verdict, difference};
use crate::state::{self, Place};
use crate::text;

/// Runs it.
///
/// # Errors
/// A file that cannot be read or that others may write, or a state directory that cannot be written.
pub(super) fn run(files: &[PathBuf]) -> Result<ExitCode> {
    let place = Place::of_user()?;
    for file in files {
        say(&accept(&place, file)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What was accepted so far.
pub(super) fn known() -> io::Result<Trust> {
    Place::of_user_if_there()?.map_or_else(|| Ok(Trust::default()), |place| state::trusted(&place))
}

fn accept(place: &Place, file: &Path) -> Result<String> {
    let shown = file.display();
    let bytes = std::fs::read(file).wrap_err_with(|| format!("cannot read the runbook {shown}"))?;
    if state::others_write(file)? {
        bail!("{shown} is not trusted: others on this machine may write it; run: chmod go-w {shown}");
    }
    let verdict = state::trusted(place)?.judge(&state::trust_name(file), &sha256(&bytes));
    let mut told = String::new();
    match &verdict {
        Verdict::Trusted => return Ok(format!("{shown}: trusted already, nothing has changed\n")),
        Verdict::New => {}
        Verdict::Changed { sha256, .. } => {
            let before = state::accepted_text(place, sha256).unwrap_or_default();
            for (line, change) in difference(&before, &String::from_utf8_lossy(&bytes)) {
                // Writing to a text cannot fail.
                let _written = match change {
                    Change::Gone(words) => writeln!(told, "{shown}:{line}: - {}", text::sanitise(words)),
                    Change::Come(words) => writeln!(told, "{shown}:{line}: + {}", text::sanitise(words)),
                };
            }
        }
    }
    let acceptance = state::accept(place, file, &bytes, Clock::system().now().wall)?;
    let _written = writeln!(told, "{shown}: trusted, sha256 {}", acceptance.sha256);
    Ok(told)
}
