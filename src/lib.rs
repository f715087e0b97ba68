//! Wardroom.
pub mod backend;
pub mod border;
pub mod clock;
pub mod domain;
pub mod net;
pub mod secret;
pub mod settings;
pub mod sources;
pub mod text;
