//! Prometheus 2.42.

use std::time::Duration;

use serde_json::Value;
use wardroom::demo::Scenario;

use super::shape::{Reading, Shape};
use super::{Question, Same, Shaped, ask, compare, get, hold, ports, recorded, still};

const READING: Reading = Reading {
    maps: &["labels", "annotations", "discoveredLabels", "metric"],
    words: &["status", "state", "health", "resultType", "type", "errorType"],
    tag: "type",
};

const ALERTS: &[&str] = &["prometheus/alerts", "prometheus/alerts-none"];
const TARGETS: &[&str] = &["prometheus/targets-active", "prometheus/targets-bad-state"];
const RULES: &[&str] = &["prometheus/rules", "prometheus/rules-type-record"];

#[tokio::test]
async fn answers_are_those_of_prometheus() {
    for scenario in [Scenario::HostDown, Scenario::ChainBroken, Scenario::Storm, Scenario::Calm] {
        let lab = still(scenario).await;
        let post = Question {
            method: "POST",
            path: "/api/v1/query",
            headers: "Content-Type: application/x-www-form-urlencoded\r\n",
            body: "query=up%20%3D%3D%200",
        };
        hold(
            ports(&lab)[0],
            READING,
            &[
                (get("/-/healthy"), &["prometheus/healthy"], Same),
                (get("/-/ready"), &["prometheus/ready"], Same),
                (get("/api/v1/targets?state=active"), TARGETS, Shaped),
                (get("/api/v1/targets?state=bogus"), &["prometheus/targets-bad-state"], Same),
                (get("/api/v1/targets?scrapePool=nosuch"), &["prometheus/targets-scrapepool-unknown"], Same),
                (get("/api/v1/alerts"), ALERTS, Shaped),
                (get("/api/v1/rules"), RULES, Shaped),
                (get("/api/v1/rules?type=record"), &["prometheus/rules-type-record"], Shaped),
                (get("/api/v1/rules?type=bogus"), &["prometheus/rules-type-bogus"], Same),
                (get("/api/v1/query?query=up"), &["prometheus/query-up"], Shaped),
                (get("/api/v1/query?query=ALERTS"), &["prometheus/query-up"], Shaped),
                (get("/api/v1/query?query=no_such_metric"), &["prometheus/query-empty"], Same),
                (get("/api/v1/query?query=1.5"), &["prometheus/query-scalar"], Shaped),
                (post, &["prometheus/query-post"], Shaped),
                (get("/api/v1/labels"), &["prometheus/labels"], Shaped),
                (get("/api/v1/label/job/values"), &["prometheus/label-values-job"], Shaped),
                (get("/api/v1/alertmanagers"), &["prometheus/alertmanagers"], Shaped),
                (get("/api/v1/scrape_pools"), &["prometheus/scrape-pools"], Shaped),
                (get("/api/v1/status/buildinfo"), &["prometheus/status-buildinfo"], Shaped),
                (get("/api/v1/status/runtimeinfo"), &["prometheus/status-runtimeinfo"], Shaped),
                (get("/api/v1/status/config"), &["prometheus/status-config"], Shaped),
            ],
        )
        .await;
    }
}

#[tokio::test]
async fn errors_are_those_of_prometheus() {
    let lab = still(Scenario::Calm).await;
    let method = |method| Question { method, ..get("/api/v1/targets") };
    hold(
        ports(&lab)[0],
        READING,
        &[
            (get("/api/v1/query?query=up%7B"), &["prometheus/error-bad-promql"], Same),
            (get("/api/v1/query"), &["prometheus/error-missing-query"], Same),
            (get("/api/v1/query?query=up&time=yesterday"), &["prometheus/error-bad-time"], Same),
            (
                get("/api/v1/query_range?query=up&start=2&end=1&step=1"),
                &["prometheus/error-range-end-before-start"],
                Same,
            ),
            (
                get("/api/v1/query_range?query=up&start=1&end=2&step=0"),
                &["prometheus/error-range-zero-step"],
                Same,
            ),
            (
                get("/api/v1/query_range?query=up&start=0&end=100000&step=1"),
                &["prometheus/error-range-too-many-points"],
                Same,
            ),
            // What the lab does not evaluate is an execution error like any other.
            (get("/api/v1/query?query=rate(up%5B5m%5D)"), &["prometheus/error-many-to-many"], Shaped),
            (get("/api/v1/nope"), &["prometheus/error-not-found"], Same),
            (get("/nope"), &["prometheus/error-not-found-root"], Same),
            (method("DELETE"), &["prometheus/error-method-delete"], Same),
            (method("POST"), &["prometheus/error-method-post-targets"], Same),
        ],
    )
    .await;
}

