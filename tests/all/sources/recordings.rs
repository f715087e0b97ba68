//! Every recorded answer is either understood or a failure of the right kind: at its own feed, and
//! those of other endpoints as a wrong answer to the first feed.

use wardroom::domain::feed::{FailureKind, Feed, SourceKind};

use super::replay::{Recording, Server, look, recordings, source};

/// What a status alone says; `None` when the body decides.
fn by_status(status: u16) -> Option<FailureKind> {
    Some(match status {
        200..300 => return None,
        401 | 403 => FailureKind::Unauthorised,
        404 | 405 => FailureKind::Missing,
        429 | 503 => FailureKind::Busy,
        _ => FailureKind::Http,
    })
}

async fn outcome(kind: SourceKind, feed: Feed, recording: &Recording) -> Result<(), FailureKind> {
    let server = Server::always(recording.answer()).await;
    let source = source(kind, &format!("url = {:?}", server.url));
    match look(&*source, feed).await {
        Ok(seen) => {
            let json = serde_json::to_string(&seen).expect("an observation can be recorded");
            assert!(is_harmless(&json), "{}", recording.name);
            Ok(())
        }
        Err(failure) => {
            assert!(!failure.short.is_empty() && is_harmless(&failure.short), "{}", recording.name);
            assert!(failure.text.contains("127.0.0.1") && is_harmless(&failure.text), "{failure:?}");
            Err(failure.kind)
        }
    }
}

/// JSON writes control characters as escapes: neither form may be there.
fn is_harmless(text: &str) -> bool {
    !text.contains("\\u00") && !text.contains("\\u20") && !text.chars().any(char::is_control)
}

#[tokio::test]
async fn prometheus() {
    let mut understood = 0;
    let all = recordings("prometheus");
    assert!(all.len() > 140, "{}", all.len());
    for recording in &all {
        // We never ask for deflate, so nobody sends it.
        if recording.is_packed() {
            assert_eq!(recording.name, "query-deflate");
            continue;
        }
        let path = recording.path();
        let path = path.strip_prefix("/prometheus").unwrap_or(&path);
        let feed = match path {
            "/api/v1/alerts" => Feed::Alerts,
            "/api/v1/rules" => Feed::Rules,
            "/api/v1/query" => Feed::Scrapes,
            "/api/v1/status/config" => Feed::Status,
            _ => Feed::Targets,
        };
        let answer = recording.answer();
        let body = String::from_utf8(answer.body).expect("recorded as text");
        let expected = match by_status(answer.status) {
            _ if body.contains("unavailable with Prometheus Agent") => Err(FailureKind::Missing),
            _ if body.contains("query timed out") => Err(FailureKind::Http),
            Some(kind) => Err(kind),
            // A remote storage did not answer: what came is a part.
            None if path == "/api/v1/query" && body.contains(r#""warnings":["remote_read"#) => {
                Err(FailureKind::Http)
            }
            None if path == "/api/v1/query" && body.contains(r#""resultType":"vector""#) => Ok(()),
            None if matches!(path, "/api/v1/alerts" | "/api/v1/rules" | "/api/v1/targets") => Ok(()),
            None if path == "/api/v1/status/config" => Ok(()),
            None => Err(FailureKind::Parse),
        };
        assert_eq!(outcome(SourceKind::Prometheus, feed, recording).await, expected, "{}", recording.name);
        understood += usize::from(expected.is_ok());
    }
    assert!(understood > 40, "{understood}");
}

#[tokio::test]
async fn alertmanager() {
    let mut understood = 0;
    let all = recordings("alertmanager");
    assert!(all.len() > 120, "{}", all.len());
    for recording in &all {
        let path = recording.path();
        let path = path.strip_prefix("/am").unwrap_or(&path).trim_end_matches('/');
        let feed = match path {
            "/api/v2/silences" => Feed::Silences,
            "/api/v2/status" => Feed::Status,
            _ => Feed::Alerts,
        };
        let answer = recording.answer();
        let expected = match by_status(answer.status) {
            Some(kind) => Err(kind),
            // An empty list says nothing about what it is a list of.
            None if answer.body.trim_ascii() == b"[]" => Ok(()),
            None if recording.request.method != "GET" => Err(FailureKind::Parse),
            None if matches!(path, "/api/v2/alerts" | "/api/v2/silences" | "/api/v2/status") => Ok(()),
            None => Err(FailureKind::Parse),
        };
        assert_eq!(outcome(SourceKind::Alertmanager, feed, recording).await, expected, "{}", recording.name);
        understood += usize::from(expected.is_ok());
    }
    assert!(understood > 30, "{understood}");
}
