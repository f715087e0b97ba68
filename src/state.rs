//! Where Wardroom keeps what must outlive it, and the log file there. With the demo lab, and for a
//! picture, that is a directory of its own that goes when the program ends: nothing is written
//! under the user's directories.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt, MetadataExt as _, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

use crate::ledger;

mod bookmarks;
mod boots;
mod clocks;
mod drills;
mod incidents;
mod lines;
mod looked;
mod maintained;
mod queries;
mod receivers;
mod recent;
mod routines;
mod seen;
mod trust;

pub use bookmarks::{bookmarks, forget_bookmark, keep_bookmark};
pub use boots::{boots, keep_boot};
pub use clocks::{clocks, keep_clocks};
pub use drills::{drills, exercises, keep_drill, keep_exercise};
pub use incidents::{Room, all_recorded, by_incident, record, recorded, report};
pub use looked::{keep_looked, looked};
pub use maintained::{keep_maintained, maintained};
pub use queries::{keep_query, queries};
pub use receivers::{Tested, keep_tested, tested};
pub use recent::{keep_recent, recent};
pub use routines::{keep_routine, routines};
pub use seen::Seen;
pub use trust::{accept, accepted_text, others_write, standing, trust_name, trusted};

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
        let root = user_directory()?;
        private_directory(&root)?;
        Ok(Self { root, is_temporary: false })
    }

    /// A directory that is there, and that stays.
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned(), is_temporary: false }
    }

    /// The user's own, if it is there already: for those who only read.
    pub fn of_user_if_there() -> io::Result<Option<Self>> {
        let root = user_directory()?;
        Ok(root.is_dir().then_some(Self { root, is_temporary: false }))
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

    /// One that stands for the user's own while nothing may be written there, and outlives the program: in
    /// the system's directory for what is temporary, readable by nobody else.
    ///
    /// # Errors
    /// When it cannot be made, or somebody else has made it.
    pub fn beside_user() -> io::Result<Self> {
        let mut hasher = DefaultHasher::new();
        user_directory()?.hash(&mut hasher);
        let own = rustix::process::getuid().as_raw();
        let root = std::env::temp_dir().join(format!("wardroom-lab-{own}-{:016x}", hasher.finish()));
        match DirBuilder::new().mode(0o700).create(&root) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => made?,
        }
        let about = fs::symlink_metadata(&root)?;
        if !about.is_dir() || about.uid() != own || about.mode() & 0o077 != 0 {
            let text = format!("{} is not ours alone", root.display());
            return Err(io::Error::new(ErrorKind::PermissionDenied, text));
        }
        Ok(Self { root, is_temporary: false })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// What the file `name` holds; nothing when it is not there.
    pub fn text(&self, name: &str) -> io::Result<String> {
        match fs::read(self.root.join(name)) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
            Err(error) => Err(error),
        }
    }

    /// Adds a line to the file `name`, and waits until the disk has it.
    pub fn append(&self, name: &str, line: &str) -> io::Result<()> {
        let mut file = ledger::open(&self.root.join(name))?;
        ledger::append(&mut file, format!("{line}\n").as_bytes())
    }

    /// Keeps `bytes` as the file `name`, whole or not at all, readable by nobody else.
    pub fn keep(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let file = self.root.join(name);
        if let Some(directory) = file.parent() {
            private_directory(directory)?;
        }
        let fresh = file.with_extension(format!("{}.new", std::process::id()));
        let mut new = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&fresh)?;
        new.write_all(bytes)?;
        new.sync_all()?;
        fs::rename(fresh, file)
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
        self.keep("operator", format!("{name}\n").as_bytes())
    }

    /// Sends what is logged to the log file: warnings, or what `RUST_LOG` says.
    pub fn start_log(&self) -> io::Result<()> {
        let asked = std::env::var("RUST_LOG").ok().and_then(|asked| asked.parse::<Targets>().ok());
        let filter = asked
            .unwrap_or_else(|| Targets::new().with_default(Level::WARN).with_target("wardroom", Level::INFO));
        let lines =
            tracing_subscriber::fmt::layer().with_writer(Mutex::new(self.log_file()?)).with_ansi(false);
        let log = tracing_subscriber::registry().with(lines.with_filter(filter));
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

/// `$XDG_STATE_HOME/wardroom`
fn user_directory() -> io::Result<PathBuf> {
    let dirs = directories::BaseDirs::new()
        .ok_or_else(|| io::Error::new(ErrorKind::NotFound, "the home directory is not known: set HOME"))?;
    Ok(dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).join("wardroom"))
}

fn private_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| {
        io::Error::new(error.kind(), format!("cannot make the directory {}: {error}", path.display()))
    })
}

#[cfg(test)]
mod tests {
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
    fn what_is_kept_is_there_and_private() {
        let place = Place::temporary().expect("a place");
        assert_eq!(place.text("notes.jsonl").expect("nothing yet"), "");
        place.append("notes.jsonl", "one").expect("a line");
        place.append("notes.jsonl", "two").expect("a line");
        assert_eq!(place.text("notes.jsonl").expect("the notes"), "one\ntwo\n");
        place.keep("copies/a.md", b"first").expect("a copy");
        place.keep("copies/a.md", b"second").expect("another");
        assert_eq!(place.text("copies/a.md").expect("the copy"), "second");
        for name in ["notes.jsonl", "copies/a.md"] {
            let mode = fs::metadata(place.path().join(name)).expect("it is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        assert_eq!(
            fs::read_dir(place.path().join("copies")).expect("copies").count(),
            1,
            "nothing half done"
        );
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
