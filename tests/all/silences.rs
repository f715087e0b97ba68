//! `wardroom alerts` and `wardroom silences`, run as a user runs them, on a lab that stays.

mod quiet;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;

/// A demo lab in a process of its own, and a home directory with a config that reaches it.
struct Lab {
    home: TempDir,
    process: Child,
}

impl Lab {
    fn start(scenario: &str) -> Self {
        let home = tempfile::tempdir().expect("a directory");
        let file = home.path().join("lab.toml");
        let mut process = Command::new(env!("CARGO_BIN_EXE_wardroom"))
            .args(["lab", "--scenario", scenario, "--port-file"])
            .arg(&file)
            .env_clear()
            .stdin(Stdio::null())
            .spawn()
            .expect("the lab starts");
        let deadline = Instant::now() + Duration::from_secs(30);
        while !file.exists() {
            assert!(Instant::now() < deadline, "the lab says where it listens");
            assert!(process.try_wait().expect("a child").is_none(), "the lab runs");
            std::thread::sleep(Duration::from_millis(10));
        }
        Self { home, process }
    }

    fn config(&self) -> String {
        fs::read_to_string(self.home.path().join("lab.toml")).expect("the config")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        run(self.home.path(), &self.home.path().join("lab.toml"), arguments)
    }

    /// Runs what must succeed, and gives what it says.
    fn say(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", complained(&output));
        String::from_utf8(output.stdout).expect("text")
    }

    fn silences(&self, more: &[&str]) -> Vec<Value> {
        let said = self.say(&[&["silences", "list", "--format", "json"][..], more].concat());
        let list = conforms("silences", &said);
        list["silences"].as_array().cloned().expect("a list")
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _killed = self.process.kill();
        let _reaped = self.process.wait();
    }
}

fn run(home: &Path, config: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wardroom"))
        .args(arguments)
        .arg("--config")
        .arg(config)
        .env_clear()
        .env("HOME", home)
        .env("USER", "sam")
        .stdin(Stdio::null())
        .output()
        .expect("the program runs")
}

fn complained(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn conforms(schema: &str, said: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/schemas/{schema}.json"));
    let schema: Value = serde_json::from_str(&fs::read_to_string(file).expect("the schema")).expect("JSON");
    let value: Value = serde_json::from_str(said).expect("JSON alone on stdout");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let faults: Vec<String> =
        schema.iter_errors(&value).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    value
}

fn time(value: &Value) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(value.as_str().expect("a time")).expect("a time").to_utc()
}

fn find<'a>(silences: &'a [Value], id: &str) -> Option<&'a Value> {
    silences.iter().find(|silence| silence["id"] == id)
}

#[test]
fn a_silence_is_made_listed_and_ended() {
    let lab = Lab::start("host-down");
    let made = ["--matcher", "alertname=HighCPUUsage", "--matcher", "host=~\"vm10.\"", "--duration", "90m"];
    let words = ["--comment", "the fan is ordered", "--author", "Sam Vimes"];
    let id = lab.say(&[&["silences", "add"][..], &made, &words].concat());
    let id = id.trim();
    let all = lab.silences(&[]);
    let silence = find(&all, id).expect("it is listed");
    assert_eq!((&silence["state"], &silence["created_by"]), (&"active".into(), &"Sam Vimes".into()));
    assert_eq!((&silence["comment"], &silence["matches"]), (&"the fan is ordered".into(), &1.into()));
    assert_eq!(silence["matchers"][1]["text"], "host=~\"vm10.\"");
    let left = time(&silence["ends_at"]) - Utc::now();
    assert!((left - TimeDelta::minutes(90)).abs() < TimeDelta::minutes(1), "{left}");
    let hidden = conforms("alerts", &lab.say(&["alerts", "--format", "json", "--filter", "HighCPUUsage"]));
    assert_eq!(hidden["alerts"][0]["state"], "silenced", "{hidden:#}");
    assert_eq!(hidden["alerts"][0]["silenced_by"][0], id);
    assert_eq!(lab.say(&["silences", "expire", id]).trim(), id);
    assert!(find(&lab.silences(&[]), id).is_none(), "it is over");
    let over = lab.silences(&["--all"]);
    assert_eq!(find(&over, id).expect("it is remembered")["state"], "expired");
}

#[test]
fn without_a_name_the_user_of_the_machine_is_the_author() {
    let lab = Lab::start("calm");
    let id = lab.say(&["silences", "add", "-m", "alertname=Nothing", "-c", "x", "--until", "host-up:nas"]);
    let all = lab.silences(&[]);
    let silence = find(&all, id.trim()).expect("it is listed");
    assert!(silence["created_by"].as_str().is_some_and(|by| by.starts_with("sam@")), "{silence:#}");
    assert_eq!((&silence["condition"], &silence["matches"]), (&"host-up:nas".into(), &0.into()));
    assert_eq!(silence["comment"], "wardroom/1 until=host-up:nas | x");
}

