//! A complete monitoring stack of real servers on loopback, with a synthetic homelab below it:
//! Prometheus twice (plain, and behind TLS, a password and a path prefix), an Alertmanager cluster
//! of two, the node, blackbox and push exporters, and endpoints that fail in every way.
//!
//! Ports are free ones, state is in a temporary directory, and everything stops with the [`Stack`].

mod ask;
mod awkward;
mod certificate;
mod lab;
pub mod parts;
pub mod ports;
pub mod process;
pub mod programs;
mod render;
pub mod wait;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::Method;
use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

pub use self::ask::Asker;
use self::certificate::Certificate;
use self::lab::Lab;
pub use self::parts::Part;
use self::parts::{Launch, Ports};
use self::ports::Closed;
use self::process::Guard;
pub use self::process::Process;
use self::wait::until;

/// The name that Prometheus B asks for.
pub const USER: &str = "lab";
/// Its password, of no worth outside this stack.
pub const PASSWORD: &str = "lab-password";

/// How long a server may take until it is ready.
const READY: Duration = Duration::from_secs(30);
/// How often a port may be taken by another between its choice and its use.
const ATTEMPTS: usize = 5;

/// The running servers.
#[derive(Debug)]
pub struct Stack {
    // Dropped in this order, after the processes were stopped.
    processes: Vec<Process>,
    lab: Lab,
    closed: Closed,
    guard: Guard,
    directory: TempDir,
    ports: Ports,
    certificate: Certificate,
    asker: Asker,
}

/// Why a stack did not start.
enum Failure {
    PortTaken(String),
    Other(String),
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Other(error.to_string())
    }
}

impl Stack {
    /// Starts the parts and waits until each is ready.
    pub fn start(parts: &[Part]) -> Result<Self, String> {
        let mut reason = String::new();
        for _ in 0..ATTEMPTS {
            match Self::attempt(parts) {
                Ok(stack) => return Ok(stack),
                Err(Failure::PortTaken(taken)) => reason = taken,
                Err(Failure::Other(error)) => return Err(error),
            }
        }
        Err(reason)
    }

    fn attempt(parts: &[Part]) -> Result<Self, Failure> {
        let directory = tempfile::Builder::new().prefix("wardroom-stack-").tempdir()?;
        let certificate = Certificate::make()?;
        let lab = Lab::start(certificate.server_config()?)?;
        let closed = Closed::take()?;
        let chosen = Ports::choose()?;
        let asker = Asker::new(&certificate.authority, Some((USER, PASSWORD))).map_err(Failure::Other)?;
        let guard = Guard::start(directory.path())?;
        let processes = Vec::new();
        let mut stack = Self { processes, lab, closed, guard, directory, ports: chosen, certificate, asker };
        stack.write()?;
        let launches = parts.iter().flat_map(|part| part.launches(stack.directory.path(), &chosen));
        let launches: Vec<_> = launches.collect();
        for launch in &launches {
            stack.launch(launch)?;
        }
        for launch in &launches {
            stack.wait_page(&launch.page, None)?;
        }
        if parts.contains(&Part::Exporters) {
            stack.push_batch_jobs().map_err(Failure::Other)?;
        }
        Ok(stack)
    }

    fn write(&self) -> io::Result<()> {
        let directory = self.directory();
        for folder in ["sd", "tls"] {
            fs::create_dir_all(directory.join(folder))?;
        }
        fs::write(self.authority_file(), &self.certificate.authority)?;
        fs::write(directory.join("tls/server.pem"), &self.certificate.server)?;
        fs::write(directory.join("tls/server.key"), &self.certificate.key)?;
        let Ports { prometheus, secure, alertmanagers: [first, second], .. } = self.ports;
        let ports = [
            ("PROM_PORT", prometheus),
            ("PROM2_PORT", secure),
            ("AM1_PORT", first),
            ("AM2_PORT", second),
            ("NODE_PORT", self.ports.node),
            ("BLACKBOX_PORT", self.ports.blackbox),
            ("PUSHGW_PORT", self.ports.pushgateway),
            ("LAB_PORT", self.lab.port()),
            ("LABTLS_PORT", self.lab.tls_port()),
            ("WEBHOOK_PORT", self.lab.webhook_port()),
            ("CLOSED_PORT", self.closed.port()?),
        ];
        let mut values = ports.map(|(name, port)| (name, port.to_string())).to_vec();
        values.push(("DATA", directory.display().to_string()));
        render::write(directory, &values)
    }

    /// Starts one more server beside the parts, and waits until it is ready.
    pub fn add(&mut self, launch: &Launch) -> Result<(), String> {
        let told = |failure| match failure {
            Failure::PortTaken(reason) | Failure::Other(reason) => reason,
        };
        self.launch(launch).map_err(told)?;
        self.wait_page(&launch.page, Some(launch.name)).map_err(told)
    }

    fn launch(&mut self, launch: &Launch) -> Result<(), Failure> {
        let program = programs::locate(launch.program).map_err(Failure::Other)?;
        let process = Process::start(launch, program, self.directory.path())?;
        self.guard.watch(&process)?;
        self.processes.push(process);
        Ok(())
    }

