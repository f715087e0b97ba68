//! One small HTTP server per API: an answer is a function of the question and the time.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Query, Request, State};
use axum::http::header::{CONTENT_TYPE, DATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri};
use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::clock::Clock;

/// More than this in a question is a mistake.
const LONGEST_QUESTION: usize = 1 << 20;

/// A question.
#[derive(Debug)]
pub struct Ask {
    pub method: Method,
    /// Decoded, each part for itself, so that an escaped slash stays in its part.
    pub path: Vec<String>,
    /// As it came.
    pub raw_path: String,
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Ask {
    /// The first value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    /// All values of a parameter.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query.iter().filter(move |(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    /// A header as text; empty when it is missing.
    pub fn header(&self, name: impl axum::http::header::AsHeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// The path in parts, for matching.
    pub fn parts(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }
}

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: StatusCode,
    /// The content type; empty for none.
    pub media: &'static str,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: String,
    /// How long the real server would take over it.
    pub delay: Duration,
}

impl Answer {
    pub fn new(status: StatusCode, media: &'static str, body: impl Into<String>) -> Self {
        Self { status, media, headers: Vec::new(), body: body.into(), delay: Duration::ZERO }
    }

    /// What `value` is in JSON.
    pub fn json(media: &'static str, value: &impl Serialize) -> Self {
        match serde_json::to_string(value) {
            Ok(body) => Self::new(StatusCode::OK, media, body),
            Err(error) => Self::new(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", error.to_string()),
        }
    }

    pub fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    pub const fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

/// A server's side of its API.
pub trait Api: fmt::Debug + Send + Sync + 'static {
    /// Answers a question at the time `now`.
    fn answer(&self, ask: &Ask, now: DateTime<Utc>) -> Answer;
}

/// What every connection of a server shares.
#[derive(Debug)]
pub struct Shared<A> {
    pub api: A,
    pub clock: Clock,
    /// Closed when the lab stops.
    pub stop: watch::Receiver<()>,
}

impl<A> Shared<A> {
    pub fn new(api: A, clock: &Clock, stop: &watch::Receiver<()>) -> Self {
        Self { api, clock: clock.clone(), stop: stop.clone() }
    }
}

/// A port on loopback; nobody else has it.
pub async fn bind() -> io::Result<TcpListener> {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await
}

/// Serves `api`, and `more` routes beside it, until the lab stops.
pub fn serve<A: Api>(listener: TcpListener, shared: Shared<A>, more: Router<Arc<Shared<A>>>) {
    let mut stop = shared.stop.clone();
    let router = more.fallback(answer::<A>).with_state(Arc::new(shared));
    let server = axum::serve(listener, router).with_graceful_shutdown(async move {
        // Nothing is ever sent: the channel only closes.
        let _closed = stop.changed().await;
    });
    tokio::spawn(async move {
        if let Err(error) = server.await {
            tracing::warn!(%error, "a server of the demo lab stopped");
        }
    });
}

async fn answer<A: Api>(State(shared): State<Arc<Shared<A>>>, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LONGEST_QUESTION).await else {
        return reply(Answer::new(StatusCode::PAYLOAD_TOO_LARGE, "text/plain", ""), shared.clock.now().wall);
    };
    let mut query = parameters(&head.uri);
    if head.headers.get(CONTENT_TYPE).is_some_and(|media| media.as_bytes().starts_with(FORM)) {
        let form = Uri::builder().path_and_query([b"/?", &*body].concat()).build();
        query.extend(form.map(|form| parameters(&form)).unwrap_or_default());
    }
    let raw_path = head.uri.path().to_owned();
    let path = raw_path.split('/').skip(1).map(decoded).collect();
    let ask = Ask { method: head.method, path, raw_path, query, headers: head.headers, body };
    let answer = shared.api.answer(&ask, shared.clock.now().wall);
    // A clock that stands still is a test's or a picture's: nobody waits.
    if !answer.delay.is_zero() && !shared.clock.is_fixed() {
        tokio::time::sleep(answer.delay).await;
    }
    reply(answer, shared.clock.now().wall)
}

const FORM: &[u8] = b"application/x-www-form-urlencoded";

/// The parameters behind the `?`.
pub fn parameters(uri: &Uri) -> Vec<(String, String)> {
    Query::try_from_uri(uri).map(|Query(parameters)| parameters).unwrap_or_default()
}

/// Turns an answer into what goes over the wire. The date is the lab's own, so that a client that
/// compares clocks finds the one the script lives by.
pub fn reply(answer: Answer, now: DateTime<Utc>) -> Response<Body> {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    if !answer.media.is_empty() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.media));
    }
    if let Ok(date) = HeaderValue::from_str(&now.format("%a, %d %b %Y %H:%M:%S GMT").to_string()) {
        headers.insert(DATE, date);
    }
    headers.extend(answer.headers);
    response
}

/// A part of a path without its `%` escapes.
fn decoded(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = after.get(..2).filter(|_| *first == b'%');
        let escaped = escaped.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn escapes_of_a_path() {
        assert_eq!(super::decoded("main%5Cx3avm%2D100%"), "main\\x3avm-100%");
    }
}
