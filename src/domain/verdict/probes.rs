//! What was found by looking for oneself.

use chrono::{DateTime, Utc};

use super::{Condition, Finding, weigh};
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::store::Store;
use crate::domain::subject::Subject;
use crate::text;

pub(super) fn probes(store: &Store, now: DateTime<Utc>) -> Vec<Finding> {
    let heard = store.of(SourceKind::Probe).filter(|source| source.is_fresh(Feed::Probes, now));
    let all = heard.flat_map(|source| source.data.probes.iter().map(move |probe| (source, probe)));
    all.flat_map(|(source, probe)| {
        let finding = |condition, text: String| {
            let subject = Subject::Probe { source: source.id.clone(), name: probe.name.clone() };
            let health = weigh(condition)?;
            Some(Finding { health: Some(health), text, subject: Some(subject) })
        };
        let why = if probe.answers { String::new() } else { format!(": {}", probe.text) };
        let door = finding(Condition::Probe(probe.door()), format!("{} {}{why}", probe.name, probe.word()));
        let end = probe.certificate_end.map(|end| text::age(end - now)).unwrap_or_default();
        let certificate = finding(
            Condition::Certificate(probe.certificate(now)),
            format!("the certificate of {} ends in {end}", probe.name),
        );
        [door, certificate].into_iter().flatten()
    })
    .collect()
}
