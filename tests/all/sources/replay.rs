//! A server that answers what it is given, and remembers what it was asked.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Response, Uri};
use chrono::Utc;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use wardroom::domain::feed::{Failure, Feed, SourceId, SourceKind};
use wardroom::domain::observation::Observation;
use wardroom::settings::Document;
use wardroom::sources::{KINDS, Source};

/// What a server says to a question; the number counts how many came before.
type Answering = Arc<dyn Fn(&Asked, usize) -> Answer + Send + Sync>;

/// What a server answers.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// How long it thinks before.
    pub after: Duration,
}

impl Answer {
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self { status, headers, body: body.into(), after: Duration::ZERO }
    }

    pub fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, "application/json", body)
    }

    pub fn text(status: u16, body: &str) -> Self {
        Self::new(status, "text/plain; charset=utf-8", body)
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn response(&self) -> Response<Body> {
        let mut response = Response::builder().status(self.status);
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        response.body(Body::from(self.body.clone())).expect("a recorded answer is one")
    }
}

/// What it was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// A server on a free port of loopback; it ends when it is dropped.
#[derive(Debug)]
pub struct Server {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    serving: JoinHandle<()>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
}

impl Server {
    /// Answers by what `answer` makes of the request and the number of requests before it.
    pub async fn start(answer: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static) -> Self {
        Self::start_at("127.0.0.1:0", Arc::new(answer)).await
    }

    /// The same at an address; one that was just in use becomes free before long.
    pub async fn start_at(address: &str, answer: Answering) -> Self {
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let note = Arc::clone(&asked);
        let app = Router::new().fallback(move |method, uri, headers, body| {
            let asked = Asked { method, uri, headers, body };
            let before = {
                let mut all = note.lock().expect("no test panics while it holds this");
                all.push(asked.clone());
                all.len() - 1
            };
            let answer = answer(&asked, before);
            async move {
                tokio::time::sleep(answer.after).await;
                answer.response()
            }
        });
        let listener = bind(address).await;
        let url = format!("http://{}", listener.local_addr().expect("a bound port has an address"));
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(async move {
            let serve = axum::serve(listener, app).with_graceful_shutdown(async {
                let _ = stopped.await;
            });
            serve.await.expect("serving goes on until the test ends");
        });
        Self { url, asked, serving, stop: Some(stop) }
    }

    /// Ends it, its connections too, and waits until it has ended.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        (&mut self.serving).await.expect("it ends by itself");
    }

    /// Answers the same to everything.
    pub async fn always(answer: Answer) -> Self {
        Self::start(move |_, _| answer.clone()).await
    }

    /// Answers by path; what is not named is not found.
    pub async fn paths(answers: &[(&str, Answer)]) -> Self {
        let answers: Vec<(String, Answer)> =
            answers.iter().map(|(path, answer)| ((*path).to_owned(), answer.clone())).collect();
        Self::start(move |asked, _| {
            let found = answers.iter().find(|(path, _)| asked.uri.path() == path);
            found.map_or_else(|| Answer::text(404, "404 page not found\n"), |(_, answer)| answer.clone())
        })
        .await
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no test panics while it holds this").clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Listens at an address as soon as it is free.
pub async fn bind(address: &str) -> TcpListener {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return listener,
            Err(error) => assert!(Instant::now() < deadline, "{address}: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A recorded answer of a real server.
#[derive(Debug, Deserialize)]
pub struct Recording {
    pub name: String,
    pub request: Request,
    response: Recorded,
}

#[derive(Debug, Deserialize)]
pub struct Request {
    pub method: String,
    url: String,
}

#[derive(Debug, Deserialize)]
struct Recorded {
    status: u16,
    headers: Vec<(String, String)>,
    body: Option<String>,
    body_base64: Option<String>,
}

impl Recording {
    /// The path that was asked for.
    pub fn path(&self) -> String {
        let (_, rest) = self.request.url.split_once("://").expect("a recorded address");
        let path = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/");
        path.split('?').next().unwrap_or(path).to_owned()
    }

    /// Whether its body is kept packed.
    pub fn is_packed(&self) -> bool {
        self.response.body_base64.is_some()
    }

    /// The answer as it came, its body unpacked.
    pub fn answer(&self) -> Answer {
        let keep = ["content-type", "location", "allow", "www-authenticate", "retry-after"];
        let headers = self
            .response
            .headers
            .iter()
            .filter(|(name, _)| keep.contains(&name.to_ascii_lowercase().as_str()));
        Answer {
            status: self.response.status,
            headers: headers.cloned().collect(),
            body: self.response.body.clone().unwrap_or_default().into_bytes(),
            after: Duration::ZERO,
        }
    }
}

fn recordings_dir(server: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings").join(server)
}

/// The recorded answer `name` of `server`.
pub fn recording(server: &str, name: &str) -> Recording {
    let path = recordings_dir(server).join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every recorded answer of `server`, by name.
pub fn recordings(server: &str) -> Vec<Recording> {
    let names = std::fs::read_dir(recordings_dir(server)).expect("recordings lie in the repository");
    let mut names: Vec<String> = names
        .filter_map(|entry| {
            entry.ok()?.file_name().into_string().ok()?.strip_suffix(".json").map(str::to_owned)
        })
        .collect();
    names.sort();
    names.iter().map(|name| recording(server, name)).collect()
}

/// The source that a table of the config makes; `keys` are lines of TOML.
pub fn source(kind: SourceKind, keys: &str) -> Arc<dyn Source> {
    let document = Document::new("wardroom.toml", keys);
    let (_, read) = KINDS.iter().find(|(have, _)| *have == kind).expect("a kind that is known");
    let source = document.read(|table| read(SourceId::new(kind, "main"), table)).flatten();
    assert_eq!(document.faults(), [], "{keys}");
    source.expect("a table without faults makes a source")
}

/// One look at `feed`: the first observation that it brings, which is what the feed is about.
pub async fn look(source: &dyn Source, feed: Feed) -> Result<Observation, Failure> {
    let mut seen = source.observe(feed, Utc::now()).await.map_err(|error| error.failure())?;
    assert!(!seen.is_empty(), "{feed} brings nothing");
    Ok(seen.remove(0))
}
