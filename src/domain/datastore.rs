//! Datastores of Proxmox Backup Server, and how full they are.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::health::Health;
use super::room::Climbs;

/// One datastore.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Datastore {
    /// Its name.
    pub name: Arc<str>,
    /// Bytes used; `None` when the server could not say.
    pub used: Option<u64>,
    /// Bytes in all.
    pub total: Option<u64>,
    /// By how much it climbs within a day, as far as the server measured it.
    pub climbs: Option<Climbs>,
    /// When the server reckons that it will be full.
    pub full_at: Option<DateTime<Utc>>,
    /// Maintenance mode and its message, sanitised.
    pub maintenance: Option<Arc<str>>,
    /// Why the server could not say how full it is, sanitised.
    pub error: Option<Arc<str>>,
}

/// From when on a datastore or disk is in trouble.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FillLimits {
    /// Share used, 0 to 1, from which it is a warning.
    pub warn_used: f64,
    /// Share used from which it is critical.
    pub critical_used: f64,
    /// Full within this span: a warning.
    pub warn_within: TimeDelta,
    /// Full within this span: critical.
    pub critical_within: TimeDelta,
}

impl Default for FillLimits {
    fn default() -> Self {
        Self {
            warn_used: 0.85,
            critical_used: 0.95,
            warn_within: TimeDelta::days(14),
            critical_within: TimeDelta::days(2),
        }
    }
}

impl Datastore {
    /// The share that is used, 0 to 1.
    pub fn share(&self) -> Option<f64> {
        let total = self.total.filter(|total| *total > 0)?;
        Some(self.used? as f64 / total as f64)
    }

    /// What is free, in bytes.
    pub fn free(&self) -> Option<u64> {
        Some(self.total?.saturating_sub(self.used?))
    }

    /// How bad it is. A datastore that cannot say how full it is, is offline; one in maintenance
    /// was put there by somebody.
    pub fn health(&self, limits: &FillLimits, now: DateTime<Utc>) -> Health {
        if self.maintenance.is_some() {
            return Health::Ok;
        }
        if self.error.is_some() {
            return Health::Critical;
        }
        let Some(share) = self.share() else { return Health::Unknown };
        let within = |span: TimeDelta| self.full_at.is_some_and(|at| at - now < span);
        if share > limits.critical_used || within(limits.critical_within) {
            Health::Critical
        } else if share > limits.warn_used || within(limits.warn_within) {
            Health::Warning
        } else {
            Health::Ok
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fill_limits() {
        let now = DateTime::from_timestamp(1_795_000_000, 0).expect("a time");
        let store = |used: u64, days: Option<i64>| Datastore {
            name: "main".into(),
            used: Some(used),
            total: Some(100),
            climbs: None,
            full_at: days.map(|days| now + TimeDelta::days(days)),
            maintenance: None,
            error: None,
        };
        let health = |store: &Datastore| store.health(&FillLimits::default(), now);
        assert_eq!(health(&store(74, Some(200))), Health::Ok);
        assert_eq!(health(&store(86, None)), Health::Warning);
        assert_eq!(health(&store(50, Some(13))), Health::Warning);
        assert_eq!(health(&store(50, Some(1))), Health::Critical);
        assert_eq!(health(&store(96, None)), Health::Critical);
        let offline = Datastore { used: None, total: None, error: Some("ENOENT".into()), ..store(0, None) };
        assert_eq!(health(&offline), Health::Critical);
        let silent = Datastore { error: None, ..offline };
        assert_eq!(health(&silent), Health::Unknown);
    }
}
