//! The runbooks as they were last read from their files, each with how far it is trusted.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Runbook;

/// Whether commands of a file may be run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is what was accepted.
    Trusted,
    /// Nobody has accepted it.
    New,
    /// It is another than was accepted.
    Changed {
        /// When the other was accepted.
        since: DateTime<Utc>,
        /// The text that was accepted, where it was kept.
        before: Option<String>,
    },
    /// Others may write it: it is not to be trusted as long as they may.
    Exposed,
}

/// A file as it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The file, as the config names it.
    pub file: String,
    /// Its text; what was no UTF-8 is shown as such.
    pub text: String,
    /// SHA-256 of its bytes, in lower-case hex.
    pub sha256: String,
    /// Whether its commands may be run.
    pub standing: Standing,
}

/// All files, read. In a recording only their texts stand: they are read again from those.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Pages", into = "Pages")]
pub struct Shelf {
    /// The files.
    pub pages: Vec<Page>,
    /// What they say, in the same order.
    pub books: Arc<[Runbook]>,
    /// What could not be read, and why.
    pub faults: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Pages {
    pages: Vec<Page>,
    faults: Vec<String>,
}

impl From<Pages> for Shelf {
    fn from(read: Pages) -> Self {
        Self::new(read.pages, read.faults)
    }
}

impl From<Shelf> for Pages {
    fn from(shelf: Shelf) -> Self {
        Self { pages: shelf.pages, faults: shelf.faults }
    }
}

impl PartialEq for Shelf {
    fn eq(&self, other: &Self) -> bool {
        (&self.pages, &self.faults) == (&other.pages, &other.faults)
    }
}

impl Shelf {
    /// Reads the runbooks of these texts.
    pub fn new(pages: Vec<Page>, faults: Vec<String>) -> Self {
        let read = |page: &Page| {
            let book = super::read(&page.file, page.text.as_bytes());
            // What is trusted are the bytes of the file, not the text that was made of them.
            Runbook { sha256: page.sha256.clone(), ..book }
        };
        let books = pages.iter().map(read).collect();
        Self { pages, books, faults }
    }

    /// The same with one more, behind the others.
    #[must_use]
    pub fn with(self, page: Page) -> Self {
        let more = Self::new(vec![page], Vec::new());
        let books = self.books.iter().chain(more.books.iter()).cloned().collect();
        Self { pages: self.pages.into_iter().chain(more.pages).collect(), books, faults: self.faults }
    }

    /// The same without a file.
    #[must_use]
    pub fn without(self, file: &str) -> Self {
        let Some(at) = self.pages.iter().position(|page| page.file == file) else { return self };
        let books = self.books.iter().enumerate().filter(|(place, _)| *place != at);
        let books = books.map(|(_, book)| book.clone()).collect();
        let mut pages = self.pages;
        pages.remove(at);
        Self { pages, books, faults: self.faults }
    }

    /// The runbook of that file, and the file.
    pub fn find(&self, file: &str) -> Option<(&Runbook, &Page)> {
        self.books.iter().zip(&self.pages).find(|(_, page)| page.file == file)
    }
}

/// The name of a file without its directories and ending: `000_Homelab`.
pub fn short(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.strip_suffix(".md").or_else(|| name.strip_suffix(".txt")).unwrap_or(name)
}
