//! When somebody last looked at what had happened: `looked.json`.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Place;
use crate::domain::digest::Looked;

const FILE: &str = "looked.json";

/// The version of the file. One of another is passed over.
const SCHEMA: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Kept {
    schema: u32,
    #[serde(flatten)]
    looked: Looked,
}

/// The last look that is kept under `root`; `None` when there is none, or it cannot be read.
pub fn looked(root: &Path) -> Option<Looked> {
    let kept: Kept = serde_json::from_slice(&fs::read(root.join(FILE)).ok()?).ok()?;
    (kept.schema == SCHEMA).then_some(kept.looked)
}

/// Keeps a look under `root`.
///
/// # Errors
/// When the file cannot be written.
pub fn keep_looked(root: &Path, looked: &Looked) -> io::Result<()> {
    let kept = serde_json::to_vec(&Kept { schema: SCHEMA, looked: *looked })?;
    Place::at(root).keep(FILE, &kept)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;

    #[test]
    fn a_look_outlives_the_program() {
        let root = tempfile::tempdir().expect("a directory");
        assert_eq!(looked(root.path()), None);
        let look = Looked { from: DateTime::UNIX_EPOCH, at: DateTime::UNIX_EPOCH + TimeDelta::days(1) };
        keep_looked(root.path(), &look).expect("kept");
        assert_eq!(looked(root.path()), Some(look));
        fs::write(root.path().join(FILE), "{\"schema\":9}").expect("another");
        assert_eq!(looked(root.path()), None);
    }
}
