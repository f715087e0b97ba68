//! Recorded answers over HTTP.

use rstest::rstest;
use wardroom::domain::feed::{FailureKind, Feed, SourceId, SourceKind};
use wardroom::domain::log::TailState;
use wardroom::domain::observation::Observation;
use wardroom::settings::Document;
use wardroom::sources::KINDS;

use super::script::{Loki, Step, hear};
use crate::sources::replay::{Answer, Server, look, recording, recordings, source};

async fn ready(version: Answer, ready: Answer) -> Result<String, FailureKind> {
    let server = Server::paths(&[("/loki/api/v1/status/buildinfo", version), ("/ready", ready)]).await;
    let source = source(SourceKind::Loki, &format!("url = {:?}", server.url));
    match look(&*source, Feed::Ready).await.map_err(|failure| failure.kind)? {
        Observation::Ready { version, .. } => Ok(version.to_string()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_loki_that_starts_is_ready_and_one_that_stops_is_not() {
    let version = || recording("loki", "buildinfo").answer();
    let fine = Ok("3.7.6".to_owned());
    for (status, body, expected) in [
        (200, "ready\n", &fine),
        (503, "Ingester not ready: waiting for 15s after being ready\n", &fine),
        (503, "Some services are not Running:\nStarting: 1\nRunning: 17\n\n", &fine),
        (503, "Application is stopping\n", &Err(FailureKind::Busy)),
        (404, "404 page not found\n", &fine),
        (500, "boom", &Err(FailureKind::Http)),
    ] {
        assert_eq!(&ready(version(), Answer::text(status, body)).await, expected, "{status} {body}");
    }
    let old = ready(recording("loki", "v2_9_buildinfo").answer(), Answer::text(200, "ready\n")).await;
    assert_eq!(old, Ok("2.9.17".to_owned()));
    assert_eq!(ready(Answer::json("{}"), Answer::text(200, "ready\n")).await, Err(FailureKind::Parse));
    let page = Answer::new(200, "text/html", "<!doctype html>");
    assert_eq!(ready(page, Answer::text(200, "ready\n")).await, Err(FailureKind::Parse));
}

/// How many lines an answer has; `None`: it is no answer with lines.
fn lines(body: &[u8]) -> Option<usize> {
    let read: serde_json::Value = serde_json::from_slice(body).ok()?;
    if read["status"] == "success" && read.get("data").is_none() {
        return Some(0);
    }
    if read["data"]["resultType"] != "streams" {
        return None;
    }
    let streams = read["data"]["result"].as_array()?;
    Some(streams.iter().filter_map(|stream| stream["values"].as_array()).map(Vec::len).sum())
}

#[tokio::test]
async fn every_recorded_answer_is_understood_or_a_failure_of_the_right_kind() {
    let all = recordings("loki");
    assert!(all.len() > 150, "{}", all.len());
    let mut understood = 0;
    for recording in all.iter().filter(|recording| !recording.is_packed()) {
        let (name, answer) = (&recording.name, recording.answer());
        let expected = match answer.status {
            200 => match lines(&answer.body) {
                Some(lines) => Ok(lines),
                None if is_numbers(&answer.body) => Err(FailureKind::Http),
                None => Err(FailureKind::Parse),
            },
            204 => Err(FailureKind::Parse),
            401 => Err(FailureKind::Unauthorised),
            404 | 405 => Err(FailureKind::Missing),
            429 | 503 => Err(FailureKind::Busy),
            _ => Err(FailureKind::Http),
        };
        let refuse = vec![Step::Refuse(404, String::new())];
        let said = String::from_utf8_lossy(&answer.body).lines().next().unwrap_or_default().to_owned();
        let loki = Loki::start(vec![refuse], move |_| answer.clone()).await;
        let heard =
            hear(&mut *loki.tail(), |heard| !heard.states.is_empty() || !heard.failures.is_empty()).await;
        match expected {
            Ok(lines) => {
                assert_eq!((heard.lines.len(), heard.failures.len()), (lines, 0), "{name}");
                assert!(matches!(heard.state(), TailState::Polling(_)), "{name}");
                let texts = heard.lines.iter().map(|line| format!("{}{}", line.text, line.stream));
                assert!(!texts.into_iter().any(|text| text.chars().any(char::is_control)), "{name}");
                understood += 1;
            }
            Err(kind) => {
                let heard = if heard.failures.is_empty() {
                    hear(&mut *loki.tail(), |heard| !heard.failures.is_empty()).await
                } else {
                    heard
                };
                let failure = &heard.failures[0];
                assert_eq!(failure.kind, kind, "{name}: {}", failure.text);
                assert!(!failure.text.chars().any(char::is_control), "{name}");
                let start: String = wardroom::text::sanitise(&said).chars().take(30).collect();
                let is_told = kind == FailureKind::Parse
                    || said.starts_with('{')
                    || failure.text.contains(start.trim());
                assert!(is_told, "{name}: {} has not {start}", failure.text);
            }
        }
    }
    assert!(understood > 60, "{understood}");
}

fn is_numbers(body: &[u8]) -> bool {
    let read: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    matches!(read["data"]["resultType"].as_str(), Some("matrix" | "vector" | "scalar"))
}

#[rstest]
#[case("tails = [{ name = \"a\" }]", "tails.query: is missing")]
#[case("tails = [{ name = \"a\", query = \" \" }]", "expected LogQL")]
#[case(
    "tails = [{ name = \"a\", query = \"{a=1}\" }, { name = \"a\", query = \"{b=1}\" }]",
    "name of its own"
)]
#[case("tails = [{ name = \"a\", qery = \"{a=1}\" }]", "did you mean `query`?")]
#[case("tails = 3", "expected a list of tables")]
#[case("tenants = \"x\"", "did you mean `tenant`?")]
fn what_is_wrong_in_the_config_is_told(#[case] keys: &str, #[case] told: &str) {
    let document = Document::new("w.toml", format!("url = \"http://127.0.0.1:3100\"\n{keys}"));
    let (_, read) = KINDS.iter().find(|(kind, _)| *kind == SourceKind::Loki).expect("a kind");
    document.read(|table| read(SourceId::new(SourceKind::Loki, "main"), table).is_some());
    let faults: Vec<String> = document.faults().iter().map(ToString::to_string).collect();
    assert!(faults.iter().any(|fault| fault.contains(told)), "{faults:?}");
}
