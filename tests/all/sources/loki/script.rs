//! A Loki that tails by a script and answers queries by what it is given.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request};
use axum::http::{HeaderMap, Response};
use axum::response::IntoResponse;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use wardroom::domain::feed::{Failure, SourceKind};
use wardroom::domain::log::{Entry, Line, TailState};
use wardroom::domain::observation::Observation;
use wardroom::sources::{Source, Tail};

use crate::sources::replay::{Answer, source};

/// What a tail does.
#[derive(Clone, Debug)]
pub enum Step {
    /// Sends a frame of text.
    Text(String),
    Ping,
    Close(u16, String),
    /// Ends the connection without a word.
    Cut,
    /// Goes on pinging.
    Live,
    /// Says nothing more, not even a ping.
    Hang,
    /// Refuses the handshake.
    Refuse(u16, String),
}

/// A request for a tail, or a query.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
}

impl Asked {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    /// A parameter in nanoseconds.
    pub fn nanoseconds(&self, name: &str) -> Option<i64> {
        self.get(name).map(|value| value.parse().expect("nanoseconds"))
    }
}

/// The server; it ends when it is dropped.
pub struct Loki {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    serving: JoinHandle<()>,
    /// Its connections end with it.
    _alive: watch::Sender<()>,
}

impl Drop for Loki {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Loki {
    /// The first tail gets the first script, the last script serves all further ones; everything
    /// else is answered by `answer`.
    pub async fn start(
        scripts: Vec<Vec<Step>>,
        answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (alive, end) = watch::channel(());
        let (note, answer, scripts) = (Arc::clone(&asked), Arc::new(answer), Arc::new(scripts));
        let app = Router::new().fallback(move |request: Request| {
            let one = read(&request);
            let tails = {
                let mut all = note.lock().expect("no test panics while it holds this");
                all.push(one.clone());
                all.iter().filter(|asked| asked.path.ends_with("/tail")).count()
            };
            let script = scripts.get(tails.saturating_sub(1)).or(scripts.last()).cloned();
            let (answer, end) = (Arc::clone(&answer), end.clone());
            async move {
                if one.path.ends_with("/tail") {
                    tail(request, script.unwrap_or_default(), end).await
                } else {
                    plain(&answer(&one))
                }
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound port has an address"));
        let serving = tokio::spawn(async move {
            axum::serve(listener, app).await.expect("serving goes on until the test ends");
        });
        Self { url, asked, serving, _alive: alive }
    }

    /// Everything that was asked for at a path that ends so.
    pub fn asked(&self, end: &str) -> Vec<Asked> {
        let all = self.asked.lock().expect("no test panics while it holds this");
        all.iter().filter(|asked| asked.path.ends_with(end)).cloned().collect()
    }

    /// The source, with further lines of its table.
    pub fn source(&self, keys: &str) -> Arc<dyn Source> {
        source(SourceKind::Loki, &format!("url = {:?}\n{keys}", self.url))
    }

    /// Its tail of `{job="app"}`.
    pub fn tail(&self) -> Box<dyn Tail> {
        let keys = "tails = [{ name = \"app\", query = '{job=\"app\"}' }]";
        self.source(keys).tails().remove(0)
    }
}

fn read(request: &Request) -> Asked {
    let url = reqwest::Url::parse(&format!("http://x{}", request.uri())).expect("an address");
    let query = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    Asked { path: request.uri().path().to_owned(), query, headers: request.headers().clone() }
}

fn plain(answer: &Answer) -> Response<Body> {
    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(answer.body.clone())).expect("an answer")
}

async fn tail(request: Request, script: Vec<Step>, mut end: watch::Receiver<()>) -> Response<Body> {
    if let Some(Step::Refuse(status, body)) = script.first() {
        return plain(&Answer::text(*status, body));
    }
    let (mut parts, _) = request.into_parts();
    match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade
            .on_upgrade(async move |socket| {
                tokio::select! {
                    () = play(socket, script) => {}
                    // Nobody sends: this is the end of the server.
                    _ = end.changed() => {}
                }
            })
            .into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn play(mut socket: WebSocket, script: Vec<Step>) {
    for step in script {
        let sent = match step {
            Step::Text(text) => socket.send(Message::Text(text.into())).await,
            Step::Ping => socket.send(Message::Ping(Vec::new().into())).await,
            Step::Close(code, reason) => {
                let frame = CloseFrame { code, reason: reason.into() };
                // The peer's answer, or its end.
                let sent = socket.send(Message::Close(Some(frame))).await;
                while let Some(Ok(_)) = socket.recv().await {}
                sent
            }
            Step::Cut | Step::Refuse(..) => return,
            Step::Hang => std::future::pending().await,
            Step::Live => loop {
                if socket.send(Message::Ping(Vec::new().into())).await.is_err() {
                    return;
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            },
        };
        if sent.is_err() {
            return;
        }
    }
}

/// The time now in nanoseconds.
pub fn now() -> i64 {
    chrono::Utc::now().timestamp_nanos_opt().expect("a time of this century")
}

/// A frame with these lines of the stream `{job="app"}`.
pub fn frame(lines: &[(i64, &str)]) -> String {
    let streams: Vec<Value> = lines
        .iter()
        .map(|(at, text)| json!({ "stream": { "job": "app" }, "values": [[at.to_string(), text, {}]] }))
        .collect();
    json!({ "streams": streams, "encodingFlags": ["categorize-labels"] }).to_string()
}

/// An answer of `query_range` with these lines.
pub fn page(lines: &[(i64, String)]) -> Answer {
    let values: Vec<Value> = lines.iter().map(|(at, text)| json!([at.to_string(), text, {}])).collect();
    let result =
        if values.is_empty() { json!([]) } else { json!([{ "stream": { "job": "app" }, "values": values }]) };
    let body =
        json!({ "status": "success", "data": { "resultType": "streams", "result": result, "stats": {} } });
    Answer::json(body.to_string())
}

/// What `query_range` finds among `lines`, which are sorted by time.
pub fn query_range(lines: &[(i64, String)], asked: &Asked) -> Answer {
    let limit: usize = asked.get("limit").expect("a limit is always sent").parse().expect("a number");
    let start = asked.nanoseconds("start").unwrap_or_else(|| now() - 3_600_000_000_000);
    let mut found: Vec<_> = lines.iter().filter(|(at, _)| *at >= start).cloned().collect();
    if asked.get("direction") == Some("backward") {
        found.reverse();
    }
    found.truncate(limit);
    page(&found)
}

/// A recorded tail as a script, its times moved by `shift` nanoseconds, and the frames in it.
pub fn recorded(name: &str, shift: i64) -> (Vec<Step>, Vec<Value>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/recordings/loki-tail/{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let read: Value = serde_json::from_str(&text).expect("a recording");
    let handshake = read["handshake_response"].as_str().expect("a handshake");
    let status: u16 = handshake.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    if status != 101 {
        let body = read["handshake_body"].as_str().unwrap_or_default();
        return (vec![Step::Refuse(status, body.to_owned())], Vec::new());
    }
    let mut frames = Vec::new();
    let mut steps = Vec::new();
    for step in read["frames"].as_array().expect("a list") {
        match step["op"].as_str() {
            Some("text") => {
                let payload = step["payload"].as_str().expect("a text");
                // Some large frames were cut when they were recorded.
                let Ok(mut frame) = serde_json::from_str::<Value>(payload) else { continue };
                move_times(&mut frame, shift);
                steps.push(Step::Text(frame.to_string()));
                frames.push(frame);
            }
            Some("ping") => steps.push(Step::Ping),
            Some("close") => {
                let code = step["code"].as_u64().and_then(|code| u16::try_from(code).ok()).unwrap_or(1000);
                steps.push(Step::Close(code, step["reason"].as_str().unwrap_or_default().to_owned()));
            }
            _ if step["event"].as_str().is_some_and(|event| event.starts_with("EOF")) => {
                steps.push(Step::Cut);
            }
            _ => steps.push(Step::Live),
        }
    }
    steps.push(Step::Live);
    (steps, frames)
}

fn move_times(frame: &mut Value, shift: i64) {
    let moved = |time: &mut Value| {
        let at: i64 = time.as_str().and_then(|text| text.parse().ok()).expect("nanoseconds");
        *time = Value::String((at + shift).to_string());
    };
    for stream in frame["streams"].as_array_mut().into_iter().flatten() {
        stream["values"].as_array_mut().into_iter().flatten().for_each(|value| moved(&mut value[0]));
    }
    for dropped in frame["dropped_entries"].as_array_mut().into_iter().flatten() {
        moved(&mut dropped["timestamp"]);
    }
}

/// What a tail said so far.
#[derive(Debug, Default)]
pub struct Heard {
    pub lines: Vec<Line>,
    pub gaps: Vec<(i64, i64)>,
    pub dropped: u64,
    pub skipped: u64,
    pub states: Vec<TailState>,
    pub failures: Vec<Failure>,
    /// Observations without entries.
    pub beats: usize,
}

impl Heard {
    pub fn texts(&self) -> Vec<&str> {
        self.lines.iter().map(|line| &*line.text).collect()
    }

    pub fn state(&self) -> &TailState {
        self.states.last().expect("a state was told")
    }

    /// Reads on until `enough`.
    pub async fn read(&mut self, tail: &mut dyn Tail, enough: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !enough(self) {
            let said = timeout_at(deadline, tail.next()).await;
            match said.unwrap_or_else(|_| panic!("the tail says no more: {self:?}")) {
                Ok(Observation::Tail { state, entries, .. }) => {
                    self.beats += usize::from(entries.is_empty());
                    if self.states.last() != Some(&state) {
                        self.states.push(state);
                    }
                    for entry in entries {
                        self.take(entry);
                    }
                }
                Ok(other) => panic!("{other:?}"),
                Err(error) => self.failures.push(error.failure()),
            }
        }
    }

    fn take(&mut self, entry: Entry) {
        match entry {
            Entry::Line(line) => self.lines.push(line),
            Entry::Gap { from, to } => self.gaps.push((from, to)),
            Entry::Dropped { count, .. } => self.dropped += count,
            Entry::Skipped { count, .. } => self.skipped += count,
        }
    }
}

/// What a tail says until `enough`.
pub async fn hear(tail: &mut dyn Tail, enough: impl Fn(&Heard) -> bool) -> Heard {
    let mut heard = Heard::default();
    heard.read(tail, enough).await;
    heard
}
