//! `check --on-change`: what is run when the verdict is another than at the check before. It is run as it
//! stands, without a shell; what it was told is kept in a file that one check at a time holds.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

use super::{Usage, complain};
use crate::cli::{Check, Global};
use crate::domain::change::{Next, Told};
use crate::domain::health::Health;
use crate::report::Report;
use crate::secret::keep_from;
use crate::state::Place;

/// What is run and has not ended after so long is stopped.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where what was told is kept: of the demo lab and of a recording in none of the user's directories.
fn place(global: &Global) -> std::io::Result<Place> {
    if global.demo.is_some() || global.replay.is_some() { Place::beside_user() } else { Place::of_user() }
}

/// What is to be run at a change, and where it is kept what the state was.
#[derive(Debug)]
pub(super) struct Watched<'c> {
    file: PathBuf,
    only: Option<Health>,
    argv: &'c [String],
    rate: TimeDelta,
}

impl<'c> Watched<'c> {
    /// `state` is a state to be told of, or a file.
    pub(super) fn new(state: &str, check: &'c Check, global: &Global) -> Result<Self, Usage> {
        let only = match state {
            "ok" => Some(Health::Ok),
            "warning" => Some(Health::Warning),
            "critical" => Some(Health::Critical),
            "unknown" => Some(Health::Unknown),
            _ => None,
        };
        let file = match only {
            Some(_) => place(global)
                .map_err(|error| {
                    let text = format!("there is no place to keep what the state was: {error}");
                    Usage(text)
                })?
                .path()
                .join(format!("told-{state}.json")),
            None => PathBuf::from(state),
        };
        let rate = TimeDelta::from_std(check.rate).map_err(|_| Usage("--rate is too long".to_owned()))?;
        Ok(Self { file, only, argv: &check.exec, rate })
    }

    /// Tells of a change, if it is one. What goes wrong is said, and changes nothing about the check.
    pub(super) fn tell(&self, report: &Report, now: DateTime<Utc>) {
        if let Err(error) = self.try_tell(report, now) {
            complain(&format!("--on-change {}: {error}", self.file.display()));
        }
    }

    fn try_tell(&self, report: &Report, now: DateTime<Utc>) -> Result<(), String> {
        let words = |error: std::io::Error| error.to_string();
        let mut options = OpenOptions::new();
        let mut file = options
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(&self.file)
            .map_err(words)?;
        file.lock().map_err(words)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(words)?;
        // A file that is torn says nothing: then a change is told once more rather than never.
        let told: Told = serde_json::from_str(&text).unwrap_or_default();
        let state = report.verdict.state;
        match told.next(state, self.only, self.rate, now) {
            Next::Nothing | Next::Wait => Ok(()),
            Next::Keep => keep(&mut file, Told { state: Some(state), ..told }),
            Next::Tell(before) => {
                // It was tried, whatever comes of it: what fails is not run in a circle.
                keep(&mut file, Told { tried: Some(now), ..told })?;
                self.run(before, report)?;
                keep(&mut file, Told { state: Some(state), tried: Some(now) })
            }
        }
    }

    /// Runs it and waits for its end.
    fn run(&self, before: Health, report: &Report) -> Result<(), String> {
        let (state, text) = (report.verdict.state, &report.verdict.text);
        let fill = |word: &String| {
            let word = word.replace("{state}", state.as_ref()).replace("{before}", before.as_ref());
            word.replace("{text}", text)
        };
        let Some((program, arguments)) = self.argv.split_first() else { return Ok(()) };
        let mut command = Command::new(program);
        keep_from(&mut command);
        let mut child = command
            .args(arguments.iter().map(fill))
            .env("WARDROOM_STATE", state.as_ref())
            .env("WARDROOM_BEFORE", before.as_ref())
            .env("WARDROOM_TEXT", text)
            .stdin(Stdio::piped())
            // What it prints must not stand within the report.
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| format!("{program} cannot be run: {error}"))?;
        let stdin = child.stdin.take();
        let report = report.text();
        let written = thread::spawn(move || {
            // One that does not read its input is no failure.
            let _unread = stdin.map(|mut stdin| stdin.write_all(report.as_bytes()));
        });
        let start = Instant::now();
        let ended = loop {
            match child.try_wait().map_err(|error| error.to_string())? {
                Some(status) => break status,
                None if start.elapsed() > PATIENCE => {
                    let _gone = child.kill();
                    let _reaped = child.wait();
                    return Err(format!("{program} was stopped: it had not ended after 30 s"));
                }
                None => thread::sleep(Duration::from_millis(20)),
            }
        };
        let _joined = written.join();
        if ended.success() {
            Ok(())
        } else {
            Err(format!("{program} failed ({ended}); the next check tries again"))
        }
    }
}

fn keep(file: &mut File, told: Told) -> Result<(), String> {
    let write = |file: &mut File| {
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&serde_json::to_vec(&told)?)?;
        file.sync_all()
    };
    write(file).map_err(|error: std::io::Error| error.to_string())
}
