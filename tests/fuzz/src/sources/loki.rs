//! The decoders of Loki's answers.

#[path = "../../../../src/sources/loki/level.rs"]
mod level;
#[path = "../../../../src/sources/loki/seen.rs"]
mod seen;
#[path = "../../../../src/sources/loki/wire.rs"]
mod wire;

use crate::{expect_harmless, expect_plain};

/// Reads an answer, or a message of a tail, as each of this server's.
pub fn read(body: &str) {
    let _read = wire::frame(body).is_ok();
    let _read = wire::page(body).is_ok();
    let _read = wire::pretty(body).is_ok();
    wire::matrix(body).iter().for_each(expect_plain);
    wire::labels(body).iter().for_each(expect_plain);
    wire::version(body).iter().for_each(|version| expect_harmless(version));
}
