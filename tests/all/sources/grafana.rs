//! Grafana: whether it is well, which dashboards are about what, and how its refusals are told.

use axum::http::HeaderValue;
use chrono::{DateTime, TimeDelta, Utc};
use rstest::rstest;
use wardroom::actions::carry_out;
use wardroom::domain::dashboard::Dashboard;
use wardroom::domain::deed::{Annotation, Deed, Receipt, What};
use wardroom::domain::feed::{Failure, FailureKind, Feed, SourceId, SourceKind};
use wardroom::domain::observation::Observation;
use wardroom::domain::question::{Answer as Told, Question};

use super::replay::{Answer, Asked, Server, look, source};
use crate::check::{complained, home, run, said};
use crate::inventory::tables;

const HEALTH: &str = r#"{"commit":"1e84fede54","database":"ok","version":"11.3.0"}"#;
const SEARCH: &str = r#"[
  {"id":1,"uid":"rYdddlPWk","title":"Node Exporter Full","uri":"db/node","url":"/grafana/d/rYdddlPWk/node-exporter-full",
   "type":"dash-db","tags":["linux"],"isStarred":false,"folderTitle":"Hosts","sortMeta":0},
  {"id":2,"uid":"abc","title":"Next\u001b[31mcloud","url":"javascript:alert(1)","type":"dash-db","tags":[]}]"#;

async fn grafana(health: Answer, search: Answer) -> Server {
    Server::paths(&[("/grafana/api/health", health), ("/grafana/api/search", search)]).await
}

fn keys(server: &Server) -> String {
    format!("url = \"{}/grafana\"\ntoken = \"glsa_x\"\ninsecure_http = true", server.url)
}

async fn dashboards(server: &Server) -> Vec<Dashboard> {
    let source = source(SourceKind::Grafana, &keys(server));
    match source.answer(Question::Dashboards, Utc::now()).await.expect("an answer") {
        Told::Dashboards(all) => all.to_vec(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn its_dashboards_have_links_below_its_own_address() {
    let server = grafana(Answer::json(HEALTH), Answer::json(SEARCH)).await;
    let all = dashboards(&server).await;
    let told: Vec<(&str, String)> =
        all.iter().map(|one| (&*one.title, one.url.replace(&server.url, "G"))).collect();
    let expected = [
        ("Node Exporter Full", "G/grafana/d/rYdddlPWk/node-exporter-full".to_owned()),
        ("Next[31mcloud", "G/grafana/d/abc".to_owned()),
    ];
    assert_eq!(told[0], expected[0]);
    assert!(!told[1].0.contains('\u{1b}'), "{told:?}");
    assert_eq!(told[1].1, expected[1].1, "what is no path of a dashboard is none of its links");
    let asked = server.asked();
    let bearer =
        asked.iter().all(|one| one.headers.get("authorization").is_some_and(|it| it == "Bearer glsa_x"));
    assert!(bearer && !asked.is_empty());
}

#[rstest]
#[case(200, HEALTH, None)]
#[case(200, r#"{"database":"failing"}"#, Some("its database is failing"))]
#[case(503, r#"{"database":"failing","version":"11.3.0"}"#, Some("its database is failing"))]
#[tokio::test]
async fn it_is_well_when_its_database_is(
    #[case] status: u16,
    #[case] body: &str,
    #[case] unready: Option<&str>,
) {
    let server = grafana(Answer::new(status, "application/json", body), Answer::json("[]")).await;
    let source = source(SourceKind::Grafana, &keys(&server));
    let seen = look(&*source, Feed::Ready).await.expect("a look");
    let Observation::Ready { unready: told, .. } = seen else { panic!("{seen:?}") };
    assert_eq!(told.as_deref(), unready);
}

#[rstest]
#[case(
    401,
    r#"{"message":"Invalid API key","messageId":"api-key.invalid","statusCode":401}"#,
    FailureKind::Unauthorised
)]
#[case(
    403,
    r#"{"accessErrorId":"ACE1","message":"Permissions needed: dashboards:read"}"#,
    FailureKind::Unauthorised
)]
#[case(500, "oops", FailureKind::Http)]
#[tokio::test]
async fn a_token_that_is_refused_is_told(#[case] status: u16, #[case] body: &str, #[case] kind: FailureKind) {
    let server = grafana(Answer::json(HEALTH), Answer::new(status, "application/json", body)).await;
    let source = source(SourceKind::Grafana, &keys(&server));
    let failure = look(&*source, Feed::Ready).await.expect_err("refused");
    assert_eq!(failure.kind, kind, "{failure:?}");
}

#[tokio::test]
async fn a_page_in_its_place_is_no_grafana() {
    let server = grafana(Answer::new(200, "text/html", "<html>log in</html>"), Answer::json("[]")).await;
    let source = source(SourceKind::Grafana, &keys(&server));
    let failure = look(&*source, Feed::Ready).await.expect_err("no API");
    assert_eq!(failure.kind, FailureKind::Parse, "{failure:?}");
}

