//! `[sites.NAME]`: what a site is called, and what goes for all of its sources.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::settings::Table;
use crate::text::sanitise;

/// The keys of a source that its site may have for it.
const SHARED: [&str; 2] = ["via", "ca_file"];

/// The tables of the sites, by name, and what sources say of theirs.
pub(super) struct Sites<'a> {
    tables: BTreeMap<String, Table<'a>>,
    named: BTreeSet<&'a str>,
}

impl<'a> Sites<'a> {
    pub(super) fn of(root: &Table<'a>) -> Self {
        let tables: BTreeMap<String, Table<'a>> = root.named("sites").into_iter().collect();
        for table in tables.values() {
            // Who reads a source reads them; here they are only known.
            for key in SHARED {
                table.allow(key);
            }
        }
        Self { tables, named: BTreeSet::new() }
    }

    /// Has a source take what it does not say itself from its site.
    pub(super) fn provide(&mut self, source: &Table<'a>) {
        let Some(name) = source.peek("site").filter(|name| !name.is_empty()) else { return };
        self.named.insert(name);
        if let Some(site) = self.tables.get(name) {
            source.lean_on(site, &SHARED);
        }
    }

    /// What is shown for their names. A site that no source is of is a fault.
    pub(super) fn titles(&self) -> BTreeMap<Arc<str>, Arc<str>> {
        let known: Vec<&str> = self.named.iter().copied().collect();
        let known = if known.is_empty() { "none names a site".to_owned() } else { known.join(", ") };
        let mut titles = BTreeMap::new();
        for (name, table) in &self.tables {
            if !self.named.contains(name.as_str()) {
                table.fault_of_all(format!("no source has site = {name:?}; there: {known}"));
            }
            let title = table.get_with("title", |title: String| match title.trim() {
                "" => Err("a name to be shown".to_owned()),
                title => Ok(Arc::from(sanitise(title))),
            });
            titles.extend(title.map(|title| (Arc::from(name.as_str()), title)));
        }
        titles
    }
}
