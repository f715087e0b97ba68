//! Backup groups and the guests they are of. A VMID is an identity within one cluster only: two
//! clusters that write into one namespace may both have a guest 100.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::backup::{Evidence, GroupId, LastRun, Plan, Presence, Running, Unread};
use crate::domain::cluster::Cluster;
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::guest::{Guest, GuestId, GuestState};
use crate::domain::job::JobKind;
use crate::domain::store::{SourceState, Store};
use crate::domain::task::Outcome;

/// Whose backups a group holds.
#[derive(Clone, Debug)]
pub enum Owner<'s> {
    /// It is not known: no hypervisor has such a guest, or it is a host's.
    Nobody,
    /// This guest of this hypervisor.
    Guest(&'s SourceState, &'s Guest),
    /// Several hypervisors have such a guest, and nothing says whose it is.
    Several(Vec<&'s SourceState>, GuestId),
    /// The hypervisor whose namespace it is has it no more.
    Gone,
}

/// A backup task of the backup server and one of the hypervisor that end so close to each other
/// are the same run.
const SAME_RUN: TimeDelta = TimeDelta::minutes(5);

/// Whose backups the group `id` of the backup server `source` holds.
pub fn owner<'s>(store: &'s Store, source: &SourceState, id: &GroupId, now: DateTime<Utc>) -> Owner<'s> {
    let Some(guest) = GuestId::of(&id.kind, &id.id) else { return Owner::Nobody };
    let mut mappings = store.thresholds.clusters.iter();
    let mapped = mappings.find(|one| one.source == source.id && one.namespace == id.namespace);
    let is_meant = |pve: &&SourceState| {
        mapped.is_none_or(|one| pve.id.name == one.cluster || pve.data.cluster.name == one.cluster)
    };
    let meant: Vec<&SourceState> = store.of(SourceKind::Pve).filter(is_meant).collect();
    let have: Vec<(&SourceState, &Guest)> =
        meant.iter().filter_map(|pve| Some((*pve, pve.data.cluster.guest(guest)?))).collect();
    // Where each site has such a guest, what was written at one is of that one's; what a job brings, or what
    // lies in a namespace, may be another's.
    let is_written_here = || id.namespace.is_empty() && !is_brought(source, id);
    let near = have.iter().filter(|(pve, _)| pve.apart == source.apart && !pve.apart.is_empty());
    let near: Vec<&(&SourceState, &Guest)> = near.collect();
    if let [(pve, guest)] = near.as_slice()
        && mapped.is_none()
        && is_written_here()
    {
        return Owner::Guest(pve, guest);
    }
    match have.as_slice() {
        [(pve, guest)] => Owner::Guest(pve, guest),
        // Only who is said to own the namespace, and shows all of its guests, can miss one.
        [] if mapped.is_some() && !meant.is_empty() && meant.iter().all(|pve| shows_all(pve, now)) => {
            Owner::Gone
        }
        [] => Owner::Nobody,
        several => Owner::Several(several.iter().map(|(pve, _)| *pve).collect(), guest),
    }
}

/// Whether a job of the server pulls this group from another.
fn is_brought(source: &SourceState, id: &GroupId) -> bool {
    let mut jobs = source.data.jobs.iter();
    jobs.any(|job| job.kind == JobKind::Sync && !job.pushes && job.covers(id))
}

fn shows_all(pve: &SourceState, now: DateTime<Utc>) -> bool {
    pve.is_fresh(Feed::Guests, now) && pve.data.cluster.partial.is_none()
}

