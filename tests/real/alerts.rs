//! What `check` says of the alerts is what Alertmanager says, once each, from a cluster of two.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use crate::program::{Program, list, text};
use crate::shared;
use crate::stack::Stack;
use crate::stack::wait::until;

const SETTLED: Duration = Duration::from_mins(1);

/// An alert's identity, and its name for whoever reads a failure.
fn key(fingerprint: &Value, name: &Value) -> String {
    format!("{} {}", text(fingerprint), text(name))
}

/// The state of each alert: the program's word for what Alertmanager holds.
fn of_server(stack: &Stack) -> Result<BTreeMap<String, &'static str>, String> {
    let [first, _] = stack.alertmanagers();
    let alerts = stack.asker().json(&format!("{first}/api/v2/alerts"))?;
    let state = |alert: &Value| {
        let by = |list_of: &str| !list(&alert["status"][list_of]).is_empty();
        if by("inhibitedBy") {
            "inhibited"
        } else if by("silencedBy") {
            "silenced"
        } else {
            "firing"
        }
    };
    Ok(list(&alerts)
        .iter()
        .map(|alert| (key(&alert["fingerprint"], &alert["labels"]["alertname"]), state(alert)))
        .collect())
}

/// The same of a report; an alert that is there twice is an error.
fn of_report(report: &Value) -> Result<BTreeMap<String, String>, String> {
    let mut alerts = BTreeMap::new();
    let mut labels = BTreeSet::new();
    for alert in list(&report["alerts"]).iter().filter(|alert| alert["state"] != "pending") {
        let key = key(&alert["fingerprint"], &alert["alertname"]);
        let once = alerts.insert(key, text(&alert["state"]).to_owned()).is_none();
        if !once || !labels.insert(alert["labels"].to_string()) {
            return Err(format!("twice: {alert:#}"));
        }
    }
    Ok(alerts)
}

/// Silences an alert by name for an hour and waits until both peers know; gives the silence's id.
fn silence(stack: &Stack, name: &str) -> String {
    let now = Utc::now();
    let body = json!({
        "matchers": [{ "name": "alertname", "value": name, "isRegex": false, "isEqual": true }],
        "startsAt": now,
        "endsAt": now + TimeDelta::hours(1),
        "createdBy": "lab",
        "comment": "the fan is ordered",
    });
    let [first, second] = stack.alertmanagers();
    let answer = stack.asker().post(&format!("{first}/api/v2/silences"), &body).expect("a silence is made");
    let answer: Value = serde_json::from_str(&answer).expect("its identity is JSON");
    let id = text(&answer["silenceID"]).to_owned();
    until("the silence at the peer", SETTLED, || stack.asker().get(&format!("{second}/api/v2/silence/{id}")))
        .expect("a silence is gossiped");
    id
}

#[test]
fn every_alert_is_there_once_with_its_state() {
    let Some(stack) = shared::stack("alerts in check") else { return };
    let program = Program::new(&stack.config("5s"));
    let silence = silence(stack, "HighCPUUsage");
    let report = until("check agrees with Alertmanager", SETTLED, || {
        let before = of_server(stack)?;
        let report = program.check();
        let shown = of_report(&report)?;
        let after = of_server(stack)?;
        // Alerts come and go with the flapping target; what stayed must be shown as it is.
        let stayed = || before.iter().filter(|(name, state)| after.get(*name) == Some(state));
        let open: Vec<_> = stayed()
            .map(|(name, state)| (name, *state, shown.get(name)))
            .filter(|(_, state, shown)| shown.is_none_or(|shown| shown != state))
            .collect();
        let strange: Vec<_> =
            shown.keys().filter(|name| !before.contains_key(*name) && !after.contains_key(*name)).collect();
        let all_states =
            ["firing", "silenced", "inhibited"].iter().all(|state| stayed().any(|(_, one)| one == state));
        if open.is_empty() && strange.is_empty() && all_states {
            Ok(report)
        } else {
            Err(format!(
                "not shown as they are: {open:#?}; unknown to the server: {strange:?}; {}",
                after.len()
            ))
        }
    })
    .expect("what is shown is what the server says");
    let of_state = |state: &'static str| {
        list(&report["alerts"]).iter().filter(move |alert| alert["state"] == state).collect::<Vec<_>>()
    };
    for alert in of_state("silenced") {
        assert!(list(&alert["silenced_by"]).contains(&json!(silence)), "{alert:#}");
        assert_eq!(alert["alertname"], "HighCPUUsage", "{alert:#}");
    }
    for alert in of_state("inhibited") {
        assert!(!list(&alert["inhibited_by"]).is_empty(), "{alert:#}");
    }
    let pending = of_state("pending");
    assert!(pending.iter().any(|alert| alert["alertname"] == "AlwaysPending"), "{pending:#?}");
}

