//! Loki 3.7 and 2.9.

use serde_json::Value;
use wardroom::clock::Clock;
use wardroom::demo::{Dialect, Lab, Scenario};

use super::shape::Reading;
use super::{Question, Same, Shaped, ask, get, hold, ports, still};

pub const READING: Reading = Reading {
    maps: &["stream", "metric", "structuredMetadata"],
    words: &["status", "resultType", "encodingFlags"],
    tag: "",
};

/// Lists of label sets: every item is a map.
const SERIES: Reading = Reading { maps: &["data"], ..READING };

const CATEGORIZE: &str = "X-Loki-Response-Encoding-Flags: categorize-labels\r\n";

/// `{host=~".+"}`, escaped.
const ALL: &str = "%7Bhost%3D~%22.%2B%22%7D";

fn range(rest: &str) -> String {
    format!("/loki/api/v1/query_range?query={rest}")
}

async fn old(scenario: Scenario) -> Lab {
    let clock = Clock::fixed(scenario.instant());
    Lab::start_with(scenario, 1, clock, Dialect::Two).await.expect("free ports")
}

#[tokio::test]
async fn answers_are_those_of_loki_3() {
    for scenario in [Scenario::Calm, Scenario::Storm] {
        let lab = still(scenario).await;
        let (all, empty) = (range(ALL), range("%7Bhost%3D%22nosuch%22%7D"));
        let counted = format!("sum%20by%20(host)%20(count_over_time({ALL}%5B5m%5D))");
        let (instant, matrix) =
            (format!("/loki/api/v1/query?query={counted}"), format!("{}&step=60", range(&counted)));
        hold(
            ports(&lab)[3],
            READING,
            &[
                (get("/ready"), &["loki/ready_200"], Same),
                (get(&all), &["loki/qr_streams_forward"], Shaped),
                (
                    Question { headers: CATEGORIZE, ..get(&all) },
                    &["loki/qr_structured_metadata_categorize"],
                    Shaped,
                ),
                (get(&empty), &["loki/empty_query_range"], Shaped),
                (get("/loki/api/v1/labels"), &["loki/labels"], Shaped),
                (get("/loki/api/v1/label/host/values"), &["loki/label_values"], Shaped),
                (get("/loki/api/v1/label/nosuch/values"), &["loki/label_values_unknown"], Same),
                (get("/loki/api/v1/status/buildinfo"), &["loki/buildinfo", "loki/v2_9_buildinfo"], Shaped),
                (
                    get("/loki/api/v1/format_query?query=%7Bjob%3D%22app%22%7D%7C%3D%60x%60"),
                    &["loki/v2_9_format_query"],
                    Same,
                ),
                (get("/loki/api/v1/format_query?query=%7Bjob%3D%22app%22"), &["loki/format_query_bad"], Same),
                (get(&instant), &["loki/q_vector"], Shaped),
                (get(&matrix), &["loki/qr_matrix_count_step_15s"], Shaped),
            ],
        )
        .await;
        hold(
            ports(&lab)[3],
            SERIES,
            &[(get("/loki/api/v1/series"), &["loki/series", "loki/series_no_match"], Shaped)],
        )
        .await;
    }
}

#[tokio::test]
async fn answers_are_those_of_loki_2() {
    let lab = old(Scenario::HostDown).await;
    let all = range(ALL);
    let instant = format!("/loki/api/v1/query?query={ALL}");
    hold(
        ports(&lab)[3],
        READING,
        &[
            (get(&all), &["loki/v2_9_qr_streams"], Shaped),
            (Question { headers: CATEGORIZE, ..get(&all) }, &["loki/v2_9_qr_categorize_ignored"], Shaped),
            (get("/loki/api/v1/labels"), &["loki/v2_9_labels"], Shaped),
            (get("/loki/api/v1/status/buildinfo"), &["loki/v2_9_buildinfo"], Shaped),
        ],
    )
    .await;
    assert_eq!(
        ask(ports(&lab)[3], get(&instant)).await.status,
        200,
        "2.9 takes a log query as an instant one"
    );
    let labels = ask(ports(&lab)[3], get("/loki/api/v1/labels")).await.body;
    assert!(!labels.contains("service_name"), "{labels}");
}