/// Leaves a mark that ends then, or marks a moment.
async fn annotate(server: &Server, to: Option<DateTime<Utc>>) -> Result<Receipt, Failure> {
    let source = source(SourceKind::Grafana, &keys(server));
    let annotation = Annotation {
        text: "HostDown \"vm102\"\nby sam".into(),
        tags: vec!["wardroom".into(), "incident".into()],
        from: began(),
        to,
    };
    let deed = Deed { source: SourceId::new(SourceKind::Grafana, "main"), what: What::Annotate(annotation) };
    carry_out(&deed, source.doors()).await.map_err(|error| error.failure())
}

fn began() -> DateTime<Utc> {
    DateTime::from_timestamp(1_794_410_784, 250_000_000).expect("a time")
}

#[rstest]
#[case(None, serde_json::Value::Null)]
#[case(Some(began() + TimeDelta::minutes(14)), 1_794_411_624_250_i64.into())]
#[tokio::test]
async fn a_mark_is_left_below_the_prefix_with_times_in_milliseconds(
    #[case] to: Option<DateTime<Utc>>,
    #[case] end: serde_json::Value,
) {
    let server = Server::always(Answer::json(r#"{"message":"Annotation added","id":17}"#)).await;
    let receipt = annotate(&server, to).await.expect("it is made");
    assert_eq!(&*receipt.id, "17");
    let asked = server.asked();
    let [Asked { method, uri, headers, body }] = &*asked else { panic!("one request, not {asked:?}") };
    assert_eq!((method.as_str(), uri.path()), ("POST", "/grafana/api/annotations"));
    assert_eq!(headers.get("authorization").map(HeaderValue::as_bytes), Some(b"Bearer glsa_x".as_slice()));
    let body: serde_json::Value = serde_json::from_slice(body).expect("JSON");
    assert_eq!(body["text"], "HostDown \"vm102\"\nby sam");
    assert_eq!(body["tags"], serde_json::json!(["wardroom", "incident"]));
    assert_eq!(body["time"], 1_794_410_784_250_i64);
    assert_eq!(body.get("timeEnd").cloned().unwrap_or_default(), end);
}

#[rstest]
#[case(400, r#"{"message":"Failed to save annotation"}"#, "Failed to save annotation")]
#[case(
    403,
    r#"{"accessErrorId":"ACE1","message":"Permissions needed: annotations:create","title":"Access denied"}"#,
    "give its service account the role Editor"
)]
#[case(401, r#"{"message":"Invalid API key","messageId":"api-key.invalid"}"#, "Invalid API key")]
#[case(500, "oops", "500")]
#[case(200, "<html>log in</html>", "Grafana's API")]
#[tokio::test]
async fn a_mark_that_is_refused_is_told_and_not_tried_again(
    #[case] status: u16,
    #[case] body: &str,
    #[case] words: &str,
) {
    let server = Server::always(Answer::new(status, "application/json", body)).await;
    let failure = annotate(&server, None).await.expect_err("a refusal");
    assert!(failure.text.contains(words), "{}", failure.text);
    assert!(!failure.text.contains("glsa_x"), "no secret in an error");
    assert_eq!(server.asked().len(), 1);
}

const NODE: &str = r#"{"meta":{"createdBy":"kim","folderTitle":"Hosts"},"dashboard":{"uid":"rYdddlPWk","title":"Node Exporter Full",
  "links":[{"title":"Runbook","url":"https://docs.home.arpa/#node"},{"title":"All","tags":["linux"],"type":"dashboards"}],
  "panels":[
    {"type":"row","title":"folded","panels":[
      {"type":"gauge","title":"CPU | busy","targets":[{"expr":"100 - avg(rate(node_cpu_seconds_total{mode=\"idle\"}[5m])) * 100"}],
       "fieldConfig":{"defaults":{"unit":"percent","thresholds":{"mode":"absolute","steps":[
         {"color":"green","value":null},{"color":"orange","value":80},{"color":"red","value":90.5}]}},
        "overrides":[{"matcher":{"id":"byName","options":"vm102"},"properties":[
         {"id":"thresholds","value":{"mode":"percentage","steps":[{"color":"red","value":70}]}}]}]}}]},
    {"type":"timeseries","title":"Errors","targets":[
       {"expr":"rate(node_network_receive_errs_total[5m])"},{"expr":"up","hide":true}],
     "links":[{"title":"NIC\u001b[31m","url":"/d/nic"}]}]}}"#;

/// As such files were ten years ago.
const OLD: &str = r#"{"meta":{"createdBy":"Anonymous"},"dashboard":{"rows":[{"panels":[
    {"type":"graph","title":"Load","targets":[{"expr":"node_load1"}],
     "thresholds":[{"op":"gt","value":4,"colorMode":"critical"}],
     "alert":{"conditions":[{"evaluator":{"type":"outside_range","params":[1,8]}}]}},
    {"type":"singlestat","title":"Up","format":"none","thresholds":"0.5, 1","targets":[{"expr":"up"}]}]}]}}"#;

