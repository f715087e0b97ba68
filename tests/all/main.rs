//! Everything that needs no server but our own and those of the demo lab.

mod backups;
mod chain;
mod check;
mod config;
#[path = "../contract/loki.rs"]
mod contract;
mod contracts;
mod demo;
#[path = "../heard/mod.rs"]
mod heard;
mod journal;
mod logs;
mod modules;
mod packages;
mod probes;
mod replay;
mod runbooks;
mod runs;
mod screens;
mod setup;
#[path = "../shells/mod.rs"]
mod shells;
mod shot;
mod silences;
mod slo;
mod sources;
mod status;
mod trust;
mod week;
