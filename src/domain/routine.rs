//! The routines of a homelab: what is looked at every day, week and month, and after a change. A line
//! that data at hand can answer ticks itself, or says that it cannot be known.

use std::sync::Arc;

use chrono::{DateTime, Months, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::backup::BackupState;
use super::feed::{Feed, SourceKind};
use super::health::Health;
use super::horizon::When;
use super::hosts;
use super::measure::Weight;
use super::slo::Window;
use super::store::Store;
use super::target::TargetHealth;
use super::verdict::{Scope, judge, judged_backups};

/// How often a routine is due.
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
    strum::EnumString,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Cadence {
    /// Every day.
    Daily,
    /// Every week.
    Weekly,
    /// Every month.
    Monthly,
    /// After a major change: after each maintenance.
    Change,
}

impl Cadence {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Daily, Self::Weekly, Self::Monthly, Self::Change];

    /// The lines of its list.
    pub const fn lines(self) -> &'static [Line] {
        match self {
            Self::Daily => &DAILY,
            Self::Weekly => &WEEKLY,
            Self::Monthly => &MONTHLY,
            Self::Change => &CHANGE,
        }
    }
}

/// A line of a routine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// What is to be so, or to be done.
    pub text: &'static str,
    /// What answers it; nothing where only a person can.
    pub probe: Option<Probe>,
}

/// What answers a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// The verdict on everything.
    Verdict,
    /// What is scraped and what is looked at from here answers.
    Doors,
    /// No datastore and no file system is near its end.
    Room,
    /// These measures are well on every host.
    Measures(&'static [&'static str]),
    /// A restore was tried within a month.
    Restore,
    /// Every backup is as it should be.
    Backups,
}

const fn probed(text: &'static str, probe: Probe) -> Line {
    Line { text, probe: Some(probe) }
}

const fn by_hand(text: &'static str) -> Line {
    Line { text, probe: None }
}

static DAILY: [Line; 4] = [
    probed("the verdict has nothing to say", Probe::Verdict),
    probed("key services answer", Probe::Doors),
    probed("storage is not near saturation", Probe::Room),
    probed("every backup is as it should be", Probe::Backups),
];

static WEEKLY: [Line; 4] = [
    probed("SnapRAID has no errors", Probe::Measures(&["snapraid-errors"])),
    probed("SnapRAID was synced and scrubbed lately", Probe::Measures(&["snapraid-sync", "snapraid-scrub"])),
    probed(
        "no container restarts or is unhealthy",
        Probe::Measures(&["restarts", "containers", "container-health"]),
    ),
    by_hand("the next scrub window is planned"),
];

static MONTHLY: [Line; 3] = [
    probed("SnapRAID was scrubbed", Probe::Measures(&["snapraid-scrub"])),
    probed("every disk calls itself healthy", Probe::Measures(&["smart"])),
    probed("it was tried whether backups can be restored", Probe::Restore),
];

static CHANGE: [Line; 4] = [
    by_hand("storage was rebooted: mergerfs and samba came back by themselves"),
    by_hand("service nodes were rebooted: automounts and services came back by themselves"),
    probed("every target answers after each layer", Probe::Doors),
    probed("no file system is read-only, no mount hangs", Probe::Measures(&["read-only", "mount-error"])),
];

/// What a line comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Ok, critical when it is not so, unknown when nobody can say; nothing when only a person can.
    pub state: Option<Health>,
    /// What that rests on.
    pub evidence: String,
}

/// A routine that was worked through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Which.
    pub routine: Cadence,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: Arc<str>,
    /// What they noted.
    pub note: Arc<str>,
    /// Its lines, each with what it came to: `ok`, `critical`, `unknown`, or `by hand`.
    pub lines: Vec<(Arc<str>, Arc<str>)>,
}

/// What a line comes to with what is known.
pub fn look(line: &Line, store: &Store, now: DateTime<Utc>) -> Outcome {
    let Some(probe) = line.probe else {
        return Outcome { state: None, evidence: "by hand".to_owned() };
    };
    let (state, evidence) = match probe {
        Probe::Verdict => {
            let verdict = judge(store, Scope { logs: false, ..Scope::ALL }, now);
            (verdict.state, verdict.text)
        }
        Probe::Doors => doors(store, now),
        Probe::Room => room(store, now),
        Probe::Measures(names) => measures(names, store, now),
        Probe::Restore => restore(store, now),
        Probe::Backups => backups(store, now),
    };
    // A warning is not as it should be either.
    let state = if state == Health::Warning { Health::Critical } else { state };
    Outcome { state: Some(state), evidence }
}

