//! `wardroom doctor --hosts`: hosts that let us in and hosts that do not, by a real ssh daemon.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::sshd::{BASH, DASH, Sshd};

fn diagnose(daemon: &Sshd, config: &str) -> (Option<i32>, Vec<Value>) {
    let home = tempfile::tempdir().expect("a home");
    let file = home.path().join("wardroom.toml");
    fs::write(&file, format!("[sources.prometheus.main]\nurl = \"http://127.0.0.1:1\"\n{config}"))
        .expect("a config");
    let mut command = Command::new(env!("CARGO_BIN_EXE_wardroom"));
    command.args(["doctor", "--hosts", "--format", "json", "--config"]).arg(&file);
    let output = command.env("HOME", home.path()).env("PATH", daemon.path()).output().expect("it runs");
    let told: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let findings = told["findings"].as_array().expect("findings").clone();
    (output.status.code(), findings.into_iter().filter(|one| one["area"] == "host").collect())
}

#[test]
fn hosts_are_logged_in_to_and_what_is_in_the_way_is_said() {
    let Some(daemon) = Sshd::start("doctor over ssh") else { return };
    let hosts = format!(
        "[hosts.good]\naddresses = [\"good\"]\nssh_user = \"{BASH}\"\n\
         [hosts.lean]\naddresses = [\"lean\"]\nssh_user = \"{DASH}\"\nshell = \"sh\"\nrole = \"proxmox\"\n\
         [hosts.odd]\naddresses = [\"odd\"]\nshell = \"fish\"\n\
         [hosts.shut]\naddresses = [\"shut\"]\nssh_user = \"nobody-we-know\"\n\
         [hosts.resting]\naddresses = [\"resting\"]\nssh_user = \"nobody-we-know\"\nexpected = \"sometimes\"\n\
         [[actions]]\nname = \"Back up\"\nargv = [\"true\"]\nhost = \"proxmox\"\nrequires = [\"sh\", \"no-such-program\"]\n"
    );
    let (code, found) = diagnose(&daemon, &hosts);
    assert_eq!(code, Some(1), "{found:#?}");
    let of = |name: &str| found.iter().filter(|one| one["subject"] == name).collect::<Vec<_>>();
    let text = |one: &Value| one["text"].as_str().expect("a text").to_owned();
    assert!(
        of("good")[0]["level"] == "ok" && text(of("good")[0]).contains("its shell is bash"),
        "{found:#?}"
    );
    assert_eq!(of("good").len(), 1, "no action needs anything there");
    assert_eq!(of("lean")[0]["level"], "ok", "{found:#?}");
    let lacking: Vec<String> = of("lean").into_iter().skip(1).map(text).collect();
    assert_eq!(lacking, ["no-such-program is not there, and an action needs it"]);
    assert!(of("odd")[0]["level"] == "failed" && text(of("odd")[0]).contains("fish"), "{found:#?}");
    assert!(of("shut")[0]["level"] == "failed" && text(of("shut")[0]).contains("let this key in"));
    assert_eq!(of("resting")[0]["level"], "note", "it may be off");
    assert!(found.iter().all(|one| one["level"] == "ok" || one["fix"].is_string()), "each says what to do");
}

#[test]
fn without_hosts_it_says_how_to_name_them() {
    let Some(daemon) = Sshd::start("doctor without hosts") else { return };
    let (_, found) = diagnose(&daemon, "");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["level"], "note");
}
