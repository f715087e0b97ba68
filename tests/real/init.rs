//! `wardroom init` as a newcomer meets it: in a terminal, against real servers, to the first dashboard.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use serde_json::Value;

use crate::program::Program;
use crate::pty::Pty;
use crate::shared;
use crate::stack::wait::until;
use crate::stack::{PASSWORD, USER};

const LIMIT: Duration = Duration::from_mins(1);

/// What is said and typed, in order.
struct Conversation {
    pty: Pty,
    heard: usize,
}

impl Conversation {
    /// Waits until this is said, after what was said before.
    fn hears(&mut self, text: &str) -> &mut Self {
        let (pty, heard) = (&self.pty, self.heard);
        let at = until("it is said", LIMIT, || {
            let bytes = pty.bytes();
            let said = String::from_utf8_lossy(bytes.get(heard..).unwrap_or_default()).into_owned();
            said.find(text)
                .map(|at| at + text.len())
                .ok_or_else(|| format!("{text:?} was not said after\n{said}"))
        });
        self.heard += at.unwrap_or_else(|reason| panic!("{reason}"));
        self
    }

    fn says(&mut self, line: &str) -> &mut Self {
        self.pty.keys(&format!("{line}\r"));
        self
    }
}

#[test]
fn the_doctor_reads_clocks_and_versions() {
    let Some(stack) = shared::stack("the doctor") else { return };
    let output = Program::new(&stack.config("5s")).run(&["doctor", "--format", "json"]);
    let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let found = |area: &str| {
        let all = said["findings"].as_array().expect("findings");
        all.iter().filter(|found| found["area"] == area).cloned().collect::<Vec<_>>()
    };
    assert_eq!(found("clock").len(), 3, "both of Prometheus, and Alertmanager's: {said:#}");
    assert!(found("clock").iter().all(|found| found["level"] == "ok"), "one machine has one clock: {said:#}");
    assert!(found("version").iter().any(|found| found["subject"] == "alertmanager.main"), "{said:#}");
    assert!(found("source").iter().all(|found| found["level"] != "failed"), "{said:#}");
}

#[test]
fn a_newcomer_has_their_lab_on_the_screen_without_an_edit() {
    let Some(stack) = shared::stack("the first config") else { return };
    let [first, second] = stack.alertmanagers();
    // A server that has just begun finds its targets a few seconds later.
    until("the targets are found", LIMIT, || {
        let output =
            Program::new(&stack.config("5s")).run(&["check", "--only", "targets", "--format", "json"]);
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        if told.contains("vm102") { Ok(()) } else { Err(told) }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
    let home = tempfile::Builder::new().prefix("wardroom-home-").tempdir().expect("a home directory");
    let root = home.path().to_owned();
    let pty = Pty::start(
        &["init", &stack.prometheus(), &stack.secure_prometheus(), &first, &second],
        home,
        (120, 50),
    );
    let mut talk = Conversation { pty, heard: 0 };
    talk.hears("+ prometheus at").hears("target").hears("Use this prometheus?").says("");
    // Another certificate is shown before anything is sent there; then it is asked who we are.
    talk.hears("shows a certificate of its own").hears("SHA-256 ");
    talk.hears(&stack.fingerprint().to_lowercase()).hears("Trust exactly this certificate? [y/N]").says("y");
    talk.hears("refused the credentials").hears("User name").says(USER);
    talk.hears("Password").says("wrong");
    talk.hears("refused the credentials").hears("User name").says(USER);
    talk.hears("Password").says(PASSWORD);
    talk.hears("+ prometheus at").hears("Use this prometheus?").says("y");
    for _ in 0..2 {
        talk.hears("+ alertmanager at").hears("Use this alertmanager?").says("");
    }
    talk.hears("Address of a loki").says("127.0.0.1:1");
    talk.hears("connection refused").hears("Address of a loki").says("");
    talk.hears("Address of a pbs").says("");
    talk.hears("Address of a pve").says("");
    talk.hears("Address of a grafana").says("");
    talk.hears("the peers of one group").says("");
    talk.hears("The targets show ").hears("Note them as your hosts? [Y/n]").says("");
    talk.hears("This will stand in").hears("[sources.prometheus.main]").hears("[sources.alertmanager.main]");
    talk.hears("Write it? [Y/n]").says("");
    talk.hears("readable by you alone").hears("Start the dashboard? [Y/n]").says("");
    until("the dashboard", LIMIT, || {
        let screen = talk.pty.screen();
        let is_there = ["Alerts", "Targets", "am ●●"].iter().all(|text| screen.contains(text));
        if is_there { Ok(()) } else { Err(screen) }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));

    let file = root.join(".config/wardroom/config.toml");
    let text = fs::read_to_string(&file).expect("the config");
    assert!(!text.contains(PASSWORD) && text.contains("fingerprint = "), "{text}");
    assert!(text.contains(&format!("urls = [{first:?}, {second:?}]")), "one group: {text}");
    assert!(text.contains("[hosts.vm102]"), "the machines of the targets: {text}");
    let secret = fs::read_dir(root.join(".config/wardroom/secrets")).expect("secrets").next();
    let secret = secret.expect("one secret").expect("a file").path();
    assert_eq!(fs::read_to_string(&secret).expect("the secret").trim(), PASSWORD);
    for file in [&file, &secret] {
        assert_eq!(fs::metadata(file).expect("it is there").permissions().mode() & 0o777, 0o600);
    }
    let transcript = String::from_utf8_lossy(&talk.pty.bytes()).into_owned();
    assert!(!transcript.contains(PASSWORD), "what is secret is not shown while it is typed");
    talk.pty.keys("q");
    until("it ends", LIMIT, || talk.pty.exit_code().ok_or("it still runs")).expect("an end");
}
