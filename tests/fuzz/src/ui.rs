//! Of the screen: what a theme says.

#[path = "../../../src/ui/theme.rs"]
pub mod theme;
