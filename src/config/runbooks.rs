//! `[runbooks]`: where the owner's Markdown stands, and which procedure is meant by which alert.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::runbooks::placeholder::{Declared, Kind, admit, whole};
use crate::secret::expand_home;
use crate::settings::Table;

pub use crate::runbooks::lore::Lore as Runbooks;

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
    let placeholders = table.named("placeholders");
    Runbooks {
        files: files.unwrap_or_default(),
        aliases: table.get("aliases").unwrap_or_default(),
        hosts: table.table("hosts").map(|hosts| mapped(&hosts)).unwrap_or_default(),
        subjects: table.get("subjects").unwrap_or_default(),
        placeholders: placeholders.into_iter().map(|(name, table)| (name, declared(&table))).collect(),
        actions: Vec::new(),
    }
}

/// `[runbooks.hosts]`
fn mapped(table: &Table<'_>) -> BTreeMap<String, String> {
    let all = table.entries::<String>();
    for (literal, host) in &all {
        if host != "{target}" && admit(host, Kind::Host, None).is_err() {
            table
                .fault(literal, format!("expected a host without a port, or \"{{target}}\", found {host:?}"));
        }
    }
    all.into_iter().collect()
}

/// `[runbooks.placeholders.NAME]`
fn declared(table: &Table<'_>) -> Declared {
    let kind = |name: String| {
        name.parse::<Kind>()
            .map_err(|_| format!("one of {}", <Kind as strum::VariantNames>::VARIANTS.join(", ")))
    };
    let pattern = |text: String| whole(&text).map_err(|_| "a regular expression".to_owned());
    Declared {
        kind: table.get_with("kind", kind),
        pattern: table.get_with("pattern", pattern),
        source: table.get_with("source", |text: String| text.parse()),
    }
}

/// `[incidents]`
pub(super) fn incidents(root: &Table<'_>, directory: Option<&Path>) -> Option<PathBuf> {
    root.table("incidents")?.get_with("directory", |place: String| match place.trim() {
        "" => Err("a directory".to_owned()),
        place => Ok(directory.unwrap_or_else(|| Path::new("")).join(expand_home(place))),
    })
}
