//! The demo lab is held to what the real servers answered: same fields, types, nullability, status
//! codes, content types and error texts.

mod alertmanager;
mod loki;
mod pbs;
mod prometheus;
mod pve;
mod script;
mod shape;
mod tail;

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use wardroom::clock::Clock;
use wardroom::demo::{Lab, Scenario};

use shape::{Reading, Shape};

/// A lab whose clock stands still at the scenario's instant.
async fn still(scenario: Scenario) -> Lab {
    Lab::start(scenario, 1, Clock::fixed(scenario.instant())).await.expect("free ports")
}

/// The ports of a lab as its config names them: Prometheus, two Alertmanagers, Loki, PBS, PVE.
fn ports(lab: &Lab) -> [u16; 6] {
    let config = lab.config();
    let mut ports = config.split("127.0.0.1:").skip(1).map(|rest| {
        let digits = rest.split(|char: char| !char.is_ascii_digit()).next().unwrap_or("");
        digits.parse().expect("a port")
    });
    std::array::from_fn(|_| ports.next().expect("six ports"))
}

/// The token of a lab's backup server as its config has it.
fn token(lab: &Lab) -> String {
    nth_token(lab, 1)
}

/// The token of its hypervisor.
fn pve_token(lab: &Lab) -> String {
    nth_token(lab, 2)
}

fn nth_token(lab: &Lab, at: usize) -> String {
    let config = lab.config();
    let rest = config.split("token = \"").nth(at).expect("a token");
    rest.split('"').next().unwrap_or("").to_owned()
}

/// An answer, from a server or a recording.
#[derive(Debug, PartialEq, Eq)]
struct Reply {
    status: u16,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    body: String,
}

impl Reply {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(have, _)| have == name).map_or("", |(_, value)| value)
    }

    fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.body).ok()
    }
}

/// A question to a server, written as it goes over the wire: nothing is normalised on the way.
#[derive(Clone, Copy, Debug)]
struct Question<'a> {
    method: &'a str,
    path: &'a str,
    headers: &'a str,
    body: &'a str,
}

const fn get(path: &str) -> Question<'_> {
    Question { method: "GET", path, headers: "", body: "" }
}

async fn ask(port: u16, question: Question<'_>) -> Reply {
    let Question { method, path, headers, body } = question;
    let mut text =
        format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n{headers}");
    let _infallible = write!(text, "Content-Length: {}\r\n\r\n{body}", body.len());
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the lab listens");
    stream.write_all(text.as_bytes()).await.expect("the lab reads");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.expect("the lab answers");
    let text = String::from_utf8(bytes).expect("text");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect("a status");
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    Reply { status, headers, body: body.to_owned() }
}

/// A recorded answer of a real server.
fn recorded(name: &str) -> Reply {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings").join(name).with_extension("json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file: Value = serde_json::from_str(&text).expect("a recording is JSON");
    let response = &file["response"];
    let header =
        |name: &str, value: &Value| (name.to_ascii_lowercase(), value.as_str().unwrap_or("").to_owned());
    let headers = match &response["headers"] {
        Value::Object(headers) => headers.iter().map(|(name, value)| header(name, value)).collect(),
        Value::Array(headers) => {
            headers.iter().map(|pair| header(pair[0].as_str().unwrap_or(""), &pair[1])).collect()
        }
        other => panic!("{name}: headers are {other}"),
    };
    let body = match &response["body"] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        json => json.to_string(),
    };
    let status = response["status"].as_u64().and_then(|status| u16::try_from(status).ok()).expect("a status");
    Reply { status, headers, body }
}

/// How the body of an answer is compared.
enum Body {
    /// It fits the shape of the recorded ones.
    Shape,
    /// It is the recorded one.
    Same,
}
use Body::{Same, Shape as Shaped};

/// Compares an answer with recordings of the same question.
fn compare(reply: &Reply, recordings: &[&str], how: &Body, reading: Reading) -> Vec<String> {
    let known: Vec<Reply> = recordings.iter().map(|name| recorded(name)).collect();
    let Some(first) = known.first() else { return vec!["no recording".to_owned()] };
    let mut faults = Vec::new();
    if reply.status != first.status {
        faults.push(format!("status {} instead of {}", reply.status, first.status));
    }
    for name in ["content-type", "allow", "location", "sec-websocket-version"] {
        if reply.header(name) != first.header(name) {
            faults.push(format!("{name} {:?} instead of {:?}", reply.header(name), first.header(name)));
        }
    }
    match how {
        Same if reply.body != first.body => {
            faults.push(format!("body {:?} instead of {:?}", reply.body, first.body));
        }
        Same => {}
        Shaped => {
            let shape = Shape::learn(known.iter().filter_map(Reply::json), reading);
            match reply.json() {
                Some(json) => faults.extend(shape.faults(&json)),
                None => faults.push("the body is no JSON".to_owned()),
            }
        }
    }
    faults
}

/// Asks one question after the other and tells every difference at once.
async fn hold(port: u16, reading: Reading, rows: &[(Question<'_>, &[&str], Body)]) {
    let mut told = String::new();
    for (question, recordings, how) in rows {
        let reply = ask(port, *question).await;
        for fault in compare(&reply, recordings, how, reading) {
            let _infallible =
                writeln!(told, "{} {} ({}): {fault}", question.method, question.path, recordings[0]);
        }
    }
    assert!(told.is_empty(), "\n{told}");
}
