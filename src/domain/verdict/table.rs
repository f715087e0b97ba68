//! The verdict table: one condition, one state.

use crate::domain::alert::{AlertState, Severity};
use crate::domain::backup::BackupState;
use crate::domain::feed::SourceKind;
use crate::domain::health::Health;
use crate::domain::target::TargetHealth;

/// A measured condition, as the verdict table knows them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Condition {
    /// An alert that Prometheus or Alertmanager holds true.
    Alert(Severity, AlertState),
    /// An alert that vanished while its Prometheus was not heard, or that nobody confirms now.
    Unheard,
    /// The alert that must always fire does not arrive.
    WatchdogMissing,
    /// A source does not answer, for so many of its intervals.
    SourceDown {
        /// Which kind of server.
        kind: SourceKind,
        /// For how many intervals.
        intervals: f64,
    },
    /// A source refuses our credentials.
    Unauthorised,
    /// What feeds a rule of this table is not fresh.
    NotFresh,
    /// Nothing was heard lately of logs, or of what only explains: no rule rests on them, but nobody
    /// would see a line either.
    LogsNotFresh,
    /// No source measures what is asked for.
    Unmeasured,
    /// A rule that cannot be evaluated.
    RuleBroken,
    /// A scrape target.
    Target {
        /// What the last scrape came to.
        health: TargetHealth,
        /// It is up, but brought no sample.
        hollow: bool,
        /// An alert already speaks of it.
        covered: bool,
        /// It is so for at least two scrapes.
        settled: bool,
    },
    /// A guest's backup.
    Backup {
        /// The state of the backup.
        state: BackupState,
        /// How bad the assessment found it.
        health: Health,
    },
    /// Backups that the token may not read.
    Unreadable,
    /// A node of a hypervisor that its cluster does not hear.
    NodeAway,
    /// A datastore's fill or absence, or that of a storage or a node's own disk.
    Datastore(Health),
    /// Alerts do not get through.
    ChainBroken,
    /// A rule whose metrics nobody exports.
    RuleBlind,
    /// The clock of a host, or of a server, is off.
    ClockSkew,
    /// The certificate of a server, by the time that is left.
    Certificate(Health),
    /// A door that is not as it should be.
    Probe(Health),
    /// A maintenance that is over time, and something of it is not back.
    Overrun,
    /// An error budget that burns, by how fast.
    Burn(Health),
    /// A service, by how it is.
    Service {
        /// How it is.
        health: Health,
        /// An alert already speaks of it.
        covered: bool,
    },
    /// The lab comes up, and not all of it is there.
    Booting,
}

/// After how many intervals without an answer a watcher counts as lost.
const LOST_AFTER: f64 = 3.0;

/// What state a condition is; `None` when it is listed but changes nothing.
#[expect(clippy::match_same_arms, reason = "it is a table: one row per kind of condition")]
pub fn weigh(condition: Condition) -> Option<Health> {
    use Health::{Critical, Ok, Unknown, Warning};
    match condition {
        Condition::Alert(_, AlertState::Silenced | AlertState::Inhibited | AlertState::Pending) => None,
        Condition::Alert(Severity::Critical, AlertState::Firing)
        | Condition::WatchdogMissing
        | Condition::ChainBroken
        | Condition::Overrun
        | Condition::NodeAway => Some(Critical),
        Condition::Alert(Severity::Critical, AlertState::Acknowledged)
        | Condition::Alert(Severity::Warning, AlertState::Firing) => Some(Warning),
        Condition::Alert(Severity::Warning, AlertState::Acknowledged)
        | Condition::Alert(Severity::Info, _) => None,
        Condition::Unheard | Condition::NotFresh | Condition::Unmeasured | Condition::Unreadable => {
            Some(Unknown)
        }
        Condition::SourceDown { kind, intervals } if kind.watches() => {
            Some(if intervals > LOST_AFTER { Critical } else { Unknown })
        }
        Condition::SourceDown { .. }
        | Condition::LogsNotFresh
        | Condition::Unauthorised
        | Condition::RuleBroken
        | Condition::RuleBlind
        | Condition::ClockSkew
        | Condition::Booting => Some(Warning),
        Condition::Target { covered: true, .. } | Condition::Target { settled: false, .. } => None,
        Condition::Target { health: TargetHealth::Up, hollow: false, .. } => None,
        Condition::Target { health: TargetHealth::Unknown, .. } => Some(Unknown),
        Condition::Target { .. } => Some(Warning),
        Condition::Backup { state: BackupState::Exempt, .. } => None,
        Condition::Backup { state: BackupState::Unknown, .. } => Some(Unknown),
        Condition::Backup { state: BackupState::Ambiguous, .. } => Some(Warning),
        Condition::Service { covered: true, .. } => None,
        Condition::Backup { health, .. }
        | Condition::Service { health, .. }
        | Condition::Datastore(health)
        | Condition::Certificate(health)
        | Condition::Probe(health)
        | Condition::Burn(health) => Some(health).filter(|health| *health != Ok),
    }
}