    /// Waits until a page answers, but not when a server has already ended: this one, or any.
    fn wait_page(&mut self, page: &str, only: Option<&str>) -> Result<(), Failure> {
        let Self { processes, asker, .. } = self;
        until(page, READY, || {
            let mut watched =
                processes.iter_mut().filter(|process| only.is_none_or(|only| process.name() == only));
            if let Some(process) = watched.find_map(|process| process.has_ended().then_some(process)) {
                let words = process.last_words();
                let reason = format!("{} ended: {words}", process.name());
                let taken = words.contains("address already in use");
                return Ok(Err(if taken { Failure::PortTaken(reason) } else { Failure::Other(reason) }));
            }
            asker.get(page).map(|_| Ok(()))
        })
        .map_err(Failure::Other)?
    }

    /// Two batch jobs report: one now, one with a success of long ago.
    fn push_batch_jobs(&self) -> Result<(), String> {
        let now = Utc::now().timestamp();
        let name = "lab_batch_last_success_timestamp_seconds";
        for (job, instance, time) in
            [("nightly_backup", "vm102", now), ("vault_export", "lxc230", now - 200_000)]
        {
            let url =
                format!("http://127.0.0.1:{}/metrics/job/{job}/instance/{instance}", self.ports.pushgateway);
            self.asker.text(Method::PUT, &url, format!("# TYPE {name} gauge\n{name} {time}\n"))?;
        }
        Ok(())
    }

    /// The base address of Prometheus A.
    pub fn prometheus(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.prometheus)
    }

    /// The base address of Prometheus B, with its path prefix.
    pub fn secure_prometheus(&self) -> String {
        format!("https://127.0.0.1:{}/prometheus", self.ports.secure)
    }

    /// The base addresses of the Alertmanagers.
    pub fn alertmanagers(&self) -> [String; 2] {
        self.ports.alertmanagers.map(|port| format!("http://127.0.0.1:{port}"))
    }

    /// A configuration of the program for all the parts, which asks every `interval`.
    pub fn config(&self, interval: &str) -> String {
        let [first, second] = self.alertmanagers();
        format!(
            "[sources.prometheus.main]\nurl = {:?}\ninterval = {interval:?}\n\n\
             [sources.prometheus.secure]\nurl = {:?}\ninterval = {interval:?}\nusername = {USER:?}\n\
             password = {PASSWORD:?}\nca_file = \"{}\"\n\n\
             [sources.alertmanager.main]\nurls = [{first:?}, {second:?}]\ninterval = {interval:?}\n",
            self.prometheus(),
            self.secure_prometheus(),
            self.authority_file().display(),
        )
    }

    /// Where the authority's certificate is: what `ca_file` names.
    pub fn authority_file(&self) -> PathBuf {
        self.directory().join("tls/authority.pem")
    }

    /// When Prometheus B's certificate ends, which is the lab's too.
    pub const fn certificate_end(&self) -> DateTime<Utc> {
        self.certificate.ends
    }

    /// SHA-256 of Prometheus B's certificate, as `AA:BB:..`.
    pub fn fingerprint(&self) -> String {
        self.certificate.fingerprint()
    }

    /// Where its files are, the servers' logs among them.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Asks the servers directly.
    pub const fn asker(&self) -> &Asker {
        &self.asker
    }

    /// The synthetic homelab.
    pub const fn lab(&self) -> &Lab {
        &self.lab
    }

    /// Changes the homelab: `{"host": "vm100", "cpu": 0.1}`, `{"host": "pve", "mode": "down"}`,
    /// `{"backup_status": {"102": 0}}`.
    pub fn control(&self, change: &Value) -> Result<(), String> {
        self.asker.post(&format!("{}/control", self.lab_address()), change).map(drop)
    }

    /// The base address of the homelab.
    pub fn lab_address(&self) -> String {
        format!("http://127.0.0.1:{}", self.lab.port())
    }

    /// A server by its name: `prometheus`, `prometheus-secure`, `alertmanager-0`, ...
    pub fn process(&mut self, name: &str) -> Option<&mut Process> {
        self.processes.iter_mut().find(|process| process.name() == name)
    }

    /// Starts a server again that was killed, and waits until it is ready.
    pub fn restart(&mut self, name: &str) -> Result<(), String> {
        let Self { processes, guard, .. } = self;
        let process = processes.iter_mut().find(|process| process.name() == name);
        let process = process.ok_or_else(|| format!("no server {name}"))?;
        process.restart().and_then(|()| guard.watch(process)).map_err(|error| error.to_string())?;
        let page = process.page().to_owned();
        // Others may lie there killed, and wait for their turn.
        self.wait_page(&page, Some(name)).map_err(|failure| match failure {
            Failure::PortTaken(reason) | Failure::Other(reason) => reason,
        })
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // One Alertmanager leaves its cluster first: asked together, each waits for the other.
        if let Some(first) = self.process("alertmanager-0") {
            first.signal(Signal::TERM);
            first.end_within(Duration::from_secs(3));
        }
        for process in &mut self.processes {
            process.signal(Signal::TERM);
            // One that is stopped must go on to hear it.
            process.signal(Signal::CONT);
        }
        for process in &mut self.processes {
            process.end_within(Duration::from_secs(6));
        }
    }
}
