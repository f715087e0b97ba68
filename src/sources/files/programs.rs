//! What programs of this machine say: the operator's own, which prints the time of the newest
//! backup, and git. They are run as they stand in the config, without a shell, and only to read.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use chrono::{DateTime, Local, Utc};
use futures_util::future::try_join;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;

use super::dates::printed;
use crate::domain::archive::{Archive, Unsaved};
use crate::domain::instant;
use crate::text::{bounded, sanitise, truncate};

/// What a program may print.
const CAP: u64 = 1 << 20;

/// Changed files that are asked for their time.
const CHANGED: usize = 200;

/// Runs a program that prints a time.
pub(super) async fn command(argv: &[String], archive: Archive, patience: Duration) -> Archive {
    let Some((program, arguments)) = argv.split_first() else { return archive.with_error("no program") };
    match run(program, arguments, None, patience).await {
        Err(error) => archive.with_error(error),
        Ok(said) => {
            if let Some(at) = printed(&said, &Local) {
                return archive.with_copies([(at, 0)]);
            }
            let line = sanitise(said.lines().next().unwrap_or_default()).into_owned();
            archive.with_error(format!("it prints no time, but {:?}", truncate(&line, 40)))
        }
    }
}

/// Looks how a git repository stands against the one it is pushed to, as of the last fetch.
pub(super) async fn git(directory: &Path, archive: Archive, patience: Duration) -> Archive {
    match state(directory, patience).await {
        Err(error) => archive.with_error(error),
        Ok(state) => {
            let mut archive = archive.with_copies([(state.committed, 0)]);
            archive.group.comment = state.words().into();
            if state.ahead.is_none() {
                archive.faults.push("nothing is pushed: the branch has no upstream".into());
            }
            archive.unsaved = match state.since {
                Some(since) => Unsaved::Since(since, state.waiting().into()),
                None => Unsaved::Nothing,
            };
            archive
        }
    }
}

#[derive(Debug, Default)]
struct Repository {
    branch: String,
    /// When the newest commit was made.
    committed: DateTime<Utc>,
    /// Commits that are here only, and there only; `None` without an upstream.
    ahead: Option<(u64, u64)>,
    /// Changed files, by path.
    changed: Vec<String>,
    /// Since when something waits.
    since: Option<DateTime<Utc>>,
}

impl Repository {
    fn waiting(&self) -> String {
        let ahead = self.ahead.map_or(0, |(ahead, _)| ahead);
        let plural = |count: u64, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
        let mut parts = Vec::new();
        if ahead > 0 {
            parts.push(format!("{} not pushed", plural(ahead, "commit")));
        }
        if !self.changed.is_empty() {
            parts.push(format!("{} not committed", plural(self.changed.len() as u64, "file")));
        }
        parts.join(", ")
    }

    fn words(&self) -> String {
        let behind = self.ahead.map_or(0, |(_, behind)| behind);
        let (ahead, changed) = (self.ahead.map_or(0, |(ahead, _)| ahead), self.changed.len());
        format!("{}: ahead {ahead}, behind {behind}, {changed} changed", self.branch)
    }
}

async fn state(directory: &Path, patience: Duration) -> Result<Repository, String> {
    let status = ["status", "--porcelain=v2", "--branch", "--untracked-files=normal", "-z"];
    let said = run_git(directory, &status, patience).await?;
    let mut state = status_of(&said);
    let head = run_git(directory, &["log", "-1", "--format=%ct"], patience).await?;
    state.committed = seconds(&head).next().ok_or("it has no commit")?;
    let mut waiting: Vec<DateTime<Utc>> = Vec::new();
    if state.ahead.is_some_and(|(ahead, _)| ahead > 0) {
        let range = ["log", "--format=%ct", "--max-count=500", "@{upstream}..HEAD"];
        waiting.extend(seconds(&run_git(directory, &range, patience).await?));
    }
    if !state.changed.is_empty() {
        let paths: Vec<_> = state.changed.iter().take(CHANGED).map(|path| directory.join(path)).collect();
        let changed = tokio::task::spawn_blocking(move || {
            let modified = |path: &std::path::PathBuf| std::fs::symlink_metadata(path)?.modified();
            paths.iter().filter_map(|path| instant::of_system(modified(path).ok()?)).min()
        });
        // What was deleted has no time; the commit is older than that.
        waiting.push(changed.await.ok().flatten().unwrap_or(state.committed));
    }
    state.since = waiting.into_iter().min();
    Ok(state)
}

