//! The same by keys: the dashboard in a terminal, on a Prometheus and the cluster of two.

use std::slice;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{SETTLED, amtool, wait_silence};
use crate::program::{Program, list, text};
use crate::pty::Pty;
use crate::shared;
use crate::stack::wait::until;
use crate::stack::{Part, Stack};

const SIZE: (u16, u16) = (120, 40);
const REFUSED: &str = "nothing is written under --read-only";

/// A dashboard of `who` on the Prometheus and these peers, in the alerts' view.
fn dashboard(stack: &Stack, peers: &[String], who: &str, arguments: &[&str]) -> Pty {
    let config = format!(
        "[ui]\noperator = {who:?}\n[sources.prometheus.main]\nurl = {:?}\ninterval = \"1s\"\n\
         [sources.alertmanager.main]\nurls = {peers:?}\ninterval = \"1s\"\n",
        stack.prometheus(),
    );
    Program::new(&config).dashboard_with(&[&["--view", "alerts"], arguments].concat(), SIZE)
}

/// Waits until the screen shows all of `texts`.
fn shows(pty: &Pty, texts: &[&str]) {
    until("the screen shows it", SETTLED, || {
        let screen = pty.screen();
        let missing = texts.iter().find(|text| !screen.contains(**text));
        missing.map_or(Ok(()), |missing| Err(format!("{missing:?} is not on\n{screen}")))
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
}

/// Waits until the screen does not show `text`.
fn hides(pty: &Pty, text: &str) {
    until("the screen hides it", SETTLED, || {
        let screen = pty.screen();
        if screen.contains(text) { Err(format!("{text:?} is still on\n{screen}")) } else { Ok(()) }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
}

/// Filters for an alert that fires once, until it is all that is listed.
fn find(pty: &Pty, name: &str) {
    until("the alert", SETTLED, || {
        let screen = pty.screen();
        if screen.contains("HostDown") { Ok(()) } else { Err(screen) }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
    pty.keys(&format!("/{name}\r"));
    // Its receiver is known when an Alertmanager has it, not only Prometheus.
    shows(pty, &[name, "1 of 1", "▲ critical", "pagerduty-primary"]);
}

fn leave(pty: &mut Pty) {
    pty.keys("q");
    until("the end", SETTLED, || pty.exit_code().ok_or_else(|| pty.screen())).expect("q leaves");
}

/// Waits until every peer has the alert, once, and gives it as each tells it.
fn at_peers(stack: &Stack, name: &str) -> Vec<Value> {
    let told = |address: &String| {
        until("the alert at the peer", SETTLED, || {
            let alerts = stack.asker().json(&format!("{address}/api/v2/alerts"))?;
            let mine: Vec<&Value> =
                list(&alerts).iter().filter(|alert| alert["labels"]["alertname"] == name).collect();
            if let [one] = *mine { Ok(one.clone()) } else { Err(format!("{mine:#?}")) }
        })
    };
    stack.alertmanagers().iter().map(|address| told(address).expect("it fires")).collect()
}

/// Every silence that a peer has, those that ended too.
fn silences(stack: &Stack, address: &str) -> Vec<Value> {
    let silences = stack.asker().json(&format!("{address}/api/v2/silences")).expect("silences");
    list(&silences).to_vec()
}

/// Waits until a peer has one silence and no other, and gives its id.
fn only_silence(stack: &Stack, address: &str) -> String {
    until("the silence at the peer", SETTLED, || {
        let silences = silences(stack, address);
        if let [one] = &*silences { Ok(text(&one["id"]).to_owned()) } else { Err(format!("{silences:#?}")) }
    })
    .expect("it is made once")
}

fn end_of(silence: &Value) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text(&silence["endsAt"])).expect("a time").to_utc()
}

#[test]
fn a_silence_by_keys_is_made_extended_and_ended_once_on_both_peers() {
    let Some(stack) = shared::own("silences by keys", &[Part::Prometheus, Part::Alertmanagers]) else {
        return;
    };
    let peers = stack.alertmanagers();
    let [first, second] = &peers;
    let mut pty = dashboard(&stack, &peers, "Sam Vimes", &[]);
    find(&pty, "SmartUnhealthy");

    pty.keys("s");
    shows(
        &pty,
        &["alertname=\"SmartUnhealthy\"", "hides 1 alert: SmartUnhealthy", "would have hidden 1 alert"],
    );
    pty.keys("the disk is ordered\r");
    shows(&pty, &["The same as a command", "--comment='the disk is ordered'"]);
    pty.keys("\r");
    hides(&pty, "The same as a command");
    shows(&pty, &["○ silenced", "by Sam Vimes until", "1 of 1"]);
    let id = only_silence(&stack, second);
    wait_silence(&stack, first, &id, "active");
    let made = wait_silence(&stack, second, &id, "active");
    assert_eq!([text(&made["createdBy"]), text(&made["comment"])], ["Sam Vimes", "the disk is ordered"]);
    assert_eq!(amtool(&stack, second), id, "amtool sees it, and no other");
    for alert in at_peers(&stack, "SmartUnhealthy") {
        assert_eq!(alert["status"]["silencedBy"], json!([id]), "{alert:#}");
    }

    pty.keys("S");
    shows(&pty, &["Silences  1 active", "the disk is ordered"]);
    pty.keys("x");
    shows(&pty, &["longer by"]);
    pty.keys("\r");
    hides(&pty, "longer by");
    for peer in [first, second] {
        until("the later end at the peer", SETTLED, || {
            let silence = wait_silence(&stack, peer, &id, "active");
            let more = end_of(&silence) - end_of(&made);
            if more == TimeDelta::hours(1) { Ok(()) } else { Err(silence.to_string()) }
        })
        .expect("it was extended in place");
        assert_eq!(only_silence(&stack, peer), id);
    }
    shows(&pty, &["Silences  1 active", "in 1h5"]);

    pty.keys("X");
    shows(&pty, &["Enter ends it now."]);
    pty.keys("\r");
    hides(&pty, "Enter ends it now.");
    for peer in [first, second] {
        wait_silence(&stack, peer, &id, "expired");
        assert_eq!(only_silence(&stack, peer), id);
        assert_eq!(amtool(&stack, peer), "", "nothing is in force any more");
    }
    pty.keys("2");
    hides(&pty, "○ silenced");
    shows(&pty, &["SmartUnhealthy", "1 of 1", "▲ critical"]);
    for alert in at_peers(&stack, "SmartUnhealthy") {
        assert_eq!(alert["status"]["state"], "active", "{alert:#}");
    }
    leave(&mut pty);
}

#[test]
fn an_acknowledgement_by_keys_is_shown_by_a_dashboard_on_the_other_peer() {
    let parts = [Part::Prometheus, Part::Alertmanagers];
    let Some(stack) = shared::own("acknowledgements by keys", &parts) else { return };
    let [first, second] = stack.alertmanagers();
    let mut here = dashboard(&stack, slice::from_ref(&first), "Sam Vimes", &[]);
    let mut there = dashboard(&stack, slice::from_ref(&second), "Angua", &[]);
    find(&here, "SmartUnhealthy");
    find(&there, "SmartUnhealthy");

    here.keys("a");
    shows(&here, &["Pages go on"]);
    here.keys("on my way\r");
    hides(&here, "Pages go on");
    for pty in [&here, &there] {
        shows(pty, &["acked", "by Sam Vimes", "on my way", "1 of 1"]);
    }
    let id = only_silence(&stack, &first);
    assert_eq!(only_silence(&stack, &second), id);
    for alert in at_peers(&stack, "SmartUnhealthy") {
        assert_eq!(alert["status"]["state"], "active", "{alert:#}");
        assert_eq!(alert["status"]["silencedBy"], json!([]), "{alert:#}");
    }

    // Whoever looks may take it back, by way of either peer.
    there.keys("a");
    shows(&there, &["nobody is on it any more"]);
    there.keys("\r");
    hides(&there, "nobody is on it any more");
    for (pty, peer) in [(&here, &first), (&there, &second)] {
        wait_silence(&stack, peer, &id, "expired");
        hides(pty, "acked");
        shows(pty, &["▲ critical", "1 of 1"]);
    }
    leave(&mut here);
    leave(&mut there);
}

/// What each peer has of silences, in the order of their ids.
fn kept(stack: &Stack) -> Vec<Vec<Value>> {
    let peers = stack.alertmanagers();
    let mut kept: Vec<Vec<Value>> = peers.iter().map(|address| silences(stack, address)).collect();
    for silences in &mut kept {
        silences.sort_by_key(|silence| text(&silence["id"]).to_owned());
    }
    kept
}

/// Types a key that would write, and waits until it was refused; another key takes the words away.
fn refused(pty: &Pty, key: &str) {
    pty.keys(key);
    shows(pty, &[REFUSED]);
    pty.keys("j");
    hides(pty, REFUSED);
}

#[test]
fn under_read_only_no_key_changes_anything_on_either_peer() {
    let parts = [Part::Prometheus, Part::Alertmanagers];
    let Some(stack) = shared::own("read-only by keys", &parts) else { return };
    let peers = stack.alertmanagers();
    let now = Utc::now();
    let body = json!({
        "matchers": [{ "name": "alertname", "value": "HostDown", "isRegex": false, "isEqual": true }],
        "startsAt": now, "endsAt": now + TimeDelta::hours(1), "createdBy": "Angua", "comment": "a new fuse",
    });
    stack.asker().post(&format!("{}/api/v2/silences", peers[0]), &body).expect("a silence is made");
    let id = only_silence(&stack, &peers[1]);
    let before = kept(&stack);

    let mut pty = dashboard(&stack, &peers, "Sam Vimes", &["--read-only"]);
    find(&pty, "SmartUnhealthy");
    for key in ["s", "a"] {
        refused(&pty, key);
    }
    pty.keys("S");
    shows(&pty, &["Silences  1 active", "a new fuse"]);
    for key in ["x", "e", "X", "U"] {
        refused(&pty, key);
    }
    leave(&mut pty);
    assert_eq!(kept(&stack), before, "nothing is made, and {id} is as it was");
    for alert in at_peers(&stack, "SmartUnhealthy") {
        assert_eq!(alert["status"]["state"], "active", "{alert:#}");
    }
}
