//! What the backups and the datastores that hold them say.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Condition, Counts, Finding, weigh};
use crate::domain::backup::{
    Assessment, BackupGroup, BackupState, Evidence, Expectation, GroupId, Plan, Reason, Took, assess,
};
use crate::domain::cluster;
use crate::domain::correlate::{self, History, Owner};
use crate::domain::datastore::Datastore;
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::guest::GuestId;
use crate::domain::health::Health;
use crate::domain::store::{SourceState, Store};
use crate::domain::subject::Subject;
use crate::text;

/// A backup group with its judgement, and where it is kept.
#[derive(Clone, Debug)]
pub struct JudgedBackup<'a> {
    /// The server that holds it.
    pub source: &'a SourceState,
    /// The group.
    pub group: &'a BackupGroup,
    /// The judgement.
    pub assessment: Assessment,
    /// What is expected of it.
    pub expect: Expectation,
    /// The job that makes it, as far as anybody knows.
    pub plan: Plan,
    /// What the server tells of its runs; nothing of what is no backup server.
    history: Option<Arc<History<'a>>>,
}

impl JudgedBackup<'_> {
    /// How long its runs take, as far as a backup server's list of tasks tells.
    pub fn took(&self) -> Option<Took> {
        self.history.as_ref()?.took(self.group)
    }
}

/// Every backup group judged, the worst first, then by kind and id.
pub fn judged_backups(store: &Store, now: DateTime<Utc>) -> Vec<JudgedBackup<'_>> {
    let mut all: Vec<JudgedBackup<'_>> = Vec::new();
    let mut saved = Vec::new();
    for source in store.of(SourceKind::Pbs) {
        let history = Arc::new(History::of(&source.data));
        for group in &*source.data.groups {
            let owner = correlate::owner(store, source, &group.id, now);
            let expect = store.thresholds.expect(group, owner.tags());
            let mut evidence = correlate::evidence(group, source, &history, now);
            evidence.full = full(store, source, &group.id.datastore, now);
            owner.tell(&mut evidence, now);
            let assessment = assess(group, expect, &evidence, now);
            let history = Some(Arc::clone(&history));
            all.push(JudgedBackup { source, group, assessment, expect, plan: evidence.plan, history });
            saved.push(owner);
        }
    }
    all.extend(unsaved(store, &saved, now));
    all.extend(store.of(SourceKind::Files).flat_map(|source| archives(source, store, now)));
    let metered = store.of(SourceKind::Prometheus).flat_map(|source| archives(source, store, now));
    let metered: Vec<JudgedBackup<'_>> = metered.filter(|one| !is_known(store, &one.group.id)).collect();
    all.extend(metered);
    all.extend(listed(store, now));
    let rank = |one: &JudgedBackup<'_>| {
        let Assessment { state, health, reason } = &one.assessment;
        (*health, *state, matches!(reason, Reason::FailedSince(_)))
    };
    all.sort_by(|one, other| rank(other).cmp(&rank(one)).then_with(|| one.group.id.cmp(&other.group.id)));
    all
}

/// How full a datastore is, in words, when nothing more goes into it.
fn full(store: &Store, source: &SourceState, name: &str, now: DateTime<Utc>) -> Option<Arc<str>> {
    let datastore = source.data.datastores.iter().find(|one| &*one.name == name);
    let share = datastore.filter(|_| source.is_fresh(Feed::Datastores, now))?.share()?;
    let is_full = share > store.thresholds.fill.critical_used;
    is_full.then(|| format!("datastore {name} is {:.0} % full", share * 100.0).into())
}

/// The failed backups that a full datastore is the cause of: they fold under it.
pub fn starved<'j>(
    judged: &'j [JudgedBackup<'_>],
    source: &'j SourceState,
    datastore: &'j str,
) -> impl Iterator<Item = &'j JudgedBackup<'j>> {
    judged.iter().filter(move |one| {
        one.source.id == source.id
            && &*one.group.id.datastore == datastore
            && matches!(one.assessment.reason, Reason::NoRoom(..))
    })
}

/// Backups that are kept elsewhere than on a backup server.
fn archives<'s>(
    source: &'s SourceState,
    store: &'s Store,
    now: DateTime<Utc>,
) -> impl Iterator<Item = JudgedBackup<'s>> {
    let files = source.data.files.iter().map(|archive| (Feed::Files, archive));
    let programs = source.data.programs.iter().map(|archive| (Feed::Programs, archive));
    let kept = source.data.kept.iter().map(|archive| (Feed::Kept, archive));
    files.chain(programs).chain(kept).map(move |(feed, archive)| {
        let group = &archive.group;
        let known = store.thresholds.expect(group, &[]);
        let expect = Expectation { rpo: archive.rpo.unwrap_or(known.rpo), ..known };
        let assessment = archive.assess(expect, source.is_fresh(feed, now), now);
        JudgedBackup { source, group, assessment, expect, plan: Plan::Unknown, history: None }
    })
}

