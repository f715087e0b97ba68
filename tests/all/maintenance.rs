//! `wardroom maintenance`: planned on the lab's Alertmanager, listed, ended; and what it does to a verdict.

use std::fs;
use std::process::Output;

use tempfile::TempDir;
use wardroom::clock::Clock;
use wardroom::demo::{Lab, Scenario};

use crate::check::{complained, conforms_to, home, run, said};

/// The lab, with a runbook of the owner's own kind.
struct Ground {
    home: TempDir,
    _lab: Lab,
    _network: tokio::runtime::Runtime,
}

const RUNBOOK: &str = "# Runbook\n\n### Updating Prometheus\n\n**Risk Level:** Medium\n\n#### Prerequisites\n\
    - [ ] Review the changelog\n- [ ] Notify the team\n\n#### Steps\n\n1. Stop it\n";

impl Ground {
    fn new(scenario: Scenario) -> Self {
        let home = home();
        let network = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let network = network.expect("a runtime");
        let lab = network.block_on(Lab::start(scenario, 1, Clock::system())).expect("a lab");
        let book = home.path().join("book.md");
        fs::write(&book, RUNBOOK).expect("a runbook");
        // The lab's config has runbooks of its own.
        let config: String = lab.config().split("[runbooks").next().unwrap_or_default().to_owned();
        let config = format!("{config}\n[runbooks]\nfiles = [{:?}]\n", book.display().to_string());
        fs::write(home.path().join("w.toml"), config).expect("a config");
        Self { home, _lab: lab, _network: network }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let config = self.home.path().join("w.toml").display().to_string();
        run(self.home.path(), &[&["--config", &config], arguments, &["--timeout", "60s"]].concat())
    }
}

#[test]
fn it_is_planned_listed_and_ended_when_all_is_back() {
    let ground = Ground::new(Scenario::Calm);
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
    let none = conforms_to("maintenance", &ground.run(&["maintenance", "list", "--format", "json"]));
    assert_eq!(none["maintenance"], serde_json::json!([]));
}

#[test]
fn what_still_fires_keeps_it_from_ending() {
    let ground = Ground::new(Scenario::HostDown);
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
