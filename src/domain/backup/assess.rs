//! The judgement of one guest's backups: how recent, how good, and one reason when it is not well.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::{BackupGroup, BackupState, Evidence, Expectation, Plan, Presence, Running, Unread, Verification};
use crate::domain::health::Health;
use crate::domain::job::Job;
use crate::domain::task::Outcome;
use crate::text;

/// A guest's backup judged: state, how bad, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// The state.
    pub state: BackupState,
    /// How bad.
    pub health: Health,
    /// Why.
    pub reason: Reason,
}

/// The one reason that is told; its `Display` is a few plain words, none when all is well.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// All is well.
    Well,
    /// The newest backup is recent and good, and a run after it failed: the task's own words.
    FailedSince(Arc<str>),
    /// Nothing recent, and nobody knows why: for so long.
    Aged(TimeDelta),
    /// There is no finished snapshot at all.
    Empty,
    /// A backup is being made; whether it comes late.
    Running {
        /// How much is done, 0 to 1.
        progress: Option<f64>,
        /// It began after the newest backup was too old.
        late: bool,
        /// There is none before it.
        first: bool,
    },
    /// The last run failed.
    TaskFailed {
        /// The task's own words.
        error: Arc<str>,
        /// Another run is under way.
        again: bool,
        /// There is no backup at all.
        empty: bool,
    },
    /// The last run failed for want of room: how full the datastore is, and the task's own words.
    NoRoom(Arc<str>, Arc<str>),
    /// No backup job has the guest.
    NoJob,
    /// Its job is switched off.
    JobDisabled(Arc<str>),
    /// Its job ran and left it out.
    Skipped(Arc<str>),
    /// The guest does not run.
    GuestOff,
    /// The guest was retired.
    Archived,
    /// The newest snapshot lies so far in the future.
    ClockSkew(TimeDelta),
    /// Two guests may share the identity: in words.
    Ambiguous(Arc<str>),
    /// The server was not heard lately.
    NotHeard,
    /// The server refuses, in its words.
    NotReadable(Arc<str>),
    /// The newest snapshot was found broken; its age.
    Corrupt(TimeDelta),
    /// Every snapshot was found broken.
    AllCorrupt,
    /// The newest good verification is so old, and the limit.
    VerifiedLongAgo(TimeDelta, TimeDelta),
    /// No snapshot was ever verified, and why, where that is known.
    NeverVerified(Option<String>),
    /// Something else is not as it should be: in words.
    Fault(Arc<str>),
}

impl Reason {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        *self == Self::Well
    }

    /// Whether it says more than that the newest backup is old.
    pub const fn is_cause(&self) -> bool {
        !matches!(self, Self::Well | Self::FailedSince(_) | Self::Aged(_))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Well => Ok(()),
            Self::FailedSince(error) => write!(to, "last run failed: {error}"),
            Self::Aged(age) => write!(to, "no backup for {}", text::age(*age)),
            Self::Empty => to.write_str("no finished backup"),
            Self::Running { progress, late, first } => {
                to.write_str(match (late, first) {
                    (_, true) => "first backup is running",
                    (true, false) => "late, running now",
                    (false, false) => "running now",
                })?;
                progress.map_or(Ok(()), |share| write!(to, " {:.0} %", share * 100.0))
            }
            Self::TaskFailed { error, again, empty } => {
                let lead = if *empty { "no backup; " } else { "" };
                let tail = if *again { "; running again" } else { "" };
                write!(to, "{lead}task failed: {error}{tail}")
            }
            Self::NoRoom(full, error) => write!(to, "{full}: {error}"),
            Self::NoJob => to.write_str("no job backs it up"),
            Self::JobDisabled(job) => write!(to, "job {job} is disabled"),
            Self::Skipped(job) => write!(to, "skipped by job {job}"),
            Self::GuestOff => to.write_str("the guest is off"),
            Self::Archived => to.write_str("archived"),
            Self::ClockSkew(ahead) => {
                write!(to, "newest backup is {} in the future: clock skew", text::age(*ahead))
            }
            Self::Ambiguous(who) => write!(to, "ambiguous: {who}"),
            Self::NotHeard => to.write_str("the backup server was not heard"),
            Self::NotReadable(why) => write!(to, "not readable: {why}"),
            Self::Corrupt(age) => write!(to, "verification of the newest failed ({} old)", text::age(*age)),
            Self::AllCorrupt => to.write_str("every snapshot failed verification"),
            Self::VerifiedLongAgo(age, limit) => {
                write!(to, "verified {}d ago (limit {}d)", age.num_days(), limit.num_days())
            }
            Self::NeverVerified(None) => to.write_str("never verified"),
            Self::NeverVerified(Some(why)) => write!(to, "never verified: {why}"),
            Self::Fault(what) => to.write_str(what),
        }
    }
}

