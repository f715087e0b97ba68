//! Copies on a disk. Everything here blocks, and is called where that does no harm.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Local, NaiveDate, TimeDelta, Utc};

use super::dates::named;
use super::glob::{MOST, find};
use crate::domain::archive::{Archive, Unsaved};
use crate::domain::instant;
use crate::text::sanitise;

/// Which files make a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Files {
    /// One pattern for each file that belongs to a set of one date.
    pub patterns: Vec<PathBuf>,
    /// The most that others may do with the newest, as `chmod` has it.
    pub mode: Option<u32>,
    /// What the backup is of, when it is made on a change.
    pub changes_with: Option<PathBuf>,
}

/// A set that misses a file is still being written for so long.
const WRITING: TimeDelta = TimeDelta::minutes(10);

/// Copies that are kept, the newest: enough for a trend.
const KEPT: usize = 60;

/// Directories inside a dated directory are added up so deep.
const DEEPEST: usize = 4;

/// One file, or one directory.
pub(super) struct Copy {
    pub path: PathBuf,
    date: NaiveDate,
    /// When it was made: by its name, or else by its own time.
    pub at: DateTime<Utc>,
    pub modified: DateTime<Utc>,
    size: u64,
    mode: u32,
    pattern: usize,
}

impl Copy {
    /// A file that fits the pattern of that number.
    pub fn new(path: PathBuf, pattern: usize, modified: DateTime<Utc>, size: u64, mode: u32) -> Self {
        let named = named(&path.to_string_lossy());
        Self {
            date: named.map_or_else(|| modified.with_timezone(&Local).date_naive(), |named| named.date),
            at: named.map_or(modified, |named| named.at(&Local, modified)),
            path,
            modified,
            size,
            mode: mode & 0o777,
            pattern,
        }
    }
}

/// Looks at the files.
pub(super) fn look(files: &Files, archive: Archive, now: DateTime<Utc>) -> Archive {
    match copies(files) {
        Err(error) => archive.with_error(sanitise(&error)),
        Ok(copies) => {
            let mut judged = judge(files, &copies, archive, now);
            judged.unsaved = unsaved(files, copies.iter().map(|copy| copy.modified).max());
            judged
        }
    }
}

/// Every file that fits a pattern.
pub(super) fn copies(files: &Files) -> Result<Vec<Copy>, String> {
    let mut budget = MOST;
    let mut all = Vec::new();
    for (pattern, path) in files.patterns.iter().enumerate() {
        for path in find(path, &mut budget)? {
            let told = |error: std::io::Error| format!("{}: {error}", path.display());
            let about = match std::fs::metadata(&path) {
                Ok(about) => about,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(told(error)),
            };
            let size = size(&path, &about, 0, &mut budget)?;
            let modified = instant::of_system(about.modified().map_err(told)?)
                .ok_or_else(|| format!("{}: its time is none that anybody means", path.display()))?;
            all.push(Copy::new(path, pattern, modified, size, about.permissions().mode()));
        }
    }
    Ok(all)
}

/// The bytes of a file, or of all files in a directory.
fn size(path: &Path, about: &Metadata, depth: usize, budget: &mut usize) -> Result<u64, String> {
    if !about.is_dir() || depth > DEEPEST {
        return Ok(if about.is_dir() { 0 } else { about.len() });
    }
    let told = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut sum = 0;
    for entry in std::fs::read_dir(path).map_err(told)? {
        *budget = budget
            .checked_sub(1)
            .ok_or_else(|| format!("{}: more than {MOST} entries; name a narrower path", path.display()))?;
        let entry = entry.map_err(told)?;
        // Not what a link points to: it may be anywhere.
        let about = entry.metadata().map_err(told)?;
        sum += size(&entry.path(), &about, depth + 1, budget)?;
    }
    Ok(sum)
}

/// What the files come to as a backup.
pub(super) fn judge(files: &Files, copies: &[Copy], mut archive: Archive, now: DateTime<Utc>) -> Archive {
    let wanted = files.patterns.len();
    let mut faults: Vec<Arc<str>> = Vec::new();
    let mut good: Vec<(DateTime<Utc>, u64)> = Vec::new();
    if wanted == 1 {
        good.extend(copies.iter().filter(|copy| copy.size > 0).map(|copy| (copy.at, copy.size)));
        let newest = copies.iter().max_by_key(|copy| copy.at);
        if newest.is_some_and(|copy| copy.size == 0 && now - copy.modified > WRITING) {
            faults.push("the newest is empty".into());
        }
    } else {
        let mut sets: BTreeMap<NaiveDate, Vec<&Copy>> = BTreeMap::new();
        for copy in copies {
            sets.entry(copy.date).or_default().push(copy);
        }
        for (date, set) in &sets {
            let newest = |pattern: usize| {
                let own = set.iter().filter(|copy| copy.pattern == pattern && copy.size > 0);
                own.max_by_key(|copy| copy.at)
            };
            let parts: Vec<&&Copy> = (0..wanted).filter_map(newest).collect();
            if parts.len() == wanted {
                // A set is as old as the oldest of it.
                let at = parts.iter().map(|copy| copy.at).min().unwrap_or_default();
                good.push((at, parts.iter().map(|copy| copy.size).sum()));
            } else if sets.keys().next_back() == Some(date)
                && set.iter().all(|copy| now - copy.modified > WRITING)
            {
                let missing = (0..wanted).filter(|pattern| newest(*pattern).is_none());
                faults.push(format!("{date} lacks {}", names(files, missing)).into());
            }
        }
    }
    let newest = copies.iter().max_by_key(|copy| copy.at);
    if let (Some(most), Some(newest)) = (files.mode, newest)
        && newest.mode & !most != 0
    {
        faults.push(format!("mode {:o}, at most {most:o} is wanted", newest.mode).into());
    }
    good.sort_unstable();
    let from = good.len().saturating_sub(KEPT);
    archive.faults = faults;
    archive.with_copies(good.into_iter().skip(from))
}

fn names(files: &Files, patterns: impl Iterator<Item = usize>) -> String {
    let name = |pattern: usize| {
        let name = files.patterns.get(pattern).and_then(|path| path.file_name());
        name.map(|name| sanitise(&name.to_string_lossy()).into_owned()).unwrap_or_default()
    };
    patterns.map(name).collect::<Vec<_>>().join(", ")
}

/// Whether what the backup is of changed after the newest copy.
fn unsaved(files: &Files, newest: Option<DateTime<Utc>>) -> Unsaved {
    let changed = files.changes_with.as_ref().and_then(|path| std::fs::metadata(path).ok()?.modified().ok());
    unsaved_since(files, changed.and_then(instant::of_system), newest)
}

/// The same, when it is known when that changed.
pub(super) fn unsaved_since(
    files: &Files,
    changed: Option<DateTime<Utc>>,
    newest: Option<DateTime<Utc>>,
) -> Unsaved {
    let Some(path) = &files.changes_with else { return Unsaved::Dated };
    match (changed, newest) {
        (Some(changed), Some(newest)) if changed > newest => {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
            Unsaved::Since(changed, format!("{} changed and is not saved", sanitise(&name)).into())
        }
        _ => Unsaved::Nothing,
    }
}

#[cfg(test)]
#[path = "copies_tests.rs"]
mod tests;
