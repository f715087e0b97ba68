//! A decision tree answered from what is known already: the guest's state, its node, the other targets
//! of the host, how the scrape fails. What the data rule out is told with its evidence, and the
//! scenario that is left is suggested. Nothing is chosen for anybody.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::facts::instance_of;
use super::find::tokens;
use super::model::{Leaf, Procedure};
use super::verify::About;
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::guest::{Guest, GuestState};
use crate::domain::store::Store;
use crate::domain::target::{ErrorClass, Target, TargetHealth};

/// What the data say of an end of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is so, and this shows it.
    Fits(String),
    /// It is not so, and this shows it.
    RuledOut(String),
    /// They do not tell.
    Open,
}

/// What the data say of a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// What is known of the host, a sentence each.
    pub known: Vec<String>,
    /// Each end of the tree, by its line.
    pub leaves: Vec<(usize, Answer)>,
    /// The letter of the scenario that the data suggest, and why.
    pub scenario: Option<(String, String)>,
}

/// Answers the tree of a procedure.
pub fn diagnose(procedure: &Procedure, about: &About, store: &Store, now: DateTime<Utc>) -> Diagnosis {
    let Some(tree) = &procedure.tree else { return Diagnosis::default() };
    let host = Host::of(about, store, now);
    let leaves: Vec<(usize, Answer)> =
        tree.leaves.iter().map(|leaf| (leaf.line, host.answer(leaf))).collect();
    let fits = tree.leaves.iter().zip(&leaves).filter_map(|(leaf, (_, answer))| match answer {
        Answer::Fits(why) => Some((leaf, why)),
        _ => None,
    });
    let scenario = fits.into_iter().find_map(|(leaf, why)| {
        let words = tokens(&format!("{} {}", leaf.path.last().map_or("", String::as_str), leaf.action));
        let alike = |title: &str| tokens(title).intersection(&words).count();
        let best = procedure.scenarios.iter().max_by_key(|one| alike(&one.title))?;
        (alike(&best.title) > 0).then(|| (best.label.clone(), why.clone()))
    });
    Diagnosis { known: host.told(), leaves, scenario }
}

/// What is known of the host that an alert is about.
struct Host<'s> {
    name: String,
    guest: Option<&'s Guest>,
    node: Option<bool>,
    targets: Vec<&'s Target>,
    /// The target that the alert is about.
    own: Option<&'s Target>,
}

impl<'s> Host<'s> {
    fn of(about: &About, store: &'s Store, now: DateTime<Utc>) -> Self {
        let instance = about.labels.get("instance").unwrap_or_default();
        let name = instance_of(instance).map(|target| target.host).unwrap_or_default();
        let fresh = store.of(SourceKind::Prometheus).filter(|source| source.is_fresh(Feed::Targets, now));
        let targets = fresh.flat_map(|source| source.data.targets.iter()).filter(|target| {
            !name.is_empty() && instance_of(&target.instance).is_ok_and(|found| found.host == name)
        });
        let targets: Vec<&Target> = targets.collect();
        let mut clusters = store.of(SourceKind::Pve).filter(|source| source.is_fresh(Feed::Guests, now));
        let guest = about.vmid.as_deref().and_then(|vmid| {
            clusters.find_map(|source| {
                let cluster = &source.data.cluster;
                let guest = cluster.guests.iter().find(|guest| guest.id.vmid.to_string() == vmid)?;
                let node = cluster.nodes.iter().find(|node| node.name == guest.node)?;
                Some((guest, node.online))
            })
        });
        let own = targets.iter().copied().find(|target| &*target.instance == instance);
        Self {
            name,
            guest: guest.map(|(guest, _)| guest),
            node: guest.and_then(|(_, node)| node),
            targets,
            own,
        }
    }

    /// Whether anything on the host answers; `None` when that cannot be said.
    fn answers(&self) -> Option<(bool, String)> {
        // What is off cannot answer, whoever refuses in its place.
        if let Answer::Fits(why) = self.stopped() {
            return Some((false, why));
        }
        if let Some(target) = self.targets.iter().find(|target| target.health == TargetHealth::Up) {
            return Some((true, format!("{} {} is up", target.job, target.instance)));
        }
        let down = |target: &&&Target| target.health == TargetHealth::Down;
        let speaks = |target: &&&Target| {
            let answers = [ErrorClass::Refused, ErrorClass::Http, ErrorClass::Tls, ErrorClass::Parse];
            target.error_class().is_some_and(|class| answers.contains(&class))
        };
        if let Some(target) = self.targets.iter().filter(down).find(speaks) {
            return Some((true, format!("the host answers, the exporter does not: {}", target.error)));
        }
        let first = self.targets.iter().find(down)?;
        Some((false, format!("nothing on {} answers: {}", self.name, first.error)))
    }

