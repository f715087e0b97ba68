//! The numbers that turn measurements into states. All of them are config keys.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;

use super::alert::{Alert, Severity};
use super::backup::{BackupGroup, Expectation};
use super::burden::Window;
use super::cause::CauseRules;
use super::datastore::FillLimits;
use super::feed::SourceId;
use super::horizon::{Dated, Review};
use super::host::Inventory;
use super::layer::Layer;
use super::log::selector::LabelMap;
use super::service::Service;
use super::slo::Goal;

/// When what counts as what.
#[derive(Clone, Debug, PartialEq)]
pub struct Thresholds {
    /// What a value of the label `severity` means, beside the built-in words.
    pub severities: BTreeMap<Arc<str>, Severity>,
    /// Within which time somebody must respond, by severity.
    pub response: BTreeMap<Severity, TimeDelta>,
    /// The same by name of the alert, as its runbook states it: that counts before its severity.
    pub promised: BTreeMap<Arc<str>, TimeDelta>,
    /// How long an acknowledgement holds, unless the alert is resolved before.
    pub ack_for: TimeDelta,
    /// A silence that is to last longer is asked about once more.
    pub max_silence: TimeDelta,
    /// The alert that always fires: its absence is the alarm. Empty: there is none.
    pub watchdog: Arc<str>,
    /// How old backups may be, unless a rule says otherwise.
    pub backups: Expectation,
    /// The guests that the operator's own list of hosts names, each a group without a snapshot.
    pub listed: Vec<BackupGroup>,
    /// How often it is to be tried whether a backup can be restored.
    pub drill_every: TimeDelta,
    /// Rules for single guests; the first that matches counts.
    pub backup_rules: Vec<BackupRule>,
    /// How full datastores may be.
    pub fill: FillLimits,
    /// Whose guests the namespaces of the backup servers hold.
    pub clusters: Vec<Mapping>,
    /// Which labels of an alert lead to its logs.
    pub log_labels: LabelMap,
    /// The labels that name hosts; the first that is there counts.
    pub identity: Vec<Arc<str>>,
    /// What was promised.
    pub goals: Vec<Goal>,
    /// How consequences are told from causes.
    pub causes: CauseRules,
    /// How far the clock of a host may be from that of its Prometheus.
    pub skew: TimeDelta,
    /// LogQL queries by the operator's names for them.
    pub log_queries: Vec<(Arc<str>, Arc<str>)>,
    /// What sites are called, by their names; one that is not among them by its name.
    pub titles: BTreeMap<Arc<str>, Arc<str>>,
    /// The operator's hosts.
    pub hosts: Inventory,
    /// Dates that the operator wrote down.
    pub dates: Vec<Dated>,
    /// What the operator wrote down to have no end.
    pub endless: Vec<Arc<str>>,
    /// When the operator's documents are to be read again.
    pub reviews: Vec<Review>,
    /// What people ask about.
    pub services: Vec<Service>,
    /// Within which time a service that is down is to be up again: the recovery time objective.
    pub rto: TimeDelta,
    /// The time of day that is kept for backups.
    pub window: Option<Window>,
    /// In which order the lab comes up.
    pub layers: Vec<Layer>,
}

/// A namespace of a backup server that holds the guests of one hypervisor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The backup server.
    pub source: SourceId,
    /// The namespace; empty for the root.
    pub namespace: Arc<str>,
    /// The name of the hypervisor in the config, or that of its cluster.
    pub cluster: Arc<str>,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            severities: BTreeMap::new(),
            response: BTreeMap::from([
                (Severity::Critical, TimeDelta::minutes(15)),
                (Severity::Warning, TimeDelta::hours(1)),
            ]),
            promised: BTreeMap::new(),
            ack_for: TimeDelta::hours(12),
            max_silence: TimeDelta::hours(24),
            watchdog: "Watchdog".into(),
            backups: Expectation::default(),
            listed: Vec::new(),
            drill_every: TimeDelta::days(90),
            backup_rules: Vec::new(),
            fill: FillLimits::default(),
            clusters: Vec::new(),
            log_labels: LabelMap::default(),
            identity: ["host", "exported_host", "nodename", "guest"].map(Arc::from).into(),
            goals: Vec::new(),
            causes: CauseRules::default(),
            skew: TimeDelta::seconds(30),
            log_queries: Vec::new(),
            titles: BTreeMap::new(),
            hosts: Inventory::default(),
            dates: Vec::new(),
            endless: Vec::new(),
            reviews: Vec::new(),
            services: Vec::new(),
            rto: TimeDelta::hours(1),
            window: None,
            layers: Vec::new(),
        }
    }
}

