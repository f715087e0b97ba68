//! Wardroom.

pub mod action;
pub mod app;
pub mod backend;
pub mod border;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
#[cfg(feature = "demo")]
pub mod demo;
pub mod domain;
pub mod keymap;
pub mod net;
pub mod picture;
pub mod report;
pub mod secret;
pub mod settings;
pub mod sources;
pub mod state;
pub mod terminal;
pub mod text;
pub mod ui;
