//! Alertmanager 0.25, as a pair.

use serde_json::{Value, json};
use wardroom::demo::Scenario;
use wardroom::domain::correlate::fingerprint;
use wardroom::domain::labels::Labels;

use super::shape::Reading;
use super::{Question, Reply, Same, Shaped, ask, get, hold, ports, still};

const READING: Reading = Reading { maps: &["labels", "annotations"], words: &["state", "status"], tag: "" };

const ALERTS: &[&str] =
    &["alertmanager/alerts", "alertmanager/alerts-silenced-only", "alertmanager/alerts-inhibited-only"];
const GROUPS: &[&str] =
    &["alertmanager/alerts-groups", "alertmanager/alerts-groups-silenced", "alertmanager/alerts-groups-none"];

const fn post<'a>(headers: &'a str, body: &'a str) -> Question<'a> {
    Question { method: "POST", path: "/api/v2/silences", headers, body }
}

const JSON: &str = "Content-Type: application/json\r\n";

#[tokio::test]
async fn answers_are_those_of_alertmanager() {
    for scenario in [Scenario::HostDown, Scenario::Storm, Scenario::Calm, Scenario::ChainBroken] {
        let lab = still(scenario).await;
        hold(
            ports(&lab)[1],
            READING,
            &[
                (get("/-/healthy"), &["alertmanager/healthy"], Same),
                (get("/-/ready"), &["alertmanager/ready"], Same),
                (get("/api/v2/alerts"), ALERTS, Shaped),
                (get("/api/v2/alerts/"), ALERTS, Shaped),
                (get("/api/v2/alerts?filter=severity%3D%22critical%22"), ALERTS, Shaped),
                (get("/api/v2/alerts?receiver=nosuch"), &["alertmanager/alerts-receiver-partial"], Same),
                (get("/api/v2/alerts/groups"), GROUPS, Shaped),
                (get("/api/v2/silences"), &["alertmanager/silences"], Shaped),
                (get("/api/v2/status"), &["alertmanager/status", "alertmanager/status-peer"], Shaped),
                (get("/api/v2/receivers"), &["alertmanager/receivers"], Shaped),
            ],
        )
        .await;
    }
}

