//! What becomes of Alertmanager's recorded answers, alone and from several peers.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use wardroom::domain::alert::{Alert, AlertState};
use wardroom::domain::feed::{FailureKind, Feed, SourceKind};
use wardroom::domain::observation::{Observation, Peer};
use wardroom::domain::silence::{Silence, SilenceState};
use wardroom::sources::Source;

use super::replay::{Answer, Server, look, recording, source};

/// A group of these servers.
fn group(urls: &[&str]) -> Arc<dyn Source> {
    source(SourceKind::Alertmanager, &format!("urls = {urls:?}\ntimeout = \"2s\""))
}

fn replay(name: &str) -> Answer {
    recording("alertmanager", name).answer()
}

async fn alerts(source: &dyn Source) -> Arc<[Alert]> {
    match look(source, Feed::Alerts).await.expect("a good answer") {
        Observation::Alerts(alerts) => alerts,
        other => panic!("{other:?}"),
    }
}

async fn silences(source: &dyn Source) -> Arc<[Silence]> {
    match look(source, Feed::Silences).await.expect("a good answer") {
        Observation::Silences(silences) => silences,
        other => panic!("{other:?}"),
    }
}

async fn peers(source: &dyn Source) -> Arc<[Peer]> {
    match look(source, Feed::Status).await.expect("a good answer") {
        Observation::Peers(peers) => peers,
        other => panic!("{other:?}"),
    }
}

/// An address where nothing listens.
async fn nobody() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    format!("http://{}", listener.local_addr().expect("a bound port has an address"))
}

#[tokio::test]
async fn two_peers_make_each_alert_one() {
    let one = Server::always(replay("alerts")).await;
    let other = Server::always(replay("alerts-peer")).await;
    let alone = alerts(&*group(&[&one.url])).await;
    let both = alerts(&*group(&[&one.url, &other.url])).await;
    assert_eq!(alone.len(), 90);
    assert_eq!(both.len(), 90, "no duplicates");
    assert!(both.windows(2).all(|pair| pair[0].order(&pair[1]).is_le()));
    assert_eq!(both.iter().filter(|alert| alert.state == AlertState::Inhibited).count(), {
        alone.iter().filter(|alert| alert.state == AlertState::Inhibited).count()
    });
    assert!(both.iter().any(|alert| alert.state == AlertState::Inhibited && !alert.inhibited_by.is_empty()));
}

#[tokio::test]
async fn silenced_alerts_name_their_silence() {
    let server = Server::always(replay("alerts-silenced")).await;
    let alerts = alerts(&*group(&[&server.url])).await;
    let silenced = alerts.iter().find(|alert| alert.state == AlertState::Silenced).expect("recorded");
    assert_eq!(silenced.silenced_by.len(), 1);
    assert!(!silenced.receivers.is_empty());
}

/// An alert as a server writes it.
fn alert(fingerprint: &str, status: &serde_json::Value, receiver: &str) -> serde_json::Value {
    json!({
        "labels": { "alertname": "A", "severity": "critical" }, "annotations": {}, "fingerprint": fingerprint,
        "startsAt": "2026-11-20T20:00:00.000Z", "endsAt": "2026-11-20T20:04:00.000Z",
        "updatedAt": "2026-11-20T20:00:00.000Z", "receivers": [{ "name": receiver }], "status": status,
    })
}

#[tokio::test]
async fn an_alert_is_hidden_if_any_peer_hides_it() {
    let active = json!({ "state": "active", "silencedBy": [], "inhibitedBy": null });
    let silenced = json!({ "state": "suppressed", "silencedBy": ["s1"], "inhibitedBy": [] });
    let both =
        json!({ "state": "suppressed", "silencedBy": ["s2"], "inhibitedBy": ["ff"], "mutedBy": ["night"] });
    let one = json!([alert("aa", &active, "x"), alert("bb", &active, "x"), alert("cc", &silenced, "x")]);
    let other = json!([alert("aa", &active, "y"), alert("bb", &silenced, "x"), alert("cc", &both, "x")]);
    let one = Server::always(Answer::json(one.to_string())).await;
    let other = Server::always(Answer::json(other.to_string())).await;
    let alerts = alerts(&*group(&[&one.url, &other.url])).await;
    let find =
        |fingerprint: &str| alerts.iter().find(|alert| &*alert.fingerprint == fingerprint).expect("merged");
    assert_eq!(find("aa").state, AlertState::Firing);
    assert_eq!(find("aa").receivers.iter().map(|name| &**name).collect::<Vec<_>>(), ["x", "y"]);
    assert_eq!(find("bb").state, AlertState::Silenced);
    assert_eq!(find("cc").state, AlertState::Inhibited, "inhibited before silenced");
    assert_eq!(find("cc").silenced_by.len(), 2);
    assert_eq!(find("cc").muted_by.first().map(|name| &**name), Some("night"));
}

