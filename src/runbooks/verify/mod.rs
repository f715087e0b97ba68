//! What a line of a checklist asks for, and where to look for it. A line that nothing answers stays
//! with the person; a probe that finds nothing is unknown, never a pass.

mod judge;
mod promql;

use serde::Serialize;

pub use judge::{Outcome, judge, judge_answer, judge_exit};

use super::model::CheckItem;
use crate::domain::labels::Labels;
use chrono::{DateTime, Utc};

/// What a checklist is worked through for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct About {
    /// The alert's name; empty when it is no alert.
    pub alertname: String,
    /// Its labels.
    pub labels: Labels,
    /// The VMID of the guest that it is about, where that is known.
    pub vmid: Option<String>,
    /// When it began.
    pub since: Option<DateTime<Utc>>,
    /// Since when it is seen nowhere, as whoever watches has kept it.
    pub quiet_since: Option<DateTime<Utc>>,
}

/// Where to look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Probe {
    /// Prometheus' targets of this instance.
    TargetUp {
        /// The label `instance`.
        instance: String,
    },
    /// The alert itself, in Alertmanager and in Prometheus.
    AlertResolved {
        /// Its name.
        alertname: String,
    },
    /// A query whose every sample is 1 when it is so and 0 when it is not.
    Truth {
        /// PromQL, with its values filled in.
        query: String,
        /// It can be known only so many seconds after the alert began.
        not_before: u64,
    },
    /// The owner's own query: it is so while there is an answer.
    Query {
        /// PromQL, with its values filled in.
        query: String,
        /// For how many seconds it must be so.
        hold: u64,
    },
    /// A newer backup of the guest than the alert.
    BackupSince {
        /// The VMID.
        vmid: String,
    },
    /// The size of the guest's newest backup against those before.
    BackupSize {
        /// The VMID.
        vmid: String,
    },
    /// The verification of the guest's newest backup.
    BackupVerified {
        /// The VMID.
        vmid: String,
    },
    /// A command that ends with 0 when it is so. It is planned and confirmed like any other.
    Command {
        /// As written.
        text: String,
    },
    /// A person.
    Manual {
        /// What may help.
        hint: String,
    },
}

impl Probe {
    /// What is looked at, in words: printed under the line.
    pub fn describe(&self) -> String {
        match self {
            Self::TargetUp { instance } => format!("auto: Prometheus scrapes {instance} and it is up"),
            Self::AlertResolved { alertname } => {
                format!("auto: {alertname} is neither pending nor firing, and neither silenced nor inhibited")
            }
            Self::Truth { query, not_before: 0 } | Self::Query { query, hold: 0 } => format!("auto: {query}"),
            Self::Truth { query, not_before } => format!("auto, from {} h on: {query}", not_before / 3_600),
            Self::Query { query, hold } => format!("auto: {query} for {hold} s"),
            Self::BackupSince { vmid } => {
                format!("auto: PBS has a backup of {vmid} from after the alert began")
            }
            Self::BackupSize { vmid } => {
                format!("auto: the newest backup of {vmid} has 50 to 200 % of the usual size")
            }
            Self::BackupVerified { vmid } => format!("auto: PBS has verified the newest backup of {vmid}"),
            Self::Command { text } => format!("run: {text}"),
            Self::Manual { hint } if hint.is_empty() => "by hand".to_owned(),
            Self::Manual { hint } => format!("by hand: {hint}"),
        }
    }
}

/// A rule of the table: words that a line must have, in lower case, and what it then asks for.
type Phrase = (&'static [&'static str], fn(&str, &About) -> Option<Probe>);

/// The phrases that are understood, the first that fits first.
const PHRASES: [Phrase; 15] = [
    (&["target", "up"], |_, about| {
        let instance = about.labels.get("instance")?.to_owned();
        Some(Probe::TargetUp { instance })
    }),
    (&["alert", "resolve"], |_, about| {
        let alertname = Some(about.alertname.clone()).filter(|name| !name.is_empty())?;
        Some(Probe::AlertResolved { alertname })
    }),
    (&["cpu utilization"], |line, about| promql::cpu(line, about)),
    (&["load average"], |_, about| promql::load(about)),
    (&["zombie"], |_, about| promql::zombies(about)),
    (&["disk usage"], |line, about| promql::disk_used(line, about)),
    (&["free space", "at least"], |line, about| promql::disk_free(line, about)),
    (&["space increasing"], |line, about| promql::disk_grows(line, about)),
    (&["backup", "completes"], |_, about| Some(Probe::BackupSince { vmid: about.vmid.clone()? })),
    (&["backup", "size"], |_, about| Some(Probe::BackupSize { vmid: about.vmid.clone()? })),
    (&["snapshot integrity"], |_, about| Some(Probe::BackupVerified { vmid: about.vmid.clone()? })),
    (&["grafana"], |_, about| {
        let selector = promql::selector(about, &["instance"])?;
        Some(manual(&format!("look there; count({{{selector}}}) > 0 says that there is something to show")))
    }),
    (&["document", "incident"], |_, _| Some(manual("copy the summary of the incident"))),
    (&["services", "responsive"], |_, _| Some(manual("no HTTP probe is configured for this host"))),
    (&["log rotation"], |_, _| Some(manual("read the configuration on the host"))),
];

fn manual(hint: &str) -> Probe {
    Probe::Manual { hint: hint.to_owned() }
}

/// What a line asks for: the owner's annotation first, then the phrases that are understood, then
/// a command in it, then a person.
pub fn probe(check: &CheckItem, about: &About) -> Probe {
    if let Some(written) = &check.verify {
        return promql::annotated(written, about);
    }
    let line = check.text.to_lowercase();
    let phrase = PHRASES.iter().find(|(words, _)| words.iter().all(|word| has(&line, word)));
    if let Some((_, read)) = phrase {
        let missing = || manual("the alert does not say of which instance, mountpoint or guest");
        return read(&line, about).unwrap_or_else(missing);
    }
    match check.commands.first() {
        Some(command) => Probe::Command { text: command.text.clone() },
        None => manual(""),
    }
}

/// Whether a line has words: at a word's beginning, so that `up` is not found in `backup`; a short
/// one must be the whole word.
fn has(line: &str, words: &str) -> bool {
    line.match_indices(words).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        let after = line.get(at + words.len()..).and_then(|after| after.chars().next());
        let is_long = words.len() > 3;
        !before.is_some_and(char::is_alphanumeric) && (is_long || !after.is_some_and(char::is_alphanumeric))
    })
}
