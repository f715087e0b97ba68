//! The live tail.

use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use wardroom::domain::feed::FailureKind;
use wardroom::domain::log::{Level, TailState};

use super::script::{Asked, Heard, Loki, Step, frame, hear, now, page, query_range, recorded};
use crate::sources::replay::{Answer, recording};

const SECOND: i64 = 1_000_000_000;

/// Answers no query: what a tail brings then came over the websocket.
fn nothing(_: &Asked) -> Answer {
    Answer::text(404, "404 page not found\n")
}

fn live() -> TailState {
    TailState::Live
}

fn recorded_tails() -> Vec<String> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/loki-tail");
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .expect("recordings lie in the repository")
        .filter_map(|entry| {
            entry.ok()?.file_name().into_string().ok()?.strip_suffix(".json").map(str::to_owned)
        })
        .collect();
    names.sort();
    names
}

/// How far recorded times are moved so that they lie in the last minutes.
fn to_now() -> i64 {
    now() - 1_795_208_000 * SECOND - 120 * SECOND
}

/// The time and text of every line in recorded frames, as they come out.
fn lines_of(frames: &[Value]) -> Vec<(i64, String)> {
    let streams = frames.iter().flat_map(|frame| frame["streams"].as_array().into_iter().flatten());
    let values = streams.flat_map(|stream| stream["values"].as_array().into_iter().flatten());
    let mut all: Vec<(i64, String)> = values
        .map(|value| {
            let text = |at: usize| value[at].as_str().expect("a text");
            (text(0).parse().expect("a time"), wardroom::text::sanitise(text(1)).into_owned())
        })
        .collect();
    all.sort();
    all
}

#[tokio::test]
async fn every_recorded_tail_brings_its_lines_once() {
    let names = recorded_tails();
    assert!(names.len() > 40, "{}", names.len());
    let mut with_lines = 0;
    for name in names {
        let (steps, frames) = recorded(&name, to_now());
        let (expected, dropped) = (lines_of(&frames), dropped_in(&frames));
        if expected.is_empty() {
            continue;
        }
        with_lines += 1;
        // After its end the tail is opened again, and repeats nothing.
        let loki = Loki::start(vec![steps, vec![Step::Live]], nothing).await;
        let enough = |heard: &Heard| heard.lines.len() >= expected.len() && heard.dropped >= dropped;
        let heard = hear(&mut *loki.tail(), enough).await;
        let mut lines: Vec<(i64, String)> =
            heard.lines.iter().map(|line| (line.at, line.text.to_string())).collect();
        lines.sort();
        assert_eq!(lines, expected, "{name}");
        assert_eq!((heard.dropped, heard.failures.len()), (dropped, 0), "{name}");
        assert_eq!(heard.state(), &live(), "{name}");
        let shown = heard
            .lines
            .iter()
            .flat_map(|line| line.text.chars().chain(line.stream.to_string().chars().collect::<Vec<_>>()));
        assert!(!shown.into_iter().any(char::is_control), "{name}");
    }
    assert!(with_lines > 12, "{with_lines}");
}

fn dropped_in(frames: &[Value]) -> u64 {
    frames
        .iter()
        .filter_map(|frame| frame["dropped_entries"].as_array())
        .map(|dropped| dropped.len() as u64)
        .sum()
}

#[tokio::test]
async fn lines_carry_their_level_and_labels() {
    let (steps, _) = recorded("ws_tail_categorize", to_now());
    let loki = Loki::start(vec![steps], nothing).await;
    let heard = hear(&mut *loki.tail(), |heard| heard.lines.len() >= 4).await;
    let line = &heard.lines[0];
    assert_eq!(line.level, Level::Info);
    assert_eq!(line.stream.get("host"), Some("h0"));
    assert_eq!(line.stream.get("trace_id"), None, "a stream has no metadata");
    let asked = loki.asked("/tail").remove(0);
    assert_eq!(asked.get("query"), Some("{job=\"app\"}"));
    assert_eq!(asked.headers["x-loki-response-encoding-flags"], "categorize-labels");
}

