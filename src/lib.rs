//! Wardroom.
pub mod backend;
pub mod action;
pub mod app;
pub mod border;
pub mod cli;
pub mod clock;
#[cfg(feature = "demo")]
pub mod demo;
pub mod domain;
pub mod net;
pub mod picture;
pub mod keymap;
pub mod secret;
pub mod settings;
pub mod sources;
pub mod text;
pub mod ui;