#[rstest]
#[case(&["--matcher", "alertname=~.+"], "too wide")]
#[case(&["--matcher", "severity!=\"\""], "too wide")]
#[case(&["--matcher", "alertname=HostDown", "--duration", "25h"], "it lasts 1d1h, more than 1d")]
#[case(&["--matcher", "alertname=~\"(\""], "unclosed group")]
#[case(&["--matcher", "alertname=\"\""], "at least one matcher must not match the empty string")]
#[case(&["--matcher", "a b=c"], "put it in quotes")]
#[case(&["--matcher", "alertname=HostDown", "--author", " "], "say who makes it")]
#[case(&["--matcher", "alertname=HostDown", "--until", "later"], "resolved, task:UPID or host-up:NAME")]
#[case(&["--matcher", "alertname=HostDown", "--read-only"], "nothing is written under --read-only")]
#[case(&["--matcher", "alertname=HostDown", "--alertmanager", "x"], "there is no Alertmanager \"x\"; there: home")]
#[case(&[], "--matcher")]
fn what_is_too_wide_too_long_or_wrong_is_not_written(#[case] arguments: &[&str], #[case] told: &str) {
    let lab = Lab::start("storm");
    let before = lab.silences(&["--all"]).len();
    let output = lab.run(&[&["silences", "add", "--comment", "x"][..], arguments].concat());
    assert_eq!(output.status.code(), Some(2), "{}", complained(&output));
    assert!(complained(&output).contains(told), "{}", complained(&output));
    assert!(output.stdout.is_empty());
    assert_eq!(lab.silences(&["--all"]).len(), before, "nothing was written");
}

#[test]
fn with_a_yes_the_wide_and_the_long_one_are_made() {
    let lab = Lab::start("storm");
    let wide = ["--matcher", "alertname=~.+", "--duration", "30h", "--yes"];
    let id = lab.say(&[&["silences", "add", "--comment", "the move"][..], &wide].concat());
    assert!(find(&lab.silences(&[]), id.trim()).is_some());
}

#[test]
fn the_servers_reason_is_told_word_for_word() {
    let lab = Lab::start("calm");
    let output = lab.run(&["silences", "expire", "2f9c1a5e-7c57-4d3b-9a4e-0c6d1f4b8a11"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(complained(&output).contains("silence not found"), "{}", complained(&output));
    let output = lab.run(&["silences", "expire", "nonsense"]);
    let told = complained(&output);
    assert!(told.contains("silenceID in path must be of type uuid: \"nonsense\""), "{told}");
}

#[test]
fn alerts_are_filtered_as_alertmanager_matches_them() {
    let lab = Lab::start("host-down");
    let names = |filter: &[&str]| {
        let said = lab.say(&[&["alerts", "--format", "json"][..], filter].concat());
        let list = conforms("alerts", &said);
        let all = list["alerts"].as_array().cloned().expect("a list");
        all.iter().map(|alert| alert["alertname"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    let all = names(&[]);
    assert!(all.iter().any(|name| name == "Watchdog") && all.len() > 5, "{all:?}");
    assert_eq!(names(&["--filter", "HostDown"]), ["HostDown"]);
    assert_eq!(names(&["--filter", "alertname=~Host.*", "--filter", "severity=critical"]), ["HostDown"]);
    assert!(names(&["--filter", "alertname=~Host"]).is_empty(), "expressions are anchored");
    assert!(!names(&["--filter", "alertname!=HostDown"]).contains(&"HostDown".to_owned()));
    let text = lab.say(&["alerts"]);
    assert!(text.contains("HostDown") && !text.contains("Watchdog"), "{text}");
    let wrong = lab.run(&["alerts", "--filter", "a=~("]);
    assert_eq!(wrong.status.code(), Some(2), "{}", complained(&wrong));
}

#[test]
fn a_list_that_may_lack_something_says_so() {
    let home = tempfile::tempdir().expect("a directory");
    let file = home.path().join("w.toml");
    fs::write(&file, "[sources.alertmanager.main]\nurl = \"http://127.0.0.1:1\"\n").expect("written");
    for arguments in [&["alerts"][..], &["silences", "list"], &["silences", "reap"]] {
        let output = run(home.path(), &file, arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", complained(&output));
        assert!(complained(&output).contains("alertmanager.main"), "{}", complained(&output));
    }
    let add = run(home.path(), &file, &["silences", "add", "-m", "a=b", "-c", "x"]);
    assert_eq!(add.status.code(), Some(1), "{}", complained(&add));
    assert!(complained(&add).contains("nothing was written"), "{}", complained(&add));
}

#[test]
fn open_needs_a_terminal_and_labels_that_are_some() {
    let lab = Lab::start("host-down");
    let output = lab.run(&["open", "HostDown"]);
    assert_eq!(output.status.code(), Some(2), "{}", complained(&output));
    let output = lab.run(&["open", "HostDown", "instance"]);
    assert!(complained(&output).contains("LABEL=VALUE"), "{}", complained(&output));
}