#[tokio::test]
async fn silences_are_kept_in_their_newest_form() {
    let silence = |state: &str, updated: &str| {
        json!([{
            "id": "1", "status": { "state": state }, "updatedAt": updated, "startsAt": "2026-11-20T20:00:00Z",
            "endsAt": "2026-11-20T22:00:00+02:00", "createdBy": "sam", "comment": "c\u{1b}[2J",
            "matchers": [{ "name": "job", "value": "x", "isRegex": false }],
        }])
    };
    let active = Server::always(Answer::json(silence("active", "2026-11-20T20:00:00.1Z").to_string())).await;
    let expired =
        Server::always(Answer::json(silence("expired", "2026-11-20T20:00:00.2Z").to_string())).await;
    for order in [[&active.url, &expired.url], [&expired.url, &active.url]] {
        let merged = silences(&*group(&order.map(String::as_str))).await;
        let states: Vec<SilenceState> = merged.iter().map(|silence| silence.state).collect();
        assert_eq!(states, [SilenceState::Expired], "the newer copy is true, in any order");
    }
    let alone = silences(&*group(&[&active.url])).await;
    let kept = alone.first().expect("one");
    assert_eq!((&*kept.comment, kept.state), ("c·[2J", SilenceState::Active));
    assert_eq!(kept.ends_at.to_rfc3339(), "2026-11-20T20:00:00+00:00");
    assert!(
        kept.matchers.iter().all(|matcher| matcher.is_equal && !matcher.is_regex),
        "old servers leave it out"
    );
}

#[tokio::test]
async fn a_recorded_list_of_silences() {
    let server = Server::always(replay("silences")).await;
    let silences = silences(&*group(&[&server.url])).await;
    assert!(!silences.is_empty());
    assert!(silences.iter().all(|silence| !silence.matchers.is_empty()));
    assert!(silences.is_sorted_by_key(|silence| silence.state), "the expired ones stand last");
    assert!(silences.iter().any(|silence| silence.matchers.iter().any(|matcher| !matcher.is_equal)));
}

#[tokio::test]
async fn a_peer_that_is_gone_is_told_and_the_others_speak() {
    let server =
        Server::paths(&[("/api/v2/status", replay("status")), ("/api/v2/alerts", replay("alerts"))]).await;
    let gone = nobody().await;
    let source = group(&[&gone, &server.url]);
    assert_eq!(alerts(&*source).await.len(), 90);
    let peers = peers(&*source).await;
    let told: Vec<_> =
        peers.iter().map(|peer| (&*peer.url, peer.failure.as_deref(), &*peer.cluster)).collect();
    assert_eq!(told, [(&*gone, Some("connection refused"), ""), (&*server.url, None, "ready")]);
    assert_eq!(peers.iter().map(|peer| &*peer.version).collect::<Vec<_>>(), ["", "0.25.0"]);
}

#[tokio::test]
async fn when_no_peer_answers_the_feed_has_failed() {
    let (one, other) = (nobody().await, nobody().await);
    for feed in [Feed::Alerts, Feed::Silences, Feed::Status] {
        let failure = look(&*group(&[&one, &other]), feed).await.expect_err("nobody is there");
        assert_eq!(failure.kind, FailureKind::Refused);
    }
}

#[tokio::test]
async fn a_busy_server_is_asked_once_more() {
    let (busy, good) = (replay("busy-503"), replay("alerts"));
    let server = Server::start(move |_, before| if before == 0 { busy.clone() } else { good.clone() }).await;
    assert_eq!(alerts(&*group(&[&server.url])).await.len(), 90);
    let server = Server::always(replay("busy-503")).await;
    let failure = look(&*group(&[&server.url]), Feed::Alerts).await.expect_err("still busy");
    assert_eq!(failure.kind, FailureKind::Busy);
    assert!(failure.text.contains("Limit of concurrent GET requests reached (8)"), "{}", failure.text);
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn at_most_four_requests_are_under_way_at_one_server() {
    let at_once = Arc::new(tokio::sync::Semaphore::new(0));
    let server =
        Server::always(Answer { after: Duration::from_millis(100), ..replay("silences-empty") }).await;
    let source = group(&[&server.url]);
    let looks = (0..12).map(|_| look(&*source, Feed::Silences));
    let began = std::time::Instant::now();
    for seen in futures_util::future::join_all(looks).await {
        seen.expect("a good answer");
        at_once.add_permits(1);
    }
    assert!(began.elapsed() >= Duration::from_millis(300), "twelve looks of 100 ms, four at once");
    assert_eq!(at_once.available_permits(), 12);
}
