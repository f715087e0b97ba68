//! What comes due of what lasts long: certificates that doors show, tokens, documents to be read again.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Due, Kind, When, unheard};
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::store::Store;
use crate::domain::subject::Subject;

pub(super) fn due(store: &Store, now: DateTime<Utc>) -> Vec<Due> {
    let mut all = doors(store, now);
    all.extend(tokens(store));
    all.extend(reviews(store));
    all
}

/// The certificates that were shown to us.
fn doors(store: &Store, now: DateTime<Utc>) -> Vec<Due> {
    let mut all = Vec::new();
    for source in store.of(SourceKind::Probe) {
        let certificate = |what: Arc<str>, at: When, subject: Subject| Due {
            kind: Kind::Certificate,
            what,
            then: "ends".into(),
            at,
            subject,
        };
        if let Some(why) = unheard(source, Feed::Probes, now) {
            let subject = Subject::Source(source.id.clone());
            all.push(certificate("certificates of doors".into(), When::Unknown(why), subject));
            continue;
        }
        all.extend(source.data.probes.iter().filter_map(|door| {
            let subject = Subject::Probe { source: source.id.clone(), name: Arc::clone(&door.name) };
            Some(certificate(Arc::clone(&door.name), When::At(door.certificate_end?), subject))
        }));
    }
    all
}

/// The tokens with which backup servers and hypervisors are asked. They do not tell the end of their own:
/// it is unknown until the operator has written it down.
fn tokens(store: &Store) -> Vec<Due> {
    let servers = store.of(SourceKind::Pbs).chain(store.of(SourceKind::Pve));
    let noted = |name: &str| {
        let dated = store.thresholds.dates.iter().map(|dated| &dated.what);
        dated.chain(&store.thresholds.endless).any(|what| what.contains(name))
    };
    let unnoted = servers.filter(|source| !noted(&source.id.to_string()));
    unnoted
        .map(|source| Due {
            kind: Kind::Token,
            what: format!("token of {}", source.id).into(),
            then: "ends".into(),
            at: When::Unknown("not told: set it in [due]".into()),
            subject: Subject::Source(source.id.clone()),
        })
        .collect()
}

/// The documents that say when they are to be read again, and those that do not.
fn reviews(store: &Store) -> Vec<Due> {
    let Some(first) = store.sources.first() else { return Vec::new() };
    let due = |review: &super::Review| Due {
        kind: Kind::Review,
        what: Arc::clone(&review.what),
        then: "to be reviewed".into(),
        at: match &review.at {
            Ok(at) => When::At(*at),
            Err(why) => When::Unknown(Arc::clone(why)),
        },
        subject: Subject::Source(first.id.clone()),
    };
    store.thresholds.reviews.iter().map(due).collect()
}
