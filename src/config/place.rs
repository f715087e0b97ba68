//! Where the config stands, and who may read it.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::Config;
use crate::secret;

/// `$XDG_CONFIG_HOME/wardroom/config.toml`; `None` when there is no home directory.
pub fn default_file() -> Option<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "wardroom")?;
    Some(dirs.config_dir().join("config.toml"))
}

/// What holds secrets and may be read by others on this machine: the config itself, and the files that it
/// names for secrets.
pub fn exposed(config: &Config, file: &Path) -> Vec<PathBuf> {
    let own = config.holds_secrets.then(|| file.to_owned());
    let all = own.into_iter().chain(secret::files());
    all.filter(|file| is_readable_by_others(file)).collect()
}

/// Whether the file's group or anybody may read it.
pub fn is_readable_by_others(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|about| about.permissions().mode() & 0o044 != 0)
}
