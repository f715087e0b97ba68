//! Chains that are really broken: servers that are stopped, peers that are gone, receivers that fail.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use crate::program::{Program, list, text};
use crate::shared;
use crate::stack::wait::until;
use crate::stack::{Part, Stack};

/// Long enough for a few scrapes, rules and looks on a busy machine.
const SETTLED: Duration = Duration::from_mins(2);

fn program(stack: &Stack) -> Program {
    let [first, second] = stack.alertmanagers();
    Program::new(&format!(
        "[sources.prometheus.main]\nurl = {:?}\ntimeout = \"2s\"\n\
         [sources.alertmanager.main]\nurls = [{first:?}, {second:?}]\ntimeout = \"2s\"\n",
        stack.prometheus()
    ))
}

/// What is said of the link from one place to another.
fn link(report: &Value, from: &str, to: &str) -> Option<(String, String)> {
    let mut links = list(&report["chain"]).iter();
    let link =
        links.find(|link| link["from"] == from && (link["to"] == to || text(&link["to"]).ends_with(to)))?;
    Some((text(&link["state"]).to_owned(), text(&link["text"]).to_owned()))
}

fn wait(program: &Program, what: &str, from: &str, to: &str, state: &str, words: &str) {
    until(what, SETTLED, || {
        let report = program.check();
        match link(&report, from, to) {
            Some((have, said)) if have == state && said.contains(words) => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
}

#[test]
fn each_break_is_found_at_its_link() {
    let Some(mut stack) = shared::own("broken chains", &[Part::Prometheus, Part::Alertmanagers]) else {
        return;
    };
    let program = program(&stack);
    // The stack has rules that cannot be evaluated, a receiver that always fails, targets that are down.
    wait(&program, "a broken rule", "Prometheus", "rules", "warning", "cannot be evaluated");
    wait(&program, "targets that are down", "exporters", "Prometheus", "warning", "targets do not answer");
    wait(
        &program,
        "a failing receiver",
        "Alertmanager",
        "receivers",
        "warning",
        "notifications by webhook fail",
    );
    wait(&program, "all alerts arrive", "rules", "Alertmanager", "ok", "firing alerts have arrived");

    stack.process("alertmanager-1").expect("it runs").kill();
    let gone = stack.alertmanagers()[1].clone();
    wait(&program, "a lost peer", "Alertmanager", &gone, "warning", "does not answer");
    wait(
        &program,
        "a peer that cannot be handed alerts",
        "rules",
        "Alertmanager",
        "warning",
        "to 1 of 2 Alertmanagers",
    );
    stack.restart("alertmanager-1").expect("it starts again");

    stack.process("prometheus").expect("it runs").signal(Signal::STOP);
    wait(&program, "a hanging Prometheus", "exporters", "Prometheus", "unknown", "does not answer");
    stack.process("prometheus").expect("it hangs").signal(Signal::CONT);
    wait(&program, "Prometheus goes on", "exporters", "Prometheus", "warning", "targets do not answer");

    stack.process("alertmanager-0").expect("it runs").kill();
    stack.process("alertmanager-1").expect("it runs").kill();
    wait(&program, "no Alertmanager at all", "Alertmanager", "its peers", "unknown", "does not answer");
    wait(
        &program,
        "alerts that nobody takes",
        "rules",
        "Alertmanager",
        "critical",
        "to 2 of 2 Alertmanagers",
    );
    stack.restart("alertmanager-0").expect("it starts again");
    stack.restart("alertmanager-1").expect("it starts again");

    stack.process("prometheus").expect("it runs").kill();
    wait(&program, "no Prometheus at all", "exporters", "Prometheus", "unknown", "refused");
}