    fn told(&self) -> Vec<String> {
        let guest = self
            .guest
            .map(|guest| format!("{} {} is {} on {}", guest.id, guest.name, guest.state, guest.node));
        let node = self.node.map(|online| if online { "its node is online" } else { "its node is offline" });
        let answers =
            self.answers().map(|(_, why)| why).filter(|_| !matches!(self.stopped(), Answer::Fits(_)));
        [guest, node.map(str::to_owned), answers].into_iter().flatten().collect()
    }

    fn answer(&self, leaf: &Leaf) -> Answer {
        let path: Vec<String> = leaf.path.iter().map(|part| part.to_lowercase()).collect();
        let asks = path.first().is_some_and(|root| root.contains("unreachable"));
        let branch = path.get(1).map(String::as_str).unwrap_or_default();
        if asks && let Some((answers, why)) = self.answers() {
            let wants = if branch.starts_with("yes") {
                Some(false)
            } else {
                branch.starts_with("no").then_some(true)
            };
            if wants.is_some_and(|wants| wants != answers) {
                return Answer::RuledOut(why);
            }
        }
        let words = path.last().map(String::as_str).unwrap_or_default();
        let has = |all: &[&str]| all.iter().any(|word| words.contains(word));
        if has(&["powered off", "power off", "vm off", "vm stopped", "container stopped"]) {
            return self.stopped();
        }
        if has(&["crashed", "hung", "frozen"]) && has(&["host", "vm"]) {
            return match self.stopped() {
                Answer::Fits(why) => Answer::RuledOut(why),
                _ => self.silent(),
            };
        }
        let class = self.own.and_then(Target::error_class);
        let error = self.own.map(|target| target.error.to_string()).unwrap_or_default();
        if has(&["service stopped", "exporter stopped", "not running"]) {
            return match class {
                Some(ErrorClass::Refused) => Answer::Fits(format!("nothing listens: {error}")),
                Some(ErrorClass::Timeout) => Answer::RuledOut(format!("it is not refused: {error}")),
                _ => Answer::Open,
            };
        }
        if has(&["port blocked", "firewall"]) {
            let other_is_up = self.targets.iter().any(|target| target.health == TargetHealth::Up);
            return match class {
                Some(ErrorClass::Refused) => Answer::RuledOut(format!("it is refused, not dropped: {error}")),
                Some(ErrorClass::Timeout) if other_is_up => {
                    Answer::Fits("another port of the host answers, and this one does not".to_owned())
                }
                _ => Answer::Open,
            };
        }
        Answer::Open
    }

    fn stopped(&self) -> Answer {
        let Some(guest) = self.guest else { return Answer::Open };
        let told = format!("{} is {}", guest.id, guest.state);
        match guest.state {
            GuestState::Stopped | GuestState::Paused => Answer::Fits(told),
            GuestState::Running => Answer::RuledOut(told),
            GuestState::Unknown => Answer::Open,
        }
    }

    /// It runs, and nothing on it answers.
    fn silent(&self) -> Answer {
        let runs = self.guest.is_some_and(|guest| guest.state == GuestState::Running);
        match self.answers() {
            Some((false, why)) if runs => Answer::Fits(format!("it runs, and {why}")),
            Some((true, why)) => Answer::RuledOut(why),
            _ => Answer::Open,
        }
    }
}

/// A cause that the document knows by a message, and where the message stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// What gives it away.
    pub message: String,
    /// What it is.
    pub cause: String,
    /// What to do, where that is said.
    pub resolution: Option<String>,
    /// The line that has the message.
    pub line: String,
    /// When it was said; `None` for a line without a time.
    pub at: Option<DateTime<Utc>>,
}

/// The causes whose message stands in one of these lines, each once, at the first line that has it.
pub fn heard<'l>(
    procedure: &Procedure,
    lines: impl Iterator<Item = (&'l str, Option<DateTime<Utc>>)>,
) -> Vec<Heard> {
    let known: Vec<(String, &str, Option<&str>)> = procedure
        .causes
        .iter()
        .filter_map(|cause| {
            // What is shorter stands in every other line.
            let message = cause.message.as_deref().filter(|message| message.chars().count() > 5)?;
            Some((message.to_lowercase(), cause.cause.as_str(), cause.resolution.as_deref()))
        })
        .collect();
    if known.is_empty() {
        return Vec::new();
    }
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (line, at) in lines {
        let lower = line.to_lowercase();
        for (message, cause, resolution) in &known {
            if lower.contains(message.as_str()) && seen.insert(message.clone()) {
                found.push(Heard {
                    message: message.clone(),
                    cause: (*cause).to_owned(),
                    resolution: resolution.map(str::to_owned),
                    line: line.to_owned(),
                    at,
                });
            }
        }
    }
    found
}
