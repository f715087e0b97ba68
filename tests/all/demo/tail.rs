//! The live tail of Loki, frame by frame.

use std::time::Duration;

use chrono::TimeDelta;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};
use wardroom::clock::Clock;
use wardroom::demo::{Dialect, Lab, Scenario};

use super::loki::READING;
use super::shape::Shape;
use super::{ports, still};

const ALL: &str = "%7Bhost%3D~%22.%2B%22%7D";

/// Longer than anything here takes.
const DEADLINE: Duration = Duration::from_secs(20);

type Socket = WebSocketStream<TcpStream>;

async fn open(lab: &Lab, parameters: &str, categorize: bool) -> Result<Socket, Error> {
    let port = ports(lab)[3];
    let url = format!("ws://127.0.0.1:{port}/loki/api/v1/tail?{parameters}");
    let mut request = url.into_client_request().expect("a request");
    if categorize {
        let flags = "categorize-labels".parse().expect("a header");
        request.headers_mut().insert("X-Loki-Response-Encoding-Flags", flags);
    }
    let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the lab listens");
    client_async(request, stream).await.map(|(socket, _)| socket)
}

async fn next(socket: &mut Socket) -> Message {
    let message = tokio::time::timeout(DEADLINE, socket.next()).await.expect("in time");
    message.expect("not over yet").expect("a frame")
}

/// The next frame of lines, pings passed over.
async fn frame(socket: &mut Socket) -> Value {
    loop {
        if let Message::Text(text) = next(socket).await {
            return serde_json::from_str(&text).expect("JSON");
        }
    }
}

/// Every line of a frame with its time; each must be a stream of its own.
fn lines(frame: &Value) -> Vec<(i64, String)> {
    let streams = frame["streams"].as_array().expect("streams");
    let line = |stream: &Value| {
        assert_eq!(stream["values"].as_array().map(Vec::len), Some(1), "each line is a stream of its own");
        let value = &stream["values"][0];
        let at = value[0].as_str().and_then(|text| text.parse().ok()).expect("nanoseconds");
        (at, value[1].as_str().expect("a text").to_owned())
    };
    streams.iter().map(line).collect()
}

