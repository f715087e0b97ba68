//! Several sites in one: merged, or one alone; a site that cannot be reached is one thing that is wrong, and the
//! others go on.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use wardroom::clock::Clock;
use wardroom::demo::{Lab, Scenario};

use crate::check::{complained, home, run, said};

/// Two labs at two sites, and the program with a config for both.
struct Sites {
    home: TempDir,
    _labs: Vec<Lab>,
    _network: Runtime,
}

/// The config of a site's Prometheus and Alertmanagers, by what the lab's own config says of them.
fn tables(site: &str, config: &str) -> String {
    let value = |table: &str, key: &str| {
        let rest = config.split(table).nth(1).unwrap_or_else(|| panic!("{table} in {config}"));
        let line = rest.lines().find(|line| line.starts_with(key)).unwrap_or_else(|| panic!("{key}: {rest}"));
        line.to_owned()
    };
    let (url, urls) = (value("[sources.prometheus", "url = "), value("[sources.alertmanager", "urls = "));
    format!(
        "[sources.prometheus.{site}]\n{url}\nsite = {site:?}\n\
         [sources.alertmanager.{site}]\n{urls}\nsite = {site:?}\n"
    )
}

/// Where nobody listens.
const GONE: &str = "[sources.prometheus.lab]\nurl = \"http://127.0.0.1:1\"\n\
                    [sources.alertmanager.lab]\nurls = [\"http://127.0.0.1:1\"]\n";

impl Sites {
    fn new(cabin: Option<Scenario>) -> Self {
        let network = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let network = network.expect("a runtime");
        let mut labs = Vec::new();
        let mut lab = |scenario: Scenario| {
            let lab = network.block_on(Lab::start(scenario, 1, Clock::system())).expect("a lab");
            let config = lab.config();
            labs.push(lab);
            config
        };
        let (own, other) = (lab(Scenario::Calm), cabin.map_or_else(|| GONE.to_owned(), &mut lab));
        let home = home();
        let config = tables("home", &own) + &tables("cabin", &other);
        fs::write(home.path().join("w.toml"), config).expect("written");
        Self { home, _labs: labs, _network: network }
    }

    fn check(&self, more: &[&str]) -> Value {
        let config = self.home.path().join("w.toml").display().to_string();
        let asked = ["check", "--timeout", "60s", "--format", "json"];
        let output = run(self.home.path(), &[&["--config", &config], more, &asked].concat());
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", complained(&output)))
    }
}

/// What the rows of a list say under these keys.
fn rows(report: &Value, list: &str, keys: [&str; 3]) -> BTreeSet<[String; 3]> {
    let all = report[list].as_array().into_iter().flatten();
    all.map(|row| keys.map(|key| row[key].as_str().unwrap_or_default().to_owned())).collect()
}

/// The hosts of both, those that both have called by their sites.
fn told_apart(home: &BTreeSet<[String; 3]>, cabin: &BTreeSet<[String; 3]>) -> BTreeSet<[String; 3]> {
    let has = |rows: &BTreeSet<[String; 3]>, name: &str| rows.iter().any(|[have, ..]| have == name);
    let called = |(site, [name, state, same]): (&str, &[String; 3])| {
        let is_twin = has(home, name) && has(cabin, name);
        let name = if is_twin { format!("{name} ({site})") } else { name.clone() };
        [name, state.clone(), same.clone()]
    };
    let own = home.iter().map(|row| ("home", row));
    own.chain(cabin.iter().map(|row| ("cabin", row))).map(called).collect()
}

#[test]
fn merged_they_are_what_each_is_alone() {
    let sites = Sites::new(Some(Scenario::HostDown));
    let (all, own, other) =
        (sites.check(&[]), sites.check(&["--site", "home"]), sites.check(&["--site", "cabin"]));
    let lists = [
        ("sources", ["kind", "name", "site"]),
        ("targets", ["source", "job", "instance"]),
        // The same labels at both, their external ones too: one alert at each.
        ("alerts", ["source", "alertname", "fingerprint"]),
        ("hosts", ["name", "state", "state"]),
    ];
    for (list, keys) in lists {
        let [all, own, other] = [&all, &own, &other].map(|report| rows(report, list, keys));
        if list == "hosts" {
            assert_eq!(all, told_apart(&own, &other));
            continue;
        }
        assert!(own.is_disjoint(&other), "{list}: {own:?} {other:?}");
        assert_eq!(all, own.union(&other).cloned().collect(), "{list}");
        assert!(!own.is_empty() && !other.is_empty(), "{list}");
    }
    assert_eq!(own["verdict"]["state"], "ok", "{:#}", own["verdict"]);
    assert_eq!(other["verdict"]["state"], "critical", "{:#}", other["verdict"]);
    assert_eq!(all["verdict"]["state"], "critical", "what is wrong at one is wrong: {:#}", all["verdict"]);
}

#[test]
fn a_site_that_cannot_be_reached_is_told_once_and_the_other_goes_on() {
    let sites = Sites::new(None);
    let all = sites.check(&[]);
    let reasons = all["verdict"]["reasons"].to_string();
    assert_eq!(reasons.matches("cabin").count(), 1, "once, not once a server: {reasons}");
    assert!(
        reasons.contains("site cabin cannot be reached") && reasons.contains("none of its 2 sources"),
        "{reasons}"
    );
    assert_ne!(all["verdict"]["state"], "ok", "what nobody hears is not well");
    let own = sites.check(&["--site", "home"]);
    let targets = ["source", "job", "health"];
    assert_eq!(rows(&all, "targets", targets), rows(&own, "targets", targets));
    assert_eq!(own["verdict"]["state"], "ok", "{:#}", own["verdict"]);

    let config = sites.home.path().join("w.toml").display().to_string();
    let wrong = run(sites.home.path(), &["--config", &config, "--site", "hut", "check"]);
    assert!(
        said(&wrong).is_empty() && complained(&wrong).contains("there: cabin, home"),
        "{}",
        complained(&wrong)
    );
}
