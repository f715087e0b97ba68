//! The embedded demo lab: the APIs of Prometheus, Alertmanager, Loki, Proxmox Backup Server and
//! Proxmox VE on loopback, played from a script. The dashboard reads it through its ordinary sources.
//!
//! Every answer is a function of the scenario, the seed and the clock, except for silences that
//! somebody makes: those are kept until the lab stops.

mod alertmanager;
mod loki;
mod matcher;
mod pbs;
mod prometheus;
mod pve;
mod runbooks;
mod script;
mod serve;
mod span;

use std::fmt::Write as _;
use std::io;
use std::str::FromStr;
use std::sync::Arc;

use axum::Router;
use chrono::{DateTime, Utc};
use tokio::net::TcpSocket;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::domain::exercise::Exercise;
use alertmanager::Cluster;
use loki::Loki;
use pbs::Pbs;
use prometheus::Prometheus;
use pve::Pve;
pub use runbooks::{DIRECTORY as RUNBOOKS, Runbooks};
use script::Script;
pub use script::scale::Scale;
use serve::Shared;

/// What happens in the lab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::Display, strum::AsRefStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Scenario {
    /// All is well.
    Calm,
    /// The storage VM went away, and with it what depends on it.
    #[default]
    HostDown,
    /// Last night's backup of one guest failed.
    BackupLate,
    /// The hypervisor came back without its network: everything cries at once.
    Storm,
    /// Alerts no longer reach Alertmanager.
    ChainBroken,
    /// The hypervisor was started anew, and the storage still waits for a disk.
    ColdBoot,
    /// A share of the NAS hangs, and the NAS looks healthy.
    NfsHang,
    /// All is well, and there is a lot of it: `scale:TARGETS,ALERTS,SNAPSHOTS,LINES`.
    Scale(Scale),
}

impl Scenario {
    /// Those that tell a story.
    pub const ALL: [Self; 7] = [
        Self::Calm,
        Self::HostDown,
        Self::BackupLate,
        Self::Storm,
        Self::ChainBroken,
        Self::ColdBoot,
        Self::NfsHang,
    ];

    /// How large the lab is beside its usual size.
    const fn scale(self) -> Scale {
        match self {
            Self::Scale(scale) => scale,
            _ => Scale { targets: 0, alerts: 0, snapshots: 0, lines: 0 },
        }
    }

    /// The scenario in one line.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Calm => "all is well; one old warning is acknowledged",
            Self::HostDown => "the storage VM is down for 14 minutes, and what depends on it suffers",
            Self::BackupLate => "the backup of the storage VM is 26 hours old and failed twice",
            Self::Storm => "the network of the hypervisor is gone: more than 60 alerts at once",
            Self::ChainBroken => "Prometheus cannot reach Alertmanager: alerts fire and nobody is told",
            Self::ColdBoot => {
                "the hypervisor was started four minutes ago; the layers come up in their order"
            }
            Self::NfsHang => "a share of the NAS hangs: seven things fail at once, and the NAS looks healthy",
            Self::Scale(_) => "as many targets, alerts, snapshots and lines a second as were asked for",
        }
    }

    /// What is to be done about it, where something is.
    pub fn exercise(self) -> Option<Exercise> {
        let (goal, alert, of, fixes): (_, _, _, &[&str]) = match self {
            Self::HostDown => (
                "Find what the others follow from, and start it",
                "HostDown",
                ("host", "vm102"),
                &["qm start 102"],
            ),
            Self::BackupLate => (
                "Find the guest without a backup, and make one",
                "BackupJobFailed",
                ("vmid", "102"),
                &["vzdump 102"],
            ),
            Self::Storm => (
                "Find what took the network of the hypervisor away, and restart it",
                "SystemdUnitFailed",
                ("name", "networking.service"),
                &["restart networking"],
            ),
            Self::ChainBroken => (
                "Nobody is told: keep an incident, find where alerts get lost, and reload that",
                "NotificationsFailing",
                ("host", "lxc200"),
                &[":9093/-/reload", "restart alertmanager"],
            ),
            _ => return None,
        };
        Some(Exercise {
            scenario: self.as_ref().into(),
            goal: goal.into(),
            alert: alert.into(),
            of: (of.0.into(), of.1.into()),
            fixes: fixes.iter().map(|fix| (*fix).into()).collect(),
            is_deaf: self == Self::ChainBroken,
        })
    }

    /// The instant at which pictures of the scenario stand still.
    pub const fn instant(self) -> DateTime<Utc> {
        // 2026-11-13T14:02:11Z, the same for all of them.
        match DateTime::from_timestamp(1_794_578_531, 0) {
            Some(instant) => instant,
            None => DateTime::UNIX_EPOCH,
        }
    }
}

