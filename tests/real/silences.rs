//! Silences and acknowledgements on the real cluster of two.

mod acks;
mod conditions;
mod keys;

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use wardroom::domain::silence::Matcher;

use crate::program::{Program, list, text};
use crate::shared;
use crate::stack::wait::until;
use crate::stack::{Part, Stack, programs};

/// A push, a gossip, a look.
const SETTLED: Duration = Duration::from_secs(45);

/// The program on the peers with these addresses.
fn program(addresses: &[String]) -> Program {
    Program::new(&format!("[sources.alertmanager.main]\nurls = {addresses:?}\ninterval = \"1s\"\n"))
}

/// Pushes an alert to both peers, as a Prometheus does; with an end it is resolved.
fn push(stack: &Stack, labels: &Value, starts: DateTime<Utc>, ends: Option<DateTime<Utc>>) {
    let mut alert = json!({ "labels": labels, "annotations": {}, "startsAt": starts });
    if let Some(ends) = ends {
        alert["endsAt"] = json!(ends);
    }
    for address in stack.alertmanagers() {
        stack.asker().post(&format!("{address}/api/v2/alerts"), &json!([alert])).expect("it is taken");
    }
}

/// The names of the alerts that a peer hides.
fn hidden(stack: &Stack, address: &str) -> Result<BTreeSet<String>, String> {
    let alerts = stack.asker().json(&format!("{address}/api/v2/alerts"))?;
    let hidden = list(&alerts).iter().filter(|alert| alert["status"]["state"] == "suppressed");
    Ok(hidden.map(|alert| text(&alert["labels"]["alertname"]).to_owned()).collect())
}

/// Waits until a peer has the silence in this state.
fn wait_silence(stack: &Stack, address: &str, id: &str, state: &str) -> Value {
    until("the silence at the peer", SETTLED, || {
        let silence = stack.asker().json(&format!("{address}/api/v2/silence/{id}"))?;
        if silence["status"]["state"] == state { Ok(silence) } else { Err(silence.to_string()) }
    })
    .expect("silences are gossiped")
}

/// How often the program lists a silence, and in which state.
fn listed(program: &Program, id: &str) -> Result<Vec<String>, String> {
    let rows = program.rows(&["silences", "list", "--all"], "silences")?;
    let mine = rows.iter().filter(|silence| silence["id"] == *id);
    Ok(mine.map(|silence| text(&silence["state"]).to_owned()).collect())
}

/// The silences in force at a peer by their ids, a line each, as `amtool` says.
fn amtool(stack: &Stack, address: &str) -> String {
    let amtool = programs::locate("amtool").expect("amtool is among the servers");
    let said = Command::new(amtool)
        .env("HOME", stack.directory())
        .args([&format!("--alertmanager.url={address}"), "silence", "query", "--quiet"])
        .output()
        .expect("amtool runs");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8_lossy(&said.stdout).trim().to_owned()
}

/// What the journal tells of what was done on servers.
fn written_down(program: &Program) -> Vec<(String, String)> {
    let rows = program.rows(&["journal"], "entries").expect("the journal");
    let began = rows.iter().filter(|row| row["event"] == "began");
    began.map(|row| (text(&row["title"]).to_owned(), text(&row["operator"]).to_owned())).collect()
}

fn add(program: &Program, more: &[&str]) -> String {
    let words = ["silences", "add", "--comment", "the fan is ordered", "--author", "Sam Vimes"];
    program.say(&[&words[..], more].concat()).expect("a silence is made")
}