/// Whether a server itself tells of the guest that a metric tells of: it knows more.
fn is_known(store: &Store, id: &GroupId) -> bool {
    let same = |kind: &str| *kind == *id.kind || &*id.kind == "guest";
    let servers = store.of(SourceKind::Pbs).chain(store.of(SourceKind::Pve));
    servers.flat_map(|source| &*source.data.groups).any(|group| group.id.id == id.id && same(&group.id.kind))
}

/// The guests of the operator's own list that nobody has a backup of. Where a hypervisor is asked, it
/// knows its guests itself.
fn listed(store: &Store, now: DateTime<Utc>) -> Vec<JudgedBackup<'_>> {
    let Some(source) = store.of(SourceKind::Pbs).next() else { return Vec::new() };
    if store.of(SourceKind::Pve).next().is_some() {
        return Vec::new();
    }
    let metered = |id: &str| {
        let kept = store.of(SourceKind::Prometheus).flat_map(|source| &*source.data.kept);
        kept.map(|archive| &archive.group.id.id).any(|known| **known == *id)
    };
    let unread = correlate::unread(store, now);
    let missing =
        store.thresholds.listed.iter().filter(|group| !is_known(store, &group.id) && !metered(&group.id.id));
    let judge = |group| {
        let expect = store.thresholds.expect(group, &[]);
        let evidence = Evidence { unread: unread.clone(), ..Evidence::default() };
        let mut assessment = assess(group, expect, &evidence, now);
        if assessment.reason == Reason::Empty {
            assessment.reason = Reason::Fault("it is in [hosts], and no backup server has it".into());
        }
        JudgedBackup { source, group, assessment, expect, plan: Plan::Unknown, history: None }
    };
    missing.map(judge).collect()
}

