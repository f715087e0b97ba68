//! The live tail: history, then every second what was said in it, what was pushed meanwhile, and a
//! ping. Like the real one it pours without waiting: of a burst it loses lines, and names only some
//! of them; and one line stamped in the future holds back all others.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
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
use tokio::time::Instant;

use super::super::Dialect;
use super::super::script::logs::{KEPT, Line, Logs, Wanted};
use super::super::serve::{Answer, Ask, Shared, parameters, reply};
use super::super::span::SECOND;
use super::logql::{self, Query, Selection};
use super::window::{LONGEST_RANGE, limit, time, too_long};
use super::wire::{Found, Value};
use super::{CATEGORIZE, Loki, TEXT};
use crate::domain::labels::Labels;

/// A frame holds no more lines than this.
const FRAME: usize = 100;

/// So many frames leave at once; the server has no room for more.
const POURED: usize = 10 * FRAME;

/// So many lost lines are named in one frame; the others are lost in silence.
const NAMED: usize = 1_000;

/// From a pushed line to the frame that has it.
const IDLE: Duration = Duration::from_millis(500);

/// How long a tail may last.
const LONGEST: i64 = 3_600 * SECOND;

/// How many tails one tenant may have.
const MOST_TAILS: usize = 10;

/// The most bytes of a reason that fit into a close frame.
const LONGEST_REASON: usize = 123;

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
    /// Everything of the script before this nanosecond was sent.
    sent: i64,
    /// So many pushed lines were looked at.
    arrived: usize,
    /// What came and was not sent yet.
    pending: Vec<Line>,
    /// By how many nanoseconds lines are held back.
    delay: i64,
    /// When it was opened, in nanoseconds.
    opened: i64,
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
    // Nobody says much to a tail.
    let upgraded = upgrade.read_buffer_size(4 << 10).on_upgrade(async move |mut socket| match opened {
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
    if ask.header("X-Scope-OrgID").contains('|') {
        return Err(at_once("multiple org IDs present".to_owned()));
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
    let opened = loki.tails.fetch_add(1, Ordering::Relaxed) + 1;
    let listener = Listener {
        arrived: *loki.pushed.arrivals().borrow(),
        pending: Vec::new(),
        delay: delay.and_then(Result::ok).map_or(0, i64::from) * SECOND,
        opened: now,
        streams: loki.selected(&selection),
        categorized: loki.categorizes(&ask.headers),
        selection,
        shared: Arc::clone(shared),
        sent: loki.logs().heard(now),
        history: (start, limit),
    };
    if opened > MOST_TAILS {
        let text = "max concurrent tail requests limit exceeded, count > limit";
        return Err(Refused::Close(format!(
            "rpc error: code = Code(400) desc = {text} ({opened} > {MOST_TAILS})"
        )));
    }
    if now - start > LONGEST_RANGE {
        return Err(Refused::Close(format!("rpc error: code = Code(400) desc = {}", too_long(now - start))));
    }
    Ok(listener)
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.shared.api.tails.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Closes; a reason that does not fit into a close frame ends the connection without a word.
async fn close(socket: &mut WebSocket, reason: String) {
    if reason.len() > LONGEST_REASON {
        return;
    }
    let frame = CloseFrame { code: INTERNAL, reason: reason.into() };
    // The other side may be gone already; then there is nobody to tell.
    let _told = socket.send(Message::Close(Some(frame))).await;
}

impl Listener {
    /// Sends what is said until somebody ends it.
    async fn run(mut self, mut socket: WebSocket) {
        let mut stop = self.shared.stop.clone();
        let mut arrivals = self.shared.api.pushed.arrivals();
        let history = self.frames(&self.before(), true, &[]);
        if !send(&mut socket, history).await {
            return;
        }
        let mut ping = Instant::now() + self.next();
        let mut pour = None;
        let pace = self.logs().pace().map(|pace| Duration::from_nanos(pace.unsigned_abs()));
        loop {
            if let (None, Some(pace)) = (pour, pace) {
                pour = Some(Instant::now() + pace);
            }
            let due = pour.map_or(ping, |pour: Instant| pour.min(ping));
            tokio::select! {
                () = tokio::time::sleep_until(due) => {
                    let is_ping = due == ping;
                    pour = None;
                    let frames = self.pour(is_ping || pace.is_some());
                    if !send(&mut socket, frames).await {
                        return;
                    }
                    if is_ping {
                        ping = Instant::now() + self.next();
                        if socket.send(Message::Ping(axum::body::Bytes::new())).await.is_err() {
                            return;
                        }
                    }
                    if self.now() - self.opened > LONGEST {
                        return close(&mut socket, "reached tail max duration limit".to_owned()).await;
                    }
                }
                _more = arrivals.changed(), if pour.is_none() => pour = Some(Instant::now() + IDLE),
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

    fn now(&self) -> i64 {
        self.shared.clock.now().wall.timestamp_nanos_opt().unwrap_or(0)
    }

    /// How long until the next second is over. Seconds that end together wake the process once.
    fn next(&self) -> Duration {
        let now = self.shared.clock.now().wall;
        let rest = 1_000_u32.saturating_sub(now.timestamp_subsec_millis()).max(1);
        Duration::from_millis(if self.shared.clock.is_fixed() { 1_000 } else { u64::from(rest) + 5 })
    }

    /// What leaves now: of what came since the last time as much as there is room for, the rest is
    /// lost. With `script` also what the script says.
    fn pour(&mut self, script: bool) -> Vec<String> {
        let now = self.now();
        if script {
            let fresh = self.fresh();
            self.pending.extend(fresh);
        }
        let pushed = &self.shared.api.pushed;
        let count = *pushed.arrivals().borrow();
        self.pending.extend(pushed.since(self.arrived, &self.selection));
        self.arrived = count;
        let is_due = |line: &Line| line.at <= now - self.delay;
        if self.delay == 0 && !self.pending.iter().all(is_due) {
            return Vec::new();
        }
        let (mut ready, later): (Vec<Line>, Vec<Line>) = self.pending.drain(..).partition(is_due);
        self.pending = later;
        if self.delay > 0 {
            ready.sort_by_key(|line| line.at);
        }
        let lost = ready.split_off(ready.len().min(POURED));
        self.frames(&ready, false, &lost)
    }

    /// The history, oldest first.
    fn before(&self) -> Vec<Line> {
        let (start, limit) = self.history;
        let wanted = Wanted { streams: &self.streams, text: &|text| self.selection.passes(text) };
        let mut lines = self.logs().newest(&since(start, self.sent), &wanted, limit);
        lines.extend(self.shared.api.pushed.lines(&(start..self.opened), &self.selection, false, limit));
        lines.sort_by_key(|line| -line.at);
        lines.truncate(limit);
        lines.reverse();
        lines
    }

    /// What was said since the last look.
    fn fresh(&mut self) -> Vec<Line> {
        let now = self.shared.clock.now().wall.timestamp_nanos_opt().unwrap_or(0);
        let end = self.logs().heard(now).max(self.sent);
        let wanted = Wanted { streams: &self.streams, text: &|text| self.selection.passes(text) };
        let lines = self.logs().oldest(&since(self.sent, end), &wanted, usize::MAX);
        self.sent = end;
        lines
    }

    fn logs(&self) -> &Logs {
        self.shared.api.logs()
    }

    /// Lines as they are sent: each its own stream. Without categories only history tells levels.
    /// The first frame names some of what was lost.
    fn frames(&self, lines: &[Line], is_history: bool, lost: &[Line]) -> Vec<String> {
        let stream = |line: &Line, with_level| self.shared.api.stream(line, with_level);
        let named = lost
            .iter()
            .take(NAMED)
            .map(|line| Dropped { timestamp: line.at.to_string(), labels: stream(line, false) });
        let mut named: Vec<Dropped> = named.collect();
        let frames = lines.chunks(FRAME).map(|lines| {
            let streams = lines.iter().map(|line| Found {
                stream: stream(line, is_history && !self.categorized),
                values: vec![Value::of(line, self.categorized)],
            });
            let flags = self.categorized.then_some([CATEGORIZE]);
            let dropped_entries = std::mem::take(&mut named);
            let frame = Frame { streams: streams.collect(), dropped_entries, encoding_flags: flags };
            serde_json::to_string(&frame).unwrap_or_default()
        });
        frames.collect()
    }
}

/// What is still kept of the span up to `end`.
fn since(start: i64, end: i64) -> Range<i64> {
    start.max(end - KEPT * SECOND)..end
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
struct Frame<'a> {
    streams: Vec<Found<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dropped_entries: Vec<Dropped>,
    #[serde(rename = "encodingFlags", skip_serializing_if = "Option::is_none")]
    encoding_flags: Option<[&'static str; 1]>,
}

#[derive(Serialize)]
struct Dropped {
    timestamp: String,
    labels: Labels,
}
