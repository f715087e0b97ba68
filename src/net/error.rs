//! Why a request brought nothing: a few words for the badge, and a sentence that says what
//! happened, where, and what to do.

use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use reqwest::StatusCode;

use super::tls::{Distrust, Reason};
use crate::{secret, text};

/// The server's own words are cut to this many cells.
const SAID: usize = 1000;

/// Why a request brought nothing. Every `url` is without credentials.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NetError {
    /// Nothing listens there.
    #[error("{url}: connection refused; is the server running, and is the port right?")]
    Refused {
        /// Where.
        url: String,
    },
    /// There is no way there: the tunnel is not open.
    #[error("{url}: no tunnel: {why}")]
    Tunnel {
        /// Where.
        url: String,
        /// A few words for the badge.
        short: &'static str,
        /// Why, and what to do. Sanitised.
        why: String,
    },
    /// The tunnel is open, and nothing answers at its end.
    #[error(
        "{url}: the tunnel to {host} is open, but nothing answers at {far} there: {reason}; is the server running?"
    )]
    Behind {
        /// Where.
        url: String,
        /// By way of which host.
        host: String,
        /// Where the server should be, seen from there.
        far: String,
        /// ssh's words, sanitised.
        reason: String,
    },
    /// The name does not resolve.
    #[error("{url}: the name does not resolve; check it, and the name service of this machine")]
    Dns {
        /// Where.
        url: String,
    },
    /// No whole answer in time.
    #[error("{url}: no answer within {} s; the server hangs, is overloaded or cut off", after.as_secs_f64())]
    Timeout {
        /// Where.
        url: String,
        /// How long it was waited for.
        after: Duration,
    },
    /// The certificate is not the pinned one.
    #[error(
        "{url}: the certificate changed: pinned is {pinned}, the server shows {found}. If you renewed it, set fingerprint = \"{found}\"; if not, somebody may be in between"
    )]
    Changed {
        /// Where.
        url: String,
        /// The fingerprint in the config.
        pinned: String,
        /// The fingerprint of the server's certificate.
        found: String,
    },
    /// Nobody vouches for the certificate.
    #[error(
        "{url}: the certificate is not trusted: {reason}. Compare its fingerprint at the server, then add: fingerprint = \"{found}\""
    )]
    Untrusted {
        /// Where.
        url: String,
        /// A few words for the badge.
        short: &'static str,
        /// What is wrong with it.
        reason: String,
        /// Its fingerprint.
        found: String,
    },
    /// There is nobody to judge a certificate by.
    #[error("{url}: {reason}")]
    Trust {
        /// Where.
        url: String,
        /// Why: the file, or that the machine has none.
        reason: String,
    },
    /// The handshake failed.
    #[error("{url}: no TLS connection: {reason}")]
    Handshake {
        /// Where.
        url: String,
        /// Why.
        reason: String,
    },
    /// 401 or 403.
    #[error("{url}: the server refused the credentials ({status}){}", said(text))]
    Unauthorised {
        /// Where.
        url: String,
        /// 401 or 403.
        status: u16,
        /// The server's words, sanitised.
        text: String,
    },
    /// Another status that is no success.
    #[error("{url}: the server answered {status}{}{}", said(text), advice(*status))]
    Status {
        /// Where.
        url: String,
        /// The status of HTTP.
        status: u16,
        /// The server's words, sanitised.
        text: String,
    },
    /// The server sends us elsewhere; nobody follows.
    #[error("{url}: redirected to {to}; redirects are not followed, set the url that is meant")]
    Redirect {
        /// Where.
        url: String,
        /// Where to, sanitised.
        to: String,
    },
    /// The answer is larger than anything useful.
    #[error("{url}: the answer is over {}; ask for less, or check what answers there", text::bytes(*cap as u64))]
    TooLarge {
        /// Where.
        url: String,
        /// The limit in bytes.
        cap: usize,
    },
    /// The connection ended in the middle of the answer.
    #[error("{url}: the answer was cut short: {reason}")]
    Cut {
        /// Where.
        url: String,
        /// Why.
        reason: String,
    },
    /// A secret could not be read.
    #[error("{url} was not asked: {reason}")]
    Secret {
        /// Where.
        url: String,
        /// Why, never what.
        reason: String,
    },
    /// The connection broke, or anything else.
    #[error("{url}: {reason}")]
    Broken {
        /// Where.
        url: String,
        /// Why.
        reason: String,
    },
}

