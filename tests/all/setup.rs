//! `wardroom init` where nobody answers, and `wardroom doctor`.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::Value;
use tokio::runtime::Runtime;
use wardroom::clock::Clock;
use wardroom::demo::{Lab, Scenario};

use super::check::{complained, conforms_to, home, run, said, wardroom};

/// The demo lab as servers like any others, and their addresses by kind.
struct Servers {
    lab: Lab,
    _network: Runtime,
}

impl Servers {
    fn start() -> Self {
        let network = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let network = network.expect("a runtime");
        let lab = network.block_on(Lab::start(Scenario::default(), 1, Clock::system())).expect("a lab");
        Self { lab, _network: network }
    }

    fn url(&self, kind: &str) -> String {
        let config = self.lab.config();
        let table = config.split(&format!("[sources.{kind}.")).nth(1).expect("its table");
        let line = table.lines().find(|line| line.starts_with("url")).expect("its address");
        line.split('"').nth(1).expect("in quotes").to_owned()
    }
}

/// Runs a command, and types these lines.
fn typed(home: &Path, arguments: &[&str], lines: &str) -> Output {
    let mut child = wardroom(home, arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    child.stdin.take().expect("its input").write_all(lines.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends")
}

#[test]
fn without_anybody_to_ask_what_needs_no_login_is_taken() {
    let (servers, home) = (Servers::start(), home());
    let words = ["prometheus", "alertmanager", "loki", "pbs"].map(|kind| servers.url(kind));
    let words: Vec<&str> = ["init"].into_iter().chain(words.iter().map(String::as_str)).collect();
    let output = run(home.path(), &words);
    assert_eq!(output.status.code(), Some(0), "{}{}", said(&output), complained(&output));
    let file = home.path().join(".config/wardroom/config.toml");
    let text = fs::read_to_string(&file).expect("a config");
    for kind in ["prometheus", "alertmanager", "loki"] {
        assert!(text.contains(&format!("[sources.{kind}.main]")), "{kind}: {text}");
    }
    assert!(!text.contains("[sources.pbs"), "nobody gave a token");
    assert!(said(&output).contains("generate-token"), "how to make one is said: {}", said(&output));
    assert_eq!(fs::metadata(&file).expect("it is there").permissions().mode() & 0o777, 0o600);
    let checked = run(home.path(), &["config", "check"]);
    assert_eq!(checked.status.code(), Some(0), "{}", complained(&checked));
    // It is not written over.
    let again = run(home.path(), &["init"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(complained(&again).contains("--add"), "{}", complained(&again));
}

#[test]
fn servers_are_added_to_what_is_there() {
    let (servers, home) = (Servers::start(), home());
    let config = home.path().join("config.toml");
    let own = format!("# mine\n[sources.prometheus.main]\nurl = \"{}\"\n", servers.url("prometheus"));
    fs::write(&config, &own).expect("a config");
    let shown = config.display().to_string();
    let (prometheus, loki) = (servers.url("prometheus"), servers.url("loki"));
    let arguments = ["init", "--add", "--config", &shown, &prometheus, &loki];
    let output = typed(home.path(), &arguments, "y\n\n\n\n\n\n\n");
    assert_eq!(output.status.code(), Some(0), "{}{}", said(&output), complained(&output));
    let text = fs::read_to_string(&config).expect("the config");
    assert!(text.starts_with(&own) && text.contains("[sources.loki.main]"), "{text}");
    assert_eq!(text.matches("[sources.prometheus").count(), 1, "what it knows it does not take twice");
    let missing = run(home.path(), &["init", "--add", "--config", "/nowhere/c.toml"]);
    assert_eq!(missing.status.code(), Some(2));
}

#[test]
fn the_example_is_written_when_it_is_asked_for() {
    let home = home();
    let output = run(home.path(), &["init", "--example"]);
    assert_eq!(output.status.code(), Some(0), "{}", complained(&output));
    let file = home.path().join(".config/wardroom/config.toml");
    assert_eq!(fs::read_to_string(file).expect("a config"), wardroom::config::EXAMPLE);
}

#[test]
fn what_is_wrong_with_an_address_is_explained() {
    let home = home();
    let output = run(home.path(), &["init", "http://127.0.0.1:1"]);
    assert!(said(&output).contains("connection refused"), "{}", said(&output));
    assert!(said(&output).contains("is the example"), "{}", said(&output));
}

#[test]
fn the_doctor_finds_nothing_in_the_way_of_the_lab() {
    let home = home();
    let output = run(home.path(), &["doctor", "--demo", "--format", "json"]);
    let diagnosis = conforms_to("doctor", &output);
    let findings = diagnosis["findings"].as_array().expect("findings");
    let of = |area: &str| findings.iter().filter(|found| found["area"] == area).collect::<Vec<_>>();
    assert!(of("source").iter().all(|found| found["level"] != "failed"), "{:#?}", of("source"));
    assert!(of("config").iter().chain(&of("terminal")).all(|found| found["text"] != ""), "{diagnosis:#}");
    for source in diagnosis["sources"].as_array().expect("sources") {
        let is_told = |key: &str| source[key].as_f64().is_some_and(|rate| rate > 0.0);
        let is_probe = source["source"].as_str().is_some_and(|name| name.starts_with("probe."));
        assert!(is_probe || is_told("requests_per_minute") && is_told("bytes_per_minute"), "{source}");
    }
    let text =
        said(&wardroom(home.path(), &["doctor", "--demo"]).env("TERM", "xterm").output().expect("it runs"));
    assert!(
        text.contains("requests and ") && text.contains(" a minute") && text.contains("in the way"),
        "{text}"
    );
    assert_eq!(fs::read_dir(home.path()).expect("a home").count(), 0, "it writes nothing");
}

/// A server that answers everything alike, by a clock that stands still.
fn stopped(date: &'static str, body: &'static str) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut asked = Vec::new();
            let mut part = [0; 1024];
            while !asked.windows(4).any(|end| end == b"\r\n\r\n") {
                match std::io::Read::read(&mut stream, &mut part) {
                    Ok(count) if count > 0 => asked.extend_from_slice(part.get(..count).unwrap_or_default()),
                    _ => break,
                }
            }
            let answer = format!(
                "HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
                 Connection: close\r\n\r\n{body}",
                body.len()
            );
            // Who asks may have gone away.
            let _gone = stream.write_all(answer.as_bytes());
        }
    });
    format!("http://{address}")
}

