//! Objectives in `wardroom check`: what the demo lab's Prometheus says of them, and what is said of what
//! it does not.

use std::os::unix::fs::PermissionsExt as _;

use chrono::{TimeDelta, Utc};
use serde_json::Value;

use super::chain::doors::{At, Doors, Fault};
use super::check::{conforms_to, home, wardroom};

/// What `check` says of the objectives of a lab that is broken in these ways.
async fn checked(faults: &[Fault]) -> (Value, Option<i32>) {
    let doors = Doors::open(faults).await;
    let home = home();
    let file = home.path().join("lab.toml");
    std::fs::write(&file, &doors.config).expect("a config");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("ours alone");
    let path = file.to_str().expect("text").to_owned();
    let output = tokio::task::spawn_blocking(move || {
        let arguments = ["check", "--config", &path, "--only", "slo", "--format", "json", "--timeout", "60s"];
        wardroom(home.path(), &arguments).output().expect("the program runs")
    });
    let output = output.await.expect("it ends");
    (conforms_to("check", &output), output.status.code())
}

fn row<'r>(report: &'r Value, name: &str) -> &'r Value {
    let mut rows = report["slo"].as_array().into_iter().flatten();
    rows.find(|row| row["name"] == name).expect("the objective has a row")
}

fn number(row: &Value, key: &str) -> f64 {
    row[key].as_f64().unwrap_or_else(|| panic!("{key} of {row:#}"))
}

/// The points of a query over a time.
fn points(said: &mut Value) -> impl Iterator<Item = &mut Vec<Value>> {
    let series = said["data"]["result"].as_array_mut().into_iter().flatten();
    series.filter_map(|series| series["values"].as_array_mut())
}

/// The service did not answer in the last three hours.
fn three_bad_hours(said: &mut Value) {
    let since = (Utc::now() - TimeDelta::hours(3)).timestamp();
    for point in points(said).flatten().filter(|point| point[0].as_f64() > Some(since as f64)) {
        point[1] = "0".into();
    }
}

/// Every other point is missing.
fn half(said: &mut Value) {
    for values in points(said) {
        let mut at = 0;
        values.retain(|_| {
            at += 1;
            at % 2 == 0
        });
    }
}

fn nothing(said: &mut Value) {
    said["data"]["result"] = serde_json::json!([]);
}

const NEXTCLOUD: &str = "cloud.home.arpa";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_that_is_whole_is_ok() {
    let (report, code) = checked(&[]).await;
    let row = row(&report, "nextcloud");
    assert_eq!((row["state"].as_str(), row["window"].as_str()), (Some("ok"), Some("30d")), "{row:#}");
    assert!((number(row, "objective") - 0.995).abs() < 1e-9);
    assert!(number(row, "unknown") < 0.01 && number(row, "budget_left") > 0.0, "{row:#}");
    assert_eq!(code, Some(0), "{:#}", report["verdict"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_that_burns_is_in_the_verdict() {
    let (report, code) = checked(&[Fault::Query(NEXTCLOUD, three_bad_hours)]).await;
    let row = row(&report, "nextcloud");
    assert_eq!(row["state"], "critical", "{row:#}");
    // All of an hour is bad where one part in 200 may be.
    assert!((number(row, "burn") - 200.0).abs() < 0.5, "{row:#}");
    // 3 hours of the 3.6 that 30 days may have.
    assert!((number(row, "budget_left") - (1.0 - 3.0 / 3.6)).abs() < 0.03, "{row:#}");
    let reasons = report["verdict"]["reasons"].to_string();
    assert!(reasons.contains("the budget of nextcloud burns 200 times too fast"), "{reasons}");
    assert_eq!(code, Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_measured_is_shown_as_unknown() {
    let (report, _) = checked(&[Fault::Query(NEXTCLOUD, half)]).await;
    let gaps = row(&report, "nextcloud");
    assert!((number(gaps, "unknown") - 0.5).abs() < 0.01, "{gaps:#}");
    assert!((number(gaps, "good") - 1.0).abs() < 0.01, "neither good nor bad: {gaps:#}");
    assert!(number(gaps, "budget_left_at_worst") < 0.0, "{gaps:#}");

    let (report, code) = checked(&[Fault::Query(NEXTCLOUD, nothing)]).await;
    let blank = row(&report, "nextcloud");
    assert_eq!((&blank["state"], &blank["good"]), (&"unknown".into(), &Value::Null), "{blank:#}");
    assert!((number(blank, "unknown") - 1.0).abs() < 1e-9, "{blank:#}");
    assert!(report["verdict"]["reasons"].to_string().contains("nobody measures the objective nextcloud"));
    assert_eq!(code, Some(3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prometheus_that_does_not_answer_leaves_budgets_unknown() {
    for fault in [Fault::Status(At::Prometheus, "/query_range", 503), Fault::Gone(At::Prometheus)] {
        let (report, code) = checked(&[fault]).await;
        for name in ["nextcloud", "vault"] {
            let row = row(&report, name);
            assert_eq!((&row["state"], &row["budget_left"]), (&"unknown".into(), &Value::Null), "{row:#}");
            assert!(row["error"].is_string(), "{row:#}");
        }
        assert_eq!(code, Some(3), "{:#}", report["verdict"]);
    }
}
