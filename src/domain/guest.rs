//! Guests of Proxmox VE: virtual machines and containers.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What sort of guest, in the words of a backup group.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::AsRefStr,
    strum::EnumString,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum GuestKind {
    /// A virtual machine; PVE says `qemu`.
    Vm,
    /// A container; PVE says `lxc`.
    Ct,
}

/// Which guest of a cluster: VMIDs are unique in it, and VMs and containers share them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GuestId {
    /// What sort.
    pub kind: GuestKind,
    /// Its VMID.
    pub vmid: u32,
}

impl GuestId {
    /// The guest that a backup group of this kind and id is of; `None` for hosts.
    pub fn of(kind: &str, id: &str) -> Option<Self> {
        Some(Self { kind: kind.parse().ok()?, vmid: id.parse().ok()? })
    }
}

impl fmt::Display for GuestId {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}/{}", self.kind, self.vmid)
    }
}

/// What a guest does.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display, strum::AsRefStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum GuestState {
    /// It runs.
    Running,
    /// It is off.
    Stopped,
    /// It is held.
    Paused,
    /// The node says nothing of it.
    Unknown,
}

impl GuestState {
    /// The state that PVE's word names.
    pub fn of(word: &str) -> Self {
        match word {
            "running" => Self::Running,
            "stopped" => Self::Stopped,
            "paused" | "suspended" | "prelaunch" => Self::Paused,
            _ => Self::Unknown,
        }
    }
}

/// One guest. Texts are sanitised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Guest {
    /// Which.
    pub id: GuestId,
    /// Its name; empty when it has none.
    pub name: Arc<str>,
    /// The node that it is on.
    pub node: Arc<str>,
    /// What it does.
    pub state: GuestState,
    /// It is a template: nothing runs in it, and it does not change.
    pub template: bool,
    /// Its tags.
    pub tags: Vec<Arc<str>>,
    /// Its pool; empty when it is in none.
    pub pool: Arc<str>,
    /// What holds it: `backup` while it is backed up, `migrate`, `snapshot`; empty for nothing.
    pub lock: Arc<str>,
    /// How long it has been running, in seconds.
    pub uptime: Option<u64>,
}

/// What a guest's own config says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Whose.
    pub id: GuestId,
    /// It is started with its node: when it is off, somebody stopped it.
    pub onboot: bool,
    /// Disks that no backup of it holds, because the config says so.
    pub left_out: Vec<Arc<str>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_names_its_guest() {
        assert_eq!(GuestId::of("vm", "102").map(|id| id.to_string()).as_deref(), Some("vm/102"));
        assert_eq!(GuestId::of("ct", "230").map(|id| id.kind), Some(GuestKind::Ct));
        assert_eq!(GuestId::of("host", "pve"), None);
        assert_eq!(GuestId::of("vm", "web"), None);
    }
}
