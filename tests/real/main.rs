//! Tests against real servers: Prometheus, Alertmanager and their exporters, on loopback.
//!
//! `tests/run` fetches the servers and names their directory in `WARDROOM_SERVERS`; then a missing
//! one is a failure. Without that variable and without the servers on the PATH each test says that
//! it was left out.

#[path = "../contract/loki.rs"]
mod contract;
#[path = "../heard/mod.rs"]
mod heard;
#[expect(dead_code, reason = "shared by two test programs, each with a use for a part of it")]
#[path = "../pty/mod.rs"]
mod pty;
#[path = "../shells/mod.rs"]
mod shells;
#[path = "../stack/mod.rs"]
mod stack;

mod alerts;
mod chain;
mod closed;
mod doctor;
mod fixing;
mod ground;
mod handing;
mod horizon;
mod hostile;
mod hosts;
mod incidents;
mod init;
mod loki;
mod lost;
mod past;
mod pbs;
mod practice;
mod program;
mod pve;
mod quoting;
mod reload;
mod runbooks;
mod runs;
mod secure;
mod shared;
mod silences;
mod sshd;
mod targets;
mod tmux;
mod tunnels;
mod victoria;
