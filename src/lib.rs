//! Wardroom.
pub mod border;
pub mod cli;
pub mod clock;
pub mod domain;
pub mod secret;
pub mod settings;
pub mod text;
