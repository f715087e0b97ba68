//! `wardroom runbook trust FILE`: what is accepted is written down, with a copy, so that the next
//! change can be shown.

use std::fmt::Write as _;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use color_eyre::eyre::{Result, WrapErr as _, bail};

use crate::clock::Clock;
use crate::commands::say;
use crate::runbooks::sha256;
use crate::runbooks::trust::{Acceptance, Change, Trust, Verdict, difference};
use crate::state::Place;
use crate::text;

/// Where acceptances are kept in the state directory.
const LOG: &str = "trust.jsonl";

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
    Ok(Trust::read(&Place::of_user_if_there()?.map_or(Ok(String::new()), |place| place.text(LOG))?))
}

/// A file's full path: the name that it is trusted by.
pub(super) fn name(file: &Path) -> String {
    std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned()).display().to_string()
}

fn accept(place: &Place, file: &Path) -> Result<String> {
    let shown = file.display();
    let bytes = std::fs::read(file).wrap_err_with(|| format!("cannot read the runbook {shown}"))?;
    refuse_what_others_write(file)?;
    let (name, sha256) = (name(file), sha256(&bytes));
    let copy = |sha256: &str| format!("runbooks/{sha256}.md");
    let verdict = Trust::read(&place.text(LOG)?).judge(&name, &sha256);
    let mut told = String::new();
    match &verdict {
        Verdict::Trusted => return Ok(format!("{shown}: trusted already, nothing has changed\n")),
        Verdict::New => {}
        Verdict::Changed { sha256, .. } => {
            let before = place.text(&copy(sha256)).unwrap_or_default();
            for (line, change) in difference(&before, &String::from_utf8_lossy(&bytes)) {
                // Writing to a text cannot fail.
                let _written = match change {
                    Change::Gone(words) => writeln!(told, "{shown}:{line}: - {}", text::sanitise(words)),
                    Change::Come(words) => writeln!(told, "{shown}:{line}: + {}", text::sanitise(words)),
                };
            }
        }
    }
    place.keep(&copy(&sha256), &bytes)?;
    let acceptance = Acceptance { at: Clock::system().now().wall, file: name, sha256 };
    place.append(LOG, &serde_json::to_string(&acceptance)?)?;
    let _written = writeln!(told, "{shown}: trusted, sha256 {}", acceptance.sha256);
    Ok(told)
}

/// Whoever may write a runbook may have commands run. A group that is the owner's own does not
/// count: many systems make files so.
fn refuse_what_others_write(file: &Path) -> Result<()> {
    let about = std::fs::metadata(file)?;
    let by_group = about.mode() & 0o020 != 0 && about.gid() != about.uid();
    if by_group || about.mode() & 0o002 != 0 {
        let shown = file.display();
        bail!("{shown} is not trusted: others on this machine may write it; run: chmod go-w {shown}");
    }
    Ok(())
}
