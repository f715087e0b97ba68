//! The sources, asked over the network: against recorded answers of real servers, and against
//! servers that misbehave.

mod alertmanager;
mod burden;
mod certificates;
mod chores;
mod faults;
mod files;
mod grafana;
pub mod loki;
mod pbs;
mod products;
mod prometheus;
mod pve;
mod recordings;
mod recovery;
pub mod replay;
mod traps;
