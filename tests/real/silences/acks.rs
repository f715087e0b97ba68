//! Acknowledgements: shared by the cluster, hiding nothing.

use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use wardroom::actions;
use wardroom::config::Config;
use wardroom::domain::acking::acknowledge;
use wardroom::domain::alert::Alert;
use wardroom::domain::deed::{Deed, What};
use wardroom::domain::feed::Feed;
use wardroom::domain::observation::Observation;
use wardroom::sources::Source;

use super::{SETTLED, hidden, program, push};
use crate::program::{Program, text};
use crate::shared;
use crate::stack::wait::until;
use crate::stack::{Part, Stack};

/// The Alertmanagers with these addresses, as the dashboard knows them.
fn source(addresses: &[String]) -> Arc<dyn Source> {
    let config = format!("[sources.alertmanager.main]\nurls = {addresses:?}\n");
    let config = Config::parse("w.toml", &config, None).expect("a config");
    Arc::clone(config.sources.first().expect("a source"))
}

/// Acknowledges an alert by the way that the dashboard takes.
pub(super) fn ack(addresses: &[String], name: &str, who: &str) {
    let source = source(addresses);
    Runtime::new().expect("a runtime").block_on(async {
        let seen = source.observe(Feed::Alerts, Utc::now()).await.expect("alerts");
        let alerts = seen.into_iter().find_map(|seen| match seen {
            Observation::Alerts(alerts) => Some(alerts),
            _ => None,
        });
        let alerts = alerts.expect("alerts");
        let mine: Vec<&Alert> = alerts.iter().filter(|alert| &*alert.name == name).collect();
        assert!(!mine.is_empty(), "{name} fires");
        let draft = acknowledge(&mine, who, "on it", TimeDelta::hours(12), Utc::now());
        let deed = Deed { source: source.id().clone(), what: What::Silence(draft) };
        actions::carry_out(&deed, source.doors()).await.expect("it is written");
    });
}

/// Waits until the program shows the alert in a state.
pub(super) fn wait_state(program: &Program, name: &str, state: &str) -> Value {
    until(&format!("{name} is {state}"), SETTLED, || {
        let alerts = program.rows(&["alerts", "--filter", name], "alerts")?;
        let found = alerts.iter().find(|alert| alert["state"] == state).cloned();
        found.ok_or_else(|| format!("{alerts:#?}"))
    })
    .expect("it is shown")
}

fn nothing_is_hidden(stack: &Stack) {
    for address in stack.alertmanagers() {
        assert!(hidden(stack, &address).expect("alerts").is_empty(), "an acknowledgement hides nothing");
    }
}

#[test]
fn an_acknowledgement_is_shown_by_an_instance_on_the_other_peer_and_lapses_with_its_episode() {
    let Some(stack) = shared::own("acknowledgements", &[Part::Alertmanagers]) else { return };
    let [first, second] = stack.alertmanagers();
    let labels = json!({ "alertname": "HostDown", "severity": "critical", "instance": "a" });
    let now = Utc::now();
    let begun = now - TimeDelta::minutes(60);
    push(&stack, &labels, begun, None);
    let other = program(&[second]);
    wait_state(&other, "HostDown", "firing");
    ack(&[first], "HostDown", "Sam Vimes");
    let shown = wait_state(&other, "HostDown", "acknowledged");
    assert_eq!(shown["acked_by"]["who"], "Sam Vimes");
    assert!(shown["silenced_by"].as_array().is_some_and(Vec::is_empty), "{shown:#}");
    nothing_is_hidden(&stack);
    let silences = other.rows(&["silences", "list"], "silences").expect("a list");
    assert_eq!(text(&silences[0]["ack"]["who"]), "Sam Vimes", "{silences:#?}");

    push(&stack, &labels, begun, Some(now - TimeDelta::minutes(20)));
    push(&stack, &labels, now - TimeDelta::minutes(10), None);
    wait_state(&other, "HostDown", "firing");
    nothing_is_hidden(&stack);
}