/// Which guests a rule is for; `*` stands for anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Select {
    /// By `kind/id` or by name: `vm/102`, `vm/1*`, `nas`.
    Match(Arc<str>),
    /// By name only.
    Guest(Arc<str>),
    /// By a tag that the hypervisor keeps.
    Tag(Arc<str>),
}

/// What is expected of the guests that it selects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupRule {
    /// Which guests.
    pub select: Select,
    /// The recovery point objective, where it differs.
    pub rpo: Option<TimeDelta>,
    /// Nobody expects backups.
    pub exempt: bool,
}

impl Thresholds {
    /// What the value of an alert's `severity` means.
    pub fn rank(&self, severity: &str) -> Severity {
        self.severities.get(severity).copied().unwrap_or_else(|| Severity::of(severity))
    }

    /// Within which time somebody must respond to an alert: as its runbook says, else by severity.
    pub fn respond_within(&self, alert: &Alert) -> Option<TimeDelta> {
        self.promised.get(&alert.name).or_else(|| self.response.get(&alert.rank)).copied()
    }

    /// What is expected of a group's backups; `tags` are those of its guest.
    pub fn expect(&self, group: &BackupGroup, tags: &[Arc<str>]) -> Expectation {
        let key = group.id.to_string();
        let rule = self.backup_rules.iter().find(|rule| rule.select.has(&key, &group.guest, tags));
        rule.map_or(self.backups, |rule| Expectation {
            rpo: rule.rpo.unwrap_or(self.backups.rpo),
            exempt: rule.exempt,
            ..self.backups
        })
    }
}

impl Select {
    /// Whether a guest is selected, by its `kind/id`, its name or one of its tags.
    fn has(&self, key: &str, guest: &str, tags: &[Arc<str>]) -> bool {
        match self {
            Self::Match(pattern) => matches(pattern, key) || matches(pattern, guest),
            Self::Guest(pattern) => matches(pattern, guest),
            Self::Tag(pattern) => tags.iter().any(|tag| matches(pattern, tag)),
        }
    }
}

/// Whether `text` matches `pattern`, in which `*` stands for any characters.
pub fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut last = None;
    for part in parts {
        if let Some(part) = last.replace(part) {
            let Some((_, after)) = rest.split_once(part) else { return false };
            rest = after;
        }
    }
    last.map_or(rest.is_empty(), |last| rest.ends_with(last))
}

#[cfg(test)]
mod tests {
    use super::{Select, matches};

    #[test]
    fn a_rule_selects_by_id_name_or_tag() {
        let tags = ["gaming".into(), "weekly".into()];
        for (select, yes) in [
            (Select::Match("vm/1*".into()), true),
            (Select::Match("nas".into()), true),
            (Select::Guest("vm/102".into()), false),
            (Select::Guest("n*".into()), true),
            (Select::Tag("weekly".into()), true),
            (Select::Tag("nas".into()), false),
        ] {
            assert_eq!(select.has("vm/102", "nas", &tags), yes, "{select:?}");
        }
    }

    #[test]
    fn patterns() {
        for (pattern, text, yes) in [
            ("vm/102", "vm/102", true),
            ("vm/1*", "vm/102", true),
            ("vm/1*", "ct/102", false),
            ("*cloud", "nextcloud", true),
            ("*", "", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxc", false),
            ("ab*b", "ab", false),
        ] {
            assert_eq!(matches(pattern, text), yes, "{pattern} on {text}");
        }
    }
}
