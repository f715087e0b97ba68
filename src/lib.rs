//! Wardroom.
pub mod border;
pub mod clock;
#[cfg(feature = "demo")]
pub mod demo;
pub mod domain;
pub mod secret;
pub mod settings;
pub mod text;
