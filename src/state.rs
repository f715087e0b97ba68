//! Where Wardroom keeps what must outlive it, and the log file there. With the demo lab, and for a
//! picture, that is a directory of its own that goes when the program ends: nothing is written
//! under the user's directories.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

mod clocks;

pub use clocks::{clocks, keep_clocks};

/// A log file that has grown beyond this many bytes is put aside at the next start; the one that
/// was put aside before goes.
const LONGEST_LOG: u64 = 4 << 20;

/// The directory that state is kept in.
#[derive(Debug)]
pub struct Place {
    root: PathBuf,
    is_temporary: bool,
}

impl Place {
    /// The user's own: `$XDG_STATE_HOME/wardroom`, made if it is not there, readable by nobody else.
    pub fn of_user() -> io::Result<Self> {
        let dirs = directories::BaseDirs::new().ok_or_else(|| {
            io::Error::new(ErrorKind::NotFound, "the home directory is not known: set HOME")
        })?;
        let base = dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir());
        let root = base.join("wardroom");
        private_directory(&root)?;
        Ok(Self { root, is_temporary: false })
    }

    /// One that is removed with the value.
    pub fn temporary() -> io::Result<Self> {
        let base = std::env::temp_dir();
        for attempt in 0..100 {
            let root = base.join(format!("wardroom-{}-{attempt}", std::process::id()));
            // Made, not merely found: somebody else's directory of that name is not ours to use.
            match DirBuilder::new().mode(0o700).create(&root) {
                Ok(()) => return Ok(Self { root, is_temporary: true }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::new(ErrorKind::AlreadyExists, format!("no free name under {}", base.display())))
    }

    /// The user's own, if it is there already: what only reads leaves nothing behind.
    pub fn of_user_if_there() -> Option<Self> {
        let dirs = directories::BaseDirs::new()?;
        let root = dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).join("wardroom");
        root.is_dir().then_some(Self { root, is_temporary: false })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Opens the log file, `log/wardroom.log`.
    pub fn log_file(&self) -> io::Result<File> {
        let directory = self.root.join("log");
        private_directory(&directory)?;
        let file = directory.join("wardroom.log");
        if fs::metadata(&file).is_ok_and(|known| known.len() > LONGEST_LOG) {
            fs::rename(&file, directory.join("wardroom.log.1"))?;
        }
        OpenOptions::new().create(true).append(true).mode(0o600).open(file)
    }

    /// The name that the operator once gave.
    pub fn operator(&self) -> Option<String> {
        let name = fs::read_to_string(self.root.join("operator")).ok()?;
        let name = name.trim();
        (!name.is_empty() && name.len() < 200 && !name.contains(char::is_control)).then(|| name.to_owned())
    }

    /// Keeps the operator's name.
    pub fn keep_operator(&self, name: &str) -> io::Result<()> {
        fs::write(self.root.join("operator"), format!("{name}\n"))
    }

    /// Sends what is logged to the log file: warnings, or what `RUST_LOG` says.
    pub fn start_log(&self) -> io::Result<()> {
        let filter =
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("wardroom=info,warn"));
        let log = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(Mutex::new(self.log_file()?))
            .with_ansi(false)
            .finish();
        tracing::subscriber::set_global_default(log).map_err(io::Error::other)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.is_temporary {
            // What is left of it is in the system's own directory for such things.
            let _removed = fs::remove_dir_all(&self.root);
        }
    }
}

fn private_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| {
        io::Error::new(error.kind(), format!("cannot make the directory {}: {error}", path.display()))
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_temporary_place_is_private_and_goes() {
        let place = Place::temporary().expect("a place");
        let root = place.path().to_owned();
        let mode = fs::metadata(&root).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let other = Place::temporary().expect("a second one");
        assert_ne!(other.path(), root);
        drop(place);
        assert!(!root.exists());
    }

    #[test]
    fn the_operator_is_asked_once() {
        let place = Place::temporary().expect("a place");
        assert_eq!(place.operator(), None);
        place.keep_operator("Sam Vimes").expect("it is kept");
        assert_eq!(place.operator().as_deref(), Some("Sam Vimes"));
    }

    #[test]
    fn a_long_log_is_put_aside() {
        let place = Place::temporary().expect("a place");
        let log = place.log_file().expect("a log");
        log.set_len(LONGEST_LOG + 1).expect("it grows");
        let mut fresh = place.log_file().expect("a new log");
        fresh.write_all(b"x").expect("it is written");
        assert_eq!(fresh.metadata().expect("it is there").len(), 1);
        assert!(place.path().join("log/wardroom.log.1").exists());
    }
}
