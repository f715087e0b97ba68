//! What is polled, on the network's own runtime, and how its config is read again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use futures_util::future::join_all;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{sleep, timeout};

use crate::app::Setup;
use crate::border::Msg;
use crate::clock::Clock;
use crate::domain::bookmark::Bookmark;
use crate::domain::clocks::{Clocks, Noted};
use crate::domain::drill::Drill;
use crate::domain::exercise::Exercised;
use crate::domain::feed::SourceId;
use crate::domain::routine::Done;
use crate::sources::watch::Watch;
use crate::sources::{Event, Source};
use crate::state::{self, Place};

/// So many answers may wait for the loop; more make their feeds wait.
const QUEUE: usize = 256;

/// How often it is looked whether a theme has changed.
const LOOK: Duration = Duration::from_secs(2);

/// Nobody who leaves waits longer for the disk.
const LEAVING: Duration = Duration::from_secs(1);

/// The files of a directory, and when each was last changed; nothing when it is not there.
fn stamps(directory: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.path(), entry.metadata().ok()?.modified().ok()?))).collect()
}

/// A config, as the loop needs it.
#[derive(Debug)]
pub struct Loaded {
    /// How the screen is made.
    pub setup: Setup,
    /// What is polled.
    pub sources: Vec<Arc<dyn Source>>,
}

/// Reads the config, of one site or of all: it, or all that is wrong with it.
pub type Load = Arc<dyn Fn(Option<&str>) -> Result<Loaded, Vec<String>> + Send + Sync>;

/// Reads it of the site that is wanted at this moment.
fn read_of(load: &Load, site: &Mutex<Option<String>>) -> Result<Loaded, Vec<String>> {
    let site = site.lock().unwrap_or_else(PoisonError::into_inner).clone();
    load(site.as_deref())
}

/// The feeds under way.
pub struct Feeds {
    /// What is seen.
    pub events: mpsc::Receiver<Event>,
    /// Configs that were read again.
    pub loads: mpsc::Receiver<Result<Loaded, Vec<String>>>,
    network: Handle,
    sources: Vec<Arc<dyn Source>>,
    watch: Option<Watch>,
    load: Load,
    /// The site that is shown alone.
    site: Arc<Mutex<Option<String>>>,
    /// Where what must outlive the program is kept; `None` when nothing must.
    pub state: Option<PathBuf>,
    /// Where operators share the records of incidents, if they do.
    pub incidents: Option<PathBuf>,
    /// Which response clocks stand there already.
    noted: Arc<Mutex<Noted>>,
    /// What is being written down.
    writing: Vec<JoinHandle<()>>,
    to: (mpsc::Sender<Event>, mpsc::Sender<Result<Loaded, Vec<String>>>),
}

impl std::fmt::Debug for Feeds {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_struct("Feeds").field("watch", &self.watch).finish_non_exhaustive()
    }
}

impl Feeds {
    /// Nothing is polled yet. `network` is the runtime that will; `load` reads the config again.
    pub fn new(network: Handle, load: Load) -> Self {
        let (seen, events) = mpsc::channel(QUEUE);
        let (loaded, loads) = mpsc::channel(1);
        Self {
            events,
            loads,
            network,
            sources: Vec::new(),
            watch: None,
            load,
            site: Arc::default(),
            state: None,
            incidents: None,
            noted: Arc::default(),
            writing: Vec::new(),
            to: (seen, loaded),
        }
    }

    /// Polls these, and what was polled before no more.
    pub fn watch(&mut self, sources: &[Arc<dyn Source>], clock: &Clock) {
        let _network = self.network.enter();
        self.sources = sources.to_vec();
        self.watch = Some(Watch::start(sources, clock, &self.to.0));
    }

    /// The config is read of this site alone from now on, or of all.
    pub fn keep_to(&self, site: Option<String>) {
        *self.site.lock().unwrap_or_else(PoisonError::into_inner) = site;
    }

    /// Whether a config is of the site that is wanted now: another may have been asked for since.
    pub fn is_wanted(&self, loaded: &Loaded) -> bool {
        self.site.lock().unwrap_or_else(PoisonError::into_inner).as_deref() == loaded.setup.site.as_deref()
    }

    /// The runtime on which servers are asked.
    pub fn network(&self) -> Handle {
        self.network.clone()
    }

    /// A source that is polled.
    pub fn source(&self, id: &SourceId) -> Option<Arc<dyn Source>> {
        self.sources.iter().find(|source| source.id() == id).cloned()
    }

    /// Asks a source, or all, now.
    pub fn refresh(&self, only: Option<&SourceId>) {
        if let Some(watch) = &self.watch {
            watch.refresh(only);
        }
    }

