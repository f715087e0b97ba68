//! The server itself: its version, its services, its certificate, and the machine under it.

use futures_util::future::join4;
use serde::Deserialize;

use super::api::{Api, local_reason};
use crate::domain::server::{Machine, Server, Service};
use crate::sources::SourceError;
use crate::text::sanitise;

/// `/version`
#[derive(Debug, Deserialize)]
pub(super) struct Version {
    #[serde(default)]
    version: String,
    #[serde(default)]
    release: String,
}

/// `/nodes/localhost/time`
#[derive(Debug, Deserialize)]
pub(super) struct Time {
    timezone: String,
}

/// `/nodes/localhost/status`
#[derive(Debug, Deserialize)]
pub(super) struct Status {
    uptime: u64,
    loadavg: (f64, f64, f64),
    cpuinfo: Cpus,
    memory: Room,
    root: Room,
}

#[derive(Debug, Deserialize)]
struct Cpus {
    cpus: u64,
}

#[derive(Debug, Deserialize)]
struct Room {
    used: u64,
    total: u64,
}

/// An entry of `/nodes/localhost/services`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct ServiceItem {
    service: String,
    #[serde(default)]
    state: String,
    unit_state: Option<String>,
}

/// Looks at the server. A token that may not see its services or its machine sees the rest.
pub(super) async fn read(api: &Api) -> Result<Server, SourceError> {
    let (version, services, zone, machine) =
        join4(api.version(), api.services(), api.time(), api.machine()).await;
    let version = version?;
    let (mut services, hidden) = match services {
        Ok(items) => (items.into_iter().map(ServiceItem::service).collect(), None),
        Err(error) => (Vec::new(), Some(local_reason(&error).ok_or(error)?)),
    };
    services.sort_by(|one: &Service, other| one.name.cmp(&other.name));
    let release = if version.release.is_empty() { String::new() } else { format!(".{}", version.release) };
    Ok(Server {
        version: sanitise(&format!("{}{release}", version.version)).into(),
        services,
        hidden: hidden.map(|reason| sanitise(&reason).into()),
        zone: zone.ok().map(|time| sanitise(&time.timezone).into()),
        certificate: api.client.certificate_end(),
        machine: machine.ok().map(Status::machine),
    })
}

impl Status {
    const fn machine(self) -> Machine {
        let Self { uptime, loadavg: (_, load, _), cpuinfo, memory, root } = self;
        let (memory, root) = ((memory.used, memory.total), (root.used, root.total));
        Machine { uptime, load, cores: cpuinfo.cpus, memory, root }
    }
}

impl ServiceItem {
    fn service(self) -> Service {
        Service {
            name: sanitise(&self.service).into(),
            state: sanitise(&self.state).into(),
            wanted: self.unit_state.as_deref() == Some("enabled"),
        }
    }
}
