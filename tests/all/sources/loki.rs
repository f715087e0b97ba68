//! What becomes of Loki's recorded answers and tails, and of tails that are cut.

mod flood;
mod http;
pub mod proxy;
mod script;
pub mod storm;
mod tail;