/// Reads `git status --porcelain=v2 --branch -z`.
fn status_of(said: &str) -> Repository {
    let mut state = Repository::default();
    let mut parts = said.split('\0');
    while let Some(part) = parts.next() {
        if let Some(name) = part.strip_prefix("# branch.head ") {
            state.branch = sanitise(name).into_owned();
        } else if let Some(counts) = part.strip_prefix("# branch.ab ") {
            let mut counts = counts.split(' ').map(|count| count.trim_start_matches(['+', '-']).parse().ok());
            state.ahead = counts.next().flatten().zip(counts.next().flatten());
        } else if let Some((kind @ ("1" | "2" | "u" | "?"), rest)) = part.split_once(' ') {
            let before = match kind {
                "1" => 7,
                "2" => 8,
                "u" => 9,
                _ => 0,
            };
            state.changed.extend(rest.splitn(before + 1, ' ').nth(before).map(str::to_owned));
            if kind == "2" {
                // Where it was renamed from.
                parts.next();
            }
        }
    }
    state
}

fn seconds(said: &str) -> impl Iterator<Item = DateTime<Utc>> {
    said.lines().filter_map(|line| instant::of_seconds(line.trim().parse().ok()?))
}

/// Runs git without anything that would write, ask, or run what a repository says.
async fn run_git(directory: &Path, arguments: &[&str], patience: Duration) -> Result<String, String> {
    let quiet =
        ["--no-optional-locks", "--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"];
    let all: Vec<String> = quiet.iter().chain(arguments).map(|word| (*word).to_owned()).collect();
    run("git", &all, Some(directory), patience).await
}

async fn drain(pipe: Option<impl AsyncRead + Unpin>, to: &mut Vec<u8>) -> io::Result<()> {
    if let Some(pipe) = pipe {
        pipe.take(CAP).read_to_end(to).await?;
    }
    Ok(())
}

/// What a program prints; the error says what went wrong, in words.
pub(super) async fn run(
    program: &str,
    arguments: &[String],
    directory: Option<&Path>,
    patience: Duration,
) -> Result<String, String> {
    heard(program, arguments, directory, Stdio::piped(), patience).await
}

/// Whether a program ends well, whatever it prints.
pub(in crate::sources) async fn check(
    program: &str,
    arguments: &[String],
    patience: Duration,
) -> Result<(), String> {
    heard(program, arguments, None, Stdio::null(), patience).await.map(|_| ())
}

async fn heard(
    program: &str,
    arguments: &[String],
    directory: Option<&Path>,
    stdout: Stdio,
    patience: Duration,
) -> Result<String, String> {
    let name = sanitise(program);
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped()).kill_on_drop(true);
    crate::secret::keep_from(command.as_std_mut());
    command.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0");
    if let Some(directory) = directory {
        command.current_dir(directory);
    }
    let mut child = command.spawn().map_err(|error| format!("cannot run {name}: {error}"))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (mut said, mut complained) = (Vec::new(), Vec::new());
    let talk = async {
        try_join(drain(stdout, &mut said), drain(stderr, &mut complained)).await?;
        child.wait().await
    };
    // Dropping the child ends it.
    let ended = tokio::time::timeout(patience, talk).await;
    let status = match ended {
        Err(_) => return Err(format!("{name} took over {} s", patience.as_secs_f64())),
        Ok(Err(error)) => return Err(format!("{name}: {error}")),
        Ok(Ok(status)) => status,
    };
    if !status.success() {
        let complained = String::from_utf8_lossy(&complained);
        let why = complained.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
        return Err(format!("{name} ended with {status}: {}", truncate(&sanitise(bounded(why, 400)), 120)));
    }
    Ok(String::from_utf8_lossy(&said).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_read() {
        let said = "# branch.oid 1234\0# branch.head main\0# branch.upstream origin/main\0# branch.ab +2 -1\0\
                    1 .M N... 100644 100644 100644 a b docs/a file.md\0\
                    2 R. N... 100644 100644 100644 a b R100 new\x1b[31m.md\0old.md\0? compose/.env.new\0";
        let state = status_of(said);
        assert_eq!((state.branch.as_str(), state.ahead), ("main", Some((2, 1))));
        assert_eq!(state.changed, ["docs/a file.md", "new\u{1b}[31m.md", "compose/.env.new"]);
        assert_eq!(state.waiting(), "2 commits not pushed, 3 files not committed");
        assert_eq!(status_of("# branch.head main\0").ahead, None, "no upstream");
        assert_eq!(status_of("").changed, [""; 0]);
    }
}
