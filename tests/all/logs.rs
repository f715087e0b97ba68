//! `wardroom logs`, run as a user runs it, on the demo lab and on a Loki of the test's own.

use std::collections::HashSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use jsonschema::Validator;
use serde_json::{Value, json};
use tempfile::TempDir;
use wardroom::clock::Clock;
use wardroom::demo::{Lab, Scenario};

use crate::sources::loki::proxy::Proxy;
use crate::sources::loki::storm::{port, push};

fn home() -> TempDir {
    tempfile::tempdir().expect("a directory")
}

fn wardroom(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wardroom"));
    command.args(arguments).env_clear().env("HOME", home).stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    wardroom(home().path(), arguments).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

fn schema() -> Validator {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas/logs.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(file).expect("the schema")).expect("JSON");
    jsonschema::validator_for(&schema).expect("a schema")
}

fn object(line: &str) -> Value {
    let read: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let faults: Vec<String> = schema().iter_errors(&read).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?}: {line}");
    read
}

const ALL: &str = "{host=~\".+\"}";

#[test]
fn the_past_comes_once_and_in_order() {
    let output = run(&["logs", "--demo=storm", ALL, "--since", "20m", "--format", "jsonl"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let lines: Vec<String> = text(&output.stdout).lines().map(str::to_owned).collect();
    assert!(lines.len() > 5_000, "more than a page: {}", lines.len());
    let mut times = Vec::new();
    for line in lines.iter().step_by(50) {
        let said = object(line);
        assert_eq!((&said["schema"], &said["kind"]), (&json!(1), &json!("line")));
        times.push(said["time"].as_str().expect("a time").to_owned());
    }
    assert!(times.is_sorted());
    assert_eq!(lines.iter().collect::<HashSet<_>>().len(), lines.len(), "each once");
}

#[test]
fn text_is_for_people_and_bounded_on_demand() {
    let output = run(&["--demo=host-down", "logs", ALL, "--limit", "7"]);
    let said = text(&output.stdout);
    assert_eq!((output.status.code(), said.lines().count()), (Some(0), 7), "{said}");
    assert!(said.lines().all(|line| line.contains("host=") && !line.contains('\u{1b}')), "{said}");
}

#[test]
fn what_goes_wrong_has_its_status() {
    for (arguments, code, told) in [
        (&["logs", "--demo", "{job=\"x\""][..], 1, "parse error"),
        (&["logs", "--demo", "--follow", "{job=\"x\""], 1, "parse error"),
        (&["logs", "--demo", ALL, "--source", "nosuch"], 2, "there: home"),
        (&["logs", "--demo"], 2, "QUERY"),
        (&["logs", ALL], 2, "no config"),
        (&["logs", "--demo", ALL, "--since", "yesterday"], 2, "since"),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", text(&output.stderr));
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert!(text(&output.stderr).contains(told), "{arguments:?}: {}", text(&output.stderr));
    }
}

#[test]
fn who_reads_no_more_ends_it_in_silence() {
    let home = home();
    let mut command = wardroom(home.path(), &["logs", "--demo=storm", ALL, "--since", "20m"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut first = String::new();
    out.read_line(&mut first).expect("a line");
    drop(out);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_follows_through_bad_weather_and_brings_every_line_once() {
    let lab = Lab::start(Scenario::Calm, 1, Clock::system()).await.expect("free ports");
    let (port, home) = (port(&lab), home());
    let proxy = Proxy::start(port, 5).await;
    let config = home.path().join("w.toml");
    fs::write(&config, format!("[sources.loki.lab]\nurl = {:?}\ncheck = \"1s\"\n", proxy.url))
        .expect("written");
    let line = |number: usize| {
        let at = chrono::Utc::now().timestamp_nanos_opt().expect("a time");
        json!({ "streams": [{ "stream": { "test": "follow" }, "values": [[at.to_string(), format!("line {number}")]] }] })
    };
    push(port, &line(0)).await;
    let arguments = ["--config", config.to_str().expect("a path"), "logs", "--follow", "{test=\"follow\"}"];
    // The first look may meet a fault: that is told and ends it, as it should.
    let mut child = loop {
        let mut command = wardroom(home.path(), &arguments);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program runs");
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut first = String::new();
        out.read_line(&mut first).expect("it reads");
        if first.contains("line 0") {
            child.stdout = None;
            break (child, out);
        }
        assert_eq!(child.wait().expect("it ends").code(), Some(1));
    };
    let reader = std::thread::spawn(move || {
        let mut numbers = Vec::new();
        for line in (&mut child.1).lines() {
            let line = line.expect("text");
            numbers
                .push(line.rsplit(' ').next().and_then(|word| word.parse::<usize>().ok()).expect("a number"));
            if numbers.iter().collect::<HashSet<_>>().len() == 60 {
                break;
            }
        }
        child.0.kill().expect("it runs");
        child.0.wait().expect("it ends");
        numbers
    });
    for number in 1..=60 {
        push(port, &line(number)).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut numbers =
        tokio::task::spawn_blocking(|| reader.join().expect("no panic")).await.expect("it ends");
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=60).collect::<Vec<_>>());
}
