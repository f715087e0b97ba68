//! Where the alerts go: their groups as the routes make them, and the time intervals that mute them,
//! which no other answer of Alertmanager tells.

use std::collections::HashSet;
use std::sync::Arc;

use serde::Deserialize;

use crate::domain::labels::Interner;
use crate::domain::observation::{Observation, Route};
use crate::sources::wire::{List, Pairs, Text, Wrong};

#[derive(Deserialize)]
struct Group<'a> {
    #[serde(default, borrow)]
    labels: Pairs<'a>,
    #[serde(borrow)]
    receiver: Receiver<'a>,
    #[serde(default, borrow)]
    alerts: List<Member<'a>>,
}

#[derive(Deserialize)]
struct Receiver<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

#[derive(Deserialize)]
struct Member<'a> {
    #[serde(borrow)]
    fingerprint: Text<'a>,
    #[serde(default, borrow)]
    status: Muted<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Muted<'a> {
    #[serde(default, borrow)]
    muted_by: List<Text<'a>>,
}

/// Every alert with each of the groups that it is in, at one peer.
pub(super) fn routes(body: &str) -> Result<Vec<Route>, Wrong> {
    let mut known = Interner::default();
    let wire: List<Group<'_>> = serde_json::from_str(body).map_err(Wrong::strange)?;
    let mut all = Vec::new();
    for group in &wire.0 {
        let (labels, receiver) = (group.labels.keep(&mut known), group.receiver.name.keep(&mut known));
        all.extend(group.alerts.0.iter().map(|member| Route {
            fingerprint: member.fingerprint.keep(&mut known),
            receiver: Arc::clone(&receiver),
            group: labels.clone(),
            muted_by: member.status.muted_by.0.iter().map(|name| name.keep(&mut known)).collect(),
        }));
    }
    Ok(all)
}

/// What the peers say, each group of an alert once.
pub(super) fn merge(peers: Vec<Vec<Route>>) -> Observation {
    let mut all: Vec<Route> = peers.into_iter().flatten().collect();
    let mut seen = HashSet::new();
    all.retain(|route| {
        seen.insert((Arc::clone(&route.fingerprint), Arc::clone(&route.receiver), route.group.clone()))
    });
    Observation::Routes(all.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_may_be_in_several_groups_and_a_peer_adds_none_twice() {
        let body = r#"[
            {"labels":{"alertname":"A"},"receiver":{"name":"page"},
             "alerts":[{"fingerprint":"aa","status":{"mutedBy":["night"]}},{"fingerprint":"bb"}]},
            {"labels":{},"receiver":{"name":"mail"},"alerts":[{"fingerprint":"aa"}]}]"#;
        let one = routes(body).expect("groups");
        let Observation::Routes(all) = merge(vec![one.clone(), one]) else { panic!("routes") };
        let told: Vec<String> = all
            .iter()
            .map(|route| format!("{} {} {}", route.fingerprint, route.receiver, route.group))
            .collect();
        assert_eq!(told, [r#"aa page {alertname="A"}"#, r#"bb page {alertname="A"}"#, "aa mail {}"]);
        assert_eq!(all.first().map(|route| route.muted_by.join(" ")), Some("night".to_owned()));
    }
}
