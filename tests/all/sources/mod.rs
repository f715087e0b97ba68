//! The sources, asked over the network: against recorded answers of real servers, and against
//! servers that misbehave.

mod alertmanager;
mod faults;
mod prometheus;
mod recordings;
pub mod replay;
