//! A backup server itself: what runs on it, and what it shows to those who connect.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::health::Health;

/// A server, as far as it lets itself be seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Server {
    /// Its version, `3.2.4`; empty when it did not say.
    pub version: Arc<str>,
    /// Its services, by name. Empty is what a server says that cannot ask its own system.
    pub services: Vec<Service>,
    /// Why its services cannot be read, sanitised.
    pub hidden: Option<Arc<str>>,
    /// The zone that it lives in, `Europe/Vienna`; `None` when it did not say.
    pub zone: Option<Arc<str>>,
    /// Until when its certificate is valid; `None` for a connection without TLS.
    pub certificate: Option<DateTime<Utc>>,
    /// The machine that it runs on; `None` when the token may not know.
    #[serde(default)]
    pub machine: Option<Machine>,
}

/// The machine under a server.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Seconds since it started.
    pub uptime: u64,
    /// Tasks that ran or waited, over five minutes.
    pub load: f64,
    /// How many cores it has.
    pub cores: u64,
    /// Bytes of memory, used and in all.
    pub memory: (u64, u64),
    /// Bytes of its root file system, used and in all.
    pub root: (u64, u64),
}

/// A service of the server's system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Its name, without `.service`.
    pub name: Arc<str>,
    /// `running`, `dead`, `exited`, `failed`, ...
    pub state: Arc<str>,
    /// Whether the system is to keep it running.
    pub wanted: bool,
}

/// A certificate that ends within this span is a warning, or critical.
const WARN: TimeDelta = TimeDelta::days(21);
const CRITICAL: TimeDelta = TimeDelta::days(3);

impl Service {
    /// Whether it should run and does not.
    pub fn is_down(&self) -> bool {
        &*self.state == "failed" || (self.wanted && &*self.state == "dead")
    }
}

impl Server {
    /// How bad it is that the certificate ends.
    pub fn certificate_health(&self, now: DateTime<Utc>) -> Health {
        match self.certificate {
            Some(until) if until - now < CRITICAL => Health::Critical,
            Some(until) if until - now < WARN => Health::Warning,
            _ => Health::Ok,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_ends_some_day() {
        let now = DateTime::from_timestamp(1_795_000_000, 0).expect("a time");
        for (days, health) in
            [(365_000, Health::Ok), (22, Health::Ok), (20, Health::Warning), (2, Health::Critical)]
        {
            let server = Server { certificate: Some(now + TimeDelta::days(days)), ..Server::default() };
            assert_eq!(server.certificate_health(now), health, "{days}");
        }
        assert_eq!(Server::default().certificate_health(now), Health::Ok);
    }

    #[test]
    fn a_service_that_nobody_installed_is_not_down() {
        for (state, wanted, down) in [
            ("running", true, false),
            ("exited", true, false),
            ("dead", true, true),
            ("dead", false, false),
            ("failed", false, true),
        ] {
            let service = Service { name: "postfix".into(), state: state.into(), wanted };
            assert_eq!(service.is_down(), down, "{state} {wanted}");
        }
    }
}
