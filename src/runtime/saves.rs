//! Lines written into a file, away from the loop: it tells how far it is, and can be stopped.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use crate::border::Msg;
use crate::domain::log::Entry;
use crate::domain::log::export::{Export, Wanted};
use crate::report::{log_json, log_text};
use crate::sources::Source;
use crate::sources::pages::Pages;

/// So often it is told how far it is.
const TOLD: Duration = Duration::from_millis(250);

/// What is under way.
#[derive(Debug)]
pub struct Saves {
    network: Handle,
    to: mpsc::Sender<Msg>,
    running: Option<AbortHandle>,
}

impl Saves {
    /// Nothing is under way. `network` is the runtime that will write, `to` hears of it.
    pub const fn new(network: Handle, to: mpsc::Sender<Msg>) -> Self {
        Self { network, to, running: None }
    }

    /// Writes; `source` is the one that the export names, if it is there. `now` is the time by the
    /// dashboard's clock.
    pub fn start(&mut self, export: Export, source: Option<Arc<dyn Source>>, now: DateTime<Utc>) {
        self.stop();
        let to = self.to.clone();
        let task = self.network.spawn(async move {
            let result = save(&export, source, now, &to).await;
            let _ended = to.send(Msg::Saved(result)).await;
        });
        self.running = Some(task.abort_handle());
    }

    /// Writes no more; what was written goes.
    pub fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.abort();
        }
    }
}

/// A file that is not whole yet. Dropped, it is gone.
struct Unfinished {
    file: BufWriter<File>,
    path: PathBuf,
    is_json: bool,
    lines: u64,
    is_whole: bool,
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_whole {
            // What cannot be removed is at least ours alone to read.
            let _removed = std::fs::remove_file(&self.path);
        }
    }
}

impl Unfinished {
    /// Makes the file. Logs may hold what is nobody else's business.
    fn new(path: &Path, is_json: bool) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        let file = BufWriter::with_capacity(64 << 10, file);
        Ok(Self { file, path: path.to_owned(), is_json, lines: 0, is_whole: false })
    }

    fn write(&mut self, entries: &[Entry]) -> io::Result<()> {
        for entry in entries {
            self.lines += u64::from(matches!(entry, Entry::Line(_)));
            if self.is_json { log_json(entry, &mut self.file) } else { log_text(entry, &mut self.file) }?;
        }
        Ok(())
    }

    fn finish(mut self) -> io::Result<u64> {
        self.file.flush()?;
        self.is_whole = true;
        Ok(self.lines)
    }
}

/// Writes it; how many lines, or what went wrong, in one sentence.
async fn save(
    export: &Export,
    source: Option<Arc<dyn Source>>,
    now: DateTime<Utc>,
    to: &mpsc::Sender<Msg>,
) -> Result<String, String> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => format!("{} is there already: choose another name", export.path),
        _ => format!("cannot write {}: {error}", export.path),
    };
    let path = at_home(&export.path);
    let mut file = Unfinished::new(&path, export.is_json()).map_err(failed)?;
    match &export.what {
        Wanted::Entries(entries) => {
            let pieces = entries.chunks(20_000);
            let count = pieces.len();
            for (at, piece) in pieces.enumerate() {
                file.write(piece).map_err(failed)?;
                if at + 1 < count {
                    let told = Msg::Saving { lines: file.lines, share: (at + 1) as f64 / count as f64 };
                    let _ended = to.send(told).await;
                    tokio::task::yield_now().await;
                }
            }
        }
        Wanted::Range { source: name, query, from, to: until } => {
            let source = source.ok_or_else(|| format!("{name} is no longer configured"))?;
            let mut pages = Pages::new(query, (*from, *until));
            let mut told = Instant::now();
            while let Some(entries) =
                pages.next(&*source, u64::MAX, now).await.map_err(|error| error.to_string())?
            {
                file.write(&entries).map_err(failed)?;
                if told.elapsed() >= TOLD {
                    told = Instant::now();
                    let share = (pages.read() - from) as f64 / (until - from).max(1) as f64;
                    let _ended = to.send(Msg::Saving { lines: file.lines, share }).await;
                }
            }
        }
    }
    let lines = file.finish().map_err(failed)?;
    Ok(format!("{lines} lines written to {}", export.path))
}

/// The path, with `~/` as a shell would read it.
fn at_home(path: &str) -> PathBuf {
    let rest = path.strip_prefix("~/");
    rest.and_then(|rest| Some(directories::BaseDirs::new()?.home_dir().join(rest)))
        .unwrap_or_else(|| path.into())
}

