//! What the operator sees: screens by strings of keys, on a clock that stands still.

mod alerting;
mod annotated;
mod announced;
mod armed;
mod causes;
mod chores;
mod clusters;
pub(super) mod desk;
mod exercise;
mod gallery;
mod hands;
pub(super) mod homelab;
mod incidents;
mod keys;
mod lines;
mod logs;
mod looks;
mod palette;
mod practice;
mod robust;
mod runbooks;
mod runs;
mod sites;
mod themes;
mod upkeep;
mod wall;
