//! The services, and the layers while the lab comes up.

use chrono::{DateTime, Utc};

use super::{Condition, Finding, Scope, weigh};
use crate::domain::store::Store;
use crate::domain::subject::Subject;
use crate::domain::{layer, service, suspect};

/// What an alert of the same verdict says already is listed, and counts once.
pub(super) fn services(store: &Store, scope: Scope, now: DateTime<Utc>) -> Vec<Finding> {
    let all = service::services(store, now);
    let booting = layer::booting(store, now).map(|text| Finding {
        health: weigh(Condition::Booting),
        text,
        subject: layer::layers(store, now)
            .iter()
            .find(|layer| !layer.is_up())
            .map(|layer| Subject::Layer(layer.number)),
    });
    let suspects = suspect::suspects(store, &all, now);
    let suspects = suspects.iter().map(|suspect| Finding {
        health: None,
        text: suspect.sentence(),
        subject: Some(Subject::Suspect(suspect.name.clone())),
    });
    let down = all.iter().map(|standing| {
        let covered = standing.is_told && scope.alerts;
        Finding {
            health: weigh(Condition::Service { health: standing.state, covered }),
            text: standing.sentence(now),
            subject: Some(Subject::Service(standing.name.clone())),
        }
    });
    let down = down.zip(&all).filter(|(_, standing)| standing.state != crate::domain::health::Health::Ok);
    booting.into_iter().chain(suspects).chain(down.map(|(finding, _)| finding)).collect()
}