#[cfg(all(test, feature = "demo"))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use chrono::TimeDelta;

    use super::*;
    use crate::clock::Clock;
    use crate::config::Config;
    use crate::demo::{Lab, Scenario};
    use crate::domain::feed::SourceKind;
    use crate::domain::labels::Labels;
    use crate::domain::log::{Level, Line};

    fn entries() -> Vec<Entry> {
        let stream: Labels = [("host", "nas")].into_iter().collect();
        let line = |at| Entry::Line(Line::new(at, stream.clone(), format!("line {at}"), Level::Info));
        vec![line(1), Entry::Gap { from: 1, to: 7 }, line(7)]
    }

    /// Writes, and what comes of it.
    async fn written(export: Export, source: Option<Arc<dyn Source>>) -> Result<String, String> {
        let (to, mut told) = mpsc::channel(8);
        let mut saves = Saves::new(Handle::current(), to);
        saves.start(export, source, Utc::now());
        loop {
            match told.recv().await.expect("it ends") {
                Msg::Saved(result) => return result,
                Msg::Saving { lines, share } => assert!(lines > 0 && (0.0..=1.0).contains(&share)),
                other => panic!("{other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn lines_become_a_new_file_that_is_ours_alone() {
        let root = tempfile::tempdir().expect("a directory");
        let path = |name: &str| root.path().join(name).display().to_string();
        for (name, first, second) in [
            (
                "a.txt",
                "1970-01-01T00:00:00.000Z info     {host=\"nas\"} line 1",
                "# gap: lines may be missing",
            ),
            ("a.jsonl", "{\"kind\":\"line\",\"schema\":1,\"time\":\"1970", "{\"kind\":\"gap\""),
        ] {
            let export = Export { path: path(name), what: Wanted::Entries(entries()) };
            assert_eq!(written(export, None).await, Ok(format!("2 lines written to {}", path(name))));
            let text = std::fs::read_to_string(path(name)).expect("it is there");
            let lines: Vec<&str> = text.lines().collect();
            assert_eq!(lines.len(), 3, "{text}");
            assert!(lines[0].starts_with(first) && lines[1].starts_with(second), "{text}");
            let mode = std::fs::metadata(path(name)).expect("it is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let again = Export { path: path("a.txt"), what: Wanted::Entries(Vec::new()) };
        let refused = written(again, None).await.expect_err("never over another file");
        assert!(refused.contains("is there already"), "{refused}");
        let nowhere = Export { path: path("no/where.txt"), what: Wanted::Entries(Vec::new()) };
        assert!(written(nowhere, None).await.expect_err("no such place").contains("cannot write"));
    }

    fn loki(lab: &Lab) -> Arc<dyn Source> {
        let config = Config::parse("the lab's", &lab.config(), None).expect("a config");
        let mut sources = config.sources.into_iter();
        sources.find(|source| source.id().kind == SourceKind::Loki).expect("a Loki")
    }

    fn hour(source: &Arc<dyn Source>, path: &Path, now: DateTime<Utc>) -> Export {
        let nanoseconds = |at: DateTime<Utc>| at.timestamp_nanos_opt().expect("a time");
        let (from, to) = (nanoseconds(now - TimeDelta::minutes(30)), nanoseconds(now));
        let (source, query) = (source.id().clone(), "{host=~\".+\"}".to_owned());
        Export { path: path.display().to_string(), what: Wanted::Range { source, query, from, to } }
    }

    #[tokio::test]
    async fn a_time_is_read_page_by_page_each_line_once() {
        let now = Scenario::Storm.instant();
        let lab = Lab::start(Scenario::Storm, 1, Clock::fixed(now)).await.expect("free ports");
        let (source, root) = (loki(&lab), tempfile::tempdir().expect("a directory"));
        let path = root.path().join("all.jsonl");
        let told = written(hour(&source, &path, now), Some(source)).await.expect("written");
        let text = std::fs::read_to_string(&path).expect("it is there");
        let lines: std::collections::HashSet<&str> = text.lines().collect();
        assert!(lines.len() > 5_000, "more than a page: {}", lines.len());
        assert!(told.starts_with(&format!("{} lines", lines.len())), "{told}: each once");
    }

    #[tokio::test]
    async fn what_is_stopped_leaves_nothing() {
        let now = Scenario::Storm.instant();
        let lab = Lab::start(Scenario::Storm, 1, Clock::fixed(now)).await.expect("free ports");
        let (source, root) = (loki(&lab), tempfile::tempdir().expect("a directory"));
        let path = root.path().join("all.txt");
        let (to, mut told) = mpsc::channel(8);
        let mut saves = Saves::new(Handle::current(), to);
        saves.start(hour(&source, &path, now), Some(source), now);
        let deadline = Instant::now() + Duration::from_secs(30);
        while !path.exists() && Instant::now() < deadline {
            tokio::task::yield_now().await;
        }
        saves.stop();
        drop(saves);
        // With the task its sender goes, and with it the file.
        while told.recv().await.is_some() {}
        assert!(!path.exists());
    }
}
