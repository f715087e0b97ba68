//! The runbooks, read away from the loop, and read again when a file has changed; and what is written
//! down of incidents and of trust. A disk may hang: none of it is waited for.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc};
use tokio::task::{AbortHandle, JoinHandle, spawn_blocking};
use tokio::time::timeout;

use crate::border::Msg;
use crate::clock::Clock;
use crate::incident::Entry;
use crate::runbooks::sha256;
use crate::runbooks::shelf::{Page, Shelf};
use crate::state::{self, Place, Room};

/// How often it is looked whether a file has changed.
const LOOK: Duration = Duration::from_secs(3);

/// How often it is tried again to write what could not be.
const AGAIN: Duration = Duration::from_secs(1);

/// Nobody who leaves waits longer for the disk.
const LEAVING: Duration = Duration::from_secs(1);

/// A longer file is no runbook.
const LONGEST: u64 = 16 << 20;

/// What is to be written down, in this order.
enum Job {
    /// Entries, and whose hand it is.
    Record(Vec<Entry>, String),
    Remember(String),
    RememberAll,
    Report(String, String),
    Trust(String, String),
}

/// The runbooks under way.
#[derive(Debug)]
pub struct Shelves {
    /// What was read.
    pub messages: mpsc::UnboundedReceiver<Msg>,
    network: Handle,
    to: mpsc::UnboundedSender<Msg>,
    watching: Option<AbortHandle>,
    /// Where what is to be written goes, and who writes it; nobody where nothing is kept.
    jobs: Option<(mpsc::UnboundedSender<Job>, JoinHandle<()>)>,
    again: Arc<Notify>,
}

impl Shelves {
    /// Nothing is watched yet. What is to outlive the program is kept under `root`; the records of
    /// incidents in `shared`, where others keep theirs too, if that is given.
    pub fn new(network: Handle, root: Option<&Path>, shared: Option<&Path>, clock: &Clock) -> Self {
        let (to, messages) = mpsc::unbounded_channel();
        let again = Arc::new(Notify::new());
        let jobs = root.map(|root| {
            let (jobs, queue) = mpsc::unbounded_channel();
            let place = Arc::new(Place::at(root));
            let records = Arc::new(shared.map_or_else(|| Room::own(&place), Room::shared));
            let writing = write(queue, (place, records), to.clone(), Arc::clone(&again), clock.clone());
            (jobs, network.spawn(writing))
        });
        Self { messages, network, to, watching: None, jobs, again }
    }

    /// Reads these files, and again whenever one changes; what was watched before is no more.
    pub fn watch(&mut self, files: &[PathBuf], root: Option<&Path>) {
        if let Some(older) = self.watching.take() {
            older.abort();
        }
        if files.is_empty() {
            return;
        }
        let (files, root): (Arc<[PathBuf]>, _) = (files.into(), root.map(Path::to_owned));
        let (to, again) = (self.to.clone(), Arc::clone(&self.again));
        let task = self.network.spawn(async move {
            let mut known = None;
            loop {
                let seen = spawn_blocking({
                    let (files, root) = (Arc::clone(&files), root.clone());
                    move || stamps(&files, root.as_deref())
                });
                // Looked at before it is read: what changes meanwhile is read once more.
                let seen = seen.await.ok();
                if known != seen || seen.is_none() {
                    let (files, root) = (Arc::clone(&files), root.clone());
                    let read = spawn_blocking(move || read(&files, root.as_deref()));
                    let Ok(books) = read.await else { return };
                    if to.send(Msg::Shelved(books)).is_err() {
                        return;
                    }
                    known = seen;
                }
                let _due = timeout(LOOK, again.notified()).await;
            }
        });
        self.watching = Some(task.abort_handle());
    }

    /// Adds lines to the records of incidents.
    pub fn record(&self, entries: Vec<Entry>, operator: &str) {
        let _unkept = self.job(Job::Record(entries, operator.to_owned()));
    }

    /// Says what was recorded of an incident before.
    pub fn remember(&self, incident: String) {
        let _unkept = self.job(Job::Remember(incident));
    }

    /// Says what was recorded of all incidents.
    pub fn remember_all(&self) {
        if !self.job(Job::RememberAll) {
            let why = "no incident is kept: there is no place for it".to_owned();
            // A loop that is gone needs to hear no more.
            let _gone = self.to.send(Msg::Unread(why));
        }
    }

    /// Keeps the report of an incident.
    pub fn report(&self, incident: String, text: String) {
        let _unkept = self.job(Job::Report(incident, text));
    }

    /// Trusts a file as it was shown.
    pub fn trust(&self, file: String, sha256: String) {
        let _unkept = self.job(Job::Trust(file, sha256));
    }

    /// Brings to the disk what was said until now. Nothing more is taken.
    pub async fn end(&mut self) {
        if let Some((jobs, writing)) = self.jobs.take() {
            drop(jobs);
            if timeout(LEAVING, writing).await.is_err() {
                tracing::warn!("what was said last of an incident was not written in time");
            }
        }
    }

