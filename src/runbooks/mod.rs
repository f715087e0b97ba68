//! Runbooks: the owner's Markdown, read into procedures. Pure: nothing here runs anything, opens a
//! file or asks a clock.

pub mod document;
pub mod model;
pub mod shell;

pub use model::Runbook;
