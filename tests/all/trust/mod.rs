//! What is promised of trust: faults of the network, hostile text, secrets and long life.

mod alone;
mod chance;
mod clocks;
mod debug;
mod disk;
mod door;
mod facts;
mod fault;
mod faults;
mod hostile;
mod house;
mod keys;
mod licences;
mod links;
mod others;
mod outputs;
mod papers;
#[expect(dead_code, reason = "shared by several test programs, each with a use for a part of it")]
#[path = "../../pty/mod.rs"]
mod pty;
mod quick;
mod shared;
mod storms;
mod supply;
mod table;
mod typed;
mod untouched;
