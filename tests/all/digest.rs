//! The digest: `wardroom digest`, and the view of it by one key.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use chrono::{DateTime, TimeDelta, Utc};
use pulldown_cmark::{Event, Options, Parser, Tag};
use rstest::rstest;
use serde_json::Value;
use wardroom::demo::{Lab, Scenario};

use crate::check::{complained, conforms_to, home, run, said};
use crate::labs::{Ground, of_kind};

fn rows<'r>(report: &'r Value, kind: &str) -> Vec<&'r Value> {
    of_kind(report, "happened", kind)
}

#[rstest]
fn every_scenario_conforms_and_the_newest_stands_first(
    #[values("calm", "host-down", "backup-late", "storm", "chain-broken")] scenario: &str,
) {
    let home = home();
    let demo = format!("--demo={scenario}");
    let output = run(home.path(), &["digest", "--since", "24h", "--format", "json", &demo]);
    let report = conforms_to("digest", &output);
    let at = |row: &Value| row["at"].as_str()?.parse::<DateTime<Utc>>().ok();
    let times: Vec<DateTime<Utc>> =
        report["happened"].as_array().into_iter().flatten().filter_map(at).collect();
    assert!(times.iter().rev().is_sorted() && times.len() > 3, "{times:#?}");
    assert_eq!(report["unknown"], serde_json::json!([]), "{report:#}");
    assert_eq!(output.status.code(), Some(0), "{}", complained(&output));
    assert_eq!(fs::read_dir(home.path()).expect("a home").count(), 0, "nothing is written in the home");
}

/// What an independent question to the lab's Prometheus brings: who fired within a day.
fn fired(lab: &Lab) -> BTreeSet<String> {
    let config = lab.config();
    let at = config.find("[sources.prometheus").expect("a Prometheus");
    let rest = config.get(at..).expect("the rest");
    let url = rest.split('"').find(|word| word.starts_with("http")).expect("its address").to_owned();
    let query = "query=count_over_time(ALERTS%7Balertstate%3D%22firing%22%7D%5B1d%5D)";
    let address = url.trim_start_matches("http://");
    let mut door = TcpStream::connect(address).expect("it listens");
    write!(door, "GET /api/v1/query?{query} HTTP/1.0\r\nHost: {address}\r\n\r\n").expect("asked");
    let mut answer = String::new();
    door.read_to_string(&mut answer).expect("an answer");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    let answer: Value = serde_json::from_str(body).expect("JSON");
    let name = |row: &Value| row["metric"]["alertname"].as_str().unwrap_or_default().to_owned();
    answer["data"]["result"]
        .as_array()
        .expect("series")
        .iter()
        .map(name)
        .filter(|name| name != "Watchdog")
        .collect()
}

#[test]
fn it_says_what_independent_questions_say() {
    let ground = Ground::new(Scenario::BackupLate);
    let digest = ground.report("digest", &["digest", "--since", "24h"]);
    let told: BTreeSet<String> = rows(&digest, "alert")
        .iter()
        .filter_map(|row| row["what"].as_str()?.split(' ').next().map(str::to_owned))
        .collect();
    assert_eq!(told, fired(&ground.lab));

    let backups = ground.report("backups", &["backups"]);
    let from = digest["from"].as_str().expect("a time");
    let newest = backups["backups"].as_array().into_iter().flatten();
    let expected: BTreeSet<String> = newest
        .filter(|row| row["last_good"].as_str().is_some_and(|at| at >= from))
        .filter(|row| {
            row["source"].as_str().is_some_and(|source| source.contains("pbs")) || row["datastore"] != ""
        })
        .map(|row| format!("{}/{}", row["type"].as_str().unwrap_or(""), row["id"].as_str().unwrap_or("")))
        .collect();
    let told: BTreeSet<String> = rows(&digest, "backup")
        .iter()
        .filter_map(|row| row["what"].as_str()?.split(' ').next().map(str::to_owned))
        .collect();
    let missing: Vec<&String> = expected.difference(&told).collect();
    assert!(missing.is_empty() && !told.is_empty(), "{missing:?} of {expected:?}; told {told:?}");

    // Who wanted a run stands in the hypervisor's own log of it.
    let by_hand = rows(&digest, "backup").into_iter().filter(|row| row["by"] == "root@pam");
    let by_hand: Vec<&str> = by_hand.filter_map(|row| row["text"].as_str()).collect();
    assert!(by_hand.iter().any(|text| text.contains("vzdump on ")), "{digest:#}");

    let silences = ground.report("silences", &["silences", "list", "--all"]);
    let began = silences["silences"].as_array().into_iter().flatten();
    let began = began.filter(|one| one["starts_at"].as_str().is_some_and(|at| at >= from)).count();
    let told = [rows(&digest, "silence"), rows(&digest, "ack")].concat();
    let told =
        told.iter().filter(|row| row["text"].as_str().is_some_and(|text| text.contains(" for "))).count();
    assert_eq!(told, began, "{digest:#}");
}

#[test]
fn who_looked_sees_what_came_after_and_a_server_that_is_gone_is_unknown() {
    let home = home();
    let file = home.path().join("w.toml");
    fs::write(&file, "[sources.prometheus.main]\nurl = \"http://127.0.0.1:1\"\n").expect("written");
    let path = file.display().to_string();
    let state = home.path().join(".local/state/wardroom");
    let output = run(home.path(), &["--config", &path, "digest"]);
    let text = said(&output);
    assert!(text.contains("(24h): nothing is known to have happened, not all is known"), "{text}");
    assert!(text.contains("unknown      alerts: prometheus.main: "), "{text}");
    assert_eq!(output.status.code(), Some(1), "what nobody knows is not quiet");
    let kept = fs::read_to_string(state.join("looked.json")).expect("a look is kept");
    let mut kept: Value = serde_json::from_str(&kept).expect("JSON");
    let ago = Utc::now() - TimeDelta::hours(9);
    kept["at"] = ago.to_rfc3339().into();
    fs::write(state.join("looked.json"), kept.to_string()).expect("written");
    let text = said(&run(home.path(), &["--config", &path, "digest"]));
    assert!(text.contains("(9h00)"), "{text}");
    let wrong = run(home.path(), &["--config", &path, "digest", "--since", "90d"]);
    assert_eq!(wrong.status.code(), Some(2), "{}", complained(&wrong));
}

#[test]
fn the_page_is_one_that_renders() {
    let home = home();
    let page = said(&run(home.path(), &["digest", "--since", "24h", "--format", "markdown", "--demo=storm"]));
    let events: Vec<Event<'_>> = Parser::new_ext(&page, Options::ENABLE_TABLES).collect();
    let tables = events.iter().filter(|event| matches!(event, Event::Start(Tag::Table(_)))).count();
    let heads = events.iter().filter(|event| matches!(event, Event::Start(Tag::Heading { .. }))).count();
    assert_eq!(heads, tables + 1, "{page}");
    assert!(tables >= 2, "{page}");
}

#[rstest]
#[case("80x24")]
#[case("200x60")]
fn one_key_shows_what_happened(#[case] size: &str) {
    let shot = ["shot", "--demo=backup-late", "--size", size, "--format", "text", "--keys", "D"];
    let screen = said(&run(home().path(), &shot));
    for told in ["Digest", "since you looked, 24h ago", "backup", "vm/102", "HighCPUUsage"] {
        assert!(screen.contains(told), "{told}: {screen}");
    }
}
