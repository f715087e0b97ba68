//! What the operator sees: screens by strings of keys, on a clock that stands still.

mod alerting;
mod chores;
mod desk;
mod homelab;
mod keys;
mod lines;
mod logs;
mod looks;
mod robust;
mod runbooks;
mod themes;
mod upkeep;
