//! Servers that misbehave: each failure has its kind, a few words for the badge, and a text that
//! says where and what to do.

use std::time::{Duration, Instant};

use rstest::rstest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use wardroom::domain::feed::{Failure, FailureKind, Feed, SourceKind};

use super::replay::{Answer, Server, look, recording, source};

pub const TARGETS: &str = r#"{"status":"success","data":{"activeTargets":[]}}"#;

/// What a look at the targets of `url` fails with.
pub async fn failure(url: &str, keys: &str) -> Failure {
    let source = source(SourceKind::Prometheus, &format!("url = {url:?}\n{keys}"));
    let failure = look(&*source, Feed::Targets).await.expect_err("the server misbehaves");
    let host = url.split("//").nth(1).unwrap_or(url);
    assert!(failure.text.contains(host), "where: {}", failure.text);
    assert!(failure.short.chars().count() <= 40, "a badge is short: {}", failure.short);
    failure
}

pub fn told(failure: &Failure) -> (FailureKind, &str) {
    (failure.kind, &failure.short)
}

#[rstest]
#[case(Answer::text(500, "boom\n"), FailureKind::Http, "500 internal server error", "boom")]
#[case(
    Answer::text(502, "<html><title>Bad Gateway</title>"),
    FailureKind::Http,
    "502 bad gateway",
    "Gateway"
)]
#[case(Answer::text(503, "Service Unavailable"), FailureKind::Busy, "503 service unavailable", "Service")]
#[case(Answer::text(429, "slow down"), FailureKind::Busy, "429 too many requests", "slow down")]
#[case(Answer::text(401, "Unauthorized\n"), FailureKind::Unauthorised, "401 unauthorised", "Unauthorized")]
#[case(Answer::text(403, "no"), FailureKind::Unauthorised, "403 forbidden", "no")]
#[case(Answer::text(404, "404 page not found"), FailureKind::Missing, "404 not found", "path prefix")]
#[case(
    Answer::new(200, "text/html", "<!DOCTYPE html><title>Log in</title>"),
    FailureKind::Parse,
    "answered HTML",
    "Prometheus' API"
)]
#[case(Answer::json("{\"status\":"), FailureKind::Parse, "not Prometheus' API", "EOF")]
#[case(Answer::json("[]"), FailureKind::Parse, "not Prometheus' API", "invalid length")]
#[case(Answer::json(r#"{"status":"success"}"#), FailureKind::Parse, "not Prometheus' API", "without data")]
#[case(Answer::json(vec![0xff, 0xfe, 0x00]), FailureKind::Parse, "not Prometheus' API", "utf-8")]
#[case(Answer::json(""), FailureKind::Parse, "not Prometheus' API", "EOF")]
#[case(
    Answer::json(r#"{"status":"error","errorType":"bad_data","error":"no"}"#),
    FailureKind::Http,
    "no",
    "refused"
)]
#[case(
    Answer::text(500, "\u{1b}]0;owned\u{7}\u{1b}[2J"),
    FailureKind::Http,
    "500 internal server error",
    "·]0;owned·"
)]
#[tokio::test]
async fn an_answer_that_is_none(
    #[case] answer: Answer,
    #[case] kind: FailureKind,
    #[case] short: &str,
    #[case] text: &str,
) {
    let server = Server::always(answer).await;
    let failure = failure(&server.url, "").await;
    assert_eq!(told(&failure), (kind, short));
    assert!(failure.text.contains(text), "{}", failure.text);
    assert!(!failure.text.chars().any(char::is_control), "{:?}", failure.text);
}

#[tokio::test]
async fn a_wrong_port_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound port has an address");
    drop(listener);
    let failure = failure(&format!("http://{address}"), "").await;
    assert_eq!(told(&failure), (FailureKind::Refused, "connection refused"));
}

