//! The papers that somebody would have to keep by hand: what there is, as Markdown. The same data give
//! the same bytes, so that a version of a paper differs from the last one where the homelab does.

mod alerts;
mod architecture;
mod backups;
mod dashboards;
mod iac;
mod page;
mod slo;

use chrono::{DateTime, Utc};

pub use alerts::{Covering, History};
pub use dashboards::Said;
pub use iac::Ground;
pub use page::Page;

use crate::domain::store::Store;

/// The alert catalogue: every rule that raises an alert, with its severity, where it goes and the
/// procedure for it, when it last fired and was tested; rules without a procedure, procedures without a rule.
pub fn alerts(store: &Store, runbooks: &[Covering], history: &History, now: DateTime<Utc>) -> String {
    alerts::page(store, runbooks, history, now).text()
}

/// The chain as it is, from the exporters to the receivers, with a diagram.
pub fn architecture(store: &Store, now: DateTime<Utc>) -> String {
    architecture::page(store, now).text()
}

/// The dashboard inventory: owners, golden signals, thresholds, links, and alerts about the same.
pub fn dashboards(store: &Store, said: &Said) -> String {
    dashboards::page(store, said).text()
}

/// Backup validation: what is kept where, verified and tried when, by which jobs.
pub fn backups(store: &Store, now: DateTime<Utc>) -> String {
    backups::page(store, now).text()
}

/// The policy of objectives and error budgets, with its figures.
pub fn slo(store: &Store, now: DateTime<Utc>) -> String {
    slo::page(store, now).text()
}

/// The checklist of infrastructure as code: repositories, secrets, validation.
pub fn iac(store: &Store, runbooks: &[Covering], ground: &Ground, now: DateTime<Utc>) -> String {
    iac::page(store, runbooks, ground, now).text()
}
