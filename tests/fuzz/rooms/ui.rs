//! What of the screen is read from a text.

#[path = "../../../src/ui/theme.rs"]
pub mod theme;
#[path = "../../../src/ui/times.rs"]
pub mod times;
