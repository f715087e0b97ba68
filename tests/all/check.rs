//! `wardroom check` and its small neighbours, run as a user runs them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use jsonschema::Validator;
use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;

const SCENARIOS: [&str; 5] = ["calm", "host-down", "backup-late", "storm", "chain-broken"];

/// A home directory with nothing in it.
pub(super) fn home() -> TempDir {
    tempfile::tempdir().expect("a directory")
}

pub(super) fn wardroom(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wardroom"));
    command.args(arguments).env_clear().env("HOME", home).stdin(Stdio::null());
    command
}

pub(super) fn run(home: &Path, arguments: &[&str]) -> Output {
    wardroom(home, arguments).output().expect("the program runs")
}

pub(super) fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

pub(super) fn complained(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

fn schema(name: &str) -> Validator {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/schemas/{name}.json"));
    let schema: Value = serde_json::from_str(&fs::read_to_string(file).expect("the schema")).expect("JSON");
    jsonschema::validator_for(&schema).expect("a schema")
}

fn conforms(output: &Output) -> Value {
    conforms_to("check", output)
}

/// What a command wrote, which must be of the schema `name`.
pub(super) fn conforms_to(name: &str, output: &Output) -> Value {
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("no JSON alone on stdout: {error}\n{}", complained(output)));
    let faults: Vec<String> = schema(name)
        .iter_errors(&report)
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{faults:#?}");
    report
}

#[rstest]
fn every_scenario_conforms_to_the_schema(
    #[values("calm", "host-down", "backup-late", "storm", "chain-broken")] scenario: &str,
) {
    assert!(SCENARIOS.contains(&scenario));
    let home = home();
    let output = run(home.path(), &["check", "--format", "json", &format!("--demo={scenario}")]);
    let report = conforms(&output);
    let code = match report["verdict"]["state"].as_str() {
        Some("ok") => 0,
        Some("warning") => 1,
        Some("critical") => 2,
        _ => 3,
    };
    assert_eq!(output.status.code(), Some(code), "{:#}", report["verdict"]);
    for list in ["sources", "targets", "logs", "backups", "datastores"] {
        assert!(report[list].as_array().is_some_and(|rows| !rows.is_empty()), "{list} is empty");
    }
    assert_eq!(fs::read_dir(home.path()).expect("a home").count(), 0, "nothing is written in the home");
}

#[rstest]
#[case("calm", &[0])]
#[case("host-down", &[2])]
#[case("backup-late", &[1, 2])]
#[case("storm", &[2])]
#[case("chain-broken", &[2])]
fn every_scenario_has_its_exit_status(#[case] scenario: &str, #[case] codes: &[i32]) {
    let output = run(home().path(), &["check", &format!("--demo={scenario}")]);
    let code = output.status.code().expect("a status");
    assert!(codes.contains(&code), "{code}: {}{}", said(&output), complained(&output));
}

#[test]
fn the_parts_that_are_not_asked_for_are_left_out() {
    let output = run(home().path(), &["check", "--demo=storm", "--format", "json", "--only", "logs,backups"]);
    let report = conforms(&output);
    let kinds: Vec<&str> = report["sources"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|source| source["kind"].as_str())
        .collect();
    assert_eq!(kinds, ["loki", "pbs", "pve"]);
    for (list, is_there) in [("targets", false), ("alerts", false), ("logs", true), ("backups", true)] {
        assert_eq!(report[list].as_array().is_some_and(|rows| !rows.is_empty()), is_there, "{list}");
    }
}

#[test]
fn a_monitoring_system_gets_one_line_with_performance_data() {
    let output = run(home().path(), &["--demo=host-down", "check", "--format", "nagios"]);
    let line = said(&output);
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(line.starts_with("WARDROOM CRITICAL - "), "{line}");
    let (_, data) = line.split_once('|').expect("performance data");
    for datum in data.split_whitespace() {
        let (name, value) = datum.split_once('=').expect("name=value");
        assert!(name.chars().all(|char| char.is_ascii_lowercase() || char == '_'), "{datum}");
        assert_eq!(value.split(';').count(), 5, "{datum}");
    }
}

#[test]
fn what_goes_wrong_is_unknown_and_never_one_or_two() {
    let home = home();
    for arguments in [
        &["check", "--format", "yaml"][..],
        &["check", "--only", "weather"],
        &["check", "--timeout", "soon"],
        &["check", "--demo=apocalypse"],
        &["--nonsense", "check"],
        &["check"],
        &["check", "--config", "/nonexistent/config.toml"],
        &["check", "--demo", "--theme", "nonesuch"],
    ] {
        let output = run(home.path(), arguments);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {}", complained(&output));
        assert!(output.stdout.is_empty(), "{arguments:?}: errors go to stderr");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn other_commands_end_with_two_on_wrong_usage_and_config() {
    let home = home();
    for arguments in [
        &["config", "check"][..],
        &["--nonsense"],
        &["config", "check", "/nonexistent"],
        &["keys", "--config", "/nonexistent"],
    ] {
        let output = run(home.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", complained(&output));
    }
    let missing = complained(&run(home.path(), &["config", "check"]));
    assert!(missing.contains(".config/wardroom/config.toml") && missing.contains("--demo"), "{missing}");
}

#[test]
fn a_server_that_does_not_answer_is_told_and_not_waited_for() {
    let home = home();
    // It takes connections and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let file = home.path().join("w.toml");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    fs::write(&file, format!("[sources.prometheus.main]\nurl = {url:?}\ntimeout = \"1m\"\n"))
        .expect("written");
    let file = file.display().to_string();
    let began = std::time::Instant::now();
    let output = run(home.path(), &["--config", &file, "check", "--timeout", "500ms", "--format", "json"]);
    assert!(began.elapsed() < std::time::Duration::from_secs(20), "it did not wait for the server");
    let report = conforms(&output);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(report["sources"][0]["state"], "pending");
}

#[test]
fn a_secret_that_others_may_read_is_warned_of() {
    let home = home();
    let file = home.path().join("w.toml");
    fs::write(&file, "[sources.prometheus.main]\nurl = \"http://127.0.0.1:1\"\ntoken = \"hidden\"\n")
        .expect("written");
    let path = file.display().to_string();
    for (mode, warns) in [(0o644, true), (0o640, true), (0o600, false)] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("set");
        for arguments in [&["config", "check", &path][..], &["check", "--config", &path, "--timeout", "1s"]] {
            let told = complained(&run(home.path(), arguments));
            assert_eq!(told.contains(&format!("chmod 600 {path}")), warns, "{mode:o} {arguments:?}: {told}");
            assert!(!told.contains("hidden"), "{told}");
        }
    }
    let other = home.path().join("token");
    fs::write(&other, "hidden").expect("written");
    let other = other.display().to_string();
    let text = format!("[sources.prometheus.main]\nurl = \"http://127.0.0.1:1\"\ntoken_file = {other:?}\n");
    fs::write(&file, text).expect("written");
    for (mode, warns) in [(0o644, true), (0o600, false)] {
        fs::set_permissions(&other, fs::Permissions::from_mode(mode)).expect("set");
        for arguments in [
            &["config", "check", &path][..],
            &["check", "--config", &path, "--timeout", "1s"],
            &["doctor", "--config", &path],
        ] {
            let output = run(home.path(), arguments);
            let told = complained(&output) + &said(&output);
            assert_eq!(told.contains(&format!("chmod 600 {other}")), warns, "{mode:o} {arguments:?}: {told}");
            assert!(!told.contains("hidden"), "{told}");
        }
    }
}

#[test]
fn the_example_is_printed_and_passes_its_own_check() {
    let home = home();
    let example = run(home.path(), &["config", "example"]);
    let file = home.path().join("config.toml");
    fs::write(&file, &example.stdout).expect("written");
    let output = run(home.path(), &["config", "check", &file.display().to_string()]);
    assert!(output.status.success(), "{}", complained(&output));
    assert!(said(&output).contains("ok, 5 sources: prometheus.main, alertmanager.main"), "{}", said(&output));
}

#[test]
fn the_config_is_found_where_it_belongs() {
    let home = home();
    let ask = |variables: &[(&str, &str)]| {
        let mut command = wardroom(home.path(), &["config", "path"]);
        command.envs(variables.iter().copied());
        said(&command.output().expect("the program runs")).trim().to_owned()
    };
    assert_eq!(ask(&[]), home.path().join(".config/wardroom/config.toml").display().to_string());
    assert_eq!(ask(&[("XDG_CONFIG_HOME", "/etc/xdg")]), "/etc/xdg/wardroom/config.toml");
    assert_eq!(ask(&[("WARDROOM_CONFIG", "/srv/w.toml")]), "/srv/w.toml");
}

#[rstest]
#[case(&["keys"], "Ctrl-r")]
#[case(&["themes"], "high-contrast")]
#[case(&["completions", "bash"], "_wardroom")]
#[case(&["completions", "zsh"], "#compdef wardroom")]
#[case(&["completions", "fish"], "complete -c wardroom")]
#[case(&["man"], ".TH")]
#[case(&["--help"], "Exit status of check")]
#[case(&["check", "--help"], "--only backups")]
#[case(&["--version"], env!("CARGO_PKG_VERSION"))]
fn small_commands_answer(#[case] arguments: &[&str], #[case] shows: &str) {
    let output = run(home().path(), arguments);
    assert!(output.status.success(), "{}", complained(&output));
    assert!(said(&output).contains(shows), "{}", said(&output));
    assert!(output.stderr.is_empty(), "{}", complained(&output));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    for arguments in [&["man"][..], &["config", "example"], &["keys"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let home = home();
        let mut command = wardroom(home.path(), arguments);
        let output =
            command.stdout(writer).stderr(Stdio::piped()).spawn().expect("it starts").wait_with_output();
        let output = output.expect("it ends");
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{arguments:?}: {}",
            complained(&output)
        );
    }
}

#[test]
fn the_lab_serves_alone_until_it_is_ended() {
    let home = home();
    let file = home.path().join("lab.toml");
    let arguments =
        ["lab", "--scenario", "backup-late", "--port-file", &file.display().to_string(), "--seed", "7"];
    let mut lab = wardroom(home.path(), &arguments).spawn().expect("it starts");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while !file.exists() {
        assert!(std::time::Instant::now() < deadline, "the lab says where it listens");
        assert!(lab.try_wait().expect("a child").is_none(), "the lab runs");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let config = file.display().to_string();
    let output = run(home.path(), &["check", "--config", &config, "--format", "json"]);
    assert!(output.stderr.is_empty(), "{}", complained(&output));
    let report = conforms(&output);
    let states: Vec<&Value> =
        report["sources"].as_array().into_iter().flatten().map(|source| &source["state"]).collect();
    assert_eq!(states, ["fresh"; 6], "{report:#}");
    let id = rustix::process::Pid::from_child(&lab);
    rustix::process::kill_process(id, rustix::process::Signal::TERM).expect("it is told to end");
    assert!(lab.wait().expect("it ends").success(), "asked to end, it ends well");
}