/// A name that no scenario has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no scenario {0:?}; there are {names}", names = names())]
pub struct UnknownScenario(String);

fn names() -> String {
    let told = Scenario::ALL.iter().map(AsRef::as_ref);
    told.chain(["scale:TARGETS,ALERTS,SNAPSHOTS,LINES"]).collect::<Vec<_>>().join(", ")
}

impl FromStr for Scenario {
    type Err = UnknownScenario;

    fn from_str(name: &str) -> Result<Self, UnknownScenario> {
        let unknown = || UnknownScenario(name.to_owned());
        if let Some(numbers) = name.strip_prefix("scale:") {
            return numbers.parse().map(Self::Scale).map_err(|()| unknown());
        }
        Self::ALL.into_iter().find(|scenario| scenario.as_ref() == name).ok_or_else(unknown)
    }
}

/// Which Loki the lab plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// 3.7: structured metadata, `categorize-labels`.
    #[default]
    Three,
    /// 2.9: labels and lines only.
    Two,
}

/// The token that the lab's backup server takes. It opens nothing else.
const TOKEN: &str = "monitor@pbs!dash:eef5fb36-cd49-4797-bdb1-f8b00d912426";

/// The token that the lab's hypervisor takes.
const PVE_TOKEN: &str = "monitor@pve!dash=0f3a6a0c-1f0b-4b32-9c55-6e0b7b1f2d84";

/// What a drill of the storm is mended with: no runbook of the owner's has it.
const RESTART: &str = r#"
[[actions]]
name = "Restart the unit"
argv = ["systemctl", "restart", "{unit}"]
host = "{target}"
alerts = ["SystemdUnitFailed"]
"#;

/// A port on which nobody listens.
fn silent() -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, 1], 0).into())?;
    Ok(socket)
}

/// A lab that is running. It stops when this is dropped.
#[derive(Debug)]
pub struct Lab {
    scenario: Scenario,
    prometheus: u16,
    alertmanagers: [u16; 2],
    loki: u16,
    pbs: u16,
    pve: u16,
    runbooks: Runbooks,
    /// The port of the storage VM's ssh: a door to knock at.
    storage: u16,
    /// Ports that are taken but on which nobody listens: connections to them are refused.
    _dead: Vec<TcpSocket>,
    /// Dropping it tells every server and tail to end.
    _running: watch::Sender<()>,
}

impl Lab {
    /// Starts the servers on free ports of loopback, on the runtime that this is called on.
    ///
    /// # Errors
    /// When no port can be had, or the runbooks cannot be written.
    pub async fn start(scenario: Scenario, seed: u64, clock: Clock) -> io::Result<Self> {
        Self::start_with(scenario, seed, clock, Dialect::default()).await
    }

