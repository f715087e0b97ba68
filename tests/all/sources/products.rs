//! Other products with Prometheus' API: what each lacks is found out and said, and nothing else is lost by it.

use std::collections::BTreeMap;
use std::fs;

use rstest::rstest;
use serde_json::{Value, json};
use wardroom::domain::feed::{Failure, FailureKind, Feed, SourceKind};

use super::replay::{Answer, Asked, Server, look, source};
use crate::check::{complained, home, run, said};

/// A product: what it answers to a path below `/api/v1/`, and to which query.
type Product = fn(&str, &str) -> Answer;

fn success(data: &Value) -> Answer {
    Answer::json(json!({ "status": "success", "data": data }).to_string())
}

fn vector(series: &[Value]) -> Value {
    json!({ "resultType": "vector", "result": series })
}

fn up(instance: &str, value: &str) -> Value {
    let name = json!({ "__name__": "up", "job": "node", "instance": instance, "host": "nas" });
    json!({ "metric": name, "value": [1_795_000_000.0, value] })
}

fn rules() -> Answer {
    let rule = json!({ "name": "HostDown", "type": "alerting", "query": "up == 0", "health": "ok" });
    success(&json!({ "groups": [{ "name": "g", "file": "t/g", "rules": [rule] }] }))
}

fn firing() -> Answer {
    let labels = json!({ "alertname": "HostDown", "severity": "critical", "instance": "b:9100" });
    let at = "2026-11-13T14:42:10Z";
    success(&json!({ "alerts": [{ "labels": labels, "state": "firing", "activeAt": at, "value": "0" }] }))
}

fn answered(query: &str) -> Value {
    vector(&if query == "up" { vec![up("a:9100", "1"), up("b:9100", "0")] } else { Vec::new() })
}

fn absent() -> Answer {
    Answer::text(404, "404 page not found\n")
}

/// The ruler has rules and alerts; nothing scrapes.
fn mimir(path: &str, query: &str) -> Answer {
    match path {
        "query" => success(&answered(query)),
        "rules" => rules(),
        "alerts" => firing(),
        "label/__name__/values" => success(&json!(["up"])),
        _ => absent(),
    }
}

/// The querier asks its sidecars; its configuration is a command line.
fn thanos(path: &str, query: &str) -> Answer {
    let target = json!({ "labels": { "job": "node", "instance": "a:9100" }, "scrapePool": "node", "health": "up",
        "lastError": "", "lastScrape": "2026-11-13T14:42:10Z" });
    match path {
        "targets" => success(&json!({ "activeTargets": [target], "droppedTargets": null })),
        "status/config" | "scrape_pools" => absent(),
        _ => mimir(path, query),
    }
}

/// One of its stores does not answer: it gives what the others have, and says so beside.
fn thanos_in_part(path: &str, query: &str) -> Answer {
    match path {
        "query" => {
            let data = answered(query);
            let why = ["No StoreAPIs matched for this query", "receive series from store-1:10901: refused"];
            Answer::json(json!({ "status": "success", "data": data, "warnings": why }).to_string())
        }
        _ => thanos(path, query),
    }
}

/// The same of a cluster of VictoriaMetrics.
fn cluster_in_part(path: &str, query: &str) -> Answer {
    match path {
        "query" => Answer::json(
            json!({ "status": "success", "isPartial": true, "data": answered(query) }).to_string(),
        ),
        _ => thanos(path, query),
    }
}

/// A remark on a query is none on what was found.
fn remarks(path: &str, query: &str) -> Answer {
    match path {
        "query" => {
            let why = ["PromQL warning: metric might not be a counter"];
            Answer::json(json!({ "status": "success", "data": answered(query), "warnings": why }).to_string())
        }
        _ => thanos(path, query),
    }
}

fn thanos_ruler(path: &str, _: &str) -> Answer {
    match path {
        "rules" => rules(),
        "alerts" => firing(),
        _ => absent(),
    }
}