impl NetError {
    /// A few words for the badge.
    pub fn short(&self) -> String {
        match self {
            Self::Refused { .. } => "connection refused".to_owned(),
            Self::Tunnel { short: "opening", .. } => "tunnel opening".to_owned(),
            Self::Tunnel { short, .. } => format!("tunnel lost: {short}"),
            Self::Behind { .. } => "server down behind tunnel".to_owned(),
            Self::Dns { .. } => "name not found".to_owned(),
            Self::Timeout { after, .. } => format!("timed out after {} s", after.as_secs_f64()),
            Self::Changed { .. } => "certificate changed".to_owned(),
            Self::Untrusted { short, .. } => (*short).to_owned(),
            Self::Trust { .. } => "no certificate authority".to_owned(),
            Self::Handshake { .. } => "no TLS connection".to_owned(),
            Self::Unauthorised { status: 403, .. } => "403 forbidden".to_owned(),
            Self::Unauthorised { .. } => "401 unauthorised".to_owned(),
            Self::Status { status, .. } => name(*status),
            Self::Redirect { .. } => "redirected".to_owned(),
            Self::TooLarge { cap, .. } => format!("answer over {}", text::bytes(*cap as u64)),
            Self::Cut { .. } => "answer cut short".to_owned(),
            Self::Secret { .. } => "no credentials".to_owned(),
            Self::Broken { reason, .. } => text::truncate(reason, 40).into_owned(),
        }
    }

    /// Of a connection that is not reqwest's: a websocket, a handshake.
    pub fn of_io(url: &str, timeout: Duration, error: &io::Error) -> Self {
        Self::of(url, timeout, error)
    }

    /// The error that lies beneath, whatever it is wrapped in.
    pub(super) fn of(url: &str, timeout: Duration, error: &(dyn Error + 'static)) -> Self {
        let url = url.to_owned();
        if let Some(distrust) = find::<Distrust>(error) {
            return Self::distrust(url, distrust);
        }
        if let Some(error) = find::<rustls::Error>(error) {
            return Self::Handshake { url, reason: handshake(error) };
        }
        if let Some(error) = error.downcast_ref::<reqwest::Error>() {
            if error.is_timeout() {
                return Self::Timeout { url, after: timeout };
            }
            if error.is_dns() {
                return Self::Dns { url };
            }
            if error.is_body() || error.is_decode() {
                return Self::Cut { url, reason: root(error) };
            }
        }
        match find::<io::Error>(error).map(io::Error::kind) {
            Some(io::ErrorKind::ConnectionRefused) => Self::Refused { url },
            Some(io::ErrorKind::TimedOut) => Self::Timeout { url, after: timeout },
            Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => {
                Self::Broken { url, reason: "connection reset by the server".to_owned() }
            }
            _ => Self::Broken { url, reason: plain(root(error)) },
        }
    }

    fn distrust(url: String, distrust: &Distrust) -> Self {
        match distrust {
            Distrust::Changed { pinned, found } => {
                Self::Changed { url, pinned: pinned.to_string(), found: found.to_string() }
            }
            Distrust::Untrusted { found, reason } => Self::Untrusted {
                url,
                short: match reason {
                    Reason::Expired => "certificate expired",
                    Reason::NotYet => "certificate not valid yet",
                    Reason::Name => "certificate for another name",
                    Reason::Nobody => "no certificate authority",
                    Reason::Issuer | Reason::Other(_) => "certificate not trusted",
                },
                reason: reason.to_string(),
                found: found.to_string(),
            },
        }
    }

    /// Of a status that is no success.
    pub(super) fn status(url: String, status: StatusCode, content_type: &str, body: &[u8]) -> Self {
        let text = words(content_type, body);
        match status.as_u16() {
            status @ (401 | 403) => Self::Unauthorised { url, status, text },
            status => Self::Status { url, status, text },
        }
    }
}

/// The first error of type `E` beneath `error`.
fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        next = inside(error).or_else(|| error.source());
    }
    None
}

