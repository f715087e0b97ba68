//! What a command said, made harmless.

#[path = "../../../src/runner/clean.rs"]
pub mod clean;
