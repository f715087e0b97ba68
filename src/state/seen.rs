//! What was seen last, in `$XDG_CACHE_HOME/wardroom`: a file each for every config and site. What
//! is there may go at any time.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// No more than this is read.
const LONGEST: u64 = 32 << 20;

/// A place for what was seen under one config.
#[derive(Clone, Debug)]
pub struct Seen {
    file: PathBuf,
    /// When the config was last changed: what was seen before says nothing.
    changed: Option<SystemTime>,
}

impl Seen {
    /// The place `name` for the config at `config` and a site; `None` when there is no home directory.
    pub fn of(name: &str, config: &Path, site: &str) -> Option<Self> {
        let cache = directories::BaseDirs::new()?.cache_dir().join("wardroom");
        Some(Self::under(&cache, name, config, site))
    }

    fn under(cache: &Path, name: &str, config: &Path, site: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        (fs::canonicalize(config).unwrap_or_else(|_| config.to_owned()), site).hash(&mut hasher);
        let file = cache.join(format!("{name}-{:016x}", hasher.finish()));
        Self { file, changed: fs::metadata(config).and_then(|about| about.modified()).ok() }
    }

    /// What was kept, if it is later than the config.
    pub fn read(&self) -> Option<Vec<u8>> {
        let about = fs::metadata(&self.file).ok()?;
        let is_later = about.modified().ok()? >= self.changed?;
        (is_later && about.len() <= LONGEST).then(|| fs::read(&self.file).ok())?
    }

    /// Keeps it, whole or not at all, readable by nobody else.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, bytes: &[u8]) -> std::io::Result<()> {
        if let Some(directory) = self.file.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        }
        let fresh = self.file.with_extension(format!("{}.new", std::process::id()));
        let mut new =
            fs::OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&fresh)?;
        new.write_all(bytes)?;
        fs::rename(fresh, &self.file)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_was_seen_belongs_to_its_config_as_it_stands() {
        let home = tempfile::tempdir().expect("a directory");
        let config = home.path().join("config.toml");
        let file = fs::File::create(&config).expect("a config");
        file.set_modified(SystemTime::now() - Duration::from_mins(1)).expect("an older one");
        let cache = home.path().join("cache");
        let seen = Seen::under(&cache, "status", &config, "");
        assert_eq!(seen.read(), None);
        seen.keep(b"ok").expect("kept");
        assert_eq!(Seen::under(&cache, "status", &config, "").read().as_deref(), Some(b"ok".as_slice()));
        assert_eq!(Seen::under(&cache, "status", &config, "cabin").read(), None, "another site");
        file.set_modified(SystemTime::now() + Duration::from_mins(1)).expect("a newer one");
        assert_eq!(Seen::under(&cache, "status", &config, "").read(), None, "another config");
    }
}
