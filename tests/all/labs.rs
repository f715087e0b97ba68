//! The demo lab in the network, and the program with a config and a home of its own that looks at it.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use wardroom::clock::Clock;
use wardroom::demo::{Lab, Scenario};

use crate::check::{conforms_to, home, run};

/// A lab that is served as long as this is kept.
pub struct Ground {
    pub home: TempDir,
    pub lab: Lab,
    _network: Runtime,
}

impl Ground {
    /// The lab with its own config.
    pub fn new(scenario: Scenario) -> Self {
        Self::with(scenario, |config, _| config)
    }

    /// The same with another config: made of its own, and of where it will lie.
    pub fn with(scenario: Scenario, change: impl FnOnce(String, &Path) -> String) -> Self {
        let home = home();
        let network = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let network = network.expect("a runtime");
        let lab = network.block_on(Lab::start(scenario, 1, Clock::system())).expect("a lab");
        fs::write(home.path().join("w.toml"), change(lab.config(), home.path())).expect("a config");
        Self { home, lab, _network: network }
    }

    /// The lab whose only runbook has this text.
    pub fn with_runbook(scenario: Scenario, text: &str) -> Self {
        Self::with(scenario, |config, home| {
            let book = home.join("book.md");
            fs::write(&book, text).expect("a runbook");
            // The lab's config has runbooks of its own.
            let own = config.split("[runbooks").next().unwrap_or_default();
            format!("{own}\n[runbooks]\nfiles = [{:?}]\n", book.display().to_string())
        })
    }

    /// Runs a command that asks servers, with time enough for a busy machine.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let config = self.home.path().join("w.toml").display().to_string();
        run(self.home.path(), &[&["--config", &config], arguments, &["--timeout", "60s"]].concat())
    }

    /// What a command says as JSON, which must be of its schema.
    pub fn report(&self, schema: &str, arguments: &[&str]) -> Value {
        conforms_to(schema, &self.run(&[arguments, &["--format", "json"]].concat()))
    }
}

/// The rows of a list in a report that are of a kind.
pub fn of_kind<'r>(report: &'r Value, list: &str, kind: &str) -> Vec<&'r Value> {
    let all = report[list].as_array().into_iter().flatten();
    all.filter(|row| row["kind"] == kind).collect()
}