#[test]
fn one_peer_is_enough() {
    let Some(stack) = shared::stack("a lost peer") else { return };
    let [first, _] = stack.alertmanagers();
    // Nothing listens on port 1 of the loopback.
    let config = format!("[sources.alertmanager.main]\nurls = [\"http://127.0.0.1:1\", {first:?}]\n");
    let program = Program::new(&config);
    until("alerts by way of the other peer", SETTLED, || {
        let shown = of_report(&program.check())?;
        if shown.is_empty() { Err("none".to_owned()) } else { Ok(()) }
    })
    .expect("the peer that lives is asked");
}

#[test]
fn a_test_alert_arrives_and_only_where_it_should() {
    let Some(stack) = shared::stack("a test alert") else { return };
    let program = Program::new(&stack.config("5s"));
    let output =
        program.run(&["alerts", "test", "--receiver", "mattermost-backup-room", "--yes", "--timeout", "50s"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("handed a notification over"), "{said}");
    let is_test = |alert: &Value| alert["labels"]["wardroom_test"] == "true";
    until("the test alert at its receiver", SETTLED, || {
        let deliveries = stack.lab().inbox().deliveries();
        let of_test = deliveries.iter().filter(|each| list(&each.body["alerts"]).iter().any(is_test));
        let receivers: BTreeSet<String> = of_test.map(|each| each.receiver.clone()).collect();
        match receivers.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["backups"] => Ok(()),
            other => Err(format!("delivered to {other:?}")),
        }
    })
    .expect("it is delivered there and nowhere else");
    let told = program.say(&["alerts", "route", "service=backups"]).expect("the routes");
    assert!(told.contains("mattermost-backup-room  webhook  tested "), "{told}");
    for (receiver, code, word) in [("null", 1, "no integration"), ("nobody", 2, "there is no receiver")] {
        let output = program.run(&["alerts", "test", "--receiver", receiver, "--yes"]);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{complaint}");
        assert!(complaint.contains(word), "{complaint}");
    }
    let refused = program.run(&["--read-only", "alerts", "test", "--receiver", "default", "--yes"]);
    assert_eq!(refused.status.code(), Some(2));
    let unasked = program.run(&["alerts", "test", "--receiver", "default"]);
    assert_eq!(unasked.status.code(), Some(2), "nobody said yes");
}

#[test]
fn where_an_alert_would_go_is_where_alertmanager_sends_it() {
    let Some(stack) = shared::stack("routes") else { return };
    let program = Program::new(&stack.config("5s"));
    let [first, _] = stack.alertmanagers();
    // A group is there once it has waited for more of its kind.
    let groups = until("the groups", SETTLED, || {
        let groups = stack.asker().json(&format!("{first}/api/v2/alerts/groups"))?;
        // One alert may be in several groups.
        let all = list(&groups).iter().flat_map(|group| list(&group["alerts"]));
        let alerts: BTreeSet<&str> = all.map(|alert| text(&alert["fingerprint"])).collect();
        if alerts.len() > 5 { Ok(groups) } else { Err(groups.to_string()) }
    })
    .expect("some alerts are sent");
    let mut sent: BTreeMap<String, (Vec<String>, BTreeSet<String>)> = BTreeMap::new();
    for group in list(&groups) {
        for alert in list(&group["alerts"]) {
            let labels = alert["labels"].as_object().into_iter().flatten();
            let labels = labels.map(|(name, value)| format!("{name}={}", text(value))).collect();
            let entry = sent.entry(text(&alert["fingerprint"]).to_owned());
            let (_, receivers) = entry.or_insert_with(|| (labels, BTreeSet::new()));
            receivers.insert(text(&group["receiver"]["name"]).to_owned());
        }
    }
    assert!(sent.len() > 5, "{sent:?}");
    // No word of a command line can hold a zero byte.
    for (labels, receivers) in sent.values().filter(|(labels, _)| !labels.concat().contains('\0')) {
        let words: Vec<&str> = labels.iter().map(String::as_str).collect();
        let told =
            program.say(&[&["alerts", "route", "--format", "json"][..], &words].concat()).expect("a way");
        let told: Value = serde_json::from_str(&told).expect("JSON");
        let ways: BTreeSet<String> =
            list(&told["ways"]).iter().map(|way| text(&way["receiver"]).to_owned()).collect();
        assert_eq!(ways, *receivers, "{labels:?}");
    }
}
