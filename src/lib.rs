//! Wardroom.
pub mod border;
pub mod cli;
pub mod clock;
pub mod domain;
pub mod net;
pub mod report;
pub mod secret;
pub mod settings;
pub mod sources;
pub mod text;
