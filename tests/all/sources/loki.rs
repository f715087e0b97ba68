//! What becomes of Loki's recorded answers and tails, and of tails that are cut.

mod http;
mod script;
mod tail;
