//! `wardroom record`: what the servers say, in a file.

use std::process::ExitCode;
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, interval, sleep_until};

use super::{Ground, Usage, expected, ground, say};
use crate::border::Msg;
use crate::cli::{self, Global};
use crate::replay::{Moment, Recorder};
use crate::runtime::network;
use crate::sources::watch::Watch;

/// What was taken down is on the disk after this time at the latest.
const FLUSH: Duration = Duration::from_secs(2);

/// Longer than anybody records.
const EVER: Duration = Duration::from_hours(24 * 365);

/// Why a recording ended, in words.
type Why = &'static str;

/// Runs it.
///
/// # Errors
/// A file that is there already or cannot be written, wrong usage, or a wrong config.
pub fn run(global: &Global, record: &cli::Record) -> Result<ExitCode> {
    if record.file.exists() {
        return Err(Usage(format!("{} is there already and stays as it is", record.file.display())).into());
    }
    let network = network()?;
    let ended = network.block_on(async {
        let ground = ground(global, false).await?;
        take_down(&ground, record).await
    });
    network.shutdown_background();
    let (count, why) = ended?;
    let size = std::fs::metadata(&record.file).map_or(0, |about| about.len());
    say(&format!("{}: {count} answers, {}, {why}\n", record.file.display(), crate::text::bytes(size)))?;
    Ok(ExitCode::SUCCESS)
}

async fn take_down(ground: &Ground, record: &cli::Record) -> Result<(u64, Why)> {
    let sources = &ground.config.sources;
    let started = ground.clock.now().wall;
    let trouble = || format!("cannot write {}", record.file.display());
    let most = record.max_size << 20;
    let mut recorder =
        Recorder::start(&record.file, &expected(sources), started, most).wrap_err_with(trouble)?;
    let (sender, mut events) = mpsc::channel(256);
    let _watch = Watch::start(sources, &ground.clock, &sender);
    let end = Instant::now() + record.span.unwrap_or(EVER);
    let mut flush = interval(FLUSH);
    let stopped = tokio::signal::ctrl_c();
    tokio::pin!(stopped);
    let mut count = 0;
    let why = loop {
        tokio::select! {
            _ = &mut stopped => break "stopped by you",
            () = sleep_until(end) => break "the time is up",
            _ = flush.tick() => recorder.flush().wrap_err_with(trouble)?,
            Some(event) = events.recv() => {
                let crate::sources::Event { source, feed, result, took, .. } = event;
                let msg = Msg::Observed { source, feed, result, took };
                count += 1;
                let moment = Moment::new(ground.clock.now().wall, msg);
                if !recorder.take(&moment).wrap_err_with(trouble)? {
                    break "as large as it may be";
                }
            }
        }
    };
    recorder.finish().wrap_err_with(trouble)?;
    Ok((count, why))
}