#[tokio::test]
async fn a_tail_that_ends_goes_on_without_a_line_twice() {
    let reasons = ["reached tail max duration limit", "all ingesters closed the connection"];
    let ends = reasons.map(|reason| Step::Close(1011, reason.to_owned()));
    for end in ends.into_iter().chain([Step::Cut, Step::Close(1000, String::new())]) {
        let begun = now() - 10 * SECOND;
        let (one, two, three) = ((begun, "one"), (begun + 1, "two"), (begun + 2, "three"));
        let first = vec![Step::Text(frame(&[one, two])), Step::Ping, end];
        let second = vec![Step::Text(frame(&[one, two])), Step::Text(frame(&[two, three])), Step::Live];
        let loki = Loki::start(vec![first, second], nothing).await;
        let heard = hear(&mut *loki.tail(), |heard| heard.texts().contains(&"three")).await;
        assert_eq!(heard.texts(), ["one", "two", "three"]);
        assert_eq!((heard.gaps.len(), heard.failures.len()), (0, 0));
        let [first, second, ..] = &loki.asked("/tail")[..] else { panic!("two tails") };
        assert_eq!(first.get("start"), None);
        let start = second.nanoseconds("start").expect("a start");
        assert!(start < begun && begun - start < 60 * SECOND, "it overlaps");
    }
}

#[tokio::test]
async fn what_was_missed_is_filled_by_a_query() {
    let begun = now() - 10 * SECOND;
    let kept: Vec<(i64, String)> = (0..6).map(|at| (begun + at, format!("line {at}"))).collect();
    let first = vec![Step::Text(frame(&[(begun, "line 0"), (begun + 1, "line 1")])), Step::Ping, Step::Cut];
    let second = vec![Step::Text(frame(&[(begun + 5, "line 5")])), Step::Live];
    let loki = Loki::start(vec![first, second], move |asked| query_range(&kept, asked)).await;
    let mut heard = hear(&mut *loki.tail(), |heard| heard.lines.len() >= 6).await;
    heard.lines.sort_by_key(|line| line.at);
    assert_eq!(heard.texts(), ["line 0", "line 1", "line 2", "line 3", "line 4", "line 5"]);
    assert_eq!(heard.gaps, []);
}

#[tokio::test]
async fn what_cannot_be_filled_is_a_gap() {
    let begun = now() - 100 * SECOND;
    let texts: Vec<String> = (0..1000).map(|at| format!("repeated {at}")).collect();
    let repeated: Vec<(i64, &str)> =
        (begun + 50 * SECOND..).zip(&texts).map(|(at, text)| (at, &**text)).collect();
    let first = vec![Step::Text(frame(&[(begun, "before")])), Step::Ping, Step::Cut];
    let second: Vec<Step> =
        repeated.chunks(100).map(|lines| Step::Text(frame(lines))).chain([Step::Live]).collect();
    let loki = Loki::start(vec![first, second], |_| {
        // The failure must not come before the repetition.
        let mut answer = Answer::text(500, "boom");
        answer.after = std::time::Duration::from_secs(1);
        answer
    })
    .await;
    let heard = hear(&mut *loki.tail(), |heard| !heard.gaps.is_empty()).await;
    assert_eq!(heard.lines.len(), 1001);
    let (from, to) = heard.gaps[0];
    assert_eq!(from, begun);
    assert!(to > begun + 50 * SECOND && to <= now());
}

#[tokio::test]
async fn what_the_server_dropped_is_told_and_asked_for() {
    let at = now() - SECOND;
    let dropped = format!(
        r#"{{"streams":[],"dropped_entries":[{{"timestamp":"{}","labels":{{}}}},{{"timestamp":"{}","labels":{{}}}}]}}"#,
        at + 2,
        at + 1
    );
    let kept = vec![(at + 1, "lost one".to_owned()), (at + 2, "lost two".to_owned())];
    let steps = vec![Step::Text(frame(&[(at, "kept")])), Step::Text(dropped), Step::Live];
    let loki = Loki::start(vec![steps], move |asked| query_range(&kept, asked)).await;
    let heard = hear(&mut *loki.tail(), |heard| heard.lines.len() >= 3).await;
    assert_eq!(heard.dropped, 2);
    assert_eq!(heard.texts(), ["kept", "lost one", "lost two"]);
}