    /// As [`Lab::start`], with a Loki of that dialect.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start_with(
        scenario: Scenario,
        seed: u64,
        clock: Clock,
        dialect: Dialect,
    ) -> io::Result<Self> {
        let script = Arc::new(Script::new(scenario, seed, clock.now().wall));
        let (running, stop) = watch::channel(());

        let prometheus = serve::bind().await?;
        let loki = serve::bind().await?;
        let pbs = serve::bind().await?;
        let pve = serve::bind().await?;
        let first = serve::bind().await?;
        let cluster = Arc::new(Cluster::new(Arc::clone(&script)));
        let (second_port, dead) = if cluster.has_lost_a_peer() {
            let socket = silent()?;
            (socket.local_addr()?.port(), vec![socket])
        } else {
            let second = serve::bind().await?;
            let port = second.local_addr()?.port();
            let peer = Arc::clone(&cluster).peer(1);
            serve::serve(second, Shared::new(peer, &clock, &stop), Router::new());
            (port, Vec::new())
        };
        let mut dead = dead;
        let storage = if matches!(scenario, Scenario::HostDown | Scenario::Storm) {
            let socket = silent()?;
            let port = socket.local_addr()?.port();
            dead.push(socket);
            port
        } else {
            pbs.local_addr()?.port()
        };
        let lab = Self {
            scenario,
            prometheus: prometheus.local_addr()?.port(),
            alertmanagers: [first.local_addr()?.port(), second_port],
            loki: loki.local_addr()?.port(),
            pbs: pbs.local_addr()?.port(),
            pve: pve.local_addr()?.port(),
            runbooks: Runbooks::write()?,
            storage,
            _dead: dead,
            _running: running,
        };
        serve::serve(first, Shared::new(cluster.peer(0), &clock, &stop), Router::new());
        let api = Prometheus::new(Arc::clone(&script));
        serve::serve(prometheus, Shared::new(api, &clock, &stop), Router::new());
        let api = Loki::new(Arc::clone(&script), dialect);
        serve::serve(loki, Shared::new(api, &clock, &stop), loki::tail::routes());
        let api = Pbs::new(Arc::clone(&script));
        serve::serve(pbs, Shared::new(api, &clock, &stop), Router::new());
        serve::serve(pve, Shared::new(Pve::new(script), &clock, &stop), Router::new());
        Ok(lab)
    }

    /// What it plays.
    pub const fn scenario(&self) -> Scenario {
        self.scenario
    }

    /// Where it listens, each port with one that its server is known by: for pictures, which are to be the
    /// same every time.
    pub fn usual_ports(&self) -> [(u16, u16); 7] {
        let [first, second] = self.alertmanagers;
        [
            (self.prometheus, 19_090),
            (first, 19_093),
            (second, 19_094),
            (self.loki, 13_100),
            (self.pbs, 18_007),
            (self.pve, 18_006),
            (self.storage, 10_022),
        ]
    }

    /// The config that makes a dashboard look at this lab.
    pub fn config(&self) -> String {
        let [first, second] = self.alertmanagers;
        let mut config = String::new();
        let _infallible = write!(
            config,
            r#"[ui]
operator = "sam@desk"

[slo.nextcloud]
objective = 99.5
query = 'probe_success{{instance="https://cloud.home.arpa"}}'

[slo.vault]
objective = 99.5
query = 'probe_success{{instance="https://vault.home.arpa"}}'
window = "month"

[services.Nextcloud]
probe = "https://cloud.home.arpa"
guest = "210"
host = "lxc210"
backup = "ct/210"

[services.Vaultwarden]
probe = "https://vault.home.arpa"
guest = "230"
host = "lxc230"
backup = "ct/230"

[services.Jellyfin]
guest = "100"
host = "vm100"
mounts = ["/mnt/vm-data"]

[services.Samba]
probe = "vm102 ssh"
guest = "102"
host = "vm102"
mounts = ["/mnt/mergerfs"]

[[layers]]
name = "Hypervisor"
hosts = ["pve"]

[[layers]]
name = "Storage"
guests = ["102"]
hosts = ["vm102"]
mounts = ["vm102:/mnt/disk1", "vm102:/mnt/disk2", "vm102:/mnt/disk3", "vm102:/mnt/parity", "vm102:/mnt/mergerfs"]
probes = ["vm102 ssh"]

[[layers]]
name = "Compute"
guests = ["100"]
mounts = ["vm100:/mnt/vm-data"]
automounts = ["vm100:mnt-media.automount"]

[[layers]]
name = "Services"
guests = ["200", "210", "212", "230"]
automounts = ["lxc210:mnt-nextcloud.automount"]

[[layers]]
name = "Validation"
targets = ["node", "docker", "blackbox"]
probes = ["https://cloud.home.arpa", "https://vault.home.arpa"]

[sources.prometheus.home]
url = "http://127.0.0.1:{prometheus}"

[sources.alertmanager.home]
urls = ["http://127.0.0.1:{first}", "http://127.0.0.1:{second}"]

[sources.loki.home]
url = "http://127.0.0.1:{loki}"
tails = [{{ name = "all", query = '{{host=~".+"}}' }}]

[sources.pbs.home]
url = "http://127.0.0.1:{pbs}"
token = "{TOKEN}"

[sources.pve.home]
url = "http://127.0.0.1:{pve}"
token = "{PVE_TOKEN}"

[sources.probe.desk]
item = [
  {{ name = "vm102 ssh", tcp = "127.0.0.1:{storage}", critical = true }},
  {{ name = "Prometheus", url = "http://127.0.0.1:{prometheus}/-/ready", contains = "Ready" }},
  {{ name = "Alertmanager", url = "http://127.0.0.1:{first}/-/ready" }},
  {{ name = "Alertmanager 2", url = "http://127.0.0.1:{second}/-/ready" }},
  {{ name = "Loki", url = "http://127.0.0.1:{loki}/ready" }},
  {{ name = "PBS", tcp = "127.0.0.1:{pbs}" }},
]
"#,
            prometheus = self.prometheus,
            loki = self.loki,
            pbs = self.pbs,
            pve = self.pve,
            storage = self.storage,
        );
        if self.scenario == Scenario::Storm {
            config.push_str(RESTART);
        }
        config.push_str(&self.runbooks.config());
        config
    }
}
