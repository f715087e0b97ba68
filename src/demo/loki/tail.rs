//! The live tail: history, then every second what was said in it, and a ping.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::header::SEC_WEBSOCKET_VERSION;
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use axum::response::IntoResponse as _;
use axum::routing::get;
use serde::Serialize;

use super::super::Dialect;
use super::super::script::logs::{Line, Logs, Wanted};
use super::super::serve::{Answer, Ask, Shared, parameters, reply};
use super::super::span::SECOND;
use super::logql::{self, Query, Selection};
use super::window::{kept, limit, time};
use super::wire::{Found, Value};
use super::{CATEGORIZE, Loki, TEXT};

/// A frame holds no more lines than this.
const FRAME: usize = 100;

/// The close code of everything that goes wrong.
const INTERNAL: u16 = 1011;

/// The path of the tail.
pub fn routes() -> Router<Arc<Shared<Loki>>> {
    Router::new().route("/loki/api/v1/tail", get(tail))
}

/// Somebody who listens.
struct Listener {
    shared: Arc<Shared<Loki>>,
    selection: Selection,
    /// For each stream whether it is selected.
    streams: Vec<bool>,
    categorized: bool,
    /// Everything before this nanosecond was sent.
    sent: i64,
    /// The oldest history that is wanted, and how many lines of it.
    history: (i64, usize),
}

async fn tail(
    State(shared): State<Arc<Shared<Loki>>>,
    uri: Uri,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response<Body> {
    let now = shared.clock.now().wall;
    let refused = |text: &str| reply(Answer::new(StatusCode::BAD_REQUEST, TEXT, text), now);
    let ask = Ask {
        method: Method::GET,
        path: Vec::new(),
        raw_path: String::new(),
        query: parameters(&uri),
        headers,
        body: axum::body::Bytes::new(),
    };
    let opened = listener(&shared, &ask);
    if let Err(Refused::Handshake(text)) = &opened {
        return refused(text);
    }
    let Ok(upgrade) = upgrade else {
        let answer = Answer::new(StatusCode::BAD_REQUEST, TEXT, "Bad Request\n");
        return reply(answer.with(SEC_WEBSOCKET_VERSION, "13"), now);
    };
    let upgraded = upgrade.on_upgrade(async move |mut socket| match opened {
        Ok(listener) => listener.run(socket).await,
        Err(Refused::Handshake(text) | Refused::Close(text)) => close(&mut socket, text).await,
    });
    upgraded.into_response()
}

/// How a tail is refused: before the handshake, or by closing it.
enum Refused {
    Handshake(String),
    Close(String),
}

fn listener(shared: &Arc<Shared<Loki>>, ask: &Ask) -> Result<Listener, Refused> {
    let loki = &shared.api;
    let at_once = Refused::Handshake;
    let delay = ask.get("delay_for").map(str::parse::<u32>);
    match delay {
        Some(Err(_)) => return Err(at_once("could not parse 'delay_for' parameter".to_owned())),
        Some(Ok(delay)) if delay > 5 => return Err(at_once("delay_for can't be greater than 5".to_owned())),
        _ => {}
    }
    let now = shared.clock.now().wall.timestamp_nanos_opt().unwrap_or(0);
    let start = time(ask, "start").map_err(at_once)?.unwrap_or(now - 3_600 * SECOND);
    let limit = usize::try_from(limit(ask).map_err(at_once)?).unwrap_or(FRAME);
    let selection = match logql::parse(ask.get("query").unwrap_or("")) {
        Ok(Query::Lines(selection)) => selection,
        Ok(Query::Count(_)) => return Err(Refused::Close("only log selector is supported".to_owned())),
        Err(error) if loki.dialect == Dialect::Three => return Err(at_once(error)),
        Err(error) => return Err(Refused::Close(error)),
    };
    Ok(Listener {
        streams: loki.selected(&selection),
        categorized: loki.categorizes(&ask.headers),
        selection,
        shared: Arc::clone(shared),
        sent: Logs::end(now),
        history: (start, limit),
    })
}

async fn close(socket: &mut WebSocket, reason: String) {
    let frame = CloseFrame { code: INTERNAL, reason: reason.into() };
    // The other side may be gone already; then there is nobody to tell.
    let _told = socket.send(Message::Close(Some(frame))).await;
}

impl Listener {
    /// Sends what is said until somebody ends it.
    async fn run(mut self, mut socket: WebSocket) {
        let mut stop = self.shared.stop.clone();
        let history = self.frames(&self.before(), true);
        if !send(&mut socket, history).await {
            return;
        }
        loop {
            tokio::select! {
                () = tokio::time::sleep(self.next()) => {
                    let fresh = self.fresh();
                    let frames = self.frames(&fresh, false);
                    let ping = Message::Ping(axum::body::Bytes::new());
                    if !send(&mut socket, frames).await || socket.send(ping).await.is_err() {
                        return;
                    }
                }
                message = socket.recv() => match message {
                    // A close is answered by the socket itself.
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return,
                },
                _closed = stop.changed() => {
                    close(&mut socket, "all ingesters closed the connection".to_owned()).await;
                    return;
                }
            }
        }
    }

    /// How long until the next second is over. Seconds that end together wake the process once.
    fn next(&self) -> Duration {
        let now = self.shared.clock.now().wall;
        let rest = 1_000_u32.saturating_sub(now.timestamp_subsec_millis()).max(1);
        Duration::from_millis(if self.shared.clock.is_fixed() { 1_000 } else { u64::from(rest) + 5 })
    }

    /// The history, oldest first.
    fn before(&self) -> Vec<Line> {
        let (start, limit) = self.history;
        let wanted = Wanted { streams: &self.streams, text: &|text| self.selection.passes(text) };
        let mut lines = self.logs().newest(&kept(start..self.sent, self.sent), &wanted, limit);
        lines.reverse();
        lines
    }

    /// What was said since the last look.
    fn fresh(&mut self) -> Vec<Line> {
        let now = self.shared.clock.now().wall.timestamp_nanos_opt().unwrap_or(0);
        let end = Logs::end(now).max(self.sent);
        let wanted = Wanted { streams: &self.streams, text: &|text| self.selection.passes(text) };
        let lines = self.logs().oldest(&kept(self.sent..end, now), &wanted, usize::MAX);
        self.sent = end;
        lines
    }

    fn logs(&self) -> &Logs {
        self.shared.api.logs()
    }

    /// Lines as they are sent: each its own stream. Without categories only history tells levels.
    fn frames(&self, lines: &[Line], is_history: bool) -> Vec<String> {
        let frames = lines.chunks(FRAME).map(|lines| {
            let streams = lines.iter().map(|line| Found {
                stream: self.shared.api.stream(line, is_history && !self.categorized),
                values: vec![Value::of(line, self.categorized)],
            });
            let flags = self.categorized.then_some([CATEGORIZE]);
            let frame = Frame { streams: streams.collect(), encoding_flags: flags };
            serde_json::to_string(&frame).unwrap_or_default()
        });
        frames.collect()
    }
}

async fn send(socket: &mut WebSocket, frames: Vec<String>) -> bool {
    for frame in frames {
        if socket.send(Message::Text(frame.into())).await.is_err() {
            return false;
        }
    }
    true
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Frame<'a> {
    streams: Vec<Found<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding_flags: Option<[&'static str; 1]>,
}