fn vmalert(path: &str, query: &str) -> Answer {
    let said = format!(
        "remoteAddr: \"127.0.0.1:36670\"; requestURI: /api/v1/{path}?query={query}; \
         unsupported path requested: \"/api/v1/{path}\" \n"
    );
    match path {
        "rules" => rules(),
        // It has none.
        "alerts" => success(&json!({ "alerts": null })),
        _ => Answer::text(400, &said),
    }
}

fn agent(path: &str, _: &str) -> Answer {
    let said = json!({ "status": "error", "errorType": "unavailable", "error": "unavailable with Prometheus Agent" });
    match path {
        "targets" => thanos("targets", ""),
        "status/config" => success(&json!({ "yaml": "global:\n  scrape_interval: 15s\n" })),
        _ => Answer::new(422, "application/json", said.to_string()),
    }
}

/// Mimir that holds no series `up`: it may as well be the wrong place.
fn without_up(path: &str, query: &str) -> Answer {
    if query == "up" { success(&vector(&[])) } else { mimir(path, query) }
}

async fn serve(product: Product) -> Server {
    Server::start(move |asked, _| answer(product, asked)).await
}

fn answer(product: Product, asked: &Asked) -> Answer {
    let Some(path) = asked.uri.path().strip_prefix("/prometheus/api/v1/") else { return absent() };
    let url = reqwest::Url::parse(&format!("http://x/?{}", asked.uri.query().unwrap_or_default()));
    let url = url.expect("what was asked is an address");
    let query = url.query_pairs().find(|(name, _)| name == "query").map(|(_, value)| value.into_owned());
    product(path, &query.unwrap_or_default())
}

const FEEDS: [Feed; 6] =
    [Feed::Targets, Feed::Alerts, Feed::Rules, Feed::Status, Feed::Scrapes, Feed::Measures];

fn kind(failure: &Failure) -> String {
    match failure.kind {
        FailureKind::Missing => "missing".to_owned(),
        _ => failure.short.to_string(),
    }
}

#[rstest]
#[case::mimir(mimir, &[])]
#[case::mimir_without_up(without_up, &[(Feed::Targets, "missing")])]
#[case::thanos(thanos, &[])]
#[case::a_store_of_thanos_is_gone(thanos_in_part, &[(Feed::Scrapes, "not the whole answer: No StoreAPIs matc…"), (Feed::Measures, "not the whole answer: No StoreAPIs matc…")])]
#[case::a_node_of_a_cluster_is_gone(cluster_in_part, &[(Feed::Scrapes, "not the whole answer: a part of its sto…"), (Feed::Measures, "not the whole answer: a part of its sto…")])]
#[case::a_remark_on_a_query(remarks, &[])]
#[case::thanos_ruler(thanos_ruler, &[(Feed::Targets, "missing"), (Feed::Status, "missing"), (Feed::Scrapes, "missing"), (Feed::Measures, "missing")])]
#[case::vmalert(vmalert, &[(Feed::Targets, "missing"), (Feed::Status, "missing"), (Feed::Scrapes, "missing"), (Feed::Measures, "missing")])]
#[case::agent(agent, &[(Feed::Alerts, "missing"), (Feed::Rules, "missing"), (Feed::Scrapes, "missing"), (Feed::Measures, "missing")])]
#[tokio::test]
async fn what_a_product_lacks_is_an_ability_that_is_missing(
    #[case] product: Product,
    #[case] lacking: &[(Feed, &str)],
) {
    let server = serve(product).await;
    let source = source(SourceKind::Prometheus, &format!("url = \"{}/prometheus\"", server.url));
    let mut found: BTreeMap<Feed, String> = BTreeMap::new();
    for feed in FEEDS {
        let Err(failure) = look(&*source, feed).await else { continue };
        assert!(!failure.text.contains("remoteAddr"), "nothing that changes by itself: {}", failure.text);
        found.insert(feed, kind(&failure));
    }
    let lacking: BTreeMap<Feed, String> =
        lacking.iter().map(|(feed, why)| (*feed, (*why).to_owned())).collect();
    assert_eq!(found, lacking);
}