#[tokio::test]
async fn a_bad_query_is_told_in_the_servers_words() {
    let cases = [
        ("ws_err_bad_logql", "err_bad_logql_00", "parse error at line 1, col 11"),
        ("v2_9_ws_bad_logql", "v2_9_qr_bad", "parse error at line 1, col 11"),
        ("ws_err_metric_query", "qr_matrix_count_step_15s", "must ask for lines"),
        ("v2_9_ws_metric", "v2_9_qr_matrix", "must ask for lines"),
    ];
    for (tail, query, told) in cases {
        let (steps, _) = recorded(tail, 0);
        let answer = recording("loki", query).answer();
        let loki = Loki::start(vec![steps], move |_| answer.clone()).await;
        let heard = hear(&mut *loki.tail(), |heard| !heard.failures.is_empty()).await;
        let failure = &heard.failures[0];
        assert_eq!(failure.kind, FailureKind::Http, "{tail}");
        assert!(failure.text.contains(told), "{tail}: {}", failure.text);
        assert!(matches!(heard.state(), TailState::Stopped(text) if text.contains(told)), "{tail}");
    }
}

#[tokio::test]
async fn without_a_tenant_nothing_is_let_in() {
    let (steps, _) = recorded("B_ws_401_no_tenant", 0);
    let loki = Loki::start(vec![steps], nothing).await;
    let heard = hear(&mut *loki.tail(), |heard| heard.failures.len() >= 2).await;
    assert_eq!(heard.failures[0].kind, FailureKind::Unauthorised);
    assert!(heard.failures[0].text.contains("no org id"), "{}", heard.failures[0].text);
}

#[tokio::test]
async fn without_a_websocket_it_is_asked_again_and_again() {
    let refused = |status, body: &str| vec![Step::Refuse(status, body.to_owned())];
    let cases = [
        (refused(404, "404 page not found\n"), "404 page not found"),
        (refused(426, ""), "no websocket there: the server answered 426"),
        (refused(200, "<html>"), "no websocket there: the server answered 200"),
        (recorded("B_ws_third_tail_over_limit", 0).0, "max concurrent tail requests limit exceeded"),
        (recorded("B_ws_multi_tenant", 0).0, "multiple org IDs present"),
        (recorded("ws_err_start_40d", 0).0, "cut at once"),
    ];
    for (steps, told) in cases {
        let at = now() - SECOND;
        let loki = Loki::start(vec![steps], move |_| page(&[(at, "here".to_owned())])).await;
        let heard = hear(&mut *loki.tail(), |heard| heard.beats >= 1 && !heard.lines.is_empty()).await;
        assert_eq!(heard.texts(), ["here"], "polled more than once");
        assert!(matches!(heard.state(), TailState::Polling(reason) if reason.contains(told)), "{heard:?}");
        assert_eq!(heard.failures, []);
    }
}

#[tokio::test]
async fn several_tenants_are_polled_from_the_start() {
    let loki = Loki::start(vec![vec![Step::Live]], |_| page(&[])).await;
    let keys = "tenant = \"a|b\"\ntails = [{ name = \"app\", query = '{job=\"app\"}' }]";
    let mut tail = loki.source(keys).tails().remove(0);
    let heard = hear(&mut *tail, |heard| heard.beats >= 1).await;
    assert!(matches!(heard.state(), TailState::Polling(reason) if reason.contains("one tenant")));
    assert_eq!(loki.asked("/tail").len(), 0);
    assert_eq!(loki.asked("/query_range")[0].headers["x-scope-orgid"], "a|b");
}

#[tokio::test]
async fn polling_brings_every_line_once() {
    let lines: Arc<Mutex<Vec<(i64, String)>>> = Arc::default();
    let kept = Arc::clone(&lines);
    let refuse = vec![Step::Refuse(404, String::new())];
    let loki = Loki::start(vec![refuse], move |asked| query_range(&kept.lock().expect("lines"), asked)).await;
    let begun = now() - 20 * SECOND;
    lines.lock().expect("lines").push((begun, "first".to_owned()));
    let mut tail = loki.tail();
    let mut heard = hear(&mut *tail, |heard| !heard.lines.is_empty()).await;
    // More than two pages, the pages' ends amid lines of one instant, and one that comes late.
    lines.lock().expect("lines").extend((0..2250).map(|at| (begun + 1 + at / 9, format!("line {at}"))));
    heard.read(&mut *tail, |heard| heard.lines.len() >= 2251).await;
    lines.lock().expect("lines").insert(0, (begun - SECOND, "late".to_owned()));
    heard.read(&mut *tail, |heard| heard.texts().contains(&"late")).await;
    let mut texts = heard.texts();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!((texts.len(), heard.lines.len(), heard.gaps.len()), (2252, 2252, 0));
}

