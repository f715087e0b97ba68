//! The script itself: the same from the same seed, and as its scenarios say.

use wardroom::clock::Clock;
use wardroom::demo::{Lab, Scenario};

use super::{Question, ask, get, ports, pve_token, token};

/// Every kind of answer that a dashboard asks for.
async fn everything(lab: &Lab) -> Vec<String> {
    let [prometheus, first, _, loki, pbs, pve] = ports(lab);
    let headers = format!("Authorization: PBSAPIToken={}\r\n", token(lab));
    let of_pve = format!("Authorization: PVEAPIToken={}\r\n", pve_token(lab));
    let mut all = Vec::new();
    for (port, path) in [
        (prometheus, "/api/v1/targets"),
        (prometheus, "/api/v1/alerts"),
        (prometheus, "/api/v1/rules"),
        (prometheus, "/api/v1/query?query=scrape_duration_seconds"),
        (prometheus, "/api/v1/status/config"),
        (prometheus, "/api/v1/alertmanagers"),
        (first, "/api/v2/alerts"),
        (first, "/api/v2/alerts/groups"),
        (first, "/api/v2/silences"),
        (first, "/api/v2/status"),
        (loki, "/loki/api/v1/query_range?query=%7Bhost%3D~%22.%2B%22%7D&limit=1000"),
        (loki, "/loki/api/v1/series"),
        (pbs, "/api2/json/admin/datastore/main/snapshots"),
        (pbs, "/api2/json/status/datastore-usage"),
        (pbs, "/api2/json/nodes/localhost/tasks?limit=0"),
        (pbs, "/api2/json/nodes/localhost/status"),
        (pve, "/api2/json/cluster/resources"),
        (pve, "/api2/json/nodes/pve/tasks?source=all"),
    ] {
        let reply =
            ask(port, Question { headers: if port == pve { &of_pve } else { &headers }, ..get(path) }).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        all.push(format!("{path} {} {}", reply.header("date"), reply.body));
    }
    all
}

async fn lab(scenario: Scenario, seed: u64) -> Lab {
    Lab::start(scenario, seed, Clock::fixed(scenario.instant())).await.expect("free ports")
}

#[tokio::test]
async fn the_same_seed_and_time_give_the_same_bytes() {
    for scenario in Scenario::ALL {
        let (one, other) = (lab(scenario, 7).await, lab(scenario, 7).await);
        let (one, other) = (everything(&one).await, everything(&other).await);
        for (one, other) in one.iter().zip(&other) {
            assert_eq!(one, other, "{scenario}");
        }
    }
}

#[tokio::test]
async fn another_seed_gives_other_logs() {
    let (one, other) = (lab(Scenario::Calm, 1).await, lab(Scenario::Calm, 2).await);
    assert_ne!(everything(&one).await, everything(&other).await);
}

#[tokio::test]
async fn the_date_is_that_of_the_script() {
    let lab = lab(Scenario::Calm, 1).await;
    let reply = ask(ports(&lab)[0], get("/-/ready")).await;
    assert_eq!(reply.header("date"), "Fri, 13 Nov 2026 14:02:11 GMT");
}

#[test]
fn scenarios_are_named_as_on_the_command_line() {
    for scenario in Scenario::ALL {
        assert_eq!(scenario.to_string().parse(), Ok(scenario));
        assert!(!scenario.description().is_empty());
    }
    let error = "stormy".parse::<Scenario>().expect_err("there is none");
    assert_eq!(
        error.to_string(),
        "there is no scenario \"stormy\"; there are calm, host-down, backup-late, storm, chain-broken, \
         cold-boot, nfs-hang, \
         scale:TARGETS,ALERTS,SNAPSHOTS,LINES"
    );
}

#[tokio::test]
async fn the_config_is_toml() {
    let lab = lab(Scenario::Calm, 1).await;
    let config: toml::Table = lab.config().parse().expect("TOML");
    let sources = config["sources"].as_table().expect("sources");
    assert_eq!(
        sources.keys().collect::<Vec<_>>(),
        ["alertmanager", "loki", "pbs", "probe", "prometheus", "pve"]
    );
}

/// A backup that fails goes on failing, and the log goes on, when the clock does.
#[tokio::test]
async fn time_goes_on() {
    let clock = Clock::fixed(Scenario::HostDown.instant());
    let lab = Lab::start(Scenario::HostDown, 1, clock.clone()).await.expect("free ports");
    let port = ports(&lab)[0];
    let pending = ask(port, get("/api/v1/alerts")).await.body.matches("\"pending\"").count();
    clock.advance(chrono::TimeDelta::minutes(4));
    let later = ask(port, get("/api/v1/alerts")).await.body.matches("\"pending\"").count();
    assert_eq!((pending, later), (1, 0), "the pending alert fires");
}

#[tokio::test]
async fn a_scale_is_as_large_as_it_says() {
    let scenario: Scenario = "scale:300,40,500,2000".parse().expect("a scale");
    let lab = lab(scenario, 1).await;
    let [prometheus, first, _, loki, pbs, _] = ports(&lab);
    let headers = format!("Authorization: PBSAPIToken={}\r\n", token(&lab));
    for (port, path, key, count) in [
        (prometheus, "/api/v1/targets?state=active", "\"scrapeUrl\"", 300),
        (first, "/api/v2/alerts", "\"fingerprint\"", 40),
        (pbs, "/api2/json/admin/datastore/main/snapshots", "\"backup-time\"", 486),
        (pbs, "/api2/json/admin/datastore/offsite/snapshots", "\"backup-time\"", 14),
        (
            loki,
            "/loki/api/v1/query_range?query=%7Bhost%3D~%22.%2B%22%7D&limit=5000&start=1794578529&end=1794578530",
            "level=",
            2_000,
        ),
        (
            loki,
            "/loki/api/v1/query?query=sum(count_over_time(%7Bhost%3D~%22.%2B%22%7D%5B1s%5D))&time=1794578530",
            "\"2000\"",
            1,
        ),
    ] {
        let reply =
            ask(port, Question { headers: if port == pbs { &headers } else { "" }, ..get(path) }).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        let found = reply.body.matches(key).count();
        assert_eq!(found, count, "{path}: {}", reply.body.get(..300).unwrap_or(&reply.body));
    }
    for wrong in ["scale:1,2,3", "scale:", "scale:1,2,3,x"] {
        assert!(wrong.parse::<Scenario>().is_err(), "{wrong}");
    }
}