    /// Writes down what of these response clocks is not yet.
    pub fn keep_clocks(&mut self, clocks: Clocks) {
        let noted = Arc::clone(&self.noted);
        self.keep("the response clocks", move |root| {
            let due = noted.lock().unwrap_or_else(PoisonError::into_inner).due(&clocks);
            state::keep_clocks(root, &due)
        });
    }

    /// Writes down that a restore was tried, away from the loop.
    pub fn keep_drill(&mut self, drill: Drill, to: UnboundedSender<Msg>) {
        self.record("the restore drill", to, move |root| state::keep_drill(root, &drill));
    }

    /// Writes down that a routine was worked through, away from the loop.
    pub fn keep_routine(&mut self, done: Done, to: UnboundedSender<Msg>) {
        self.record("the routine", to, move |root| state::keep_routine(root, &done));
    }

    /// Writes down a place with a name, away from the loop.
    pub fn keep_bookmark(&mut self, place: Bookmark, to: UnboundedSender<Msg>) {
        self.record("the bookmark", to, move |root| state::keep_bookmark(root, place));
    }

    /// Writes down no more the place of this name, away from the loop.
    pub fn forget_bookmark(&mut self, name: String, to: UnboundedSender<Msg>) {
        self.record("that it is forgotten", to, move |root| state::forget_bookmark(root, &name));
    }

    /// Writes down a drill on the demo lab, as whoever began it asked, away from the loop: among the operator's
    /// own state, for that of a lab goes with it.
    pub fn keep_exercise(&mut self, done: Exercised, to: UnboundedSender<Msg>) {
        self.record("the drill", to, move |_| state::keep_exercise(Place::of_user()?.path(), &done));
    }

    /// Writes down what no other record will tell tomorrow, away from the loop; that it could not be is
    /// told to `to`.
    fn record(
        &mut self,
        what: &'static str,
        to: UnboundedSender<Msg>,
        write: impl FnOnce(&Path) -> std::io::Result<()> + Send + 'static,
    ) {
        let root = self.state.clone();
        self.write(move || {
            let nowhere = || std::io::Error::other("there is no state directory");
            if let Err(error) = root.ok_or_else(nowhere).and_then(|root| write(root.as_path())) {
                tracing::warn!(%error, "{what} was not written down");
                // A loop that is gone needs to hear no more.
                let _gone = to.send(Msg::Unread(format!("{what} was not written down: {error}")));
            }
        });
    }

    /// Writes something down in the state directory, away from the loop: a disk may hang.
    pub fn keep(
        &mut self,
        what: &'static str,
        write: impl FnOnce(&Path) -> std::io::Result<()> + Send + 'static,
    ) {
        let Some(root) = self.state.clone() else { return };
        self.write(move || {
            if let Err(error) = write(&root) {
                tracing::warn!(%error, "not written down: {what}");
            }
        });
    }

    fn write(&mut self, write: impl FnOnce() + Send + 'static) {
        self.writing.retain(|writing| !writing.is_finished());
        self.writing.push(self.network.spawn_blocking(write));
    }

    /// Waits until what is to be written down is on the disk, if that takes no time.
    pub async fn end(&mut self) {
        if timeout(LEAVING, join_all(self.writing.drain(..))).await.is_err() {
            tracing::warn!("what was to be kept last was not written in time");
        }
    }

    /// Reads the config again whenever a file of this directory changes: for whoever makes a theme.
    pub fn reload_on_change(&self, directory: PathBuf) {
        let (load, site, to) = (Arc::clone(&self.load), Arc::clone(&self.site), self.to.1.clone());
        self.network.spawn(async move {
            let look = || {
                let directory = directory.clone();
                spawn_blocking(move || stamps(&directory))
            };
            let Ok(mut before) = look().await else { return };
            while !to.is_closed() {
                sleep(LOOK).await;
                let Ok(now) = look().await else { return };
                if now != before {
                    before = now;
                    let (load, site, to) = (Arc::clone(&load), Arc::clone(&site), to.clone());
                    // A reload that is under way already will do.
                    let read = move || to.try_send(read_of(&load, &site)).is_ok();
                    let _read = spawn_blocking(read).await;
                }
            }
        });
    }

    /// Reads the config again, away from the loop: a file may hang, and a command for a token even
    /// more.
    pub fn reload(&self) {
        let (load, site, to) = (Arc::clone(&self.load), Arc::clone(&self.site), self.to.1.clone());
        self.network.spawn_blocking(move || {
            // A reload that is under way already will do.
            let _full = to.try_send(read_of(&load, &site));
        });
    }

    /// Shows this site alone, or all, as soon as the config is read for it.
    pub fn show_site(&self, site: Option<String>) {
        self.keep_to(site);
        let (load, site, to) = (Arc::clone(&self.load), Arc::clone(&self.site), self.to.1.clone());
        self.network.spawn_blocking(move || {
            // A loop that is gone needs it no more.
            let _gone = to.blocking_send(read_of(&load, &site));
        });
    }
}
