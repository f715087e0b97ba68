//! How far an incident is, and which alerts belong to it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Entry, Event, Record};
use crate::domain::alert::Alert;
use crate::domain::labels::Labels;

/// How far somebody says that an incident is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, strum::AsRefStr, strum::EnumIter,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Stage {
    /// It hurts.
    #[default]
    Open,
    /// It hurts no more, and its cause is still there.
    Mitigated,
    /// Its cause is gone.
    Resolved,
    /// All is written down that is to be.
    Closed,
}

impl Record {
    /// How far it is, as somebody said last.
    pub fn stage(&self) -> Stage {
        let said = self.entries.iter().rev().find_map(|entry| match entry.event {
            Event::Became { stage } => Some(stage),
            _ => None,
        });
        said.unwrap_or_default()
    }

    /// When it was over: when somebody said so, else when its alert was found to be gone.
    pub fn over(&self) -> Option<DateTime<Utc>> {
        let said = self.entries.iter().rev().find_map(|entry| match entry.event {
            Event::Became { stage } => Some((stage, entry.at)),
            _ => None,
        });
        match said {
            Some((Stage::Open | Stage::Mitigated, _)) => None,
            // It was closed when all was written down; what it was about was over before.
            Some((Stage::Resolved | Stage::Closed, last)) => {
                let mut resolved = self.entries.iter().rev().filter_map(|entry| match entry.event {
                    Event::Became { stage: Stage::Resolved } => Some(entry.at),
                    _ => None,
                });
                resolved.next().or(Some(last))
            }
            None => self.resolved(),
        }
    }

    /// What it is about, in a few words: what somebody called it, else the alert that it was opened at.
    pub fn title(&self) -> &str {
        let called = self.entries.iter().find_map(|entry| match &entry.event {
            Event::Started { title } => Some(title.as_str()),
            Event::Opened { alert, .. } => Some(alert.as_str()),
            _ => None,
        });
        called.or_else(|| self.entries.first().map(|entry| entry.incident.as_str())).unwrap_or_default()
    }

    /// The alerts that were attached: fingerprint, name and labels, each once.
    pub fn attached(&self) -> Vec<(&str, &str, &Labels)> {
        let mut all: Vec<(&str, &str, &Labels)> = Vec::new();
        for entry in &self.entries {
            if let Event::Attached { alert, labels, fingerprint, .. } = &entry.event
                && !all.iter().any(|(have, ..)| have == fingerprint)
            {
                all.push((fingerprint, alert, labels));
            }
        }
        all
    }

    /// Whether an alert belongs to it already.
    pub fn has(&self, alert: &str) -> bool {
        let is_it = |entry: &Entry| match &entry.event {
            Event::Opened { fingerprint, .. } | Event::Attached { fingerprint, .. } => fingerprint == alert,
            _ => false,
        };
        self.entries.iter().any(is_it)
    }
}

/// That an alert belongs to an incident.
pub fn attached(alert: &Alert) -> Event {
    Event::Attached {
        alert: alert.name.to_string(),
        labels: alert.labels.clone(),
        fingerprint: alert.key().to_string(),
        severity: alert.severity.to_string(),
        began: alert.starts_at,
    }
}
