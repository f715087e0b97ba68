//! `[runbooks]`: where the owner's Markdown stands, and which procedure is meant by which alert.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::secret::expand_home;
use crate::settings::Table;

/// `[runbooks]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runbooks {
    /// The files, in the order of the config.
    pub files: Vec<PathBuf>,
    /// The procedure of an alert: its heading or its anchor, by the alert's name.
    pub aliases: BTreeMap<String, String>,
}

/// Reads the table. A relative path starts at the config's directory.
pub(super) fn runbooks(root: &Table<'_>, directory: Option<&Path>) -> Runbooks {
    let Some(table) = root.table("runbooks") else { return Runbooks::default() };
    let files = table.get_with("files", |files: Vec<String>| {
        if files.iter().any(|file| file.trim().is_empty()) {
            return Err("a list of paths, none of them empty".to_owned());
        }
        let start = directory.unwrap_or_else(|| Path::new(""));
        Ok(files.iter().map(|file| start.join(expand_home(file))).collect())
    });
    Runbooks { files: files.unwrap_or_default(), aliases: table.get("aliases").unwrap_or_default() }
}
