//! What is known beside the document: the alert's labels, the config, and what the operator said.
//! From it come the values of placeholders and the hosts that the document means.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::placeholder::{Declared, Kind, Source, admit, is_ipv6, visible};
use crate::domain::host::Inventory;
use crate::domain::labels::Labels;

/// What is known.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The labels of the alert.
    pub labels: Labels,
    /// What the operator said: `--set NAME=value`.
    pub set: BTreeMap<String, String>,
    /// Hosts as the operator mapped them: `--host-map a=b`.
    pub host_map: BTreeMap<String, String>,
    /// Hosts as the config maps them: `[runbooks.hosts]`.
    pub mapped: BTreeMap<String, String>,
    /// The operator's hosts: `[hosts.NAME]`.
    pub hosts: Inventory,
    /// Hosts that Prometheus scrapes.
    pub scraped: BTreeSet<String>,
    /// `[runbooks.placeholders.NAME]`
    pub declared: BTreeMap<String, Declared>,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A label of the alert.
    Label,
    /// The config.
    Config,
    /// `[hosts.NAME]`
    Inventory,
    /// The operator said it.
    Operator,
}

/// A value, with what it is and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The value.
    pub text: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// The alert's host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its name or address, without a port.
    pub host: String,
    /// The port of its instance.
    pub port: Option<String>,
}

/// Labels that name a host, when `instance` does not.
const HOST_LABELS: [&str; 3] = ["host", "exported_host", "nodename"];

impl Facts {
    /// The host that the alert is about; `None` when its labels name none.
    ///
    /// # Errors
    /// The rule that the label fails.
    pub fn target(&self) -> Option<Result<Target, String>> {
        let target = if let Some(instance) = self.labels.get("instance") {
            instance_of(instance)
        } else {
            let name = HOST_LABELS.iter().find_map(|label| self.labels.get(label))?;
            let host = self.hosts.address(name).to_owned();
            admit(&host, Kind::Host, None).map(|()| Target { host, port: None })
        };
        Some(target.and_then(|target| self.is_ours(&target.host).map(|()| target)))
    }

    /// R4: a host that came with an alert is one of the inventory, or the operator has typed it.
    fn is_ours(&self, host: &str) -> Result<(), String> {
        let is_nothing_known = self.hosts.0.is_empty() && self.scraped.is_empty();
        let is_typed = self.host_map.iter().any(|(from, to)| from == host || to == host)
            || self.mapped.values().chain(self.set.values()).any(|typed| typed == host);
        if is_nothing_known || is_typed || self.hosts.find(host).is_some() || self.scraped.contains(host) {
            return Ok(());
        }
        Err(format!(
            "R4: {} is no host of the inventory; add it under [hosts.NAME] or say --host-map {host}={host}",
            visible(host)
        ))
    }

    /// The kind of a placeholder.
    pub fn kind(&self, name: &str) -> Kind {
        self.declared.get(name).and_then(|declared| declared.kind).unwrap_or_else(|| Kind::of(name))
    }

    /// The value of a placeholder; `None` when nobody knows it.
    ///
    /// # Errors
    /// The rule that the value fails.
    pub fn value(&self, name: &str) -> Result<Option<Found>, String> {
        let declared = self.declared.get(name);
        let is_declared = declared.is_some() || !name.chars().any(|char| char.is_ascii_lowercase());
        if !is_declared {
            return Err(format!("it is not declared; declare [runbooks.placeholders.{name}] or escape it"));
        }
        let kind = self.kind(name);
        let found = match self.set.get(name) {
            Some(value) => Some(Found { text: value.clone(), origin: Origin::Operator }),
            None => self.known(name, declared.and_then(|declared| declared.source.as_ref()))?,
        };
        let Some(found) = found else { return Ok(None) };
        admit(&found.text, kind, declared.and_then(|declared| declared.pattern.as_ref()))?;
        if kind == Kind::Host && found.origin == Origin::Label {
            self.is_ours(&found.text)?;
        }
        self.is_free(name, &found.text)?;
        Ok(Some(found))
    }

