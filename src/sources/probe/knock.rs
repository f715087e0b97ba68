//! Knocking at one door.

use std::io::ErrorKind;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::net::{Client, NetError};
use crate::sources::files::ends_well;

/// What is looked at.
#[derive(Debug)]
pub(super) enum Door {
    /// Host and port.
    Tcp(String),
    /// A page; by default every status below 400 will do.
    Http { client: Box<Client>, status: Option<u16>, contains: Option<String> },
    /// A program and its arguments.
    Command(Vec<String>),
}

/// What was found.
#[derive(Debug)]
pub(super) struct Found {
    pub answers: bool,
    /// Whether it was measured: without a name or a network nobody has knocked.
    pub known: bool,
    /// What it said, or why it did not.
    pub text: String,
    pub certificate_end: Option<DateTime<Utc>>,
}

impl Found {
    fn of(result: Result<String, String>) -> Self {
        let answers = result.is_ok();
        let (Ok(text) | Err(text)) = result;
        Self { answers, known: true, text, certificate_end: None }
    }
}

impl Door {
    /// Looks once, for at most `patience`.
    pub async fn knock(&self, patience: Duration) -> Found {
        match self {
            Self::Tcp(address) => tcp(address, patience).await,
            Self::Command(argv) => {
                let (program, arguments) =
                    argv.split_first().map_or(("", &[][..]), |(first, rest)| (first, rest));
                let ended = ends_well(program, arguments, patience).await;
                Found::of(ended.map(|()| "ended well".to_owned()))
            }
            Self::Http { client, status, contains } => {
                let asked = http(client, *status, contains.as_deref());
                let result = timeout(patience, asked).await.unwrap_or_else(|_late| Err(late(patience)));
                Found { certificate_end: client.certificate_end(), ..Found::of(result) }
            }
        }
    }
}

fn late(patience: Duration) -> String {
    format!("no answer in {} s", patience.as_secs_f64())
}

async fn tcp(address: &str, patience: Duration) -> Found {
    match timeout(patience, TcpStream::connect(address)).await {
        Ok(Ok(_connection)) => Found::of(Ok("connected".to_owned())),
        Ok(Err(error)) => match error.kind() {
            ErrorKind::ConnectionRefused => Found::of(Err("connection refused".to_owned())),
            ErrorKind::ConnectionReset | ErrorKind::TimedOut | ErrorKind::HostUnreachable => {
                Found::of(Err(error.to_string()))
            }
            _ => Found { known: false, ..Found::of(Err(error.to_string())) },
        },
        Err(_late) => Found::of(Err(late(patience))),
    }
}

async fn http(client: &Client, wanted: Option<u16>, contains: Option<&str>) -> Result<String, String> {
    let (status, body) = match client.get("", &[], HeaderMap::new()).await {
        Ok(answer) => (answer.status, answer.body),
        Err(NetError::Status { status, text, .. } | NetError::Unauthorised { status, text, .. }) => {
            (status, text.into_bytes())
        }
        // Where it leads to is somebody else's page: that it answers is enough, unless more is asked.
        Err(NetError::Redirect { to, .. }) if wanted.is_none() && contains.is_none() => {
            return Ok(format!("leads to {to}"));
        }
        Err(error) => return Err(error.short()),
    };
    match wanted {
        Some(wanted) if status != wanted => return Err(format!("status {status}, wanted {wanted}")),
        None if status >= 400 => return Err(format!("status {status}")),
        _ => {}
    }
    match contains {
        Some(words) if !String::from_utf8_lossy(&body).contains(words) => {
            Err(format!("status {status}, without {words:?} in it"))
        }
        _ => Ok(format!("status {status}")),
    }
}