impl Owner<'_> {
    /// The tags of the guest.
    pub fn tags(&self) -> &[Arc<str>] {
        match self {
            Self::Guest(_, guest) => &guest.tags,
            _ => &[],
        }
    }

    /// Whether the group may hold the backups of this guest.
    pub fn may_be(&self, pve: &SourceState, guest: GuestId) -> bool {
        match self {
            Self::Guest(source, own) => source.id == pve.id && own.id == guest,
            Self::Several(sources, id) => *id == guest && sources.iter().any(|source| source.id == pve.id),
            Self::Nobody | Self::Gone => false,
        }
    }

    /// Adds what the hypervisor knows to what the backup server says.
    pub fn tell(&self, evidence: &mut Evidence<'_>, now: DateTime<Utc>) {
        match self {
            Self::Nobody => {}
            Self::Gone => evidence.guest = Presence::Archived,
            Self::Several(sources, id) => {
                let names: Vec<&str> = sources.iter().map(|source| &*source.id.name).collect();
                let who = format!("{} have a guest {id}", names.join(" and "));
                evidence.ambiguous.get_or_insert(who.into());
            }
            Self::Guest(pve, guest) => tell(pve, guest, evidence, now),
        }
    }
}

/// What is known of the backups of a guest that no backup server has a group of.
pub fn lone<'s>(store: &Store, pve: &SourceState, guest: &Guest, now: DateTime<Utc>) -> Evidence<'s> {
    let mut evidence = Evidence { unread: unknown(store, pve, now), ..Evidence::default() };
    tell(pve, guest, &mut evidence, now);
    evidence
}

/// Why nobody can say that there is no backup of a guest of `pve`, if so.
fn unknown(store: &Store, pve: &SourceState, now: DateTime<Utc>) -> Option<Unread> {
    if !pve.is_fresh(Feed::Guests, now) {
        return Some(Unread::Refused(format!("{} was not heard", pve.id).into()));
    }
    let jobs = || (!pve.is_fresh(Feed::Schedules, now)).then(|| format!("the jobs of {}", pve.id).into());
    unread(store, now).or_else(|| jobs().map(Unread::Refused))
}

/// Why nobody can say that no backup server has a backup, if so.
pub fn unread(store: &Store, now: DateTime<Utc>) -> Option<Unread> {
    let mut servers = store.of(SourceKind::Pbs);
    if servers.any(|source| !source.is_fresh(Feed::Snapshots, now)) {
        return Some(Unread::NotHeard);
    }
    let mut hidden = store.of(SourceKind::Pbs).flat_map(|source| &*source.data.unreadable);
    if let Some(hidden) = hidden.next() {
        return Some(Unread::Refused(format!("its backup may lie in datastore {}", hidden.datastore).into()));
    }
    None
}

fn tell(pve: &SourceState, guest: &Guest, evidence: &mut Evidence<'_>, now: DateTime<Utc>) {
    let cluster: &Cluster = &pve.data.cluster;
    if pve.is_fresh(Feed::Guests, now) {
        evidence.guest = match guest.state {
            GuestState::Running | GuestState::Paused => Presence::On,
            GuestState::Stopped => Presence::Off,
            GuestState::Unknown => Presence::Unknown,
        };
    }
    // A copy that another job brings is no business of the hypervisor's.
    if evidence.plan != Plan::Unknown {
        return;
    }
    if pve.is_fresh(Feed::Schedules, now) {
        evidence.plan = cluster.plan(guest);
    }
    let Some(dump) = cluster.dump(guest.id).filter(|_| pve.is_fresh(Feed::Dumps, now)) else { return };
    match (&dump.outcome, dump.ended) {
        (Outcome::Running, _) => {
            let progress = dump.progress.map(|percent| f64::from(percent) / 100.0);
            let running = evidence.running.get_or_insert(Running { since: dump.started, progress });
            running.progress = running.progress.or(progress);
        }
        // The backup server tells of the same run what it saw of it; what never came so far, only
        // the hypervisor knows.
        (Outcome::Failed(error), Some(ended))
            if evidence.last_run.as_ref().is_none_or(|run| ended > run.ended + SAME_RUN) =>
        {
            evidence.last_run = Some(LastRun { ended, error: Some(Arc::clone(error)) });
        }
        _ => {}
    }
}

#[cfg(test)]
#[path = "guests_tests.rs"]
mod tests;