    fn known(&self, name: &str, source: Option<&Source>) -> Result<Option<Found>, String> {
        let label = |text: String| Found { text, origin: Origin::Label };
        let host = || Ok(self.target().transpose()?.map(|target| label(target.host)));
        let port = || Ok(self.target().transpose()?.and_then(|target| target.port).map(label));
        match source {
            Some(Source::Ask) => return Ok(None),
            Some(Source::Target) => return host(),
            Some(Source::Port) => return port(),
            Some(Source::Label(name)) => return Ok(self.labels.get(name).map(|text| label(text.to_owned()))),
            Some(Source::Value(text)) => {
                return Ok(Some(Found { text: text.clone(), origin: Origin::Config }));
            }
            None => {}
        }
        match name {
            "TARGET" | "TARGET_HOST" | "TARGET_IP" => host(),
            "EXPORTER_PORT" => port(),
            "VMID" => self.vmid(),
            "SERVICE_NAME" => {
                let unit = ["name", "service", "unit"].iter().find_map(|label| self.labels.get(label));
                Ok(unit.map(|text| label(text.to_owned())))
            }
            _ => Ok(None),
        }
    }

    fn vmid(&self) -> Result<Option<Found>, String> {
        if let Some(vmid) = self.labels.get("vmid") {
            return Ok(Some(Found { text: vmid.to_owned(), origin: Origin::Label }));
        }
        let id =
            self.labels.get("id").and_then(|id| id.strip_prefix("qemu/").or_else(|| id.strip_prefix("lxc/")));
        if let Some(vmid) = id {
            return Ok(Some(Found { text: vmid.to_owned(), origin: Origin::Label }));
        }
        let Some(target) = self.target().transpose()? else { return Ok(None) };
        let vmid = self.hosts.find(&target.host).and_then(|(_, host)| host.vmid);
        Ok(vmid.map(|vmid| Found { text: vmid.to_string(), origin: Origin::Inventory }))
    }

    /// The number of a new guest is that of no other.
    fn is_free(&self, name: &str, value: &str) -> Result<(), String> {
        if name != "NEW_VMID" {
            return Ok(());
        }
        let old = self.value("VMID").ok().flatten().is_some_and(|vmid| vmid.text == value);
        let taken =
            self.hosts.0.iter().find(|(_, host)| host.vmid.is_some_and(|vmid| vmid.to_string() == value));
        match taken {
            Some((name, _)) => Err(format!("R2: {} is the guest {name}", visible(value))),
            None if old => {
                Err(format!("R2: {} is the guest that is restored, not a new one", visible(value)))
            }
            None => Ok(()),
        }
    }

    /// The host that the document means by `literal`.
    ///
    /// # Errors
    /// Nobody knows, or the mapping is no host.
    pub fn host(&self, literal: &str) -> Result<Found, String> {
        let by_operator = self.host_map.get(literal).map(|to| (to, Origin::Operator));
        let mapped = by_operator.or_else(|| self.mapped.get(literal).map(|to| (to, Origin::Config)));
        if let Some((to, origin)) = mapped {
            let text = if to == "{target}" {
                self.target()
                    .ok_or_else(|| {
                        format!("{literal} stands for the alert's host, and its labels name none")
                    })??
                    .host
            } else {
                self.hosts.address(to).to_owned()
            };
            admit(&text, Kind::Host, None)?;
            return Ok(Found { text, origin });
        }
        if let Some(Ok(target)) = self.target()
            && target.host == literal
        {
            return Ok(Found { text: target.host, origin: Origin::Label });
        }
        if self.hosts.find(literal).is_some() {
            let text = self.hosts.address(literal).to_owned();
            admit(&text, Kind::Host, None)?;
            return Ok(Found { text, origin: Origin::Inventory });
        }
        if self.scraped.contains(literal) {
            return Ok(Found { text: literal.to_owned(), origin: Origin::Inventory });
        }
        Err(format!(
            "the document says {}, and which of your hosts that is nobody said: --host-map {literal}=HOST, \
             [runbooks.hosts] \"{literal}\" = \"HOST\" or [hosts.NAME] addresses",
            visible(literal)
        ))
    }
}

/// Host and port of an `instance` label: `h:9100`, `[fd00::1]:9100`, `https://h:8443/x`, `h`.
///
/// # Errors
/// The rule that it fails.
pub fn instance_of(instance: &str) -> Result<Target, String> {
    let bare = instance
        .split_once("://")
        .map_or(instance, |(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let (host, port) = match bare.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => match rest.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None if rest.is_empty() => (host, None),
            None => return Err(format!("R2: {} is not a host and a port", visible(instance))),
        },
        None if is_ipv6(bare) => (bare, None),
        None => match bare.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (bare, None),
        },
    };
    admit(host, Kind::Host, None)?;
    if let Some(port) = port {
        admit(port, Kind::Port, None)?;
    }
    Ok(Target { host: host.to_owned(), port: port.map(str::to_owned) })
}

#[cfg(test)]
#[path = "facts_tests.rs"]
mod tests;
