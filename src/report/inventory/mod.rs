//! The papers that somebody would have to keep by hand: what there is, as Markdown. The same data give
//! the same bytes, so that a version of a paper differs from the last one where the homelab does.

mod alerts;
mod architecture;
mod backups;
mod page;

use chrono::{DateTime, Utc};

pub use alerts::Covering;
pub use page::Page;

use crate::domain::store::Store;

/// The alert catalogue: every rule that raises an alert, with its severity, where it goes and the
/// procedure for it; rules without a procedure, procedures without a rule.
pub fn alerts(store: &Store, runbooks: &[Covering], now: DateTime<Utc>) -> String {
    alerts::page(store, runbooks, now).text()
}

/// The chain as it is, from the exporters to the receivers, with a diagram.
pub fn architecture(store: &Store, now: DateTime<Utc>) -> String {
    architecture::page(store, now).text()
}

/// Backup validation: what is kept where, verified and tried when, by which jobs.
pub fn backups(store: &Store, now: DateTime<Utc>) -> String {
    backups::page(store, now).text()
}