/// The guests that no backup server has a group of: they are known from their hypervisor only.
fn unsaved<'s>(store: &'s Store, saved: &[Owner<'s>], now: DateTime<Utc>) -> Vec<JudgedBackup<'s>> {
    let mut all = Vec::new();
    for source in store.of(SourceKind::Pve) {
        for group in &*source.data.groups {
            let Some(guest) =
                GuestId::of(&group.id.kind, &group.id.id).and_then(|id| source.data.cluster.guest(id))
            else {
                continue;
            };
            if saved.iter().any(|owner| owner.may_be(source, guest.id)) {
                continue;
            }
            let expect = store.thresholds.expect(group, &guest.tags);
            let evidence = correlate::lone(store, source, guest, now);
            let mut assessment = assess(group, expect, &evidence, now);
            if let (Plan::Scheduled(job, next), Reason::Empty | Reason::GuestOff) =
                (&evidence.plan, &assessment.reason)
            {
                let next = next.map(|at| format!(" in {}", text::age(at - now))).unwrap_or_default();
                assessment.health = Health::Warning;
                assessment.reason = Reason::Fault(format!("never backed up; job {job} runs{next}").into());
            }
            all.push(JudgedBackup { source, group, assessment, expect, plan: evidence.plan, history: None });
        }
    }
    all
}

pub(super) fn backups(
    store: &Store,
    all: &[JudgedBackup<'_>],
    now: DateTime<Utc>,
    counts: &mut Counts,
) -> Vec<Finding> {
    let mut found = Vec::new();
    for judged in all {
        let Assessment { state, health, reason } = &judged.assessment;
        if *state == BackupState::Exempt {
            counts.exempt += 1;
            continue;
        }
        counts.backups += usize::from(judged.source.knows_backups(now));
        counts.backups_ok += usize::from(*health == Health::Ok);
        if matches!(reason, Reason::NoRoom(..)) && judged.source.is_fresh(Feed::Datastores, now) {
            continue;
        }
        let id = &judged.group.id;
        let name = if judged.group.guest.is_empty() {
            id.to_string()
        } else {
            format!("{id} {}", judged.group.guest)
        };
        found.push(Finding {
            health: weigh(Condition::Backup { state: *state, health: *health }),
            text: match judged.group.age(now).filter(|_| *state == BackupState::Late) {
                Some(age) => {
                    let cause = if reason.is_cause() { format!(": {reason}") } else { String::new() };
                    let (age, rpo) = (text::age_of(Some(age)), text::age(judged.expect.rpo));
                    format!("backup {name} is {age} old, RPO {rpo}{cause}")
                }
                // The reason says it already.
                None if reason.to_string().contains(state.as_ref()) => format!("backup {name}: {reason}"),
                None => format!("backup {name} {state}: {reason}"),
            },
            subject: Some(Subject::Backup { source: judged.source.id.clone(), group: id.clone() }),
        });
    }
    for source in store.of(SourceKind::Pbs) {
        if source.is_fresh(Feed::Snapshots, now) {
            found.extend(unreadable(source, now));
        }
        found.extend(certificate(source, now));
        found.extend(root_disk(source, store, now));
        if source.is_fresh(Feed::Datastores, now) {
            counts.exempt += source.data.datastores.iter().filter(|one| one.maintenance.is_some()).count();
            found.extend(source.data.datastores.iter().map(|datastore| {
                let failed = starved(all, source, &datastore.name).count();
                fill(source, datastore, failed, store, now)
            }));
        }
    }
    found
}

/// What the token may not read. A datastore that is offline or in maintenance is not told twice.
fn unreadable(source: &SourceState, now: DateTime<Utc>) -> impl Iterator<Item = Finding> {
    let heard = source.is_fresh(Feed::Datastores, now);
    let is_told = move |name: &str| {
        let mut stores = source.data.datastores.iter().filter(|_| heard);
        stores.any(|store| &*store.name == name && (store.maintenance.is_some() || store.error.is_some()))
    };
    source.data.unreadable.iter().filter(move |denied| !is_told(&denied.datastore)).map(|denied| {
        let namespace =
            if denied.namespace.is_empty() { String::new() } else { format!("/{}", denied.namespace) };
        Finding {
            health: weigh(Condition::Unreadable),
            text: format!("datastore {}{namespace} is not readable: {}", denied.datastore, denied.reason),
            subject: Some(Subject::Datastore { source: source.id.clone(), name: denied.datastore.clone() }),
        }
    })
}

/// A certificate that ends soon.
fn certificate(source: &SourceState, now: DateTime<Utc>) -> Option<Finding> {
    let server = source.data.server.as_ref().filter(|_| source.is_fresh(Feed::Server, now))?;
    let until = server.certificate?;
    let left = until - now;
    let when = if left > TimeDelta::zero() {
        format!("ends in {}", text::age(left))
    } else {
        format!("ended {} ago", text::age(-left))
    };
    Some(Finding {
        health: weigh(Condition::Certificate(server.certificate_health(now))),
        text: format!("the certificate of {} {when}", source.id),
        subject: Some(Subject::Source(source.id.clone())),
    })
}

/// The root file system of a server's machine: full, no task of it writes its log.
fn root_disk(source: &SourceState, store: &Store, now: DateTime<Utc>) -> Option<Finding> {
    let server = source.data.server.as_ref().filter(|_| source.is_fresh(Feed::Server, now))?;
    let (used, total) = server.machine?.root;
    let (share, health) = cluster::fill(Some(used), Some(total), &store.thresholds.fill)?;
    Some(Finding {
        health: weigh(Condition::Datastore(health)),
        text: format!("the root disk of {} is {:.0} % full", source.id, share * 100.0),
        subject: Some(Subject::Source(source.id.clone())),
    })
}

/// How full a datastore is, and how many backups failed for it.
fn fill(
    source: &SourceState,
    datastore: &Datastore,
    failed: usize,
    store: &Store,
    now: DateTime<Utc>,
) -> Finding {
    let name = &datastore.name;
    let soon = datastore.full_at.filter(|at| *at - now < store.thresholds.fill.warn_within);
    let text = match (&datastore.error, datastore.share(), soon) {
        (Some(error), ..) => format!("datastore {name} is offline: {error}"),
        (None, Some(share), None) => format!("datastore {name} is {:.0} % full", share * 100.0),
        (None, Some(share), Some(at)) => {
            format!("datastore {name} is {:.0} % full, all of it in {}", share * 100.0, text::age(at - now))
        }
        (None, None, _) => format!("datastore {name} does not say how full it is"),
    };
    let (health, text) = match failed {
        0 => (datastore.health(&store.thresholds.fill, now), text),
        1 => (Health::Critical, format!("{text}: a backup failed for it")),
        failed => (Health::Critical, format!("{text}: {failed} backups failed for it")),
    };
    Finding {
        health: weigh(Condition::Datastore(health)),
        text,
        subject: Some(Subject::Datastore { source: source.id.clone(), name: name.clone() }),
    }
}