/// A clock that is ahead by less than this is no skew worth a word.
const SKEW: TimeDelta = TimeDelta::seconds(30);

/// A backup that began this long ago has ended.
const LONGEST_BACKUP: TimeDelta = TimeDelta::hours(12);

/// Judges a group. Ages are spans between instants, so that neither zones nor the nights in which
/// clocks change make a backup younger or older than it is.
pub fn assess(
    group: &BackupGroup,
    expect: Expectation,
    evidence: &Evidence<'_>,
    now: DateTime<Utc>,
) -> Assessment {
    let is = |state, health, reason| Assessment { state, health, reason };
    if expect.exempt {
        return is(BackupState::Exempt, Health::Ok, Reason::Well);
    }
    if evidence.guest == Presence::Archived {
        return is(BackupState::Exempt, Health::Ok, Reason::Archived);
    }
    match &evidence.unread {
        Some(Unread::NotHeard) => return is(BackupState::Unknown, Health::Unknown, Reason::NotHeard),
        Some(Unread::Refused(why)) => {
            return is(BackupState::Unknown, Health::Unknown, Reason::NotReadable(Arc::clone(why)));
        }
        None => {}
    }
    if let Some(who) = &evidence.ambiguous {
        return is(BackupState::Ambiguous, Health::Warning, Reason::Ambiguous(Arc::clone(who)));
    }
    let (Some(newest), Some(good)) = (group.newest(), group.last_good()) else {
        return without_good(group, evidence);
    };
    if newest.at - now > SKEW {
        return is(BackupState::Unknown, Health::Unknown, Reason::ClockSkew(newest.at - now));
    }
    if let Some(Verification::Failed(_)) = newest.verification {
        return is(BackupState::Failed, Health::Critical, Reason::Corrupt(now - newest.at));
    }
    if now - good.at > expect.rpo {
        return late(good.at, expect.rpo, evidence, now);
    }
    if let Some(running) = evidence.running {
        let reason = Reason::Running { progress: running.progress, late: false, first: false };
        return is(BackupState::Running, Health::Ok, reason);
    }
    if let Some(reason) = unverified(group, expect, &evidence.verify, now) {
        return is(BackupState::Unverified, Health::Warning, reason);
    }
    let since = broke(good.at, evidence).map(Arc::clone);
    is(BackupState::Ok, Health::Ok, since.map_or(Reason::Well, Reason::FailedSince))
}

/// The failure of the last run, if that was after the newest good backup: one from before is over.
fn broke<'e>(good: DateTime<Utc>, evidence: &'e Evidence<'_>) -> Option<&'e Arc<str>> {
    evidence.last_run.as_ref().filter(|run| run.ended > good)?.error.as_ref()
}

/// A group without one snapshot that could be restored.
fn without_good(group: &BackupGroup, evidence: &Evidence<'_>) -> Assessment {
    let error = evidence.last_run.as_ref().and_then(|run| run.error.as_ref());
    let (state, health, reason) = match (group.newest(), evidence.running, error) {
        (Some(_), ..) => (BackupState::Failed, Health::Critical, Reason::AllCorrupt),
        (None, Some(Running { progress, .. }), _) => {
            let reason = Reason::Running { progress, late: true, first: true };
            (BackupState::Running, Health::Warning, reason)
        }
        (None, None, Some(error)) => {
            let reason = failed(error, false, true, evidence);
            (BackupState::Failed, Health::Critical, reason)
        }
        (None, None, None) => {
            (BackupState::Late, Health::Critical, obstacle(evidence).unwrap_or(Reason::Empty))
        }
    };
    Assessment { state, health, reason }
}

