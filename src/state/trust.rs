//! Which runbooks the operator has accepted: `trust.jsonl`, and a copy of each, so that the next
//! change can be shown.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use chrono::{DateTime, Utc};

use super::Place;
use crate::runbooks::sha256;
use crate::runbooks::shelf::Standing;
use crate::runbooks::trust::{Acceptance, Trust, Verdict};

/// Where acceptances are kept.
const LOG: &str = "trust.jsonl";

/// What was accepted so far.
///
/// # Errors
/// When the log is there and cannot be read.
pub fn trusted(place: &Place) -> io::Result<Trust> {
    Ok(Trust::read(&place.text(LOG)?))
}

/// A file's full path: the name that it is trusted by.
pub fn trust_name(file: &Path) -> String {
    std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned()).display().to_string()
}

/// The text of the version of that SHA-256, if it was accepted once.
pub fn accepted_text(place: &Place, sha256: &str) -> Option<String> {
    place.text(&copy(sha256)).ok().filter(|text| !text.is_empty())
}

/// How far a file is trusted whose bytes have that SHA-256. Without a place nothing was accepted.
///
/// # Errors
/// When the file's permissions or the log cannot be read.
pub fn standing(place: Option<&Place>, file: &Path, sha256: &str) -> io::Result<Standing> {
    if others_write(file)? {
        return Ok(Standing::Exposed);
    }
    let Some(place) = place else { return Ok(Standing::New) };
    Ok(match trusted(place)?.judge(&trust_name(file), sha256) {
        Verdict::Trusted => Standing::Trusted,
        Verdict::New => Standing::New,
        Verdict::Changed { since, sha256 } => {
            Standing::Changed { since, before: accepted_text(place, &sha256) }
        }
    })
}

/// Accepts a file with these bytes.
///
/// # Errors
/// When it cannot be written down.
pub fn accept(place: &Place, file: &Path, bytes: &[u8], at: DateTime<Utc>) -> io::Result<Acceptance> {
    let sha256 = sha256(bytes);
    place.keep(&copy(&sha256), bytes)?;
    let acceptance = Acceptance { at, file: trust_name(file), sha256 };
    place.append(LOG, &serde_json::to_string(&acceptance)?)?;
    Ok(acceptance)
}

/// Whether others may write a file: whoever may write a runbook may have commands run. A group that is
/// the owner's own does not count: many systems make files so.
///
/// # Errors
/// When the file is not there.
pub fn others_write(file: &Path) -> io::Result<bool> {
    let about = std::fs::metadata(file)?;
    let by_group = about.mode() & 0o020 != 0 && about.gid() != about.uid();
    Ok(by_group || about.mode() & 0o002 != 0)
}

fn copy(sha256: &str) -> String {
    format!("runbooks/{sha256}.md")
}