/// What an error wraps without naming it as its source.
fn inside<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    if let Some(rustls::Error::Other(other)) = error.downcast_ref() {
        return Some(&*other.0);
    }
    let inner = error.downcast_ref::<io::Error>()?.get_ref()?;
    Some(inner)
}

/// What lies at the bottom, in its own words.
fn root(error: &(dyn Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    text::truncate(&text::sanitise(&error.to_string()), SAID).into_owned()
}

/// What the HTTP library says in its own words, in ours.
fn plain(reason: String) -> String {
    let ours = match reason.as_str() {
        "connection closed before message completed" => "connection closed without an answer",
        "message head is too large" => "the head of the answer is too large",
        said if said.starts_with("invalid HTTP") => "what answers there does not speak HTTP",
        _ => return reason,
    };
    ours.to_owned()
}

fn handshake(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidMessage(_) => {
            "the server speaks no TLS there; is it http:// instead of https://?".to_owned()
        }
        other => text::sanitise(&other.to_string()).into_owned(),
    }
}

fn name(status: u16) -> String {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let mut name = status.to_string();
    if let Some(reason) = reason {
        let _ = write!(name, " {}", reason.to_lowercase());
    }
    name
}

fn said(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

const fn advice(status: u16) -> &'static str {
    match status {
        404 => "; does the url need a path prefix?",
        _ => "",
    }
}

/// Whether a body is a page for people.
pub(super) fn is_html(content_type: &str, body: &[u8]) -> bool {
    let start: Vec<u8> = body.iter().take(64).map(u8::to_ascii_lowercase).collect();
    let start = start.trim_ascii_start();
    content_type.starts_with("text/html") || start.starts_with(b"<!doctype") || start.starts_with(b"<html")
}

/// The server's own words, in whichever of the usual shapes they come: an object with `error`,
/// `message` or `errors`, a JSON string, a page's title, or the first line of a text.
fn words(content_type: &str, body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let found = match serde_json::from_slice::<serde_json::Value>(body) {
        Ok(serde_json::Value::String(said)) => said,
        Ok(serde_json::Value::Object(map)) => {
            let said = ["error", "message", "errors"].iter().find_map(|key| map.get(*key)?.as_str());
            said.unwrap_or_default().to_owned()
        }
        _ if is_html(content_type, body) => title(&text).unwrap_or_default().to_owned(),
        _ => text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim().to_owned(),
    };
    text::truncate(&text::sanitise(&secret::unsaid(found.trim())), SAID).into_owned()
}

fn title(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once("<title>")?;
    rest.split_once("</title>").map(|(title, _)| title.trim())
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_server_is_heard_in_every_shape() {
        for (kind, body, said) in [
            (
                "application/json",
                r#"{"status":"error","errorType":"bad_data","error":"no \"x\""}"#,
                "no \"x\"",
            ),
            (
                "application/json",
                r#"{"code":602,"message":"comment in body is required"}"#,
                "comment in body is required",
            ),
            ("application/json", "\"silence not found\"\n", "silence not found"),
            ("text/plain", "404 page not found\nmore", "404 page not found"),
            ("text/html", "<html><head><title>502 Bad Gateway</title></head>", "502 Bad Gateway"),
            ("text/plain", "\u{1b}[31mred\u{1b}]0;x\u{7}", "red·]0;x·"),
            ("", "", ""),
        ] {
            assert_eq!(words(kind, body.as_bytes()), said);
        }
    }
}