/// A group whose newest good backup is older than its RPO.
fn late(good: DateTime<Utc>, rpo: TimeDelta, evidence: &Evidence<'_>, now: DateTime<Utc>) -> Assessment {
    let age = now - good;
    let overdue = if age > rpo * 2 { Health::Critical } else { Health::Warning };
    let (state, health, reason) = match (broke(good, evidence), evidence.running) {
        (Some(error), running) => {
            (BackupState::Failed, Health::Critical, failed(error, running.is_some(), false, evidence))
        }
        (None, Some(Running { since, progress })) => {
            // A run that began in time makes the newest no older than it had to be.
            let late = since - good > rpo;
            let health = if late { overdue } else { Health::Ok };
            (BackupState::Running, health, Reason::Running { progress, late, first: false })
        }
        (None, None) => (BackupState::Late, overdue, obstacle(evidence).unwrap_or(Reason::Aged(age))),
    };
    Assessment { state, health, reason }
}

/// Why the last run failed: for want of room, where there is none.
fn failed(error: &Arc<str>, again: bool, empty: bool, evidence: &Evidence<'_>) -> Reason {
    let says_so = ["ENOSPC", "No space left", "out of space", "quota exceeded"];
    let full = evidence.full.clone();
    let full = full.or_else(|| says_so.iter().any(|word| error.contains(word)).then(|| "no room".into()));
    match full {
        Some(full) => Reason::NoRoom(full, Arc::clone(error)),
        None => Reason::TaskFailed { error: Arc::clone(error), again, empty },
    }
}

/// What keeps backups from being made, as far as the hypervisor knows.
fn obstacle(evidence: &Evidence<'_>) -> Option<Reason> {
    match &evidence.plan {
        Plan::NoJob => Some(Reason::NoJob),
        Plan::Disabled(job) => Some(Reason::JobDisabled(Arc::clone(job))),
        Plan::Skipped(job) => Some(Reason::Skipped(Arc::clone(job))),
        Plan::Unknown | Plan::Scheduled(..) => (evidence.guest == Presence::Off).then_some(Reason::GuestOff),
    }
}

/// Why what is there cannot be trusted, although no verification found it broken.
fn unverified(group: &BackupGroup, expect: Expectation, jobs: &[&Job], now: DateTime<Utc>) -> Option<Reason> {
    if let Some(at) = group.last_verified().and_then(|snapshot| snapshot.verified()) {
        let age = now - at;
        return (age > expect.verify_max_age).then_some(Reason::VerifiedLongAgo(age, expect.verify_max_age));
    }
    let newest = group.newest()?;
    if now - newest.at > expect.verify_max_age {
        return Some(Reason::NeverVerified(None));
    }
    let oldest = group.snapshots.first()?.at;
    let missed = jobs.iter().find_map(|job| missed(job, oldest, expect, now))?;
    Some(Reason::NeverVerified(Some(missed)))
}

/// How a job that should have verified a snapshot of the time `there` did not.
fn missed(job: &Job, there: DateTime<Utc>, expect: Expectation, now: DateTime<Utc>) -> Option<String> {
    let id = &job.id;
    let run = job.last.as_ref().filter(|run| run.ended.is_some());
    let ended = run.and_then(|run| run.ended);
    let began = run.and_then(|run| run.began.or(run.ended));
    match run.map(|run| &run.outcome) {
        Some(Outcome::Failed(error)) if began.is_some_and(|began| began > there) => {
            Some(format!("job {id} failed: {error}"))
        }
        _ if job.is_overdue(now) => Some(format!("job {id} is overdue")),
        _ if ended.is_some_and(|ended| now - ended > expect.verify_max_age) => {
            Some(format!("job {id} has not run for {}", text::age(now - ended?)))
        }
        // A first backup may have been under way while the job passed by.
        Some(_) if began.is_some_and(|began| began - there > LONGEST_BACKUP) => {
            Some(format!("job {id} passed it over"))
        }
        _ => None,
    }
}
