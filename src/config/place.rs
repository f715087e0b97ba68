//! Where the config stands, and who may read it.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// `$XDG_CONFIG_HOME/wardroom/config.toml`; `None` when there is no home directory.
pub fn default_file() -> Option<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "wardroom")?;
    Some(dirs.config_dir().join("config.toml"))
}

/// Whether the file's group or anybody may read it.
pub fn is_readable_by_others(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|about| about.permissions().mode() & 0o044 != 0)
}
