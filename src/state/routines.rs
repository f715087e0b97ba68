//! Routines that were worked through: `routines.jsonl`.

use std::io;
use std::path::Path;

use super::lines;
use crate::domain::routine::Done;

const FILE: &str = "routines.jsonl";

/// The routines that are kept under `root`, the oldest first.
pub fn routines(root: &Path) -> Vec<Done> {
    lines::read(root, FILE)
}

/// Keeps a routine under `root`.
///
/// # Errors
/// When the file cannot be written.
pub fn keep_routine(root: &Path, done: &Done) -> io::Result<()> {
    lines::add(root, FILE, done, || true)
}