#[tokio::test]
async fn errors_are_those_of_loki() {
    let lab = still(Scenario::Calm).await;
    let job = "%7Bjob%3D%22app%22%7D";
    let rows = [
        (range("%7Bjob%3D%22app%22"), "loki/err_bad_logql_00"),
        (range("%7B%7D"), "loki/err_bad_logql_01"),
        (range("%7Bjob%3D~%22.%2A%22%7D"), "loki/err_bad_logql_02"),
        (range(""), "loki/err_bad_logql_03"),
        (range("%7Bjob%3D%22app%22%7D+%7C~+%22%28%22"), "loki/err_bad_logql_06"),
        (range("job%3D%22app%22"), "loki/err_bad_logql_09"),
        (
            range(&format!("{job}&start=1795206074000000005&end=1795206074000000000")),
            "loki/qr_end_before_start",
        ),
        (range(&format!("{job}&limit=0")), "loki/qr_limit_0"),
        (range(&format!("{job}&limit=5001")), "loki/qr_limit_5001_too_many"),
        (range(&format!("{job}&direction=sideways")), "loki/qr_streams_bad_direction"),
        (range(&format!("{job}&start=yesterday&end=now")), "loki/qr_time_garbage"),
        (range(&format!("{job}&start=1790022074000000000&end=1795206074000000000")), "loki/qr_too_long_A"),
        (format!("/loki/api/v1/query?query={job}"), "loki/q_log_query_400"),
        ("/loki/api/v1/series?match%5B%5D=%7B".to_owned(), "loki/series_bad_match"),
        ("/loki/api/v1/nosuch".to_owned(), "loki/not_found"),
        (format!("/loki/api/v1/tail?query={job}"), "loki/tail_plain_get"),
    ];
    for (path, recording) in &rows {
        hold(ports(&lab)[3], READING, &[(get(path), &[recording], Same)]).await;
    }
    let delete = Question { method: "DELETE", ..get("/loki/api/v1/query_range") };
    hold(ports(&lab)[3], READING, &[(delete, &["loki/method_not_allowed"], Same)]).await;
}

/// The lines of an answer with their times, in the order in which they stand there.
async fn lines(port: u16, path: &str) -> Vec<(i64, String)> {
    let reply = ask(port, get(path)).await;
    let json = reply.json().unwrap_or_else(|| panic!("{path}: {}", reply.body));
    let result = json["data"]["result"].as_array().expect("streams").clone();
    let line = |value: &Value| {
        let at = value[0].as_str().and_then(|text| text.parse().ok()).expect("nanoseconds");
        (at, value[1].as_str().expect("a text").to_owned())
    };
    result.iter().flat_map(|stream| stream["values"].as_array().expect("lines").iter().map(line)).collect()
}

#[tokio::test]
async fn start_is_inclusive_and_end_exclusive() {
    let lab = still(Scenario::HostDown).await;
    let port = ports(&lab)[3];
    let mut all = lines(port, &format!("{}&limit=5000&since=10m", range(ALL))).await;
    all.sort();
    assert!(all.len() > 600, "{} lines in ten minutes", all.len());
    let (from, to) = (all[100].0, all[200].0);
    let mut between = lines(port, &format!("{}&limit=5000&start={from}&end={to}", range(ALL))).await;
    between.sort();
    assert_eq!(between, all[100..200]);
    let mut newest = lines(port, &format!("{}&limit=50&start={from}&end={to}", range(ALL))).await;
    newest.sort();
    assert_eq!(newest, all[150..200], "backward brings the newest");
    let mut oldest =
        lines(port, &format!("{}&limit=50&start={from}&end={to}&direction=forward", range(ALL))).await;
    oldest.sort();
    assert_eq!(oldest, all[100..150], "forward brings the oldest");
}

#[tokio::test]
async fn filters_filter() {
    let lab = still(Scenario::HostDown).await;
    let path = range(
        "%7Bhost%3D%22lxc210%22%2Cunit%3D%22cifs%22%7D%20%7C%3D%20%22reconnect%22%20!~%20%22attempt%201%20%22",
    );
    let found = lines(ports(&lab)[3], &path).await;
    assert!(found.len() > 10, "{found:?}");
    assert!(found.iter().all(|(_, text)| text.contains("reconnect") && !text.contains("attempt 1 ")));
}
