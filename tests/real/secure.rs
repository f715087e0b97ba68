//! Prometheus behind TLS, a password and a path prefix: let in, and refused with a reason.

use std::time::Duration;

use serde_json::Value;

use crate::program::{Program, list, source, text};
use crate::shared;
use crate::stack::wait::until;
use crate::stack::{PASSWORD, Stack, USER};

/// A config with the secure Prometheus alone, and these lines in its table.
fn config(stack: &Stack, lines: &str) -> String {
    let url = stack.secure_prometheus();
    format!("[sources.prometheus.secure]\nurl = {url:?}\nusername = {USER:?}\n{lines}\n")
}

fn report(stack: &Stack, lines: &str) -> Value {
    Program::new(&config(stack, lines)).check()
}

fn password() -> String {
    format!("password = {PASSWORD:?}")
}

#[test]
fn an_authority_or_a_pin_lets_in() {
    let Some(stack) = shared::stack("a trusted Prometheus") else { return };
    let authority = format!("ca_file = {:?}", stack.authority_file());
    let pin = format!("fingerprint = {:?}", stack.fingerprint());
    for trust in [authority, pin] {
        let program = Program::new(&config(stack, &format!("{}\n{trust}", password())));
        until("the target of the secure Prometheus", Duration::from_secs(30), || {
            let report = program.check();
            assert_eq!(source(&report, "secure")["state"], "fresh", "{trust}: {report:#}");
            let up = list(&report["targets"]).iter().any(|target| target["health"] == "up");
            if up { Ok(()) } else { Err("not up") }
        })
        .expect("its own target is up");
    }
}

#[test]
fn without_trust_it_is_refused_with_a_reason() {
    let Some(stack) = shared::stack("an untrusted Prometheus") else { return };
    let wrong = format!("fingerprint = {:?}", ["AB"; 32].join(":"));
    for trust in [String::new(), wrong] {
        let report = report(stack, &format!("{}\n{trust}", password()));
        let source = source(&report, "secure");
        assert_eq!(source["state"], "down", "{report:#}");
        let error = text(&source["error"]).to_lowercase();
        let names_it =
            ["certificate", "fingerprint", "authority", "issuer"].iter().any(|word| error.contains(word));
        assert!(names_it, "the reason is not clear: {error:?}");
        assert_ne!(report["verdict"]["state"], "ok", "{report:#}");
        assert!(list(&report["targets"]).is_empty(), "{report:#}");
    }
}

#[test]
fn a_wrong_password_is_unauthorised_and_the_others_go_on() {
    let Some(stack) = shared::stack("a wrong password") else { return };
    let lines = format!("password = \"wrong\"\nca_file = {:?}", stack.authority_file());
    let main = format!("[sources.prometheus.main]\nurl = {:?}\n", stack.prometheus());
    let program = Program::new(&(config(stack, &lines) + &main));
    until("both sources asked", Duration::from_secs(30), || {
        let report = program.check();
        assert_eq!(source(&report, "secure")["state"], "unauthorised", "{report:#}");
        assert_eq!(source(&report, "main")["state"], "fresh", "{report:#}");
        assert!(!report.to_string().contains("wrong"), "the password is in the report");
        let targets = list(&report["targets"]);
        if targets.iter().any(|target| target["source"] == "main") { Ok(()) } else { Err("no targets yet") }
    })
    .expect("the other source has its targets");
}
