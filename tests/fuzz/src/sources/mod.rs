//! Every decoder of an answer, without what asks for it.

pub mod alertmanager;
pub mod loki;
pub mod pbs;
pub mod prometheus;
pub mod pve;
/// What the answers of several servers have in common.
#[path = "../../../../src/sources/shape.rs"]
pub mod wire;
