//! The chain as it is, as a diagram and a table.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::Page;
use crate::domain::chain;
use crate::domain::health::Health;
use crate::domain::store::Store;

pub(super) fn page(store: &Store, now: DateTime<Utc>) -> Page {
    let mut page = Page::new("Architecture");
    page.say("What goes from where to where, as far as it was heard, and whether it does.");
    let links = chain::links(store, now);
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for end in links.iter().flat_map(|link| [&*link.from, &*link.to]) {
        let next = names.len();
        names.entry(end).or_insert(next);
    }
    let mut graph = "graph LR\n".to_owned();
    for (name, number) in &names {
        // A quote would end the name.
        let _infallible = writeln!(graph, "  n{number}[\"{}\"]", name.replace(['"', '\\'], "'"));
    }
    for link in &links {
        let (Some(from), Some(to)) = (names.get(&*link.from), names.get(&*link.to)) else { continue };
        let arrow = match link.state {
            Health::Ok => "-->",
            Health::Unknown => "-.->|unknown|",
            Health::Warning => "-->|warning|",
            Health::Critical => "--x|broken|",
        };
        let _infallible = writeln!(graph, "  n{from} {arrow} n{to}");
    }
    page.code("mermaid", &graph);
    let rows: Vec<Vec<String>> = links
        .iter()
        .map(|link| vec![link.from.to_string(), link.to.to_string(), link.state.as_ref().to_owned()])
        .collect();
    page.head(2, "Links");
    page.table(&["from", "to", "state"], &rows);
    page.head(2, "Servers");
    let rows: Vec<Vec<String>> = store
        .sources
        .iter()
        .map(|source| {
            let site = if source.site.is_empty() { "-".to_owned() } else { source.site.to_string() };
            vec![source.id.to_string(), site, source.data.version.to_string(), source.state(now).to_string()]
        })
        .collect();
    page.table(&["server", "site", "version", "state"], &rows);
    page
}
