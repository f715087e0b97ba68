//! Alerts, their severity and their one state.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::labels::Labels;
use super::silence::Acknowledgement;
use super::sites;

/// How loud an alert is, from its label `severity`. Worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// `critical`, `page`, or what the config names so.
    Critical,
    /// `warning`.
    Warning,
    /// Anything lower, or none.
    Info,
}

impl Severity {
    /// The severity that the label's value means by itself; the config may say otherwise.
    pub fn of(label: &str) -> Self {
        match label.to_ascii_lowercase().as_str() {
            "critical" | "page" | "emergency" | "fatal" => Self::Critical,
            "warning" | "warn" | "error" | "major" => Self::Warning,
            _ => Self::Info,
        }
    }
}

/// An alert has one state, by precedence: the first of these that is true.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::AsRefStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum AlertState {
    /// True in Prometheus, but not for long enough to fire.
    Pending,
    /// Hidden by another alert.
    Inhibited,
    /// Hidden by a silence.
    Silenced,
    /// Somebody said that they are on it.
    Acknowledged,
    /// Nobody is on it.
    Firing,
}

impl AlertState {
    /// Whether it is hidden from the people who would be paged.
    pub const fn is_hidden(self) -> bool {
        matches!(self, Self::Inhibited | Self::Silenced)
    }
}

/// Whose fingerprint an alert carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FingerprintSource {
    /// Alertmanager's.
    Alertmanager,
    /// Our own hash of the labels, for an alert that no Alertmanager has.
    Own,
}

/// One alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// The label `alertname`.
    pub name: Arc<str>,
    /// The label `severity` as it stands; empty when absent.
    pub severity: Arc<str>,
    /// What that severity means.
    pub rank: Severity,
    /// Its state, from the server and the silences.
    pub state: AlertState,
    /// Its identity: equal on all peers and over restarts.
    pub fingerprint: Arc<str>,
    /// Whose identity that is.
    pub fingerprint_source: FingerprintSource,
    /// When it began to fire; for a pending one, when its condition became true.
    pub starts_at: DateTime<Utc>,
    /// Until when the sender vouches for it.
    pub ends_at: Option<DateTime<Utc>>,
    /// All labels, sanitised.
    pub labels: Labels,
    /// The labels as the server has them, where they are not fit to be shown: for matchers only.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::exact::labels")]
    pub exact: Option<Labels>,
    /// All annotations, sanitised.
    pub annotations: Labels,
    /// Ids of the silences that hide it; acknowledgements are not among them.
    pub silenced_by: Vec<Arc<str>>,
    /// Fingerprints of the alerts that inhibit it.
    pub inhibited_by: Vec<Arc<str>>,
    /// Names of the time intervals that mute it.
    pub muted_by: Vec<Arc<str>>,
    /// Who said that they are on it.
    pub acked_by: Option<Acknowledgement>,
    /// The receivers it was routed to.
    pub receivers: Vec<Arc<str>>,
    /// The expression's page in Prometheus.
    pub generator_url: Option<Arc<str>>,
    /// At which of several sites it is; nothing where there is one.
    #[serde(skip)]
    pub at: Option<Box<At>>,
}

/// At which of several sites an alert is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    /// The site.
    pub site: Arc<str>,
    /// Its identity among the alerts of all sites.
    key: Arc<str>,
    /// What it is about, with the site, where it alone would not tell it from another.
    subject: Option<Box<str>>,
}

impl At {
    /// An alert of this fingerprint at `site`; nothing when there is one site only.
    pub fn of(site: &Arc<str>, fingerprint: &str) -> Option<Box<Self>> {
        let at = || Self { site: Arc::clone(site), key: key(fingerprint, site), subject: None };
        (!site.is_empty()).then(|| Box::new(at()))
    }
}

fn key(fingerprint: &str, site: &str) -> Arc<str> {
    format!("{fingerprint}@{site}").into()
}

impl Alert {
    /// Its identity: the fingerprint, and the site where there are several.
    pub fn key(&self) -> &Arc<str> {
        self.at.as_ref().map_or(&self.fingerprint, |at| &at.key)
    }

    /// The identity of the alert with this fingerprint at the same site.
    pub fn key_beside(&self, fingerprint: &Arc<str>) -> Arc<str> {
        self.at.as_ref().map_or_else(|| Arc::clone(fingerprint), |at| key(fingerprint, &at.site))
    }

    /// Its site, where there are several; else nothing.
    pub fn site(&self) -> &str {
        self.at.as_ref().map_or("", |at| &at.site)
    }

    /// Says the site with what it is about from now on: another alert would be taken for it.
    pub fn tell_site(&mut self) {
        let subject = sites::beside(self.plain_subject(), self.site());
        if let Some(at) = &mut self.at {
            at.subject = Some(subject.into());
        }
    }

    /// What it is about, in a word: the guest, host, service or instance it names; with its site where
    /// something else is called so.
    pub fn subject(&self) -> &str {
        let told = self.at.as_ref().and_then(|at| at.subject.as_deref());
        told.unwrap_or_else(|| self.plain_subject())
    }

    /// What it is about, as its labels name it.
    pub fn plain_subject(&self) -> &str {
        ["host", "guest", "service", "instance", "datastore", "job"]
            .iter()
            .find_map(|name| self.labels.get(name))
            .unwrap_or("")
    }

    /// The labels by which matchers know it; to be shown only as a matcher writes them.
    pub fn exact_labels(&self) -> &Labels {
        self.exact.as_ref().unwrap_or(&self.labels)
    }

    /// The alert in a sentence: its `summary`, else its `description`, else nothing.
    pub fn summary(&self) -> &str {
        ["summary", "message", "description"].iter().find_map(|name| self.annotations.get(name)).unwrap_or("")
    }

    /// Loud ones first, then by severity, then the oldest, then by name.
    pub fn order(&self, other: &Self) -> std::cmp::Ordering {
        let key = |alert: &Self| {
            (alert.state.is_hidden(), alert.state == AlertState::Pending, alert.rank, alert.starts_at)
        };
        key(self)
            .cmp(&key(other))
            .then_with(|| self.name.cmp(&other.name))
            .then_with(|| self.fingerprint.cmp(&other.fingerprint))
            .then_with(|| self.site().cmp(other.site()))
    }
}

/// An alert as Prometheus itself sees it: no identity, no routing, no external labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RaisedAlert {
    /// All labels, without the server's external ones.
    pub labels: Labels,
    /// All annotations, sanitised.
    pub annotations: Labels,
    /// Firing, or still pending.
    pub firing: bool,
    /// When its condition became true.
    pub active_at: DateTime<Utc>,
    /// The expression's value, as Prometheus writes it.
    pub value: Arc<str>,
}