/// The instances of a query's result with their values.
async fn query(port: u16, query: &str) -> Vec<(String, f64)> {
    let reply = ask(port, get(&format!("/api/v1/query?query={query}"))).await;
    let json = reply.json().expect("JSON");
    let result = json["data"]["result"].as_array().expect("a vector").clone();
    let sample = |sample: &Value| {
        let instance = sample["metric"]["instance"].as_str().unwrap_or("").to_owned();
        (instance, sample["value"][1].as_str().unwrap_or("").parse().expect("a number"))
    };
    result.iter().map(sample).collect()
}

#[tokio::test]
async fn the_dashboards_own_queries_are_evaluated() {
    let lab = still(Scenario::HostDown).await;
    let port = ports(&lab)[0];
    assert_eq!(query(port, "up").await.len(), 16);
    let down = query(port, "up%20%3D%3D%200").await;
    assert_eq!(down, [("10.0.0.21:9100".to_owned(), 0.0), ("10.0.0.2".to_owned(), 0.0)]);
    let hollow = query(port, "scrape_samples_scraped%7Bjob%3D%22node%22%7D%20%3D%3D%200").await;
    assert!(hollow.contains(&("10.0.0.25:9100".to_owned(), 0.0)), "{hollow:?}");
    let last = query(port, "max_over_time(timestamp(up%20==%201)%5B6h:1m%5D)%20and%20(up%20==%200)").await;
    let instant = Scenario::HostDown.instant().timestamp() as f64;
    let age = |instance: &str| {
        last.iter()
            .find(|(have, _)| have == instance)
            .map(|(_, at)| Duration::from_secs_f64(instant - at).as_secs() / 60)
    };
    assert_eq!((age("10.0.0.21:9100"), age("10.0.0.2")), (Some(16), Some(2)));
}

/// What the lab has not: no UPS, no tailnet, no federation; and Loki's own work, which goes on unseen.
const ABSENT: [&str; 12] = [
    "agent-dropped",
    "compaction",
    "federation",
    "retention",
    "saturation",
    "tailscale-key",
    "tailscale-peers",
    "ups",
    "ups-left",
    "zfs-errors",
    "zfs-resilver",
    "zfs-scrub",
];

#[tokio::test]
async fn the_catalogue_is_answered_in_every_scenario() {
    let catalogue = wardroom::sources::prometheus::catalogue();
    assert!(catalogue.len() > 40);
    for scenario in
        [Scenario::Calm, Scenario::HostDown, Scenario::BackupLate, Scenario::Storm, Scenario::ChainBroken]
    {
        let lab = still(scenario).await;
        let port = ports(&lab)[0];
        for measure in &catalogue {
            let url = reqwest::Url::parse_with_params("http://lab/", [("query", &*measure.query)]);
            let query = url.expect("an address").query().unwrap_or_default().to_owned();
            let reply = ask(port, get(&format!("/api/v1/query?{query}"))).await;
            let shape =
                if &*measure.name == "time" { "prometheus/query-scalar" } else { "prometheus/query-up" };
            let empty = reply.body.contains("\"result\":[]");
            let shape = if empty { "prometheus/query-empty" } else { shape };
            let faults = compare(&reply, &[shape], &Shaped, READING);
            assert!(faults.is_empty(), "{scenario} {}: {faults:?}", measure.name);
            let may_be_empty = scenario == Scenario::HostDown || scenario == Scenario::Storm;
            assert!(
                !empty || may_be_empty || ABSENT.contains(&&*measure.name),
                "{scenario} {}",
                measure.name
            );
        }
    }
}

#[tokio::test]
async fn a_range_knows_when_a_target_went_down() {
    let lab = still(Scenario::HostDown).await;
    let end = Scenario::HostDown.instant().timestamp();
    let path = format!(
        "/api/v1/query_range?query=up%7Binstance%3D%2210.0.0.21%3A9100%22%7D&start={}&end={end}&step=60",
        end - 1_800
    );
    let reply = ask(ports(&lab)[0], get(&path)).await;
    assert_eq!(compare(&reply, &["prometheus/query-range"], &Shaped, READING), Vec::<String>::new());
    let json = reply.json().expect("JSON");
    let values = json["data"]["result"][0]["values"].as_array().expect("points").clone();
    let up = values.iter().filter(|point| point[1] == "1").count();
    assert_eq!((values.len(), up), (31, 14));
}

#[tokio::test]
async fn a_mutated_answer_is_found_out() {
    let lab = still(Scenario::HostDown).await;
    let reply = ask(ports(&lab)[0], get("/api/v1/targets?state=active")).await;
    let mut json = reply.json().expect("JSON");
    let shape = Shape::learn(TARGETS.iter().filter_map(|name| recorded(name).json()), READING);
    assert_eq!(shape.faults(&json), Vec::<String>::new());
    json["data"]["activeTargets"][0]["health"] = "fine".into();
    json["data"]["activeTargets"][1]["lastScrape"] = 1.into();
    json["data"]["activeTargets"][2].as_object_mut().expect("a target").remove("scrapeUrl");
    assert_eq!(shape.faults(&json).len(), 3, "{:?}", shape.faults(&json));
}
