//! Everything that needs no server but our own and those of the demo lab.

mod backups;
mod chain;
mod change;
mod check;
mod completions;
mod config;
#[path = "../contract/loki.rs"]
mod contract;
mod contracts;
mod demo;
mod digest;
mod docs;
mod due;
#[path = "../heard/mod.rs"]
mod heard;
mod inventory;
mod journal;
mod labs;
mod logs;
mod maintenance;
mod modules;
mod packages;
mod practice;
mod probes;
mod recoverable;
mod refused;
mod replay;
mod routine;
mod runbooks;
mod runs;
mod screens;
mod services;
mod setup;
#[path = "../shells/mod.rs"]
mod shells;
mod shot;
mod silences;
mod sites;
mod slo;
mod sources;
mod status;
mod textfiles;
mod trust;
mod week;
