//! Wardroom.
pub mod action;
pub mod app;
pub mod border;
pub mod clock;
pub mod domain;
pub mod keymap;
pub mod secret;
pub mod settings;
pub mod text;
pub mod ui;
