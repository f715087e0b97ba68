//! The sources, asked over the network: against recorded answers of real servers, and against
//! servers that misbehave.

mod alertmanager;
mod faults;
mod loki;
mod pbs;
mod prometheus;
mod recordings;
pub mod replay;
