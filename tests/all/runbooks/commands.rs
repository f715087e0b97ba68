//! `wardroom runbook list|show|lint|trust`, run as a user runs them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;

use super::OWNER;

fn home() -> TempDir {
    tempfile::tempdir().expect("a directory")
}

fn run(home: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wardroom"));
    command.args(arguments).current_dir(home).env_clear().env("HOME", home).stdin(Stdio::null());
    command.output().expect("the program runs")
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn complained(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

fn owner(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/owner/{name}.md")).display().to_string()
}

/// The answer, which must be JSON alone and as its schema says.
fn conforms(output: &Output, schema: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/schemas/{schema}.json"));
    let rules: Value = serde_json::from_str(&fs::read_to_string(file).expect("the schema")).expect("JSON");
    let answer: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("no JSON alone on stdout: {error}\n{}", complained(output)));
    let validator = jsonschema::validator_for(&rules).expect("a schema");
    let faults: Vec<String> =
        validator.iter_errors(&answer).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    answer
}

#[rstest]
#[case("list")]
#[case("show")]
#[case("lint")]
fn every_answer_conforms_to_its_schema(#[case] command: &str) {
    let home = home();
    let files: Vec<String> = OWNER.iter().map(|name| owner(name)).collect();
    let mut arguments = vec!["runbook", command, "--format", "json"];
    arguments.extend(files.iter().map(String::as_str));
    let output = run(home.path(), &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", complained(&output));
    conforms(&output, &format!("runbook-{command}"));
    assert_eq!(fs::read_dir(home.path()).expect("a home").count(), 0, "reading writes nothing");
}

#[test]
fn a_list_says_what_can_be_followed() {
    let home = home();
    let output = run(home.path(), &["runbook", "list", "--format", "json", &owner("observability")]);
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let book = &answer["runbooks"][0];
    assert_eq!(book["title"], "Observability & Backups Stack - Operational Runbook");
    assert_eq!((book["sha256"].as_str().map(str::len), &book["trusted"]), (Some(64), &Value::Bool(false)));
    let first = &book["procedures"][0];
    let told = serde_json::json!({ "id": "alert-hostdown", "title": "Alert: HostDown", "kind": "alert",
        "alerts": ["HostDown"], "severity": "critical", "response_time": 300, "lines": [83, 201] });
    assert_eq!(*first, told);
    let text = said(&run(home.path(), &["runbook", "list", &owner("observability")]));
    assert!(text.lines().any(|line| line.contains("Alert: HostDown") && line.contains("5m")), "{text}");
}

#[test]
fn a_show_has_the_code_and_where_it_stands() {
    let home = home();
    let output = run(home.path(), &["runbook", "show", "--format", "json", &owner("observability")]);
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let procedure = &answer["runbooks"][0]["procedures"][0];
    assert_eq!(procedure["trigger"]["for"], 120);
    assert_eq!(procedure["scenarios"][0]["blocks"][0]["lines"], serde_json::json!([150, 158]));
    assert_eq!(procedure["steps"][0]["role"], "immediate_actions");
    let text = said(&run(home.path(), &["runbook", "show", &owner("observability")]));
    for line in ["Alert: HostDown  #alert-hostdown", "      qm start <VMID>", "  Scenario A: VM Powered Off"]
    {
        assert!(text.lines().any(|there| there == line), "{line}");
    }
}

#[test]
fn a_lint_ends_with_0_and_when_strict_with_1() {
    let home = home();
    let file = owner("restore");
    let output = run(home.path(), &["runbook", "lint", &file]);
    assert_eq!(output.status.code(), Some(0));
    assert!(said(&output).lines().any(|line| line.starts_with(&format!("{file}:82:1: torn-table: "))));
    assert_eq!(run(home.path(), &["runbook", "lint", "--strict", &file]).status.code(), Some(1));
    let clean = home.path().join("clean.md");
    fs::write(&clean, "# Clean\n\nNothing to do.\n").expect("a runbook");
    let clean = clean.display().to_string();
    let output = run(home.path(), &["runbook", "lint", "--strict", &clean]);
    assert_eq!((output.status.code(), said(&output)), (Some(0), String::new()));
}

#[test]
fn without_a_file_those_of_the_config_are_read() {
    let home = home();
    fs::copy(owner("stack"), home.path().join("stack.md")).expect("a copy");
    let config = home.path().join("wardroom.toml");
    let source = "[sources.prometheus.main]\nurl = \"http://127.0.0.1:9090\"\n";
    fs::write(&config, format!("{source}[runbooks]\nfiles = [\"stack.md\", \"~/stack.md\"]\n"))
        .expect("a config");
    let config = config.display().to_string();
    let output = run(home.path(), &["--config", &config, "runbook", "list", "--format", "json"]);
    let answer = conforms(&output, "runbook-list");
    let files: Vec<_> =
        answer["runbooks"].as_array().expect("a list").iter().map(|one| &one["file"]).collect();
    let file = home.path().join("stack.md").display().to_string();
    assert_eq!(files, [&file, &file]);

    fs::write(home.path().join("wardroom.toml"), source).expect("a config");
    let output = run(home.path(), &["--config", &config, "runbook", "lint"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(complained(&output).contains("[runbooks] files"), "{}", complained(&output));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let home = home();
    let output = run(home.path(), &["runbook", "show", "missing.md"]);
    assert_eq!((output.status.code(), said(&output)), (Some(1), String::new()));
    assert!(complained(&output).contains("cannot read the runbook missing.md"), "{}", complained(&output));
}

/// A runbook that the test may change.
fn runbook(home: &Path) -> PathBuf {
    let file = home.join("homelab.md");
    fs::write(&file, "# Homelab\n\n### Alert: HostDown\n\n```bash\nuptime\n```\n").expect("a runbook");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("its rights");
    file
}

#[test]
fn trust_is_for_the_bytes_and_shows_what_changed() {
    let home = home();
    let file = runbook(home.path());
    let name = file.display().to_string();
    let trusted = || {
        let output = run(home.path(), &["runbook", "list", "--format", "json", &name]);
        let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        answer["runbooks"][0]["trusted"].as_bool()
    };
    let trust = || run(home.path(), &["runbook", "trust", "homelab.md"]);
    assert_eq!(trusted(), Some(false));
    let output = trust();
    assert!(
        said(&output).contains("homelab.md: trusted, sha256 "),
        "{}{}",
        said(&output),
        complained(&output)
    );
    assert_eq!(trusted(), Some(true));
    assert!(said(&trust()).contains("trusted already"));

    let text = fs::read_to_string(&file).expect("the runbook").replace("uptime", "rm -rf \u{1b}[2Jx");
    fs::write(&file, text).expect("a change");
    assert_eq!(trusted(), Some(false));
    let told = said(&trust());
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[..2], ["homelab.md:6: - uptime", "homelab.md:6: + rm -rf ·[2Jx"]);
    assert_eq!(trusted(), Some(true));

    let kept = home.path().join(".local/state/wardroom/trust.jsonl");
    let mode = fs::metadata(&kept).expect("it is kept").permissions().mode();
    assert_eq!((mode & 0o777, fs::read_to_string(kept).expect("text").lines().count()), (0o600, 2));
}

#[test]
fn what_others_may_write_is_not_trusted() {
    let home = home();
    let file = runbook(home.path());
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).expect("its rights");
    let output = run(home.path(), &["runbook", "trust", "homelab.md"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(complained(&output).contains("chmod go-w homelab.md"), "{}", complained(&output));
}