    /// Whether somebody takes it.
    fn job(&self, job: Job) -> bool {
        self.jobs.as_ref().is_some_and(|(jobs, _)| jobs.send(job).is_ok())
    }
}

/// What tells one state of a file from another: when it was changed, which file it is, how long it is.
type Stamp = Option<(i64, i64, u64, u64)>;

/// The stamps of the files, and of what was trusted.
fn stamps(files: &[PathBuf], root: Option<&Path>) -> Vec<Stamp> {
    let stamp = |file: &Path| {
        let about = fs::metadata(file).ok()?;
        Some((about.mtime(), about.mtime_nsec(), about.ino(), about.len() ^ (u64::from(about.mode()) << 40)))
    };
    let trust = root.map(|root| root.join("trust.jsonl"));
    files.iter().chain(&trust).map(|file| stamp(file)).collect()
}

fn read(files: &[PathBuf], root: Option<&Path>) -> Shelf {
    let place = root.map(Place::at);
    let (mut pages, mut faults) = (Vec::new(), Vec::new());
    for file in files {
        match page(file, place.as_ref()) {
            Ok(page) => pages.push(page),
            Err(error) => faults.push(format!("cannot read the runbook {}: {error}", file.display())),
        }
    }
    Shelf::new(pages, faults)
}

fn page(file: &Path, place: Option<&Place>) -> io::Result<Page> {
    if fs::metadata(file)?.len() > LONGEST {
        return Err(io::Error::other(format!("it is longer than {} MiB", LONGEST >> 20)));
    }
    let bytes = fs::read(file)?;
    let sha256 = sha256(&bytes);
    let standing = state::standing(place, file, &sha256)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(Page { file: file.display().to_string(), text, sha256, standing })
}

/// Writes down what is to be, one after the other. What cannot be written is kept, said to be
/// unrecorded, and tried again.
async fn write(
    mut jobs: mpsc::UnboundedReceiver<Job>,
    (place, records): (Arc<Place>, Arc<Room>),
    to: mpsc::UnboundedSender<Msg>,
    again: Arc<Notify>,
    clock: Clock,
) {
    let mut unwritten: Vec<Entry> = Vec::new();
    let mut hand = String::new();
    loop {
        let job = if unwritten.is_empty() {
            jobs.recv().await.map(Some)
        } else {
            timeout(AGAIN, jobs.recv()).await.map_or(Some(None), |job| job.map(Some))
        };
        let Some(job) = job else { return };
        let (place, room, now) = (Arc::clone(&place), Arc::clone(&records), clock.now().wall);
        if let Some(Job::Record(_, operator)) = &job {
            hand.clone_from(operator);
        }
        let operator = hand.clone();
        let was_unwritten = !unwritten.is_empty();
        let mut waiting = std::mem::take(&mut unwritten);
        let is_trust = matches!(job, Some(Job::Trust(..)));
        let done = spawn_blocking(move || {
            let told = match job {
                None => None,
                Some(Job::Record(entries, _)) => {
                    waiting.extend(entries);
                    None
                }
                Some(Job::Remember(incident)) => match state::recorded(&room, &incident) {
                    Ok(entries) => Some(Msg::Remembered { incident, entries }),
                    Err(error) => Some(Msg::Unrecorded(Some(error.to_string()))),
                },
                Some(Job::RememberAll) => match state::by_incident(&room) {
                    Ok(kept) => Some(Msg::Incidents(kept)),
                    Err(error) => Some(Msg::Unrecorded(Some(error.to_string()))),
                },
                Some(Job::Report(incident, text)) => failed(state::report(&room, &incident, &text)),
                Some(Job::Trust(file, sha256)) => failed(trust(&place, Path::new(&file), &sha256, now)),
            };
            let written = if waiting.is_empty() { Ok(()) } else { state::record(&room, &waiting, &operator) };
            (told, written.map(|()| waiting.clear()), waiting)
        });
        let Ok((told, written, left)) = done.await else { return };
        let standing = match written {
            Err(error) => Some(Msg::Unrecorded(Some(error.to_string()))),
            Ok(()) if was_unwritten => Some(Msg::Unrecorded(None)),
            Ok(()) => None,
        };
        unwritten = left;
        for msg in told.into_iter().chain(standing) {
            if to.send(msg).is_err() {
                return;
            }
        }
        if is_trust {
            again.notify_one();
        }
    }
}

fn failed(done: io::Result<()>) -> Option<Msg> {
    done.err().map(|error| Msg::Unrecorded(Some(error.to_string())))
}

/// Trusts a file, if it still is what was shown.
fn trust(place: &Place, file: &Path, sha256_shown: &str, now: DateTime<Utc>) -> io::Result<()> {
    let bytes = fs::read(file)?;
    if sha256(&bytes) != sha256_shown || state::others_write(file)? {
        return Err(io::Error::other(format!("{} is no longer what was shown", file.display())));
    }
    state::accept(place, file, &bytes, now).map(|_| ())
}

#[cfg(test)]
#[path = "shelf_tests.rs"]
mod tests;
