//! Runbooks: the owner's Markdown, read into procedures. Pure: nothing here runs anything, opens a
//! file or asks a clock.

pub mod danger;
pub mod document;
pub mod fill;
pub mod model;
pub mod placeholder;
pub mod quote;
pub mod shell;
pub mod spot;

pub use model::Runbook;
