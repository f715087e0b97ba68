//! Runbooks, read from the owner's own files.

mod chance;
mod commands;
mod counts;
mod diagnosis;
mod find;
mod hostile;
mod plan;
mod quoting;
mod session;
mod verify;

use std::fs;
use std::path::Path;

use wardroom::runbooks::Runbook;
use wardroom::runbooks::document::{Node, walk};

/// The owner's files, by short names.
pub const OWNER: [&str; 5] = ["observability", "stack", "reliability", "operations", "restore"];

/// One of the owner's files, as it is.
pub fn bytes(name: &str) -> Vec<u8> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/owner/{name}.md"));
    fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// One of the owner's files, read.
pub fn owner(name: &str) -> Runbook {
    wardroom::runbooks::reviewed(&format!("{name}.md"), &bytes(name))
}

/// Everything that a runbook shows, in order.
pub fn nodes(runbook: &Runbook) -> Vec<&Node> {
    runbook.sections.iter().flat_map(|section| walk(&section.body)).collect()
}
