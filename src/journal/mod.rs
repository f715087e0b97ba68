//! The journal: every command that was run, by whom, where, how it was confirmed and what came of it.
//! It is only ever added to; a line is on the disk before the command that it tells of begins.

mod entry;
mod file;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};

use crate::domain::ran::Ran;

pub use entry::{Began, Ended, Entry, Event, LAST};

/// What entries tell: each beginning with the end that belongs to it, the oldest first.
pub fn told(entries: &[Entry]) -> Vec<Ran> {
    let ends: BTreeMap<&str, &Ended> = entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Ended(ended) => Some((entry.run.as_str(), &**ended)),
            Event::Began(_) => None,
        })
        .collect();
    let ran = |entry: &Entry| {
        let Event::Began(began) = &entry.event else { return None };
        let end = ends.get(entry.run.as_str());
        Some(Ran {
            at: entry.at,
            operator: began.operator.clone(),
            title: began.title.clone(),
            host: began.host.clone(),
            level: began.level.clone(),
            how: began.confirmed.clone(),
            text: began.text.clone(),
            output: began.output.clone(),
            end: end.map(|end| (end.words.clone(), end.seconds)),
            trouble: end.and_then(|end| end.trouble.clone()),
            last: end.map(|end| end.last.clone()).unwrap_or_default(),
        })
    };
    entries.iter().filter_map(ran).collect()
}

/// Where entries go.
#[derive(Debug)]
pub struct Journal {
    /// The directory that is meant.
    home: PathBuf,
    /// The one that is used while that cannot be written to.
    refuge: Option<PathBuf>,
    /// What could be written nowhere.
    waiting: VecDeque<Entry>,
}

/// The refuge of the user: in the directory of this login, which needs no room on a disk.
pub fn refuge() -> Option<PathBuf> {
    let dirs = directories::BaseDirs::new()?;
    dirs.runtime_dir().map(|place| place.join("wardroom/journal"))
}

/// Where an entry was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Where it belongs.
    Home,
    /// In another place, until the first can be written to; and why.
    Refuge(PathBuf, String),
    /// Nowhere but in memory; and why.
    Memory(String),
}

/// So many entries wait in memory.
const WAITING: usize = 1_000;

impl Journal {
    /// A journal in `home`, or in `refuge` while that cannot be written to.
    pub fn new(home: impl Into<PathBuf>, refuge: Option<PathBuf>) -> Self {
        Self { home: home.into(), refuge, waiting: VecDeque::new() }
    }

    /// Where it is.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Whether an entry can be written where it belongs.
    ///
    /// # Errors
    /// Why not.
    pub fn try_home(&self) -> Result<(), String> {
        file::touch(&self.home).map_err(|error| format!("{}: {error}", self.home.display()))
    }

    /// Writes an entry, and waits until the disk has it. What waited goes first.
    pub fn add(&mut self, entry: Entry) -> Kept {
        self.waiting.push_back(entry);
        let at_home = self.flush(&self.home.clone());
        let why = match at_home {
            Ok(()) => return Kept::Home,
            Err(error) => format!("{}: {error}", self.home.display()),
        };
        if let Some(refuge) = self.refuge.clone()
            && self.flush(&refuge).is_ok()
        {
            return Kept::Refuge(refuge, why);
        }
        while self.waiting.len() > WAITING {
            self.waiting.pop_front();
        }
        Kept::Memory(why)
    }

    fn flush(&mut self, directory: &Path) -> io::Result<()> {
        while let Some(first) = self.waiting.front() {
            file::append(directory, first)?;
            self.waiting.pop_front();
        }
        Ok(())
    }

    /// All entries, the oldest first; what is in the refuge is among them. Lines that are none are
    /// counted, not hidden.
    ///
    /// # Errors
    /// When a file is there and cannot be read.
    pub fn read(&self) -> io::Result<(Vec<Entry>, usize)> {
        self.entries(usize::MAX)
    }

    /// The newest entries, in the order of [`Journal::read`]: a bounded part of a journal of years.
    ///
    /// # Errors
    /// When a file is there and cannot be read.
    pub fn newest(&self) -> io::Result<(Vec<Entry>, usize)> {
        self.entries(1)
    }

    fn entries(&self, most: usize) -> io::Result<(Vec<Entry>, usize)> {
        let mut all = Vec::new();
        let mut strange = 0;
        for directory in std::iter::once(&self.home).chain(&self.refuge) {
            let (entries, broken) = file::read(directory, most)?;
            all.extend(entries);
            strange += broken;
        }
        all.extend(self.waiting.iter().cloned());
        all.sort_by_key(|entry| entry.at);
        Ok((all, strange))
    }
}