const THREE: &str = r#"[
  {"uid":"rYdddlPWk","title":"Node Exporter Full","url":"/grafana/d/rYdddlPWk/node","tags":["linux"],"folderTitle":"Hosts"},
  {"uid":"old","title":"Old","url":"/grafana/d/old/old","tags":["owner:sam"]},
  {"uid":"gone","title":"Gone","url":"/grafana/d/gone/gone","tags":[]}]"#;

async fn three() -> Server {
    Server::paths(&[
        ("/grafana/api/health", Answer::json(HEALTH)),
        ("/grafana/api/search", Answer::json(THREE)),
        ("/grafana/api/dashboards/uid/rYdddlPWk", Answer::json(NODE)),
        ("/grafana/api/dashboards/uid/old", Answer::json(OLD)),
        ("/grafana/api/dashboards/uid/gone", Answer::new(403, "application/json", r#"{"message":"no"}"#)),
    ])
    .await
}

#[tokio::test]
async fn what_is_in_a_dashboard_is_told_whatever_its_age() {
    let server = three().await;
    let source = source(SourceKind::Grafana, &keys(&server));
    let told = source.answer(Question::Boards, Utc::now()).await.expect("an answer");
    let Told::Boards(boards) = told else { panic!("{told:?}") };
    let names: Vec<(&str, &str)> = boards.iter().map(|one| (&*one.dashboard.title, &*one.owner)).collect();
    assert_eq!(names, [("Gone", ""), ("Old", "sam"), ("Node Exporter Full", "kim")], "by folder and title");
    assert!(boards[0].panels.is_err(), "{:?}", boards[0]);
    let thresholds = |board: usize, panel: usize| -> Vec<String> {
        boards[board].known()[panel].thresholds.iter().map(ToString::to_string).collect()
    };
    assert_eq!(thresholds(1, 0), ["critical over 4", "alerts outside 1 to 8"]);
    assert_eq!(thresholds(1, 1), ["another colour from 0.5", "another colour from 1"]);
    assert_eq!(thresholds(2, 0), ["orange from 80", "red from 90.5", "red from 70 % for vm102"]);
    let cpu = &boards[2].known()[0];
    assert_eq!((&*cpu.title, &*cpu.unit), ("CPU | busy", "percent"));
    assert_eq!(
        boards[2].metrics().into_iter().collect::<Vec<_>>(),
        ["node_cpu_seconds_total", "node_network_receive_errs_total"]
    );
    let links: Vec<&str> = boards[2].links.iter().map(|link| &*link.url).collect();
    assert_eq!(links, ["https://docs.home.arpa/#node", "dashboards with linux"]);
    assert!(!boards[2].known()[1].links[0].title.contains('\u{1b}'));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_inventory_of_dashboards_is_a_page_that_says_the_same_every_time() {
    let server = three().await;
    let home = home();
    let write = |config: String, code: i32| {
        let file = home.path().join("w.toml");
        std::fs::write(&file, config).expect("written");
        let output = run(home.path(), &["--config", &file.display().to_string(), "inventory", "dashboards"]);
        assert_eq!(output.status.code(), Some(code), "{}", complained(&output));
        (said(&output), complained(&output))
    };
    let table = format!("[sources.grafana.main]\n{}\n", keys(&server));
    let (page, _) = write(table.clone(), 0);
    assert_eq!(write(table, 0).0, page, "the same bytes for the same data");
    let rows: Vec<Vec<String>> = tables(&page).into_iter().flatten().collect();
    let row = |name: &str| {
        rows.iter().find(|row| row[0] == name).unwrap_or_else(|| panic!("{name}: {page}")).clone()
    };
    let node = row("Node Exporter Full");
    assert_eq!(node[1..6], ["Hosts", "kim", "linux", "errors, saturation", "2"]);
    assert!(node[6].ends_with("/grafana/d/rYdddlPWk/node"), "{node:?}");
    assert_eq!(row("Gone")[2..6], ["nobody is named", "", "", "unknown"]);
    let cpu = row("CPU | busy");
    assert_eq!((&*cpu[2], &*cpu[3]), ("saturation", "node_cpu_seconds_total"));
    assert_eq!(cpu[5], "orange from 80, red from 90.5, red from 70 % for vm102");
    assert!(row("Errors")[6].ends_with("/d/nic"));

    let (page, _) = write("[sources.prometheus.main]\nurl = \"http://127.0.0.1:1\"\n".to_owned(), 1);
    assert!(page.contains("No Grafana is configured: \\[sources.grafana.NAME\\] in the config."), "{page}");
    let gone = "[sources.grafana.main]\nurl = \"http://127.0.0.1:1\"\ntoken = \"x\"\n";
    let (page, told) = write(gone.to_owned(), 1);
    assert!(page.contains("were not heard") && tables(&page).is_empty(), "{page}");
    assert!(told.contains("not heard: grafana.main: "), "{told}");
}