/// What `check` and `doctor` say of these servers, each with lines of TOML of its own.
fn told(servers: &[(&str, Product, &str)]) -> (Value, String) {
    let network = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let network = network.expect("a runtime");
    let mut tables = Vec::new();
    let mut running = Vec::new();
    for (name, product, more) in servers {
        let server = network.block_on(serve(*product));
        tables.push(format!("[sources.prometheus.{name}]\nurl = \"{}/prometheus\"\n{more}\n", server.url));
        running.push(server);
    }
    let home = home();
    let file = home.path().join("w.toml");
    fs::write(&file, tables.concat()).expect("written");
    let file = file.display().to_string();
    let ask = |arguments: &[&str]| run(home.path(), &[&["--config", &file], arguments].concat());
    let check = ask(&["check", "--timeout", "60s", "--format", "json"]);
    let report = serde_json::from_slice(&check.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", complained(&check)));
    (report, said(&ask(&["doctor", "--timeout", "60s"])))
}

fn sources(report: &Value) -> Vec<(&str, &str, Option<&str>)> {
    let row = |row: &'_ Value| -> Option<(String, String)> {
        Some((row["name"].as_str()?.to_owned(), row["state"].as_str()?.to_owned()))
    };
    let all = report["sources"].as_array().into_iter().flatten();
    assert!(all.clone().all(|one| row(one).is_some()), "{report:#}");
    all.map(|row| {
        (
            row["name"].as_str().unwrap_or_default(),
            row["state"].as_str().unwrap_or_default(),
            row["error"].as_str(),
        )
    })
    .collect()
}

#[test]
fn mimir_tells_its_targets_by_up_and_is_not_called_down() {
    let (report, doctor) = told(&[("main", mimir, "tenant = \"lab\"")]);
    assert_eq!(sources(&report), [("main", "fresh", None)], "{report:#}");
    let targets = report["targets"].as_array().expect("targets");
    let all: Vec<(&str, &str)> = targets
        .iter()
        .filter_map(|target| Some((target["instance"].as_str()?, target["health"].as_str()?)))
        .collect();
    assert_eq!(all, [("b:9100", "down"), ("a:9100", "up")], "{report:#}");
    assert_eq!(targets[0]["error"], "up is 0; this server does not tell the scrape's error");
    assert_eq!(report["verdict"]["state"], "critical", "what fires is heard: {:#}", report["verdict"]);
    assert!(
        doctor.contains("it keeps no list of them") && doctor.contains("the Prometheus behind"),
        "{doctor}"
    );
}

#[test]
fn what_only_evaluates_stands_beside_what_scrapes_and_alone_it_is_not_enough() {
    for evaluates in [vmalert as Product, thanos_ruler] {
        let (report, doctor) = told(&[("main", thanos, ""), ("rules", evaluates, "")]);
        assert_eq!(sources(&report), [("main", "fresh", None), ("rules", "fresh", None)], "{report:#}");
        assert_ne!(report["verdict"]["state"], "unknown", "{:#}", report["verdict"]);
        let links: Vec<String> = report["chain"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|link| link["from"].to_string() + " " + &link["to"].to_string())
            .collect();
        assert!(!links.iter().any(|link| link.contains("exporters") && link.contains("rules")), "{links:?}");
        assert!(doctor.contains("what scrapes knows its targets"), "{doctor}");
        // Nobody knows of any target: that is not well.
        let (report, _) = told(&[("rules", evaluates, "")]);
        let alerting = report["verdict"]["state"] == "critical";
        assert!(alerting || report["verdict"]["state"] == "unknown", "{:#}", report["verdict"]);
        let reasons = report["verdict"]["reasons"].to_string();
        assert!(reasons.contains("prometheus.rules does not offer "), "{reasons}");
        assert!(report["chain"].to_string().contains("nobody knows whether they answer"), "{report:#}");
    }
}

#[test]
fn a_part_of_an_answer_is_not_taken_for_the_whole() {
    let (report, _) = told(&[("main", thanos_in_part, "")]);
    let reasons = report["verdict"]["reasons"].to_string();
    assert!(reasons.contains("not the whole answer"), "{reasons}");
    let rows = sources(&report);
    assert_eq!(rows[0].1, "down", "{report:#}");
    assert!(rows[0].2.is_some_and(|error| error.contains("No StoreAPIs matched")), "{rows:?}");
}
