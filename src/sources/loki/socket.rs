//! The websocket of the live tail.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use reqwest::Url;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::Error as WsError;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use super::ask::FLAGS;
use crate::net::{Client, NetError};
use crate::text::{sanitise, truncate};

/// A hundred lines come as one frame: sixteen megabytes were seen, and that is not the most.
const LARGEST_FRAME: usize = 64 << 20;

/// The server pings every second; after this long without anything the connection is dead.
const SILENCE: Duration = Duration::from_secs(5);

/// So many bytes of a tail are read at once: each time as many are cleared first, for however few.
const READ: usize = 32 << 10;

/// The server's own words are cut to this many cells.
const SAID: usize = 200;

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// An open tail.
pub(super) struct Socket {
    stream: WebSocketStream<Box<dyn Io>>,
    heard: Instant,
    /// Whether anything came at all.
    pub is_alive: bool,
}

/// Why there is no open tail.
#[derive(Debug)]
pub(super) enum Closed {
    /// The server cannot be reached, or does not let us in.
    Net(NetError),
    /// It is there, but tails nothing this way; in its own words.
    Refused(Arc<str>),
    /// The connection ended, as connections do: after an hour, at a restart, by a broken network.
    Ended,
}

/// What tail is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening<'a> {
    /// Its query.
    pub query: &'a str,
    /// From when on lines are repeated, in nanoseconds; without it, of the last hour.
    pub start: Option<i64>,
    /// How many lines are repeated at the most, the newest.
    pub limit: u32,
    /// Seconds by which the server holds lines back.
    pub delay: u64,
}

/// What an open tail brings.
#[derive(Debug)]
pub(super) enum Heard {
    /// Lines.
    Frame(Bytes),
    /// A sign of life.
    Ping,
}

impl Socket {
    /// Opens a tail: first the lines of before, then live.
    pub async fn open(client: &Client, opening: &Opening<'_>) -> Result<Self, Closed> {
        let patience = client.endpoint().timeout();
        let url = client.endpoint().join("/loki/api/v1/tail");
        match timeout(patience, Self::connect(client, &url, opening)).await {
            Ok(opened) => opened,
            Err(_) => Err(Closed::Net(NetError::Timeout { url, after: patience })),
        }
    }

    async fn connect(client: &Client, url: &str, opening: &Opening<'_>) -> Result<Self, Closed> {
        let broken = |reason: String| Closed::Net(NetError::Broken { url: url.to_owned(), reason });
        let Opening { query, start, limit, delay } = opening;
        let mut asked = vec![("query", (*query).to_owned()), ("limit", limit.to_string())];
        asked.extend(start.map(|start| ("start", start.to_string())));
        asked.extend((*delay > 0).then(|| ("delay_for", delay.to_string())));
        let parsed = Url::parse_with_params(url, asked).map_err(|error| broken(error.to_string()))?;
        let address = parsed.as_str().replacen("http", "ws", 1);
        let mut request = address.into_client_request().map_err(|error| broken(error.to_string()))?;
        request.headers_mut().extend(client.headers().await.map_err(Closed::Net)?);
        let (name, value) = FLAGS;
        request.headers_mut().insert(name, value);
        let stream = reach(client, url, &parsed).await.map_err(Closed::Net)?;
        let config = WebSocketConfig::default()
            .read_buffer_size(READ)
            .max_frame_size(Some(LARGEST_FRAME))
            .max_message_size(Some(LARGEST_FRAME));
        match tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await {
            Ok((stream, _)) => Ok(Self { stream, heard: Instant::now(), is_alive: false }),
            Err(error) => {
                if matches!(&error, WsError::Http(answer) if answer.status().as_u16() == 401) {
                    client.forget_credentials().await;
                }
                Err(refusal(url, client.endpoint().timeout(), error))
            }
        }
    }

    /// Waits for what comes next. It may be dropped and called again at any time.
    pub async fn hear(&mut self) -> Result<Heard, Closed> {
        loop {
            let Ok(message) = timeout_at(self.heard + SILENCE, self.stream.next()).await else {
                return Err(Closed::Ended);
            };
            self.heard = Instant::now();
            match message {
                Some(Ok(message)) => {
                    if let Some(heard) = self.sort(message)? {
                        self.is_alive = true;
                        return Ok(heard);
                    }
                }
                Some(Err(WsError::Capacity(error))) => return Err(Closed::Refused(error.to_string().into())),
                Some(Err(_)) | None => return Err(Closed::Ended),
            }
        }
    }