/// The shape of the text frames of a recording.
fn recorded(names: &[&str]) -> Shape {
    let frames = names.iter().flat_map(|name| {
        let path = format!("{}/tests/recordings/loki-tail/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let file: Value = serde_json::from_str(&text).expect("a recording is JSON");
        let frames = file["frames"].as_array().expect("frames").clone();
        let texts = frames.into_iter().filter(|frame| frame["op"] == "text");
        let payload =
            |frame: Value| frame["payload"].as_str().and_then(|text| serde_json::from_str(text).ok());
        texts.filter_map(payload).collect::<Vec<Value>>()
    });
    Shape::learn(frames, READING)
}

#[tokio::test]
async fn history_comes_first_oldest_first_a_hundred_lines_a_frame() {
    let lab = still(Scenario::HostDown).await;
    let mut socket = open(&lab, &format!("query={ALL}&limit=250"), true).await.expect("it opens");
    let shape = recorded(&["ws_tail_categorize"]);
    let mut all = Vec::new();
    for most in [100, 100, 50] {
        let frame = frame(&mut socket).await;
        assert_eq!(shape.faults(&frame), Vec::<String>::new());
        assert_eq!(lines(&frame).len(), most);
        all.extend(lines(&frame));
    }
    assert!(all.is_sorted_by_key(|(at, _)| *at));
    let now = Scenario::HostDown.instant().timestamp_nanos_opt().expect("a time");
    assert!(all.iter().all(|(at, _)| *at < now));
}

#[tokio::test]
async fn without_categories_frames_are_plain() {
    let lab = still(Scenario::HostDown).await;
    let mut socket = open(&lab, &format!("query={ALL}&limit=5"), false).await.expect("it opens");
    let frame = frame(&mut socket).await;
    assert_eq!(recorded(&["ws_tail_history_limit5"]).faults(&frame), Vec::<String>::new());
    assert!(frame["streams"][0]["stream"]["detected_level"].is_string(), "history tells the level");
}

#[tokio::test]
async fn live_lines_follow_without_gap_or_twice_and_pings_without_end() {
    let clock = Clock::fixed(Scenario::HostDown.instant());
    let lab = Lab::start(Scenario::HostDown, 1, clock.clone()).await.expect("free ports");
    let mut socket = open(&lab, &format!("query={ALL}&limit=10"), false).await.expect("it opens");
    let mut all = lines(&frame(&mut socket).await);
    assert!(matches!(next(&mut socket).await, Message::Ping(payload) if payload.is_empty()));
    for _ in 0..2 {
        clock.advance(TimeDelta::seconds(20));
        let frame = frame(&mut socket).await;
        assert_eq!(recorded(&["ws_tail_basic"]).faults(&frame), Vec::<String>::new());
        assert!(frame["streams"][0]["stream"]["detected_level"].is_null(), "a plain live line has no level");
        all.extend(lines(&frame));
    }
    let first = all[0].0;
    let path = format!("/loki/api/v1/query_range?query={ALL}&limit=5000&start={first}");
    let reply = super::ask(ports(&lab)[3], super::get(&path)).await.json().expect("JSON");
    let mut stored: Vec<(i64, String)> = Vec::new();
    for stream in reply["data"]["result"].as_array().expect("streams") {
        for value in stream["values"].as_array().expect("lines") {
            let at = value[0].as_str().and_then(|text| text.parse().ok()).expect("nanoseconds");
            stored.push((at, value[1].as_str().expect("a text").to_owned()));
        }
    }
    stored.sort();
    assert_eq!(all, stored);
}

#[tokio::test]
async fn by_the_machines_clock_the_log_goes_on_by_itself() {
    let start = chrono::Utc::now().timestamp_nanos_opt().expect("a time");
    let lab = Lab::start(Scenario::Storm, 1, Clock::system()).await.expect("free ports");
    let mut socket = open(&lab, &format!("query={ALL}&start={start}"), true).await.expect("it opens");
    let live = lines(&frame(&mut socket).await);
    assert!(live.len() <= 100 && live.iter().all(|(at, _)| *at >= start - 1_000_000_000), "{live:?}");
}

#[tokio::test]
async fn what_is_wrong_is_told_before_or_after_the_handshake() {
    let lab = still(Scenario::Calm).await;
    for (parameters, words) in [
        (
            "query=%7Bjob%3D%22app%22",
            "parse error at line 1, col 11: syntax error: unexpected $end, expecting } or ,",
        ),
        ("query=%7Bjob%3D%22app%22%7D&delay_for=6", "delay_for can't be greater than 5"),
        ("query=%7Bjob%3D%22app%22%7D&limit=0", "limit must be a positive value"),
        ("", "parse error : syntax error: unexpected $end"),
    ] {
        let Err(Error::Http(response)) = open(&lab, parameters, false).await else {
            panic!("{parameters} must be refused");
        };
        assert_eq!(response.status(), 400);
        assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
        assert_eq!(response.body().as_deref(), Some(words.as_bytes()));
    }
    let metric = "query=rate(%7Bjob%3D%22app%22%7D%5B1m%5D)";
    closes(&mut open(&lab, metric, false).await.expect("it opens"), "only log selector is supported").await;

    let old = Clock::fixed(Scenario::Calm.instant());
    let old = Lab::start_with(Scenario::Calm, 1, old, Dialect::Two).await.expect("free ports");
    let mut socket = open(&old, "query=%7Bjob%3D%22app%22", false).await.expect("2.9 opens first");
    closes(&mut socket, "parse error at line 1, col 11: syntax error: unexpected $end, expecting } or ,")
        .await;
}

/// The next message but pings and lines is a close with this reason.
async fn closes(socket: &mut Socket, reason: &str) {
    loop {
        match next(socket).await {
            Message::Close(Some(close)) => {
                assert_eq!((close.code, close.reason.as_str()), (CloseCode::Error, reason));
                return;
            }
            Message::Close(None) => panic!("closed without a reason"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_lab_that_stops_says_so_and_leaves_its_ports() {
    let lab = still(Scenario::Calm).await;
    let port = ports(&lab)[0];
    let mut socket = open(&lab, &format!("query={ALL}"), true).await.expect("it opens");
    drop(lab);
    closes(&mut socket, "all ingesters closed the connection").await;
    let gone = tokio::time::timeout(DEADLINE, async {
        while TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            tokio::task::yield_now().await;
        }
    });
    gone.await.expect("the port is left");
}

#[tokio::test]
async fn a_client_that_closes_is_answered() {
    let lab = still(Scenario::Calm).await;
    let mut socket = open(&lab, &format!("query={ALL}"), true).await.expect("it opens");
    socket.send(Message::Close(None)).await.expect("sent");
    let ended = tokio::time::timeout(DEADLINE, async {
        while socket.next().await.is_some_and(|next| next.is_ok()) {}
    });
    ended.await.expect("the server closes too");
}

/// Pushes numbered lines of the job `pushed`, one nanosecond apart.
async fn push(lab: &Lab, from: i64, count: i64) {
    let values: Vec<Value> = (0..count)
        .map(|number| serde_json::json!([(from + number).to_string(), format!("line {number}")]))
        .collect();
    let body = serde_json::json!({ "streams": [{ "stream": { "job": "pushed" }, "values": values }] });
    let answer = crate::sources::loki::storm::push(ports(lab)[3], &body).await;
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
}

fn nanoseconds() -> i64 {
    chrono::Utc::now().timestamp_nanos_opt().expect("a time")
}

const PUSHED: &str = "query=%7Bjob%3D%22pushed%22%7D";

#[tokio::test]
async fn of_a_burst_lines_are_lost_and_only_some_are_named() {
    let lab = Lab::start(Scenario::Calm, 1, Clock::system()).await.expect("free ports");
    let mut socket = open(&lab, PUSHED, true).await.expect("it opens");
    // More than a frame names, in one go.
    push(&lab, nanoseconds() - 10_000, 4_000).await;
    let (mut came, mut named) = (0, 0);
    while came < 1_000 {
        let frame = frame(&mut socket).await;
        assert!(lines(&frame).len() <= 100);
        came += lines(&frame).len();
        named += frame["dropped_entries"].as_array().map_or(0, Vec::len);
        if let Some(first) = frame["dropped_entries"].get(0) {
            assert!(first["timestamp"].is_string() && first["labels"]["job"] == "pushed", "{first}");
            assert_eq!(first.get("line"), None, "no text");
        }
    }
    assert_eq!((came, named), (1_000, 1_000), "two thousand are lost in silence");
    let path = "/loki/api/v1/query_range?query=%7Bjob%3D%22pushed%22%7D&limit=5000";
    let stored = super::ask(ports(&lab)[3], super::get(path)).await.json().expect("JSON");
    assert_eq!(stored["data"]["result"][0]["values"].as_array().map(Vec::len), Some(4_000));
}

#[tokio::test]
async fn one_line_from_the_future_stalls_a_tail_while_pings_go_on() {
    let clock = Clock::fixed(Scenario::Calm.instant());
    let lab = Lab::start(Scenario::Calm, 1, clock.clone()).await.expect("free ports");
    let now = Scenario::Calm.instant().timestamp_nanos_opt().expect("a time");
    let mut socket = open(&lab, PUSHED, true).await.expect("it opens");
    push(&lab, now + 12_000_000_000, 1).await;
    push(&lab, now - 5, 3).await;
    for _ in 0..2 {
        assert!(matches!(next(&mut socket).await, Message::Ping(_)), "nothing but pings");
    }
    clock.advance(TimeDelta::seconds(13));
    assert_eq!(lines(&frame(&mut socket).await).len(), 4, "then all of it");
}

#[tokio::test]
async fn a_tail_ends_after_an_hour_and_in_other_ways() {
    let clock = Clock::fixed(Scenario::Calm.instant());
    let lab = Lab::start(Scenario::Calm, 1, clock.clone()).await.expect("free ports");
    let mut socket = open(&lab, PUSHED, true).await.expect("it opens");
    clock.advance(TimeDelta::seconds(3_601));
    closes(&mut socket, "reached tail max duration limit").await;
    drop(socket);

    let far =
        clock.now().wall.timestamp_nanos_opt().expect("a time") - 40 * 86_400_000_000_000 - 2_850_123_456_789;
    let mut socket = open(&lab, &format!("{PUSHED}&start={far}"), true).await.expect("it opens first");
    let end = tokio::time::timeout(DEADLINE, socket.next()).await.expect("in time");
    assert!(!matches!(end, Some(Ok(_))), "the end without a word: {end:?}");

    let mut open_ones = Vec::new();
    for _ in 0..10 {
        open_ones.push(open(&lab, PUSHED, true).await.expect("it opens"));
    }
    let mut one_more = open(&lab, PUSHED, true).await.expect("it opens first");
    let reason = "rpc error: code = Code(400) desc = max concurrent tail requests limit exceeded, count > limit (11 > 10)";
    closes(&mut one_more, reason).await;
}

#[tokio::test]
async fn lines_that_are_held_back_come_in_order() {
    let lab = Lab::start(Scenario::Calm, 1, Clock::system()).await.expect("free ports");
    let mut socket = open(&lab, &format!("{PUSHED}&delay_for=1"), true).await.expect("it opens");
    let at = nanoseconds();
    push(&lab, at + 2_000, 5).await;
    push(&lab, at, 5).await;
    let mut all = Vec::new();
    while all.len() < 10 {
        all.extend(lines(&frame(&mut socket).await));
    }
    assert!(nanoseconds() - at >= 1_000_000_000);
    assert!(all.is_sorted_by_key(|(at, _)| *at));
}

#[tokio::test]
async fn a_push_is_refused_in_lokis_words() {
    use super::{Question, hold};
    let lab = still(Scenario::Calm).await;
    let now = Scenario::Calm.instant().timestamp_nanos_opt().expect("a time");
    let line = |stream: &str, at: i64, text: &str| {
        format!(r#"{{"streams":[{{"stream":{stream},"values":[["{at}","{text}"]]}}]}}"#)
    };
    let good = r#"{"job":"rec","host":"x"}"#;
    let long = "z".repeat(300_000);
    for (body, recording) in [
        (line(good, now, "one line"), "loki/push_204"),
        ("{}".to_owned(), "loki/push_empty_400_or_204"),
        (line(r#"{"bad-label.name":"y"}"#, now, "x"), "loki/push_bad_label_name_400"),
        (line(good, now, &long), "loki/push_line_too_long_400"),
    ] {
        let question = Question {
            method: "POST",
            body: &body,
            headers: "Content-Type: application/json\r\n",
            ..super::get("/loki/api/v1/push")
        };
        hold(ports(&lab)[3], READING, &[(question, &[recording], super::Same)]).await;
    }
}
