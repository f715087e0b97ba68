//! What a Prometheus measures: conditions, restarts, and what a silence would have hidden.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use wardroom::config::Config;
use wardroom::domain::hidden::{self, Hidden};
use wardroom::domain::labels::Labels;
use wardroom::domain::question::Question;
use wardroom::domain::silence::Matcher;

use super::acks::{ack, wait_state};
use super::{SETTLED, add, wait_silence};
use crate::program::{Program, list, text};
use crate::shared;
use crate::stack::wait::{throughout, until};
use crate::stack::{Part, Stack};

/// The program on the Prometheus and the cluster of the stack.
fn config(stack: &Stack) -> String {
    let (prometheus, peers) = (stack.prometheus(), stack.alertmanagers());
    format!(
        "[sources.prometheus.main]\nurl = {prometheus:?}\ninterval = \"1s\"\n\
         [sources.alertmanager.main]\nurls = {peers:?}\ninterval = \"1s\"\n"
    )
}

fn down(stack: &Stack, program: &Program, mode: &str) -> Result<Value, String> {
    stack.control(&json!({ "host": "vm100", "mode": mode }))?;
    let alerts =
        program.rows(&["alerts", "--filter", "HostDown", "--filter", "instance=vm100:9100"], "alerts")?;
    let routed = alerts.iter().find(|alert| alert["fingerprint_source"] == "alertmanager").cloned();
    routed.ok_or_else(|| format!("{alerts:#?}"))
}

#[test]
fn a_silence_until_resolved_ends_when_the_alert_does_and_an_acknowledgement_outlives_a_restart() {
    let Some(mut stack) = shared::own("conditions", &[Part::Prometheus, Part::Alertmanagers]) else { return };
    let [first, second] = stack.alertmanagers();
    let program = Program::new(&config(&stack));
    until("the host is down", SETTLED, || down(&stack, &program, "down")).expect("an alert");
    let id = add(&program, &["-m", "alertname=HostDown", "-m", "instance=vm100:9100", "--until", "resolved"]);
    wait_silence(&stack, &second, &id, "active");
    let filter = ["alerts", "--filter", "HostDown", "--filter", "instance=vm100:9100"];
    let rows = program.rows(&filter, "alerts").expect("a list");
    let jobs: BTreeSet<&str> = rows.iter().map(|alert| text(&alert["labels"]["job"])).collect();
    assert_eq!(rows.len(), jobs.len(), "external labels make no second alert of one: {rows:#?}");
    assert_eq!(
        program.say(&["silences", "reap"]),
        Ok(String::new()),
        "it still fires, and the lease is long"
    );

    wait_state(&program, "BackupJobFailed", "firing");
    ack(&[first], "BackupJobFailed", "Sam Vimes");
    wait_state(&program, "BackupJobFailed", "acknowledged");
    stack.process("prometheus").expect("it runs").kill();
    stack.restart("prometheus").expect("it starts again");
    until("Prometheus raises it again", SETTLED, || {
        let answer = stack.asker().json(&format!("{}/api/v1/alerts", stack.prometheus()))?;
        let mut raised = list(&answer["data"]["alerts"]).iter();
        let fires =
            |alert: &Value| alert["labels"]["alertname"] == "BackupJobFailed" && alert["state"] == "firing";
        if raised.any(fires) { Ok(()) } else { Err(answer.to_string()) }
    })
    .expect("it fires");
    throughout(std::time::Duration::from_secs(5), || {
        let alerts = program.rows(&["alerts", "--filter", "BackupJobFailed"], "alerts")?;
        let lapsed = alerts.iter().find(|alert| alert["state"] == "firing");
        lapsed.map_or(Ok(()), |alert| Err(format!("{alert:#}")))
    })
    .expect("a restart is no new episode");
    program.say(&["silences", "reap"]).expect("it reaps");
    wait_silence(&stack, &second, &id, "active");

    stack.control(&json!({ "host": "vm100", "mode": "up" })).expect("the homelab answers");
    let reaped = until("it is reaped", SETTLED, || {
        let said = program.say(&["silences", "reap"])?;
        if said.contains(&format!("expired {id}: what it hid is resolved")) { Ok(said) } else { Err(said) }
    });
    reaped.expect("the condition is measured");
    wait_silence(&stack, &second, &id, "expired");
    wait_state(&program, "BackupJobFailed", "acknowledged");
}

#[test]
fn what_would_have_been_hidden_is_what_prometheus_says() {
    let Some(stack) = shared::stack("a preview") else { return };
    let config = Config::parse("w.toml", &config(stack), None).expect("a config");
    let prometheus = Arc::clone(config.sources.first().expect("a source"));
    let matchers: Vec<Matcher> =
        ["alertname=~\"Host.*|Backup.*\"", "instance!=\"broken-500\"", "cluster=homelab"]
            .iter()
            .map(|text| text.parse().expect("a matcher"))
            .collect();
    let external: Labels = [("cluster", "homelab"), ("replica", "a")].into_iter().collect();
    let query = hidden::query(&matchers, &external, TimeDelta::hours(24)).expect("a query");
    let runtime = Runtime::new().expect("a runtime");
    // Written by hand, from the matchers: external labels are on no series of the server itself.
    let own = r#"group by (alertname, instance) (max_over_time(ALERTS{alertstate="firing", alertname=~"(Host|Backup).*", instance!="broken-500"}[1d]))"#;
    let page = format!("{}/api/v1/query", stack.prometheus());
    let url = reqwest::Url::parse_with_params(&page, [("query", own)]).expect("an address");
    until("both say the same", SETTLED, || {
        let question = Question::Value { query: query.as_str().into(), at: None };
        let answer = runtime.block_on(prometheus.answer(question, Utc::now()));
        let ours = Hidden::read(&answer.map_err(|error| error.to_string())?);
        let theirs = stack.asker().json(url.as_str())?;
        let key = |name: Option<&str>, place: Option<&str>| {
            (name.unwrap_or_default().to_owned(), place.unwrap_or_default().to_owned())
        };
        let mine: BTreeSet<_> = ours
            .alerts
            .iter()
            .map(|(labels, _)| key(labels.get("alertname"), labels.get("instance")))
            .collect();
        let said: BTreeSet<_> = list(&theirs["data"]["result"])
            .iter()
            .map(|row| key(row["metric"]["alertname"].as_str(), row["metric"]["instance"].as_str()))
            .collect();
        let names: BTreeSet<&str> = said.iter().map(|(name, _)| name.as_str()).collect();
        let enough = names.contains("HostDown") && names.contains("BackupJobFailed");
        if enough && mine == said { Ok(()) } else { Err(format!("{mine:?} {said:?}")) }
    })
    .expect("the same alerts");
    assert_eq!(
        hidden::query(&["cluster=other".parse().expect("a matcher")], &external, TimeDelta::days(7)),
        None
    );
}
