//! `wardroom status`: one line, asked for once and then said again.

use std::fs;
use std::time::{Duration, Instant};

use rstest::rstest;
use wardroom::clock::Clock;
use wardroom::demo::{Lab, Scenario};

use super::check::{complained, conforms_to, home, run, said};

#[rstest]
#[case("calm", 0, "●", "+")]
#[case("host-down", 2, "▲", "!")]
fn a_line_with_a_sign(#[case] scenario: &str, #[case] code: i32, #[case] sign: &str, #[case] twin: &str) {
    let home = home();
    let demo = format!("--demo={scenario}");
    let output = run(home.path(), &["status", &demo, "--timeout", "20s"]);
    let line = said(&output);
    assert_eq!(output.status.code(), Some(code), "{line}{}", complained(&output));
    assert!(line.starts_with(&format!("{sign} ")) && line.lines().count() == 1, "{line}");
    let short = said(&run(home.path(), &["status", &demo, "--timeout", "20s", "--width", "20", "--ascii"]));
    assert!(short.starts_with(twin) && short.trim_end().chars().count() <= 20, "{short}");
    let tmux = said(&run(home.path(), &["status", &demo, "--timeout", "20s", "--format", "tmux"]));
    assert!(tmux.starts_with("#[fg=") && tmux.trim_end().ends_with("#[default]"), "{tmux}");
    let json = run(home.path(), &["status", &demo, "--timeout", "20s", "--format", "json"]);
    conforms_to("status", &json);
    assert_eq!(fs::read_dir(home.path()).expect("a home").count(), 0, "the lab leaves nothing behind");
}

#[test]
fn what_was_said_is_said_again_without_asking() {
    let home = home();
    let config = home.path().join("config.toml");
    let network = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let network = network.expect("a runtime");
    let lab = network.block_on(Lab::start(Scenario::default(), 1, Clock::system())).expect("a lab");
    fs::write(&config, lab.config()).expect("a config");
    let ask = |more: &[&str]| {
        let config = config.display().to_string();
        run(home.path(), &[&["status", "--config", &config, "--timeout", "20s"], more].concat())
    };
    let first = ask(&[]);
    assert!(first.status.code() != Some(3), "{}{}", said(&first), complained(&first));
    drop(lab);
    drop(network);
    let again = ask(&["--max-age", "1h"]);
    assert_eq!(said(&again), said(&first), "the servers are gone, and were not asked");
    assert_eq!(again.status.code(), first.status.code());
    let json = conforms_to("status", &ask(&["--max-age", "1h", "--format", "json"]));
    assert!(json["age"].as_f64().is_some_and(|age| age > 0.0));
    // What is too old is asked for anew, and what does not answer is no good news.
    let late = ask(&["--max-age", "0s", "--timeout", "5s"]);
    assert_ne!(said(&late), said(&first));
    assert_ne!(late.status.code(), Some(0));
}

#[test]
fn the_kept_line_takes_little_time() {
    let home = home();
    let config = home.path().join("config.toml");
    fs::write(&config, "[sources.prometheus.main]\nurl = \"http://127.0.0.1:9\"\n").expect("a config");
    let config = config.display().to_string();
    let ask = || run(home.path(), &["status", "--config", &config, "--max-age", "1h"]);
    let first = ask();
    let times = (0..10).map(|_| {
        let start = Instant::now();
        assert_eq!(said(&ask()), said(&first));
        start.elapsed()
    });
    let quickest = times.min().expect("ten of them");
    assert!(quickest < Duration::from_millis(20), "{quickest:?}");
}

#[test]
fn a_wrong_config_is_unknown() {
    let home = home();
    let output = run(home.path(), &["status", "--config", "/nowhere/config.toml"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(said(&output).is_empty() && complained(&output).contains("/nowhere/config.toml"));
}
