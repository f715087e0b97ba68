//! `wardroom maintenance`: planned on the lab's Alertmanager, listed, ended; and what it does to a verdict.

use wardroom::demo::Scenario;

use crate::check::{complained, conforms_to, run, said};
use crate::labs::Ground;

const RUNBOOK: &str = "# Runbook\n\n### Updating Prometheus\n\n**Risk Level:** Medium\n\n#### Prerequisites\n\
    - [ ] Review the changelog\n- [ ] Notify the team\n\n#### Steps\n\n1. Stop it\n";

/// All that was written down of maintenance and incidents.
fn records(ground: &Ground) -> String {
    let directory = ground.home.path().join(".local/state/wardroom/incidents");
    let files = std::fs::read_dir(directory).expect("records").map(|entry| entry.expect("an entry").path());
    files.map(|file| std::fs::read_to_string(file).expect("a record")).collect()
}

#[test]
fn it_is_planned_listed_and_ended_when_all_is_back() {
    let ground = Ground::with_runbook(Scenario::Calm, RUNBOOK);
    let plan = ["maintenance", "plan", "updating prometheus", "--for", "20m", "--down", "prometheus.home"];
    let name = said(&ground.run(&["check", "--format", "json"]));
    let name = name.split("\"kind\": \"prometheus\",").nth(1).expect("a Prometheus").split('"').nth(3);
    let source = format!("prometheus.{}", name.expect("its name"));
    let plan: Vec<&str> =
        plan.iter().map(|word| if *word == "prometheus.home" { source.as_str() } else { word }).collect();

    let output = ground.run(&plan);
    assert_eq!(output.status.code(), Some(2), "{}", complained(&output));
    let told = complained(&output);
    assert!(told.contains("Review the changelog") && told.contains("--yes says that they are met"), "{told}");
    let none = conforms_to("maintenance", &ground.run(&["maintenance", "list", "--format", "json"]));
    assert_eq!(none["maintenance"], serde_json::json!([]), "nothing was written");

    let output = ground.run(&[&plan[..], &["--yes", "--author", "sam", "--matcher", "host=vm102"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", complained(&output));
    assert!(said(&output).contains("said to be met: Notify the team"), "{}", said(&output));
    let listed = ground.run(&["maintenance", "list", "--format", "json"]);
    assert_eq!(listed.status.code(), Some(0), "{}", complained(&listed));
    let one = &conforms_to("maintenance", &listed)["maintenance"][0];
    assert_eq!((&one["state"], &one["by"]), (&"going".into(), &"sam".into()));
    assert_eq!(one["down"], serde_json::json!([source]));
    let checks = one["checks"].as_array().expect("checks");
    assert!(checks.len() >= 3 && checks.iter().all(|check| check["state"] == "ok"), "{one:#}");

    let check = said(&ground.run(&["check"]));
    assert!(check.contains("maintenance updating prometheus, "), "{check}");
    let due = said(&ground.run(&["due", "--within", "1d"]));
    assert!(
        due.contains("maintenance  updating prometheus") && due.contains("is to be over, by sam"),
        "{due}"
    );
    let journal = said(&run(ground.home.path(), &["journal"]));
    assert_eq!(journal.matches("wardroom_maintenance").count(), 1, "{journal}");

    let twice = ground.run(&[&plan[..], &["--yes"]].concat());
    assert_eq!(twice.status.code(), Some(2), "{}", complained(&twice));
    let output = ground.run(&["maintenance", "end", "updating prometheus"]);
    assert_eq!(output.status.code(), Some(0), "{}", complained(&output));
    let record = records(&ground);
    for told in [
        "planned by sam, until ",
        "said to be met: Review the changelog",
        "answers: ok (all its feeds are fresh)",
        "ended: all is back",
    ] {
        assert_eq!(record.matches(told).count(), 1, "{told}: {record}");
    }
    let none = conforms_to("maintenance", &ground.run(&["maintenance", "list", "--format", "json"]));
    assert_eq!(none["maintenance"], serde_json::json!([]));
}

#[test]
fn what_still_fires_keeps_it_from_ending() {
    let ground = Ground::with_runbook(Scenario::HostDown, RUNBOOK);
    let plan = ["maintenance", "plan", "disks", "--for", "1h", "--matcher", "host=vm102", "--author", "sam"];
    let output = ground.run(&plan);
    assert_eq!(output.status.code(), Some(0), "{}", complained(&output));
    let output = ground.run(&["maintenance", "end", "disks"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("HostDown"), "{}", said(&output));
    let output = ground.run(&["maintenance", "end", "disks", "--yes"]);
    assert_eq!(output.status.code(), Some(0), "{}", complained(&output));
    let wrong = ground.run(&["maintenance", "end", "disks"]);
    assert_eq!(wrong.status.code(), Some(2), "{}", complained(&wrong));
    let read_only = ground.run(&[&["--read-only"], &plan[..]].concat());
    assert_eq!(read_only.status.code(), Some(2), "{}", complained(&read_only));
}
