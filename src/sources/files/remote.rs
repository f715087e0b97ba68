//! Files on another host, looked at through ssh: one command that only reads, whose answer is a line
//! for each file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::copies::{Copy, Files, judge, unsaved_since};
use super::glob::MOST;
use super::programs::run;
use crate::domain::archive::Archive;
use crate::domain::instant;
use crate::text::sanitise;

/// A host, and how it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remote {
    /// The host, as ssh knows it.
    pub host: String,
    /// The program and its options.
    pub ssh: Vec<String>,
}

/// How ssh is run unless the config says otherwise: it asks nobody, forwards nothing and gives up.
pub(super) const SSH: [&str; 8] =
    ["ssh", "-T", "-x", "-a", "-oBatchMode=yes", "-oConnectTimeout=10", "-oClearAllForwardings=yes", "--"];

/// Looks at the files of a host.
pub(super) async fn look(
    remote: &Remote,
    files: &Files,
    archive: Archive,
    patience: Duration,
    now: DateTime<Utc>,
) -> Archive {
    match tell(remote, &script(files), patience).await {
        Err(error) => archive.with_error(error),
        Ok(said) => {
            let lines: Vec<Line> = said.lines().filter_map(line).take(MOST).collect();
            let changed = lines.iter().find(|line| line.pattern.is_none()).map(|line| line.modified);
            let copies: Vec<Copy> = lines.iter().filter_map(Line::copy).collect();
            let newest = copies.iter().map(|copy| copy.modified).max();
            let unsaved = unsaved_since(files, changed, newest);
            let mut judged = judge(files, &copies, archive, now);
            judged.unsaved = unsaved;
            judged
        }
    }
}

/// What a script on the host prints.
pub(super) async fn tell(remote: &Remote, script: &str, patience: Duration) -> Result<String, String> {
    let Some((program, options)) = remote.ssh.split_first() else { return Err("no ssh".to_owned()) };
    // The login shell may be any: what follows is for one that is known.
    let command = format!("sh -c '{script}'");
    let arguments: Vec<String> = options.iter().cloned().chain([remote.host.clone(), command]).collect();
    run(program, &arguments, None, patience)
        .await
        .map_err(|error| format!("{}: {error}", sanitise(&remote.host)))
}

/// The script: for each file its pattern, the KiB of a directory, time, size, mode and path.
fn script(files: &Files) -> String {
    let each = |mark: String, pattern: &Path| {
        let pattern = quoted(&pattern.to_string_lossy());
        format!(
            r#"for f in {pattern}; do [ -e "$f" ] || continue; k=-; [ -d "$f" ] && k=$(du -sk "$f" | cut -f1); stat -L -c "{mark} $k %Y %s %a %n" "$f"; done"#
        )
    };
    let patterns = files.patterns.iter().enumerate().map(|(at, pattern)| each(at.to_string(), pattern));
    let changes = files.changes_with.iter().map(|path| each("c".to_owned(), path));
    let all: Vec<String> = patterns.chain(changes).chain(["true".to_owned()]).collect();
    all.join("; ")
}

/// A path for the script, in which only `*` and `?` mean something. It has no quote: the config
/// refuses one.
pub(super) fn quoted(path: &str) -> String {
    let safe = |char: char| char.is_alphanumeric() || "/._-*?+@%,:=".contains(char);
    let quote = |char: char| if safe(char) { char.to_string() } else { format!("\\{char}") };
    path.chars().map(quote).collect()
}

struct Line {
    /// The pattern that it fits; `None` for what the backup is of.
    pattern: Option<usize>,
    modified: DateTime<Utc>,
    size: u64,
    mode: u32,
    path: PathBuf,
}

fn line(text: &str) -> Option<Line> {
    let mut parts = text.splitn(6, ' ');
    let (mark, held) = (parts.next()?, parts.next()?);
    let modified = instant::of_seconds(parts.next()?.parse().ok()?)?;
    let size: u64 = parts.next()?.parse().ok()?;
    let mode = u32::from_str_radix(parts.next()?, 8).ok()? & 0o777;
    let path = parts.next()?.into();
    let pattern = if mark == "c" { None } else { Some(mark.parse().ok()?) };
    let size = held.parse::<u64>().map_or(size, |kibibytes| kibibytes.saturating_mul(1024));
    Some(Line { pattern, modified, size, mode, path })
}

impl Line {
    fn copy(&self) -> Option<Copy> {
        Some(Copy::new(self.path.clone(), self.pattern?, self.modified, self.size, self.mode))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_quotes_what_is_no_pattern() {
        let files = Files {
            patterns: vec!["/srv/my backups/$(x)/*.tar.gz".into()],
            mode: None,
            changes_with: Some("/etc/a;b".into()),
        };
        let script = script(&files);
        assert!(script.contains(r"for f in /srv/my\ backups/\$\(x\)/*.tar.gz; do"), "{script}");
        assert!(script.contains(r"for f in /etc/a\;b; do"), "{script}");
    }

    #[test]
    fn a_line_is_read_and_nonsense_is_not() {
        let read = line("1 - 1794578531 512 640 /srv/a b.tar.gz").expect("a line");
        assert_eq!((read.pattern, read.size, read.mode), (Some(1), 512, 0o640));
        assert_eq!(read.path, Path::new("/srv/a b.tar.gz"));
        assert_eq!(line("0 12 1794578531 4096 755 /srv/d").map(|line| line.size), Some(12 * 1024));
        assert!(line("c - 5 1 600 /x").is_some_and(|line| line.pattern.is_none()));
        for nonsense in ["", "Welcome to nas!", "x - 5 1 600 /x", "0 - five 1 600 /x"] {
            assert!(line(nonsense).is_none(), "{nonsense}");
        }
    }
}