/// What the doctor finds in an area with this config: how it stands, and in words.
fn found(config: &str, area: &str) -> Vec<(String, String)> {
    let home = home();
    let file = home.path().join("config.toml");
    fs::write(&file, config).expect("a config");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("its rights");
    let shown = file.display().to_string();
    let diagnosis =
        conforms_to("doctor", &run(home.path(), &["doctor", "--config", &shown, "--format", "json"]));
    let all = diagnosis["findings"].as_array().expect("findings").iter().filter(|one| one["area"] == area);
    let word = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
    all.map(|one| (word(one, "level"), word(one, "text"))).collect()
}

#[test]
fn the_doctor_holds_the_clock_of_every_server_against_ours() {
    let health = r#"{"database":"ok","version":"11.1.0"}"#;
    let behind = stopped("Fri, 01 Jan 2021 00:00:00 GMT", health);
    let config = format!("[sources.grafana.main]\nurl = \"{behind}\"\ntoken = \"glsa_x\"\n");
    let clocks = found(&config, "clock");
    assert!(clocks.len() == 1 && clocks[0].0 == "failed", "{clocks:?}");
    assert!(clocks[0].1.contains("behind this machine's"), "{clocks:?}");
}

#[test]
fn the_doctor_tells_what_each_credential_may_do() {
    let (servers, open) = (Servers::start(), r#"{"database":"ok","version":"11.1.0"}"#);
    let url = stopped("Fri, 01 Jan 2100 00:00:00 GMT", open);
    let config = format!("{}\n[sources.grafana.open]\nurl = \"{url}\"\n", servers.lab.config());
    let rights = found(&config, "rights");
    for told in ["its token may read all that is asked of it", "it lets everybody read, without credentials"]
    {
        assert!(rights.iter().any(|(level, text)| level == "ok" && text == told), "{told}: {rights:?}");
    }
}

#[test]
fn the_doctor_says_what_to_do() {
    let (servers, home) = (Servers::start(), home());
    let config = home.path().join("config.toml");
    let text = format!(
        "[sources.prometheus.main]\nurl = \"http://127.0.0.1:1\"\n\
         [sources.pbs.main]\nurl = \"{}\"\ntoken = \"who@pbs!ever:wrong\"\n",
        servers.url("pbs")
    );
    fs::write(&config, text).expect("a config");
    fs::set_permissions(&config, fs::Permissions::from_mode(0o644)).expect("readable by all");
    let shown = config.display().to_string();
    let output = run(home.path(), &["doctor", "--config", &shown, "--format", "json"]);
    assert_eq!(output.status.code(), Some(1), "{}", complained(&output));
    let diagnosis = conforms_to("doctor", &output);
    let failed = |area: &str| {
        let all = diagnosis["findings"].as_array().expect("findings");
        let mut failed = all.iter().filter(|found| found["level"] == "failed" && found["area"] == area);
        failed.next().cloned().unwrap_or(Value::Null)
    };
    assert!(
        failed("config")["fix"].as_str().is_some_and(|fix| fix.starts_with("chmod 600")),
        "{diagnosis:#}"
    );
    assert!(failed("source")["text"].as_str().is_some_and(|text| text.contains("refused")), "{diagnosis:#}");
    assert!(failed("rights")["fix"].as_str().is_some_and(|fix| fix.contains("rights")), "{diagnosis:#}");
    assert!(!said(&output).contains("wrong\""), "no secret is told");
    let none = run(home.path(), &["doctor"]);
    assert_eq!(none.status.code(), Some(2), "no config");
}
