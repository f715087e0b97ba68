//! What is promised of trust: faults of the network, hostile text, secrets and long life.

mod alone;
mod chance;
mod clocks;
mod disk;
mod door;
mod facts;
mod faults;
mod hostile;
mod house;
mod keys;
mod licences;
mod links;
mod outputs;
mod papers;
#[expect(dead_code, reason = "shared by several test programs, each with a use for a part of it")]
#[path = "../../pty/mod.rs"]
mod pty;
mod quick;
mod supply;
mod table;
