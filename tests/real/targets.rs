//! What `check` says of the targets is what Prometheus says.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use wardroom::text::sanitise;

use crate::program::{Program, list, text};
use crate::shared;
use crate::stack::Stack;
use crate::stack::wait::until;

/// A target's health and scrape error, by job and instance.
type Targets = BTreeMap<(String, String), (String, String)>;

fn of_server(stack: &Stack) -> Result<Targets, String> {
    let answer = stack.asker().json(&format!("{}/api/v1/targets?state=active", stack.prometheus()))?;
    let targets = list(&answer["data"]["activeTargets"]).iter().map(|target| {
        let labels = &target["labels"];
        let key = (text(&labels["job"]), text(&labels["instance"]));
        (key, text(&target["health"]), sanitise(text(&target["lastError"])).into_owned())
    });
    Ok(targets
        .map(|((job, instance), health, error)| {
            ((job.to_owned(), instance.to_owned()), (health.to_owned(), error))
        })
        .collect())
}

fn of_report(report: &Value) -> Result<Targets, String> {
    let mut targets = Targets::new();
    for target in list(&report["targets"]).iter().filter(|target| target["source"] == "main") {
        let key = (text(&target["job"]).to_owned(), text(&target["instance"]).to_owned());
        let said = (text(&target["health"]).to_owned(), text(&target["error"]).to_owned());
        if let Some(twice) = targets.insert(key.clone(), said) {
            return Err(format!("{key:?} is there twice: {twice:?}"));
        }
    }
    Ok(targets)
}

#[test]
fn every_target_has_the_servers_health_and_error() {
    let Some(stack) = shared::stack("targets in check") else { return };
    let program = Program::new(&stack.config("5s"));
    let mut agreed = BTreeSet::new();
    // What the server said just before and just after is what the program must say. A target that
    // changed in between, as the reset connection's error does with its port, must have agreed once.
    until("check agrees with Prometheus", Duration::from_mins(1), || {
        let before = of_server(stack)?;
        let unknown = before.values().filter(|(health, _)| health == "unknown").count();
        // One target is scraped once in 30 days.
        if before.len() < 45 || unknown > 1 {
            return Err(format!("{} targets, {unknown} not yet scraped", before.len()));
        }
        let shown = of_report(&program.check())?;
        let after = of_server(stack)?;
        let names = |targets: &Targets| targets.keys().cloned().collect::<BTreeSet<_>>();
        if names(&shown) != names(&after) {
            let differing: Vec<_> = names(&shown).symmetric_difference(&names(&after)).cloned().collect();
            return Err(format!("other targets: {differing:?}"));
        }
        let mut open = Vec::new();
        for (name, said) in &after {
            let is_equal = |server: &Targets| server.get(name) == shown.get(name);
            if is_equal(&before) || is_equal(&after) {
                agreed.insert(name.clone());
            }
            let stayed = before.get(name) == Some(said);
            if (stayed && !is_equal(&after)) || !agreed.contains(name) {
                open.push((name, said, shown.get(name)));
            }
        }
        if open.is_empty() { Ok(()) } else { Err(format!("{open:#?}")) }
    })
    .expect("what is shown is what the server says");
}

#[test]
fn an_error_is_sorted_by_its_cause() {
    let Some(stack) = shared::stack("classes of scrape errors") else { return };
    let program = Program::new(&stack.config("5s"));
    let expected = [
        ("down-refused", "", "refused"),
        ("down-dns", "", "dns"),
        ("bad-tls", "", "tls"),
        ("broken", "broken-slow", "timeout"),
        ("broken", "broken-500", "http"),
        ("broken", "broken-401", "http"),
        ("broken", "broken-garbage", "parse"),
        ("broken-sample-limit", "", "limit"),
        ("broken-body-limit", "", "limit"),
    ];
    until("classes of scrape errors", Duration::from_secs(45), || {
        let report = program.check();
        let wrong = expected.iter().find(|(job, instance, class)| {
            let mut targets = list(&report["targets"]).iter().filter(|target| {
                target["job"] == *job && (instance.is_empty() || target["instance"] == *instance)
            });
            targets.next().is_none_or(|target| target["error_class"] != *class)
        });
        wrong.map_or(Ok(()), |wrong| Err(format!("{wrong:?} is not so")))
    })
    .expect("each error has its class");
}
