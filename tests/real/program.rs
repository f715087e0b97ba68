//! The program against the stack: one look without a screen, or the dashboard in a terminal.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use tempfile::TempDir;

use crate::pty::Pty;

/// Far longer than a look at servers on the same machine takes.
const LIMIT: Duration = Duration::from_mins(1);

/// The program with a config and a home directory of its own.
pub struct Program {
    home: TempDir,
}

impl Program {
    /// With this config.
    pub fn new(config: &str) -> Self {
        let home = tempfile::Builder::new().prefix("wardroom-home-").tempdir().expect("a home directory");
        let file = home.path().join("wardroom.toml");
        fs::write(&file, config).expect("the config is written");
        let private = fs::Permissions::from_mode(0o600);
        fs::set_permissions(&file, private).expect("the config is private");
        Self { home }
    }

    fn config(&self) -> String {
        self.home.path().join("wardroom.toml").display().to_string()
    }

    /// What `check --format json` says, after one look at everything.
    pub fn check(&self) -> Value {
        self.report("check")
    }

    /// The same with more time than usual: for a machine that has much else to do.
    pub fn check_within(&self, time: &str) -> Value {
        let output = self.run(&["check", "--timeout", time, "--format", "json"]);
        let said = String::from_utf8_lossy(&output.stderr);
        let report = serde_json::from_slice(&output.stdout);
        report.unwrap_or_else(|error| panic!("check says no JSON: {error}\n{}\n{said}", output.status))
    }

    /// What `backups --format json` says.
    pub fn backups(&self) -> Value {
        self.report("backups")
    }

    fn report(&self, command: &str) -> Value {
        let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_wardroom"))
            .args(["--config", &self.config(), command, "--format", "json"])
            .env_clear()
            .env("HOME", self.home.path())
            .timeout(LIMIT)
            .output()
            .expect("the program runs");
        let said = String::from_utf8_lossy(&output.stderr);
        let report = serde_json::from_slice(&output.stdout);
        report.unwrap_or_else(|error| panic!("{command} says no JSON: {error}\n{}\n{said}", output.status))
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        assert_cmd::Command::new(env!("CARGO_BIN_EXE_wardroom"))
            .args(["--config", &self.config()])
            .args(arguments)
            .env_clear()
            .env("HOME", self.home.path())
            .timeout(LIMIT)
            .output()
            .expect("the program runs")
    }

    /// What a command says that succeeds; else what it complains of.
    pub fn say(&self, arguments: &[&str]) -> Result<String, String> {
        let output = self.run(arguments);
        let text = |bytes| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// What a command says as JSON, under `key`.
    pub fn rows(&self, arguments: &[&str], key: &str) -> Result<Vec<Value>, String> {
        let said = self.say(&[arguments, &["--format", "json"]].concat())?;
        let said: Value = serde_json::from_str(&said).map_err(|error| format!("{error}: {said}"))?;
        said[key].as_array().cloned().ok_or_else(|| said.to_string())
    }

    /// All that it has written into the files of a directory of its state.
    pub fn kept(&self, directory: &str) -> String {
        let place = self.home.path().join(".local/state/wardroom").join(directory);
        let files = fs::read_dir(place).into_iter().flatten().flatten();
        files.map(|file| fs::read_to_string(file.path()).expect("a text")).collect()
    }

    /// The dashboard in a terminal of this many columns and rows.
    pub fn dashboard(self, size: (u16, u16)) -> Pty {
        self.dashboard_with(&[], size)
    }

    /// The same with more arguments.
    pub fn dashboard_with(self, arguments: &[&str], size: (u16, u16)) -> Pty {
        let config = self.config();
        Pty::start(&[&["--config", &config], arguments].concat(), self.home, size)
    }
}

/// What a report says of the source of this name.
pub fn source<'a>(report: &'a Value, name: &str) -> &'a Value {
    let mut sources = report["sources"].as_array().into_iter().flatten();
    sources.find(|source| source["name"] == name).unwrap_or_else(|| panic!("no source {name} in {report:#}"))
}

/// The instant that a server gives in seconds; the oldest where it gives none.
#[expect(clippy::cast_possible_truncation, reason = "milliseconds of a time do")]
pub fn instant(seconds: f64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis((seconds * 1000.0).round() as i64).unwrap_or(DateTime::UNIX_EPOCH)
}

/// A list in a report or in a server's answer.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A text in a report or in a server's answer; empty when there is none.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
