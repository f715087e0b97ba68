//! Everything that needs no server but those of the demo lab.

mod check;
mod config;
mod demo;
mod modules;
mod sources;
