//! Everything that needs no server but our own and those of the demo lab.

mod backups;
mod check;
mod config;
mod demo;
mod modules;
mod runbooks;
mod screens;
mod shot;
mod silences;
mod sources;
