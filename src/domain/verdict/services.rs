//! The services, what is suspected, and the layers while the lab comes up.

use chrono::{DateTime, Utc};

use super::{Condition, Finding, JudgedBackup, Scope, weigh};
use crate::domain::health::Health;
use crate::domain::store::Store;
use crate::domain::subject::Subject;
use crate::domain::{layer, service, suspect};

/// What is to be said of services.
#[derive(Default)]
pub(super) struct Outlook {
    pub(super) findings: Vec<Finding>,
    /// The services that are not well, the worst first, and what is suspected.
    pub(super) lines: Vec<(Health, String)>,
    /// While the lab comes up: at which layer it stands.
    pub(super) booting: Option<String>,
}

/// Looks at all of it once. What an alert of the same verdict says already is listed, and counts once.
pub(super) fn outlook(
    store: &Store,
    judged: &[JudgedBackup<'_>],
    scope: Scope,
    now: DateTime<Utc>,
) -> Outlook {
    let all = service::standings(store, judged, now);
    let suspects = suspect::suspects(store, &all, now);
    let booting = layer::booting(store, now);
    let mut findings: Vec<Finding> = Vec::new();
    findings.extend(booting.as_ref().map(|(layer, text)| Finding {
        health: weigh(Condition::Booting),
        text: text.clone(),
        subject: Some(Subject::Layer(*layer)),
    }));
    findings.extend(suspects.iter().map(|suspect| Finding {
        health: None,
        text: suspect.sentence(),
        subject: Some(Subject::Suspect(suspect.name.clone())),
    }));
    let mut lines = Vec::new();
    for standing in all.iter().filter(|standing| standing.state != Health::Ok) {
        let covered = standing.is_told && scope.alerts;
        let text = standing.sentence(now);
        lines.push((standing.state, text.clone()));
        findings.push(Finding {
            health: weigh(Condition::Service { health: standing.state, covered }),
            text,
            subject: Some(Subject::Service(standing.name.clone())),
        });
    }
    // A suspicion explains what is down: it stands behind that, and before what only suffers.
    let at = lines.iter().position(|(health, _)| *health != Health::Critical).unwrap_or(lines.len());
    lines.splice(at..at, suspects.iter().map(|suspect| (Health::Unknown, suspect.sentence())));
    Outlook { findings, lines, booting: booting.map(|(_, text)| text) }
}
