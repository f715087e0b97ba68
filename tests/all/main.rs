//! Everything that needs no server but those of the demo lab.
//! Everything that needs no server but our own and those of the demo lab.

mod check;
mod config;
mod demo;
mod modules;
mod sources;
//! All tests that need no server and no terminal.

mod screens;
