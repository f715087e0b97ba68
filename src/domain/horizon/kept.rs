//! What comes due of backups and of where they are kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Due, Kind, When, unheard};
use crate::domain::backup::BackupState;
use crate::domain::drill;
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::store::{SourceState, Store};
use crate::domain::subject::Subject;
use crate::domain::verdict::{JudgedBackup, judged_backups};

pub(super) fn due(store: &Store, now: DateTime<Utc>) -> Vec<Due> {
    let judged = judged_backups(store, now);
    let mut all = Vec::new();
    for source in store.of(SourceKind::Pbs) {
        all.extend(datastores(source, now));
        all.extend(certificate(source, now));
        let own = judged.iter().filter(|one| {
            one.source.id == source.id
                && !one.group.snapshots.is_empty()
                && one.assessment.state != BackupState::Exempt
        });
        let own: Vec<&JudgedBackup<'_>> = own.collect();
        all.extend(verifications(source, &own, now));
        all.extend(drills(source, &own, store, now));
    }
    all
}

fn datastores(source: &SourceState, now: DateTime<Utc>) -> Vec<Due> {
    let full = |what: &Arc<str>, at: When| Due {
        kind: Kind::Datastore,
        what: Arc::clone(what),
        then: "full".into(),
        at,
        subject: Subject::Datastore { source: source.id.clone(), name: Arc::clone(what) },
    };
    if let Some(why) = unheard(source, Feed::Datastores, now) {
        let known =
            source.data.datastores.iter().map(|store| full(&store.name, When::Unknown(Arc::clone(&why))));
        let known: Vec<Due> = known.collect();
        if !known.is_empty() {
            return known;
        }
        let subject = Subject::Source(source.id.clone());
        return vec![Due { subject, ..full(&"datastores".into(), When::Unknown(why)) }];
    }
    let open = source.data.datastores.iter().filter(|store| store.maintenance.is_none());
    open.filter_map(|store| match (&store.error, store.share(), store.full_at) {
        (Some(why), ..) => Some(full(&store.name, When::Unknown(Arc::clone(why)))),
        (None, None, _) => Some(full(&store.name, When::Unknown("it does not say how full it is".into()))),
        (None, Some(_), Some(at)) => Some(full(&store.name, When::At(at))),
        // It does not grow.
        (None, Some(_), None) => None,
    })
    .collect()
}

/// The server's own certificate; a connection without TLS has none.
fn certificate(source: &SourceState, now: DateTime<Utc>) -> Option<Due> {
    let at = match unheard(source, Feed::Server, now) {
        Some(why) => When::Unknown(why),
        None => When::At(source.data.server.as_ref()?.certificate?),
    };
    let (what, subject) = (source.id.to_string().into(), Subject::Source(source.id.clone()));
    Some(Due { kind: Kind::Certificate, what, then: "ends".into(), at, subject })
}

/// The first group of each datastore whose newest good verification will be too old.
fn verifications(source: &SourceState, own: &[&JudgedBackup<'_>], now: DateTime<Utc>) -> Vec<Due> {
    let verify = |what: String, at: When, subject: Subject| Due {
        kind: Kind::Verify,
        what: what.into(),
        then: "verification too old".into(),
        at,
        subject,
    };
    if let Some(why) = unheard(source, Feed::Snapshots, now) {
        return vec![verify("snapshots".to_owned(), When::Unknown(why), Subject::Source(source.id.clone()))];
    }
    let mut by_store: BTreeMap<&str, Vec<&JudgedBackup<'_>>> = BTreeMap::new();
    for one in own {
        by_store.entry(&one.group.id.datastore).or_default().push(one);
    }
    let mut all = Vec::new();
    for (name, groups) in by_store {
        let subject = || Subject::Datastore { source: source.id.clone(), name: name.into() };
        let too_old = |one: &&&JudgedBackup<'_>| {
            Some(one.group.last_verified()?.verified()? + one.expect.verify_max_age)
        };
        let first = groups.iter().filter_map(|one| Some((too_old(&one)?, *one))).min_by_key(|(at, _)| *at);
        if let Some((at, one)) = first {
            all.push(verify(format!("{} in {name}", one.group.id), When::At(at), subject()));
        }
        let never = groups.iter().filter(|one| too_old(one).is_none()).count();
        if never > 0 {
            let what = format!("{never} of {} groups in {name}", groups.len());
            all.push(verify(what, When::Unknown("never verified".into()), subject()));
        }
    }
    all
}

/// Each guest's next restore drill; those that nobody ever tried in one line.
fn drills(source: &SourceState, own: &[&JudgedBackup<'_>], store: &Store, now: DateTime<Utc>) -> Vec<Due> {
    let drill = |what: String, at: When, subject: Subject| Due {
        kind: Kind::Drill,
        what: what.into(),
        then: "restore drill".into(),
        at,
        subject,
    };
    let every = store.thresholds.drill_every;
    let last = |one: &JudgedBackup<'_>| drill::last(&store.drills, &source.id, &one.group.id);
    let mut all: Vec<Due> = own
        .iter()
        .filter_map(|one| {
            let at = When::At(last(one)?.at + every);
            let subject = Subject::Backup { source: source.id.clone(), group: one.group.id.clone() };
            let place = &one.group.id.datastore;
            Some(drill(format!("{} {} in {place}", one.group.id, one.group.guest), at, subject))
        })
        .collect();
    let never = own.iter().filter(|one| last(one).is_none()).count();
    if never > 0 && source.is_fresh(Feed::Snapshots, now) {
        let what = format!("{never} of {} groups on {}", own.len(), source.id);
        all.push(drill(what, When::Unknown("never tried".into()), Subject::Source(source.id.clone())));
    }
    all
}
