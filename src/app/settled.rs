//! Whether anything is waited for.

use super::App;

impl App {
    /// Whether every feed has answered once, well or not, and every question: nothing more is to be
    /// waited for.
    pub fn is_settled(&self) -> bool {
        let mut feeds = self.known.store.sources.iter().flat_map(|source| source.feeds.values());
        !self.is_asking()
            && !self.is_reading()
            && !self.known.store.is_relating()
            && feeds.all(|feed| feed.at.is_some() || feed.failure.is_some())
    }

    /// Whether an answer for what is shown is under way.
    pub fn is_asking(&self) -> bool {
        self.known.answers.is_waiting()
    }

    /// The files of the runbooks.
    pub fn files(&self) -> &[std::path::PathBuf] {
        &self.known.desk.lore.files
    }

    /// Whether the runbooks are still to be read.
    pub fn is_reading(&self) -> bool {
        self.known.desk.is_waiting()
    }
}
