//! The contract with Loki: pushed lines come back as they should, once and in order, by query, by
//! tail and by the command. Its streams have a name of their own, so that nothing else is touched.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

/// The Loki, and a config that leads to it.
pub struct Loki {
    address: String,
    path: String,
    tenant: Option<String>,
    config: tempfile::TempDir,
    stream: String,
}

/// Ends a program with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn nanoseconds() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos()
}

impl Loki {
    /// The Loki at an address.
    pub fn at(url: &str, tenant: Option<String>) -> Self {
        let rest = url.strip_prefix("http://").expect("a plain address: the test pushes by hand");
        let rest = rest.trim_end_matches('/');
        let (address, path) = rest.split_once('/').unwrap_or((rest, ""));
        let config = tempfile::tempdir().expect("a directory");
        let own = tenant.as_ref().map(|tenant| format!("tenant = {tenant:?}\n")).unwrap_or_default();
        let text = format!("[sources.loki.main]\nurl = {url:?}\ncheck = \"1s\"\n{own}");
        std::fs::write(config.path().join("w.toml"), text).expect("written");
        let path = if path.is_empty() { String::new() } else { format!("/{path}") };
        let stream = format!("wardroom_{}_{}", std::process::id(), nanoseconds());
        Self { address: address.to_owned(), path, tenant, config, stream }
    }

    /// Pushes lines at these times.
    fn push(&self, lines: &[(u128, String)]) {
        let values: Vec<Value> = lines.iter().map(|(at, text)| json!([at.to_string(), text])).collect();
        let body = json!({ "streams": [{ "stream": { "job": self.stream }, "values": values }] }).to_string();
        let tenant =
            self.tenant.as_ref().map(|tenant| format!("X-Scope-OrgID: {tenant}\r\n")).unwrap_or_default();
        let mut stream = TcpStream::connect(&self.address).expect("Loki listens");
        write!(
            stream,
            "POST {}/loki/api/v1/push HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n{tenant}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.path,
            self.address,
            body.len()
        )
        .expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    }

    fn logs(&self, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wardroom"));
        let query = format!("{{job=\"{}\"}}", self.stream);
        command.env_clear().env("HOME", self.config.path()).stdin(Stdio::null());
        command.arg("--config").arg(self.config.path().join("w.toml"));
        command.args(["logs", "--format", "jsonl", &query]).args(more);
        command
    }

    /// The texts of all lines that are there.
    fn texts(&self) -> Vec<String> {
        let output = self.logs(&[]).output().expect("the program runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).lines().map(text).collect()
    }
}

fn text(line: &str) -> String {
    let said: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    assert_eq!(said["kind"], "line", "{line}");
    said["text"].as_str().expect("a text").to_owned()
}

/// More than a page of lines, several at one instant.
pub fn every_pushed_line_comes_back_once_and_in_order(loki: &Loki) {
    let begun = nanoseconds() - 60_000_000_000;
    // More than a page, several lines at one instant.
    let lines: Vec<(u128, String)> =
        (0..12_000_u128).map(|at| (begun + at / 7, format!("line {at:05} level=info"))).collect();
    lines.chunks(1_000).for_each(|chunk| loki.push(chunk));
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut texts = loki.texts();
    while texts.len() < lines.len() && Instant::now() < deadline {
        texts = loki.texts();
    }
    assert_eq!(texts.len(), lines.len());
    texts.sort();
    assert!(texts.iter().eq(lines.iter().map(|(_, text)| text)), "each once");
}

/// A live tail loses a part of a burst; the command does not.
pub fn what_comes_is_followed_through_a_burst(loki: &Loki) {
    loki.push(&[(nanoseconds(), "first".to_owned())]);
    let mut command = loki.logs(&["--follow"]);
    let mut child = Ended(command.stdout(Stdio::piped()).spawn().expect("the program runs"));
    let mut out = BufReader::new(child.0.stdout.take().expect("a pipe")).lines();
    let first = out.next().expect("a line").expect("text");
    assert_eq!(text(&first), "first");
    // A burst of which a live tail loses a part.
    let lines: Vec<(u128, String)> = (0..4_000).map(|at| (nanoseconds(), format!("burst {at}"))).collect();
    lines.chunks(1_000).for_each(|chunk| loki.push(chunk));
    let mut wanted: std::collections::BTreeSet<String> = lines.into_iter().map(|(_, text)| text).collect();
    while !wanted.is_empty() {
        let line = out.next().expect("it goes on").expect("text");
        let said: Value = serde_json::from_str(&line).expect("JSON");
        if said["kind"] == "line" {
            let text = said["text"].as_str().expect("a text");
            assert!(wanted.remove(text), "{text} came twice, or was never pushed");
        }
    }
}

/// Whatever a line holds, a terminal has nothing to act on.
pub fn a_hostile_line_is_harmless(loki: &Loki) {
    let raw = "\u{1b}[31mred\u{1b}[0m \u{1b}]52;c;aGk=\u{7} a\0b \t 10%\r20%";
    loki.push(&[(nanoseconds(), raw.to_owned())]);
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut texts = loki.texts();
    while texts.is_empty() && Instant::now() < deadline {
        texts = loki.texts();
    }
    assert_eq!(texts.len(), 1);
    assert!(!texts[0].chars().any(char::is_control), "{:?}", texts[0]);
    assert!(texts[0].starts_with("red "), "{:?}", texts[0]);
}

/// And told where.
pub fn a_query_that_is_none_is_refused_in_lokis_words(loki: &Loki) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wardroom"));
    command.env_clear().env("HOME", loki.config.path()).stdin(Stdio::null());
    command.arg("--config").arg(loki.config.path().join("w.toml")).args(["logs", "{job=\"x\""]);
    let output = command.output().expect("the program runs");
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("parse error at line 1, col 9"), "{told}");
}
