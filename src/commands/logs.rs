//! `wardroom logs`: lines of a query on stdout, with the engine of the dashboard's tails. What is
//! missing is told: on stderr, or as a line of its own in JSON.

use std::collections::HashSet;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use chrono::DateTime;
use color_eyre::eyre::Result;
use tokio::signal::unix::{SignalKind, signal};

use super::{Ground, Usage, complain, ground};
use crate::cli::{Global, LineFormat, Logs};
use crate::domain::feed::SourceKind;
use crate::domain::labels::Labels;
use crate::domain::log::{Entry, Level, Line, TailState};
use crate::domain::observation::Observation;
use crate::report::{log_json, log_line, log_time};
use crate::runtime::network;
use crate::sources::pages::Pages;
use crate::sources::{Source, SourceError};
use crate::text;

/// Lines of the last while are remembered, in nanoseconds: a tail repeats some of them.
const REPEATED: i64 = 60_000_000_000;

/// Runs it.
///
/// # Errors
/// Wrong usage, a wrong config, a server that does not answer or refuses the query, or stdout that
/// cannot be written.
pub fn run(global: &Global, logs: &Logs) -> Result<ExitCode> {
    let runtime = network()?;
    let done = runtime.block_on(async {
        let ground = ground(global, false).await?;
        let source = source(&ground, logs.source.as_deref())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut out = Out::new(logs);
        tokio::select! {
            told = tell(&ground, &*source, logs, &mut out) => told,
            _ = interrupt.recv() => Ok(()),
            _ = terminate.recv() => Ok(()),
        }
    });
    runtime.shutdown_background();
    match done {
        // Who reads no more (`| head`) has had enough.
        Err(error) if is_broken_pipe(&error) => Ok(ExitCode::SUCCESS),
        done => done.map(|()| ExitCode::SUCCESS),
    }
}

fn is_broken_pipe(error: &color_eyre::eyre::Report) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// The Loki that is asked: the one named, else the first.
fn source(ground: &Ground, name: Option<&str>) -> Result<Arc<dyn Source>> {
    let lokis = ground.config.sources.iter().filter(|source| source.id().kind == SourceKind::Loki);
    let all: Vec<_> = lokis.cloned().collect();
    let found = all.iter().find(|source| name.is_none_or(|name| *source.id().name == *name));
    found.cloned().ok_or_else(|| {
        let names: Vec<String> = all.iter().map(|source| source.id().name.to_string()).collect();
        let told = if names.is_empty() { "none is configured".to_owned() } else { names.join(", ") };
        Usage(format!("there is no Loki {}; there: {told}", name.unwrap_or(""))).into()
    })
}

/// Tells the lines since the start, and with `--follow` those to come.
async fn tell(ground: &Ground, source: &dyn Source, logs: &Logs, out: &mut Out) -> Result<()> {
    let now = ground.clock.now().wall.timestamp_nanos_opt().unwrap_or(i64::MAX);
    let since = i64::try_from(logs.since.as_nanos()).unwrap_or(i64::MAX);
    let from = now.saturating_sub(since);
    past(source, logs, (from, now.saturating_add(1)), out).await?;
    if !logs.follow {
        return Ok(());
    }
    let Some(mut tail) = source.follow(&logs.query, now) else { return Ok(()) };
    tail.keep_time(&ground.clock);
    let mut last = None;
    loop {
        match tail.next().await {
            Ok(Observation::Tail { state, mut entries, .. }) => {
                entries.sort_by_key(Entry::at);
                for entry in entries {
                    // The tail begins a little before what was already told ends.
                    if entry.at() >= from {
                        out.entry(&entry)?;
                    }
                }
                out.flush()?;
                if let TailState::Polling(why) = &state
                    && last.as_ref() != Some(&state)
                {
                    complain(&format!("no live tail, asking again and again instead: {why}"));
                }
                last = Some(state);
            }
            Ok(_) => {}
            Err(error @ SourceError::Refused { .. }) => return Err(error.into()),
            Err(error) => {
                complain(&format!("{error}; trying again"));
                tokio::time::sleep(std::time::Duration::from_secs(2)).await;
            }
        }
    }
}

/// Tells every line of a time, oldest first.
async fn past(source: &dyn Source, logs: &Logs, range: (i64, i64), out: &mut Out) -> Result<()> {
    let mut pages = Pages::new(&logs.query, range);
    let mut left = logs.limit.unwrap_or(u64::MAX);
    while left > 0
        && let Some(entries) = pages.next(source, left, DateTime::from_timestamp_nanos(range.1)).await?
    {
        for entry in entries {
            if left == 0 {
                break;
            }
            out.entry(&entry)?;
            left -= 1;
        }
    }
    out.flush()
}

/// Where lines go, and which went there lately.
struct Out {
    format: LineFormat,
    colours: bool,
    to: io::BufWriter<io::Stdout>,
    told: HashSet<(i64, Arc<str>, Labels)>,
    newest: i64,
}

impl Out {
    fn new(logs: &Logs) -> Self {
        let colours =
            io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
        let to = io::BufWriter::with_capacity(64 << 10, io::stdout());
        Self { format: logs.format, colours, to, told: HashSet::new(), newest: i64::MIN }
    }

    fn flush(&mut self) -> Result<()> {
        Ok(self.to.flush()?)
    }

    fn entry(&mut self, entry: &Entry) -> Result<()> {
        if let Entry::Line(line) = entry {
            return self.line(line);
        }
        if self.format == LineFormat::Jsonl {
            return Ok(log_json(entry, &mut self.to)?);
        }
        self.flush()?;
        complain(&match entry {
            Entry::Gap { from, to } => {
                let span = DateTime::from_timestamp_nanos(*to) - DateTime::from_timestamp_nanos(*from);
                format!(
                    "gap {}: lines may be missing from {} to {}",
                    text::age(span),
                    log_time(*from),
                    log_time(*to)
                )
            }
            Entry::Dropped { at, count } => {
                format!("dropped {count} lines or more at {}: they are asked for", log_time(*at))
            }
            Entry::Skipped { count, .. } => format!("{count} lines not shown: they came too fast"),
            Entry::Line(_) => return Ok(()),
        });
        Ok(())
    }

    /// Writes a line, unless it was written lately.
    fn line(&mut self, line: &Line) -> Result<()> {
        if line.at > self.newest {
            self.newest = line.at;
            if self.told.len() > 100_000 {
                let oldest = self.newest.saturating_sub(REPEATED);
                self.told.retain(|(at, ..)| *at >= oldest);
            }
        }
        if !self.told.insert((line.at, Arc::clone(&line.text), line.stream.clone())) {
            return Ok(());
        }
        match self.format {
            LineFormat::Jsonl => Ok(log_json(&Entry::Line(line.clone()), &mut self.to)?),
            LineFormat::Text => {
                let colours = match line.level {
                    Level::Critical | Level::Error if self.colours => ("\u{1b}[31m", "\u{1b}[0m"),
                    Level::Warning if self.colours => ("\u{1b}[33m", "\u{1b}[0m"),
                    _ => ("", ""),
                };
                Ok(log_line(line, colours, &mut self.to)?)
            }
        }
    }
}