fn doors(store: &Store, now: DateTime<Utc>) -> (Health, String) {
    let mut heard = false;
    let (mut all, mut bad) = (0, Vec::new());
    for source in store.of(SourceKind::Prometheus) {
        if !source.is_fresh(Feed::Targets, now) {
            return (Health::Unknown, format!("{} is not heard", source.id));
        }
        heard = true;
        all += source.data.targets.len();
        let down = source.data.targets.iter().filter(|target| target.health != TargetHealth::Up);
        bad.extend(down.map(|target| target.instance.to_string()));
    }
    for source in store.of(SourceKind::Probe).filter(|source| source.is_fresh(Feed::Probes, now)) {
        heard = true;
        all += source.data.probes.len();
        bad.extend(
            source.data.probes.iter().filter(|door| !door.is_well()).map(|door| door.name.to_string()),
        );
    }
    match bad.first() {
        _ if !heard => (Health::Unknown, "nothing looks at any service".to_owned()),
        None => (Health::Ok, format!("{all} of {all} answer")),
        Some(first) => (Health::Critical, format!("{} of {all} do not, {first} first", bad.len())),
    }
}

fn room(store: &Store, now: DateTime<Utc>) -> (Health, String) {
    let limits = &store.thresholds.fill;
    let mut heard = false;
    for source in store.of(SourceKind::Pbs) {
        if !source.is_fresh(Feed::Datastores, now) {
            return (Health::Unknown, format!("{} is not heard", source.id));
        }
        heard = true;
        let bad = source.data.datastores.iter().find(|one| one.health(limits, now) != Health::Ok);
        if let Some(bad) = bad {
            return (bad.health(limits, now), format!("datastore {}", bad.name));
        }
    }
    match measures(&["disk", "full-in"], store, now) {
        (Health::Unknown, _) if heard => (Health::Unknown, "no file system is measured".to_owned()),
        other => other,
    }
}

/// How these measures are on all hosts: nothing measured is unknown, never fine.
fn measures(names: &[&str], store: &Store, now: DateTime<Utc>) -> (Health, String) {
    let hosts = store.hosts();
    let known: usize = hosts
        .iter()
        .flat_map(|host| names.iter().filter_map(|name| host.values.get(name)))
        .map(<[_]>::len)
        .sum();
    if known == 0 || !hosts::is_measured(store, now) {
        return (Health::Unknown, format!("nothing measures {}", names.join(", ")));
    }
    let faults = hosts.iter().flat_map(|host| host.faults.iter().map(move |fault| (host, fault)));
    let mut bad = faults
        .filter(|(_, fault)| names.contains(&&*fault.measure) && matches!(fault.weight, Weight::Bad(_)));
    match bad.next() {
        None => (Health::Ok, format!("{known} values, all well")),
        Some((host, fault)) => (Health::Critical, format!("{}: {}", host.name, fault.text)),
    }
}

fn restore(store: &Store, now: DateTime<Utc>) -> (Health, String) {
    match store.drills.iter().max_by_key(|drill| drill.at) {
        None => (Health::Unknown, "no restore was ever tried here".to_owned()),
        Some(last) => {
            let day = last.at.format("%Y-%m-%d");
            let state = if now - last.at <= TimeDelta::days(31) { Health::Ok } else { Health::Critical };
            (state, format!("{} on {day} by {}", last.group, last.by))
        }
    }
}

fn backups(store: &Store, now: DateTime<Utc>) -> (Health, String) {
    let judged = judged_backups(store, now);
    let expected = judged.iter().filter(|one| one.assessment.state != BackupState::Exempt);
    let expected: Vec<_> = expected.collect();
    let bad = expected.iter().find(|one| one.assessment.health != Health::Ok);
    match bad {
        _ if expected.is_empty() => (Health::Unknown, "no backup is known".to_owned()),
        None => (Health::Ok, format!("{} of {0} are", expected.len())),
        Some(bad) => {
            (bad.assessment.health, format!("{} {}", bad.group.id, bad.group.guest).trim_end().to_owned())
        }
    }
}

/// The last time that a routine was worked through.
pub fn last(done: &[Done], routine: Cadence) -> Option<&Done> {
    done.iter().filter(|one| one.routine == routine).max_by_key(|one| one.at)
}

/// When a routine is next due; `None` when nothing makes it due. One that was never worked through is due
/// now: that is known, and waits for nothing.
pub fn due(routine: Cadence, done: &[Done], maintained: &[Window]) -> Option<When> {
    let last = last(done, routine).map(|one| one.at);
    let at = match routine {
        Cadence::Daily => last.map(|last| last + TimeDelta::days(1)),
        Cadence::Weekly => last.map(|last| last + TimeDelta::days(7)),
        Cadence::Monthly => last.and_then(|last| last.checked_add_months(Months::new(1))),
        Cadence::Change => {
            let changed = maintained.iter().map(|window| window.to).max()?;
            return last.is_none_or(|last| last < changed).then_some(When::At(changed));
        }
    };
    Some(at.map_or_else(|| When::Now("never worked through here".into()), When::At))
}

#[cfg(test)]
#[path = "routine_tests.rs"]
mod tests;