    fn sort(&mut self, message: Message) -> Result<Option<Heard>, Closed> {
        match message {
            Message::Text(text) => Ok(Some(Heard::Frame(text.into()))),
            Message::Binary(bytes) => Ok(Some(Heard::Frame(bytes))),
            Message::Ping(_) => Ok(Some(Heard::Ping)),
            Message::Close(frame) => {
                let reason = frame.map(|frame| frame.reason.to_string()).unwrap_or_default();
                self.is_alive |= is_usual(&reason);
                Err(if is_usual(&reason) || reason.is_empty() {
                    Closed::Ended
                } else {
                    Closed::Refused(words(&reason).into())
                })
            }
            Message::Pong(_) | Message::Frame(_) => Ok(None),
        }
    }

    /// Takes leave.
    pub async fn close(mut self) {
        // Whoever does not answer is left behind.
        let _ = timeout(Duration::from_millis(100), async {
            let _ = self.stream.close(None).await;
            while let Ok(Some(_)) = self.stream.try_next().await {}
        })
        .await;
    }
}

/// Reasons with which a healthy server ends a tail.
fn is_usual(reason: &str) -> bool {
    ["reached tail max duration limit", "all ingesters closed the connection"]
        .iter()
        .any(|usual| reason.contains(usual))
}

fn words(text: &str) -> String {
    let text = text.rsplit_once("desc = ").map_or(text, |(_, said)| said);
    truncate(&sanitise(text.trim()), SAID).into_owned()
}

/// Opens the connection beneath, encrypted or not.
async fn reach(client: &Client, url: &str, parsed: &Url) -> Result<Box<dyn Io>, NetError> {
    let patience = client.endpoint().timeout();
    let broken = |reason: &str| NetError::Broken { url: url.to_owned(), reason: reason.to_owned() };
    let host = parsed.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = parsed.port_or_known_default().ok_or_else(|| broken("the address has no port"))?;
    let failed = |error| NetError::of_io(url, patience, &error);
    let plain: Box<dyn Io> = if let Some(socket) = client.endpoint().socket().map_err(failed)? {
        client.way().await?;
        Box::new(UnixStream::connect(socket).await.map_err(failed)?)
    } else {
        let addresses = tokio::net::lookup_host((host, port)).await;
        let addresses = addresses.map_err(|_| NetError::Dns { url: url.to_owned() })?;
        let mut addresses = addresses.collect::<Vec<_>>();
        addresses.dedup();
        let plain = TcpStream::connect(&addresses[..]).await.map_err(failed)?;
        // Losing this option costs a few milliseconds, no more.
        let _ = plain.set_nodelay(true);
        Box::new(plain)
    };
    if !client.endpoint().is_https() {
        return Ok(plain);
    }
    let name = ServerName::try_from(host.to_owned()).map_err(|_| broken("no name for a certificate"))?;
    let secure = TlsConnector::from(client.tls_config().await?).connect(name, plain).await;
    Ok(Box::new(secure.map_err(|error| NetError::of_io(url, patience, &error))?))
}

fn refusal(url: &str, patience: Duration, error: WsError) -> Closed {
    let url = url.to_owned();
    match error {
        WsError::Http(answer) => {
            let status = answer.status().as_u16();
            let body = answer.body().as_deref().unwrap_or_default();
            let text = words(String::from_utf8_lossy(body).lines().next().unwrap_or_default());
            match status {
                401 | 403 => Closed::Net(NetError::Unauthorised { url, status, text }),
                429 | 500.. => Closed::Net(NetError::Status { url, status, text }),
                _ if text.is_empty() || text.starts_with('<') => {
                    Closed::Refused(format!("no websocket there: the server answered {status}").into())
                }
                _ => Closed::Refused(text.into()),
            }
        }
        WsError::Io(error) => Closed::Net(NetError::of_io(&url, patience, &error)),
        other => Closed::Refused(words(&other.to_string()).into()),
    }
}
