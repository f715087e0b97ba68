//! The decoders of the servers' answers. Each is given whatever comes, its own or not.

mod alertmanager;
mod files;
mod loki;
mod pbs;
mod prometheus;
mod pve;
#[path = "../../../../src/sources/shape.rs"]
mod shape;

use serde::Serialize;
use serde_json::Value;

/// As the sources know it, without asking.
mod wire {
    pub(super) use super::shape::{List, Pairs, Text, Wrong, time, time_or_oldest};
}

/// What all decoders make of a body.
pub fn read(body: &str) -> Vec<Value> {
    let readers = [alertmanager::read, files::read, loki::read, pbs::read, prometheus::read, pve::read];
    readers.into_iter().flat_map(|read| read(body)).collect()
}

/// What was read, as a recording would hold it; or why nothing was.
fn told(read: Result<impl Serialize, shape::Wrong>) -> Value {
    match read {
        Ok(read) => serde_json::to_value(read).expect("what was read can be written"),
        Err(shape::Wrong::Strange(reason) | shape::Wrong::Refused(reason)) => reason.into(),
    }
}
