//! A synthetic homelab: exporters of hosts that do not exist, endpoints that are broken on purpose,
//! and the place where Alertmanager's notifications arrive. All on free ports of the loopback.

mod broken;
mod exposition;
mod guests;
mod hosts;
mod node;
mod serve;
mod special;
mod webhook;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rustls::ServerConfig;
use serde_json::json;

use self::hosts::{Change, Host, Mode};
use self::serve::{Answer, Reply, Request, Server};
pub use self::webhook::Inbox;

/// The running lab; it ends when it is dropped.
#[derive(Debug)]
pub struct Lab {
    plain: Server,
    tls: Server,
    webhook: Server,
    inbox: Inbox,
}

/// What the control port changes.
struct Homelab {
    started: Instant,
    hosts: BTreeMap<&'static str, Host>,
    backups: BTreeMap<String, i64>,
}

impl Lab {
    /// Starts it; `tls` is for the port that speaks TLS.
    pub fn start(tls: Arc<ServerConfig>) -> io::Result<Self> {
        let (hosts, backups) = (hosts::hosts(), hosts::backups());
        let homelab = Arc::new(Mutex::new(Homelab { started: Instant::now(), hosts, backups }));
        let shared = Arc::clone(&homelab);
        let inbox = Inbox::default();
        let sink = inbox.clone();
        Ok(Self {
            plain: Server::start(None, move |request| lock(&homelab, request))?,
            tls: Server::start(Some(tls), move |request| lock(&shared, request))?,
            webhook: Server::start(None, move |request| sink.answer(request))?,
            inbox,
        })
    }

    /// The port of the exporters and of the control: `POST /control`.
    pub const fn port(&self) -> u16 {
        self.plain.port()
    }

    /// The port of the same behind TLS.
    pub const fn tls_port(&self) -> u16 {
        self.tls.port()
    }

    /// The port of the notifications.
    pub const fn webhook_port(&self) -> u16 {
        self.webhook.port()
    }

    /// What was notified.
    pub const fn inbox(&self) -> &Inbox {
        &self.inbox
    }
}

fn lock(homelab: &Mutex<Homelab>, request: &Request) -> Answer {
    homelab.lock().unwrap_or_else(PoisonError::into_inner).answer(request)
}

impl Homelab {
    fn answer(&mut self, request: &Request) -> Answer {
        let parts: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        let reply = match (request.method.as_str(), parts.as_slice()) {
            ("POST", ["control"]) => self.control(&request.body),
            ("GET", ["control"]) => self.state(),
            ("GET", [kind @ ("node" | "docker" | "pve" | "smart"), host, "metrics"]) => {
                return self.scrape(kind, host);
            }
            ("GET", ["special", "nan"]) => Reply::text(200, special::floats()),
            ("GET", ["special", "awkward"]) => Reply::text(200, special::awkward()),
            ("GET", ["special", "hist"]) => Reply::text(200, special::histogram(self.started.elapsed())),
            ("GET", ["broken", kind]) => return broken::answer(kind),
            ("GET", ["ok"]) => Reply::text(200, "ok\n"),
            _ => Reply::text(404, "not found\n"),
        };
        Answer::Whole(reply)
    }

    fn scrape(&mut self, kind: &str, name: &str) -> Answer {
        let Some(host) = self.hosts.get_mut(name) else {
            return Answer::Whole(Reply::text(404, "no such host\n"));
        };
        let running = self.started.elapsed();
        let metrics = match kind {
            "node" => node::metrics(name, host),
            "docker" => guests::docker(running),
            "pve" => guests::pve(running, &self.backups),
            _ => guests::smart(),
        };
        match host.mode {
            Mode::Up => Answer::Whole(Reply::text(200, metrics)),
            Mode::Down => Answer::Whole(Reply::text(503, "host down\n")),
            Mode::Slow => Answer::Late(Reply::text(200, metrics)),
            Mode::Garbage => Answer::Whole(Reply::text(200, "\0\u{1} this is not { metrics\n")),
            Mode::Empty => Answer::Whole(Reply::text(200, "")),
        }
    }

    fn control(&mut self, body: &[u8]) -> Reply {
        let change: Change = match serde_json::from_slice(body) {
            Ok(change) => change,
            Err(error) => return Reply::text(400, format!("{error}\n")),
        };
        if let Some(name) = &change.host {
            match self.hosts.get_mut(name.as_str()) {
                Some(host) => host.change(&change),
                None => return Reply::text(404, "no such host\n"),
            }
        }
        self.backups.extend(change.backup_status);
        Reply::text(200, "ok\n")
    }

    fn state(&self) -> Reply {
        let state = json!({ "hosts": self.hosts, "backup_status": self.backups });
        Reply::of("application/json", 200, state.to_string())
    }
}
