//! The pieces that panes are made of.

pub mod columns;
pub mod form;
pub mod frame;
pub mod gauge;
pub mod large;
pub mod paint;
pub mod prose;
pub mod sign;
pub mod spark;
pub mod table;
pub mod typing;