#[tokio::test]
async fn a_name_that_does_not_exist() {
    let failure = failure("http://no-such-host.invalid:9090", "timeout = \"5s\"").await;
    // Without any name service the question itself may get no answer.
    assert!(matches!(failure.kind, FailureKind::Dns | FailureKind::Timeout), "{failure:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_takes_no_credentials_along() {
    let other = Server::always(Answer::json(TARGETS)).await;
    let away = other.url.replace("http://", "http://sam:hidden@");
    let server = Server::always(Answer::text(302, "").header("location", &format!("{away}/login"))).await;
    let failure = failure(&server.url, "username = \"sam\"\npassword = \"secret\"").await;
    assert_eq!(told(&failure), (FailureKind::Http, "redirected"));
    assert!(failure.text.contains(&format!("{}/login", other.url)), "{}", failure.text);
    assert!(!failure.text.contains("hidden") && !failure.text.contains("secret"), "{}", failure.text);
    assert_eq!(other.asked().len(), 0);
}

#[tokio::test]
async fn a_huge_answer_is_cut_off() {
    let mut body = TARGETS.as_bytes().to_vec();
    body.resize(60 << 20, b' ');
    let server = Server::always(Answer::json(body)).await;
    let failure = failure(&server.url, "").await;
    assert_eq!(told(&failure), (FailureKind::TooLarge, "answer over 48M"));
}

#[tokio::test]
async fn a_large_answer_is_read() {
    let mut body = TARGETS.as_bytes().to_vec();
    body.resize(20 << 20, b' ');
    let server = Server::always(Answer::json(body)).await;
    let source = source(SourceKind::Prometheus, &format!("url = {:?}", server.url));
    look(&*source, Feed::Targets).await.expect("twenty megabytes are no trouble");
}

#[tokio::test]
async fn a_server_that_thinks_too_long() {
    let server = Server::always(Answer { after: Duration::from_secs(30), ..Answer::json(TARGETS) }).await;
    let began = Instant::now();
    let failure = failure(&server.url, "timeout = \"300ms\"").await;
    assert_eq!(told(&failure), (FailureKind::Timeout, "timed out after 0.3 s"));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_is_told_without_asking() {
    let server = Server::always(Answer::json(TARGETS)).await;
    let failure = failure(&server.url, "token_file = \"/no/such/file\"").await;
    assert_eq!(told(&failure), (FailureKind::Unauthorised, "no credentials"));
    assert!(failure.text.contains("/no/such/file"), "{}", failure.text);
    assert_eq!(server.asked().len(), 0);
}

/// A server below HTTP: writes `parts` to whoever connects, a pause between them, and closes.
async fn raw(parts: Vec<Vec<u8>>, pause: Duration) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("a bound port has an address"));
    let serving = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            read_head(&mut stream).await;
            for part in &parts {
                if stream.write_all(part).await.is_err() {
                    break;
                }
                tokio::time::sleep(pause).await;
            }
        }
    });
    (url, serving)
}

async fn read_head(stream: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
}

#[tokio::test]
async fn a_body_that_ends_too_early() {
    let head =
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{\"sta".to_vec();
    let (url, serving) = raw(vec![head], Duration::ZERO).await;
    let failure = failure(&url, "").await;
    assert_eq!(told(&failure), (FailureKind::Parse, "answer cut short"));
    serving.abort();
}

#[tokio::test]
async fn a_body_that_drips() {
    let mut parts =
        vec![b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n".to_vec()];
    parts.extend(std::iter::repeat_n(b" ".to_vec(), 999));
    let (url, serving) = raw(parts, Duration::from_millis(50)).await;
    let failure = failure(&url, "timeout = \"400ms\"").await;
    assert_eq!(told(&failure), (FailureKind::Timeout, "timed out after 0.4 s"));
    serving.abort();
}

#[tokio::test]
async fn a_server_of_another_protocol() {
    let (url, serving) = raw(vec![b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n".to_vec()], Duration::ZERO).await;
    let failure = failure(&url, "").await;
    assert_eq!(failure.kind, FailureKind::Other, "{failure:?}");
    serving.abort();
}

#[tokio::test]
async fn gzip_is_unpacked_and_a_broken_one_is_told() {
    let good = Answer::json(gzip(TARGETS.as_bytes())).header("content-encoding", "gzip");
    let server = Server::always(good).await;
    let source = source(SourceKind::Prometheus, &format!("url = {:?}", server.url));
    look(&*source, Feed::Targets).await.expect("the body is whole");
    let mut broken = gzip(TARGETS.as_bytes());
    broken.truncate(20);
    let server = Server::always(Answer::json(broken).header("content-encoding", "gzip")).await;
    let failure = failure(&server.url, "").await;
    assert_eq!(told(&failure), (FailureKind::Parse, "answer cut short"));
}

/// The bytes in the shape of gzip, not made smaller.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("one block is enough");
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1];
    packed.extend(length.to_le_bytes());
    packed.extend((!length).to_le_bytes());
    packed.extend(bytes);
    let crc = bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
    });
    packed.extend((!crc).to_le_bytes());
    packed.extend(u32::from(length).to_le_bytes());
    packed
}

#[tokio::test]
async fn http_to_a_server_with_tls_tells_the_servers_own_words() {
    let server = Server::always(recording("prometheus", "https-on-http-port").answer()).await;
    let failure = failure(&server.url, "").await;
    assert_eq!(failure.kind, FailureKind::Http);
    assert!(failure.text.contains("Client sent an HTTP request to an HTTPS server."), "{}", failure.text);
}