#[tokio::test]
async fn errors_are_those_of_alertmanager() {
    let lab = still(Scenario::Calm).await;
    let unknown = "/api/v2/silence/00000000-0000-4000-8000-000000000000";
    hold(
        ports(&lab)[1],
        READING,
        &[
            (get("/nope"), &["alertmanager/error-not-found-root"], Same),
            (get("/api/v2/nope"), &["alertmanager/error-not-found"], Same),
            (Question { method: "PUT", ..get("/api/v2/alerts") }, &["alertmanager/error-method"], Same),
            (
                Question { method: "DELETE", ..get("/api/v2/silences") },
                &["alertmanager/error-method-delete"],
                Same,
            ),
            (
                Question { headers: "Accept: text/plain\r\n", ..get("/api/v2/status") },
                &["alertmanager/accept-text"],
                Same,
            ),
            (get("/api/v2/alerts?filter=severity"), &["alertmanager/alerts-filter-bad"], Same),
            (get("/api/v2/alerts?filter="), &["alertmanager/alerts-filter-empty"], Same),
            (get("/api/v2/alerts?filter=a%3D~%22(%22"), &["alertmanager/alerts-filter-bad-regex"], Same),
            (
                get("/api/v2/alerts?filter=%7Bseverity%3D%22critical%22%2Clayer%3D%22storage%22%7D"),
                &["alertmanager/alerts-filter-braces"],
                Same,
            ),
            (get("/api/v2/alerts?receiver=("), &["alertmanager/alerts-receiver-bad"], Same),
            (get("/api/v2/silences?filter=%3D%3D"), &["alertmanager/silences-filter-bad"], Same),
            (get(unknown), &["alertmanager/silence-get-unknown"], Same),
            (get("/api/v2/silence/not-a-uuid"), &["alertmanager/silence-get-bad-uuid"], Same),
            (Question { method: "DELETE", ..get(unknown) }, &["alertmanager/silence-delete-unknown"], Same),
            (post("", r#"{"matchers":[]}"#), &["alertmanager/silence-error-no-content-type"], Same),
            (
                post("Content-Type: application/x-www-form-urlencoded\r\n", "a=b"),
                &["alertmanager/silence-error-form"],
                Same,
            ),
            (post(JSON, ""), &["alertmanager/silence-error-empty"], Same),
            (post(JSON, "{nope"), &["alertmanager/silence-error-not-json"], Same),
        ],
    )
    .await;
}

/// A body that the server takes, changed by `change`.
fn silence(change: impl FnOnce(&mut Value)) -> String {
    let mut body = json!({
        "matchers": [{ "name": "a", "value": "b", "isRegex": false, "isEqual": true }],
        "startsAt": "2026-11-13T14:02:11Z", "endsAt": "2026-11-13T15:02:11Z", "createdBy": "lab", "comment": "c",
    });
    change(&mut body);
    body.to_string()
}

#[tokio::test]
async fn a_silence_that_may_not_be_is_refused_in_the_same_words() {
    let lab = still(Scenario::Calm).await;
    let without = |key: &'static str| {
        move |body: &mut Value| drop(body.as_object_mut().expect("an object").remove(key))
    };
    let matcher = |matcher: Value| move |body: &mut Value| body["matchers"] = json!([matcher]);
    let regex = |value: &str| json!({ "name": "a", "value": value, "isRegex": true, "isEqual": true });
    let named = |name: &str| json!({ "name": name, "value": "x", "isRegex": false, "isEqual": true });
    let bodies = [
        ("no-matchers", silence(|body| body["matchers"] = json!([]))),
        ("comment-absent", silence(without("comment"))),
        ("start-absent", silence(without("startsAt"))),
        ("isregex-absent", silence(matcher(json!({ "name": "a", "value": "b" })))),
        ("isregex-string", silence(matcher(json!({ "name": "a", "value": "b", "isRegex": "false" })))),
        ("bad-regex", silence(matcher(regex("(")))),
        ("matches-empty", silence(matcher(regex(".*")))),
        ("empty-value", silence(matcher(json!({ "name": "a", "value": "", "isRegex": false })))),
        ("bad-label-name", silence(matcher(named("a-b")))),
        ("utf8-label-name", silence(matcher(named("磁盘")))),
        ("empty-name", silence(matcher(named("")))),
        ("bad-time", silence(|body| body["startsAt"] = "tomorrow".into())),
        ("time-unix", silence(|body| body["startsAt"] = 1_795_205_525.into())),
        ("end-before-start", silence(|body| body["endsAt"] = "2026-11-13T14:01:11Z".into())),
        ("end-equals-start", silence(|body| body["endsAt"] = "2026-11-13T14:02:11Z".into())),
        (
            "end-in-past",
            silence(|body| {
                body["startsAt"] = "2026-11-13T13:00:11Z".into();
                body["endsAt"] = "2026-11-13T14:01:11Z".into();
            }),
        ),
    ];
    for (name, body) in bodies {
        let name = format!("alertmanager/silence-error-{name}");
        hold(ports(&lab)[1], READING, &[(post(JSON, &body), &[&name], Same)]).await;
    }
    let unknown = silence(|body| body["id"] = "00000000-0000-4000-8000-000000000000".into());
    hold(
        ports(&lab)[1],
        READING,
        &[(post(JSON, &unknown), &["alertmanager/silence-update-unknown-id"], Same)],
    )
    .await;
    for name in ["no-comment", "start-empty", "extra-field", "negative-empty"] {
        let body = silence(|body| match name {
            "no-comment" => body["comment"] = "".into(),
            "start-empty" => body["startsAt"] = "".into(),
            "extra-field" => body["zzz"] = 1.into(),
            _ => {
                body["matchers"][0] = json!({ "name": "a", "value": "", "isRegex": false, "isEqual": false });
            }
        });
        let name = format!("alertmanager/silence-error-{name}");
        hold(ports(&lab)[1], READING, &[(post(JSON, &body), &[&name], Shaped)]).await;
    }
}

async fn list(port: u16, path: &str) -> Vec<Value> {
    let reply = ask(port, get(path)).await;
    reply.json().and_then(|json| json.as_array().cloned()).expect("a list")
}

async fn make(port: u16, body: &str) -> String {
    let reply: Reply = ask(port, post(JSON, body)).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json().expect("JSON")["silenceID"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn a_silence_lives_on_both_peers() {
    let lab = still(Scenario::HostDown).await;
    let [_, first, second, ..] = ports(&lab);
    let matchers = json!([{ "name": "alertname", "value": "HostDown", "isRegex": false }]);
    let body = silence(|body| body["matchers"] = matchers.clone());
    let id = make(first, &body).await;
    let hidden = list(second, "/api/v2/alerts?silenced=true&active=false&inhibited=false").await;
    let hidden =
        hidden.iter().find(|alert| alert["labels"]["alertname"] == "HostDown").expect("it is hidden");
    assert_eq!(hidden["status"], json!({ "inhibitedBy": [], "silencedBy": [id], "state": "suppressed" }));

    let other = silence(|body| {
        body["matchers"] = matchers;
        body["id"] = id.as_str().into();
        body["comment"] = "another".into();
    });
    assert_eq!(make(second, &other).await, id, "a comment is changed in place");
    let moved = silence(|body| body["id"] = id.as_str().into());
    let fresh = make(first, &moved).await;
    assert_ne!(fresh, id, "other matchers make another silence");
    let state = async |id: &str| {
        let reply = ask(first, get(&format!("/api/v2/silence/{id}"))).await;
        reply.json().expect("JSON")["status"]["state"].as_str().unwrap_or("").to_owned()
    };
    assert_eq!((state(&id).await.as_str(), state(&fresh).await.as_str()), ("expired", "active"));
    let path = format!("/api/v2/silence/{fresh}");
    let delete = Question { method: "DELETE", ..get(&path) };
    hold(
        second,
        READING,
        &[
            (delete, &["alertmanager/silence-expire"], Same),
            (delete, &["alertmanager/silence-expire-again"], Same),
            (get(&path), &["alertmanager/silence-get-expired"], Shaped),
        ],
    )
    .await;
    assert_eq!(state(&fresh).await, "expired");
}

#[tokio::test]
async fn fingerprints_are_those_that_everybody_computes() {
    let lab = still(Scenario::Storm).await;
    let alerts = list(ports(&lab)[1], "/api/v2/alerts").await;
    assert!(alerts.len() > 60, "{} alerts are no storm", alerts.len());
    let mut seen = std::collections::HashSet::new();
    for alert in &alerts {
        let labels: Labels = serde_json::from_value(alert["labels"].clone()).expect("labels");
        assert_eq!(alert["fingerprint"], *fingerprint(&labels));
        assert!(seen.insert(fingerprint(&labels)), "{labels} stands there twice");
    }
}

#[tokio::test]
async fn a_broken_chain_leaves_one_deaf_peer() {
    let lab = still(Scenario::ChainBroken).await;
    let [_, first, second, ..] = ports(&lab);
    assert!(list(first, "/api/v2/alerts").await.is_empty());
    let refused = tokio::net::TcpStream::connect(("127.0.0.1", second)).await;
    assert!(refused.is_err(), "the second peer is gone");
    let status = ask(first, get("/api/v2/status")).await.json().expect("JSON");
    assert_eq!(status["cluster"]["peers"].as_array().map(Vec::len), Some(1));
}
