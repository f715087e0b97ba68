//! The ground the other tests stand on: the stack itself.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use crate::shared;
use crate::stack::wait::until;
use crate::stack::{Asker, Part, Stack};

/// Service discovery publishes every 5 s; then come a scrape, an evaluation and a resend.
const SETTLED: Duration = Duration::from_secs(45);

fn targets(stack: &Stack) -> Result<Vec<Value>, String> {
    let answer = stack.asker().json(&format!("{}/api/v1/targets", stack.prometheus()))?;
    answer["data"]["activeTargets"].as_array().cloned().ok_or_else(|| answer.to_string())
}

fn value_of(stack: &Stack, query: &str) -> Result<f64, String> {
    let url = format!("{}/api/v1/query?query={query}", stack.prometheus());
    let answer = stack.asker().json(&url)?;
    answer["data"]["result"][0]["value"][1]
        .as_str()
        .and_then(|value| value.parse().ok())
        .ok_or_else(|| answer.to_string())
}

#[test]
fn every_target_is_scraped_and_the_broken_ones_say_why() {
    let Some(stack) = shared::stack("targets") else { return };
    let errors = until("all targets scraped", SETTLED, || {
        let targets = targets(stack)?;
        let unknown = targets.iter().filter(|target| target["health"] == "unknown").count();
        // One target is scraped once in 30 days.
        if targets.len() < 45 || unknown > 1 {
            return Err(format!("{} targets, {unknown} not yet scraped", targets.len()));
        }
        Ok(targets.iter().map(|target| target["lastError"].as_str().unwrap_or_default().to_owned()).collect())
    });
    let errors: Vec<String> = errors.expect("targets appear");
    for expected in [
        "connection refused",
        "no such host",
        "context deadline exceeded",
        "HTTP status 500",
        "HTTP status 401",
        "connection reset by peer",
        "unexpected EOF",
        "stopped after 10 redirects",
        "sample limit exceeded",
        "body size limit exceeded",
        "certificate signed by unknown authority",
        "server gave HTTP response to HTTPS client",
    ] {
        assert!(errors.iter().any(|error| error.contains(expected)), "{expected:?} is none of {errors:#?}");
    }
}

#[test]
fn alerts_reach_both_alertmanagers_silenceable_and_inhibited() {
    let Some(stack) = shared::stack("alerts") else { return };
    let wanted = [
        "HostDown",
        "HighCPUUsage",
        "BackupJobFailed",
        "Watchdog",
        "AwkwardAnsi",
        "AwkwardNul",
        "AwkwardHuge",
    ];
    for address in stack.alertmanagers() {
        until("alerts in Alertmanager", SETTLED, || {
            let alerts = stack.asker().json(&format!("{address}/api/v2/alerts"))?;
            let alerts = alerts.as_array().ok_or("no list")?;
            let has = |name: &str| alerts.iter().any(|alert| alert["labels"]["alertname"] == name);
            if let Some(missing) = wanted.iter().find(|name| !has(name)) {
                return Err(format!("{missing} is not among {} alerts", alerts.len()));
            }
            let inhibited =
                |alert: &Value| alert["status"]["inhibitedBy"].as_array().is_some_and(|by| !by.is_empty());
            if alerts.iter().any(inhibited) { Ok(()) } else { Err("nothing is inhibited".to_owned()) }
        })
        .expect("alerts arrive");
    }
    until("notifications", SETTLED, || {
        let deliveries = stack.lab().inbox().deliveries();
        let of = |receiver: &str| {
            deliveries.iter().any(|each| each.receiver == receiver && each.body["alerts"].is_array())
        };
        if of("pagerduty") && of("backups") {
            Ok(())
        } else {
            Err(format!("{} deliveries", deliveries.len()))
        }
    })
    .expect("the receivers are notified");
}

#[test]
fn the_secure_prometheus_wants_its_password_and_its_authority() {
    let Some(stack) = shared::stack("the secure Prometheus") else { return };
    let page = format!("{}/api/v1/status/buildinfo", stack.secure_prometheus());
    stack.asker().json(&page).expect("password and authority are right");
    let authority = fs::read_to_string(stack.authority_file()).expect("the authority is in its file");
    let stranger = Asker::new(&authority, Some(("lab", "wrong"))).expect("a client");
    let refusal = stranger.get(&page).expect_err("a wrong password is refused");
    assert!(refusal.starts_with("401"), "{refusal}");
}

#[test]
fn the_homelab_obeys() {
    let Some(stack) = shared::own("control of the homelab", &[Part::Prometheus]) else { return };
    let up = "up%7Binstance%3D%22pve%3A9100%22%2Cjob%3D%22node%22%7D";
    let becomes = |expected: f64| {
        until("the host's health", SETTLED, || {
            let value = value_of(&stack, up)?;
            if (value - expected).abs() < f64::EPSILON { Ok(()) } else { Err(value.to_string()) }
        })
        .expect("the change is seen");
    };
    becomes(1.0);
    stack.control(&json!({ "host": "pve", "mode": "down" })).expect("the homelab answers");
    becomes(0.0);
    stack.control(&json!({ "host": "pve", "mode": "up" })).expect("the homelab answers");
    becomes(1.0);
    let nonsense = stack.control(&json!({ "host": "nobody", "mode": "up" }));
    assert!(nonsense.is_err_and(|error| error.starts_with("404")), "an unknown host is refused");
}

#[test]
fn a_killed_server_comes_back_and_everything_ends_with_the_stack() {
    let Some(mut stack) = shared::own("a killed Prometheus", &[Part::Prometheus]) else { return };
    let page = format!("{}/-/ready", stack.prometheus());
    stack.process("prometheus").expect("it runs").kill();
    assert!(stack.asker().get(&page).is_err(), "a killed server does not answer");
    stack.restart("prometheus").expect("it starts again");
    let authority = fs::read_to_string(stack.authority_file()).expect("the authority is in its file");
    let directory = stack.directory().to_owned();
    drop(stack);
    assert!(!directory.exists(), "the directory is removed");
    let answer = Asker::new(&authority, None).expect("a client").get(&page);
    assert!(answer.is_err_and(|error| error.contains("ConnectionRefused")), "nothing listens any more");
}