#[tokio::test]
async fn a_silent_connection_is_dead() {
    let at = now() - SECOND;
    let first = vec![Step::Text(frame(&[(at, "one")])), Step::Hang];
    let second = vec![Step::Text(frame(&[(at, "one"), (at + 1, "two")])), Step::Live];
    let loki = Loki::start(vec![first, second], nothing).await;
    let heard = hear(&mut *loki.tail(), |heard| heard.lines.len() >= 2).await;
    assert_eq!(heard.texts(), ["one", "two"]);
}

#[tokio::test]
async fn pings_are_a_sign_of_life() {
    let loki = Loki::start(vec![vec![Step::Live]], nothing).await;
    let heard = hear(&mut *loki.tail(), |heard| heard.beats >= 3).await;
    assert_eq!((heard.states, heard.failures), (vec![live()], vec![]));
}

#[tokio::test]
async fn a_server_that_is_gone_is_told() {
    let at = now() - SECOND;
    let loki = Loki::start(vec![vec![Step::Text(frame(&[(at, "one")])), Step::Live]], nothing).await;
    let mut tail = loki.tail();
    let mut heard = hear(&mut *tail, |heard| heard.lines.len() == 1).await;
    drop(loki);
    let is_refused =
        |heard: &Heard| heard.failures.last().is_some_and(|failure| failure.kind == FailureKind::Refused);
    heard.read(&mut *tail, is_refused).await;
    assert_eq!(heard.states, [live(), TailState::Connecting]);
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_refused() {
    let loki = Loki::start(Vec::new(), nothing).await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = closed.local_addr().expect("a bound port has an address");
    drop((loki, closed));
    let keys = format!("url = \"http://{address}\"\ntails = [{{ name = \"a\", query = '{{a=\"b\"}}' }}]");
    let source = crate::sources::replay::source(wardroom::domain::feed::SourceKind::Loki, &keys);
    let heard = hear(&mut *source.tails().remove(0), |heard| heard.failures.len() >= 2).await;
    assert!(heard.failures.iter().all(|failure| failure.kind == FailureKind::Refused));
    assert_eq!(heard.states, [], "it was connecting all the time");
}

#[tokio::test]
async fn the_handshake_carries_what_every_request_does() {
    let loki = Loki::start(vec![vec![Step::Live]], nothing).await;
    let keys = format!(
        "url = \"{}/lab/\"\ntenant = \"home\"\nusername = \"sam\"\npassword = \"hidden\"\ntails = [{{ name = \"a\", query = '{{a=\"ü&+\"}}' }}]",
        loki.url
    );
    let source = crate::sources::replay::source(wardroom::domain::feed::SourceKind::Loki, &keys);
    hear(&mut *source.tails().remove(0), |heard| heard.beats >= 1).await;
    let asked = loki.asked("/tail").remove(0);
    assert_eq!(asked.path, "/lab/loki/api/v1/tail");
    assert_eq!(asked.headers["x-scope-orgid"], "home");
    assert_eq!(asked.headers["authorization"], "Basic c2FtOmhpZGRlbg==");
    assert_eq!(asked.get("query"), Some("{a=\"ü&+\"}"));
}

#[tokio::test]
async fn without_a_query_everything_is_tailed() {
    let labels = recording("loki", "labels").answer();
    let loki = Loki::start(vec![vec![Step::Live]], move |_| labels.clone()).await;
    let source = loki.source("");
    let tails = source.tails();
    assert_eq!((tails.len(), &**tails[0].name()), (1, "all"));
    hear(&mut *source.tails().remove(0), |heard| heard.beats >= 1).await;
    assert_eq!(loki.asked("/tail")[0].get("query"), Some("{service_name=~\".+\"}"));
}

#[tokio::test]
async fn without_a_usual_label_the_operator_is_asked() {
    for (body, told) in [
        (r#"{"status":"success","data":["pod","zone"]}"#, "only pod, zone; set `tails`"),
        (r#"{"status":"success"}"#, "no logs"),
    ] {
        let loki = Loki::start(vec![vec![Step::Live]], move |_| Answer::json(body)).await;
        let mut tail = loki.source("").tails().remove(0);
        let heard = hear(&mut *tail, |heard| !heard.failures.is_empty()).await;
        assert!(heard.failures[0].text.contains(told), "{}", heard.failures[0].text);
    }
}
