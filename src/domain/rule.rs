//! Rules of Prometheus. A rule that cannot be evaluated is blind: its alert reads `inactive`.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::labels::Labels;

/// What a rule makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleKind {
    /// Alerts.
    Alerting,
    /// A new series.
    Recording,
}

/// Whether a rule could be evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleHealth {
    /// It could.
    Ok,
    /// It could not.
    Err,
    /// Not tried yet.
    Unknown,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Its name.
    pub name: Arc<str>,
    /// Its group; with `file` the group's identity.
    pub group: Arc<str>,
    /// The file that the group stands in.
    pub file: Arc<str>,
    /// Alerting or recording.
    pub kind: RuleKind,
    /// The PromQL expression.
    pub query: Arc<str>,
    /// Whether it could be evaluated.
    pub health: RuleHealth,
    /// Why not, sanitised; empty when it could.
    pub error: Arc<str>,
    /// How long the expression must be true, in seconds.
    pub hold: f64,
    /// The labels that it gives to what it makes.
    #[serde(default)]
    pub labels: Labels,
    /// The last evaluation.
    pub last_evaluation: Option<DateTime<Utc>>,
}