#[test]
fn a_silence_by_command_is_seen_by_the_peer_and_by_amtool_and_outlives_a_killed_peer() {
    let Some(mut stack) = shared::own("silences by command", &[Part::Alertmanagers]) else { return };
    let [first, second] = stack.alertmanagers();
    let both = program(&[first.clone(), second.clone()]);
    push(&stack, &json!({ "alertname": "FanSlow", "instance": "a" }), Utc::now(), None);
    push(&stack, &json!({ "alertname": "FanSlow", "instance": "b" }), Utc::now(), None);
    let id = add(
        &both,
        &["-m", "alertname=FanSlow", "-m", "instance=a", "--duration", "2m", "--until", "resolved"],
    );
    let made = wait_silence(&stack, &second, &id, "active");
    assert_eq!(made["createdBy"], "Sam Vimes");
    assert_eq!(made["comment"], "wardroom/1 until=resolved | the fan is ordered");
    assert_eq!(amtool(&stack, &second), id);

    let renewed = both.say(&["silences", "reap"]).expect("it reaps");
    assert!(renewed.starts_with(&format!("renewed {id} until ")), "{renewed}");
    until("the longer silence at the peer", SETTLED, || {
        let silence = stack.asker().json(&format!("{second}/api/v2/silence/{id}"))?;
        let ends =
            DateTime::parse_from_rfc3339(text(&silence["endsAt"])).map_err(|error| error.to_string())?;
        if ends.to_utc() - Utc::now() > TimeDelta::minutes(20) { Ok(()) } else { Err(silence.to_string()) }
    })
    .expect("it was extended in place");

    stack.process("alertmanager-0").expect("it runs").kill();
    assert_eq!(listed(&both, &id), Ok(vec!["active".to_owned()]));
    let during = add(&both, &["-m", "alertname=FanSlow", "-m", "instance=b"]);
    assert_eq!(both.say(&["silences", "expire", &id]), Ok(id.clone()));
    stack.restart("alertmanager-0").expect("it starts again");
    wait_silence(&stack, &first, &during, "active");
    wait_silence(&stack, &first, &id, "expired");
    assert_eq!(listed(&both, &during), Ok(vec!["active".to_owned()]), "nothing is lost or there twice");
    assert_eq!(listed(&both, &id), Ok(vec!["expired".to_owned()]));
    let titles: Vec<String> = written_down(&both).into_iter().map(|(title, _)| title).collect();
    assert_eq!(titles, ["silence", "silence", "silence", "end a silence"], "all of it is in the journal");
    assert_eq!(written_down(&both)[0].1, "Sam Vimes");
}

#[test]
fn awkward_names_are_matched_exactly() {
    let Some(stack) = shared::own("awkward names", &[Part::Alertmanagers]) else { return };
    let [first, second] = stack.alertmanagers();
    let both = program(&[first.clone(), second]);
    let names = [
        "say \"hi\"",
        "say hi",
        "two\nlines",
        "two lines",
        "re.*gex(a|b)",
        "reXXgex(a|b)",
        "back\\slash",
        "back\\\\slash",
        "größe 磁盘",
        "esc\u{1b}[2J",
        "esc·[2J",
        "bidi\u{202e}x",
        "$(id) `id` 'x'",
    ];
    for name in names {
        push(&stack, &json!({ "alertname": name, "instance": "a" }), Utc::now(), None);
    }
    for name in names {
        let matcher = Matcher::equal("alertname", name).to_string();
        let filtered = both.rows(&["alerts", "--filter", &matcher], "alerts").expect("a list");
        assert_eq!(filtered.len(), 1, "{matcher}: {filtered:#?}");
        let id = add(&both, &["--matcher", &matcher]);
        until("exactly this alert is hidden", SETTLED, || {
            let hidden = hidden(&stack, &first)?;
            if hidden == BTreeSet::from([name.to_owned()]) { Ok(()) } else { Err(format!("{hidden:?}")) }
        })
        .unwrap_or_else(|error| panic!("{matcher}: {error}"));
        both.say(&["silences", "expire", &id]).expect("it ends");
    }
}

#[test]
fn the_servers_reason_is_told_word_for_word() {
    let Some(stack) = shared::own("refusals", &[Part::Alertmanagers]) else { return };
    let both = program(&stack.alertmanagers());
    push(&stack, &json!({ "alertname": "A" }), Utc::now(), None);
    // We know no expression that is good here and bad there, but the name of a label is one: 0.25
    // takes ASCII only.
    let output = both.run(&["silences", "add", "--matcher", "größe=x", "--comment", "x", "--yes"]);
    assert_eq!(output.status.code(), Some(1));
    let [first, _] = stack.alertmanagers();
    let now = Utc::now();
    let body = json!({
        "matchers": [{ "name": "größe", "value": "x", "isRegex": false, "isEqual": true }],
        "startsAt": now, "endsAt": now + TimeDelta::hours(1), "createdBy": "x", "comment": "x",
    });
    let refusal = stack.asker().post(&format!("{first}/api/v2/silences"), &body).expect_err("it is refused");
    let (_, words) = refusal.split_once(": ").expect("a status and words");
    let words: String = serde_json::from_str(words).expect("a JSON string");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains(words.trim()), "{told} does not say {words}");
}
