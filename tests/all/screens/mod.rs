//! What the operator sees: screens by strings of keys, on a clock that stands still.

mod alerting;
pub(super) mod desk;
pub(super) mod homelab;
mod keys;
mod logs;
mod looks;
mod palette;
mod robust;
mod themes;
mod upkeep;
mod wall;
